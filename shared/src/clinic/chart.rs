//! The chart as screens draw it: banner, summary, timeline, lists. Built from FHIR resources of any type.

mod build;
mod detail;
mod line;
mod words;

use serde::{Deserialize, Serialize};

use super::allergy::AllergyLabel;
use super::patient::{PatientIdText, PatientRow};
use super::vital::VitalSeries;

pub use build::{ResourceFacts, chart};
pub use detail::detail;
pub use line::line;
pub use words::words;

/// Fixed on top of every page about one patient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Banner {
    pub row: PatientRow,
    pub allergies: AllergyLabel,
    /// FHIR dateTime when known dead; `Some("")` when only the fact is known.
    pub deceased: Option<String>,
}

/// The lists name lines by their place in `timeline`, so that each travels and is kept once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    pub patient: PatientIdText,
    pub banner: Banner,
    pub problems: Vec<u32>,
    pub allergies: Vec<u32>,
    pub medications: Vec<u32>,
    pub encounters: Vec<u32>,
    pub immunizations: Vec<u32>,
    pub results: Vec<u32>,
    pub documents: Vec<u32>,
    pub vitals: Vec<VitalSeries>,
    /// Everything there is, whatever its resource type, newest first.
    pub timeline: Vec<Line>,
    /// How many resources the chart holds, by FHIR type.
    pub counts: Vec<(String, u32)>,
    pub conflicts: Vec<Conflict>,
    /// A draft of the signed-in author, if one is waiting.
    pub my_draft: Option<DraftNotice>,
    /// When this view was made, milliseconds since the epoch.
    pub as_of: i64,
}

impl Chart {
    /// The lines of one of its lists, in that list's order.
    pub fn lines(&self, list: &[u32]) -> Vec<&Line> {
        list.iter().filter_map(|place| self.timeline.get(*place as usize)).collect()
    }
}

/// One resource as a line of a list. Most lines have no writer, no conflict and no signature of ours; what is empty does
/// not travel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    pub resource_type: String,
    pub id: String,
    /// FHIR dateTime or date that places it on the timeline; empty when undated.
    pub date: String,
    pub title: String,
    /// Value, dose, status in words of the resource; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// FHIR status code as found; empty when the type has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// Active for problems, allergies and medicines; not struck as entered-in-error.
    pub active: bool,
    /// Who wrote it, when known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// A conflict waits on this resource.
    #[serde(skip_serializing_if = "is_false")]
    pub conflict: bool,
    /// A signed note of this clinic, which takes addenda.
    #[serde(skip_serializing_if = "is_false")]
    pub signed: bool,
}

fn is_false(said: &bool) -> bool {
    !said
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftNotice {
    /// Milliseconds since the epoch.
    pub saved: i64,
}

/// Several values stand for one element of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    pub patient: PatientIdText,
    pub patient_name: String,
    pub resource_type: String,
    pub id: String,
    /// FHIR element, e.g. `telecom`, `birthDate`.
    pub element: String,
    /// Waits for a clinician (true), or was picked by clock with the loser kept (false).
    pub needs_clinician: bool,
    /// What the chart shows until it is settled: index into `sides`.
    pub shown: usize,
    pub sides: Vec<Side>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Human words for the value; empty when the element was removed.
    pub value: String,
    /// Names the op to keep: `author:seq:index`.
    pub op: String,
    pub by: String,
    pub device: String,
    /// Milliseconds since the epoch by the author's clock.
    pub at: i64,
    pub mine: bool,
}

/// One resource opened for reading: labelled values in document order, and the JSON itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    pub line: Line,
    pub rows: Vec<DetailRow>,
    /// The FHIR resource, pretty-printed.
    pub json: String,
    pub history: Vec<HistoryRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetailRow {
    /// FHIRPath-like element path, e.g. `component[0].valueQuantity`.
    pub path: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// Milliseconds since the epoch.
    pub at: i64,
    pub by: String,
    pub device: String,
    pub elements: Vec<String>,
}
