//! Short illnesses, as they come through the door: one visit, one diagnosis, over after some days.

use crate::clinic::demo::build::{Chart, Found, Icd, Seen, Visit};
use crate::clinic::demo::catalog::*;
use crate::clinic::vital::VitalKind;

use super::quiet_vitals;

#[derive(Clone, Copy)]
struct Episode {
    icd: Icd,
    subjective: (&'static str, &'static str),
    objective: (&'static str, &'static str),
    plan: (&'static str, &'static str),
    /// Degrees above 36.6.
    fever: f64,
    pain: f64,
    days: i64,
    drug: Option<&'static Drug>,
}

const EPISODES: [Episode; 10] = [
    Episode {
        icd: ("J06.9", "Acute upper respiratory infection, unspecified"),
        subjective: ("Cough, runny nose and mild fever for 2 days.", "Batuk, pilek dan demam ringan sejak 2 hari."),
        objective: ("Throat red, lungs clear.", "Faring merah, paru bersih."),
        plan: ("Rest, drink enough. Come back if breathing gets hard.", "Istirahat, banyak minum. Kembali bila sesak."),
        fever: 1.1,
        pain: 1.0,
        days: 7,
        drug: Some(&PARACETAMOL),
    },
    Episode {
        icd: ("A09.9", "Gastroenteritis and colitis of unspecified origin"),
        subjective: (
            "Loose stools five times since yesterday, no blood.",
            "Mencret lima kali sejak kemarin, tanpa darah.",
        ),
        objective: (
            "Skin turgor good, abdomen soft, bowel sounds loud.",
            "Turgor baik, perut lemas, bising usus meningkat.",
        ),
        plan: ("Oral rehydration after each stool.", "Oralit setiap kali buang air besar."),
        fever: 0.6,
        pain: 3.0,
        days: 5,
        drug: None,
    },
    Episode {
        icd: ("K30", "Functional dyspepsia"),
        subjective: (
            "Burning in the upper belly, worse when meals are skipped.",
            "Perih ulu hati, terutama bila telat makan.",
        ),
        objective: ("Tender epigastrium, no guarding.", "Nyeri tekan ulu hati, tidak ada defans."),
        plan: ("Small regular meals, less coffee.", "Makan teratur sedikit-sedikit, kurangi kopi."),
        fever: 0.0,
        pain: 4.0,
        days: 21,
        drug: Some(&OMEPRAZOLE),
    },
    Episode {
        icd: ("N39.0", "Urinary tract infection, site not specified"),
        subjective: (
            "Burning on passing urine, often and little, for 3 days.",
            "Nyeri saat kencing, anyang-anyangan sejak 3 hari.",
        ),
        objective: ("No flank pain. Urine cloudy.", "Tidak ada nyeri ketok pinggang. Urin keruh."),
        plan: ("Drink plenty. Finish the tablets.", "Banyak minum. Habiskan obatnya."),
        fever: 0.5,
        pain: 4.0,
        days: 8,
        drug: Some(&CIPROFLOXACIN),
    },
    Episode {
        icd: ("L23.9", "Allergic contact dermatitis, unspecified cause"),
        subjective: ("Itchy hands since the new washing soap.", "Tangan gatal sejak memakai sabun cuci baru."),
        objective: ("Red, dry patches on both hands.", "Bercak merah kering di kedua tangan."),
        plan: ("Avoid the soap, use gloves.", "Hindari sabun tersebut, pakai sarung tangan."),
        fever: 0.0,
        pain: 1.0,
        days: 14,
        drug: Some(&CETIRIZINE),
    },
    Episode {
        icd: ("M54.5", "Low back pain"),
        subjective: (
            "Back pain after lifting sacks of rice. No numbness.",
            "Nyeri pinggang setelah mengangkat karung beras. Tidak kebas.",
        ),
        objective: (
            "Muscles tight, leg raise free, strength full.",
            "Otot tegang, angkat tungkai bebas, kekuatan penuh.",
        ),
        plan: ("Keep moving, warm compress.", "Tetap bergerak, kompres hangat."),
        fever: 0.0,
        pain: 5.0,
        days: 20,
        drug: Some(&PARACETAMOL),
    },
    Episode {
        icd: ("J02.9", "Acute pharyngitis, unspecified"),
        subjective: (
            "Sore throat, painful swallowing since yesterday.",
            "Nyeri tenggorokan dan nyeri menelan sejak kemarin.",
        ),
        objective: (
            "Pharynx red, no exudate, no large nodes.",
            "Faring merah, tanpa eksudat, kelenjar tidak membesar.",
        ),
        plan: ("Warm drinks, rest the voice.", "Minum hangat, istirahatkan suara."),
        fever: 1.2,
        pain: 3.0,
        days: 6,
        drug: Some(&PARACETAMOL),
    },
    Episode {
        icd: ("A97.9", "Dengue, unspecified"),
        subjective: (
            "High fever for 4 days, aching joints, pain behind the eyes.",
            "Demam tinggi 4 hari, nyeri sendi, nyeri di belakang mata.",
        ),
        objective: (
            "No bleeding, no abdominal pain, warm hands. Tourniquet test positive.",
            "Tidak ada perdarahan, perut tidak nyeri, akral hangat. Uji bendung positif.",
        ),
        plan: ("Blood count daily, warning signs explained.", "Darah rutin tiap hari, tanda bahaya dijelaskan."),
        fever: 2.0,
        pain: 5.0,
        days: 9,
        drug: Some(&PARACETAMOL),
    },
    Episode {
        icd: ("S61.0", "Open wound of finger(s) without damage to nail"),
        subjective: ("Cut the finger on a machete this morning.", "Jari tersayat parang pagi ini."),
        objective: ("Clean cut of 2 cm, tendons whole.", "Luka bersih 2 cm, tendon utuh."),
        plan: ("Cleaned, three stitches, out in 8 days.", "Luka dibersihkan, tiga jahitan, angkat 8 hari lagi."),
        fever: 0.0,
        pain: 4.0,
        days: 12,
        drug: Some(&PARACETAMOL),
    },
    Episode {
        icd: ("H10.9", "Conjunctivitis, unspecified"),
        subjective: ("Red, sticky eyes; a child at home has the same.", "Mata merah dan belekan; anak di rumah sama."),
        objective: ("Both eyes red, cornea clear, sight unchanged.", "Kedua mata merah, kornea jernih, visus tetap."),
        plan: ("Wash hands, own towel, cool compress.", "Cuci tangan, handuk sendiri, kompres dingin."),
        fever: 0.2,
        pain: 1.0,
        days: 8,
        drug: None,
    },
];

