//! Allergies and the four-state label of the banner. "No known allergies" is a recorded fact, never an absence.

use serde::{Deserialize, Serialize};

/// The banner's label has exactly these states, each with an icon (NHS CUI guidance).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum AllergyLabel {
    /// Substances, most critical first.
    Known { substances: Vec<String> },
    NoneKnown,
    #[default]
    NotRecorded,
    /// Allergies exist but cannot be read here (key or data missing).
    Unavailable,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllergyForm {
    /// Records the fact "no known allergies" (SNOMED CT 716186003) instead of a substance.
    pub none_known: bool,
    pub substance: String,
    pub reaction: String,
    /// FHIR `allergy-intolerance-criticality`: low, high, unable-to-assess; or empty.
    pub criticality: String,
    /// FHIR `reaction-event-severity`: mild, moderate, severe; or empty.
    pub severity: String,
}
