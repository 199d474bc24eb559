//! Which values are normal, alarming or hardly possible at which age. Every bound names its published source.
//! A flag draws the eye; it decides nothing.

use crate::base::date::Age;

use super::{Flag, VitalKind};

/// Bounds in the kind's own unit; a value on a bound is still inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Normal.
    pub low: f64,
    pub high: f64,
    /// Below or above: alarming.
    pub critical_low: f64,
    pub critical_high: f64,
}

const NO: f64 = f64::INFINITY;

/// How the value lies. Without an age only the impossible is flagged.
pub fn flag(kind: VitalKind, value: f64, age: Option<Age>) -> Flag {
    let (least, most) = plausible(kind, age);
    if !(least..=most).contains(&value) {
        return Flag::Implausible;
    }
    match normal_range(kind, age) {
        Some(range) if value < range.critical_low => Flag::CriticalLow,
        Some(range) if value > range.critical_high => Flag::CriticalHigh,
        Some(range) if value < range.low => Flag::Low,
        Some(range) if value > range.high => Flag::High,
        _ => Flag::None,
    }
}

/// The normal range at an age, where one is defined.
pub fn normal_range(kind: VitalKind, age: Option<Age>) -> Option<Range> {
    let age = age?;
    let range = |low, high, critical_low, critical_high| Some(Range { low, high, critical_low, critical_high });
    match kind {
        VitalKind::Systolic => systolic(age),
        VitalKind::Diastolic => diastolic(age),
        // Adults: below 51, 40 or less and 131 or more score in NEWS2 (Royal College of Physicians, 2017); over 100 is
        // tachycardia (AHA). Children: awake rates of AHA PALS 2020.
        VitalKind::HeartRate => match age.months {
            0 => range(100.0, 205.0, 80.0, 220.0),
            1..=11 => range(100.0, 180.0, 80.0, 200.0),
            12..=35 => range(98.0, 140.0, 70.0, 180.0),
            36..=71 => range(80.0, 120.0, 60.0, 160.0),
            72..=143 => range(75.0, 118.0, 50.0, 150.0),
            144..=191 => range(60.0, 100.0, 41.0, 130.0),
            _ => range(51.0, 100.0, 41.0, 130.0),
        },
        // Adults: NEWS2. Under five: fast breathing of WHO IMCI 2014 (60, 50, 40 and more). Lower bounds: AHA PALS 2020.
        VitalKind::RespiratoryRate => match age.months {
            0..=1 => range(30.0, 59.0, 20.0, 69.0),
            2..=11 => range(25.0, 49.0, 15.0, 69.0),
            12..=59 => range(20.0, 39.0, 12.0, 59.0),
            60..=143 => range(18.0, 25.0, 10.0, 40.0),
            _ => range(12.0, 20.0, 9.0, 24.0),
        },
        // Adults: NEWS2. Fever under five: axillary 37.5 °C, WHO IMCI 2014; under two months 38 °C and 35.5 °C are danger signs.
        VitalKind::Temperature => match age.months {
            0..=1 => range(36.0, 37.4, 35.5, 37.9),
            2..=59 => range(36.0, 37.4, 35.1, 39.0),
            _ => range(36.1, 38.0, 35.1, 39.0),
        },
        // Adults: NEWS2 scale 1. Children: hypoxaemia below 90 %, WHO oxygen therapy for children 2016.
        VitalKind::OxygenSaturation => {
            if age.years < 16 {
                range(94.0, NO, 90.0, NO)
            } else {
                range(96.0, NO, 92.0, NO)
            }
        }
        // WHO technical report 894 (2000), adults. Children need percentiles.
        VitalKind::Bmi if age.years >= 19 => range(18.5, 24.9, 16.0, 39.9),
        // Serlin 1995: 4 to 6 moderate, 7 and more severe.
        VitalKind::Pain => range(-NO, 3.0, -NO, 6.0),
        VitalKind::Weight | VitalKind::Height | VitalKind::Bmi => None,
    }
}

/// Adults: high from 140/90, severe from 180/110 (ISH 2020, WHO HEARTS); low as NEWS2 scores it. Children: low by AHA PALS
/// 2020, high by the screening values of AAP 2017 (table 6, the lower of both sexes; from 13 years 130/80).
fn systolic(age: Age) -> Option<Range> {
    const SCREEN: [f64; 12] = [98.0, 100.0, 101.0, 102.0, 103.0, 105.0, 106.0, 107.0, 107.0, 108.0, 110.0, 113.0];
    let (low, high, critical_low, critical_high) = match age.years {
        0 => return Some(Range { low: 70.0, high: 104.0, critical_low: 60.0, critical_high: NO }),
        years @ 1..=12 => {
            let floor = if years <= 10 { 70.0 + 2.0 * f64::from(years) } else { 90.0 };
            (floor, SCREEN[years as usize - 1] - 1.0, floor - 10.0, 139.0)
        }
        13..=17 => (90.0, 129.0, 80.0, 159.0),
        _ => (101.0, 139.0, 91.0, 179.0),
    };
    Some(Range { low, high, critical_low, critical_high })
}