/// Someone who comes only when ill.
pub fn tell(chart: &mut Chart<'_>) {
    let visits = chart.random.between(4, 6);
    let began = chart.random.between(2100, 2900);
    let last = chart.until + chart.random.between(0, 50);
    let weight = chart.random.near(60.0, 10.0);
    let height = chart.random.near(161.0, 9.0);
    for n in 0..visits {
        let drift = chart.random.between(-40, 0);
        let days_ago = if n == visits - 1 { last } else { began - (began - last) * n / (visits - 1) + drift };
        let body = (n % 3 == 0).then_some((weight + n as f64 * 0.4, height));
        let seen = episode(chart, days_ago.max(last), body);
        if n == 0 {
            chart.allergies(&seen);
        }
    }
}

/// One illness among other things.
pub fn one(chart: &mut Chart<'_>, days_ago: i64) {
    episode(chart, days_ago, None);
}

fn episode(chart: &mut Chart<'_>, days_ago: i64, body: Option<(f64, f64)>) -> Seen {
    let at = chart.random.between(0, EPISODES.len() as i64 - 1) as usize;
    let Some(episode) = EPISODES.get(at).copied() else { return Seen::default() };
    let mut vitals = quiet_vitals(chart, 118.0, 75.0);
    vitals.push((VitalKind::RespiratoryRate, chart.random.near(17.5, 2.0)));
    vitals.push((VitalKind::Temperature, chart.random.near(36.6 + episode.fever, 0.3)));
    vitals.push((VitalKind::Pain, chart.random.near(episode.pain, 0.9)));
    if let Some((weight, height)) = body {
        vitals.push((VitalKind::Weight, weight));
        vitals.push((VitalKind::Height, height));
    }
    let (subjective, objective, plan) =
        (chart.say(&[episode.subjective]), chart.say(&[episode.objective]), chart.say(&[episode.plan]));
    let assessment = chart.say(&[
        ("Uncomplicated.", "Tanpa komplikasi."),
        ("As below, no warning signs.", "Seperti di bawah, tidak ada tanda bahaya."),
    ]);
    let began = chart.random.between(1, 3);
    let seen = chart.visit(Visit {
        days_ago,
        subjective,
        objective,
        assessment,
        plan,
        vitals,
        diagnoses: vec![Found { icd: episode.icd, began, over_after: Some(episode.days), ..Found::default() }],
        ..Visit::default()
    });
    if let Some(drug) = episode.drug {
        chart.prescribe(&seen, drug, episode.days.min(10), seen.condition());
    }
    match episode.icd.0 {
        "A97.9" => {
            let (platelets, haematocrit) = (chart.random.near(108.0, 30.0), chart.random.near(43.0, 4.0));
            chart.labs(&seen, &[(Test::Platelets, platelets), (Test::Haematocrit, haematocrit)]);
        }
        "S61.0" => chart.immunize(seen.at, &seen.encounter, TD, 1),
        _ => {}
    }
    seen
}
