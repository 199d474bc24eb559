//! What can be seen on a tablet without leaving a trace, and whether it agrees with itself: the log with its heads,
//! the index and the list of conflicts with the records, the access log with its own chain.

use std::collections::BTreeMap;

use crate::base::{Hash, PatientId};
use crate::clinic::patient::row;
use crate::engine::api::*;
use crate::engine::log::patient_resource;
use crate::engine::tests::vault::{audit, people, words};
use crate::engine::tests::world::Device;
use crate::port::{Space, Store};
use crate::record::{Packet, PatientState};

#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// Every resource, one a line.
    records: Vec<String>,
    people: Vec<String>,
    drafts: Vec<String>,
    conflicts: Vec<String>,
    heads: Vec<String>,
    quarantined: u32,
    audit: Vec<String>,
}

impl Sight {
    /// The same, and at most somebody has locked it and signed in since.
    pub fn continues(&self, other: &Sight) -> bool {
        let grown = self.audit.strip_prefix(other.audit.as_slice());
        let at_the_door = |line: &String| line.contains("audit-unlocked") || line.contains("audit-locked");
        self.is_same_record(other) && grown.is_some_and(|rest| rest.len() <= 2 && rest.iter().all(at_the_door))
    }

    pub fn is_same_record(&self, other: &Sight) -> bool {
        Sight { audit: vec![], ..self.clone() } == Sight { audit: vec![], ..other.clone() }
    }

    /// The same for whoever reads, whoever numbered and signed it when.
    pub fn holds_what(&self, other: &Sight) -> bool {
        let read = |sight: &Sight| Sight { audit: vec![], heads: vec![], ..sight.clone() };
        read(self) == read(other)
    }

    /// For a failed test: what stands in one and not in the other.
    pub fn differs_from(&self, other: &Sight) -> String {
        let lines = |sight: &Sight| {
            let parts = [&sight.records, &sight.people, &sight.drafts, &sight.conflicts, &sight.heads, &sight.audit];
            parts.into_iter().flatten().map(|line| line.chars().take(200).collect()).collect::<Vec<String>>()
        };
        let (ours, theirs) = (lines(self), lines(other));
        let more = ours.iter().filter(|line| !theirs.contains(line));
        let less = theirs.iter().filter(|line| !ours.contains(line));
        format!("more {:#?}, less {:#?}", more.collect::<Vec<_>>(), less.collect::<Vec<_>>())
    }
}

/// Looks, and insists that what is seen agrees with itself.
pub fn sight(device: &Device) -> Sight {
    let standing = device.ask(Imports {}).expect("what is left of an import");
    assert_eq!(standing.unfinished, None, "nobody looks before it is decided");
    let states = states(device);
    let mut records: Vec<String> = states
        .values()
        .flat_map(|state| state.all().map(|(_, _, resource)| resource.to_json()).collect::<Vec<_>>())
        .collect();
    records.sort();
    assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None, "the access log verifies");
    let open = device.engine.unlocked().expect("open");
    let heads = open.heads.borrow().values().map(|h| format!("{} {} {}", h.author, h.seq, h.hash)).collect();
    let view = device.ask(SyncStatus {}).expect("a view");
    let drafts = device.ask(Drafts {}).expect("drafts").into_iter().map(|kept| {
        let draft =
            device.ask(LoadDraft { patient: kept.row.patient.clone() }).expect("a draft").expect("it is listed");
        format!("{}: {}", kept.row.patient, words(&draft))
    });
    let mut seen = Sight {
        records,
        people: listed(device, &states),
        drafts: drafts.collect(),
        conflicts: waiting(device, &states),
        heads,
        quarantined: view.quarantined,
        audit: audit(device),
    };
    seen.drafts.sort();
    drop(open);
    walk(device);
    seen
}

/// Every record that the log holds, from what each patient's rows say.
fn states(device: &Device) -> BTreeMap<PatientId, PatientState> {
    let open = device.engine.unlocked().expect("open");
    let mut patients = pollster::block_on(device.engine.patients_in_log(&open)).expect("the log");
    patients.push(PatientId::ZERO);
    let state = |patient: &PatientId| {
        let state = pollster::block_on(device.engine.state(&open, patient)).expect("a record");
        (*patient, PatientState::clone(&state))
    };
    patients.iter().map(state).collect()
}

/// The index shows every person whose Patient resource is here, and as it stands; nobody else.
fn listed(device: &Device, states: &BTreeMap<PatientId, PatientState>) -> Vec<String> {
    let line = |patient: &str, family: &str, given: &str, born: &str| format!("{patient} {family}|{given}|{born}");
    let mut shown: Vec<String> =
        people(device).iter().map(|p| line(&p.patient, &p.family, &p.given, &p.birth_date)).collect();
    shown.sort();
    let mut there: Vec<String> = Vec::new();
    for (patient, state) in states.iter().filter(|(patient, _)| **patient != PatientId::ZERO) {
        if let Some((_, resource)) = patient_resource(state) {
            let row = row(&resource, "");
            there.push(line(&patient.hex(), &row.family, &row.given, &row.birth_date));
            let query = format!("{} {}", row.given, row.family);
            let found = device.ask(Search { query, limit: 1_000 }).expect("searches");
            assert!(found.rows.iter().any(|found| found.patient == patient.hex()), "whoever is here is found");
        }
    }
    there.sort();
    assert_eq!(shown, there, "the index agrees with the records");
    shown
}

/// The list of conflicts counts what waits in the records.
fn waiting(device: &Device, states: &BTreeMap<PatientId, PatientState>) -> Vec<String> {
    let open = device.engine.unlocked().expect("open");
    let counted = states.iter().map(|(patient, state)| (*patient, state.waiting() as u32));
    let counted: BTreeMap<PatientId, u32> = counted.filter(|(_, count)| *count > 0).collect();
    assert_eq!(*open.conflicts.borrow(), counted, "the list of conflicts agrees with the records");
    counted.iter().map(|(patient, count)| format!("{patient} {count}")).collect()
}

/// Each author's log is one chain from its first change to its head, and holds every row that there is.
fn walk(device: &Device) {
    let open = device.engine.unlocked().expect("open");
    let heads: Vec<_> = open.heads.borrow().values().copied().collect();
    for head in heads {
        let (mut at, mut last) = (0, Hash::ZERO);
        loop {
            let page = device.engine.read_log(&open, &head.author, at, u64::MAX);
            let (items, done) = pollster::block_on(page).expect("the log");
            for (seq, bytes) in items {
                let signed = Packet::decode(&bytes).expect("a packet").signed;
                let header = signed.header().expect("a header");
                assert_eq!((header.first_seq, header.prev, header.last_seq()), (at + 1, last, seq), "it follows");
                (at, last) = (seq, signed.hash());
            }
            if done {
                break;
            }
        }
        assert_eq!((at, last), (head.seq, head.hash), "the log ends where its head says");
    }
    let spooled = pollster::block_on(device.engine.port().store.within().count(Space::Spool)).expect("counts");
    assert_eq!(spooled, 0, "nothing is left of an import");
    assert!(device.engine.port().store.within().files().is_empty(), "nor a file");
}
