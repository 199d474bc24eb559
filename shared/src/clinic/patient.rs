//! Demographics: the registration form, the rows of a patient list, and how a form becomes a FHIR Patient.

mod check;
mod known;
mod resource;
mod same;

use serde::{Deserialize, Serialize};

use crate::base::PatientId;

pub use check::check;
pub use known::{Known, row, row_of};
pub use resource::{birth_date, edit, from_resource, to_resource};
pub use same::{duplicates, likeness};

/// FHIR `administrative-gender`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "kebab-case")]
#[cbor(index_only)]
pub enum Sex {
    #[n(0)]
    Female,
    #[n(1)]
    Male,
    #[n(2)]
    Other,
    #[n(3)]
    #[default]
    Unknown,
}

impl Sex {
    /// FHIR code.
    pub fn code(self) -> &'static str {
        match self {
            Sex::Female => "female",
            Sex::Male => "male",
            Sex::Other => "other",
            Sex::Unknown => "unknown",
        }
    }

    pub fn from_code(code: &str) -> Sex {
        match code {
            "female" => Sex::Female,
            "male" => Sex::Male,
            "other" => Sex::Other,
            _ => Sex::Unknown,
        }
    }
}

/// What the registration screen holds; every field as typed, trimmed on use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatientForm {
    /// Given names; may be empty. A mononym may stand in either field and is then the whole name.
    pub given: String,
    pub family: String,
    /// Title before the name (Ibu, Mrs, dr.).
    pub prefix: String,
    /// `YYYY-MM-DD`, `YYYY-MM`, `YYYY`, or any usual typed form of a date.
    pub birth_date: String,
    /// Age in years, when no date is known; becomes a partial `birthDate` of that year.
    pub age_years: String,
    pub sex: Sex,
    pub phone: String,
    /// Indonesian national id, 16 digits; empty if none.
    pub nik: String,
    pub address_line: String,
    pub city: String,
    pub province: String,
    pub postal_code: String,
    /// Guardian or next of kin, shown for minors.
    pub guardian_name: String,
    pub guardian_phone: String,
}

/// A field of the form and the Fluent message that says what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The name of the form's field, as in `PatientForm`.
    pub field: String,
    /// Fluent message id, e.g. `nik-wrong-length`.
    pub message: String,
    /// A warning may be saved over; an error may not.
    pub blocking: bool,
}

/// One line of a patient list: SURNAME, Given · born · sex · id · last visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientRow {
    pub patient: PatientIdText,
    pub family: String,
    pub given: String,
    pub prefix: String,
    /// FHIR partial date, or empty when unknown.
    pub birth_date: String,
    pub sex: Sex,
    /// The clinic's own record number.
    pub mrn: String,
    pub nik: String,
    pub phone: String,
    pub deceased: bool,
    /// FHIR dateTime of the latest encounter, or empty.
    pub last_visit: String,
}

/// `PatientId` in hex, or empty before it is known.
pub type PatientIdText = String;

/// Why a registered patient may be the same person as the form's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LikelyDuplicate {
    pub row: PatientRow,
    /// 0.0 to 1.0.
    pub score: f64,
    /// Fluent message ids: `same-nik`, `same-phone`, `same-birth-date`, `similar-name`, …
    pub reasons: Vec<String>,
}

impl PatientRow {
    pub fn id(&self) -> Option<PatientId> {
        self.patient.parse().ok()
    }
}
