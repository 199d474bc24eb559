//! Years of raised blood pressure, type 2 diabetes, raised lipids and gout, alone or together: found, treated, followed.

use crate::clinic::demo::build::{Chart, Found, Icd, Seen, Visit};
use crate::clinic::demo::catalog::*;
use crate::clinic::patient::Sex;
use crate::clinic::vital::VitalKind;

use super::{acute, quiet_vitals};

#[derive(Clone, Copy)]
pub struct Ills {
    pub pressure: bool,
    pub sugar: bool,
    pub lipids: bool,
    pub gout: bool,
}

const PRESSURE: Icd = ("I10", "Essential (primary) hypertension");
const SUGAR: Icd = ("E11.9", "Type 2 diabetes mellitus without complications");
const LIPIDS: Icd = ("E78.5", "Hyperlipidaemia, unspecified");
const GOUT: Icd = ("M10.9", "Gout, unspecified");

/// How far treatment has come: 1 at the diagnosis, towards 0 later.
struct Course {
    ills: Ills,
    burden: f64,
    /// Of those whose values never come down.
    stubborn: bool,
    weight: f64,
    height: f64,
}

pub fn tell(chart: &mut Chart<'_>, ills: Ills) {
    let woman = chart.sex() == Sex::Female;
    let random = &mut chart.random;
    let mut course = Course {
        ills,
        burden: 1.0,
        stubborn: random.percent(25),
        weight: random.near(if woman { 62.0 } else { 71.0 }, 11.0),
        height: random.near(if woman { 154.0 } else { 166.0 }, 7.0),
    };
    let began = chart.random.between(chart.until + 1500, (chart.until + 1700).max(2900));
    let last = chart.until + if chart.random.percent(30) { 0 } else { chart.random.between(1, 60) };
    let visits = chart.random.between(6, 8);
    let first = found(chart, &mut course, began);
    if visits > 7 {
        acute::one(chart, (began + last) / 2 + 20);
    }
    let mut newest = first.clone();
    for n in 1..visits {
        let drift = chart.random.between(-12, 12);
        // Visits come closer together towards today.
        let left = (visits - 1 - n) as f64 / (visits - 1) as f64;
        let days_ago =
            if n == visits - 1 { last } else { last + ((began - last) as f64 * left * left.sqrt()) as i64 + drift };
        // Most of the fall comes with the first months of treatment.
        course.burden = if course.stubborn { 0.75 } else { 0.9f64.powi(n as i32 * 2) * 0.6 };
        let drift = chart.random.near(-0.2, 1.6);
        course.weight = (course.weight + drift).clamp(44.0, 108.0);
        newest = followed(chart, &course, days_ago, n, &first);
    }
    refill(chart, &course, &newest, &first);
    if chart.random.percent(35) {
        let text = chart.say(&[
            ("Result read out by phone; no change of treatment.", "Hasil disampaikan lewat telepon; terapi tetap."),
            (
                "Will bring the home readings to the next visit.",
                "Akan membawa catatan tensi rumah pada kunjungan berikut.",
            ),
        ]);
        chart.addendum(&newest, &text);
    }
}

fn diagnoses(ills: Ills) -> impl Iterator<Item = Icd> {
    [(ills.pressure, PRESSURE), (ills.sugar, SUGAR), (ills.lipids, LIPIDS), (ills.gout, GOUT)]
        .into_iter()
        .filter_map(|(has, icd)| has.then_some(icd))
}

