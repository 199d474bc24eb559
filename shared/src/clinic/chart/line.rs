//! One resource as a line of a list. Common types say what matters about them; any other type says what it can.

use serde_json::Value;

use crate::clinic::allergy;
use crate::clinic::note::{plain, read_note};
use crate::fhir::Resource;

use super::Line;
use super::words::{concept, of, quantity, short_number};

/// The line of any resource. Who wrote it is taken from the resource; conflict and `signed` are for the caller.
pub fn line(resource: &Resource) -> Line {
    let status = status(resource);
    Line {
        resource_type: resource.resource_type.clone(),
        id: resource.id.clone(),
        date: date(resource),
        title: title(resource),
        detail: cut(detail(resource), 240),
        active: is_active(resource, &status),
        status,
        by: writer(resource),
        conflict: false,
        signed: false,
    }
}

/// Where the timeline puts a resource: when it happened, else when it was written down.
fn date(resource: &Resource) -> String {
    const PLACES: [(&str, &str); 31] = [
        ("effectiveDateTime", ""),
        ("effectivePeriod", "start"),
        ("effectiveInstant", ""),
        ("performedDateTime", ""),
        ("performedPeriod", "start"),
        ("occurrenceDateTime", ""),
        ("occurrencePeriod", "start"),
        ("onsetDateTime", ""),
        ("onsetPeriod", "start"),
        ("servicedDate", ""),
        ("billablePeriod", "start"),
        ("authoredOn", ""),
        ("period", "start"),
        ("started", ""),
        ("start", ""),
        ("startDate", ""),
        ("date", ""),
        ("dateTime", ""),
        ("recordedDate", ""),
        ("dateAsserted", ""),
        ("dateWritten", ""),
        ("whenHandedOver", ""),
        ("whenPrepared", ""),
        ("issued", ""),
        ("created", ""),
        ("createdDateTime", ""),
        ("sent", ""),
        ("recorded", ""),
        ("authored", ""),
        ("receivedTime", ""),
        ("meta", "lastUpdated"),
    ];
    for (name, inner) in PLACES.iter().filter(|(name, _)| resource.get(name).is_some()) {
        let value = resource.element(name);
        let value = if inner.is_empty() { &value } else { &value[*inner] };
        if let Some(text) = value.as_str() {
            return text.to_owned();
        }
    }
    String::new()
}

pub(super) fn title(resource: &Resource) -> String {
    let element = |name: &str| resource.element(name);
    let special = match resource.resource_type.as_str() {
        "AllergyIntolerance" => allergy::substance(resource).unwrap_or_default(),
        "MedicationRequest" | "MedicationStatement" | "MedicationAdministration" | "MedicationDispense" => {
            let coded = concept(&element("medicationCodeableConcept"));
            let contained = || contained_medication(resource);
            if coded.is_empty() {
                text_of(&element("medicationReference")["display"]).or_else(contained).unwrap_or_default()
            } else {
                coded
            }
        }
        "Encounter" => {
            let kind = concept(&element("type")[0]);
            let class = element("class");
            let class = class["display"].as_str().or_else(|| class["code"].as_str()).unwrap_or_default();
            if kind.is_empty() { class.to_owned() } else { kind }
        }
        "Composition" => text_of(&element("title")).unwrap_or_default(),
        "DocumentReference" => text_of(&element("description")).unwrap_or_else(|| concept(&element("type"))),
        "Goal" => concept(&element("description")),
        "Claim" | "ExplanationOfBenefit" | "ClaimResponse" => concept(&element("type")),
        "Patient" | "Practitioner" | "Person" | "RelatedPerson" => of(&element("name")[0], 0),
        _ => String::new(),
    };
    if !special.is_empty() {
        return special;
    }
    const CONCEPTS: [&str; 8] =
        ["code", "vaccineCode", "type", "category", "serviceType", "relationship", "purpose", "reasonCode"];
    const TEXTS: [&str; 4] = ["title", "name", "description", "identifier"];
    let coded = CONCEPTS.iter().filter(|name| resource.get(name).is_some()).map(|name| {
        let value = element(name);
        concept(value.as_array().and_then(|list| list.first()).unwrap_or(&value))
    });
    let worded = TEXTS.iter().filter(|name| resource.get(name).is_some()).map(|name| of(&element(name), 0));
    let found = coded.chain(worded).find(|text| !text.is_empty());
    found.unwrap_or_else(|| resource.resource_type.clone())
}

