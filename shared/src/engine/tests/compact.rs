//! Rows put together while nobody waits: nobody notices, whenever it is cut short, and whatever was there before.

use std::cell::Cell;
use std::rc::Rc;

use super::hostile::receive;
use super::together::{import, pair_apart, record};
use super::vault::{assert_as_left, kept, opened};
use super::world::{Device, passphrase};
use super::{BUNDLE, form};
use crate::base::{Hlc, PatientId};
use crate::engine::api::*;
use crate::engine::log::Decision;
use crate::fhir::resource::RawJson;
use crate::port::memory::{MemoryStore, Mishap};
use crate::port::{Space, StoreFault};
use crate::record::{Change, Op, ResourceRef};

/// One small save.
fn note(device: &Device, patient: &str, n: u64) {
    let patient: PatientId = patient.parse().expect("an id");
    let op =
        Op { element: "text".into(), item: None, value: Some(RawJson::text(&format!("note {n}"))), replaces: vec![] };
    let change = Change {
        resource: ResourceRef::new("Basic", format!("note-{n}")),
        hlc: Hlc::new(n + 1, 0),
        ops: vec![op],
        schema: 1,
    };
    let open = device.engine.unlocked().expect("open");
    let decision = Decision { patient, changes: vec![change] };
    pollster::block_on(device.engine.write(&open, vec![decision], vec![], vec![])).expect("writes");
}

/// All that a device has to send, imports in their lanes too, however many rows lead there.
fn packets(device: &Device) -> Vec<Vec<u8>> {
    let open = device.engine.unlocked().expect("open");
    let authors: Vec<_> = open.heads.borrow().keys().copied().collect();
    let mut all = Vec::new();
    for author in authors {
        let mut after = 0;
        loop {
            let read = device.engine.read_log(&open, &author, after, u64::MAX);
            let (items, done) = pollster::block_on(read).expect("the log");
            after = items.last().map_or(after, |(seq, _)| *seq);
            all.extend(items.into_iter().map(|(_, bytes)| bytes));
            if done {
                break;
            }
        }
    }
    all
}

/// The disk of a tablet that died, under a new one.
fn revived(dead: &Device, staff: &str) -> Device {
    let device = Device::new(dead.engine.port().store.within().snapshot());
    device.pass(dead.clock() + 1);
    device.ask(Unlock { staff: staff.into(), passphrase: passphrase() }).expect("unlocks");
    device
}

fn tend(device: &Device) {
    pollster::block_on(device.engine.tend());
}

fn count(device: &Device, space: Space) -> usize {
    device.rows().iter().filter(|(at, _)| *at == space).count()
}

fn registered(device: &Device) -> String {
    device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers").patient
}

#[test]
fn many_small_saves_become_few_rows_and_what_travels_stays_byte_for_byte() {
    let (_clinic, one, two) = pair_apart();
    let patient = registered(&one);
    (0..150).for_each(|n| note(&one, &patient, n));
    let other = import(&one);
    let (before, sent, rows) = (record(&one, &patient), packets(&one), count(&one, Space::Log));
    tend(&one);
    let left = count(&one, Space::Log);
    assert!(left + 140 < rows, "{rows} rows became {left}");
    let again = one.restarted();
    for device in [&*one, &again] {
        assert_eq!(packets(device), sent);
        assert_eq!(record(device, &patient), before);
    }
    receive(&two, packets(&again));
    assert_eq!(record(&two, &patient), before);
    assert_eq!(record(&two, &other), record(&one, &other));
}

#[test]
fn a_patient_with_few_rows_is_left_alone_and_so_is_one_that_was_just_put_together() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let patient = registered(&device);
    let log = |device: &Device| device.rows().into_iter().filter(|(at, _)| *at == Space::Log).collect::<Vec<_>>();
    (0..4).for_each(|n| note(&device, &patient, n));
    let before = log(&device);
    tend(&device);
    assert_eq!(log(&device), before);
    (4..20).for_each(|n| note(&device, &patient, n));
    tend(&device);
    let after = log(&device);
    assert!(after.len() < before.len());
    note(&device, &patient, 20);
    tend(&device);
    assert_eq!(log(&device).len(), after.len() + 1);
}

