//! A store that fails at every call and a tablet that dies after every write, over the work of a whole day.
//! What is found afterwards is held against what was acknowledged, by one judge (`sight.rs`) for all of it.

mod day;
mod sight;

use std::panic::{AssertUnwindSafe, catch_unwind};

use day::{Day, STEPS};
use sight::{Sight, sight};

use super::world::{Device, passphrase};
use crate::engine::api::*;
use crate::port::memory::{Deed, MemoryStore, Mishap};
use crate::port::{Space, StoreFault};

/// What was to be seen when a step had been acknowledged, and how many writes the disk had by then.
struct Acknowledged {
    step: &'static str,
    writes: usize,
    sight: Sight,
}

/// A whole day without a mishap: every write in order, and what stood after each step.
fn lived() -> (Day, MemoryStore, Vec<Deed>, Vec<Acknowledged>) {
    let day = Day::begin();
    let evening_before = day.device.engine.port().store.within().snapshot();
    day.device.engine.port().store.keep_journal();
    let mut kept = vec![Acknowledged { step: "nothing yet", writes: 0, sight: sight(&day.device) }];
    for (step, act) in STEPS {
        act(&day).unwrap_or_else(|fault| panic!("{step}: {fault}"));
        let writes = day.device.engine.port().store.journal().len();
        kept.push(Acknowledged { step, writes, sight: sight(&day.device) });
    }
    let journal = day.device.engine.port().store.journal();
    (day, evening_before, journal, kept)
}

fn again(disk: &MemoryStore, deed: &Deed) {
    pollster::block_on(deed.again(disk)).expect("the disk obeys");
}

fn reopened(day: &Day, disk: &MemoryStore) -> Result<Device, Fault> {
    let device = Device::new(disk.snapshot());
    device.pass(day.device.clock() + 1);
    device.ask(Unlock { staff: day.staff.clone(), passphrase: passphrase() })?;
    Ok(device)
}

/// The last step that was acknowledged when the disk had so many writes, and the one that was under way.
fn around(kept: &[Acknowledged], writes: usize) -> (&Acknowledged, Option<&Acknowledged>) {
    let done = kept.iter().rposition(|a| a.writes <= writes).expect("the first");
    (&kept[done], kept.get(done + 1))
}

fn is_unfinished(device: &Device) -> bool {
    device.ask(Imports {}).expect("what is left of an import").unfinished.is_some()
}

#[test]
fn a_tablet_that_dies_after_any_write_opens_with_all_that_was_acknowledged_and_nothing_half_done() {
    let (day, disk, journal, kept) = lived();
    assert!(journal.len() >= 15, "a day of {} writes", journal.len());
    for writes in 0..=journal.len() {
        if writes > 0 {
            again(&disk, &journal[writes - 1]);
        }
        let (before, under_way) = around(&kept, writes);
        let device = reopened(&day, &disk).expect("opens");
        if is_unfinished(&device) {
            // Not seen, and the person's to decide: undone it was never there, finished it is there whole.
            let finished = reopened(&day, &disk).expect("opens");
            device.ask(UndoImport { job: 9 }).expect("undoes");
            finished.ask(ResumeImport { job: 9 }).expect("finishes");
            let after = &under_way.expect("an import was under way").sight;
            for (device, expected) in [(device, &before.sight), (finished, after)] {
                let found = sight(&device);
                assert!(found.holds_what(expected), "write {writes}: {}", found.differs_from(expected));
            }
            continue;
        }
        let found = sight(&device);
        let whole = found.continues(&before.sight) || under_way.is_some_and(|step| found.continues(&step.sight));
        let step = under_way.map_or("the end", |step| step.step);
        assert!(whole, "write {writes}, in “{step}”: {}", found.differs_from(&before.sight));
    }
}

#[test]
fn a_store_that_refuses_any_call_of_a_day_leaves_what_was_there_and_the_same_can_be_done_again() {
    let day = Day::begin();
    let mut refusals = 0;
    for (step, act) in STEPS {
        let mut before = sight(&day.device);
        for call in 1.. {
            let rows = day.device.rows();
            day.device.engine.port().store.fail_at(call, Mishap::Refused(StoreFault::Full));
            let outcome = act(&day);
            let struck = day.device.struck();
            day.device.engine.port().store.fail_at(u64::MAX / 2, Mishap::LostBefore);
            if outcome.is_ok() && !struck {
                break;
            }
            if outcome.is_ok() {
                // What failed could wait. The step is done, and done once more.
                before = sight(&day.device);
                continue;
            }
            assert!(struck, "{step}: {outcome:?}");
            refusals += 1;
            day.sign_in();
            if is_unfinished(&day.device) {
                day.device.ask(UndoImport { job: 9 }).expect("undoes");
            }
            // To look at everything takes longer than to fail: where nothing was written, now and then is enough.
            if day.device.rows() != rows || call % 8 == 1 {
                let after = sight(&day.device);
                assert!(after.is_same_record(&before), "{step}, call {call}: {}", after.differs_from(&before));
                before = after;
            }
        }
    }
    assert!(refusals > 2 * STEPS.len(), "{refusals} refusals");
    let live = sight(&day.device);
    let found = sight(&day.device.restarted());
    assert!(found.continues(&live), "{}", found.differs_from(&live));
}

#[test]
fn a_clinic_whose_making_is_cut_off_by_any_write_is_not_there_or_is_there_whole() {
    let device = Device::new(MemoryStore::new());
    device.engine.port().store.keep_journal();
    let staff = device.found().staff.staff;
    let made = sight(&device);
    let disk = MemoryStore::new();
    assert_eq!(Device::new(disk.snapshot()).ask(Status {}), Ok(AppStatus::Fresh));
    for deed in device.engine.port().store.journal() {
        again(&disk, &deed);
        let opened = Device::new(disk.snapshot());
        opened.pass(device.clock());
        opened.ask(Unlock { staff: staff.clone(), passphrase: passphrase() }).expect("opens");
        let found = sight(&opened);
        assert!(found.continues(&made), "{}", found.differs_from(&made));
    }
}

/// No honest store does this. That it is seen here shows that the judge is not blind.
#[test]
fn a_lying_store_that_keeps_only_the_first_row_of_a_commit_is_found_out() {
    let (day, disk, journal, kept) = lived();
    let mut found_out = 0;
    for (at, deed) in journal.iter().enumerate() {
        let writes = if let Deed::Commit(writes) = deed { writes.as_slice() } else { &[] };
        let brings_changes = writes.first().is_some_and(|write| write.space == Space::Log && write.value.is_some());
        if brings_changes && writes.len() > 1 {
            let torn = disk.snapshot();
            again(&torn, &Deed::Commit(writes[..1].to_vec()));
            let (before, under_way) = around(&kept, at);
            let opened = catch_unwind(AssertUnwindSafe(|| reopened(&day, &torn).map(|device| sight(&device))));
            if let Ok(Ok(found)) = opened {
                let step = under_way.expect("something was under way");
                assert!(!found.continues(&before.sight) && !found.continues(&step.sight), "“{}” was torn", step.step);
            }
            found_out += 1;
        }
        again(&disk, deed);
    }
    assert!(found_out > 5, "{found_out} commits were torn");
}