fn detail(resource: &Resource) -> String {
    let element = |name: &str| resource.element(name);
    let parts: Vec<String> = match resource.resource_type.as_str() {
        "Observation" => vec![observed(resource)],
        "Condition" => vec![first_code(&element("code")), of(&element("severity"), 0), note(resource)],
        "AllergyIntolerance" => {
            let reactions = element("reaction");
            let shown = reactions.as_array().into_iter().flatten().flat_map(|r| {
                let manifestations = r["manifestation"].as_array().into_iter().flatten().map(concept);
                manifestations.chain(text_of(&r["severity"])).collect::<Vec<_>>()
            });
            shown.chain(text_of(&element("criticality"))).collect()
        }
        "MedicationRequest" => vec![dosage(&element("dosageInstruction")), note(resource)],
        "MedicationStatement" => vec![dosage(&element("dosage")), note(resource)],
        "MedicationDispense" => vec![quantity(&element("quantity")), dosage(&element("dosageInstruction"))],
        "MedicationAdministration" => vec![quantity(&element("dosage")["dose"])],
        "Encounter" => {
            let reasons = element("reasonCode");
            reasons.as_array().into_iter().flatten().map(concept).collect()
        }
        "Immunization" => {
            let protocol = element("protocolApplied");
            let dose = protocol[0]["doseNumberPositiveInt"].as_i64().map(|n| format!("#{n}"));
            [dose, text_of(&element("lotNumber")).map(|lot| format!("lot {lot}"))].into_iter().flatten().collect()
        }
        "Procedure" => vec![of(&element("reasonCode"), 0), of(&element("outcome"), 0)],
        "DiagnosticReport" => {
            let results = element("result");
            let names = results.as_array().into_iter().flatten().filter_map(|r| text_of(&r["display"]));
            vec![text_of(&element("conclusion")).unwrap_or_else(|| names.collect::<Vec<_>>().join(", "))]
        }
        "Composition" => vec![
            read_note(resource).into_iter().map(|s| s.text).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · "),
        ],
        "DocumentReference" => vec![of(&element("type"), 0)],
        "CarePlan" => {
            let activities = element("activity");
            activities.as_array().into_iter().flatten().map(|a| concept(&a["detail"]["code"])).collect()
        }
        "Claim" | "ExplanationOfBenefit" => {
            let total = element("total");
            let money = total.as_array().and_then(|t| t.first()).map_or(&total, |t| &t["amount"]);
            vec![
                money["value"]
                    .as_number()
                    .map(|n| format!("{} {}", short_number(n), money["currency"].as_str().unwrap_or_default()))
                    .unwrap_or_default(),
            ]
        }
        "ServiceRequest" => vec![text_of(&element("priority")).unwrap_or_default(), note(resource)],
        "Appointment" => vec![text_of(&element("description")).unwrap_or_default()],
        "QuestionnaireResponse" => vec![text_of(&element("questionnaire")).unwrap_or_default()],
        _ if resource.get("text").is_some() => vec![plain(element("text")["div"].as_str().unwrap_or_default())],
        _ => vec![note(resource)],
    };
    parts.into_iter().filter(|t| !t.trim().is_empty()).collect::<Vec<_>>().join(" · ").replace('\n', " ")
}

/// An Observation's value with its flag; a blood pressure as `148/92 mmHg`.
fn observed(resource: &Resource) -> String {
    let tree = resource.tree_of(|name| {
        name.starts_with("value") || matches!(name, "component" | "dataAbsentReason" | "interpretation")
    });
    let components = tree["component"].as_array().map_or(&[][..], Vec::as_slice);
    let pressure = |loinc: &str| {
        components.iter().find(|c| c["code"]["coding"].as_array().into_iter().flatten().any(|k| k["code"] == loinc))
    };
    if let (Some(high), Some(low)) = (pressure("8480-6"), pressure("8462-4"))
        && let (Value::Number(h), Value::Number(_)) = (&high["valueQuantity"]["value"], &low["valueQuantity"]["value"])
    {
        return format!("{}/{}{}", short_number(h), quantity(&low["valueQuantity"]), flags(high, low));
    }
    let own = measured(&tree);
    if !own.is_empty() {
        return format!("{own}{}", flags(&tree, &Value::Null));
    }
    let parts = components.iter().map(|c| format!("{} {}", concept(&c["code"]), measured(c)));
    parts.collect::<Vec<_>>().join(", ")
}

