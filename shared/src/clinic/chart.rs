//! The chart as screens draw it: banner, summary, timeline, lists. Built from FHIR resources of any type.

mod build;
mod detail;
mod line;
mod words;

use serde::{Deserialize, Serialize};

use super::allergy::AllergyLabel;
use super::patient::{PatientIdText, PatientRow};
use super::vital::VitalSeries;

pub use build::{ResourceFacts, banner, chart};
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

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    pub patient: PatientIdText,
    pub banner: Banner,
    pub problems: Vec<Line>,
    pub allergies: Vec<Line>,
    pub medications: Vec<Line>,
    pub encounters: Vec<Line>,
    pub immunizations: Vec<Line>,
    pub results: Vec<Line>,
    pub documents: Vec<Line>,
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

/// One resource as a line of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub resource_type: String,
    pub id: String,
    /// FHIR dateTime or date that places it on the timeline; empty when undated.
    pub date: String,
    pub title: String,
    /// Value, dose, status in words of the resource; may be empty.
    pub detail: String,
    /// FHIR status code as found; empty when the type has none.
    pub status: String,
    /// Active for problems, allergies and medicines; not struck as entered-in-error.
    pub active: bool,
    /// Who wrote it, when known.
    pub by: String,
    /// A conflict waits on this resource.
    pub conflict: bool,
    /// A signed note of this clinic, which takes addenda.
    pub signed: bool,
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
