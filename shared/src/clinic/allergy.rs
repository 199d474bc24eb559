//! Allergies and the four-state label of the banner. "No known allergies" is a recorded fact, never an absence.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::base::order;
use crate::fhir::Resource;

use super::authoring::{Authoring, coding, concept};
use super::patient::FieldProblem;

/// The banner's label has exactly these states, each with an icon (NHS CUI guidance).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllergyLabel {
    /// Substances, most critical first.
    Known {
        substances: Vec<String>,
    },
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

const SNOMED: &str = "http://snomed.info/sct";
/// SNOMED CT "No known allergy (situation)".
const NO_KNOWN_ALLERGY: &str = "716186003";
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

/// The recorded allergy, or the fact that there is none; or what is missing.
pub fn to_resource(form: &AllergyForm, ctx: &mut Authoring<'_>) -> Result<Resource, Vec<FieldProblem>> {
    let problems = check(form);
    if problems.iter().any(|p| p.blocking) {
        return Err(problems);
    }
    let (subject, writer, now) = (ctx.subject(), ctx.writer(), ctx.now_text());
    let code = if form.none_known {
        json!({ "coding": [coding(SNOMED, NO_KNOWN_ALLERGY, "No known allergy")], "text": "No known allergies" })
    } else {
        json!({ "text": form.substance.trim() })
    };
    let mut reaction = json!({});
    if !form.reaction.trim().is_empty() {
        // A severity without a manifestation cannot be said in FHIR; "unspecified" stands in for the words.
        reaction["manifestation"] = json!([{ "text": form.reaction.trim() }]);
    } else if !form.severity.is_empty() {
        reaction["manifestation"] = json!([{ "text": "unspecified" }]);
    }
    if !form.severity.is_empty() {
        reaction["severity"] = json!(form.severity);
    }
    let has_reaction = !form.none_known && reaction.as_object().is_some_and(|r| !r.is_empty());
    let criticality =
        if form.none_known || form.criticality.is_empty() { Value::Null } else { json!(form.criticality) };
    Ok(ctx
        .make("AllergyIntolerance")
        .with("clinicalStatus", concept(CLINICAL, "active", "Active"))
        .with("verificationStatus", concept(VERIFICATION, "confirmed", "Confirmed"))
        .with("criticality", criticality)
        .with("code", code)
        .with("patient", subject)
        .with("recordedDate", json!(now))
        .with("recorder", writer)
        .with("reaction", if has_reaction { json!([reaction]) } else { Value::Null }))
}

/// What is wrong with the form.
pub fn check(form: &AllergyForm) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut add = |field: &str, message: &str| {
        problems.push(FieldProblem { field: field.into(), message: message.into(), blocking: true });
    };
    if !form.none_known && form.substance.trim().is_empty() {
        add("substance", "allergy-substance-required");
    }
    if form.substance.chars().count() > 200 {
        add("substance", "text-too-long");
    }
    if form.reaction.chars().count() > 1000 {
        add("reaction", "text-too-long");
    }
    if !["", "low", "high", "unable-to-assess"].contains(&form.criticality.as_str()) {
        add("criticality", "choice-unknown");
    }
    if !["", "mild", "moderate", "severe"].contains(&form.severity.as_str()) {
        add("severity", "choice-unknown");
    }
    problems
}

/// The banner's label from all of a patient's resources. An active allergy that names no substance cannot be read, and
/// is never passed over as if there were none.
pub fn label<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> AllergyLabel {
    let mut known: Vec<(u8, String)> = Vec::new();
    let (mut none_known, mut unreadable) = (false, false);
    for resource in resources.into_iter().filter(|r| r.resource_type == "AllergyIntolerance" && is_active(r)) {
        let code = resource.element("code");
        let codings = code["coding"].as_array().map_or(&[][..], Vec::as_slice);
        if codings.iter().any(|c| c["code"] == NO_KNOWN_ALLERGY) {
            none_known = true;
            continue;
        }
        // "No known drug, food, environmental, latex allergy" say something about a part only.
        if codings
            .iter()
            .any(|c| matches!(c["code"].as_str(), Some("409137002" | "429625007" | "428607008" | "1003774007")))
        {
            continue;
        }
        match substance(resource) {
            Some(name) => {
                let rank = match resource.get("criticality").and_then(|c| c.as_text()).as_deref() {
                    Some("high") => 0,
                    Some("low") => 2,
                    _ => 1,
                };
                if !known.iter().any(|(_, n)| *n == name) {
                    known.push((rank, name));
                }
            }
            None => unreadable = true,
        }
    }
    order::sort(&mut known);
    match (known.is_empty(), unreadable, none_known) {
        (false, ..) => AllergyLabel::Known { substances: known.into_iter().map(|(_, name)| name).collect() },
        (true, true, _) => AllergyLabel::Unavailable,
        (true, false, true) => AllergyLabel::NoneKnown,
        (true, false, false) => AllergyLabel::NotRecorded,
    }
}

