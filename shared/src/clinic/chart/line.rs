//! One resource as a line of a list. Common types say what matters about them; any other type says what it can.

use std::borrow::Cow;

use crate::clinic::allergy;
use crate::clinic::note::{plain, read_note};
use crate::fhir::{Json, ResourceView};

use super::Line;
use super::words::{concept, of, quantity, short_number};

/// The line of any resource. Who wrote it is taken from the resource; conflict and `signed` are for the caller.
pub fn line(resource: &ResourceView<'_>) -> Line {
    let status = status(resource);
    Line {
        resource_type: resource.resource_type.to_owned(),
        id: resource.id.to_owned(),
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
fn date(resource: &ResourceView<'_>) -> String {
    let places = resource.elements().filter_map(|(name, value)| {
        let (rank, inner) = place_of(name)?;
        Some((rank, if inner.is_empty() { value } else { value.at(inner) }.text()?))
    });
    places.min_by_key(|(rank, _)| *rank).map(|(_, text)| text.into_owned()).unwrap_or_default()
}

/// How early an element is asked for a date, and where in it the date stands. A match, since every element is asked.
fn place_of(element: &str) -> Option<(u8, &'static str)> {
    Some(match element {
        "effectiveDateTime" => (0, ""),
        "effectivePeriod" => (1, "start"),
        "effectiveInstant" => (2, ""),
        "performedDateTime" => (3, ""),
        "performedPeriod" => (4, "start"),
        "occurrenceDateTime" => (5, ""),
        "occurrencePeriod" => (6, "start"),
        "onsetDateTime" => (7, ""),
        "onsetPeriod" => (8, "start"),
        "servicedDate" => (9, ""),
        "billablePeriod" => (10, "start"),
        "authoredOn" => (11, ""),
        "period" => (12, "start"),
        "started" => (13, ""),
        "start" => (14, ""),
        "startDate" => (15, ""),
        "date" => (16, ""),
        "dateTime" => (17, ""),
        "recordedDate" => (18, ""),
        "dateAsserted" => (19, ""),
        "dateWritten" => (20, ""),
        "whenHandedOver" => (21, ""),
        "whenPrepared" => (22, ""),
        "issued" => (23, ""),
        "created" => (24, ""),
        "createdDateTime" => (25, ""),
        "sent" => (26, ""),
        "recorded" => (27, ""),
        "authored" => (28, ""),
        "receivedTime" => (29, ""),
        "meta" => (30, "lastUpdated"),
        _ => return None,
    })
}

pub(super) fn title(resource: &ResourceView<'_>) -> String {
    let element = |name: &str| resource.element(name);
    let special = match resource.resource_type {
        "AllergyIntolerance" => allergy::substance(&resource.owned()).unwrap_or_default(),
        "MedicationRequest" | "MedicationStatement" | "MedicationAdministration" | "MedicationDispense" => {
            let coded = concept(element("medicationCodeableConcept"));
            let contained = || contained_medication(resource);
            if coded.is_empty() {
                text_of(element("medicationReference").at("display")).or_else(contained).unwrap_or_default()
            } else {
                coded
            }
        }
        "Encounter" => {
            let kind = concept(element("type").first());
            let class = element("class");
            let class = || class.at("display").text().or_else(|| class.at("code").text()).unwrap_or_default();
            if kind.is_empty() { class().into_owned() } else { kind }
        }
        "Composition" => text_of(element("title")).unwrap_or_default(),
        "DocumentReference" => text_of(element("description")).unwrap_or_else(|| concept(element("type"))),
        "Goal" => concept(element("description")),
        "Claim" | "ExplanationOfBenefit" | "ClaimResponse" => concept(element("type")),
        "Patient" | "Practitioner" | "Person" | "RelatedPerson" => of(element("name").first(), 0),
        _ => String::new(),
    };
    if !special.is_empty() {
        return special;
    }
    const CONCEPTS: [&str; 8] =
        ["code", "vaccineCode", "type", "category", "serviceType", "relationship", "purpose", "reasonCode"];
    const TEXTS: [&str; 4] = ["title", "name", "description", "identifier"];
    let coded =
        CONCEPTS.iter().filter(|name| resource.get(name).is_some()).map(|name| concept(first_of(element(name))));
    let worded = TEXTS.iter().filter(|name| resource.get(name).is_some()).map(|name| of(element(name), 0));
    let found = coded.chain(worded).find(|text| !text.is_empty());
    found.unwrap_or_else(|| resource.resource_type.to_owned())
}

fn detail(resource: &ResourceView<'_>) -> String {
    let element = |name: &str| resource.element(name);
    let parts: Vec<String> = match resource.resource_type {
        "Observation" => vec![observed(resource)],
        "Condition" => vec![first_code(element("code")), of(element("severity"), 0), note(resource)],
        "AllergyIntolerance" => {
            let shown = element("reaction").items().flat_map(|r| {
                let manifestations = r.at("manifestation").items().map(concept);
                manifestations.chain(text_of(r.at("severity"))).collect::<Vec<_>>()
            });
            shown.chain(text_of(element("criticality"))).collect()
        }
        "MedicationRequest" => vec![dosage(element("dosageInstruction")), note(resource)],
        "MedicationStatement" => vec![dosage(element("dosage")), note(resource)],
        "MedicationDispense" => vec![quantity(element("quantity")), dosage(element("dosageInstruction"))],
        "MedicationAdministration" => vec![quantity(element("dosage").at("dose"))],
        "Encounter" => element("reasonCode").items().map(concept).collect(),
        "Immunization" => {
            let dose = element("protocolApplied").first().at("doseNumberPositiveInt").number();
            let dose = dose.and_then(|dose| dose.as_i64()).map(|n| format!("#{n}"));
            [dose, text_of(element("lotNumber")).map(|lot| format!("lot {lot}"))].into_iter().flatten().collect()
        }
        "Procedure" => vec![of(element("reasonCode"), 0), of(element("outcome"), 0)],
        "DiagnosticReport" => {
            let names = element("result").items().filter_map(|r| text_of(r.at("display")));
            vec![text_of(element("conclusion")).unwrap_or_else(|| names.collect::<Vec<_>>().join(", "))]
        }
        "Composition" => vec![
            read_note(&resource.owned())
                .into_iter()
                .map(|s| s.text)
                .filter(|t| !t.is_empty())
                .collect::<Vec<_>>()
                .join(" · "),
        ],
        "DocumentReference" => vec![of(element("type"), 0)],
        "CarePlan" => element("activity").items().map(|a| concept(a.at("detail").at("code"))).collect(),
        "Claim" | "ExplanationOfBenefit" => {
            let total = element("total");
            let money = total.items().next().map_or(total, |t| t.at("amount"));
            let currency = money.at("currency").text().unwrap_or_default();
            let worded = money.at("value").number().map(|n| format!("{} {currency}", short_number(&n)));
            vec![worded.unwrap_or_default()]
        }
        "ServiceRequest" => vec![text_of(element("priority")).unwrap_or_default(), note(resource)],
        "Appointment" => vec![text_of(element("description")).unwrap_or_default()],
        "QuestionnaireResponse" => vec![text_of(element("questionnaire")).unwrap_or_default()],
        _ if resource.get("text").is_some() => vec![plain(&element("text").at("div").text().unwrap_or_default())],
        _ => vec![note(resource)],
    };
    parts.into_iter().filter(|t| !t.trim().is_empty()).collect::<Vec<_>>().join(" · ").replace('\n', " ")
}

/// An Observation's value with its flag; a blood pressure as `148/92 mmHg`.
fn observed(resource: &ResourceView<'_>) -> String {
    let components = || resource.element("component").items();
    let pressure =
        |loinc: &str| components().find(|c| c.at("code").at("coding").items().any(|k| k.at("code").is(loinc)));
    if let (Some(high), Some(low)) = (pressure("8480-6"), pressure("8462-4"))
        && let Some(h) = high.at("valueQuantity").at("value").number()
        && low.at("valueQuantity").at("value").number().is_some()
    {
        let said = flags([high.at("interpretation"), low.at("interpretation")]);
        return format!("{}/{}{said}", short_number(&h), quantity(low.at("valueQuantity")));
    }
    let own = measured(resource.elements(), resource.element("dataAbsentReason"));
    if !own.is_empty() {
        return format!("{own}{}", flags([resource.element("interpretation"), Json::NONE]));
    }
    let parts = components().map(|c| {
        let members: Vec<_> = c.members().collect();
        let members = members.iter().map(|(name, value)| (&**name, *value));
        format!("{} {}", concept(c.at("code")), measured(members, c.at("dataAbsentReason")))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The value of whatever type; of several, which FHIR forbids, the first by name.
fn measured<'a>(members: impl Iterator<Item = (&'a str, Json<'a>)>, absent: Json<'_>) -> String {
    match members.filter(|(name, _)| name.starts_with("value")).min_by_key(|(name, _)| *name) {
        Some(("valueCodeableConcept", value)) => concept(value),
        Some((_, value)) => of(value, 0),
        None => concept(absent),
    }
}

fn flags(interpretations: [Json<'_>; 2]) -> String {
    let codes = interpretations.into_iter().filter_map(|said| said.first().at("coding").first().at("code").text());
    let mut codes: Vec<_> = codes.filter(|code| code != "N").collect();
    codes.dedup();
    if codes.is_empty() { String::new() } else { format!(" ({})", codes.join("/")) }
}

/// Dose instructions as written, else put together from their parts.
fn dosage(list: Json<'_>) -> String {
    let each = list.items().map(|dosage| {
        if let Some(text) = text_of(dosage.at("text")) {
            return text;
        }
        let timing = dosage.at("timing");
        let repeat = |name: &str| timing.at("repeat").at(name);
        let frequency = repeat("frequency").number().and_then(|n| n.as_i64());
        let period = repeat("period").number().and_then(|n| n.as_f64());
        let times = match (frequency, period, repeat("periodUnit").text()) {
            (Some(n), Some(period), Some(unit)) if (period - 1.0).abs() < 1e-9 => format!("{n} × /{unit}"),
            (Some(n), Some(period), Some(unit)) => format!("{n} × /{period} {unit}"),
            _ => concept(timing.at("code")),
        };
        let as_needed = if dosage.at("asNeededBoolean").is_true() { "as needed" } else { "" };
        let dose = quantity(dosage.at("doseAndRate").first().at("doseQuantity"));
        let parts = [dose, concept(dosage.at("route")), times, as_needed.to_owned()];
        parts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · ")
    });
    each.filter(|t| !t.is_empty()).collect::<Vec<_>>().join("; ")
}

fn contained_medication(resource: &ResourceView<'_>) -> Option<String> {
    let reference = text_of(resource.element("medicationReference").at("reference"))?;
    let id = reference.strip_prefix('#')?;
    let found = resource.element("contained").items().find(|c| c.at("id").is(id))?;
    Some(concept(found.at("code"))).filter(|name| !name.is_empty())
}

fn status(resource: &ResourceView<'_>) -> String {
    let code = |name: &str| resource.element(name).at("coding").first().at("code");
    if code("verificationStatus").is("entered-in-error") {
        return "entered-in-error".to_owned();
    }
    let found = code("clinicalStatus").text().map(Cow::into_owned).or_else(|| text_of(resource.element("status")));
    found.or_else(|| text_of(resource.element("lifecycleStatus"))).unwrap_or_default()
}

fn is_active(resource: &ResourceView<'_>, status: &str) -> bool {
    match resource.resource_type {
        "AllergyIntolerance" => allergy::is_active(&resource.owned()),
        "Condition" => {
            let verified = resource.element("verificationStatus").at("coding").first().at("code");
            matches!(status, "" | "active" | "recurrence" | "relapse") && !verified.is("refuted")
        }
        "MedicationRequest" | "MedicationStatement" => matches!(status, "active" | "on-hold" | "intended"),
        _ => !matches!(status, "entered-in-error" | "cancelled" | "not-done" | "revoked"),
    }
}

fn writer(resource: &ResourceView<'_>) -> String {
    const PLACES: [&str; 7] =
        ["recorder", "author", "requester", "performer", "asserter", "participant", "informationSource"];
    for name in PLACES.iter().filter(|name| resource.get(name).is_some()) {
        let first = first_of(resource.element(name));
        let places = [first.at("display"), first.at("actor").at("display"), first.at("individual").at("display")];
        if let Some(display) = places.into_iter().find_map(Json::text) {
            return display.into_owned();
        }
    }
    String::new()
}

fn note(resource: &ResourceView<'_>) -> String {
    text_of(resource.element("note").first().at("text")).unwrap_or_default()
}

fn first_code(concept: Json<'_>) -> String {
    concept.at("coding").first().at("code").text().unwrap_or_default().into_owned()
}

/// The first of a list; what is no list, or an empty one, itself.
fn first_of(value: Json<'_>) -> Json<'_> {
    value.items().next().unwrap_or(value)
}

fn text_of(value: Json<'_>) -> Option<String> {
    value.text().filter(|t| !t.is_empty()).map(Cow::into_owned)
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push('…');
    }
    text
}
