//! The engine on the in-memory store: whole acts of a clinic, without a browser.

mod charts;
mod clinic;
mod compact;
mod crash;
mod exports;
mod golden;
mod hostile;
mod imports;
mod index;
mod lanes;
mod segments;
mod stages;
mod storage;
mod together;
mod vault;
mod world;

use proptest as _;

use super::api::*;

use crate::clinic::patient::{PatientForm, Sex};
use crate::port::memory::MemoryStore;
use world::{Device, passphrase};

fn form(given: &str, family: &str) -> PatientForm {
    PatientForm {
        given: given.into(),
        family: family.into(),
        birth_date: "1961-07-14".into(),
        sex: Sex::Female,
        phone: "+62 812 0000 0001".into(),
        ..PatientForm::default()
    }
}

const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"Patient","id":"11111111-1111-4111-8111-111111111111","name":[{"family":"Rimba","given":["Bambu"]}],"gender":"male","birthDate":"1980-02-29"}},
 {"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Observation","id":"22222222-2222-4222-8222-222222222222","status":"final","code":{"text":"weight"},"subject":{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"},"valueQuantity":{"value":62.50,"unit":"kg"},"_extra":null}},
 {"resource":{"resourceType":"Organization","id":"org1","name":"Hutan"}}]}"#;

#[test]
fn a_clinic_is_made_locked_and_opened_again() {
    let device = Device::new(MemoryStore::default());
    let session = device.found();
    assert_eq!(session.staff.role, Role::Owner);
    device.ask(Lock {}).expect("locks");
    let AppStatus::Locked(lock) = device.ask(Status {}).expect("a status") else { panic!("not locked") };
    assert_eq!(lock.clinic_name, "Klinik Contoh");
    let staff = lock.staff[0].staff.clone();
    let wrong = device.ask(Unlock { staff: staff.clone(), passphrase: Secret("not the passphrase".into()) });
    let Err(Fault::WrongPassphrase { retry_at }) = wrong else { panic!("{wrong:?}") };
    assert_eq!(device.ask(Unlock { staff: staff.clone(), passphrase: passphrase() }), Err(Fault::TooSoon { retry_at }));
    device.pass(retry_at);
    assert!(device.ask(Unlock { staff, passphrase: passphrase() }).is_ok());
    let audit = device.ask(AuditLog { patient: None, limit: 50 }).expect("the log");
    assert!(audit.iter().any(|row| row.action == "audit-failed-sign-in"));
    assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
}

#[test]
fn a_registered_patient_is_found_after_the_tablet_was_restarted() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let row = device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    let device = device.restarted();
    let found = device.ask(Search { query: "pag mel".into(), limit: 10 }).expect("searches");
    assert_eq!(found.rows.first().map(|r| r.patient.clone()), Some(row.patient.clone()));
    let edited = PatientForm { phone: "+62 812 0000 0002".into(), ..form("Melati", "Pagi") };
    let before = device.ask(PatientToEdit { patient: row.patient.clone() }).expect("a form");
    let after = PatientForm { phone: edited.phone, ..before.clone() };
    let again = device.ask(EditPatient { patient: row.patient, before, after }).expect("edits");
    assert!(again.phone.ends_with("0002"));
}

#[test]
fn what_was_imported_comes_back_out_equal_resource_for_resource() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let preview = device.ask_with_file(PreviewImport { job: 7 }, "one.json", BUNDLE).expect("previews");
    assert_eq!((preview.patients_new, preview.blocked), (1, false));
    device.ask(CommitImport { job: 7 }).expect("commits");
    let device = device.restarted();
    let row = device.ask(Search { query: "rimba".into(), limit: 1 }).expect("finds").rows.remove(0);
    let (_, bytes) = device.ask_for_file(ExportPatient { patient: row.patient, job: 8 }).expect("exports");
    let out: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    let input: serde_json::Value = serde_json::from_str(BUNDLE).expect("JSON");
    let resources = |bundle: &serde_json::Value| -> Vec<serde_json::Value> {
        bundle["entry"].as_array().expect("entries").iter().map(|e| e["resource"].clone()).collect()
    };
    for resource in resources(&input).iter().take(2) {
        assert!(resources(&out).contains(resource), "{resource}");
    }
    assert!(String::from_utf8_lossy(&bytes).contains("62.50"), "decimals keep their precision");
    let again = device.ask_with_file(PreviewImport { job: 9 }, "one.json", BUNDLE).expect("previews");
    assert!(again.types.iter().all(|t| t.new == 0 && t.changed == 0), "{again:?}");
}

