//! Where an import waits between its preview and its commit: every resource by whose record it belongs to, packed and
//! sealed in pieces under a key of this import alone, in a scratch file. Nothing here is part of the record, and nobody
//! else reads it. Rows of the store say what stands in the file; the file is flushed before they do.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use crate::base::PatientId;
use crate::crypto::Key32;
use crate::crypto::kdf::derive;
use crate::engine::Engine;
use crate::engine::api::Fault;
use crate::engine::index::Part;
use crate::engine::open::Open;
use crate::port::{BulkAead, Port, Scratch, Space, Span, Store, Write, prefix_end};
use crate::record::bundle::to_cbor;

use super::waiting::{append, spoilt};

/// Names an import in the keys of its rows; random, so that it tells nothing.
pub(in crate::engine) type Tag = [u8; 8];

/// A part is taken into memory whole when it is compared and written: this much of the files goes into one.
const PART: u64 = 12 * 1024 * 1024;
const MAX_PARTS: u64 = 128;
/// What waits in memory over all parts until it is sealed.
const WAITING: usize = 16 * 1024 * 1024;
/// Bytes of one piece before packing.
const PIECE: usize = 256 * 1024;
/// What a piece may unpack to; one resource may be larger than a piece.
const MAX_PIECE: usize = 48 * 1024 * 1024;
/// Pieces opened before somebody else has a turn: the browser's cipher answers without one.
const TOGETHER: usize = 8;
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

/// Which pieces of the file make up each part, in the order in which they came; what else the file holds is nobody's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(in crate::engine) struct Pieces {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub parts: Vec<Vec<Span>>,
}

impl Pieces {
    fn new(parts: usize) -> Pieces {
        Pieces { version: 1, parts: vec![Vec::new(); parts] }
    }

    fn of(&self, part: u16) -> &[Span] {
        self.parts.get(usize::from(part)).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, part: u16, span: Span) {
        if let Some(pieces) = self.parts.get_mut(usize::from(part)) {
            pieces.push(span);
        }
    }
}

/// What a piece is sealed under.
fn piece_name(tag: &Tag, part: u16, number: u32) -> Vec<u8> {
    [tag.as_slice(), &part.to_be_bytes(), &number.to_be_bytes()].concat()
}

/// Takes resources and hands out pieces to seal.
pub(in crate::engine) struct Spool {
    pub tag: Tag,
    pub job: Job,
    pub pieces: Pieces,
    buffers: Vec<Vec<u8>>,
    limit: usize,
}

impl Spool {
    pub fn new(tag: Tag, job: Job) -> Spool {
        let buffers = vec![Vec::new(); usize::from(job.parts) + 1];
        let limit = (WAITING / buffers.len()).min(PIECE);
        Spool { tag, pieces: Pieces::new(buffers.len()), job, buffers, limit }
    }

    #[cfg(test)]
    pub fn gathered(&self, patient: &PatientId) -> &[u8] {
        self.buffers.get(usize::from(self.job.part_of(patient))).map_or(&[], Vec::as_slice)
    }

    /// Adds a resource; a part that is full comes back, to be sealed before the next.
    pub fn add(&mut self, patient: &PatientId, record: &[u8]) -> Option<u16> {
        let part = self.job.part_of(patient);
        let buffer = self.buffers.get_mut(usize::from(part))?;
        append(buffer, patient, record);
        (buffer.len() >= self.limit).then_some(part)
    }
}

impl<P: Port> Engine<P> {
    /// Packs and seals what one part has gathered, and puts it at the end of the file.
    pub(super) async fn spill(&self, open: &Open, spool: &mut Spool, part: u16) -> Result<(), Fault> {
        let Some(buffer) = spool.buffers.get_mut(usize::from(part)).filter(|b| !b.is_empty()) else { return Ok(()) };
        let name = piece_name(&spool.tag, part, spool.pieces.of(part).len() as u32);
        let packed = lz4_flex::block::compress_prepend_size(buffer);
        buffer.clear();
        let content = derive(&Key32::from_bytes(spool.job.key.into()), "import-piece", &name);
        let aad = open.row_context(Space::Spool.name(), &name).aad();
        // The key is derived for this piece alone, so a fixed nonce is safe.
        let sealed = self.port.aead().seal(content.as_bytes(), &[0; 12], &aad, &packed).await?;
        // A session that is over writes nothing, or a file would outlive a clinic that was removed.
        if open.closed.get() {
            return Err(Fault::Locked);
        }
        let span = self.port.scratch().append(&spool.tag, &sealed).await?;
        spool.pieces.add(part, span);
        Ok(())
    }

