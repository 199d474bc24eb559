//! Imports of every shape: what arrives in pieces, in zips and out of order ends as if it had come in one.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::rc::Rc;

use super::together::record;
use super::world::{Device, passphrase};
use super::{BUNDLE, form};
use crate::clinic::patient::PatientForm;
use crate::engine::api::*;
use crate::port::memory::{Deed, MemoryStore, Mishap};
use crate::port::{Row, Scratch, Space};

fn fresh() -> Device {
    let device = Device::new(MemoryStore::default());
    device.found();
    device
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(*name, options).expect("a file");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("a zip").into_inner()
}

fn preview(device: &Device, name: &str, bytes: Vec<u8>) -> ImportPreview {
    device.ask_with_files(PreviewImport { job: 3 }, vec![(name.to_owned(), bytes)]).expect("previews")
}

fn texts(preview: &ImportPreview) -> Vec<(&str, &str, &str)> {
    preview.issues.iter().map(|i| (i.severity.as_str(), i.file.as_str(), i.text.as_str())).collect()
}

#[test]
fn a_zip_is_read_as_the_files_within_it() {
    let line = br#"{"resourceType":"Basic","id":"b1","code":{"text":"x"}}"#;
    let zip = zip_of(&[
        ("a/one.json", BUNDLE.as_bytes()),
        ("two.ndjson", line),
        ("readme.txt", b"hello"),
        ("__MACOSX/._one.json", b"\0"),
    ]);
    let device = fresh();
    let seen = preview(&device, "all.zip", zip);
    assert_eq!((seen.patients_new, seen.blocked), (1, false), "{seen:?}");
    let other = ("information", "all.zip/readme.txt", "not read: neither .json nor .ndjson");
    assert!(texts(&seen).contains(&other), "{seen:?}");
    let report = device.ask(CommitImport { job: 3 }).expect("commits");
    assert_eq!((report.resources, report.patients), (4, 1));
}

#[test]
fn zips_that_are_broken_nested_or_made_to_burst_are_refused_by_name() {
    let nested = zip_of(&[("inner.zip", &zip_of(&[("one.json", BUNDLE.as_bytes())]))]);
    assert_eq!(
        texts(&preview(&fresh(), "a.zip", nested)),
        [("error", "a.zip/inner.zip", "a zip within a zip is not read")]
    );
    let bomb = zip_of(&[("bomb.ndjson", &vec![b' '; 40 * 1024 * 1024])]);
    assert!(bomb.len() < 100_000);
    let seen = preview(&fresh(), "b.zip", bomb);
    assert!(seen.blocked);
    assert_eq!(texts(&seen), [("error", "b.zip/bomb.ndjson", "the file unpacks to far more than a record would")]);
    let whole = zip_of(&[("one.json", BUNDLE.as_bytes())]);
    for cut in [5, whole.len() / 2, whole.len() - 3] {
        let seen = preview(&fresh(), "c.zip", whole[..cut].to_vec());
        assert!(seen.blocked, "cut at {cut}");
        assert_eq!(texts(&seen), [("fatal", "c.zip", "the zip is broken")]);
    }
    let mut damaged = whole.clone();
    let middle = damaged.len() / 3;
    damaged[middle] ^= 0x55;
    assert!(preview(&fresh(), "d.zip", damaged).blocked);
}

#[test]
fn a_file_cut_off_anywhere_is_refused_or_says_what_is_missing() {
    for cut in (1..BUNDLE.len() - 1).step_by(97) {
        let seen = preview(&fresh(), "cut.json", BUNDLE.as_bytes()[..cut].to_vec());
        assert!(seen.blocked, "cut at {cut}: {:?}", texts(&seen));
    }
}

