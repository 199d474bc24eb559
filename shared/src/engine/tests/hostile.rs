//! What peers, disks and files may do to an engine, and what must come of it: nothing applied, nothing lost, and it is seen.

use super::together::{bring_in, packets, pair_apart, record};
use super::world::Device;
use super::{BUNDLE, form};
use crate::engine::api::*;
use crate::engine::log::Decision;
use crate::fhir::resource::RawJson;
use crate::port::memory::MemoryStore;
use crate::port::{Space, Store, Write};
use crate::record::{Change, Op, Packet, ResourceRef};
use crate::sync::Advance;

pub fn receive(device: &Device, packets: Vec<Vec<u8>>) -> Advance {
    let open = device.engine.unlocked().expect("open");
    pollster::block_on(device.engine.receive(&open, packets)).expect("the store works")
}

pub fn quarantined(device: &Device) -> u32 {
    device.ask(SyncStatus {}).expect("a view").quarantined
}

/// Each packet altered in one way by the peer that carries it.
fn altered(packet: &[u8], how: usize) -> Vec<u8> {
    let mut packet = Packet::decode(packet).expect("a packet");
    let flip = |bytes: &mut Vec<u8>| {
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
    };
    match how {
        0 => flip(&mut packet.body),
        1 => flip(&mut packet.signed.bytes),
        2 => packet.signed.signature[7] ^= 1,
        3 => flip(&mut packet.ledger),
        _ => packet.ledger = vec![].into(),
    }
    packet.encode()
}

#[test]
fn a_peer_that_alters_what_it_carries_changes_nothing_and_stops_nobody() {
    let (_clinic, one, two) = pair_apart();
    let fresh = packets(&one).len();
    let patient = bring_in(&one);
    let sent = packets(&one);
    for how in 0..5 {
        let advance = receive(&two, sent.iter().skip(fresh).map(|packet| altered(packet, how)).collect());
        assert!(advance.forked.is_empty(), "{how}: the author is not suspected");
        assert!(record(&two, &patient).is_empty(), "{how}");
    }
    assert!(quarantined(&two) >= 3, "it is seen");
    let advance = receive(&two, sent);
    assert_eq!(advance.heads.len(), 1);
    assert_eq!(record(&two, &patient), record(&one, &patient), "another peer brings it whole");
    let seen = quarantined(&two);
    let two = two.restarted();
    assert!(quarantined(&two) < seen, "what has since come whole is let go");
    assert_eq!(record(&two, &patient), record(&one, &patient));
}

#[test]
fn a_gap_waits_and_a_second_history_is_a_fork() {
    let (_clinic, one, two) = pair_apart();
    let twin = one.restarted();
    let patient = bring_in(&one);
    let theirs = one.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers").patient;
    let sent = packets(&one);
    let advance = receive(&two, vec![sent.last().expect("the last").clone()]);
    assert_eq!(advance, Advance::default(), "a gap is no fault");
    receive(&two, sent);
    let clone = twin.ask(RegisterPatient { form: form("Kenanga", "Hujan") }).expect("registers").patient;
    let twins = packets(&twin);
    twin.ask(RegisterPatient { form: form("Dahlia", "Hujan") }).expect("registers");
    twin.ask(RegisterPatient { form: form("Seruni", "Hujan") }).expect("registers");
    twin.ask(RegisterPatient { form: form("Anggrek", "Hujan") }).expect("registers");
    twin.ask(RegisterPatient { form: form("Teratai", "Hujan") }).expect("registers");
    assert!(twins.len() < packets(&twin).len());
    let open = twin.engine.unlocked().expect("open");
    let control: Vec<Vec<u8>> = open.control.borrow().certificates().map(|c| c.bytes().to_vec()).collect();
    pollster::block_on(two.engine.take_certificates(&two.engine.unlocked().expect("open"), &control)).expect("takes");
    let advance = receive(&two, packets(&twin));
    assert_eq!(advance.forked, vec![open.device], "two histories under one number");
    assert!(advance.heads.is_empty());
    assert!(record(&two, &clone).is_empty());
    assert!(!record(&two, &theirs).is_empty() && !record(&two, &patient).is_empty(), "what was here stays");
    assert!(quarantined(&two) > 0);
}