    /// Everything that still waits in memory goes to the disk, and stays there from now on.
    pub(super) async fn spill_rest(&self, open: &Open, spool: &mut Spool) -> Result<(), Fault> {
        for part in 0..=spool.job.parts {
            self.spill(open, spool, part).await?;
        }
        spool.buffers = Vec::new();
        Ok(self.port.scratch().flush(&spool.tag).await?)
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

    /// Beside the job: what its file holds. Only once that is flushed.
    pub(super) fn pieces_write(&self, open: &Open, tag: &Tag, pieces: &Pieces) -> Result<Write, Fault> {
        let key = pieces_key(tag);
        let sealed = self.seal_row(open, &open.keys.config, Space::Spool, &key, &to_cbor(pieces))?;
        Ok(Write::put(Space::Spool, key, sealed))
    }

    pub(super) async fn load_pieces(&self, open: &Open, tag: &Tag) -> Result<Pieces, Fault> {
        let key = pieces_key(tag);
        let sealed = self.port.store().get(Space::Spool, &key).await?.ok_or_else(spoilt)?;
        let plain = self.open_row(open, &open.keys.config, Space::Spool, &key, &sealed)?;
        let pieces: Pieces = minicbor::decode(&plain).map_err(|_| spoilt())?;
        if pieces.version == 1 { Ok(pieces) } else { Err(spoilt()) }
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
        (tag, job, pieces): (&Tag, &Job, &Pieces),
        part: u16,
        from: u32,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, Fault> {
        let mut opened = Vec::new();
        for (number, span) in (0..).zip(pieces.of(part)).skip(from as usize).take(limit as usize) {
            if opened.len() % TOGETHER == TOGETHER - 1 {
                self.port.yield_now().await;
            }
            let name = piece_name(tag, part, number);
            let sealed = self.port.scratch().read(tag, *span).await?;
            let content = derive(&Key32::from_bytes(job.key.into()), "import-piece", &name);
            let aad = open.row_context(Space::Spool.name(), &name).aad();
            let packed = self.port.aead().open(content.as_bytes(), &[0; 12], &aad, &sealed).await?;
            let size = packed.first_chunk::<4>().map_or(usize::MAX, |len| u32::from_le_bytes(*len) as usize);
            if size > MAX_PIECE {
                return Err(spoilt());
            }
            opened.push(lz4_flex::block::decompress_size_prepended(&packed).map_err(|_| spoilt())?);
        }
        Ok(opened)
    }

    /// Deletes everything of an import, the row that stands for it last: a crash on the way leaves it to go on with.
    pub(super) async fn sweep_all(&self, open: &Open, tag: &Tag) -> Result<(), Fault> {
        self.port.scratch().remove(tag).await?;
        let first = [tag.as_slice(), &[0]].concat();
        self.sweep_range(open, &first, prefix_end(tag)).await?;
        self.commit_rows(open, vec![Write::delete(Space::Spool, *tag)]).await
    }

    /// Removes files that no row stands for: the disk was full, or the tablet died, before there was one.
    pub(in crate::engine) async fn sweep_files(&self, named: impl Fn(&Tag) -> bool) -> Result<(), Fault> {
        for name in self.port.scratch().names().await? {
            if !named(&name) {
                self.port.scratch().remove(&name).await?;
            }
        }
        Ok(())
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

fn pieces_key(tag: &Tag) -> Vec<u8> {
    [tag.as_slice(), &[0xfe; 6]].concat()
}

fn facts_key(tag: &Tag) -> Vec<u8> {
    [tag.as_slice(), &[0xff; 6]].concat()
}