#[test]
fn rows_of_an_import_that_is_not_finished_are_left_where_they_are() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let patient = registered(&device);
    (0..20).for_each(|n| note(&device, &patient, n));
    let open = device.engine.unlocked().expect("open");
    let place = open.keys.row_key(&patient.parse().expect("an id"));
    let staged = device.rows().into_iter().find(|(at, row)| *at == Space::Log && row.key.starts_with(&place));
    let staged = staged.expect("a row").1;
    open.staged.borrow_mut().insert(staged.key[16..24].try_into().expect("a tag"));
    tend(&device);
    assert!(device.rows().iter().any(|(_, row)| *row == staged));
    let rows = device.rows();
    assert_eq!(rows.iter().filter(|(at, row)| *at == Space::Log && row.key.starts_with(&place)).count(), 2);
}

#[test]
fn nothing_is_put_together_while_somebody_waits() {
    let device = Rc::new(Device::new(MemoryStore::default()));
    device.found();
    let patient = registered(&device);
    (0..20).for_each(|n| note(&device, &patient, n));
    let rows = count(&device, Space::Log);
    let command = device.engine.traffic.enter();
    let waits = Rc::new(Cell::new(0));
    let (seen, watched) = (waits.clone(), Rc::downgrade(&device));
    device.engine.port().meanwhile.replace(Some(Rc::new(move || {
        let device = watched.upgrade().expect("alive");
        seen.set(seen.get() + 1);
        assert_eq!(count(&device, Space::Log), rows, "somebody waits");
        if seen.get() == 5 {
            // Somebody locks at last: whatever is under way ends.
            device.ask(Lock {}).expect("locks");
        }
    })));
    tend(&device);
    assert!(waits.get() >= 5);
    assert_eq!(count(&device, Space::Log), rows);
    drop(command);
}

#[test]
fn a_command_that_comes_between_goes_first() {
    let device = Rc::new(Device::new(MemoryStore::default()));
    device.found();
    let patient = registered(&device);
    (0..20).for_each(|n| note(&device, &patient, n));
    let (again, asked) = (Rc::downgrade(&device), Cell::new(0));
    device.engine.port().meanwhile.replace(Some(Rc::new(move || {
        asked.set(asked.get() + 1);
        if asked.get() < 4 {
            again.upgrade().expect("alive").ask(Status {}).expect("a status");
        }
    })));
    let before = device.clock();
    tend(&device);
    assert!(device.clock() >= before + 4_000, "a second of quiet after each");
    assert!(count(&device, Space::Log) < 12);
}

#[test]
fn a_vault_of_an_earlier_release_becomes_one_of_today_and_holds_what_it_held() {
    for kept in kept() {
        let device = opened(&kept);
        tend(&device);
        assert_as_left(&kept, &device);
        let device = device.restarted();
        tend(&device);
        assert_eq!(count(&device, Space::Keys), 0, "{}: every key stands beside its bundles", kept.name);
        assert_as_left(&kept, &device.restarted());
    }
}

#[test]
fn power_lost_at_any_call_of_the_store_loses_nothing_and_it_is_finished_later() {
    let device = Device::new(MemoryStore::default());
    let staff = device.found().staff.staff;
    let patient = registered(&device);
    device.ask_with_file(PreviewImport { job: 1 }, "one.json", BUNDLE).expect("previews");
    device.ask(CommitImport { job: 1 }).expect("commits");
    (0..12).for_each(|n| note(&device, &patient, n));
    let (before, sent) = (record(&device, &patient), packets(&device));
    for mishap in [Mishap::LostBefore, Mishap::LostAfter, Mishap::Refused(StoreFault::Full)] {
        for k in 1.. {
            let broken = device.restarted();
            broken.engine.port().store.fail_at(k, mishap.clone());
            tend(&broken);
            if !broken.struck() {
                break;
            }
            assert!(k < 500, "it comes to an end");
            let again = revived(&broken, &staff);
            assert_eq!(record(&again, &patient), before, "{mishap:?} at call {k}");
            assert_eq!(packets(&again), sent, "{mishap:?} at call {k}");
            tend(&again);
            assert_eq!(record(&again, &patient), before);
            assert_eq!(packets(&again), sent);
            assert!(count(&again, Space::Log) < count(&device, Space::Log), "{mishap:?} at call {k}");
        }
    }
}
