//! What waits of patients who are new, made into packed bodies and their rows of the search index: everything up to where
//! keys are needed. Pure, so that any thread may do it.

use std::collections::HashSet;

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};

use crate::base::{Hlc, PatientId, Timestamp};
use crate::clinic::search::IndexEntry;
use crate::engine::api::Fault;
use crate::engine::log::{Arrival, Parcel};
use crate::record::bundle::to_cbor;

use super::sift::start_of;
use super::waiting::{Waiting, spoilt, waiting};

/// Bytes of resources that are packed at once, unless one patient has more.
pub(super) const BATCH: usize = 256 * 1024;

/// Patients who are new, all of each, one after the other.
#[derive(Default)]
pub(super) struct Batch {
    records: Vec<u8>,
    count: u64,
}

#[derive(Encode, Decode)]
struct Job<'a> {
    #[n(0)]
    part: u16,
    /// The first change is made after this; each has the next reading.
    #[n(1)]
    hlc: Hlc,
    #[b(2)]
    records: &'a ByteSlice,
}

/// What came of a batch.
#[derive(Encode, Decode)]
pub(super) struct Packed {
    #[n(0)]
    pub part: u16,
    #[n(1)]
    pub patients: Vec<Newcomer>,
    /// Why the one after them could not be packed.
    #[n(2)]
    pub refused: Option<String>,
}

/// Somebody who is new, ready for their keys.
#[derive(Encode, Decode)]
pub(super) struct Newcomer {
    #[n(0)]
    pub parcel: Parcel,
    #[n(1)]
    pub entry: Option<IndexEntry>,
    /// Resources that waited, and their bytes.
    #[n(2)]
    pub waited: u64,
    #[n(3)]
    pub bytes: u64,
}

impl Batch {
    pub fn add(&mut self, list: &[Waiting<'_>]) {
        list.iter().for_each(|one| self.records.extend_from_slice(one.record));
        self.count += list.len() as u64;
    }

    pub fn is_full(&self) -> bool {
        self.records.len() >= BATCH
    }

    /// How many readings of the clock its changes take.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// As a piece of work for `pack`, which leaves the batch empty.
    pub fn job(&mut self, part: u16, hlc: Hlc) -> Vec<u8> {
        self.count = 0;
        let records = std::mem::take(&mut self.records);
        to_cbor(&Job { part, hlc, records: records.as_slice().into() })
    }
}

/// Packs a batch. `None` when it is none.
pub(super) fn pack(job: &[u8]) -> Option<Packed> {
    let Job { part, mut hlc, records } = minicbor::decode(job).ok()?;
    let list = waiting(records).collect::<Result<Vec<_>, Fault>>().ok()?;
    let mut packed = Packed { part, patients: Vec::new(), refused: None };
    for list in list.chunk_by(|a, b| a.patient == b.patient) {
        match newcomer(list, &mut hlc) {
            Ok(newcomer) => packed.patients.push(newcomer),
            Err(Fault::Refused { detail }) => {
                packed.refused = Some(detail);
                break;
            }
            Err(_) => return None,
        }
    }
    Some(packed)
}

fn newcomer(list: &[Waiting<'_>], hlc: &mut Hlc) -> Result<Newcomer, Fault> {
    let patient = list.first().map_or(PatientId::ZERO, |one| one.patient);
    let mut arrival = Arrival::of(patient);
    let (mut person, mut visit, mut seen) = (None, String::new(), HashSet::new());
    for one in list {
        // Of what stands twice the first counts.
        if !seen.insert(&one.name) {
            continue;
        }
        // The next reading: the wall's is in the one it began with.
        *hlc = hlc.tick(Timestamp(0));
        let resource_type = one.name.resource_type.as_str();
        one.write_to(arrival.place(resource_type), *hlc)?;
        match resource_type {
            "Encounter" => visit = visit.max(start_of(one)?),
            "Patient" if person.is_none() => person = Some(one.resource()?),
            _ => {}
        }
    }
    Ok(Newcomer {
        parcel: arrival.pack()?,
        entry: person.map(|person| IndexEntry::from_resource(&person, &visit, &person.id)),
        waited: list.len() as u64,
        bytes: list.iter().map(|one| one.size as u64).sum(),
    })
}

/// What `pack` made, wherever it was made.
pub(super) fn packed(bytes: &[u8]) -> Result<Packed, Fault> {
    minicbor::decode(bytes).map_err(|_| spoilt())
}
