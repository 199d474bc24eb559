//! Striking out what was recorded by mistake: the resource stays, marked entered-in-error, with the reason kept.

use serde_json::json;

use crate::fhir::{RawJson, Resource};

use super::authoring::concept;

/// Where the reason is kept: an extension, since most types have no place of their own for it.
pub const REASON_URL: &str = "https://lucerna.invalid/fhir/StructureDefinition/entered-in-error-reason";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionFault {
    #[error("this type cannot be marked as an error")]
    NoSuchStatus,
    #[error("a reason is needed")]
    NoReason,
}

/// The elements to write so that the resource counts as entered in error.
pub fn entered_in_error(resource: &Resource, reason: &str) -> Result<Vec<(String, Option<RawJson>)>, CorrectionFault> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(CorrectionFault::NoReason);
    }
    let mut changes = match resource.resource_type.as_str() {
        // Invariants con-5 and ait-2: an error has no clinical status.
        kind @ ("Condition" | "AllergyIntolerance") => {
            let system = match kind {
                "Condition" => "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                _ => "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
            };
            let status = concept(system, "entered-in-error", "Entered in Error");
            let mut changes = vec![("verificationStatus".to_owned(), Some(RawJson::from_value(&status)))];
            if resource.get("clinicalStatus").is_some() {
                changes.push(("clinicalStatus".to_owned(), None));
            }
            changes
        }
        "Observation"
        | "Composition"
        | "Encounter"
        | "MedicationRequest"
        | "MedicationStatement"
        | "MedicationDispense"
        | "MedicationAdministration"
        | "Immunization"
        | "Procedure"
        | "DiagnosticReport"
        | "DocumentReference"
        | "CarePlan"
        | "ServiceRequest"
        | "Task"
        | "Appointment"
        | "QuestionnaireResponse"
        | "FamilyMemberHistory"
        | "ClinicalImpression"
        | "Communication"
        | "Flag"
        | "Media"
        | "NutritionOrder"
        | "DetectedIssue"
        | "GuidanceResponse"
        | "ChargeItem"
        | "Invoice"
        | "List"
        | "CareTeam"
        | "EpisodeOfCare"
        | "Device" => {
            vec![("status".to_owned(), Some(RawJson::text("entered-in-error")))]
        }
        _ => return Err(CorrectionFault::NoSuchStatus),
    };
    let mut extensions = resource.get("extension").and_then(RawJson::items).unwrap_or_default();
    extensions.push(RawJson::from_value(&json!({ "url": REASON_URL, "valueString": reason })));
    changes.push(("extension".to_owned(), Some(RawJson::array(&extensions))));
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistaken_diagnosis_loses_its_clinical_status_and_keeps_the_reason() {
        let text = r#"{"resourceType":"Condition","id":"c","clinicalStatus":{"coding":[{"code":"active"}]},"extension":[{"url":"http://x.example","valueDecimal":1.0}]}"#;
        let changes = entered_in_error(&Resource::parse(text).expect("valid"), "wrong patient").expect("marks");
        let names: Vec<&str> = changes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["verificationStatus", "clinicalStatus", "extension"]);
        assert!(
            changes[2]
                .1
                .as_ref()
                .is_some_and(|e| e.as_str().starts_with(r#"[{"url":"http://x.example","valueDecimal":1.0},"#))
        );
    }

    #[test]
    fn a_reason_is_needed_and_not_every_type_can_be_struck_out() {
        let parse = |text: &str| Resource::parse(text).expect("valid");
        assert_eq!(
            entered_in_error(&parse(r#"{"resourceType":"Observation"}"#), " ").err(),
            Some(CorrectionFault::NoReason)
        );
        assert_eq!(
            entered_in_error(&parse(r#"{"resourceType":"Patient"}"#), "x").err(),
            Some(CorrectionFault::NoSuchStatus)
        );
    }
}
