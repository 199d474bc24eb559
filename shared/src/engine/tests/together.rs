//! Two and three tablets: pairing, what one writes the other reads, conflicts, restarts, and power loss at any moment.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::clinic::Clinic;
use super::world::{Device, passphrase};
use super::{BUNDLE, form};
use crate::base::PatientId;
use crate::clinic::patient::PatientForm;
use crate::crypto::store_keys::derive_pseudonym;
use crate::engine::api::*;
use crate::engine::log::Decision;
use crate::fhir::read::read_file;
use crate::fhir::refs::{Owner, RefIndex, owner};
use crate::port::memory::{MemoryStore, Mishap};
use crate::record::Change;

fn names(device: &Device) -> Vec<String> {
    let mut names: Vec<String> = device
        .ask(Recent { limit: 100 })
        .expect("lists")
        .iter()
        .map(|row| format!("{} {}", row.given, row.family))
        .collect();
    names.sort();
    names
}

/// Everything a device knows of a patient, resource for resource.
pub fn record(device: &Device, patient: &str) -> Vec<String> {
    let open = device.engine.unlocked().expect("open");
    let patient: PatientId = patient.parse().expect("an id");
    let state = pollster::block_on(device.engine.state(&open, &patient)).expect("a record");
    state.all().map(|(_, _, resource)| resource.to_json()).collect()
}

fn edit(device: &Device, patient: &str, change: impl Fn(&mut PatientForm)) {
    let before = device.ask(PatientToEdit { patient: patient.into() }).expect("a form");
    let mut after = before.clone();
    change(&mut after);
    device.ask(EditPatient { patient: patient.into(), before, after }).expect("edits");
}

pub fn import(device: &Device) -> String {
    device.ask_with_file(PreviewImport { job: 1 }, "one.json", BUNDLE).expect("previews");
    device.ask(CommitImport { job: 1 }).expect("commits");
    device.ask(Search { query: "rimba".into(), limit: 1 }).expect("finds").rows.remove(0).patient
}

/// The same resources as an act of the device itself, numbered in its own chain as everything but an import is.
pub fn bring_in(device: &Device) -> String {
    let open = device.engine.unlocked().expect("open");
    let mut refs = RefIndex::new();
    let mut resources = Vec::new();
    read_file("one.json", BUNDLE.as_bytes(), &mut |entry| {
        refs.add(&entry.full_url, &entry.resource);
        resources.push((entry.full_url, entry.resource));
        ControlFlow::Continue(())
    });
    let mut decisions: BTreeMap<PatientId, Vec<Change>> = BTreeMap::new();
    for (full_url, resource) in resources {
        let patient = match owner(&resource, &full_url, &refs) {
            Owner::Patient(id) => derive_pseudonym(&open.bundle.pseudonym_key, &id),
            Owner::Commons | Owner::Unresolved { .. } => PatientId::ZERO,
        };
        let change = Change::create(&resource, open.tick(crate::base::Timestamp(device.clock())));
        decisions.entry(patient).or_default().push(change);
    }
    let decisions = decisions.into_iter().map(|(patient, changes)| Decision { patient, changes }).collect();
    pollster::block_on(device.engine.write(&open, decisions, vec![], vec![])).expect("writes");
    device.ask(Search { query: "rimba".into(), limit: 1 }).expect("finds").rows.remove(0).patient
}

#[test]
fn a_tablet_comes_in_by_its_code_or_by_the_typed_digits_and_holds_what_the_others_hold() {
    let clinic = Clinic::found();
    let patient = import(&clinic.device(0));
    let by_code = clinic.pair("Tablet 2", |invite| invite.url_fragment.clone());
    let by_digits = clinic.pair("Tablet 3", |invite| invite.digits.clone());
    clinic.run(20_000);
    for device in [&by_code, &by_digits] {
        assert_eq!(names(device), names(&clinic.device(0)));
        assert_eq!(record(device, &patient), record(&clinic.device(0), &patient));
        assert_eq!(device.ask(SyncStatus {}).expect("a view").quarantined, 0);
        assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
    }
    let later = by_digits.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    clinic.run(2_000);
    assert_eq!(record(&by_code, &later.patient), record(&by_digits, &later.patient));
    assert!(names(&by_code).contains(&"Melati Pagi".to_owned()));
}

#[test]
fn edits_made_apart_both_survive_and_a_clinician_settles_them_for_everybody() {
    let clinic = Clinic::found();
    let patient = import(&clinic.device(0));
    clinic.pair("Tablet 2", |invite| invite.digits.clone());
    clinic.run(10_000);
    let (one, two) = (clinic.device(0), clinic.device(1));
    clinic.go_dark(1);
    edit(&one, &patient, |form| form.birth_date = "1980-03-01".into());
    edit(&two, &patient, |form| form.birth_date = "1981-03-01".into());
    two.engine.port().out.borrow_mut().clear();
    two.ask(ReconnectSync {}).expect("wakes");
    clinic.run(30_000);
    assert_eq!(record(&one, &patient), record(&two, &patient));
    let conflicts = one.ask(Conflicts {}).expect("conflicts");
    assert_eq!(two.ask(Conflicts {}).expect("conflicts").len(), conflicts.len());
    let conflict = conflicts.iter().find(|c| c.element == "birthDate").expect("the birth date waits");
    assert_eq!(conflict.sides.len(), 2);
    let keep = conflict.sides.iter().find(|s| s.value.contains("1980")).expect("ours").op.clone();
    one.ask(Settle {
        patient: patient.clone(),
        resource_type: "Patient".into(),
        id: conflict.id.clone(),
        element: "birthDate".into(),
        keep,
    })
    .expect("settles");
    clinic.run(5_000);
    assert!(two.ask(Conflicts {}).expect("conflicts").is_empty());
    assert_eq!(two.ask(PatientToEdit { patient }).expect("a form").birth_date, "1980-03-01");
}

