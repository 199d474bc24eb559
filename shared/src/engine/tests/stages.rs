//! Imports on their way into the record: nobody sees them before they are whole, whatever else is written meanwhile and
//! wherever the power is lost.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::form;
use super::hostile::receive;
use super::together::{packets, pair_apart, record};
use super::world::{Device, passphrase};
use crate::base::PatientId;
use crate::crypto::store_keys::derive_pseudonym;
use crate::engine::api::*;
use crate::engine::audit::{Act, Action};
use crate::engine::log::{Arrival, Decision, Finish, Parcel, Stage, Tag};
use crate::engine::open::Open;
use crate::fhir::read::read_file;
use crate::port::memory::{MemoryStore, Mishap};
use crate::port::{Row, Space, Write};
use crate::record::Change;
use crate::record::bundle::{Lane, lane_author};

const TAG: Tag = [0x7a; 8];
const NOTE: &[u8] = b"import-note";

fn open(device: &Device) -> Rc<Open> {
    device.engine.unlocked().expect("open")
}

fn patient(device: &Device, n: u64) -> PatientId {
    derive_pseudonym(&open(device).bundle.pseudonym_key, &format!("p{n}"))
}

fn decision(device: &Device, n: u64) -> Decision {
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[
        {{"resource":{{"resourceType":"Patient","id":"p{n}","name":[{{"family":"Rimba{n}"}}]}}}},
        {{"resource":{{"resourceType":"Observation","id":"o{n}","status":"final","code":{{"text":"x"}}}}}}]}}"#
    );
    let open = open(device);
    let mut changes = Vec::new();
    read_file("one.json", bundle.as_bytes(), &mut |entry| {
        changes.push(Change::create(&entry.resource, open.tick(device.engine.now())));
        ControlFlow::Continue(())
    });
    Decision { patient: patient(device, n), changes }
}

fn parcel(decision: Decision) -> Parcel {
    let mut arrival = Arrival::of(decision.patient);
    decision.changes.iter().for_each(|change| arrival.place(&change.resource.resource_type).push(change));
    arrival.pack().expect("packs")
}

fn begin(device: &Device) -> Result<Stage, Fault> {
    pollster::block_on(device.engine.begin_stage(&open(device), TAG, vec![]))
}

/// The slice and a note of how far it goes.
fn stage(device: &Device, stage: &mut Stage, patients: std::ops::Range<u64>) -> Result<(), Fault> {
    let note = Write::put(Space::Spool, NOTE, patients.end.to_be_bytes().to_vec());
    let parcels = patients.map(|n| parcel(decision(device, n))).collect();
    pollster::block_on(device.engine.stage(&open(device), stage, parcels, vec![note]))
}

fn finish(device: &Device, stage: Stage) -> Result<Saved, Fault> {
    let finish = Finish {
        acts: vec![Act::new(Action::Imported)],
        writes: vec![Write::delete(Space::Spool, NOTE)],
        ..Finish::default()
    };
    pollster::block_on(device.engine.finish_stage(&open(device), stage, finish))
}

fn drop_stage(device: &Device, stage: Stage) -> Result<u64, Fault> {
    let mut gone = 0;
    let end = vec![Write::delete(Space::Spool, NOTE)];
    pollster::block_on(device.engine.drop_stage(&open(device), stage, end, |so_far| gone = so_far))?;
    Ok(gone)
}

fn unfinished(device: &Device) -> Vec<Stage> {
    pollster::block_on(device.engine.stages(&open(device))).expect("the stages")
}

fn seen(device: &Device, patients: u64) -> Vec<usize> {
    (0..patients).map(|n| record(device, &patient(device, n).hex()).len()).collect()
}

fn rows(device: &Device) -> Vec<(Space, Row)> {
    let mut rows = device.rows();
    rows.retain(|(space, _)| matches!(space, Space::Log | Space::Chain | Space::Spool));
    rows
}

fn reopened(device: &Device) -> Device {
    let staff = open(device).staff_id.hex();
    let again = Device::new(device.engine.port().store.within().snapshot());
    again.pass(device.clock() + 1);
    again.ask(Unlock { staff, passphrase: passphrase() }).expect("unlocks");
    again
}