/// So many people with a visit and a weight each, and a place that is nobody's; by type, as a bulk export is.
fn bulk(people: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for i in 0..people {
        lines.push(format!(
            r#"{{"resourceType":"Patient","id":"p{i}","name":[{{"family":"Rimba{i}","given":["Bambu"]}}],"gender":"male","birthDate":"1980-02-{:02}"}}"#,
            i % 28 + 1
        ));
    }
    for i in 0..people {
        lines.push(format!(
            r#"{{"resourceType":"Encounter","id":"e{i}","status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":"Patient/p{i}"}},"period":{{"start":"2024-05-{:02}T08:00:00+07:00"}}}}"#,
            i % 28 + 1
        ));
    }
    for i in 0..people {
        lines.push(format!(
            r#"{{"resourceType":"Observation","id":"o{i}","status":"final","code":{{"text":"weight"}},"subject":{{"reference":"Patient/p{i}"}},"valueQuantity":{{"value":{i}.50,"unit":"kg"}}}}"#
        ));
    }
    lines.push(r#"{"resourceType":"Organization","id":"org1","name":"Hutan"}"#.to_owned());
    lines.join("\n")
}

/// Everything a person could see of a clinic: who is found and when they last came, and each record, exported.
fn seen(device: &Device) -> Vec<String> {
    let mut rows = device.ask(Search { query: "rimba".into(), limit: 100 }).expect("searches").rows;
    rows.sort_by(|a, b| a.patient.cmp(&b.patient));
    let mut seen: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    seen.extend(rows.iter().map(|row| record(device, &row.patient).concat()));
    seen.extend(exported(device));
    seen
}

/// The files of the clinic's export, each with its lines sorted.
fn exported(device: &Device) -> Vec<String> {
    let (_, zip) = device.ask_for_file(ExportClinic { job: 99 }).expect("exports");
    let mut seen = Vec::new();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).expect("a zip");
    for at in 0..archive.len() {
        let mut text = String::new();
        let mut file = archive.by_index(at).expect("a file");
        std::io::Read::read_to_string(&mut file, &mut text).expect("reads");
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        seen.push(lines.join("\n"));
    }
    seen
}

/// Rows besides the audit and what every session writes anew.
fn kept(device: &Device) -> Vec<(Space, Row)> {
    let passing = [Space::Audit, Space::Control];
    let all = device.rows().into_iter().filter(|(space, row)| !passing.contains(space) && row.key != b"audit-head");
    all.filter(|(space, row)| !(*space == Space::Meta && row.key == b"counters")).collect()
}

/// What waits beside the rows.
fn waiting_files(device: &Device) -> Vec<Vec<u8>> {
    device.engine.port().store.within().files()
}

/// The disk as it is now under a new engine, whatever became of the old one.
fn again(device: &Device, staff: &str) -> Device {
    let next = Device::new(device.engine.port().store.within().snapshot());
    next.pass(device.clock() + 1);
    next.ask(Unlock { staff: staff.to_owned(), passphrase: passphrase() }).expect("unlocks");
    next
}

/// `seen` without what tells pseudonyms.
fn contents(device: &Device) -> BTreeSet<String> {
    seen(device).into_iter().filter(|text| !text.starts_with("PatientRow")).collect()
}

#[test]
fn a_bulk_export_by_type_ends_as_bundles_by_patient_do() {
    let (lines, start) = (bulk(20), fresh());
    let (one, two) = (start.restarted(), start.restarted());
    let entries: Vec<String> = lines.lines().map(|line| format!(r#"{{"resource":{line}}}"#)).collect();
    let bundle = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","));
    for (device, name, text) in [(&one, "x.ndjson", lines), (&two, "x.json", bundle)] {
        let shown = preview(device, name, text.into_bytes());
        assert_eq!((shown.patients_new, shown.blocked), (20, false));
        let report = device.ask(CommitImport { job: 3 }).expect("commits");
        assert_eq!((report.resources, report.patients), (61, 20));
    }
    assert!(contents(&one) == contents(&two));
    let rows = one.ask(Search { query: "rimba7".into(), limit: 9 }).expect("searches").rows;
    assert_eq!(rows[0].last_visit, "2024-05-08T08:00:00+07:00");
    assert!(seen(&one.restarted()) == seen(&one), "a restart changes nothing");
    assert!(kept(&one).iter().all(|(space, _)| *space != Space::Spool), "nothing is left waiting");
    assert!(waiting_files(&one).is_empty(), "nor a file");
}

