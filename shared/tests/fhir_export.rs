//! A record leaves as it came: real Bundles read, written as a collection, and read again; and our own day's work as a
//! fixture that foreign validators judge (`tests/fixtures/fhir/day.json`; `LUCERNA_GOLDEN=write` writes it anew).
#![allow(clippy::expect_used)]

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lucerna_shared::base::Timestamp;
use lucerna_shared::base::date::{Date, PartialDate};
use lucerna_shared::clinic::allergy::{self, AllergyForm};
use lucerna_shared::clinic::authoring::Authoring;
use lucerna_shared::clinic::correction::entered_in_error;
use lucerna_shared::clinic::note::{self, Diagnosis, VisitDraft};
use lucerna_shared::clinic::patient::{self, PatientForm, Sex};
use lucerna_shared::clinic::vital::{VitalEntry, VitalKind};
use lucerna_shared::fhir::bundle::collection;
use lucerna_shared::fhir::read::{Entry, read_file};
use lucerna_shared::fhir::refs::{Owner, RefIndex, owner, references};
use lucerna_shared::fhir::validate::is_importable;
use lucerna_shared::fhir::{Resource, validate};

const NOW: Timestamp = Timestamp(1_773_286_920_000);
const TODAY: Date = jiff::civil::date(2026, 3, 12);
const PATIENT: &str = "0f0f0f0f-0000-4000-8000-00000000aaaa";

fn read(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let report = read_file("x.json", text.as_bytes(), &mut |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    });
    assert!(report.issues.is_empty(), "{:?}", report.issues);
    entries
}

/// References that Bundle's rules (R4 §2.36.4.1) cannot resolve although the target is in the Bundle.
fn dangling(bundle: &str) -> Vec<String> {
    let entries = read(bundle);
    let urls: HashSet<&str> = entries.iter().map(|e| e.full_url.as_str()).collect();
    let members: HashSet<String> = entries.iter().map(|e| e.resource.reference()).collect();
    assert_eq!(urls.len(), entries.len(), "every fullUrl is unique");
    let mut out = Vec::new();
    for entry in &entries {
        let root = entry.full_url.strip_suffix(&entry.resource.reference()).unwrap_or_default();
        let json = entry.resource.to_json();
        for reference in references(&json).filter(|r| !r.starts_with('#')) {
            let absolute = format!("{root}{reference}");
            let resolves = urls.contains(reference) || (!root.is_empty() && urls.contains(absolute.as_str()));
            if !resolves && (members.contains(reference) || reference.starts_with("urn:uuid:")) {
                out.push(format!("{} → {reference}", entry.resource.reference()));
            }
        }
    }
    out
}

/// Everything that one day of the first slice writes about one patient.
fn day() -> Vec<Resource> {
    let mut count = 0;
    let mut next_id = || {
        count += 1;
        format!("0f0f0f0f-0000-4000-8000-{count:012}")
    };
    let mut ctx = Authoring {
        patient: PATIENT,
        author: "Practitioner/0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
        author_name: "dr. Awan Senja",
        now: NOW,
        offset_minutes: 420,
        next_id: &mut next_id,
    };
    let form = PatientForm {
        given: "Melati Putri".into(),
        family: "Pagi".into(),
        prefix: "Ibu".into(),
        birth_date: "14/7/1961".into(),
        sex: Sex::Female,
        phone: "+62 812-0000-0001".into(),
        nik: "3201015407610003".into(),
        address_line: "Jalan Contoh 12".into(),
        city: "Bogor".into(),
        province: "Jawa Barat".into(),
        postal_code: "16110".into(),
        guardian_name: "Awan".into(),
        guardian_phone: "+62 812-0000-0002".into(),
        ..PatientForm::default()
    };
    let system = "urn:uuid:0f0f0f0f-0000-4000-8000-00000000cccc";
    let mut all = vec![patient::to_resource(&form, PATIENT, "LC-0001", system, TODAY)];
    let vital = |kind: VitalKind, value: &str, unit: &str| VitalEntry {
        kind,
        value: value.into(),
        unit: unit.into(),
        confirmed: true,
    };
    let draft = VisitDraft {
        started: NOW.0 - 600_000,
        subjective: "Headache for 3 days.\nNo <nausea> & no \"fever\".".into(),
        objective: "Alert, in no distress.".into(),
        assessment: "Pressure above target.".into(),
        plan: "Raise amlodipine.\n\nLess salt.".into(),
        vitals: vec![
            vital(VitalKind::Systolic, "188", "mm[Hg]"),
            vital(VitalKind::Diastolic, "12,3", "kPa"),
            vital(VitalKind::HeartRate, "80", "/min"),
            vital(VitalKind::RespiratoryRate, "16", "/min"),
            vital(VitalKind::Temperature, "98.60", "[degF]"),
            vital(VitalKind::OxygenSaturation, "94", "%"),
            vital(VitalKind::Weight, "62.0", "kg"),
            vital(VitalKind::Height, "61", "[in_i]"),
            vital(VitalKind::Pain, "2", "{score}"),
        ],
        diagnoses: vec![
            Diagnosis {
                code: "I10".into(),
                title: "Essential (primary) hypertension".into(),
                note: "since 2019".into(),
                problem: true,
            },
            Diagnosis { title: "poor sleep".into(), ..Diagnosis::default() },
        ],
        follow_up: "2026-03-26".into(),
    };
    all.extend(note::sign(&draft, PartialDate::parse("1961-07-14"), &mut ctx).expect("signs"));
    let signed = all.last().cloned().expect("the note");
    all.push(note::addendum("Reached by phone: headache gone.", &signed, &mut ctx).expect("adds"));
    let only_systolic = VisitDraft { vitals: vec![vital(VitalKind::Systolic, "120", "")], ..VisitDraft::default() };
    all.extend(note::sign(&only_systolic, None, &mut ctx).expect("signs"));
    for form in [
        AllergyForm {
            substance: "Penicillin".into(),
            reaction: "rash".into(),
            criticality: "high".into(),
            severity: "severe".into(),
            none_known: false,
        },
        AllergyForm { substance: "Dust".into(), severity: "mild".into(), ..AllergyForm::default() },
        AllergyForm { none_known: true, ..AllergyForm::default() },
    ] {
        all.push(allergy::to_resource(&form, &mut ctx).expect("records"));
    }
    for (at, resource) in all.iter_mut().enumerate() {
        let kind = resource.resource_type.as_str();
        if !matches!(kind, "Condition" | "AllergyIntolerance" | "Observation") || at % 2 == 0 {
            continue;
        }
        for (element, value) in entered_in_error(&resource.clone(), "wrong patient").expect("marks") {
            resource.set(&element, value);
        }
    }
    all
}