fn exported(device: &Device) -> u64 {
    device.ask_for_file(ExportClinic { job: 9 }).expect("exports").0.resources
}

#[test]
fn an_import_is_seen_by_nobody_before_it_is_finished_and_by_everybody_after() {
    let (_clinic, one, two) = pair_apart();
    let resources = exported(&one);
    let mut stage_ = begin(&one).expect("begins");
    stage(&one, &mut stage_, 0..70).expect("stages");
    let between = one.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers").patient;
    stage(&one, &mut stage_, 69..100).expect("stages");
    assert_eq!(seen(&one, 100), vec![0; 100]);
    assert_eq!(exported(&one), resources + 1, "who was registered meanwhile, and nobody else");
    assert_eq!(seen(&reopened(&one), 100), vec![0; 100]);
    let own = packets(&one);
    finish(&one, stage_).expect("finishes");
    assert_eq!(seen(&one, 100), vec![2; 100]);
    assert_eq!(packets(&one), own, "the device's own chain is another");
    assert!(unfinished(&one).is_empty());
    // The peer asks for the lane as for any other author.
    let author = lane_author(&open(&one).device, Lane::new(TAG).expect("a lane"));
    assert!(open(&one).heads.borrow().contains_key(&author));
    let control: Vec<Vec<u8>> = open(&one).control.borrow().certificates().map(|c| c.bytes().to_vec()).collect();
    pollster::block_on(two.engine.take_certificates(&open(&two), &control)).expect("takes");
    let mut after = 0;
    loop {
        let open = open(&one);
        let read = one.engine.read_log(&open, &author, after, 60_000);
        let (items, done) = pollster::block_on(read).expect("the lane");
        after = items.last().map_or(after, |(seq, _)| *seq);
        receive(&two, items.into_iter().map(|(_, bytes)| bytes).collect());
        if done {
            break;
        }
    }
    receive(&two, own);
    assert_eq!(seen(&two, 100), vec![2; 100]);
    assert_eq!(record(&two, &between), record(&one, &between));
    let one = reopened(&one);
    assert_eq!(seen(&one, 100), vec![2; 100]);
    assert_eq!(exported(&one), resources + 201);
    assert_eq!(one.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
}

#[test]
fn an_import_of_two_hundred_people_is_a_row_each_and_few_signatures() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let count = |device: &Device, space| device.rows().iter().filter(|(s, _)| *s == space).count();
    let before = [Space::Log, Space::Chain, Space::Keys].map(|space| count(&device, space));
    let mut stage_ = begin(&device).expect("begins");
    let calls = device.engine.port().store.calls();
    stage(&device, &mut stage_, 0..200).expect("stages");
    assert_eq!(device.engine.port().store.calls() - calls, 1, "nothing is read of people who are new");
    let after = [Space::Log, Space::Chain, Space::Keys].map(|space| count(&device, space));
    // Registry and clinical are two bundles each, sixty-four links a row.
    assert_eq!([after[0] - before[0], after[1] - before[1], after[2]], [200, 400usize.div_ceil(64), 0]);
    assert_eq!(stage_.bundles(), 400);
}

#[test]
fn an_import_that_is_dropped_leaves_nothing_wherever_the_power_is_lost() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let before = device.rows();
    let mut stage_ = begin(&device).expect("begins");
    stage(&device, &mut stage_, 0..20).expect("stages");
    stage(&device, &mut stage_, 20..400).expect("stages");
    let staged = device.engine.port().store.within().snapshot();
    assert_eq!(drop_stage(&device, stage_), Ok(800));
    assert_eq!(device.rows(), before, "byte for byte");
    let before: Vec<(Space, Row)> = rows(&device);
    for call in 1.. {
        let mut struck = false;
        for mishap in [Mishap::LostBefore, Mishap::LostAfter] {
            let again = Device::new(staged.snapshot());
            again.pass(device.clock() + 1);
            again.ask(Unlock { staff: open(&device).staff_id.hex(), passphrase: passphrase() }).expect("unlocks");
            let stage_ = unfinished(&again).remove(0);
            again.engine.port().store.fail_at(call, mishap);
            let outcome = drop_stage(&again, stage_);
            struck = again.struck();
            assert_eq!(outcome.is_err(), struck);
            let again = reopened(&again);
            assert_eq!(seen(&again, 400), vec![0; 400]);
            for stage_ in unfinished(&again) {
                drop_stage(&again, stage_).expect("drops the rest");
            }
            assert_eq!(rows(&again), before, "call {call}");
        }
        if !struck {
            return;
        }
    }
}