/// The visit at which it was found.
fn found(chart: &mut Chart<'_>, course: &mut Course, days_ago: i64) -> Seen {
    let ills = course.ills;
    let subjective = chart.say(match ills {
        Ills { gout: true, .. } => &[
            ("Sudden pain in the big toe since last night, red and hot. Ate much seafood at a feast.", "Nyeri mendadak di ibu jari kaki sejak tadi malam, merah dan panas. Banyak makan hidangan laut saat hajatan."),
        ],
        Ills { sugar: true, .. } => &[
            ("Thirsty, passing much urine, tired for 2 months. Mother had diabetes.", "Sering haus, sering kencing, lemas sejak 2 bulan. Ibu menderita kencing manis."),
            ("Wound on the foot that heals slowly; lost 4 kg without trying.", "Luka di kaki lama sembuh; berat turun 4 kg tanpa sengaja."),
        ],
        Ills { pressure: true, .. } => &[
            ("Heavy head in the mornings, sleeps badly. No chest pain.", "Kepala terasa berat tiap pagi, sulit tidur. Tidak ada nyeri dada."),
            ("Sent by the village health post: pressure high twice.", "Dirujuk posyandu: tensi tinggi dua kali."),
        ],
        _ => &[("Came for a check-up. Fried food most days, walks little.", "Datang untuk periksa rutin. Sering makan gorengan, jarang berjalan.")],
    });
    let objective = chart.say(&[
        (
            "Looks well. Heart sounds regular, lungs clear, no oedema.",
            "Tampak baik. Bunyi jantung teratur, paru bersih, tidak ada edema.",
        ),
        (
            "Alert. Abdomen soft. Feet: skin whole, pulses felt.",
            "Sadar penuh. Perut lemas. Kaki: kulit utuh, nadi teraba.",
        ),
    ]);
    let assessment = chart.say(&[
        (
            "New diagnosis; explained with pictures, patient repeats it in own words.",
            "Diagnosis baru; dijelaskan dengan gambar, pasien dapat mengulang.",
        ),
        ("As below. No sign of organ damage today.", "Seperti di bawah. Tidak ada tanda kerusakan organ hari ini."),
    ]);
    let plan = chart.say(&[
        (
            "Start treatment. Less salt and sugar, 30 minutes of walking a day. Come back in one month.",
            "Mulai pengobatan. Kurangi garam dan gula, jalan kaki 30 menit sehari. Kontrol satu bulan lagi.",
        ),
        (
            "Treatment started, side effects explained. Blood tests before the next visit.",
            "Obat dimulai, efek samping dijelaskan. Periksa darah sebelum kontrol.",
        ),
    ]);
    let mut vitals = measured(chart, course);
    vitals.push((VitalKind::RespiratoryRate, chart.random.near(17.0, 2.0)));
    vitals.push((VitalKind::Temperature, chart.random.near(36.6, 0.4)));
    vitals.push((VitalKind::Height, course.height));
    if ills.gout {
        vitals.push((VitalKind::Pain, chart.random.near(7.0, 1.4)));
    }
    let diagnoses: Vec<Found> = diagnoses(ills)
        .map(|icd| Found { icd, problem: true, began: chart.random.between(0, 120), ..Found::default() })
        .collect();
    let seen = chart.visit(Visit {
        days_ago,
        subjective,
        objective,
        assessment,
        plan,
        vitals,
        diagnoses,
        follow_up_days: Some(30),
        ..Visit::default()
    });
    chart.allergies(&seen);
    labs(chart, course, &seen);
    let reasons = seen.conditions.clone();
    for (drug, reason) in first_drugs(ills).into_iter().zip(0..) {
        chart.prescribe(&seen, drug, 30, reasons.get(reason).map_or("", String::as_str));
    }
    seen
}

fn followed(chart: &mut Chart<'_>, course: &Course, days_ago: i64, n: i64, first: &Seen) -> Seen {
    let subjective = chart.say(&[
        ("Feels well. Takes the medicine every day.", "Merasa sehat. Obat diminum setiap hari."),
        ("Forgot the medicine on some days of the harvest.", "Beberapa hari lupa minum obat saat panen."),
        ("No complaints. Walks to the market each morning.", "Tidak ada keluhan. Jalan pagi ke pasar."),
        ("Sometimes dizzy on standing up. No falls.", "Kadang pusing saat berdiri. Tidak pernah jatuh."),
        ("Sleeps better. Still fond of salted fish.", "Tidur lebih nyenyak. Masih suka ikan asin."),
    ]);
    let objective = chart.say(&[
        ("Heart regular, lungs clear, no oedema.", "Jantung teratur, paru bersih, tidak ada edema."),
        ("Looks well. Feet whole, pulses felt.", "Tampak baik. Kaki utuh, nadi teraba."),
        ("Unchanged since the last visit.", "Tidak berubah sejak kunjungan lalu."),
    ]);
    let well = course.burden < 0.5;
    let assessment = chart.say(if well {
        &[("Near target.", "Mendekati target."), ("Well controlled.", "Terkontrol baik."), ("Improving.", "Membaik.")]
    } else {
        &[
            ("Above target.", "Di atas target."),
            ("Not yet controlled; tablets are missed.", "Belum terkontrol; obat sering terlewat."),
        ]
    });
    let plan = chart.say(if well {
        &[
            ("Continue. Next visit in 3 months.", "Lanjutkan. Kontrol 3 bulan lagi."),
            ("Same medicines, praised for walking.", "Obat tetap, didukung untuk terus berjalan kaki."),
        ]
    } else {
        &[
            ("Raise the dose; family member reminds.", "Dosis dinaikkan; keluarga membantu mengingatkan."),
            ("Pill box given. Come back in one month.", "Diberi kotak obat. Kontrol satu bulan lagi."),
        ]
    });
    let vitals = measured(chart, course);
    let days = if well { 90 } else { 30 };
    let seen = chart.visit(Visit {
        days_ago,
        subjective,
        objective,
        assessment,
        plan,
        vitals,
        about: first.conditions.clone(),
        follow_up_days: Some(days),
        ..Visit::default()
    });
    if n % 2 == 1 {
        labs(chart, course, &seen);
    }
    seen
}

