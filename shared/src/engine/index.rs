//! The search index of one device: which patients stand in which row or part on disk. What changes goes into small
//! rows at once; `keep` gathers rows into large parts later.

mod foresee;
mod keep;
mod load;
mod part;
mod rebuild;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use minicbor::{Decode, Encode};

use crate::base::PatientId;
use crate::clinic::search::{Image, IndexEntry, SearchIndex};
use crate::record::bundle::to_cbor;

pub(super) use foresee::Foresight;
pub(super) use part::{Manifest, PACK, Packed, Part};

/// Patients in one sealed row: a save writes one such row again.
const ROW: usize = 16;
/// With so many patients in rows, their rows are gathered.
const SETTLE: usize = 1024;
/// A part that holds more is left alone, so that gathering takes bounded time and memory.
const FULL: usize = 32_768;
/// A part is gathered up with newer ones that hold together at least this fraction of it.
const GROWTH: usize = 8;

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

/// Where a tier of the search index is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    Part(Part),
    Rows(Vec<u32>),
}

#[derive(Default)]
pub(super) struct PatientIndex {
    pub search: SearchIndex,
    /// One a tier: parts first, then what still stands in rows.
    kept: Vec<Kept>,
    /// Rows of what no tier holds yet.
    rows: BTreeMap<u32, Vec<PatientId>>,
    row_of: HashMap<PatientId, u32>,
    next_row: u32,
    /// Not everybody is in it: it is being made again from the log.
    pub lacking: bool,
    /// Keys of rows that do not open.
    spoilt: Vec<Vec<u8>>,
    /// Chunks that no manifest names have been removed.
    swept: bool,
    /// Grows when parts change places, so that whoever gathers some knows that they are no longer where they were.
    edition: u64,
}

impl PatientIndex {
    pub fn len(&self) -> usize {
        self.search.len()
    }

    pub fn contains(&self, patient: &PatientId) -> bool {
        self.search.contains(patient)
    }

    pub fn key(row: u32) -> [u8; 4] {
        row.to_be_bytes()
    }

    /// Takes in one opened row; a row counts more than those with lower numbers.
    pub fn load(&mut self, row: u32, bytes: &[u8]) -> Result<(), minicbor::decode::Error> {
        let segment: Segment = minicbor::decode(bytes)?;
        self.settle_if_many();
        for member in segment.members {
            self.place(member.patient, row);
            self.search.upsert(member.patient, member.entry);
        }
        self.rows.entry(row).or_default();
        self.next_row = self.next_row.max(row.saturating_add(1));
        Ok(())
    }

    /// Adds or changes entries; returns the rows that must be written again.
    pub fn upsert(&mut self, entries: Vec<(PatientId, IndexEntry)>) -> BTreeSet<u32> {
        self.settle_if_many();
        let mut dirty = BTreeSet::new();
        for (patient, entry) in entries {
            let row = self.row_of.get(&patient).copied().unwrap_or_else(|| self.open_row());
            self.place(patient, row);
            self.search.upsert(patient, entry);
            dirty.insert(row);
        }
        dirty
    }

    /// The last row if it has room, or a new one.
    fn open_row(&mut self) -> u32 {
        if let Some((row, members)) = self.rows.last_key_value()
            && members.len() < ROW
        {
            return *row;
        }
        let row = self.next_row;
        self.next_row = row.saturating_add(1);
        row
    }

    fn place(&mut self, patient: PatientId, row: u32) {
        let before = self.row_of.insert(patient, row);
        if before == Some(row) {
            return;
        }
        if let Some(members) = before.and_then(|before| self.rows.get_mut(&before)) {
            members.retain(|member| *member != patient);
        }
        self.rows.entry(row).or_default().push(patient);
    }

    /// Takes entries back out after a commit that failed.
    pub fn undo(&mut self, before: Vec<(PatientId, Option<IndexEntry>)>) {
        for (patient, entry) in before.into_iter().rev() {
            match entry {
                Some(entry) => self.search.upsert(patient, entry),
                None => {
                    self.search.remove(patient);
                    if let Some(row) = self.row_of.remove(&patient)
                        && let Some(slot) = self.rows.get_mut(&row)
                    {
                        slot.retain(|p| *p != patient);
                    }
                }
            }
        }
    }

    pub fn encode(&self, row: u32) -> Vec<u8> {
        let members = self.rows.get(&row).into_iter().flatten();
        let members = members.filter_map(|p| self.search.entry(*p).map(|entry| Member { patient: *p, entry }));
        to_cbor(&Segment { members: members.collect() })
    }

    /// What stands in rows becomes a tier of its own when it is much, so that searching it stays quick. On disk
    /// nothing changes.
    fn settle_if_many(&mut self) {
        if self.search.fresh() >= SETTLE {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        self.row_of.clear();
        if self.search.fresh() > 0 {
            self.search.settle();
            self.kept.push(Kept::Rows(rows.into_keys().collect()));
        } else if let Some(Kept::Rows(last)) = self.kept.last_mut() {
            last.extend(rows.into_keys());
        }
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.kept.iter().filter_map(|kept| match kept {
            Kept::Part(part) => Some(part),
            Kept::Rows(_) => None,
        })
    }

    fn manifest(&self) -> Manifest {
        Manifest { parts: self.parts().cloned().collect(), lacking: self.lacking }
    }

    /// Takes in the images of parts that the manifest now names. What stands in rows counts more.
    fn install(&mut self, parts: Vec<(Part, Image)>) {
        for (part, image) in parts {
            let place = self.parts().count();
            self.search.splice(place..place, Rc::new(image));
            self.kept.insert(place, Kept::Part(part));
        }
        self.edition += 1;
    }

    /// Puts one part in the place of several tiers.
    fn replace(&mut self, place: Range<usize>, part: Part, image: Rc<Image>) {
        self.search.splice(place.clone(), image);
        self.kept.splice(place, [Kept::Part(part)]);
        self.edition += 1;
    }

    /// Tiers that should be gathered into one, if any: all that stand in rows, older parts that are not much larger,
    /// small neighbours, and parts of which half is out of date.
    fn due(&self) -> Option<Range<usize>> {
        let sizes: Vec<(usize, usize)> =
            (0..self.search.tiers()).filter_map(|n| self.search.tier(n)).map(|(i, live)| (i.len(), live)).collect();
        let parts = self.parts().count();
        if parts < sizes.len() {
            let mut end = parts + 1;
            let mut sum = sizes.get(parts).map_or(0, |size| size.0);
            while let Some((size, _)) = sizes.get(end).filter(|(size, _)| sum + size <= FULL) {
                sum += size;
                end += 1;
            }
            return Some(reach(&sizes, parts, sum)..end);
        }
        let joins = (1..=sizes.len()).rev().find_map(|end| {
            let start = reach(&sizes, end - 1, sizes.get(end - 1).map_or(0, |size| size.0));
            (end - start > 1).then_some(start..end)
        });
        let stale = || sizes.iter().position(|(size, live)| live * 2 < *size).map(|n| n..n + 1);
        joins.or_else(stale)
    }
}

/// How far down tiers below `start`, which hold `sum`, should be gathered with it.
fn reach(sizes: &[(usize, usize)], mut start: usize, mut sum: usize) -> usize {
    while let Some((size, _)) = start.checked_sub(1).and_then(|below| sizes.get(below)) {
        if sum + size > FULL || *size > GROWTH * sum {
            break;
        }
        sum += size;
        start -= 1;
    }
    start
}