#[test]
fn an_import_cut_off_at_any_call_goes_on_from_its_note_and_ends_as_if_it_never_had_been() {
    const PATIENTS: u64 = 9;
    let device = Device::new(MemoryStore::default());
    device.found();
    let start = device.engine.port().store.within().snapshot();
    let staff = open(&device).staff_id.hex();
    let go_on = |device: &Device, mut stage_: Stage, from: u64| {
        for n in (from..PATIENTS).step_by(3) {
            stage(device, &mut stage_, n..n + 3)?;
        }
        finish(device, stage_)
    };
    for call in 1.. {
        let mut struck = false;
        for mishap in [Mishap::LostBefore, Mishap::LostAfter] {
            let cut = Device::new(start.snapshot());
            cut.pass(device.clock() + 1);
            cut.ask(Unlock { staff: staff.clone(), passphrase: passphrase() }).expect("unlocks");
            cut.engine.port().store.fail_at(call, mishap);
            let outcome = begin(&cut).and_then(|stage_| go_on(&cut, stage_, 0));
            struck = cut.struck();
            assert_eq!(outcome.is_err(), struck);
            let again = reopened(&cut);
            let sum: usize = seen(&again, PATIENTS).iter().sum();
            assert!(sum == 0 || sum == 2 * PATIENTS as usize, "call {call}: all or nothing");
            let note = rows(&again).into_iter().find(|(_, row)| row.key == NOTE).map(|(_, row)| row.value);
            let from = note.map_or(0, |note| u64::from_be_bytes(note.try_into().expect("a number")));
            match unfinished(&again).pop() {
                Some(stage_) => {
                    assert_eq!((sum, stage_.bundles()), (0, 2 * from), "note and rows are of one transaction");
                    go_on(&again, stage_, from).expect("goes on");
                }
                None if sum == 0 => {
                    let stage_ = begin(&again).expect("had not begun");
                    go_on(&again, stage_, 0).expect("goes on");
                }
                None => {}
            }
            let again = reopened(&again);
            assert_eq!(seen(&again, PATIENTS), vec![2; PATIENTS as usize], "call {call}");
            assert!(unfinished(&again).is_empty());
            assert_eq!(again.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
        }
        if !struck {
            return;
        }
    }
}

#[test]
fn what_is_staged_of_somebody_who_is_here_joins_their_record_when_it_is_finished() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let mut first = begin(&device).expect("begins");
    stage(&device, &mut first, 0..1).expect("stages");
    finish(&device, first).expect("finishes");
    assert_eq!(seen(&device, 1), vec![2]);
    let mut more = decision(&device, 0);
    more.changes.retain(|change| change.resource.resource_type == "Observation");
    more.changes[0].resource.id = "later".into();
    let mut second = pollster::block_on(device.engine.begin_stage(&open(&device), [9; 8], vec![])).expect("begins");
    pollster::block_on(device.engine.stage(&open(&device), &mut second, vec![parcel(more)], vec![])).expect("stages");
    assert_eq!(seen(&device, 1), vec![2]);
    assert_eq!(seen(&reopened(&device), 1), vec![2]);
    finish(&device, second).expect("finishes");
    assert_eq!(seen(&device, 1), vec![3], "what was read before is not shown after");
}

#[test]
fn a_stage_of_a_session_that_is_over_writes_nothing() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let mut stage_ = begin(&device).expect("begins");
    let old = open(&device);
    let late = decision(&device, 1);
    device.ask(Lock {}).expect("locks");
    let before = device.rows();
    let outcome = pollster::block_on(device.engine.stage(&old, &mut stage_, vec![parcel(late)], vec![]));
    assert_eq!(outcome, Err(Fault::Locked));
    let outcome = pollster::block_on(device.engine.finish_stage(&old, stage_, Finish::default()));
    assert_eq!(outcome, Err(Fault::Locked));
    assert_eq!(device.rows(), before);
}
