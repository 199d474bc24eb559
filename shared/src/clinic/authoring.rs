//! What every resource written here needs to know: whose record, who writes, when, and where ids come from.

use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::base::date::{Date, civil_date, fhir_datetime};
use crate::fhir::Resource;

/// The frame of one act of writing. Ids are made by the caller: nothing here is random.
pub struct Authoring<'a> {
    /// FHIR id of the patient.
    pub patient: &'a str,
    /// Reference to the author, e.g. `Practitioner/0f0f…`.
    pub author: &'a str,
    pub author_name: &'a str,
    pub now: Timestamp,
    /// The clinic's offset from UTC.
    pub offset_minutes: i32,
    pub next_id: &'a mut dyn FnMut() -> String,
}

impl Authoring<'_> {
    pub fn today(&self) -> Date {
        civil_date(self.now, self.offset_minutes)
    }

    /// Now, as a FHIR dateTime.
    pub fn now_text(&self) -> String {
        fhir_datetime(self.now, self.offset_minutes)
    }

    pub(super) fn make(&mut self, resource_type: &str) -> Resource {
        let id = (self.next_id)();
        Resource::new(resource_type, &id)
    }

    pub(super) fn subject(&self) -> Value {
        json!({ "reference": format!("Patient/{}", self.patient) })
    }

    pub(super) fn writer(&self) -> Value {
        match self.author_name {
            "" => json!({ "reference": self.author }),
            name => json!({ "reference": self.author, "display": name }),
        }
    }
}

impl std::fmt::Debug for Authoring<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authoring").field("now", &self.now).finish_non_exhaustive()
    }
}

/// One code with its system and display.
pub(super) fn coding(system: &str, code: &str, display: &str) -> Value {
    match display {
        "" => json!({ "system": system, "code": code }),
        display => json!({ "system": system, "code": code, "display": display }),
    }
}

/// A concept of one coding.
pub(super) fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [coding(system, code, display)] })
}
