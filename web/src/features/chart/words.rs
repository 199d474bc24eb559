//! Codes of FHIR in words: resource types, statuses, element paths. What has no word of its own is spelled out.

use crate::i18n::{knows, t};

/// `MedicationRequest` → its name, or "Medication request".
pub fn type_name(resource_type: &str) -> String {
    let key = format!("fhir-{}", resource_type.to_ascii_lowercase());
    if knows(&key) { t(&key) } else { spelled(resource_type) }
}

/// `entered-in-error` → its name, or the code with spaces.
pub fn status_name(status: &str) -> String {
    let key = format!("status-{}", status.to_ascii_lowercase());
    if knows(&key) { t(&key) } else { status.replace('-', " ") }
}

/// `component[0].valueQuantity` → "Component 1 › Value quantity".
pub fn path_name(path: &str) -> String {
    path.split('.').map(step_name).collect::<Vec<_>>().join(" › ")
}

/// Titles that Lucerna itself writes, which FHIR keeps in English, in the reader's language; anybody else's as they stand.
pub fn own_words(title: &str) -> String {
    let key = match title {
        "Visit note" => "fhir-visit-note",
        "Addendum" => "chart-addendum-text",
        "Subjective" => "visit-subjective",
        "Objective" => "visit-objective",
        "Assessment" => "visit-assessment",
        "Plan" => "visit-plan",
        "Follow-up" => "visit-follow-up",
        "ambulatory" => "fhir-ambulatory",
        "Laboratory report" => "fhir-laboratory-report",
        "Blood pressure" => "vital-blood-pressure",
        "Heart rate" => "vital-heart-rate",
        "Respiratory rate" => "vital-respiratory-rate",
        "Body temperature" => "vital-temperature",
        "Oxygen saturation in Arterial blood" => "vital-oxygen-saturation",
        "Body weight" | "Body Weight" => "vital-weight",
        "Body height" | "Body Height" => "vital-height",
        "Body mass index (BMI) [Ratio]" | "Body Mass Index" => "vital-bmi",
        "Pain severity - 0-10 verbal numeric rating [Score] - Reported" => "vital-pain",
        other => return other.to_owned(),
    };
    t(key)
}

fn step_name(step: &str) -> String {
    let (name, index) = match step.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse::<usize>().ok()),
        None => (step, None),
    };
    let key = format!("element-{}", name.to_ascii_lowercase());
    let words = if knows(&key) { t(&key) } else { spelled(name) };
    match index {
        Some(at) if at > 0 => format!("{words} {}", at + 1),
        Some(_) | None => words,
    }
}

/// Camel case as words, the first with a capital.
fn spelled(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for (at, letter) in name.chars().enumerate() {
        match (at, letter.is_ascii_uppercase()) {
            (0, _) => words.extend(letter.to_uppercase()),
            (_, true) => {
                words.push(' ');
                words.extend(letter.to_lowercase());
            }
            (_, false) => words.push(letter),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_named_is_spelled_out() {
        assert_eq!(type_name("VerificationResult"), "Verification result");
        assert_eq!(path_name("someThing[1].otherPart"), "Some thing 2 › Other part");
    }
}
