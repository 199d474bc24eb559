//! Where an import waits between its preview and its commit: every resource by whose record it belongs to, packed and
//! sealed in pieces under a key of this import alone. Nothing here is part of the record, and nobody else reads it.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use crate::base::PatientId;
use crate::crypto::Key32;
use crate::crypto::kdf::derive;
use crate::engine::Engine;
use crate::engine::api::Fault;
use crate::engine::index::Part;
use crate::engine::open::Open;
use crate::port::{BulkAead, Port, Row, Space, Store, Write, prefix_end};
use crate::record::bundle::to_cbor;

use super::waiting::{append, spoilt};

/// Names an import in the keys of its rows; random, so that it tells nothing.
pub(in crate::engine) type Tag = [u8; 8];

/// A part is taken into memory whole when it is compared and written: this much of the files goes into one.
const PART: u64 = 12 * 1024 * 1024;
const MAX_PARTS: u64 = 128;
/// What waits in memory over all parts until it is sealed.
const WAITING: usize = 16 * 1024 * 1024;
/// Bytes of one piece before packing, and of one commit after it.
const PIECE: usize = 256 * 1024;
const BATCH: usize = 4 * 1024 * 1024;
/// What a piece may unpack to; one resource may be larger than a piece.
const MAX_PIECE: usize = 48 * 1024 * 1024;
/// Rows deleted in one commit.
const SWEEP: u32 = 128;

/// How far an import has come: a part, and the last patient of it in the order of their pseudonyms.
pub(in crate::engine) type Place = (u16, Option<PatientId>);

/// How far an import has come; the row that stands for it, kept under its tag alone.
#[derive(Clone, Debug, Encode, Decode)]
pub(in crate::engine) struct Job {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub step: Step,
    #[n(2)]
    pub key: ByteArray<32>,
    /// Parts by patient; the clinic's own resources stand in one more.
    #[n(3)]
    pub parts: u16,
    /// In the log up to here, and in the parts of the search index that no manifest names yet up to there.
    #[n(4)]
    pub written: Place,
    #[n(5)]
    pub indexed: Place,
    #[n(6)]
    pub index: Vec<Part>,
    #[n(7)]
    pub resources: u64,
    #[n(8)]
    pub patients: u64,
    /// Resources written so far.
    #[n(9)]
    pub done: u64,
    /// Milliseconds spent on it so far.
    #[n(10)]
    pub spent: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(in crate::engine) enum Step {
    /// Being read, or waiting for a word: nothing of it is kept when the session ends.
    #[n(0)]
    Reading,
    /// Being written: it can be finished or undone after any interruption.
    #[n(1)]
    Writing,
    /// Being undone: nothing else can become of it.
    #[n(2)]
    Undoing,
    /// Part of the record; what is left of the waiting rows is swept away.
    #[n(3)]
    Written,
}

impl Job {
    pub fn new(size: u64, key: [u8; 32]) -> Job {
        Job {
            version: 1,
            step: Step::Reading,
            key: key.into(),
            parts: size.div_ceil(PART).clamp(1, MAX_PARTS) as u16,
            written: (0, None),
            indexed: (0, None),
            index: Vec::new(),
            resources: 0,
            patients: 0,
            done: 0,
            spent: 0,
        }
    }

