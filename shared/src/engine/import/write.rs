//! The second pass of an import: what waits goes into the log a few megabytes at a time, out of sight, and becomes part of
//! the record in one transaction at the end. An interruption anywhere leaves it to be finished or undone.

use std::cell::Cell;
use std::rc::Rc;

use futures::channel::mpsc;
use futures::future::join;
use futures::{SinkExt, StreamExt};

use crate::base::{Hlc, PatientId};
use crate::clinic::search::IndexEntry;
use crate::engine::Engine;
use crate::engine::api::{Event, Fault, Phase};
use crate::engine::audit::{Act, Action};
use crate::engine::index::{PACK, Packed};
use crate::engine::log::{Finish, Parcel, Stage};
use crate::engine::open::Open;
use crate::port::{Port, Space, Store, Write};

use super::ahead::{self, Ahead, Aside};
use super::pack::{Batch, Newcomer, packed};
use super::sift::{Brought, Here, Seen, grouped};
use super::spool::{Job, Pieces, Place, Step, Tag};
use super::turn::Turn;
use super::waiting::Waiting;

/// Bytes of resources that are sealed and written in one transaction.
const SLICE: usize = 2 * 1024 * 1024;
/// Patients in one transaction: asking the browser to keep a row takes a twentieth of a millisecond, and nobody has a turn
/// between two of them.
const PATIENTS: usize = 256;
/// Keys of the log asked for at once, and records reckoned again in one transaction.
const PAGE: u32 = 4096;
const TOGETHER: usize = 32;
/// Pieces of the clinic's own resources taken at once.
const COMMONS: u32 = 8;

/// An import being written.
struct Writing<'a> {
    open: &'a Rc<Open>,
    tag: Tag,
    job: Job,
    pieces: Pieces,
    stage: Stage,
    here: Here,
    turn: Turn,
    cancelled: &'a Cell<bool>,
    slice: Slice,
    /// Patients who are new, being packed.
    ahead: Ahead,
    /// Slices that are ready go this way to the disk, in their order.
    ready: mpsc::Sender<Vec<Write>>,
}

/// What goes into the next transaction.
#[derive(Default)]
struct Slice {
    parcels: Vec<Parcel>,
    bytes: usize,
    /// Of the search index; gathered over several slices, since a part of it should not be small.
    entries: Vec<(PatientId, IndexEntry)>,
}

impl<P: Port> Engine<P> {
    /// Goes on from where the job stands, be it the beginning.
    pub(super) async fn write_all(
        &self,
        open: &Rc<Open>,
        number: u32,
        tag: Tag,
        job: Job,
        cancelled: &Cell<bool>,
    ) -> Result<Job, Fault> {
        let began = self.now().0;
        let stage = self.stages(open).await?.into_iter().find(|stage| stage.tag() == tag);
        let job = Job { step: Step::Writing, ..job };
        let stage = match stage {
            Some(stage) => stage,
            // From this transaction on it can be finished without its files.
            None => self.begin_stage(open, tag, vec![self.job_write(open, &tag, &job)?]).await?,
        };
        let turn = Turn::new(number, job.resources, began);
        let here = self.who_is_here(open).await?;
        self.progress(number, Phase::Writing, job.done, job.resources);
        // One slice is being written, one is ready, and the next is made meanwhile.
        let (ready, coming) = mpsc::channel(0);
        let (pieces, slice) = (self.load_pieces(open, &tag).await?, Slice::default());
        let ahead = Ahead::default();
        let writing = Writing { open, tag, job, pieces, stage, here, turn, cancelled, slice, ahead, ready };
        let aside = Aside::begin(&self.port);
        // Also when no more will come, for whatever reason, what is under way is awaited.
        let (made, put) = join(self.make_slices(writing), self.put_slices(open, coming)).await;
        drop(aside);
        put?;
        let (mut job, stage) = made?;
        job.spent += self.now().0 - began;
        job.step = Step::Written;
        let finish = Finish {
            acts: vec![Act::new(Action::Imported).note(job.resources.to_string())],
            parts: job.index.clone(),
            writes: vec![self.job_write(open, &tag, &job)?],
        };
        self.finish_stage(open, stage, finish).await?;
        self.progress(number, Phase::Writing, job.resources, job.resources);
        Ok(job)
    }

    /// Everything up to what the disk has to do.
    async fn make_slices(&self, mut writing: Writing<'_>) -> Result<(Job, Stage), Fault> {
        for part in 0..writing.job.parts {
            self.write_part(&mut writing, part).await?;
        }
        self.take_packed(&mut writing, true).await?;
        self.write_commons(&mut writing).await?;
        self.write_slice(&mut writing, true).await?;
        Ok((writing.job, writing.stage))
    }

