//! Vital signs: LOINC codes, UCUM units and conversions, plausible and normal ranges, and their FHIR Observations.

use serde::{Deserialize, Serialize};

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
