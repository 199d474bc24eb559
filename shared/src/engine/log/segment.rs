//! A row of the log: what one commit brought for one patient. A sealed directory holds the headers and the patient's
//! wrapped keys; the bodies follow as they travel. A chart is one range of such rows, and nothing else.

use std::ops::Range;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::base::{DeviceId, PatientId, order};
use crate::port::{Port, Space, Write};
use crate::record::bundle::to_cbor;
use crate::record::{Header, Packet, SignedHeader};

use super::Engine;
use super::chain::Link;
use crate::engine::api::Fault;
use crate::engine::open::Open;

/// First byte of a segment. Rows of version 1 are CBOR arrays and begin with 0x82.
const VERSION: u8 = 2;
/// Bundles in a row; what more there is goes into the next.
pub(in crate::engine) const BUNDLES_MAX: usize = 64;
/// Bytes of bodies after which a row is full. One body may be larger.
pub(in crate::engine) const BODIES_FULL: usize = 1 << 20;
/// Rows made before somebody else has a turn.
const ROWS_TOGETHER: usize = 64;
/// Bytes of the patient's part in a key of `Space::Log`.
pub(super) const PATIENT: usize = 16;

/// Marks the rows of an import that is not finished, in the clear: it is random and says nothing of the patient.
pub(in crate::engine) type Tag = [u8; 8];

/// One row of the log as version 1 wrote it: one bundle, its header sealed for this device.
#[derive(Encode, Decode)]
pub(in crate::engine) struct LogRow {
    #[n(0)]
    pub header: ByteVec,
    #[n(1)]
    pub body: ByteVec,
}

/// What is sealed of a segment.
#[derive(Encode, Decode)]
pub(in crate::engine) struct Directory {
    /// Ledger entries. They stand outside what is signed: rows can be written again under other keys, or without.
    #[n(0)]
    pub keys: Vec<ByteVec>,
    #[n(1)]
    pub bundles: Vec<Place>,
}

/// One bundle of a segment. Bodies stand in the order of their places.
#[derive(Encode, Decode)]
pub(in crate::engine) struct Place {
    #[n(0)]
    pub signed: SignedHeader,
    /// Which of `Directory::keys` opens it.
    #[n(1)]
    pub key: u32,
    /// Bytes of its body.
    #[n(2)]
    pub length: u32,
}

/// A bundle ready to be stored: numbered, signed, sealed.
#[derive(Clone)]
pub(in crate::engine) struct Bundle {
    pub header: Header,
    pub signed: SignedHeader,
    pub body: Vec<u8>,
    /// The ledger entry of the key that opens it.
    pub ledger: Vec<u8>,
}

/// A row of the log, of either version, with its directory opened.
pub(in crate::engine) struct Segment {
    value: Vec<u8>,
    pub bundles: Vec<Stored>,
}

/// A bundle of an opened row.
pub(in crate::engine) struct Stored {
    pub signed: SignedHeader,
    pub header: Header,
    /// Version 1 kept it in `Space::Keys`.
    pub ledger: Option<ByteVec>,
    body: Range<usize>,
}

impl Segment {
    pub fn body(&self, bundle: &Stored) -> &[u8] {
        self.value.get(bundle.body.clone()).unwrap_or_default()
    }

    /// One bundle, with its key in a store apart.
    pub fn is_of_first_release(&self) -> bool {
        self.bundles.iter().any(|bundle| bundle.ledger.is_none())
    }

    pub fn find(&self, author: &DeviceId, last_seq: u64) -> Option<&Stored> {
        self.bundles.iter().find(|bundle| bundle.header.author == *author && bundle.header.last_seq() == last_seq)
    }

    /// What travels of a bundle. `ledger` where the row is of version 1.
    pub fn packet(&self, bundle: &Stored, ledger: Option<Vec<u8>>) -> Option<Packet> {
        let ledger = bundle.ledger.clone().or(ledger.map(ByteVec::from))?;
        Some(Packet { signed: bundle.signed.clone(), body: self.body(bundle).to_vec().into(), ledger })
    }
}

impl Open {
    /// Where a new segment of a patient goes: random, so that no author chooses another's place; an import's rows
    /// bear its tag.
    pub(in crate::engine) fn segment_key(
        &self,
        patient: &PatientId,
        tag: Option<&Tag>,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Vec<u8> {
        let mut id = [0; 16];
        fill(&mut id);
        if let Some(tag) = tag {
            id.iter_mut().zip(tag).for_each(|(byte, tag)| *byte = *tag);
        }
        [self.keys.row_key(patient), id].concat()
    }

    /// Whether a row of the log belongs to an import that is not finished.
    pub fn is_staged(&self, key: &[u8]) -> bool {
        let tags = self.staged.borrow();
        !tags.is_empty() && key.get(PATIENT..).and_then(|id| id.first_chunk()).is_some_and(|tag| tags.contains(tag))
    }
}

impl<P: Port> Engine<P> {
    /// The rows that hold these bundles, one a patient, and the links by which their authors' chains find them.
    /// `kept` are links to what went into quarantine instead.
    pub(super) async fn bundle_writes(
        &self,
        open: &Open,
        bundles: Vec<Bundle>,
        kept: Vec<(DeviceId, Link)>,
        tag: Option<&Tag>,
    ) -> Result<Vec<Write>, Fault> {
        let mut writes = Vec::new();
        let mut links = kept;
        for (count, bundles) in rows(bundles).into_iter().enumerate() {
            if count % ROWS_TOGETHER == ROWS_TOGETHER - 1 {
                self.port.yield_now().await;
            }
            let Some(patient) = bundles.first().map(|bundle| bundle.header.patient) else { continue };
            let key = open.segment_key(&patient, tag, &mut self.fill());
            let link = |bundle: &Bundle| (bundle.header.author, Link::new(bundle.header.last_seq(), key.clone()));
            links.extend(bundles.iter().map(link));
            writes.push(self.segment_write(open, key, bundles)?);
        }
        writes.extend(super::chain::link_writes(open, links));
        Ok(writes)
    }