fn diastolic(age: Age) -> Option<Range> {
    const SCREEN: [f64; 12] = [52.0, 55.0, 58.0, 60.0, 63.0, 66.0, 68.0, 69.0, 70.0, 72.0, 74.0, 75.0];
    let (low, high, critical_low, critical_high) = match age.years {
        0 => (25.0, 56.0, 20.0, NO),
        years @ 1..=12 => (30.0, SCREEN[years as usize - 1] - 1.0, 25.0, 89.0),
        13..=17 => (45.0, 79.0, 35.0, 99.0),
        _ => (60.0, 89.0, 40.0, 109.0),
    };
    Some(Range { low, high, critical_low, critical_high })
}

/// Bounds against slips of typing, wider than any published range; weight and height beyond five standard deviations of
/// the WHO growth standards.
fn plausible(kind: VitalKind, age: Option<Age>) -> (f64, f64) {
    let months = age.map(|a| a.months);
    match kind {
        VitalKind::Systolic => (40.0, 300.0),
        VitalKind::Diastolic => (15.0, 200.0),
        VitalKind::HeartRate => (20.0, 300.0),
        VitalKind::RespiratoryRate => (3.0, 120.0),
        VitalKind::Temperature => (25.0, 45.0),
        VitalKind::OxygenSaturation => (40.0, 100.0),
        VitalKind::Bmi => (7.0, 100.0),
        VitalKind::Pain => (0.0, 10.0),
        VitalKind::Weight => match months {
            Some(0..=11) => (0.4, 20.0),
            Some(12..=59) => (4.0, 45.0),
            Some(60..=143) => (8.0, 120.0),
            Some(_) => (15.0, 350.0),
            None => (0.4, 350.0),
        },
        VitalKind::Height => match months {
            Some(0..=11) => (25.0, 100.0),
            Some(12..=59) => (50.0, 135.0),
            Some(60..=143) => (75.0, 190.0),
            Some(_) => (90.0, 250.0),
            None => (25.0, 250.0),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years(years: i32) -> Option<Age> {
        Some(Age { years, months: years * 12, days: years * 365 })
    }

    #[test]
    fn an_adults_vitals_are_flagged_by_news2_and_ish() {
        let adult = |kind, value| flag(kind, value, years(40));
        assert_eq!(adult(VitalKind::Systolic, 120.0), Flag::None);
        assert_eq!(adult(VitalKind::Systolic, 148.0), Flag::High);
        assert_eq!(adult(VitalKind::Systolic, 180.0), Flag::CriticalHigh);
        assert_eq!(adult(VitalKind::Systolic, 90.0), Flag::CriticalLow);
        assert_eq!(adult(VitalKind::OxygenSaturation, 95.0), Flag::Low);
        assert_eq!(adult(VitalKind::OxygenSaturation, 91.0), Flag::CriticalLow);
        assert_eq!(adult(VitalKind::Temperature, 368.0), Flag::Implausible);
        assert_eq!(adult(VitalKind::Weight, 62.0), Flag::None);
        assert_eq!(adult(VitalKind::Pain, 7.0), Flag::CriticalHigh);
    }

    #[test]
    fn fast_breathing_depends_on_the_childs_age() {
        let child =
            |months, value| flag(VitalKind::RespiratoryRate, value, Some(Age { years: 0, months, days: months * 30 }));
        assert_eq!(child(1, 55.0), Flag::None);
        assert_eq!(child(6, 50.0), Flag::High);
        assert_eq!(child(12, 40.0), Flag::High);
    }

    #[test]
    fn without_an_age_only_the_impossible_is_flagged() {
        assert_eq!(flag(VitalKind::Systolic, 200.0, None), Flag::None);
        assert_eq!(flag(VitalKind::Systolic, 400.0, None), Flag::Implausible);
    }

    #[test]
    fn ranges_are_in_order_at_every_age() {
        for months in 0..1_440 {
            let age = Some(Age { years: months / 12, months, days: months * 30 });
            for kind in VitalKind::ALL {
                if let Some(r) = normal_range(kind, age) {
                    assert!(
                        r.critical_low <= r.low && r.low < r.high && r.high <= r.critical_high,
                        "{kind:?} {months}"
                    );
                }
            }
        }
    }
}