fn measured(part: &Value) -> String {
    let member = part.as_object().into_iter().flatten().find(|(name, _)| name.starts_with("value"));
    match member {
        Some((name, value)) if name == "valueCodeableConcept" => concept(value),
        Some((_, value)) => of(value, 0),
        None => concept(&part["dataAbsentReason"]),
    }
}

fn flags(a: &Value, b: &Value) -> String {
    let codes = [a, b].into_iter().filter_map(|part| part["interpretation"][0]["coding"][0]["code"].as_str());
    let mut codes: Vec<&str> = codes.filter(|code| *code != "N").collect();
    codes.dedup();
    if codes.is_empty() { String::new() } else { format!(" ({})", codes.join("/")) }
}

/// Dose instructions as written, else put together from their parts.
fn dosage(list: &Value) -> String {
    let each = list.as_array().into_iter().flatten().map(|dosage| {
        if let Some(text) = text_of(&dosage["text"]) {
            return text;
        }
        let repeat = &dosage["timing"]["repeat"];
        let times = match (repeat["frequency"].as_i64(), repeat["period"].as_f64(), repeat["periodUnit"].as_str()) {
            (Some(n), Some(period), Some(unit)) if (period - 1.0).abs() < 1e-9 => format!("{n} × /{unit}"),
            (Some(n), Some(period), Some(unit)) => format!("{n} × /{period} {unit}"),
            _ => concept(&dosage["timing"]["code"]),
        };
        let as_needed = if dosage["asNeededBoolean"] == true { "as needed" } else { "" };
        let dose = quantity(&dosage["doseAndRate"][0]["doseQuantity"]);
        let parts = [dose, concept(&dosage["route"]), times, as_needed.to_owned()];
        parts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · ")
    });
    each.filter(|t| !t.is_empty()).collect::<Vec<_>>().join("; ")
}

fn contained_medication(resource: &Resource) -> Option<String> {
    let reference = text_of(&resource.element("medicationReference")["reference"])?;
    let id = reference.strip_prefix('#')?;
    let contained = resource.element("contained");
    let found = contained.as_array()?.iter().find(|c| c["id"] == id)?;
    Some(concept(&found["code"])).filter(|name| !name.is_empty())
}

fn status(resource: &Resource) -> String {
    let code = |name: &str| resource.element(name)["coding"][0]["code"].as_str().map(str::to_owned);
    if code("verificationStatus").as_deref() == Some("entered-in-error") {
        return "entered-in-error".to_owned();
    }
    let found = code("clinicalStatus").or_else(|| text_of(&resource.element("status")));
    found.or_else(|| text_of(&resource.element("lifecycleStatus"))).unwrap_or_default()
}

fn is_active(resource: &Resource, status: &str) -> bool {
    match resource.resource_type.as_str() {
        "AllergyIntolerance" => allergy::is_active(resource),
        "Condition" => {
            let refuted = resource.element("verificationStatus")["coding"][0]["code"] == "refuted";
            matches!(status, "" | "active" | "recurrence" | "relapse") && !refuted
        }
        "MedicationRequest" | "MedicationStatement" => matches!(status, "active" | "on-hold" | "intended"),
        _ => !matches!(status, "entered-in-error" | "cancelled" | "not-done" | "revoked"),
    }
}

fn writer(resource: &Resource) -> String {
    const PLACES: [&str; 7] =
        ["recorder", "author", "requester", "performer", "asserter", "participant", "informationSource"];
    for name in PLACES.iter().filter(|name| resource.get(name).is_some()) {
        let value = resource.element(name);
        let first = value.as_array().and_then(|list| list.first()).unwrap_or(&value);
        let places = [&first["display"], &first["actor"]["display"], &first["individual"]["display"]];
        if let Some(display) = places.into_iter().find_map(Value::as_str) {
            return display.to_owned();
        }
    }
    String::new()
}

fn note(resource: &Resource) -> String {
    text_of(&resource.element("note")[0]["text"]).unwrap_or_default()
}

fn first_code(concept: &Value) -> String {
    concept["coding"][0]["code"].as_str().unwrap_or_default().to_owned()
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().filter(|t| !t.is_empty()).map(str::to_owned)
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push('…');
    }
    text
}
