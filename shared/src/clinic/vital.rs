//! Vital signs: LOINC codes, UCUM units and conversions, plausible and normal ranges, and their FHIR Observations.

mod observe;
mod range;

use serde::{Deserialize, Serialize};

use crate::base::date::Age;
use crate::base::quantity::{self, Decimal};

use super::patient::FieldProblem;

pub use observe::{series, to_observations};
pub use range::{Range, flag, normal_range};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VitalKind {
    Systolic,
    Diastolic,
    HeartRate,
    RespiratoryRate,
    Temperature,
    OxygenSaturation,
    Weight,
    Height,
    Bmi,
    Pain,
}

impl VitalKind {
    /// In the order of the visit page.
    pub const ALL: [VitalKind; 10] = [
        VitalKind::Systolic,
        VitalKind::Diastolic,
        VitalKind::HeartRate,
        VitalKind::RespiratoryRate,
        VitalKind::Temperature,
        VitalKind::OxygenSaturation,
        VitalKind::Weight,
        VitalKind::Height,
        VitalKind::Bmi,
        VitalKind::Pain,
    ];

    /// LOINC code and its display, as in the FHIR vital-signs profiles.
    pub fn loinc(self) -> (&'static str, &'static str) {
        match self {
            VitalKind::Systolic => ("8480-6", "Systolic blood pressure"),
            VitalKind::Diastolic => ("8462-4", "Diastolic blood pressure"),
            VitalKind::HeartRate => ("8867-4", "Heart rate"),
            VitalKind::RespiratoryRate => ("9279-1", "Respiratory rate"),
            VitalKind::Temperature => ("8310-5", "Body temperature"),
            VitalKind::OxygenSaturation => ("2708-6", "Oxygen saturation in Arterial blood"),
            VitalKind::Weight => ("29463-7", "Body weight"),
            VitalKind::Height => ("8302-2", "Body height"),
            VitalKind::Bmi => ("39156-5", "Body mass index (BMI) [Ratio]"),
            VitalKind::Pain => ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"),
        }
    }

    /// UCUM units that may be typed; the first is the one shown and compared in.
    pub fn units(self) -> &'static [&'static str] {
        match self {
            VitalKind::Systolic | VitalKind::Diastolic => &["mm[Hg]", "kPa"],
            VitalKind::HeartRate | VitalKind::RespiratoryRate => &["/min"],
            VitalKind::Temperature => &["Cel", "[degF]"],
            VitalKind::OxygenSaturation => &["%"],
            VitalKind::Weight => &["kg", "g", "[lb_av]"],
            VitalKind::Height => &["cm", "m", "[in_i]"],
            VitalKind::Bmi => &["kg/m2"],
            VitalKind::Pain => &["{score}"],
        }
    }

    pub fn unit(self) -> &'static str {
        self.units()[0]
    }

    /// How many decimals a converted or computed value is shown with.
    pub fn decimals(self) -> usize {
        match self {
            VitalKind::Temperature | VitalKind::Weight | VitalKind::Height | VitalKind::Bmi => 1,
            _ => 0,
        }
    }

    /// The form's name of its field, for `FieldProblem`: `vitals.heart-rate`.
    pub fn field(self) -> &'static str {
        match self {
            VitalKind::Systolic => "vitals.systolic",
            VitalKind::Diastolic => "vitals.diastolic",
            VitalKind::HeartRate => "vitals.heart-rate",
            VitalKind::RespiratoryRate => "vitals.respiratory-rate",
            VitalKind::Temperature => "vitals.temperature",
            VitalKind::OxygenSaturation => "vitals.oxygen-saturation",
            VitalKind::Weight => "vitals.weight",
            VitalKind::Height => "vitals.height",
            VitalKind::Bmi => "vitals.bmi",
            VitalKind::Pain => "vitals.pain",
        }
    }
}

/// One vital sign as typed on the visit page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VitalEntry {
    pub kind: VitalKind,
    /// As typed; a decimal comma is read as a point.
    pub value: String,
    /// UCUM code, e.g. `mm[Hg]`, `Cel`, `[degF]`, `kg`, `[lb_av]`, `cm`, `[in_i]`.
    pub unit: String,
    /// The clinician confirmed a value outside the plausible range.
    pub confirmed: bool,
}

/// How a value lies against its range for the patient's age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    #[default]
    None,
    Low,
    High,
    CriticalLow,
    CriticalHigh,
    /// Outside what is humanly plausible: likely a typing slip; asks to confirm, never blocks.
    Implausible,
}

/// A measured point of a trend, in the kind's display unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VitalPoint {
    /// FHIR dateTime.
    pub at: String,
    pub value: f64,
    pub flag: Flag,
}

/// Everything the strip and the sparkline of one vital sign show, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VitalSeries {
    pub kind: VitalKind,
    /// UCUM code of every value in `points`.
    pub unit: String,
    pub points: Vec<VitalPoint>,
}

