//! Real records pass without an error; each fault is named by its path.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::*;
use crate::fhir::read::read_file;
use serde_json::Value;

fn check(text: &str) -> Vec<String> {
    let resource = Resource::parse(text).expect("valid JSON");
    let issues = validate(&resource, &resource.resource_type);
    issues.iter().map(|i| format!("{} {} {}", i.severity.as_str(), i.code, i.path)).collect()
}

#[test]
fn each_fault_is_named_by_its_path() {
    let cases = [
        (r#"{"resourceType":"Pacient","id":"a"}"#, "error not-supported Pacient"),
        (r#"{"resourceType":"Patient","id":"a b"}"#, "error value Patient.id"),
        (r#"{"resourceType":"Patient","birthDate":"1961-02-30"}"#, "error value Patient.birthDate"),
        (r#"{"resourceType":"Patient","gender":"woman"}"#, "error code-invalid Patient.gender"),
        (r#"{"resourceType":"Patient","name":{"family":"x"}}"#, "error structure Patient.name"),
        (r#"{"resourceType":"Patient","name":[]}"#, "error structure Patient.name"),
        (r#"{"resourceType":"Patient","name":[{"given":["a",null]}]}"#, "error value Patient.name[0].given[1]"),
        (
            r#"{"resourceType":"Patient","name":[{"given":["a"],"_given":[null,{"id":"x"}]}]}"#,
            "error structure Patient.name[0]._given",
        ),
        (r#"{"resourceType":"Patient","active":"true"}"#, "error value Patient.active"),
        (
            r#"{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}"#,
            "error structure Patient.deceasedDateTime",
        ),
        (r#"{"resourceType":"Patient","contact":[{}]}"#, "error structure Patient.contact[0]"),
        (r#"{"resourceType":"Patient","shoeSize":43}"#, "warning structure Patient.shoeSize"),
        (r#"{"resourceType":"Patient","link":[{"type":"refer"}]}"#, "error required Patient.link[0].other"),
        (r#"{"resourceType":"Patient","extension":[{"valueString":"x"}]}"#, "error required Patient.extension[0].url"),
        (r#"{"resourceType":"Patient","contained":[{"id":"x"}]}"#, "error required Patient.contained[0]"),
        (
            r#"{"resourceType":"Patient","text":{"status":"generated","div":"<div><script/></div>"}}"#,
            "error value Patient.text.div",
        ),
        (
            r#"{"resourceType":"Bundle","type":"batch","text":{"status":"empty","div":"<div>x</div>"}}"#,
            "warning structure Bundle.text",
        ),
        (
            r#"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueString":"a","dataAbsentReason":{"text":"b"}}"#,
            "error invariant Observation.dataAbsentReason",
        ),
        (
            r#"{"resourceType":"Condition","subject":{"reference":"Patient/p"},"clinicalStatus":{"coding":[{"code":"gone"}]}}"#,
            "error code-invalid Condition.clinicalStatus",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(check(text), [expected], "{text}");
    }
    let observation = check(r#"{"resourceType":"Observation","component":[{"valueQuantity":{"value":"1"}}]}"#);
    assert_eq!(
        observation,
        [
            "error value Observation.component[0].valueQuantity.value",
            "error required Observation.component[0].code",
            "error required Observation.status",
            "error required Observation.code",
        ]
    );
}

#[test]
fn extensions_shadows_and_contained_resources_are_fine() {
    let text = r##"{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://x.example","valueDateTime":"1961-07-14T10:00:00+07:00"}]},
        "name":[{"id":"n","given":["a",null],"_given":[null,{"extension":[{"url":"http://x.example","valueCode":"c"}]}]}],
        "contained":[{"resourceType":"Organization","id":"o","name":"x"}],"managingOrganization":{"reference":"#o"},
        "modifierExtension":[{"url":"http://x.example","valueBoolean":true}]}"##;
    assert_eq!(check(text), Vec::<String>::new());
}

/// Reads every JSON file below a folder and returns errors by file, and how many resources there were.
fn errors_below(folder: &Path) -> (Vec<String>, u64) {
    let (mut errors, mut count) = (Vec::new(), 0);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("test data").flatten().map(|e| e.path()).collect();
    files.sort();
    for file in files {
        if file.is_dir() {
            let (inner, n) = errors_below(&file);
            errors.extend(inner);
            count += n;
            continue;
        }
        let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        if !name.ends_with("json") || name == "package.json" {
            continue;
        }
        let bytes = std::fs::read(&file).expect("test data");
        let report = read_file(&name, &bytes, &mut |entry| {
            assert_eq!(
                serde_json::from_str::<Value>(&entry.resource.to_json()).ok(),
                Some(entry.resource.value()),
                "what is read is written again"
            );
            for issue in validate(&entry.resource, &entry.path).iter().filter(|i| i.severity >= Severity::Error) {
                errors.push(format!("{name}: {} {} {}", issue.code, issue.path, issue.text));
            }
            ControlFlow::Continue(())
        });
        count += report.entries;
        let faults = report.issues.iter().filter(|i| i.severity >= Severity::Error);
        errors.extend(faults.map(|i| format!("{name}: {} {}", i.path, i.text)));
    }
    (errors, count)
}

#[test]
fn real_records_pass_without_an_error() {
    for (folder, least) in [("patients/small20", 3_000), ("patients/us-core-9-examples", 200)] {
        let Some(folder) = crate::fhir::test_data(folder) else { continue };
        let (errors, count) = errors_below(&folder);
        assert!(count >= least, "only {count} resources in {}", folder.display());
        assert_eq!(errors, Vec::<String>::new());
    }
}