#[test]
fn an_import_that_is_cancelled_or_let_go_leaves_the_store_as_it_was() {
    let device = fresh();
    let before = kept(&device);
    preview(&device, "x.ndjson", bulk(20).into_bytes());
    assert!(kept(&device) != before && !waiting_files(&device).is_empty(), "it waits on the disk");
    device.ask(CancelJob { job: 3 }).expect("lets go");
    assert!(kept(&device) == before && waiting_files(&device).is_empty());
    assert_eq!(device.ask(CommitImport { job: 3 }), Err(Fault::NotFound));
    // At any step of reading and of writing.
    let mut cancelled = 0;
    for step in (0..).map(|step| step * 3) {
        let device = Rc::new(fresh());
        device.engine.port().aside.set((step % 2 == 0).then_some(u64::MAX));
        let before = kept(&device);
        let person = Rc::downgrade(&device);
        device.engine.port().when_yielding(move |turn| {
            if let Some(person) = person.upgrade().filter(|_| turn == step) {
                person.ask(CancelJob { job: 3 }).expect("is heard");
            }
        });
        let files = vec![("x.ndjson".to_owned(), bulk(6).into_bytes())];
        let outcome =
            device.ask_with_files(PreviewImport { job: 3 }, files).and_then(|_| device.ask(CommitImport { job: 3 }));
        if device.engine.port().turns() <= step {
            outcome.expect("nobody cancelled");
            break;
        }
        // Once it is part of the record there is nothing to cancel.
        if outcome.is_err() {
            assert_eq!(outcome.err(), Some(Fault::Cancelled), "step {step}");
            assert!(kept(&device) == before && waiting_files(&device).is_empty(), "step {step}");
            cancelled += 1;
        }
        assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
    }
    assert!(cancelled > 8, "{cancelled}");
}

#[test]
fn power_lost_at_any_call_of_an_import_leaves_it_to_be_finished_or_undone() {
    let start = fresh();
    let staff = start.engine.unlocked().expect("open").staff_id.hex();
    let nothing = contents(&start);
    let everything = {
        let device = again(&start, &staff);
        preview(&device, "x.ndjson", bulk(4).into_bytes());
        device.ask(CommitImport { job: 3 }).expect("commits");
        contents(&device)
    };
    for call in 1.. {
        let mut struck = false;
        for mishap in [Mishap::LostBefore, Mishap::LostAfter] {
            let device = again(&start, &staff);
            device.engine.port().aside.set((call % 4 < 2).then_some(u64::MAX));
            let clean = kept(&device);
            device.engine.port().store.fail_at(call, mishap.clone());
            let files = vec![("x.ndjson".to_owned(), bulk(4).into_bytes())];
            let _ = device
                .ask_with_files(PreviewImport { job: 3 }, files)
                .and_then(|_| device.ask(CommitImport { job: 3 }));
            struck = device.struck();
            // Each call is met by both mishaps, and each of them by both ends.
            let undo = (call % 2 == 0) == (mishap == Mishap::LostBefore);
            let device = again(&device, &staff);
            let standing = device.ask(Imports {}).expect("a standing");
            let now = contents(&device);
            if standing.unfinished.is_none() {
                assert!(now == nothing || now == everything, "call {call}");
                assert!(waiting_files(&device).is_empty(), "call {call}: a file is left behind");
                assert!(now == everything || kept(&device) == clean, "call {call}");
                continue;
            }
            assert!(now == nothing, "call {call}: nobody sees a part");
            // A second crash on the way.
            device.engine.port().store.fail_at(call % 5 + 1, Mishap::LostAfter);
            let _ =
                if undo { device.ask(UndoImport { job: 4 }) } else { device.ask(ResumeImport { job: 4 }).map(|_| ()) };
            let device = if device.struck() { again(&device, &staff) } else { device };
            if device.ask(Imports {}).expect("a standing").unfinished.is_some() {
                match undo {
                    true => device.ask(UndoImport { job: 5 }).expect("undoes"),
                    false => drop(device.ask(ResumeImport { job: 5 }).expect("finishes")),
                }
            }
            assert!(contents(&device) == *if undo { &nothing } else { &everything }, "call {call}");
            assert!(!undo || kept(&device) == clean, "call {call}");
            assert!(kept(&device).iter().all(|(space, _)| *space != Space::Spool), "call {call}");
            assert!(waiting_files(&device).is_empty(), "call {call}");
            assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
        }
        if !struck {
            return;
        }
    }
}