fn write(device: &Device, patient: crate::base::PatientId, changes: Vec<Change>) -> Result<Saved, Fault> {
    let open = device.engine.unlocked().expect("open");
    pollster::block_on(device.engine.write(&open, vec![Decision { patient, changes }], vec![], vec![]))
}

fn change(resource_type: &str, id: &str, value: &str, hlc: u64) -> Change {
    let op = Op { element: "note".into(), item: None, value: Some(RawJson::from_stored(value)), replaces: vec![] };
    Change {
        resource: ResourceRef::new(resource_type, id),
        hlc: crate::base::Hlc::new(hlc, 0),
        ops: vec![op],
        schema: 1,
    }
}

#[test]
fn a_certified_device_that_writes_nonsense_is_heard_no_further_than_the_quarantine_and_its_log_goes_on() {
    let (_clinic, one, two) = pair_apart();
    let patient: crate::base::PatientId = bring_in(&one).parse().expect("an id");
    let sane = packets(&one).len();
    // A patient's resource in another's record, written with this device's own good keys.
    write(&one, patient, vec![change("Patient", "somebody-else", "1", 5)]).expect("writes");
    write(&one, patient, vec![change("Basic", "b1", "1", 250_000_000_000_000)]).expect("writes");
    let sent = packets(&one);
    assert_eq!(sent.len(), sane + 2);
    let advance = receive(&two, sent);
    assert_eq!(advance.heads.iter().map(|h| h.seq).max(), Some(one.engine.unlocked().expect("open").own_head().seq));
    assert_eq!(quarantined(&two), 1);
    let text = record(&two, &patient.hex()).concat();
    assert!(text.contains("\"b1\"") && !text.contains("somebody-else"));
    // The year 9892 on another's clock moves ours by five minutes at most.
    let ours = two.engine.unlocked().expect("open").hlc.get().millis() as i64;
    assert!(ours <= two.clock() + 5 * 60 * 1000);
    // What waits is passed on to a third, byte for byte.
    let open = two.engine.unlocked().expect("open");
    let author = one.engine.unlocked().expect("open").device;
    let (items, _) = pollster::block_on(two.engine.read_log(&open, &author, 0, u64::MAX)).expect("the log");
    assert_eq!(items.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), packets(&one));
    let two = two.restarted();
    assert_eq!(quarantined(&two), 1);
}

#[test]
fn what_others_would_not_take_is_not_written_here_either() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let patient = crate::base::PatientId([9; 16]);
    for bad in [change("../Basic", "b", "1", 1), change("Basic", "a/b", "1", 1), change("Basic", "b", "{ }", 1)] {
        assert!(matches!(write(&device, patient, vec![bad]), Err(Fault::Refused { .. })));
    }
}

#[test]
fn what_is_still_under_way_when_the_vault_is_locked_writes_nothing_into_the_next_session() {
    let device = Device::new(MemoryStore::default());
    let staff = device.found().staff.staff;
    let old = device.engine.unlocked().expect("open");
    device.ask(Lock {}).expect("locks");
    device.ask(Unlock { staff, passphrase: super::passphrase() }).expect("unlocks");
    let late = Decision { patient: crate::base::PatientId([9; 16]), changes: vec![change("Basic", "b", "1", 1)] };
    let outcome = pollster::block_on(device.engine.write(&old, vec![late], vec![], vec![]));
    assert_eq!(outcome, Err(Fault::Locked));
    device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    assert_eq!(device.restarted().ask(VerifyAudit {}).expect("a verdict").broken_at, None);
}

