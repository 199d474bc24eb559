//! The whole clinic leaving as a zip of NDJSON: the same lines whichever thread wrote them down and packed them.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::rc::Rc;

use super::form;
use super::world::Device;
use crate::engine::api::*;
use crate::port::memory::MemoryStore;

/// People enough for several pieces of work, and long texts enough for several files of a type.
fn clinic() -> Device {
    let device = Device::new(MemoryStore::default());
    device.found();
    let note = "catatan panjang ".repeat(3_000);
    let mut lines: Vec<String> = (0..200)
        .map(|i| format!(r#"{{"resourceType":"Patient","id":"p{i}","name":[{{"family":"Rimba{i}"}}],"gender":"male","birthDate":"1980-02-11"}}"#))
        .collect();
    lines.extend((0..100).map(|i| {
        format!(r#"{{"resourceType":"Basic","id":"b{i}","code":{{"text":"{note}"}},"subject":{{"reference":"Patient/p{}"}}}}"#, i * 2)
    }));
    let files = vec![("x.ndjson".to_owned(), lines.join("\n").into_bytes())];
    assert!(!device.ask_with_files(PreviewImport { job: 1 }, files).expect("previews").blocked);
    device.ask(CommitImport { job: 1 }).expect("commits");
    // Somebody who was edited is folded, and not written from one change.
    let row = device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    let (before, after) = (form("Melati", "Pagi"), form("Melati", "Sore"));
    device.ask(EditPatient { patient: row.patient, before, after }).expect("saves");
    device
}

/// Names and texts of the files of a zip, which must be whole.
fn files(zip: Vec<u8>) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).expect("a zip");
    let mut files = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("a file");
        let (name, mut text) = (file.name().expect("a name").into_owned(), String::new());
        // Reading to the end compares the checksum.
        file.read_to_string(&mut text).expect("reads");
        files.insert(name, text);
    }
    files
}

#[test]
fn with_a_second_thread_without_one_and_with_one_that_dies_an_export_comes_to_the_same() {
    let start = clinic();
    let leave = |threads: Option<u64>| {
        let device = start.restarted();
        device.engine.port().aside.set(threads);
        device.engine.port().gives_way.set(true);
        let (report, zip) = device.ask_for_file(ExportClinic { job: 2 }).expect("exports");
        assert_eq!(report.bytes, zip.len() as u64);
        ((report.resources, files(zip)), device.engine.port().handed.get())
    };
    let (alone, none) = leave(None);
    assert_eq!(none, 0);
    let (resources, files) = &alone;
    let lines: usize = files.values().map(|text| text.lines().count()).sum();
    assert_eq!(*resources, lines as u64);
    assert!(files.contains_key("Patient.ndjson") && files.contains_key("Basic.002.ndjson"), "{:?}", files.keys());
    assert!(files["Patient.ndjson"].contains("Sore") && !files["Patient.ndjson"].contains("Pagi"));
    for dies_after in [u64::MAX, 0, 1, 5] {
        let (together, handed) = leave(Some(dies_after));
        assert!(handed > 4, "{handed}");
        assert!(together == alone, "{dies_after}");
    }
}

#[test]
fn an_export_that_is_cancelled_gives_no_report_and_is_not_in_the_log() {
    for (threads, step) in [(None, 0), (None, 3), (Some(u64::MAX), 1)] {
        let device = Rc::new(clinic());
        device.engine.port().aside.set(threads);
        let person = Rc::downgrade(&device);
        device.engine.port().when_yielding(move |turn| {
            if let Some(person) = person.upgrade().filter(|_| turn == step) {
                person.ask(CancelJob { job: 2 }).expect("is heard");
            }
        });
        assert_eq!(device.ask_for_file(ExportClinic { job: 2 }).err(), Some(Fault::Cancelled), "step {step}");
        let log = device.ask(AuditLog { patient: None, limit: 50 }).expect("reads");
        assert!(!format!("{log:?}").contains("audit-exported-clinic"), "step {step}");
    }
}
