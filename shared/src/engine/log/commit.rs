//! The one place where anything of the record reaches the disk, and what stands beside it in the same transaction:
//! chain ends, conflicts, the search index, the audit.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::order::filled;
use crate::base::{DeviceId, PatientId, Timestamp};
use crate::clinic::search::IndexEntry;
use crate::fhir::resource::Resource;
use crate::port::{Port, Space, Store, Write, prefix_end};
use crate::record::PatientState;
use crate::record::bundle::to_cbor;
use crate::sync::{Advance, Head};

use super::{Engine, Opened};
use crate::engine::api::Fault;
use crate::engine::audit::Act;
use crate::engine::index::PatientIndex;
use crate::engine::open::{HeldKey, Known, Open};

const CONFLICTS_KEY: &[u8] = b"conflicts";

/// What goes to the disk together.
#[derive(Default)]
pub(super) struct Commit {
    /// Bundles whose rows are among the writes.
    pub opened: Vec<Opened>,
    /// Where their authors' chains end now.
    pub heads: Vec<Head>,
    /// The keys that open them.
    pub keys: Vec<(PatientId, HeldKey)>,
    pub acts: Vec<Act>,
    pub writes: Vec<Write>,
}

fn head_key(open: &Open, author: &DeviceId) -> Vec<u8> {
    [b"head/".as_slice(), &open.keys.row_hash("author", author.as_bytes())].concat()
}

impl<P: Port> Engine<P> {
    /// The caller holds the writer's turn. The new state is made beside the old one and takes its place when the disk has
    /// it: nobody ever sees, or builds upon, what was not stored.
    pub(super) async fn commit(
        &self,
        open: &Rc<Open>,
        commit: Commit,
        now: Timestamp,
    ) -> Result<Vec<PatientId>, Fault> {
        let Commit { opened, heads, keys, acts, mut writes } = commit;
        let mut states = Vec::new();
        for (patient, bundles) in by_patient(&opened) {
            let mut state = PatientState::clone(&*self.state(open, &patient).await?);
            let mut register = !open.index.borrow().contains(&patient);
            for bundle in bundles {
                let types = bundle.changes.iter().map(|c| c.resource.resource_type.as_str());
                register |= types.into_iter().any(|t| matches!(t, "Patient" | "Encounter"));
                bundle.fold_into(&mut state);
            }
            states.push((patient, Rc::new(state), register && patient != PatientId::ZERO));
        }
        // From here to the disk nothing waits for anybody.
        if open.closed.get() {
            return Err(Fault::Locked);
        }
        for head in &heads {
            writes.push(self.head_write(open, head)?);
        }
        let (audit, audit_head) = self.audit_writes(open, &acts, now)?;
        writes.extend(audit);
        let mrn = open.next_mrn.get();
        if mrn != open.stored_mrn.get() {
            writes.push(self.counters_write(open)?);
        }
        let waiting = filled(states.iter().map(|(patient, state, _)| (*patient, state.waiting() as u32)));
        writes.extend(self.conflict_write(open, &waiting)?);
        let registered = states.iter().filter(|(_, _, register)| *register);
        let entries: Vec<(PatientId, IndexEntry)> =
            registered.filter_map(|(patient, state, _)| Some((*patient, index_entry(state)?))).collect();
        self.commit_indexed(open, entries, writes).await?;

        for head in &heads {
            open.heads.borrow_mut().insert(head.author, *head);
        }
        for bundle in &opened {
            open.hlc.set(open.hlc.get().witness(bundle.header.hlc, now));
        }
        open.learn_keys(keys);
        *open.audit.borrow_mut() = audit_head;
        open.stored_mrn.set(mrn);
        take_waiting(&mut open.conflicts.borrow_mut(), &waiting);
        let mut kept = open.states.borrow_mut();
        let mut patients = Vec::with_capacity(states.len());
        for (patient, state, _) in states {
            kept.bump(patient);
            kept.keep(patient, Known::Folded(state));
            patients.push(patient);
        }
        drop(kept);
        self.committed(Advance { heads, control: vec![], forked: vec![] });
        Ok(patients)
    }

    /// One transaction for these writes and for what changes of the search index; if it fails, neither changed.
    async fn commit_indexed(
        &self,
        open: &Open,
        entries: Vec<(PatientId, IndexEntry)>,
        mut writes: Vec<Write>,
    ) -> Result<(), Fault> {
        let before: Vec<(PatientId, Option<IndexEntry>)> = {
            let index = open.index.borrow();
            entries.iter().map(|(p, _)| (*p, index.search.entry(*p))).collect()
        };
        let dirty = open.index.borrow_mut().upsert(entries);
        let outcome = async {
            for row in dirty {
                let key = PatientIndex::key(row);
                let plain = open.index.borrow().encode(row);
                let sealed = self.seal_row(open, &open.keys.index, Space::Index, &key, &plain)?;
                writes.push(Write::put(Space::Index, key, sealed));
            }
            self.port.store().commit(writes).await.map_err(Fault::from)
        }
        .await;
        if outcome.is_err() {
            open.index.borrow_mut().undo(before);
        }
        outcome
    }