    /// Where a patient's resources go. Pseudonyms are hashes, so parts grow alike.
    fn part_of(&self, patient: &PatientId) -> u16 {
        if *patient == PatientId::ZERO {
            return self.parts;
        }
        let [a, b, ..] = patient.0;
        u16::from_be_bytes([a, b]) % self.parts
    }
}

fn piece_prefix(tag: &Tag, part: u16) -> Vec<u8> {
    [tag.as_slice(), &part.to_be_bytes()].concat()
}

fn piece_key(tag: &Tag, part: u16, number: u32) -> Vec<u8> {
    [tag.as_slice(), &part.to_be_bytes(), &number.to_be_bytes()].concat()
}

/// Takes resources and hands out pieces to seal.
pub(in crate::engine) struct Spool {
    pub tag: Tag,
    pub job: Job,
    buffers: Vec<Buffer>,
    limit: usize,
    sealed: Vec<Write>,
    size: usize,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    pieces: u32,
}

impl Spool {
    pub fn new(tag: Tag, job: Job) -> Spool {
        let buffers: Vec<Buffer> = (0..=job.parts).map(|_| Buffer::default()).collect();
        let limit = (WAITING / buffers.len()).min(PIECE);
        Spool { tag, job, buffers, limit, sealed: Vec::new(), size: 0 }
    }

    #[cfg(test)]
    pub fn gathered(&self, patient: &PatientId) -> &[u8] {
        self.buffers.get(usize::from(self.job.part_of(patient))).map_or(&[], |buffer| &buffer.bytes)
    }

    /// Adds a resource; a part that is full comes back, to be sealed before the next.
    pub fn add(&mut self, patient: &PatientId, record: &[u8]) -> Option<u16> {
        let part = self.job.part_of(patient);
        let buffer = self.buffers.get_mut(usize::from(part))?;
        append(&mut buffer.bytes, patient, record);
        (buffer.bytes.len() >= self.limit).then_some(part)
    }
}

impl<P: Port> Engine<P> {
    /// Packs and seals what one part has gathered; every few of them are committed together.
    pub(super) async fn spill(&self, open: &Open, spool: &mut Spool, part: u16) -> Result<(), Fault> {
        let Some(buffer) = spool.buffers.get_mut(usize::from(part)) else { return Ok(()) };
        if !buffer.bytes.is_empty() {
            let key = piece_key(&spool.tag, part, buffer.pieces);
            let packed = lz4_flex::block::compress_prepend_size(&buffer.bytes);
            buffer.pieces += 1;
            buffer.bytes.clear();
            let content = derive(&Key32::from_bytes(spool.job.key.into()), "import-piece", &key);
            let aad = open.row_context(Space::Spool.name(), &key).aad();
            // The key is derived for this piece alone, so a fixed nonce is safe.
            let sealed = self.port.aead().seal(content.as_bytes(), &[0; 12], &aad, &packed).await?;
            spool.size += sealed.len();
            spool.sealed.push(Write::put(Space::Spool, key, sealed));
        }
        if spool.size < BATCH { Ok(()) } else { self.flush(open, spool).await }
    }

    async fn flush(&self, open: &Open, spool: &mut Spool) -> Result<(), Fault> {
        spool.size = 0;
        let writes = std::mem::take(&mut spool.sealed);
        if writes.is_empty() { Ok(()) } else { self.commit_rows(open, writes).await }
    }

    /// Everything that still waits in memory goes to the disk.
    pub(super) async fn spill_rest(&self, open: &Open, spool: &mut Spool) -> Result<(), Fault> {
        for part in 0..=spool.job.parts {
            self.spill(open, spool, part).await?;
        }
        self.flush(open, spool).await?;
        spool.buffers = Vec::new();
        Ok(())
    }

    pub(super) fn job_write(&self, open: &Open, tag: &Tag, job: &Job) -> Result<Write, Fault> {
        let sealed = self.seal_row(open, &open.keys.config, Space::Spool, tag, &to_cbor(job))?;
        Ok(Write::put(Space::Spool, *tag, sealed))
    }

    /// Beside the job: what its report will say.
    pub(super) fn facts_write(&self, open: &Open, tag: &Tag, facts: &[u8]) -> Result<Write, Fault> {
        let key = facts_key(tag);
        let sealed = self.seal_row(open, &open.keys.config, Space::Spool, &key, facts)?;
        Ok(Write::put(Space::Spool, key, sealed))
    }