#[test]
fn a_file_that_no_row_stands_for_is_removed_and_a_removed_clinic_leaves_none() {
    let device = fresh();
    let disk = device.engine.port().store.within().clone();
    pollster::block_on(disk.append(&[9; 8], b"of nobody")).expect("appends");
    preview(&device, "x.ndjson", bulk(4).into_bytes());
    assert_eq!(waiting_files(&device).len(), 2);
    device.ask(Imports {}).expect("a standing");
    assert_eq!(waiting_files(&device).len(), 1, "what waits for a word stays");
    device.ask(CommitImport { job: 3 }).expect("commits");
    preview(&device, "y.ndjson", bulk(5).into_bytes());
    let staff = device.engine.unlocked().expect("open").staff_id.hex();
    device.ask(RemoveClinic { staff, passphrase: passphrase() }).expect("removes");
    assert!(waiting_files(&device).is_empty() && device.rows().is_empty());
}

#[test]
fn a_disk_that_is_full_at_any_call_of_a_preview_is_told_and_leaves_nothing() {
    let mut refusals = 0;
    for call in 1.. {
        let device = fresh();
        let before = kept(&device);
        device.disk_full_at(call);
        let outcome =
            device.ask_with_files(PreviewImport { job: 3 }, vec![("x.ndjson".to_owned(), bulk(4).into_bytes())]);
        if !device.struck() {
            break;
        }
        assert_eq!(outcome.err(), Some(Fault::StorageFull), "call {call}");
        assert!(kept(&device) == before && waiting_files(&device).is_empty(), "call {call}");
        refusals += 1;
    }
    assert!(refusals > 5, "{refusals} refusals");
}

#[test]
fn what_is_saved_while_an_import_is_written_stands_beside_it() {
    let device = fresh();
    preview(&device, "x.ndjson", bulk(4).into_bytes());
    device.ask(CommitImport { job: 3 }).expect("commits");
    let patient = device.ask(Search { query: "rimba1".into(), limit: 1 }).expect("finds").rows.remove(0).patient;
    // The same people with another date of birth and weight, while somebody writes down a telephone number.
    let text = bulk(4).replace("1980-02", "1981-03").replace(".50", ".75");
    preview(&device, "y.ndjson", text.into_bytes());
    let device = Rc::new(device);
    let (nurse, of) = (Rc::downgrade(&device), patient.clone());
    device.engine.port().when_yielding(move |_| {
        let Some(nurse) = nurse.upgrade() else { return };
        let Ok(before) = nurse.ask(PatientToEdit { patient: of.clone() }) else { return };
        let phone = "+62 812 0000 0042".to_owned();
        if before.phone != phone {
            let after = PatientForm { phone, ..before.clone() };
            nurse.ask(EditPatient { patient: of.clone(), before, after }).expect("edits");
        }
    });
    device.ask(CommitImport { job: 3 }).expect("commits");
    let row = device.ask(Search { query: "0042".into(), limit: 3 }).expect("finds").rows.remove(0);
    assert_eq!((row.patient.as_str(), row.birth_date.as_str()), (patient.as_str(), "1981-03-02"));
    let restarted = device.restarted();
    let row = restarted.ask(Search { query: "0042".into(), limit: 3 }).expect("finds").rows.remove(0);
    assert_eq!((row.patient, row.birth_date.as_str()), (patient.clone(), "1981-03-02"));
    assert!(record(&restarted, &patient).concat().contains("1.75"));
}

#[test]
fn an_export_shows_the_moment_at_which_it_began() {
    let device = fresh();
    preview(&device, "x.ndjson", bulk(40).into_bytes());
    device.ask(CommitImport { job: 3 }).expect("commits");
    let before = exported(&device);
    // The same people, another date of birth; people who are new; and somebody registered by hand, between two pages.
    let device = Rc::new(device);
    let other = Rc::downgrade(&device);
    device.engine.port().when_yielding(move |turn| {
        let Some(other) = other.upgrade().filter(|_| turn == 0) else { return };
        preview(&other, "y.ndjson", bulk(80).replace("1980-02", "1981-03").into_bytes());
        other.ask(CommitImport { job: 3 }).expect("commits");
        other.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    });
    assert!(exported(&device) == before, "nothing of what came meanwhile, and all of what stood");
    assert!(device.engine.port().turns() > 1, "there was a page to come");
    device.engine.port().when_yielding(|_| {});
    let after = exported(&device);
    assert!(after != before && after.concat().contains("Melati"));
    assert_eq!(after.concat().matches("1981-03").count(), 80);
}