#[test]
fn a_tablet_that_was_restarted_catches_up_and_is_caught_up_with() {
    let clinic = Clinic::found();
    import(&clinic.device(0));
    clinic.pair("Tablet 2", |invite| invite.digits.clone());
    clinic.run(10_000);
    clinic.go_dark(1);
    clinic.device(0).ask(RegisterPatient { form: form("Kenanga", "Hujan") }).expect("registers");
    clinic.device(1).ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers");
    let two = clinic.restart(1);
    clinic.run(60_000);
    assert_eq!(names(&two), names(&clinic.device(0)));
    assert_eq!(names(&two).len(), 3);
    assert_eq!(two.ask(SyncStatus {}).expect("a view").unshared, 0);
}

#[test]
fn an_import_counts_as_unshared_until_another_device_holds_it_also_after_a_night() {
    let clinic = Clinic::found();
    let before = clinic.device(0).ask(SyncStatus {}).expect("a view").unshared;
    import(&clinic.device(0));
    let one = clinic.restart(0);
    let imported = one.ask(SyncStatus {}).expect("a view").unshared - before;
    assert!(imported > 0);
    clinic.pair("Tablet 2", |invite| invite.digits.clone());
    clinic.run(10_000);
    assert_eq!(clinic.device(0).ask(SyncStatus {}).expect("a view").unshared, 0);
    assert_eq!(clinic.restart(0).ask(SyncStatus {}).expect("a view").unshared, 0);
}

#[test]
fn two_patients_registered_in_one_breath_get_two_numbers_that_are_never_given_again() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let register = |given: &str| {
        let command = RegisterPatient { form: form(given, "Pagi") }.into_command();
        device.engine.handle(command, Default::default())
    };
    let (a, b) = pollster::block_on(futures::future::join(register("Melati"), register("Kenanga")));
    let number = |reply: String| serde_json::from_str::<crate::clinic::patient::PatientRow>(&reply).expect("a row").mrn;
    let mut numbers = vec![number(a.expect("registers")), number(b.expect("registers"))];
    let device = device.restarted();
    numbers.push(device.ask(RegisterPatient { form: form("Dahlia", "Pagi") }).expect("registers").mrn);
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 3, "{numbers:?}");
}

/// What a peer would send of one device's own log.
pub fn packets(device: &Device) -> Vec<Vec<u8>> {
    let open = device.engine.unlocked().expect("open");
    let (items, done) = pollster::block_on(device.engine.read_log(&open, &open.device, 0, u64::MAX)).expect("the log");
    assert!(done);
    items.into_iter().map(|(_, bytes)| bytes).collect()
}

/// A second tablet of the clinic, holding nothing of what the first writes from now on.
pub fn pair_apart() -> (Rc<Clinic>, Rc<Device>, Rc<Device>) {
    let clinic = Clinic::found();
    clinic.pair("Tablet 2", |invite| invite.digits.clone());
    clinic.run(10_000);
    clinic.go_dark(0);
    clinic.go_dark(1);
    let (one, two) = (clinic.device(0), clinic.device(1));
    (clinic, one, two)
}

#[test]
fn power_lost_at_any_call_of_the_store_loses_nothing_that_was_acknowledged() {
    let (_clinic, one, two) = pair_apart();
    let patient = bring_in(&one);
    edit(&one, &patient, |form| form.phone = "+62 812 0000 0009".into());
    let sent = packets(&one);
    let before = two.engine.port().store.within().snapshot();
    let staff = two.engine.unlocked().expect("open").staff_id.hex();
    let open_on = |store: MemoryStore| {
        let device = Device::new(store);
        device.pass(two.clock());
        device.ask(Unlock { staff: staff.clone(), passphrase: passphrase() }).expect("unlocks");
        device
    };
    let take = |device: &Device| {
        let open = device.engine.unlocked().expect("open");
        pollster::block_on(device.engine.receive(&open, sent.clone()))
    };
    for call in 1.. {
        let mut struck = false;
        for mishap in [Mishap::LostBefore, Mishap::LostAfter] {
            let device = open_on(before.snapshot());
            let calls = device.engine.port().store.calls();
            device.engine.port().store.fail_at(call, mishap);
            let outcome = take(&device);
            struck = device.struck();
            assert_eq!(outcome.is_ok(), !struck, "call {call} of {calls}");
            let device = open_on(device.engine.port().store.within().snapshot());
            take(&device).expect("what was lost comes again");
            assert_eq!(record(&device, &patient), record(&one, &patient), "call {call}");
            assert_eq!(device.ask(SyncStatus {}).expect("a view").quarantined, 0);
            assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
        }
        if !struck {
            return;
        }
    }
}
