//! Antenatal care from the first visit to the weeks after birth, and the growth and vaccinations of small children.

use crate::clinic::demo::build::{Chart, Found, Icd, Seen, Visit};
use crate::clinic::demo::catalog::*;
use crate::clinic::demo::results::Measure;
use crate::clinic::patient::Sex;
use crate::clinic::vital::VitalKind;

use super::{acute, quiet_vitals};

const PREGNANCY: Icd = ("Z34.9", "Supervision of normal pregnancy, unspecified");
const ANAEMIA: Icd = ("O99.0", "Anaemia complicating pregnancy, childbirth and the puerperium");
const AFTER_BIRTH: Icd = ("Z39.2", "Routine postpartum follow-up");
const WELL_CHILD: Icd = ("Z00.1", "Routine child health examination");
const UNDERWEIGHT: Icd = ("E44.1", "Mild protein-energy malnutrition");
const COLD: Icd = ("J00", "Acute nasopharyngitis [common cold]");

const GESTATION: Measure =
    Measure { code: "18185-9", display: "Gestational age", unit: "wk", decimals: 0, category: "exam" };
const FUNDUS: Measure = Measure {
    code: "11881-0",
    display: "Uterus Fundal height Tape measure",
    unit: "cm",
    decimals: 0,
    category: "exam",
};
const FETAL_HEART: Measure =
    Measure { code: "55283-6", display: "Fetal Heart rate", unit: "/min", decimals: 0, category: "exam" };
const HEAD: Measure = Measure {
    code: "9843-4",
    display: "Head Occipital-frontal circumference",
    unit: "cm",
    decimals: 1,
    category: "vital-signs",
};

/// Weeks at which a pregnant woman is seen: the six contacts of the national programme and two more.
const CONTACTS: [i64; 8] = [9, 14, 20, 26, 30, 34, 36, 38];

/// `weeks` since the last menstrual period, today.
pub fn antenatal(chart: &mut Chart<'_>, weeks: i64) {
    // What went before: an older illness or two.
    acute::one(chart, 2300);
    acute::one(chart, 1100);
    let ago = |week: i64| (weeks - week) * 7 + 3;
    let born = weeks > 40;
    let anaemic = chart.random.percent(50);
    let mut weight = chart.random.near(54.0, 6.0);
    let height = chart.random.near(154.0, 5.0);
    let mut first = Seen::default();
    for (n, week) in CONTACTS.into_iter().enumerate().filter(|(_, week)| *week < weeks) {
        weight += chart.random.near(if n == 0 { 0.0 } else { 1.7 }, 0.5);
        let seen = contact(chart, ago(week), week, (weight, height), anaemic, born.then_some(ago(40)), &first);
        if n == 0 {
            first = seen.clone();
            chart.allergies(&seen);
            chart.expected_birth(&seen, ago(40));
            chart.finding(
                &seen,
                "5196-1",
                "Hepatitis B virus surface Ag [Presence] in Serum or Plasma by Immunoassay",
                "Non-reactive",
            );
            chart.takes(&seen, &IRON, born.then_some(ago(46)), first.condition());
            chart.prescribe(&seen, &IRON, 90, first.condition());
            chart.immunize(seen.at, &seen.encounter, TD, 1);
        }
        if n == 1 {
            chart.immunize(seen.at, &seen.encounter, TD, 2);
        }
        if week == 20 {
            chart.takes(&seen, &CALCIUM, born.then_some(ago(40)), first.condition());
        }
    }
    if born {
        for week in [41, 46].into_iter().filter(|week| *week < weeks) {
            after_birth(chart, ago(week), weight - 7.0);
        }
    }
    if weeks > 80 {
        acute::one(chart, 40);
    }
}