#[test]
fn a_days_work_leaves_as_a_bundle_that_passes_our_own_judge_and_matches_its_fixture() {
    let day = day();
    for resource in &day {
        assert_eq!(validate(resource, &resource.resource_type), []);
        assert_eq!(owner(resource, "", &RefIndex::new()), Owner::Patient(PATIENT.to_owned()));
    }
    let text = collection(&day, NOW);
    assert_eq!(dangling(&text), Vec::<String>::new());
    let value: serde_json::Value = serde_json::from_str(&text).expect("json");
    let pretty = serde_json::to_string_pretty(&value).expect("json") + "\n";
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/fhir/day.json");
    if std::env::var_os("LUCERNA_GOLDEN").is_some_and(|v| v == "write") {
        std::fs::write(&fixture, &pretty).expect("writes");
    }
    assert_eq!(std::fs::read_to_string(&fixture).expect("the fixture is there"), pretty);
}

#[test]
fn real_bundles_leave_as_they_came_and_every_reference_still_resolves() {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("LUCERNA_DATA").map_or_else(beside, PathBuf::from).join("patients/small20");
    if !folder.exists() {
        eprintln!("SKIPPED: no test data at {}", folder.display());
        return;
    }
    for file in std::fs::read_dir(&folder).expect("lists").flatten().map(|e| e.path()) {
        let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        if !name.ends_with(".json") || name.starts_with("hospital") || name.starts_with("practitioner") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("reads");
        let came = read(&text);
        let mut index = RefIndex::new();
        came.iter().for_each(|e| index.add(&e.full_url, &e.resource));
        let person = came.iter().find(|e| e.resource.resource_type == "Patient").expect("a patient");
        for entry in &came {
            assert!(is_importable(&validate(&entry.resource, &entry.path)));
            match owner(&entry.resource, &entry.full_url, &index) {
                Owner::Patient(id) => assert_eq!(id, person.resource.id),
                Owner::Commons => assert!(matches!(
                    entry.resource.resource_type.as_str(),
                    "Organization" | "Practitioner" | "Location"
                )),
                Owner::Unresolved { element } => panic!("{} has an unresolved {element}", entry.path),
            }
        }
        let mut resources: Vec<Resource> = came.iter().map(|e| e.resource.clone()).collect();
        // Our own visit on top of an imported record refers to the patient in the other style.
        let mut next_id = || "0f0f0f0f-0000-4000-8000-00000000eeee".to_owned();
        let mut ctx = Authoring {
            patient: &person.resource.id,
            author: "Practitioner/x",
            author_name: "",
            now: NOW,
            offset_minutes: 0,
            next_id: &mut next_id,
        };
        let form = AllergyForm { none_known: true, ..AllergyForm::default() };
        resources.push(allergy::to_resource(&form, &mut ctx).expect("records"));
        let went = collection(&resources, NOW);
        assert_eq!(dangling(&went), Vec::<String>::new(), "{name}");
        let again = read(&went);
        for (before, after) in came.iter().zip(&again) {
            assert_eq!(before.resource.to_json(), after.resource.to_json());
        }
        assert_eq!(again.len(), came.len() + 1);
    }
}