/// Not resolved, refuted or entered in error. What does not say is taken as active: the dangerous side.
pub fn is_active(allergy: &Resource) -> bool {
    let has = |element: &str, codes: &[&str]| {
        let concept = allergy.element(element);
        let mut codings = concept["coding"].as_array().into_iter().flatten();
        codings.any(|c| c["code"].as_str().is_some_and(|code| codes.contains(&code)))
    };
    !has("clinicalStatus", &["inactive", "resolved"]) && !has("verificationStatus", &["refuted", "entered-in-error"])
}

/// The substance in words.
pub fn substance(allergy: &Resource) -> Option<String> {
    let words = |concept: &Value| {
        let coded = concept["coding"].as_array().into_iter().flatten();
        let display = || coded.clone().find_map(|c| c["display"].as_str());
        concept["text"]
            .as_str()
            .or_else(display)
            .or_else(|| coded.clone().find_map(|c| c["code"].as_str()))
            .map(str::to_owned)
    };
    let reactions = allergy.element("reaction");
    words(&allergy.element("code")).or_else(|| reactions.as_array()?.iter().find_map(|r| words(&r["substance"])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;

    fn recorded(form: AllergyForm) -> Result<Resource, Vec<FieldProblem>> {
        let mut next_id = || "a1".to_owned();
        let mut ctx = Authoring {
            patient: "p",
            author: "Practitioner/d",
            author_name: "",
            now: Timestamp(0),
            offset_minutes: 420,
            next_id: &mut next_id,
        };
        to_resource(&form, &mut ctx)
    }

    fn allergy(substance: &str, criticality: &str) -> Resource {
        let form =
            AllergyForm { substance: substance.into(), criticality: criticality.into(), ..AllergyForm::default() };
        recorded(form).expect("recorded")
    }

    #[test]
    fn the_label_has_four_states() {
        let none = recorded(AllergyForm { none_known: true, ..AllergyForm::default() }).expect("recorded");
        let masked = Resource::parse(r#"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/p"}}"#)
            .expect("valid");
        assert_eq!(label([]), AllergyLabel::NotRecorded);
        assert_eq!(label([&none]), AllergyLabel::NoneKnown);
        assert_eq!(label([&none, &masked]), AllergyLabel::Unavailable);
        let known = [allergy("Latex", "low"), allergy("Penicillin", "high"), none];
        assert_eq!(label(&known), AllergyLabel::Known { substances: vec!["Penicillin".into(), "Latex".into()] });
    }

    #[test]
    fn a_refuted_or_mistaken_allergy_is_not_shown_and_does_not_mean_none() {
        let refuted = allergy("Penicillin", "high").with("verificationStatus", concept(VERIFICATION, "refuted", ""));
        assert_eq!(label([&refuted]), AllergyLabel::NotRecorded);
    }

    #[test]
    fn an_allergy_needs_a_substance_and_known_choices() {
        assert!(recorded(AllergyForm::default()).is_err());
        assert!(
            recorded(AllergyForm { substance: "x".into(), severity: "awful".into(), ..AllergyForm::default() })
                .is_err()
        );
        let full = AllergyForm {
            substance: "Penicillin".into(),
            reaction: "rash".into(),
            criticality: "high".into(),
            severity: "severe".into(),
            none_known: false,
        };
        insta::assert_snapshot!(recorded(full).expect("recorded").to_json());
    }
}