fn contact(
    chart: &mut Chart<'_>,
    days_ago: i64,
    week: i64,
    (weight, height): (f64, f64),
    anaemic: bool,
    birth: Option<i64>,
    first: &Seen,
) -> Seen {
    let is_first = first.encounter.is_empty();
    let subjective = chart.say(if week < 16 {
        &[(
            "Nausea in the mornings, eats small meals. No bleeding.",
            "Mual pagi hari, makan sedikit-sedikit. Tidak ada perdarahan.",
        )]
    } else {
        &[
            (
                "Feels the child move. No headache, no bleeding.",
                "Gerakan janin terasa. Tidak pusing, tidak ada perdarahan.",
            ),
            (
                "Back aches in the evening. Takes the iron tablets.",
                "Pinggang pegal sore hari. Tablet tambah darah diminum.",
            ),
        ]
    });
    let objective = chart.say(if week < 20 {
        &[("Conjunctivae pink, no oedema.", "Konjungtiva merah muda, tidak ada edema.")]
    } else {
        &[
            ("Single child, head below, no oedema.", "Janin tunggal, kepala di bawah, tidak ada edema."),
            ("Fundus fits the weeks.", "Tinggi fundus sesuai usia kehamilan."),
        ]
    });
    let assessment = format!(
        "G{} {week} {}",
        1 + chart.days_old() % 3,
        chart.say(&[("weeks, going well.", "minggu, kehamilan baik.")])
    );
    let plan = chart.say(&[
        (
            "Iron each night. Danger signs repeated. Mother and child book filled in.",
            "Tablet tambah darah tiap malam. Tanda bahaya diulang. Buku KIA diisi.",
        ),
        (
            "Class for pregnant women on Saturday. Birth plan talked over.",
            "Kelas ibu hamil hari Sabtu. Rencana persalinan dibicarakan.",
        ),
    ]);
    let mut vitals = quiet_vitals(chart, 110.0, 70.0);
    vitals.push((VitalKind::Weight, weight));
    if is_first {
        vitals.push((VitalKind::Height, height));
        vitals.push((VitalKind::Temperature, chart.random.near(36.6, 0.3)));
    }
    let over_after = birth.map(|birth| days_ago - birth);
    let mut diagnoses = Vec::new();
    if is_first {
        diagnoses.push(Found { icd: PREGNANCY, problem: true, began: week * 7, over_after, ..Found::default() });
    }
    if anaemic && week == 26 {
        diagnoses.push(Found { icd: ANAEMIA, problem: true, over_after, ..Found::default() });
    }
    let seen = chart.visit(Visit {
        days_ago,
        subjective,
        objective,
        assessment,
        plan,
        vitals,
        diagnoses,
        about: first.conditions.clone(),
        follow_up_days: Some(if week < 30 { 28 } else { 14 }),
    });
    chart.measured(&seen, GESTATION, week as f64);
    if week >= 20 {
        let fundus = chart.random.near(week as f64 - 0.5, 1.4);
        chart.measured(&seen, FUNDUS, fundus);
        let beats = chart.random.near(142.0, 10.0);
        chart.measured(&seen, FETAL_HEART, beats);
    }
    if [9, 26, 36].contains(&week) {
        let low = if anaemic && week == 26 { 1.7 } else { 0.0 };
        let haemoglobin = chart.random.near(11.9 - low, 0.6);
        let glucose = chart.random.near(84.0, 7.0);
        chart.labs(&seen, &[(Test::HaemoglobinPregnant, haemoglobin), (Test::FastingGlucose, glucose)]);
        chart.finding(&seen, "20454-5", "Protein [Presence] in Urine by Test strip", "Negative");
    }
    seen
}

fn after_birth(chart: &mut Chart<'_>, days_ago: i64, weight: f64) {
    let subjective = chart.say(&[(
        "Breastfeeding well, little bleeding, sleeps in pieces.",
        "Menyusui lancar, perdarahan sedikit, tidur terputus-putus.",
    )]);
    let objective =
        chart.say(&[("Uterus firm, perineum healed, breasts soft.", "Uterus keras, perineum sembuh, payudara lunak.")]);
    let assessment = chart.say(&[("Recovering as expected.", "Pemulihan sesuai harapan.")]);
    let plan = chart
        .say(&[("Family planning talked over. Child to the health post.", "Konseling KB. Bayi dibawa ke posyandu.")]);
    let mut vitals = quiet_vitals(chart, 114.0, 73.0);
    vitals.push((VitalKind::Temperature, chart.random.near(36.7, 0.3)));
    vitals.push((VitalKind::Weight, weight));
    chart.visit(Visit {
        days_ago,
        subjective,
        objective,
        assessment,
        plan,
        vitals,
        diagnoses: vec![Found { icd: AFTER_BIRTH, over_after: Some(1), ..Found::default() }],
        ..Visit::default()
    });
}

pub fn child(chart: &mut Chart<'_>) {
    let old = chart.days_old();
    let boy = chart.sex() == Sex::Male;
    // How this child lies around the median, kept through the years.
    let (heavy, tall) = (chart.random.near(-0.02, 0.16), chart.random.near(-0.01, 0.05));
    let mut warned = false;
    for (n, (months, boys, girls)) in GROWTH.into_iter().enumerate() {
        let after = (months as f64 * 30.44) as i64 + 3;
        if after >= old {
            break;
        }
        let days_ago = old - after;
        let [weight, length, head] = if boy { boys } else { girls };
        let random = &mut chart.random;
        let weight = weight * (1.0 + heavy) * random.near(1.0, 0.015);
        let length = length * (1.0 + tall) * random.near(1.0, 0.004);
        let head = head * random.near(1.0, 0.008);
        let underweight = heavy < -0.09 && months >= 9 && !warned;
        warned |= underweight;
        let seen = well_child(chart, days_ago, months, (weight, length), underweight);
        if months <= 24 {
            chart.measured(&seen, HEAD, head);
        }
        for (code, display, doses) in VACCINES {
            if let Some(dose) = doses.iter().position(|due| *due == months) {
                chart.immunize(seen.at, &seen.encounter, (code, display), dose + 1);
            }
        }
        if n == 0 {
            chart.allergies(&seen);
        }
        if [4, 9, 18, 30, 48].contains(&months) && days_ago > 60 {
            let later = chart.random.between(15, 50);
            cold(chart, days_ago - later, weight);
        }
    }
    // So that somebody was here this week.
    if chart.random.percent(50) {
        let months = old as f64 / 30.44;
        let weight = if months < 12.0 { 3.4 + 0.55 * months } else { 7.4 + 0.19 * months };
        cold(chart, 2, weight * (1.0 + heavy));
    }
}

