//! Laboratory results, prescriptions and immunizations of the demo's histories, as FHIR R4.

use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::base::quantity::{Decimal, printed};
use crate::clinic::authoring::{coding, concept};
use crate::fhir::RawJson;

use super::build::{Chart, Seen};
use super::catalog::{Drug, Test};

const LOINC: &str = "http://loinc.org";
const UCUM: &str = "http://unitsofmeasure.org";
const SNOMED: &str = "http://snomed.info/sct";
const CVX: &str = "http://hl7.org/fhir/sid/cvx";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
const SECTION: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
const DAY_MS: i64 = 86_400_000;

/// A number that was measured, and what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    pub code: &'static str,
    pub display: &'static str,
    pub unit: &'static str,
    pub decimals: usize,
    /// `vital-signs`, `exam`, `laboratory`, `procedure`.
    pub category: &'static str,
}

impl Chart<'_> {
    /// Results of blood taken in a visit, with a report over them when there is more than one.
    pub fn labs(&mut self, seen: &Seen, results: &[(Test, f64)]) {
        let references: Vec<String> = results.iter().map(|(test, value)| self.lab(seen, *test, *value)).collect();
        if references.len() > 1 {
            self.report(seen, &references);
        }
    }

    fn lab(&mut self, seen: &Seen, test: Test, value: f64) -> String {
        let facts = test.facts(self.sex());
        let below = facts.low.is_some_and(|low| value < low);
        let above = facts.high.is_some_and(|high| value > high);
        let interpretation = match (below, above, facts.low.is_some() || facts.high.is_some()) {
            (true, ..) => Some(("L", "Low")),
            (_, true, _) => Some(("H", "High")),
            (.., true) => Some(("N", "Normal")),
            (.., false) => None,
        };
        let bound = |value: Option<f64>| {
            value.and_then(|v| Decimal::rounded(v, facts.decimals)).map(|v| quantity(&v, facts.unit))
        };
        let range: Vec<(String, RawJson)> = [("low", bound(facts.low)), ("high", bound(facts.high))]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        let category = if test == Test::PeakFlow { "procedure" } else { "laboratory" };
        let measure =
            Measure { code: facts.code, display: facts.display, unit: facts.unit, decimals: facts.decimals, category };
        let mut extra = Vec::new();
        if let Some((code, display)) = interpretation {
            extra.push(("interpretation", RawJson::from_value(&json!([concept(INTERPRETATION, code, display)]))));
        }
        if !range.is_empty() {
            extra.push(("referenceRange", RawJson::array(&[RawJson::object(&range)])));
        }
        self.measured_with(seen, measure, value, extra)
    }

    /// A measurement without a range.
    pub fn measured(&mut self, seen: &Seen, measure: Measure, value: f64) {
        self.measured_with(seen, measure, value, Vec::new());
    }

    fn measured_with(
        &mut self,
        seen: &Seen,
        measure: Measure,
        value: f64,
        extra: Vec<(&'static str, RawJson)>,
    ) -> String {
        let what = concept(LOINC, measure.code, measure.display);
        let mut resource = self.observation(seen, measure.category, what);
        if let Some(value) = Decimal::rounded(value, measure.decimals) {
            resource.set("valueQuantity", Some(quantity(&value, measure.unit)));
        }
        for (name, value) in extra {
            resource.set(name, Some(value));
        }
        let reference = resource.reference();
        self.push(resource);
        reference
    }

    /// A finding in words.
    pub fn finding(&mut self, seen: &Seen, code: &'static str, display: &'static str, words: &str) {
        let what = concept(LOINC, code, display);
        let resource =
            self.observation(seen, "laboratory", what).with("valueCodeableConcept", json!({ "text": words }));
        self.push(resource);
    }

    /// The day on which a child is expected.
    pub fn expected_birth(&mut self, seen: &Seen, days_ago: i64) {
        let date = self.day(days_ago).to_string();
        let what = concept(LOINC, "11778-8", "Delivery date Estimated");
        let resource = self.observation(seen, "exam", what).with("valueDateTime", json!(date));
        self.push(resource);
    }

    fn observation(&mut self, seen: &Seen, category: &str, what: Value) -> crate::fhir::Resource {
        let category = json!([concept(CATEGORY, category, category_name(category))]);
        let encounter = json!({ "reference": seen.encounter });
        self.written(seen.at, "Observation", |subject, writer, when| {
            vec![
                ("status", json!("final")),
                ("category", category),
                ("code", what),
                ("subject", subject),
                ("encounter", encounter),
                ("effectiveDateTime", when),
                ("performer", json!([writer])),
            ]
        })
    }

    fn report(&mut self, seen: &Seen, results: &[String]) {
        let results: Vec<Value> = results.iter().map(|reference| json!({ "reference": reference })).collect();
        let encounter = json!({ "reference": seen.encounter });
        let resource = self.written(seen.at, "DiagnosticReport", |subject, writer, when| {
            vec![
                ("status", json!("final")),
                ("category", json!([concept(SECTION, "LAB", "Laboratory")])),
                ("code", concept(LOINC, "11502-2", "Laboratory report")),
                ("subject", subject),
                ("encounter", encounter),
                ("effectiveDateTime", when.clone()),
                ("issued", when),
                ("performer", json!([writer])),
                ("result", Value::Array(results)),
            ]
        });
        self.push(resource);
    }

    /// A prescription for so many days; it is over when they are.
    pub fn prescribe(&mut self, seen: &Seen, drug: &Drug, days: i64, reason: &str) {
        let over = seen.days_ago - days > 0;
        let end = self.when(Timestamp(seen.at.0 + days * DAY_MS));
        let validity = json!({ "start": self.when(seen.at), "end": end });
        let dosage = self.dosage(drug, Some(days));
        let encounter = json!({ "reference": seen.encounter });
        let supply = json!({ "value": days, "unit": "day", "system": UCUM, "code": "d" });
        let resource = self.written(seen.at, "MedicationRequest", |subject, writer, when| {
            vec![
                ("status", json!(if over { "completed" } else { "active" })),
                ("intent", json!("order")),
                ("medicationCodeableConcept", json!({ "text": drug.name })),
                ("subject", subject),
                ("encounter", encounter),
                ("authoredOn", when),
                ("requester", writer),
                ("reasonReference", reasons(reason)),
                ("dosageInstruction", dosage),
                ("dispenseRequest", json!({ "validityPeriod": validity, "expectedSupplyDuration": supply })),
            ]
        });
        self.push(resource);
    }

    /// A line of the medicines list: taken from a visit on, and until another day if it was stopped.
    pub fn takes(&mut self, from: &Seen, drug: &Drug, stopped_days_ago: Option<i64>, reason: &str) {
        let mut period = json!({ "start": self.day(from.days_ago).to_string() });
        if let Some(days_ago) = stopped_days_ago {
            period["end"] = json!(self.day(days_ago.min(from.days_ago)).to_string());
        }
        let dosage = self.dosage(drug, None);
        let resource = self.written(from.at, "MedicationStatement", |subject, writer, when| {
            vec![
                ("status", json!(if stopped_days_ago.is_some() { "stopped" } else { "active" })),
                ("medicationCodeableConcept", json!({ "text": drug.name })),
                ("subject", subject),
                ("effectivePeriod", period),
                ("dateAsserted", when),
                ("informationSource", writer),
                ("reasonReference", reasons(reason)),
                ("dosage", dosage),
            ]
        });
        self.push(resource);
    }

    fn dosage(&self, drug: &Drug, days: Option<i64>) -> Value {
        let (english, indonesian) = drug.text;
        let mut repeat = json!({ "frequency": drug.times_a_day, "period": 1, "periodUnit": "d" });
        if let Some(days) = days {
            repeat["boundsDuration"] = json!({ "value": days, "unit": "day", "system": UCUM, "code": "d" });
        }
        let route = if drug.inhaled {
            coding(SNOMED, "447694001", "Respiratory tract route")
        } else {
            coding(SNOMED, "26643006", "Oral route")
        };
        // Whole doses are written without a decimal point.
        let dose = if drug.dose.fract() == 0.0 { json!(drug.dose as i64) } else { json!(drug.dose) };
        let unit = if drug.unit == "ug" { "microgram" } else { drug.unit };
        let mut dosage = json!({
            "text": if self.person.indonesian { indonesian } else { english },
            "timing": { "repeat": repeat },
            "route": { "coding": [route] },
            "doseAndRate": [{ "doseQuantity": { "value": dose, "unit": unit, "system": UCUM, "code": drug.unit } }],
        });
        if drug.as_needed {
            dosage["asNeededBoolean"] = json!(true);
        }
        json!([dosage])
    }

    /// A dose of a vaccine. `encounter` may be empty.
    pub fn immunize(&mut self, at: Timestamp, encounter: &str, vaccine: (&str, &str), dose: usize) {
        let lot = format!("DEMO-{:04}", self.random.between(1, 9999));
        let what = concept(CVX, vaccine.0, vaccine.1);
        let encounter = if encounter.is_empty() { Value::Null } else { json!({ "reference": encounter }) };
        let resource = self.written(at, "Immunization", |patient, writer, when| {
            vec![
                ("status", json!("completed")),
                ("vaccineCode", what),
                ("patient", patient),
                ("encounter", encounter),
                ("occurrenceDateTime", when),
                ("primarySource", json!(true)),
                ("lotNumber", json!(lot)),
                ("performer", json!([{ "actor": writer }])),
                ("protocolApplied", json!([{ "doseNumberPositiveInt": dose }])),
            ]
        });
        self.push(resource);
    }
}

fn reasons(condition: &str) -> Value {
    if condition.is_empty() { Value::Null } else { json!([{ "reference": condition }]) }
}

fn category_name(code: &str) -> &'static str {
    match code {
        "vital-signs" => "Vital Signs",
        "laboratory" => "Laboratory",
        "procedure" => "Procedure",
        _ => "Exam",
    }
}

fn quantity(value: &Decimal, unit: &str) -> RawJson {
    RawJson::object(&[
        ("value".to_owned(), RawJson::from_stored(value.as_str())),
        ("unit".to_owned(), RawJson::text(printed(unit))),
        ("system".to_owned(), RawJson::text(UCUM)),
        ("code".to_owned(), RawJson::text(unit)),
    ])
}
