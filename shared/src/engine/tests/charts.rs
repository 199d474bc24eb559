//! Opening a chart: its entry in the access log, the draft beside it, and what is tried out beforehand.

use super::*;
use crate::clinic::note::VisitDraft;

fn opened(device: &Device) -> usize {
    let log = device.ask(AuditLog { patient: None, limit: 100 }).expect("a log");
    log.iter().filter(|entry| entry.action == "audit-opened-chart").count()
}

fn clinic() -> (Device, String) {
    let device = Device::new(MemoryStore::new());
    device.found();
    let patient = device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers").patient;
    (device, patient)
}

#[test]
fn no_chart_is_answered_whose_entry_did_not_reach_the_disk() {
    let (device, patient) = clinic();
    let in_memory = || device.ask(OpenChart { patient: patient.clone() });
    device.disk_full_at(1);
    assert_eq!(in_memory().map(drop), Err(Fault::StorageFull), "a record that is in memory is not shown either");
    assert_eq!(opened(&device), 0);
    in_memory().expect("a chart");
    assert_eq!(opened(&device), 1);

    let cold = device.restarted();
    let mut refused = 0;
    loop {
        cold.disk_full_at(refused + 1);
        match cold.ask(OpenChart { patient: patient.clone() }) {
            Err(fault) => assert_eq!(fault, Fault::StorageFull),
            Ok(_) => break,
        }
        assert!(cold.struck());
        refused += 1;
    }
    assert!(refused >= 2, "one call reads, another writes");
    let verdict = cold.ask(VerifyAudit {}).expect("a verdict");
    assert_eq!(verdict.broken_at, None);
}

#[test]
fn a_draft_is_met_after_the_next_unlocking_and_none_after_signing() {
    let (device, patient) = clinic();
    let mine =
        |device: &Device| device.ask(OpenChart { patient: patient.clone() }).expect("a chart").my_draft.is_some();
    assert!(!mine(&device));
    let draft = VisitDraft { subjective: "Batuk".into(), ..VisitDraft::default() };
    device.ask(SaveDraft { patient: patient.clone(), draft: draft.clone() }).expect("saves");
    assert!(mine(&device));

    let next = device.restarted();
    assert!(mine(&next));
    next.ask(SignVisit { patient: patient.clone(), draft }).expect("signs");
    assert!(!mine(&next) && !mine(&next.restarted()));
}

#[test]
fn a_long_chart_is_the_same_before_and_after_it_is_folded() {
    let (device, patient) = clinic();
    for n in 0..40 {
        // Words that do not repeat, so that the history is long however it is packed.
        let plan = (0..200).map(|word| format!("{:x}", (n * 200 + word) * 7_919_u64)).collect::<Vec<_>>().join(" ");
        let vitals = vec![crate::clinic::vital::VitalEntry {
            kind: crate::clinic::vital::VitalKind::HeartRate,
            value: (60 + n).to_string(),
            unit: "/min".into(),
            confirmed: false,
        }];
        let draft = VisitDraft { plan, vitals, ..VisitDraft::default() };
        device.ask(SignVisit { patient: patient.clone(), draft }).expect("signs");
    }
    device
        .ask(EditPatient { patient: patient.clone(), before: form("Melati", "Pagi"), after: form("Melati", "Sore") })
        .expect("edits");
    let chart = |device: &Device| {
        let chart = device.ask(OpenChart { patient: patient.clone() }).expect("a chart");
        crate::clinic::chart::Chart { as_of: 0, ..chart }
    };
    let folded_by_saving = chart(&device);
    let next = device.restarted();
    assert_eq!(chart(&next), folded_by_saving);
    let unfolded = || next.engine.unlocked().expect("open").states.borrow().unfolded().is_some();
    assert!(unfolded(), "a chart alone folds nobody with so long a history");
    assert_eq!(chart(&next), folded_by_saving, "from memory");
    pollster::block_on(next.engine.tend());
    assert!(!unfolded());
    assert_eq!(chart(&next), folded_by_saving);
    assert_eq!(folded_by_saving.lines(&folded_by_saving.encounters).len(), 40);
    assert!(folded_by_saving.timeline.iter().filter(|line| line.signed && !line.by.is_empty()).count() == 40);
}

#[test]
fn code_is_tried_out_on_invented_people_and_leaves_nothing() {
    let (device, patient) = clinic();
    device.engine.port().compiles_late.set(true);
    let before = (device.rows(), device.engine.port().events.borrow().len());
    // Whoever comes meanwhile is not kept waiting: the rest is done when they have been answered.
    let asked = patient.clone();
    let engine = std::rc::Rc::new(device.engine);
    let visitor = std::rc::Rc::downgrade(&engine);
    engine.port().when_yielding(move |turn| {
        if turn == 3 {
            let engine = visitor.upgrade().expect("it lives");
            pollster::block_on(engine.handle(LoadDraft { patient: asked.clone() }.into_command(), Default::default()))
                .expect("an answer");
        }
    });
    pollster::block_on(engine.warm_up());
    assert_eq!(engine.port().turns(), 4);
    pollster::block_on(engine.warm_up());
    assert!(engine.port().turns() > 50, "everybody was drawn");
    let turns = engine.port().turns();
    pollster::block_on(engine.warm_up());
    assert_eq!(engine.port().turns(), turns, "once is enough");
    assert_eq!((engine.port().store.within().dump(), engine.port().events.borrow().len()), before);
}