fn well_child(
    chart: &mut Chart<'_>,
    days_ago: i64,
    months: i64,
    (weight, length): (f64, f64),
    underweight: bool,
) -> Seen {
    let subjective = chart.say(match months {
        0..=5 => &[
            ("Breastfed only, wets many nappies.", "ASI eksklusif, sering pipis."),
            ("Mother asks about spitting up after feeds.", "Ibu bertanya tentang gumoh setelah menyusu."),
        ],
        6..=17 => &[
            ("Eats porridge twice a day, still breastfed.", "Makan bubur dua kali sehari, masih menyusu."),
            ("Crawls everywhere, says a few sounds.", "Merangkak ke mana-mana, mulai bersuara."),
        ],
        _ => &[
            ("Eats with the family, plays with others.", "Makan bersama keluarga, bermain dengan teman."),
            ("Fussy with vegetables, runs and climbs.", "Susah makan sayur, berlari dan memanjat."),
        ],
    });
    let objective = chart.say(&[
        ("Lively, skin clear, fontanelle flat or closed.", "Aktif, kulit bersih, ubun-ubun datar atau menutup."),
        ("Alert, follows with the eyes, hips free.", "Sadar, mata mengikuti, panggul bebas."),
    ]);
    let assessment = chart.say(if underweight {
        &[("Weight has fallen away from its line.", "Berat badan turun dari garis pertumbuhan.")]
    } else {
        &[
            ("Growing along its line.", "Tumbuh sesuai garis."),
            ("Development fits the age.", "Perkembangan sesuai usia."),
        ]
    });
    let plan = chart.say(if underweight {
        &[(
            "Egg or fish each day, weighed again in two weeks.",
            "Telur atau ikan tiap hari, timbang ulang dua minggu lagi.",
        )]
    } else {
        &[
            (
                "Vaccinated as due; what to do with fever explained.",
                "Imunisasi sesuai jadwal; penanganan demam dijelaskan.",
            ),
            ("Next visit by the schedule.", "Kunjungan berikut sesuai jadwal."),
        ]
    });
    let random = &mut chart.random;
    let young = (24 - months.min(24)) as f64;
    let vitals = vec![
        (VitalKind::HeartRate, random.near(104.0 + young * 1.3, 6.0)),
        (VitalKind::Temperature, random.near(36.7, 0.3)),
        (VitalKind::Weight, weight),
        (VitalKind::Height, length),
    ];
    let mut diagnoses = vec![Found { icd: WELL_CHILD, over_after: Some(1), ..Found::default() }];
    if underweight {
        diagnoses.push(Found { icd: UNDERWEIGHT, problem: true, began: 30, over_after: Some(150), ..Found::default() });
    }
    chart.visit(Visit { days_ago, subjective, objective, assessment, plan, vitals, diagnoses, ..Visit::default() })
}

fn cold(chart: &mut Chart<'_>, days_ago: i64, weight: f64) {
    let subjective = chart.say(&[
        ("Runny nose and fever since yesterday, drinks well.", "Pilek dan demam sejak kemarin, mau minum."),
        ("Cough for three days, no fast breathing at home.", "Batuk tiga hari, tidak ada napas cepat di rumah."),
    ]);
    let objective = chart
        .say(&[("Lively, ears normal, no chest indrawing.", "Aktif, telinga normal, tidak ada tarikan dinding dada.")]);
    let assessment = chart.say(&[("Cough or cold, no pneumonia.", "Batuk pilek, bukan pneumonia.")]);
    let plan = chart.say(&[(
        "Fluids, paracetamol for fever. Back at once if breathing gets fast.",
        "Cairan, parasetamol bila demam. Segera kembali bila napas cepat.",
    )]);
    let random = &mut chart.random;
    let vitals = vec![
        (VitalKind::HeartRate, random.near(124.0, 8.0)),
        (VitalKind::RespiratoryRate, random.near(32.0, 5.0)),
        (VitalKind::Temperature, random.near(37.9, 0.6)),
        (VitalKind::OxygenSaturation, random.near(97.5, 1.2)),
        (VitalKind::Weight, weight),
    ];
    let seen = chart.visit(Visit {
        days_ago,
        subjective,
        objective,
        assessment,
        plan,
        vitals,
        diagnoses: vec![Found { icd: COLD, began: 2, over_after: Some(6), ..Found::default() }],
        ..Visit::default()
    });
    chart.prescribe(&seen, &PARACETAMOL_SYRUP, 5, seen.condition());
}
