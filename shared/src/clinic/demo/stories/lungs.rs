//! Asthma over the years, and tuberculosis of the lung through its six months of treatment.

use crate::clinic::demo::build::{Chart, Found, Icd, Seen, Visit};
use crate::clinic::demo::catalog::*;
use crate::clinic::vital::VitalKind;

use super::quiet_vitals;

const ASTHMA: Icd = ("J45.9", "Asthma, unspecified");
const TUBERCULOSIS: Icd = ("A15.0", "Tuberculosis of lung, confirmed by sputum microscopy with or without culture");

pub fn asthma(chart: &mut Chart<'_>) {
    let whole = chart.days_old();
    // Children: from the fourth birthday on at the earliest.
    let began = chart.random.between(2300, 2900).min((whole - 4 * 365).max(400));
    let last = chart.until + chart.random.between(0, 70);
    let visits = chart.random.between(6, 8);
    let mut first = Seen::default();
    let mut newest = Seen::default();
    for n in 0..visits {
        let days_ago = began - (began - last) * n / (visits - 1);
        // The first visit is an attack, and so is the odd later one.
        let attack = n == 0 || chart.random.percent(18);
        newest = asthma_visit(chart, days_ago, attack, &first);
        if n == 0 {
            first = newest.clone();
            chart.allergies(&first);
            chart.takes(&first, &SALBUTAMOL, None, first.condition());
        }
        if n == 2 {
            chart.takes(&newest, &BUDESONIDE, None, first.condition());
        }
        if attack {
            chart.prescribe(&newest, &SALBUTAMOL, 30, first.condition());
        }
    }
    chart.prescribe(&newest, &BUDESONIDE, 60, first.condition());
}

fn asthma_visit(chart: &mut Chart<'_>, days_ago: i64, attack: bool, first: &Seen) -> Seen {
    let years = chart.years_at(days_ago);
    let child = f64::from(years.min(18));
    let subjective = chart.say(if attack {
        &[
            ("Short of breath since last night, wakes up coughing.", "Sesak sejak tadi malam, terbangun karena batuk."),
            ("Wheeze after sweeping the dusty yard.", "Mengi setelah menyapu halaman berdebu."),
        ]
    } else {
        &[
            (
                "Uses the blue inhaler once a week. Sleeps through.",
                "Memakai inhaler biru seminggu sekali. Tidur nyenyak.",
            ),
            ("No attacks since the last visit.", "Tidak ada serangan sejak kunjungan lalu."),
            ("Cough in the rainy weeks, otherwise free.", "Batuk saat musim hujan, selebihnya bebas."),
        ]
    });
    let objective = chart.say(if attack {
        &[(
            "Speaks in sentences. Wheeze on both sides, no retractions.",
            "Bicara kalimat penuh. Mengi di kedua paru, tanpa retraksi.",
        )]
    } else {
        &[
            ("Lungs clear, no wheeze.", "Paru bersih, tidak ada mengi."),
            ("Inhaler technique shown and good.", "Teknik inhaler dicoba dan baik."),
        ]
    });
    let assessment = chart.say(if attack {
        &[("Mild to moderate attack, better after salbutamol.", "Serangan ringan-sedang, membaik setelah salbutamol.")]
    } else {
        &[("Well controlled.", "Terkontrol baik."), ("Partly controlled.", "Terkontrol sebagian.")]
    });
    let plan = chart.say(if attack {
        &[(
            "Salbutamol by spacer, written action plan. Come back at once if worse.",
            "Salbutamol dengan spacer, rencana tertulis. Segera kembali bila memberat.",
        )]
    } else {
        &[
            ("Continue the controller. Spacer cleaned weekly.", "Lanjutkan pengontrol. Spacer dicuci tiap minggu."),
            ("Avoid smoke in the kitchen.", "Hindari asap dapur."),
        ]
    });
    let (systolic, diastolic) = if years < 13 { (97.0, 61.0) } else { (116.0, 73.0) };
    let mut vitals = quiet_vitals(chart, systolic, diastolic);
    vitals.retain(|(kind, _)| *kind != VitalKind::HeartRate);
    let random = &mut chart.random;
    let strain = if attack { 1.0 } else { 0.0 };
    vitals.push((VitalKind::HeartRate, random.near(78.0 + (18.0 - child) * 1.2 + 18.0 * strain, 6.0)));
    vitals.push((VitalKind::RespiratoryRate, random.near(16.0 + (18.0 - child) * 0.3 + 6.0 * strain, 1.5)));
    vitals.push((VitalKind::OxygenSaturation, random.near(98.0 - 4.0 * strain, 1.0)));
    if !attack && years < 19 {
        vitals.push((VitalKind::Weight, random.near(9.0 + 2.5 * child, 1.5)));
        vitals.push((VitalKind::Height, random.near(82.0 + 4.7 * child, 1.0)));
    }
    let is_first = first.encounter.is_empty();
    let diagnosis = Found { icd: ASTHMA, problem: true, began: 90, ..Found::default() };
    let seen = chart.visit(Visit {
        days_ago,
        subjective,
        objective,
        assessment,
        plan,
        vitals,
        diagnoses: if is_first { vec![diagnosis] } else { Vec::new() },
        about: first.conditions.clone(),
        follow_up_days: Some(if attack { 7 } else { 120 }),
    });
    if years >= 6 {
        let best = 120.0 + 17.0 * child;
        let blown = chart.random.near(best * (0.92 - 0.3 * strain), 18.0);
        chart.labs(&seen, &[(Test::PeakFlow, (blown / 10.0).round() * 10.0)]);
    }
    seen
}