    /// Ends with the first that fails: none that follows may be written.
    async fn put_slices(&self, open: &Open, mut coming: mpsc::Receiver<Vec<Write>>) -> Result<(), Fault> {
        while let Some(writes) = coming.next().await {
            self.put_stage(open, writes).await?;
        }
        Ok(())
    }

    async fn write_part(&self, writing: &mut Writing<'_>, part: u16) -> Result<(), Fault> {
        let (open, spooled) = (writing.open, (&writing.tag, &writing.job, &writing.pieces));
        let pieces = self.pieces(open, spooled, part, 0, u32::MAX).await?;
        let mut batch = Batch::default();
        for (patient, list) in grouped(&pieces)? {
            let place = (part, Some(patient));
            if place <= writing.job.indexed {
                writing.turn.done += list.len() as u64;
                continue;
            }
            let here = writing.here.contains(&open.keys.row_key(&patient));
            if !here && place > writing.job.written {
                batch.add(&list);
                if batch.is_full() {
                    self.give(writing, part, &mut batch).await?;
                }
                continue;
            }
            // In their order: how far the import has come is one place.
            self.give(writing, part, &mut batch).await?;
            self.take_packed(writing, true).await?;
            let brought = self.changes_of(open, patient, &list, here, &mut Seen::new()).await?;
            self.take(writing, place, patient, &list, brought)?;
            self.step_on(writing, place).await?;
        }
        self.give(writing, part, &mut batch).await
    }

    /// Hands a batch of patients who are new to whichever thread is free, and takes what is ready.
    async fn give(&self, writing: &mut Writing<'_>, part: u16, batch: &mut Batch) -> Result<(), Fault> {
        if batch.count() == 0 {
            return Ok(());
        }
        // Each change has a reading of the clock of its own, and nobody else has one of them.
        let hlc = writing.open.tick(self.now());
        writing.open.hlc.set(Hlc(hlc.0.saturating_add(batch.count())));
        writing.ahead.give(&self.port, ahead::PACK, batch.job(part, hlc), false)?;
        // Others have a turn, and what the other thread answered is heard.
        self.breathe(&mut writing.turn, Phase::Writing, writing.cancelled).await?;
        self.take_packed(writing, false).await
    }

    /// Takes the patients who have been packed, or `all`.
    async fn take_packed(&self, writing: &mut Writing<'_>, all: bool) -> Result<(), Fault> {
        while let Some(bytes) = writing.ahead.take(&self.port, all).await? {
            let batch = packed(&bytes)?;
            for Newcomer { parcel, entry, waited, bytes } in batch.patients {
                let (patient, place) = (parcel.patient, (batch.part, Some(parcel.patient)));
                writing.turn.done += waited;
                writing.slice.entries.extend(entry.map(|entry| (patient, entry)));
                writing.slice.bytes += bytes as usize;
                writing.slice.parcels.push(parcel);
                self.step_on(writing, place).await?;
            }
            if let Some(detail) = batch.refused {
                return Err(Fault::Refused { detail });
            }
        }
        Ok(())
    }

    /// The clinic's own may be any number and belong to nobody: a few pieces at a time, numbered instead of named.
    async fn write_commons(&self, writing: &mut Writing<'_>) -> Result<(), Fault> {
        let (open, part) = (writing.open, writing.job.parts);
        let patient = PatientId::ZERO;
        let here = writing.here.contains(&open.keys.row_key(&patient));
        let (mut seen, mut from) = (Seen::new(), 0u32);
        loop {
            let spooled = (&writing.tag, &writing.job, &writing.pieces);
            let pieces = self.pieces(open, spooled, part, from, COMMONS).await?;
            for piece in &pieces {
                from += 1;
                let place = (part, Some(numbered(from)));
                for (_, list) in grouped(std::slice::from_ref(piece))? {
                    // What was written before an interruption is passed again, to know what would stand twice.
                    let brought = self.changes_of(open, patient, &list, here, &mut seen).await?;
                    self.take(writing, place, patient, &list, brought)?;
                }
                self.step_on(writing, place).await?;
            }
            if pieces.len() < COMMONS as usize {
                return Ok(());
            }
        }
    }