    /// Makes again what is kept of these patients beside their records: their rows of the search index, and how many of
    /// their elements wait for a clinician.
    pub(in crate::engine) async fn reckon(&self, open: &Open, patients: &[PatientId]) -> Result<(), Fault> {
        let _turn = self.writer.lock().await;
        let (mut entries, mut waiting) = (Vec::new(), BTreeMap::new());
        for patient in patients.iter().filter(|patient| **patient != PatientId::ZERO) {
            let state = self.state(open, patient).await?;
            waiting.insert(*patient, state.waiting() as u32);
            entries.extend(index_entry(&state).map(|entry| (*patient, entry)));
        }
        if open.closed.get() {
            return Err(Fault::Locked);
        }
        let writes = self.conflict_write(open, &waiting)?.into_iter().collect();
        self.commit_indexed(open, entries, writes).await?;
        take_waiting(&mut open.conflicts.borrow_mut(), &waiting);
        Ok(())
    }

    pub(super) fn head_write(&self, open: &Open, head: &Head) -> Result<Write, Fault> {
        let key = head_key(open, &head.author);
        let sealed = self.seal_row(open, &open.keys.config, Space::Meta, &key, &to_cbor(head))?;
        Ok(Write::put(Space::Meta, key, sealed))
    }

    pub(super) fn conflict_write(
        &self,
        open: &Open,
        waiting: &BTreeMap<PatientId, u32>,
    ) -> Result<Option<Write>, Fault> {
        let mut all = open.conflicts.borrow().clone();
        take_waiting(&mut all, waiting);
        if all == *open.conflicts.borrow() {
            return Ok(None);
        }
        let list: Vec<(PatientId, u32)> = all.into_iter().collect();
        let sealed = self.seal_row(open, &open.keys.config, Space::Meta, CONFLICTS_KEY, &to_cbor(&list))?;
        Ok(Some(Write::put(Space::Meta, CONFLICTS_KEY, sealed)))
    }

    pub(in crate::engine) async fn load_conflicts(&self, open: &Open) -> Result<BTreeMap<PatientId, u32>, Fault> {
        let Some(sealed) = self.port.store().get(Space::Meta, CONFLICTS_KEY).await? else { return Ok(BTreeMap::new()) };
        let plain = self.open_row(open, &open.keys.config, Space::Meta, CONFLICTS_KEY, &sealed)?;
        let list: Vec<(PatientId, u32)> =
            minicbor::decode(&plain).map_err(|_| Fault::damaged("the list of conflicts"))?;
        Ok(filled(list))
    }

    pub(in crate::engine) async fn load_heads(&self, open: &Open) -> Result<BTreeMap<DeviceId, Head>, Fault> {
        let prefix = b"head/";
        let rows = self.port.store().range(Space::Meta, prefix, prefix_end(prefix).as_deref(), None).await?;
        let mut heads = BTreeMap::new();
        for row in rows {
            let plain = self.open_row(open, &open.keys.config, Space::Meta, &row.key, &row.value)?;
            let head: Head = minicbor::decode(&plain).map_err(|_| Fault::damaged("the end of a log"))?;
            heads.insert(head.author, head);
        }
        Ok(heads)
    }
}

fn by_patient(opened: &[Opened]) -> BTreeMap<PatientId, Vec<&Opened>> {
    let mut by_patient: BTreeMap<PatientId, Vec<&Opened>> = BTreeMap::new();
    for bundle in opened {
        by_patient.entry(bundle.header.patient).or_default().push(bundle);
    }
    by_patient
}

/// How many elements wait for a clinician, patient by patient; those with none are left out.
pub(super) fn take_waiting(all: &mut BTreeMap<PatientId, u32>, changed: &BTreeMap<PatientId, u32>) {
    all.extend(changed);
    all.retain(|_, count| *count > 0);
}

/// The row of the search index for what is known of a patient; `None` while the Patient resource is not there.
pub(in crate::engine) fn index_entry(state: &PatientState) -> Option<IndexEntry> {
    let (name, patient_state) = state.resources.iter().find(|(name, _)| name.resource_type == "Patient")?;
    let patient: Resource = patient_state.resource(name)?;
    let last_visit = state
        .resources
        .iter()
        .filter(|(name, _)| name.resource_type == "Encounter")
        .filter_map(|(_, encounter)| {
            let period = encounter.elements.get(&("period".to_owned(), None))?.shown()?.value.as_deref()?;
            let period: serde_json::Value = serde_json::from_str(period).ok()?;
            period.get("start").and_then(|s| s.as_str()).map(str::to_owned)
        })
        .max()
        .unwrap_or_default();
    Some(IndexEntry::from_resource(&patient, &last_visit, &name.id))
}