/// Days after the start at which the patient is seen, and whether sputum is looked at.
const TB_VISITS: [(i64, bool); 9] = [
    (0, true),
    (14, false),
    (28, false),
    (56, true),
    (84, false),
    (112, false),
    (140, true),
    (168, true),
    (350, false),
];

pub fn tuberculosis(chart: &mut Chart<'_>, began: i64) {
    let cured = (began > 180).then_some(168);
    let mut weight = chart.random.near(47.0, 4.0);
    let height = chart.random.near(161.0, 7.0);
    let mut first = Seen::default();
    // Visits that lie in the future have not happened.
    for (n, (after, sputum)) in TB_VISITS.into_iter().enumerate().filter(|(_, (after, _))| began > *after) {
        let days_ago = began - after;
        let subjective = chart.say(match after {
            0 => {
                &[("Cough for 6 weeks, night sweats, lost 5 kg.", "Batuk 6 minggu, keringat malam, berat turun 5 kg.")]
            }
            1..=60 => &[
                (
                    "Cough less. Urine orange, told that this is the medicine.",
                    "Batuk berkurang. Kencing jingga, dijelaskan karena obat.",
                ),
                (
                    "Some nausea after the tablets. No missed dose.",
                    "Sedikit mual setelah obat. Tidak ada dosis terlewat.",
                ),
            ],
            _ => &[("Eats well, works again. No missed dose.", "Makan baik, sudah bekerja. Tidak ada dosis terlewat.")],
        });
        let objective = chart.say(&[
            ("Coarse sounds over the right upper lobe. No jaundice.", "Ronki di lobus kanan atas. Tidak ikterik."),
            ("Lungs clearer. Sight and colours normal.", "Paru lebih bersih. Penglihatan dan warna normal."),
        ]);
        let assessment = chart.say(match after {
            0 => &[(
                "Bacteriologically confirmed, new case. Household to be screened.",
                "Terkonfirmasi bakteriologis, kasus baru. Kontak serumah diskrining.",
            )],
            168.. => &[("Treatment completed, cured.", "Pengobatan lengkap, sembuh.")],
            _ => &[("Responding to treatment.", "Respons pengobatan baik.")],
        });
        let plan = chart.say(match after {
            0 => &[(
                "Four drugs for 2 months, then two for 4. A neighbour watches the doses.",
                "Empat obat 2 bulan, lalu dua obat 4 bulan. Tetangga sebagai PMO.",
            )],
            168.. => &[("No more medicines. Come back if cough returns.", "Obat selesai. Kembali bila batuk lagi.")],
            _ => &[("Continue. Card filled in.", "Lanjutkan. Kartu pengobatan diisi.")],
        });
        let mut vitals = quiet_vitals(chart, 112.0, 72.0);
        let random = &mut chart.random;
        weight += random.near(0.8, 0.6);
        vitals.push((VitalKind::RespiratoryRate, random.near(if after < 30 { 20.0 } else { 17.0 }, 2.0)));
        vitals.push((VitalKind::Temperature, random.near(if after == 0 { 37.9 } else { 36.7 }, 0.4)));
        vitals.push((VitalKind::OxygenSaturation, random.near(97.0, 1.4)));
        vitals.push((VitalKind::Weight, weight));
        if n == 0 {
            vitals.push((VitalKind::Height, height));
        }
        let diagnosis = Found { icd: TUBERCULOSIS, problem: true, began: 42, over_after: cured, ..Found::default() };
        let seen = chart.visit(Visit {
            days_ago,
            subjective,
            objective,
            assessment,
            plan,
            vitals,
            diagnoses: if n == 0 { vec![diagnosis] } else { Vec::new() },
            about: first.conditions.clone(),
            follow_up_days: (after < 168).then_some(28),
        });
        if n == 0 {
            first = seen.clone();
            chart.allergies(&first);
        }
        if sputum {
            let words = if after == 0 { "Acid-fast bacilli 2+" } else { "No acid-fast bacilli seen" };
            chart.finding(
                &seen,
                "11545-1",
                "Microscopic observation [Identifier] in Specimen by Acid fast stain",
                words,
            );
        }
        if after % 56 == 0 && after < 168 {
            let (alt, haemoglobin) = (chart.random.near(29.0, 12.0), chart.random.near(12.6, 1.0));
            chart.labs(&seen, &[(Test::Alt, alt), (Test::Haemoglobin, haemoglobin)]);
        }
        if after < 168 && after != 14 {
            chart.prescribe(&seen, if after < 56 { &RHZE } else { &RH }, 28, first.condition());
        }
    }
    let second = Seen { days_ago: began - 56, ..first.clone() };
    let ended = |after: i64| (began > after).then_some(began - after);
    chart.takes(&first, &RHZE, ended(56), first.condition());
    if began > 56 {
        chart.takes(&second, &RH, ended(168), first.condition());
    }
}