/// The medicines list as it stands, and the prescriptions of the newest visit.
fn refill(chart: &mut Chart<'_>, course: &Course, newest: &Seen, first: &Seen) {
    let starters = first_drugs(course.ills);
    let now = later_drugs(course.ills, course.stubborn);
    for (i, starter) in starters.iter().enumerate() {
        let reason = first.conditions.get(i).cloned().unwrap_or_default();
        let current = now.get(i).copied().unwrap_or(starter);
        if current.name == starter.name {
            chart.takes(first, starter, None, &reason);
        } else {
            let changed =
                Seen { days_ago: (first.days_ago - 220).max(newest.days_ago), at: newest.at, ..first.clone() };
            chart.takes(first, starter, Some(changed.days_ago), &reason);
            chart.takes(&changed, current, None, &reason);
        }
        chart.prescribe(newest, current, 90, &reason);
    }
    if course.ills.sugar && course.stubborn {
        chart.takes(newest, &GLIMEPIRIDE, None, "");
        chart.prescribe(newest, &GLIMEPIRIDE, 30, "");
    }
}

fn first_drugs(ills: Ills) -> Vec<&'static Drug> {
    let all = [
        (ills.pressure, &AMLODIPINE_5),
        (ills.sugar, &METFORMIN),
        (ills.lipids, &SIMVASTATIN),
        (ills.gout, &COLCHICINE),
    ];
    all.into_iter().filter_map(|(has, drug)| has.then_some(drug)).collect()
}

fn later_drugs(ills: Ills, stubborn: bool) -> Vec<&'static Drug> {
    let all = [
        (
            ills.pressure,
            if stubborn {
                &AMLODIPINE_10
            } else if ills.sugar {
                &CANDESARTAN
            } else {
                &AMLODIPINE_5
            },
        ),
        (ills.sugar, if stubborn { &METFORMIN_850 } else { &METFORMIN }),
        (ills.lipids, if stubborn { &ATORVASTATIN } else { &SIMVASTATIN }),
        (ills.gout, &ALLOPURINOL),
    ];
    all.into_iter().filter_map(|(has, drug)| has.then_some(drug)).collect()
}

fn measured(chart: &mut Chart<'_>, course: &Course) -> Vec<(VitalKind, f64)> {
    let (systolic, diastolic) = match course.ills.pressure {
        true => (130.0 + 36.0 * course.burden, 81.0 + 19.0 * course.burden),
        false => (122.0, 77.0),
    };
    let mut vitals = quiet_vitals(chart, systolic, diastolic);
    vitals.push((VitalKind::Weight, course.weight));
    if chart.random.percent(40) {
        vitals.push((VitalKind::OxygenSaturation, chart.random.near(98.0, 1.2)));
    }
    vitals
}

fn labs(chart: &mut Chart<'_>, course: &Course, seen: &Seen) {
    let (ills, burden) = (course.ills, course.burden);
    let random = &mut chart.random;
    let mut results = Vec::new();
    if ills.sugar {
        results.push((Test::HbA1c, random.near(6.6 + 3.0 * burden, 0.5)));
        results.push((Test::FastingGlucose, random.near(112.0 + 92.0 * burden, 18.0)));
    }
    if ills.lipids {
        results.push((Test::Cholesterol, random.near(188.0 + 62.0 * burden, 16.0)));
        results.push((Test::Ldl, random.near(108.0 + 58.0 * burden, 14.0)));
        results.push((Test::Hdl, random.near(46.0, 8.0)));
        results.push((Test::Triglycerides, random.near(140.0 + 80.0 * burden, 28.0)));
    }
    if ills.gout {
        results.push((Test::Urate, random.near(6.0 + 3.2 * burden, 0.6)));
    }
    if ills.pressure || ills.sugar {
        results.push((Test::Creatinine, random.near(0.95, 0.25)));
    }
    chart.labs(seen, &results);
}