#[test]
fn what_was_asked_before_the_lock_is_finished_first() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let command = RegisterPatient { form: form("Melati", "Pagi") }.into_command();
    let asked = device.engine.handle(command, Default::default());
    let locked = device.engine.handle(Lock {}.into_command(), Default::default());
    let (row, _) = pollster::block_on(futures::future::join(asked, locked));
    assert!(row.is_ok());
    let found = device.restarted().ask(Search { query: "melati".into(), limit: 1 }).expect("searches");
    assert_eq!(found.total, 1);
}

#[test]
fn a_session_ends_after_twelve_hours() {
    let device = Device::new(MemoryStore::default());
    device.found();
    device.pass(device.clock() + 12 * 3_600_000 + 1);
    assert_eq!(device.ask(Recent { limit: 1 }), Err(Fault::Locked));
    assert!(matches!(device.ask(Status {}), Ok(AppStatus::Locked(_))));
}

#[test]
fn an_audit_that_was_cut_or_wiped_is_known_for_it() {
    let device = Device::new(MemoryStore::default());
    device.found();
    device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    let head = || Write::delete(Space::Meta, *b"audit-head");
    let seqs: Vec<Vec<u8>> =
        device.rows().into_iter().filter(|(s, _)| *s == Space::Audit).map(|(_, r)| r.key).collect();
    let cut = |keys: &[Vec<u8>], with_head: bool| {
        let store = device.engine.port().store.within().snapshot();
        let mut writes: Vec<Write> = keys.iter().map(|key| Write::delete(Space::Audit, key.clone())).collect();
        writes.extend(with_head.then(head));
        pollster::block_on(store.commit(writes)).expect("the disk obeys");
        let hurt = Device::new(store);
        hurt.pass(device.clock());
        hurt.restarted().ask(VerifyAudit {}).expect("a verdict").broken_at
    };
    assert_eq!(cut(&[], false), None);
    assert_eq!(cut(&seqs[seqs.len() - 1..], false), Some(seqs.len() as u64), "the last entry is missing");
    assert_eq!(cut(&seqs[1..2], false), Some(2), "one from the middle is missing");
    assert_eq!(cut(&seqs, true), Some(1), "all of it is missing");
}

#[test]
fn a_clock_that_was_set_back_keeps_nobody_waiting_until_an_imagined_year() {
    let device = Device::new(MemoryStore::default());
    let staff = device.found().staff.staff;
    let now = device.clock();
    device.ask(Lock {}).expect("locks");
    device.pass(now + 50 * 365 * 86_400_000);
    let wrong = device.ask(Unlock { staff: staff.clone(), passphrase: Secret("not the passphrase".into()) });
    assert!(matches!(wrong, Err(Fault::WrongPassphrase { .. })));
    device.pass(now);
    assert!(device.ask(Unlock { staff, passphrase: super::passphrase() }).is_ok());
}

#[test]
fn a_removed_clinic_leaves_nothing_and_nothing_comes_after() {
    let device = Device::new(MemoryStore::default());
    let staff = device.found().staff.staff;
    let patient = bring_in(&device);
    let old = device.engine.unlocked().expect("open");
    device.ask(RemoveClinic { staff, passphrase: super::passphrase() }).expect("removes");
    let draft = crate::clinic::note::VisitDraft { subjective: "batuk".into(), ..Default::default() };
    let late = device.engine.save_draft(&old, patient.parse().expect("an id"), &draft);
    assert_eq!(pollster::block_on(late), Err(Fault::Locked));
    assert!(device.rows().is_empty());
    assert_eq!(device.ask(Status {}), Ok(AppStatus::Fresh));
    device.found();
}

#[test]
fn two_people_under_one_id_in_two_files_are_not_made_one() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let other = BUNDLE.replace("Rimba", "Laut").replace("Bambu", "Ombak").replace("1980-02-29", "1955-01-01");
    let both = format!("{}\n{}\n", BUNDLE.replace('\n', ""), other.replace('\n', ""));
    let preview = device.ask_with_file(PreviewImport { job: 1 }, "two.ndjson", &both).expect("previews");
    assert!(preview.blocked, "{:?}", preview.issues);
    assert!(preview.issues.iter().any(|i| i.code == "conflict"));
}