#[test]
fn a_tablet_on_which_nobody_opened_a_chart_yet_shows_who_came_last() {
    let device = Device::new(MemoryStore::default());
    device.found();
    device.ask_with_file(PreviewImport { job: 7 }, "one.json", BUNDLE).expect("previews");
    device.ask(CommitImport { job: 7 }).expect("commits");
    let recent = device.ask(Recent { limit: 5 }).expect("a list");
    assert_eq!(recent.iter().map(|r| r.family.as_str()).collect::<Vec<_>>(), ["Rimba"]);
}

#[test]
fn broken_input_changes_nothing_and_is_named_by_its_path() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let before = device.rows();
    let preview =
        device.ask_with_file(PreviewImport { job: 7 }, "cut.json", &BUNDLE[..BUNDLE.len() - 40]).expect("previews");
    assert!(preview.blocked);
    assert!(preview.issues.iter().any(|i| i.severity == "fatal" || i.severity == "error"));
    assert!(device.ask(CommitImport { job: 7 }).is_err());
    assert_eq!(device.rows(), before);
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let device = Device::new(MemoryStore::default());
    device.found();
    device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    for call in 1.. {
        let before = device.rows();
        device.disk_full_at(call);
        let outcome = device.ask(RegisterPatient { form: form("Kenanga", "Hujan") });
        if !device.struck() {
            assert!(outcome.is_ok(), "all calls went well");
            device.disk_full_at(u64::MAX / 2);
            break;
        }
        assert_eq!(outcome, Err(Fault::StorageFull));
        assert_eq!(device.rows(), before, "call {call} left something behind");
        assert_eq!(device.ask(Search { query: "kenanga".into(), limit: 5 }).expect("searches").total, 0);
    }
    assert_eq!(device.ask(Search { query: "kenanga".into(), limit: 5 }).expect("searches").total, 1);
    assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
}

#[test]
fn a_clinic_leaves_as_ndjson_by_type_in_a_zip() {
    let device = Device::new(MemoryStore::default());
    device.found();
    device.ask_with_file(PreviewImport { job: 1 }, "one.json", BUNDLE).expect("previews");
    device.ask(CommitImport { job: 1 }).expect("commits");
    let (report, bytes) = device.ask_for_file(ExportClinic { job: 2 }).expect("exports");
    assert_eq!(report.bytes, bytes.len() as u64);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
    let names: Vec<String> = archive.file_names().map(|n| n.expect("a name").into_owned()).collect();
    assert!(
        names.contains(&"Patient.ndjson".to_owned()) && names.contains(&"Observation.ndjson".to_owned()),
        "{names:?}"
    );
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("Patient.ndjson").expect("the patients"), &mut text)
        .expect("reads");
    assert!(text.contains("Rimba"));
}

#[test]
fn nothing_readable_of_a_patient_reaches_the_store() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let row = device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    let draft = crate::clinic::note::VisitDraft { subjective: "batuk berdahak".into(), ..Default::default() };
    device.ask(SaveDraft { patient: row.patient.clone(), draft }).expect("saves");
    device.ask_with_file(PreviewImport { job: 1 }, "one.json", BUNDLE).expect("previews");
    device.ask(CommitImport { job: 1 }).expect("commits");
    for canary in ["Melati", "Pagi", "batuk", "Rimba", "11111111-1111", "812 0000", row.patient.as_str()] {
        assert!(!device.store_contains(canary.as_bytes()), "{canary} stands in the store");
    }
    let raw: crate::base::PatientId = row.patient.parse().expect("an id");
    assert!(!device.store_contains(&raw.0), "the pseudonym stands in the store");
}