    fn take(
        &self,
        writing: &mut Writing<'_>,
        place: Place,
        patient: PatientId,
        list: &[Waiting<'_>],
        brought: Brought,
    ) -> Result<(), Fault> {
        writing.turn.done += list.len() as u64;
        let Brought { arrival, entry } = brought;
        if place > writing.job.indexed {
            writing.slice.entries.extend(entry.map(|entry| (patient, entry)));
        }
        if place > writing.job.written && !arrival.changes.is_empty() {
            writing.slice.bytes += list.iter().map(|one| one.size).sum::<usize>();
            writing.slice.parcels.push(arrival.pack()?);
        }
        Ok(())
    }

    /// One record, or one piece of the clinic's own, is in hand up to this place.
    async fn step_on(&self, writing: &mut Writing<'_>, place: Place) -> Result<(), Fault> {
        if place > writing.job.written {
            writing.job.written = place;
            writing.job.done = writing.turn.done;
        }
        if writing.slice.bytes >= SLICE || writing.slice.parcels.len() >= PATIENTS {
            self.write_slice(writing, false).await?;
        }
        self.breathe(&mut writing.turn, Phase::Writing, writing.cancelled).await
    }

    async fn write_slice(&self, writing: &mut Writing<'_>, last: bool) -> Result<(), Fault> {
        let Writing { open, tag, job, stage, slice, ready, .. } = writing;
        let mut extra: Vec<Write> = Vec::new();
        slice.bytes = 0;
        if !slice.entries.is_empty() && (last || slice.entries.len() >= PACK / 2) {
            let mut entries = std::mem::take(&mut slice.entries);
            while !entries.is_empty() {
                let rest = entries.split_off(entries.len().min(PACK));
                let Packed { part, writes } = self.pack_index(open, std::mem::replace(&mut entries, rest)).await?;
                extra.extend(writes);
                job.index.push(part);
            }
            job.indexed = job.written;
        }
        extra.push(self.job_write(open, tag, job)?);
        let parcels = std::mem::take(&mut slice.parcels);
        let writes = self.prepare_stage(open, stage, parcels, extra).await?;
        // Nobody takes it when an earlier one could not be written, which is said there.
        ready.feed(writes).await.map_err(|_| Fault::Cancelled)
    }

    /// Whoever had rows in the log besides those of a finished import: how they are found, and what waits for a clinician,
    /// is made again from the whole record, which may have grown while the import was written.
    pub(super) async fn reckon_met(&self, open: &Open, tag: &Tag, turn: &mut Turn) -> Result<(), Fault> {
        let never = Cell::new(false);
        let (mut from, mut last) = (Vec::new(), Met::default());
        let mut met = Vec::new();
        loop {
            let keys = self.port.store().keys(Space::Log, &from, None, Some(PAGE)).await?;
            let next = keys.last().filter(|_| keys.len() == PAGE as usize).map(|last| [last.as_slice(), &[0]].concat());
            met.extend(keys.into_iter().filter_map(|key| last.look(key, tag)));
            let Some(next) = next else { break };
            from = next;
            self.breathe(turn, Phase::Writing, &never).await?;
        }
        for keys in met.chunks(TOGETHER) {
            let rows = self.port.store().get_many(Space::Log, keys).await?;
            let mut patients = Vec::with_capacity(keys.len());
            for (key, value) in keys.iter().zip(rows) {
                let Some(value) = value else { continue };
                let segment = self.open_segment(open, key, value)?;
                patients.extend(segment.bundles.first().map(|bundle| bundle.header.patient));
            }
            self.reckon(open, &patients).await?;
            self.emit(&Event::Changed { patients: patients.iter().map(PatientId::hex).collect(), remote: false });
            self.port.yield_now().await;
        }
        Ok(())
    }

    /// Takes out of the log what an unfinished import put there, and everything that waits.
    pub(super) async fn undo_all(&self, open: &Open, number: u32, tag: Tag) -> Result<(), Fault> {
        let job = Job { step: Step::Undoing, ..self.load_job(open, &tag).await? };
        // From this transaction on nothing else can become of it.
        self.commit_rows(open, vec![self.job_write(open, &tag, &job)?]).await?;
        let total = job.done.max(1);
        self.progress(number, Phase::Undoing, 0, total);
        if let Some(stage) = self.stages(open).await?.into_iter().find(|stage| stage.tag() == tag) {
            let bundles = stage.bundles().max(1);
            let index = job.index.iter().flat_map(|part| part.forget()).collect();
            let told = |gone: u64| self.progress(number, Phase::Undoing, total * gone.min(bundles) / bundles, total);
            self.drop_stage(open, stage, index, told).await?;
        }
        self.sweep_all(open, &tag).await
    }
}

/// Finds, among keys of the log in their order, patients with rows of one import and rows of other origin.
#[derive(Default)]
struct Met {
    patient: [u8; 16],
    brought: bool,
    stood: bool,
}

impl Met {
    /// The key, when with it the second kind is seen for the first time.
    fn look(&mut self, key: Vec<u8>, tag: &Tag) -> Option<Vec<u8>> {
        let (patient, id) = key.split_first_chunk::<16>()?;
        if self.patient != *patient {
            *self = Met { patient: *patient, ..Met::default() };
        }
        let both = self.brought && self.stood;
        if id.starts_with(tag) {
            self.brought = true
        } else {
            self.stood = true
        }
        (!both && self.brought && self.stood).then_some(key)
    }
}

/// Stands for a piece of the clinic's own where a patient would.
fn numbered(piece: u32) -> PatientId {
    PatientId((u128::from(piece)).to_be_bytes())
}