#[test]
fn a_clinic_leaves_whole_even_those_resources_whose_patient_has_not_come() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let orphan = r#"{"resourceType":"Observation","id":"waits","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/absent"}}"#;
    device.ask_with_file(PreviewImport { job: 1 }, "orphan.json", orphan).expect("previews");
    device.ask(CommitImport { job: 1 }).expect("commits");
    let (_, bytes) = device.ask_for_file(ExportClinic { job: 2 }).expect("exports");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
    let mut text = String::new();
    let mut file = archive.by_name("Observation.ndjson").expect("the observations");
    std::io::Read::read_to_string(&mut file, &mut text).expect("reads");
    assert!(text.contains("waits"));
}

#[test]
fn a_note_signed_here_is_not_rewritten_by_an_import() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let patient = device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers").patient;
    let draft = crate::clinic::note::VisitDraft { subjective: "batuk berdahak".into(), ..Default::default() };
    device.ask(SignVisit { patient: patient.clone(), draft }).expect("signs");
    let (_, bytes) = device.ask_for_file(ExportPatient { patient: patient.clone(), job: 1 }).expect("exports");
    let forged = String::from_utf8(bytes).expect("text").replace("batuk berdahak", "tidak ada keluhan");
    let before = record(&device, &patient);
    let preview = device.ask_with_file(PreviewImport { job: 2 }, "forged.json", &forged).expect("previews");
    assert!(preview.issues.iter().any(|i| i.code == "business-rule"), "{:?}", preview.issues);
    if !preview.blocked {
        device.ask(CommitImport { job: 2 }).expect("commits");
    }
    let notes = |record: Vec<String>| record.into_iter().filter(|r| r.contains("\"Composition\"")).collect::<Vec<_>>();
    assert_eq!(notes(record(&device, &patient)), notes(before));
}

#[test]
fn a_resource_too_large_to_be_kept_is_named_by_its_path() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let mut seed = 1u64;
    let noise: String = (0..2_000_000)
        .map(|_| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(seed >> 58) as usize])
        })
        .collect();
    let huge = format!(r#"{{"resourceType":"Binary","id":"b1","contentType":"image/png","data":"{noise}"}}"#);
    let preview = device.ask_with_file(PreviewImport { job: 1 }, "huge.json", &huge).expect("previews");
    assert!(preview.blocked);
    assert!(preview.issues.iter().any(|i| i.code == "too-long" && i.path == "Binary"), "{:?}", preview.issues);
}

#[test]
fn what_a_missing_key_kept_closed_is_passed_on_and_opens_when_the_key_is_there() {
    let (_clinic, one, two) = pair_apart();
    let patient = bring_in(&one);
    let sent = packets(&one);
    let open = two.engine.open.borrow_mut().take().expect("open");
    let mut open = std::rc::Rc::try_unwrap(open).ok().expect("nobody else holds it");
    open.bundle.compartments.retain(|key| key.compartment != crate::crypto::Compartment::Clinical);
    *two.engine.open.borrow_mut() = Some(std::rc::Rc::new(open));
    let advance = receive(&two, sent);
    assert_eq!(advance.heads.len(), 1, "the author's log goes on");
    assert_eq!(quarantined(&two), 1);
    assert_eq!(record(&two, &patient).len(), record(&one, &patient).len() - 1, "all but the observation");
    let author = one.engine.unlocked().expect("open").device;
    let open = two.engine.unlocked().expect("open");
    let (items, _) = pollster::block_on(two.engine.read_log(&open, &author, 0, u64::MAX)).expect("the log");
    assert_eq!(items.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), packets(&one));
    drop(open);
    let two = two.restarted();
    assert_eq!(quarantined(&two), 0);
    assert_eq!(record(&two, &patient), record(&one, &patient));
    let two = two.restarted();
    assert_eq!(record(&two, &patient), record(&one, &patient));
}
