//! The search index as it is kept on disk: sealed rows of up to 64 patients each, loaded whole at unlock.

use std::collections::{BTreeSet, HashMap};

use minicbor::{Decode, Encode};

use crate::base::PatientId;
use crate::clinic::search::{IndexEntry, SearchIndex};
use crate::record::bundle::to_cbor;

/// Patients in one sealed row.
const ROW: usize = 64;

#[derive(Encode, Decode)]
pub(super) struct Member {
    #[n(0)]
    pub patient: PatientId,
    #[n(1)]
    pub entry: IndexEntry,
}

#[derive(Encode, Decode)]
pub(super) struct Segment {
    #[n(0)]
    pub members: Vec<Member>,
}

#[derive(Default)]
pub(super) struct PatientIndex {
    pub search: SearchIndex,
    row_of: HashMap<PatientId, u32>,
    rows: Vec<Vec<PatientId>>,
}

impl PatientIndex {
    pub fn len(&self) -> usize {
        self.row_of.len()
    }

    pub fn contains(&self, patient: &PatientId) -> bool {
        self.row_of.contains_key(patient)
    }

    pub fn patients(&self) -> Vec<PatientId> {
        self.rows.iter().flatten().copied().collect()
    }

    pub fn key(row: u32) -> [u8; 4] {
        row.to_be_bytes()
    }

    /// Takes in one opened row.
    pub fn load(&mut self, row: u32, bytes: &[u8]) -> Result<(), minicbor::decode::Error> {
        let segment: Segment = minicbor::decode(bytes)?;
        while self.rows.len() <= row as usize {
            self.rows.push(Vec::new());
        }
        for member in segment.members {
            self.row_of.insert(member.patient, row);
            if let Some(slot) = self.rows.get_mut(row as usize) {
                slot.push(member.patient);
            }
            self.search.upsert(member.patient, member.entry);
        }
        Ok(())
    }

    /// Adds or changes entries; returns the rows that must be written again.
    pub fn upsert(&mut self, entries: Vec<(PatientId, IndexEntry)>) -> BTreeSet<u32> {
        let mut dirty = BTreeSet::new();
        for (patient, entry) in entries {
            let row = match self.row_of.get(&patient) {
                Some(row) => *row,
                None => {
                    if self.rows.last().is_none_or(|last| last.len() >= ROW) {
                        self.rows.push(Vec::with_capacity(ROW));
                    }
                    let row = (self.rows.len() - 1) as u32;
                    if let Some(last) = self.rows.last_mut() {
                        last.push(patient);
                    }
                    self.row_of.insert(patient, row);
                    row
                }
            };
            self.search.upsert(patient, entry);
            dirty.insert(row);
        }
        dirty
    }

    /// Takes entries back out after a commit that failed.
    pub fn undo(&mut self, before: Vec<(PatientId, Option<IndexEntry>)>) {
        for (patient, entry) in before.into_iter().rev() {
            match entry {
                Some(entry) => self.search.upsert(patient, entry),
                None => {
                    self.search.remove(patient);
                    if let Some(row) = self.row_of.remove(&patient)
                        && let Some(slot) = self.rows.get_mut(row as usize)
                    {
                        slot.retain(|p| *p != patient);
                    }
                }
            }
        }
    }

    pub fn encode(&self, row: u32) -> Vec<u8> {
        let members = self
            .rows
            .get(row as usize)
            .into_iter()
            .flatten()
            .filter_map(|p| self.search.entry(*p).map(|entry| Member { patient: *p, entry: entry.clone() }))
            .collect();
        to_cbor(&Segment { members })
    }
}