impl VitalEntry {
    pub fn is_blank(&self) -> bool {
        self.value.trim().is_empty()
    }

    /// The value in the kind's own unit; `None` when it is no number or the unit does not fit.
    pub fn value_in_own_unit(&self) -> Option<f64> {
        convert(self.kind, Decimal::parse(&self.value)?.to_f64(), &self.unit)
    }
}

/// A value in another unit of the same kind, brought to the kind's own unit. An empty unit is the own one.
pub fn convert(kind: VitalKind, value: f64, unit: &str) -> Option<f64> {
    if unit.is_empty() { Some(value) } else { quantity::convert(value, unit, kind.unit()) }
}

/// Body mass index to one decimal (WHO: weight over height squared); `None` for values that cannot be meant.
pub fn bmi(weight_kg: f64, height_cm: f64) -> Option<Decimal> {
    let possible = (0.3..=700.0).contains(&weight_kg) && (20.0..=280.0).contains(&height_cm);
    possible.then(|| Decimal::rounded(weight_kg / (height_cm / 100.0).powi(2), 1)).flatten()
}

/// What is wrong with the typed vitals. Only what is no number blocks; what is unlikely asks.
pub fn check(entries: &[VitalEntry], age: Option<Age>) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut add = |kind: VitalKind, message: &str, blocking: bool| {
        problems.push(FieldProblem { field: kind.field().into(), message: message.into(), blocking });
    };
    let value_of = |kind: VitalKind| entries.iter().find(|e| e.kind == kind && !e.is_blank());
    for entry in entries.iter().filter(|e| !e.is_blank()) {
        match (Decimal::parse(&entry.value), entry.value_in_own_unit()) {
            (None, _) => add(entry.kind, "vital-not-a-number", true),
            (_, None) => add(entry.kind, "vital-unit-unknown", true),
            (_, Some(value)) if value < 0.0 && entry.kind != VitalKind::Temperature => {
                add(entry.kind, "vital-negative", true)
            }
            (_, Some(value)) => {
                if flag(entry.kind, value, age) == Flag::Implausible && !entry.confirmed {
                    add(entry.kind, "vital-implausible", false);
                }
            }
        }
    }
    match (value_of(VitalKind::Systolic), value_of(VitalKind::Diastolic)) {
        (Some(_), None) => add(VitalKind::Diastolic, "vital-pressure-incomplete", false),
        (None, Some(_)) => add(VitalKind::Systolic, "vital-pressure-incomplete", false),
        (Some(s), Some(d)) if s.value_in_own_unit() <= d.value_in_own_unit() && s.value_in_own_unit().is_some() => {
            add(VitalKind::Diastolic, "vital-diastolic-above-systolic", false);
        }
        _ => {}
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: VitalKind, value: &str, unit: &str) -> VitalEntry {
        VitalEntry { kind, value: value.into(), unit: unit.into(), confirmed: false }
    }

    #[test]
    fn bmi_is_rounded_to_one_decimal_and_never_nonsense() {
        assert_eq!(bmi(62.0, 155.0).map(|d| d.to_string()), Some("25.8".into()));
        assert_eq!(bmi(62.0, 1.55), None);
    }

    #[test]
    fn only_what_is_no_number_blocks() {
        let problems = check(
            &[
                entry(VitalKind::Systolic, "80", "mm[Hg]"),
                entry(VitalKind::Diastolic, "120", "mm[Hg]"),
                entry(VitalKind::HeartRate, "8o", "/min"),
                entry(VitalKind::Temperature, "368", "Cel"),
                entry(VitalKind::Weight, "60", "cm"),
                entry(VitalKind::Height, " ", "cm"),
            ],
            Some(Age { years: 40, months: 480, days: 14_600 }),
        );
        let seen: Vec<_> = problems.iter().map(|p| (p.field.as_str(), p.message.as_str(), p.blocking)).collect();
        assert_eq!(
            seen,
            [
                ("vitals.heart-rate", "vital-not-a-number", true),
                ("vitals.temperature", "vital-implausible", false),
                ("vitals.weight", "vital-unit-unknown", true),
                ("vitals.diastolic", "vital-diastolic-above-systolic", false),
            ]
        );
    }

    #[test]
    fn typed_units_come_to_the_shown_one() {
        let own = |kind, value: &str, unit: &str| {
            entry(kind, value, unit).value_in_own_unit().map(|v| (v * 10.0).round() / 10.0)
        };
        assert_eq!(own(VitalKind::Temperature, "98,6", "[degF]"), Some(37.0));
        assert_eq!(own(VitalKind::Systolic, "16", "kPa"), Some(120.0));
        assert_eq!(own(VitalKind::Weight, "3200", "g"), Some(3.2));
    }
}
