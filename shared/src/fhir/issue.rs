//! What is wrong with a file or a resource, in the words of FHIR's OperationOutcome. Names places, never values.

use serde_json::{Value, json};

use super::resource::{ParseFault, Resource, Why};

/// FHIR `issue-severity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Information,
    Warning,
    /// The resource cannot be imported.
    Error,
    /// The file cannot be read on.
    Fatal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub severity: Severity,
    /// FHIR `issue-type`: structure, required, value, invariant, code-invalid, not-supported, …
    pub code: &'static str,
    /// Where: `Bundle.entry[3].resource.birthDate`, `line 12: Patient.birthDate`.
    pub path: String,
    /// Plain English, one short sentence without values from the record.
    pub text: String,
}

/// FHIR `issue-type`, whole.
const CODES: [&str; 31] = [
    "invalid",
    "structure",
    "required",
    "value",
    "invariant",
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "processing",
    "not-supported",
    "duplicate",
    "multiple-matches",
    "not-found",
    "deleted",
    "too-long",
    "code-invalid",
    "extension",
    "too-costly",
    "business-rule",
    "conflict",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "informational",
];

/// The `issue-type` of this name.
pub fn code(name: &str) -> Option<&'static str> {
    CODES.iter().find(|code| **code == name).copied()
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Information, Severity::Warning, Severity::Error, Severity::Fatal];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Information => "information",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Fatal => "fatal",
        }
    }
}

impl Issue {
    pub fn new(severity: Severity, code: &'static str, path: impl Into<String>, text: impl Into<String>) -> Issue {
        Issue { severity, code, path: path.into(), text: text.into() }
    }

    /// A fault of the JSON itself, found inside `path`.
    pub fn of_fault(severity: Severity, path: &str, fault: &ParseFault) -> Issue {
        let code = match fault.why {
            Why::TooDeep | Why::HugeString => "too-costly",
            Why::NoResourceType => "required",
            Why::BadId => "value",
            _ => "structure",
        };
        Issue::new(severity, code, joined(path, &fault.path), fault.why.to_string())
    }
}

/// `Patient` and `name[0]` make `Patient.name[0]`.
pub fn joined(path: &str, inner: &str) -> String {
    match (path.is_empty(), inner.is_empty()) {
        (_, true) => path.to_owned(),
        (true, _) => inner.to_owned(),
        _ if inner.starts_with('[') => format!("{path}{inner}"),
        _ => format!("{path}.{inner}"),
    }
}

/// An issue as it is told to a person, with the file it stands in; its words are FHIR's.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub file: &'a str,
    pub severity: &'a str,
    pub code: &'a str,
    pub path: &'a str,
    pub text: &'a str,
}

/// The issues as a FHIR OperationOutcome; "all ok" when there are none.
pub fn outcome<'a>(issues: impl IntoIterator<Item = Told<'a>>) -> Resource {
    let mut list: Vec<Value> = issues
        .into_iter()
        .map(|issue| {
            let file = issue.file;
            let text = if file.is_empty() { issue.text.to_owned() } else { format!("{file}: {}", issue.text) };
            let mut entry = json!({
                "severity": issue.severity,
                "code": issue.code,
                "details": { "text": text },
            });
            if !issue.path.is_empty() {
                entry["expression"] = json!([issue.path]);
            }
            entry
        })
        .collect();
    if list.is_empty() {
        list.push(json!({ "severity": "information", "code": "informational", "details": { "text": "all ok" } }));
    }
    let outcome = Resource { resource_type: "OperationOutcome".to_owned(), ..Resource::default() };
    outcome.with("resourceType", json!("OperationOutcome")).with("issue", Value::Array(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_names_file_and_path() {
        let path = "Patient.birthDate";
        let issue = Told { file: "a.json", severity: "error", code: "value", path, text: "not a date" };
        assert_eq!(
            outcome([issue]).to_json(),
            r#"{"resourceType":"OperationOutcome","issue":[{"code":"value","details":{"text":"a.json: not a date"},"expression":["Patient.birthDate"],"severity":"error"}]}"#
        );
        assert!(outcome([]).to_json().contains("all ok"));
    }
}
