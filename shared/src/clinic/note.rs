//! The visit: one author's draft, and what signing turns it into (Encounter, Composition, Observations, Conditions).
//! A signed note never changes; it takes addenda.

mod narrative;
mod sign;

use serde::{Deserialize, Serialize};

use super::vital::VitalEntry;

pub use narrative::{narrative, plain};
pub use sign::{NoteSection, addendum, check, read_note, sign};

/// A diagnosis made in the visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// ICD-10 code, e.g. `I10`; empty for free text.
    pub code: String,
    pub title: String,
    pub note: String,
    /// Also put on the problem list.
    pub problem: bool,
}

/// Everything typed on the visit page. Private to its author until signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VisitDraft {
    /// Milliseconds since the epoch at which the visit began.
    pub started: i64,
    pub subjective: String,
    pub objective: String,
    pub assessment: String,
    pub plan: String,
    pub vitals: Vec<VitalEntry>,
    pub diagnoses: Vec<Diagnosis>,
    /// FHIR date, or empty.
    pub follow_up: String,
}

impl VisitDraft {
    /// Nothing worth keeping has been typed.
    pub fn is_blank(&self) -> bool {
        [&self.subjective, &self.objective, &self.assessment, &self.plan, &self.follow_up]
            .iter()
            .all(|t| t.trim().is_empty())
            && self.vitals.iter().all(|v| v.value.trim().is_empty())
            && self.diagnoses.is_empty()
    }
}
