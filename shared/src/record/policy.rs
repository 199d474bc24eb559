//! What may merge by itself when two tablets edited the same element offline (spec: ux, safety rules).
//! Enforced on every device while folding, not on a screen.

/// How several concurrent values of one element are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The later change by hybrid logical clock is shown; the other stays one tap away.
    LaterWins,
    /// Never by itself: waits in the inbox of a clinician.
    Clinician,
}

/// The rule for an element of a resource type.
pub fn rule(resource_type: &str, element: &str) -> Rule {
    let element = element.strip_prefix('_').unwrap_or(element);
    match resource_type {
        // Identity is never merged by guess; contact details may be.
        "Patient" => match element {
            "telecom"
            | "address"
            | "photo"
            | "contact"
            | "communication"
            | "generalPractitioner"
            | "maritalStatus"
            | "meta"
            | "text"
            | "extension" => Rule::LaterWins,
            _ => Rule::Clinician,
        },
        "AllergyIntolerance" => match element {
            "note" | "text" | "meta" | "lastOccurrence" | "recordedDate" | "recorder" | "asserter" => Rule::LaterWins,
            _ => Rule::Clinician,
        },
        "MedicationRequest" | "MedicationStatement" => match element {
            "note" | "text" | "meta" | "recorder" => Rule::LaterWins,
            _ => Rule::Clinician,
        },
        // Append-only or signed: a second value for the same element is always somebody's question.
        "Observation" | "Composition" | "MedicationDispense" | "Immunization" | "Procedure" | "DiagnosticReport" => {
            match element {
                "text" | "meta" => Rule::LaterWins,
                _ => Rule::Clinician,
            }
        }
        "Condition" => match element {
            "text" | "meta" | "note" | "recordedDate" | "recorder" | "asserter" => Rule::LaterWins,
            _ => Rule::Clinician,
        },
        _ => Rule::LaterWins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_waits_for_a_clinician_and_a_phone_number_does_not() {
        assert_eq!(rule("Patient", "birthDate"), Rule::Clinician);
        assert_eq!(rule("Patient", "_birthDate"), Rule::Clinician);
        assert_eq!(rule("Patient", "identifier"), Rule::Clinician);
        assert_eq!(rule("Patient", "telecom"), Rule::LaterWins);
    }

    #[test]
    fn an_allergy_and_a_dose_never_merge_by_themselves() {
        assert_eq!(rule("AllergyIntolerance", "criticality"), Rule::Clinician);
        assert_eq!(rule("MedicationRequest", "dosageInstruction"), Rule::Clinician);
    }
}