    pub(super) async fn load_facts(&self, open: &Open, tag: &Tag) -> Result<Vec<u8>, Fault> {
        let key = facts_key(tag);
        let sealed = self.port.store().get(Space::Spool, &key).await?.ok_or_else(spoilt)?;
        self.open_row(open, &open.keys.config, Space::Spool, &key, &sealed)
    }

    pub(super) async fn load_job(&self, open: &Open, tag: &Tag) -> Result<Job, Fault> {
        let sealed = self.port.store().get(Space::Spool, tag).await?.ok_or(Fault::NotFound)?;
        let plain = self.open_row(open, &open.keys.config, Space::Spool, tag, &sealed)?;
        let job: Job = minicbor::decode(&plain).map_err(|_| spoilt())?;
        if job.version == 1 { Ok(job) } else { Err(spoilt()) }
    }

    /// Imports that left something on this device. What does not open is told with no job: it can only be swept away.
    pub(super) async fn jobs_kept(&self, open: &Open) -> Result<Vec<(Tag, Option<Job>)>, Fault> {
        let mut found = Vec::new();
        let mut from = Vec::new();
        while let Some(key) = self.port.store().keys(Space::Spool, &from, None, Some(1)).await?.pop() {
            let Some(tag) = key.first_chunk::<8>().copied() else { break };
            let sealed = self.port.store().get(Space::Spool, &tag).await?;
            let plain = sealed.and_then(|s| self.open_row(open, &open.keys.config, Space::Spool, &tag, &s).ok());
            found.push((tag, plain.and_then(|plain| minicbor::decode(&plain).ok())));
            let Some(next) = prefix_end(&tag) else { break };
            from = next;
        }
        Ok(found)
    }

    /// The pieces of one part from number `from` on, at most so many, opened.
    pub(super) async fn pieces(
        &self,
        open: &Open,
        tag: &Tag,
        job: &Job,
        part: u16,
        from: u32,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, Fault> {
        let end = prefix_end(&piece_prefix(tag, part));
        let rows =
            self.port.store().range(Space::Spool, &piece_key(tag, part, from), end.as_deref(), Some(limit)).await?;
        let mut pieces = Vec::with_capacity(rows.len());
        for Row { key, value } in rows {
            let content = derive(&Key32::from_bytes(job.key.into()), "import-piece", &key);
            let aad = open.row_context(Space::Spool.name(), &key).aad();
            let packed = self.port.aead().open(content.as_bytes(), &[0; 12], &aad, &value).await?;
            let size = packed.first_chunk::<4>().map_or(usize::MAX, |len| u32::from_le_bytes(*len) as usize);
            if size > MAX_PIECE {
                return Err(spoilt());
            }
            pieces.push(lz4_flex::block::decompress_size_prepended(&packed).map_err(|_| spoilt())?);
        }
        Ok(pieces)
    }

    /// Deletes everything of an import, the row that stands for it last: a crash on the way leaves it to go on with.
    pub(super) async fn sweep_all(&self, open: &Open, tag: &Tag) -> Result<(), Fault> {
        let first = [tag.as_slice(), &[0]].concat();
        self.sweep_range(open, &first, prefix_end(tag)).await?;
        self.commit_rows(open, vec![Write::delete(Space::Spool, *tag)]).await
    }

    async fn sweep_range(&self, open: &Open, from: &[u8], to: Option<Vec<u8>>) -> Result<(), Fault> {
        loop {
            let keys = self.port.store().keys(Space::Spool, from, to.as_deref(), Some(SWEEP)).await?;
            if keys.is_empty() {
                return Ok(());
            }
            self.commit_rows(open, keys.into_iter().map(|key| Write::delete(Space::Spool, key)).collect()).await?;
            self.port.yield_now().await;
        }
    }
}

/// Sorts after every piece of the same import.
fn facts_key(tag: &Tag) -> Vec<u8> {
    [tag.as_slice(), &[0xff; 6]].concat()
}