/// Lines enough for many stretches, with all sorts of faults among them that still let the rest come in.
fn long_list() -> String {
    let note = "catatan panjang ".repeat(120);
    let mut lines: Vec<String> = bulk(500).lines().map(str::to_owned).collect();
    lines.extend((0..500).map(|i| {
        format!(r#"{{"resourceType":"Basic","id":"b{}","code":{{"text":"{note}"}},"subject":{{"reference":"Patient/p{}"}}}}"#, i % 490, i * 7 % 500)
    }));
    for (at, odd) in [
        (
            900,
            r#"{"resourceType":"Observation","id":"x1","status":"final","code":{"text":"x"},"subject":{"reference":"urn:uuid:nobody"}}"#,
        ),
        (
            1200,
            r#"{"resourceType":"Patient","id":"p3","name":[{"family":"Rimba3","given":["Lain"]}],"birthDate":"1980-02-04"}"#,
        ),
        (40, ""),
        (
            1700,
            r#"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Basic","id":"in","code":{"text":"x"}}}]}"#,
        ),
    ] {
        lines.insert(at, odd.to_owned());
    }
    lines.join("\n")
}

#[test]
fn with_a_second_thread_without_one_and_with_one_that_dies_an_import_comes_to_the_same() {
    let start = fresh();
    let text = long_list().into_bytes();
    let come = |threads: Option<u64>| {
        let device = start.restarted();
        device.engine.port().aside.set(threads);
        device.engine.port().gives_way.set(true);
        let shown = preview(&device, "x.ndjson", text.clone());
        assert!(!shown.blocked, "{:?}", texts(&shown));
        let report = device.ask(CommitImport { job: 3 }).expect("commits");
        let counts = (report.resources, report.patients, report.issues);
        // Among people who stand here already a few who are new.
        preview(&device, "y.ndjson", bulk(520).replace(".50", ".75").into_bytes());
        assert_eq!(device.ask(CommitImport { job: 3 }).expect("commits").patients, 520);
        ((format!("{shown:?}"), format!("{counts:?}"), seen(&device)), device.engine.port().handed.get())
    };
    let (alone, none) = come(None);
    assert_eq!(none, 0);
    assert!(alone.0.contains("line 902: Observation"), "{}", alone.0);
    for dies_after in [u64::MAX, 0, 1, 3] {
        let (together, handed) = come(Some(dies_after));
        assert!(handed > 2, "{handed}");
        assert!(together == alone, "{dies_after}");
    }
}

#[test]
fn small_records_come_to_the_disk_a_few_hundred_at_a_time_so_that_nobody_waits_for_thousands() {
    let device = fresh();
    preview(&device, "x.ndjson", bulk(600).into_bytes());
    device.engine.port().store.keep_journal();
    device.ask(CommitImport { job: 3 }).expect("commits");
    let of_log = |deed: &Deed| match deed {
        Deed::Commit(writes) => writes.iter().filter(|write| write.space == Space::Log).count(),
        _ => 0,
    };
    let rows: Vec<usize> = device.engine.port().store.journal().iter().map(of_log).collect();
    assert!(rows.iter().sum::<usize>() >= 600);
    assert!(rows.iter().all(|rows| *rows <= 256), "{rows:?}");
}

#[test]
fn cancelled_while_the_second_thread_is_at_work_an_import_leaves_the_store_as_it_was() {
    let text = long_list().into_bytes();
    for step in [0, 3, 400] {
        let device = Rc::new(fresh());
        device.engine.port().aside.set(Some(u64::MAX));
        let before = kept(&device);
        let person = Rc::downgrade(&device);
        device.engine.port().when_yielding(move |turn| {
            if let Some(person) = person.upgrade().filter(|_| turn == step) {
                person.ask(CancelJob { job: 3 }).expect("is heard");
            }
        });
        let files = vec![("x.ndjson".to_owned(), text.clone())];
        assert_eq!(device.ask_with_files(PreviewImport { job: 3 }, files).err(), Some(Fault::Cancelled), "step {step}");
        assert!(device.engine.port().handed.get() > 0, "step {step}");
        assert!(kept(&device) == before, "step {step}");
    }
}
