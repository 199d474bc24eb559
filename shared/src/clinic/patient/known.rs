//! What finds and names a patient, read from their Patient once: the line of a list, and what the search index asks.

use serde_json::Value;

use crate::clinic::nik::NIK_SYSTEM;
use crate::fhir::{RawJson, Resource};

use super::{PatientRow, Sex};

/// The elements that tell, laid out once for all who ask.
#[derive(Debug)]
pub struct Known {
    pub name: Value,
    pub telecom: Value,
    pub identifier: Value,
}

impl Known {
    pub fn of(patient: &Resource) -> Known {
        let element = |name| patient.element(name);
        Known { name: element("name"), telecom: element("telecom"), identifier: element("identifier") }
    }

    /// Given and family name and prefix, as the form has them.
    pub(super) fn names(&self) -> (String, String, String) {
        let none = Value::Null;
        let names = list(&self.name);
        let name = chosen_name(names).and_then(|i| names.get(i)).unwrap_or(&none);
        let (mut family, mut given) = (text(&name["family"]), words(&name["given"]));
        if family.is_empty() && given.is_empty() {
            given = text(&name["text"]);
        }
        // The form asks for "given or only name": an only name, though stored as family, comes back where it was typed.
        if given.is_empty() {
            std::mem::swap(&mut given, &mut family);
        }
        (given, family, words(&name["prefix"]))
    }

    pub(super) fn phone(&self) -> String {
        phone_among(&self.telecom)
    }

    pub(super) fn nik(&self) -> String {
        let identifiers = list(&self.identifier);
        chosen_nik(identifiers).and_then(|i| identifiers.get(i)).map(|i| text(&i["value"])).unwrap_or_default()
    }

    /// The record number in usual use, else the first that is one.
    fn record_number(&self) -> String {
        let is_mrn = |i: &&Value| list(&i["type"]["coding"]).iter().any(|c| c["code"] == "MR");
        let usual = list(&self.identifier).iter().find(|i| is_mrn(i) && i["use"] == "usual");
        usual.or_else(|| list(&self.identifier).iter().find(is_mrn)).map(|i| text(&i["value"])).unwrap_or_default()
    }
}

/// The Patient as a line of a list; `patient` is for the caller to fill.
pub fn row(patient: &Resource, last_visit: &str) -> PatientRow {
    row_of(patient, &Known::of(patient), last_visit)
}

/// The same, where more is asked of what is known.
pub fn row_of(patient: &Resource, known: &Known, last_visit: &str) -> PatientRow {
    let (given, family, prefix) = known.names();
    let as_text = |name| patient.get(name).and_then(RawJson::as_text).unwrap_or_default();
    let dead = || patient.get("deceasedBoolean").is_some_and(|dead| dead.as_str() == "true");
    PatientRow {
        patient: String::new(),
        family,
        given,
        prefix,
        birth_date: as_text("birthDate"),
        sex: Sex::from_code(&as_text("gender")),
        mrn: known.record_number(),
        nik: known.nik(),
        phone: known.phone(),
        deceased: patient.get("deceasedDateTime").is_some() || dead(),
        last_visit: last_visit.to_owned(),
    }
}

pub(super) fn chosen_name(names: &[Value]) -> Option<usize> {
    let by_use = |wanted: &str| names.iter().position(|n| n["use"] == wanted);
    let current = || names.iter().position(|n| n["use"] != "old" && n["use"] != "maiden");
    by_use("official").or_else(|| by_use("usual")).or_else(current).or((!names.is_empty()).then_some(0))
}

pub(super) fn chosen_phone(telecoms: &[Value]) -> Option<usize> {
    let phone = |t: &Value| t["system"] == "phone" && t["use"] != "old" && t["value"].is_string();
    telecoms.iter().position(|t| phone(t) && t["use"] == "mobile").or_else(|| telecoms.iter().position(phone))
}

pub(super) fn phone_among(telecoms: &Value) -> String {
    let telecoms = list(telecoms);
    chosen_phone(telecoms).and_then(|i| telecoms.get(i)).map(|t| text(&t["value"])).unwrap_or_default()
}

pub(super) fn chosen_nik(identifiers: &[Value]) -> Option<usize> {
    identifiers.iter().position(|i| i["system"] == NIK_SYSTEM)
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn words(value: &Value) -> String {
    list(value).iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}