    /// Writes bundles of one patient under a key of the log.
    pub(in crate::engine) fn segment_write(
        &self,
        open: &Open,
        key: Vec<u8>,
        bundles: Vec<Bundle>,
    ) -> Result<Write, Fault> {
        let mut keys: Vec<ByteVec> = Vec::new();
        let mut places = Vec::with_capacity(bundles.len());
        let mut bodies = Vec::with_capacity(bundles.len());
        for Bundle { signed, body, ledger, .. } in bundles {
            let at = keys.iter().position(|key| **key == ledger).unwrap_or_else(|| {
                keys.push(ledger.into());
                keys.len() - 1
            });
            places.push(Place { signed, key: at as u32, length: body.len() as u32 });
            bodies.push(body);
        }
        let directory = to_cbor(&Directory { keys, bundles: places });
        let sealed = self.seal_row(open, &open.keys.log_header, Space::Log, &key, &directory)?;
        let length = bodies.iter().map(Vec::len).sum::<usize>();
        let mut value = Vec::with_capacity(5 + sealed.len() + length);
        value.push(VERSION);
        value.extend_from_slice(&(sealed.len() as u32).to_le_bytes());
        value.extend_from_slice(&sealed);
        bodies.iter().for_each(|body| value.extend_from_slice(body));
        Ok(Write::put(Space::Log, key, value))
    }

    pub(in crate::engine) fn open_segment(&self, open: &Open, key: &[u8], value: Vec<u8>) -> Result<Segment, Fault> {
        let damaged = || Fault::damaged("a row of the log");
        let Some((&VERSION, rest)) = value.split_first() else { return self.open_first_row(open, key, &value) };
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = u32::from_le_bytes(*length) as usize;
        let sealed = rest.get(..length).ok_or_else(damaged)?;
        let plain = self.open_row(open, &open.keys.log_header, Space::Log, key, sealed)?;
        let directory: Directory = minicbor::decode(&plain).map_err(|_| damaged())?;
        let mut at = 5 + length;
        let mut bundles = Vec::with_capacity(directory.bundles.len());
        for Place { signed, key, length } in directory.bundles {
            let body = at..at.checked_add(length as usize).filter(|end| *end <= value.len()).ok_or_else(damaged)?;
            at = body.end;
            let header = signed.header().map_err(|_| Fault::damaged("a bundle's header"))?;
            let ledger = directory.keys.get(key as usize).cloned().ok_or_else(damaged)?;
            bundles.push(Stored { signed, header, ledger: Some(ledger), body });
        }
        Ok(Segment { value, bundles })
    }

    fn open_first_row(&self, open: &Open, key: &[u8], value: &[u8]) -> Result<Segment, Fault> {
        let row: LogRow = minicbor::decode(value).map_err(|_| Fault::damaged("a row of the log"))?;
        let plain = self.open_row(open, &open.keys.log_header, Space::Log, key, &row.header)?;
        let signed: SignedHeader = minicbor::decode(&plain).map_err(|_| Fault::damaged("a bundle's header"))?;
        let header = signed.header().map_err(|_| Fault::damaged("a bundle's header"))?;
        let value: Vec<u8> = row.body.into();
        let body = 0..value.len();
        Ok(Segment { value, bundles: vec![Stored { signed, header, ledger: None, body }] })
    }
}

/// Parts bundles into rows: one patient each, and none too large. Their order within a patient stays.
pub(in crate::engine) fn rows(mut bundles: Vec<Bundle>) -> Vec<Vec<Bundle>> {
    order::sort_by_key(&mut bundles, |bundle| bundle.header.patient);
    let mut rows: Vec<Vec<Bundle>> = Vec::new();
    let mut bytes = 0;
    for bundle in bundles {
        let fits = rows.last().is_some_and(|row| {
            let same = row.last().is_some_and(|last| last.header.patient == bundle.header.patient);
            same && row.len() < BUNDLES_MAX && bytes + bundle.body.len() <= BODIES_FULL
        });
        if !fits {
            rows.push(Vec::new());
            bytes = 0;
        }
        bytes += bundle.body.len();
        if let Some(row) = rows.last_mut() {
            row.push(bundle);
        }
    }
    rows
}
