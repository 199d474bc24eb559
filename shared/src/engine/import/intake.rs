//! The first pass of an import: every file is read once, every resource checked, given its place and put to wait there.

use std::cell::Cell;
use std::rc::Rc;

use crate::base::PatientId;
use crate::crypto::store_keys::derive_pseudonym;
use crate::engine::api::{Fault, Phase};
use crate::engine::open::Open;
use crate::engine::{Engine, FileSource};
use crate::fhir::issue::{Issue, Severity};
use crate::fhir::read::{Entry, FileReader, Step};
use crate::fhir::refs::{Owner, RefIndex, id_in_url, owner};
use crate::fhir::resource::{RawJson, Resource};
use crate::fhir::validate::validate;
use crate::port::Port;
use crate::record::Change;
use crate::record::accept::acceptable_new;
use crate::record::bundle::{Body, MAX_SEALED};

use super::files::{Member, SLICE, Zip, is_zip};
use super::spool::Spool;
use super::tally::Tally;
use super::turn::Turn;

/// Files on their way in.
pub(super) struct Intake<'a> {
    pub open: &'a Open,
    pub tally: &'a mut Tally,
    pub spool: &'a mut Spool,
    pub turn: &'a mut Turn,
    /// Names of the files read so far, those within zips too; what waits names them by number.
    pub names: &'a mut Vec<String>,
    pub cancelled: &'a Cell<bool>,
    /// Bytes of the files before this one.
    pub done: u64,
}

impl Intake<'_> {
    fn issue(&mut self, issue: Issue) {
        let file = self.names.last().map(String::as_str).unwrap_or_default();
        self.tally.issue(file, issue);
    }
}

impl<P: Port> Engine<P> {
    /// Reads one file, or every file of a zip.
    pub(super) async fn take_file(
        &self,
        files: &Rc<dyn FileSource>,
        index: usize,
        intake: &mut Intake<'_>,
    ) -> Result<(), Fault> {
        let (name, size) = (files.name(index), files.size(index));
        let unreadable = |_| Fault::Refused { detail: format!("{name} could not be read") };
        intake.names.push(name.clone());
        let head = files.slice(index, 0, size.min(4)).await.map_err(unreadable)?;
        if is_zip(&head) {
            return self.take_zip(files, index, intake).await;
        }
        let mut reader = FileReader::new(&name);
        let mut from = 0;
        let mut ahead = (size > 0).then(|| files.slice(index, 0, size.min(SLICE)));
        while let Some(piece) = ahead.take() {
            let piece = piece.await.map_err(unreadable)?;
            from += piece.len() as u64;
            // The browser reads the next piece while this one is looked at.
            ahead = (from < size && !piece.is_empty()).then(|| files.slice(index, from, (size - from).min(SLICE)));
            reader.feed(&piece);
            drop(piece);
            if !self.take_in(&mut reader, intake, |read| read).await? {
                return Ok(());
            }
        }
        reader.end();
        self.take_in(&mut reader, intake, |read| read).await.map(|_| ())
    }

    async fn take_zip(&self, files: &Rc<dyn FileSource>, index: usize, intake: &mut Intake<'_>) -> Result<(), Fault> {
        let name = files.name(index);
        let mut zip = match Zip::open(files.clone(), index) {
            Ok(zip) => zip,
            Err(issue) => {
                intake.issue(issue);
                return Ok(());
            }
        };
        let mut buffer = vec![0; SLICE as usize / 4];
        let mut before = 0;
        for at in 0..zip.len {
            match zip.member(at) {
                Member::Nothing => {}
                Member::Refused(inner, issue) => intake.tally.issue(&format!("{name}/{inner}"), issue),
                Member::Read { name: inner, packed } => {
                    intake.names.push(format!("{name}/{inner}"));
                    if let Err(issue) = self.take_member(&mut zip, at, &mut buffer, before, intake).await? {
                        intake.issue(issue);
                    }
                    before += packed;
                }
            }
        }
        Ok(())
    }

    async fn take_member(
        &self,
        zip: &mut Zip,
        at: usize,
        buffer: &mut [u8],
        before: u64,
        intake: &mut Intake<'_>,
    ) -> Result<Result<(), Issue>, Fault> {
        let mut unpacking = match zip.read(at) {
            Ok(unpacking) => unpacking,
            Err(issue) => return Ok(Err(issue)),
        };
        let mut reader = FileReader::new(intake.names.last().map(String::as_str).unwrap_or_default());
        loop {
            match unpacking.next(buffer) {
                Err(issue) => return Ok(Err(issue)),
                Ok([]) => break,
                Ok(piece) => reader.feed(piece),
            }
            if !self.take_in(&mut reader, intake, |_| before).await? {
                return Ok(Ok(()));
            }
        }
        reader.end();
        self.take_in(&mut reader, intake, |_| before).await.map(|_| Ok(()))
    }

    /// Takes what the reader has. False when it wants no more of this file.
    async fn take_in(
        &self,
        reader: &mut FileReader,
        intake: &mut Intake<'_>,
        read: impl Fn(u64) -> u64,
    ) -> Result<bool, Fault> {
        loop {
            match reader.next() {
                Step::Entry(entry) => {
                    intake.turn.done = intake.done + read(entry.read);
                    if let Some(part) = self.sort_out(entry, reader.refs(), intake) {
                        self.spill(intake.open, intake.spool, part).await?;
                    }
                }
                Step::Issue(issue) => intake.issue(issue),
                Step::Working => {}
                Step::Hungry => return Ok(true),
                Step::End => return Ok(false),
            }
            self.breathe(intake.turn, Phase::Reading, intake.cancelled).await?;
        }
    }

    /// Checks an entry, gives it an id where it has none, and finds whose record it belongs to. Returns a part that is full.
    fn sort_out(&self, mut entry: Entry, refs: &RefIndex, intake: &mut Intake<'_>) -> Option<u16> {
        if entry.resource.id.is_empty() {
            let named = id_in_url(&entry.full_url);
            let id = if named.is_empty() { self.new_id() } else { named };
            entry.resource.set("id", Some(RawJson::text(&id)));
            let text = "the resource had no id; it was given one";
            intake.issue(Issue::new(Severity::Information, "required", entry.path.clone(), text));
        }
        for issue in validate(&entry.resource, &entry.path) {
            intake.issue(issue);
        }
        if let Some(issue) = unfit(&entry.resource, &entry.path) {
            intake.issue(issue);
            return None;
        }
        let patient = match owner(&entry.resource, &entry.full_url, refs) {
            Owner::Patient(id) => derive_pseudonym(&intake.open.bundle.pseudonym_key, &id),
            Owner::Commons => PatientId::ZERO,
            Owner::Unresolved { element } => {
                let path = format!("{}.{element}", entry.path);
                let text = "the reference names nobody in this file; the resource is kept with the clinic's own";
                intake.issue(Issue::new(Severity::Warning, "not-found", path, text));
                PatientId::ZERO
            }
        };
        let file = intake.names.len().saturating_sub(1) as u32;
        intake.spool.add(&patient, file, &entry.path, &entry.resource)
    }
}

/// Why a resource could be neither stored nor sent.
fn unfit(resource: &Resource, path: &str) -> Option<Issue> {
    if let Err(why) = acceptable_new(resource) {
        return Some(Issue::new(Severity::Error, "structure", path, why.to_string()));
    }
    // Text packs; only what is large as it stands has to be tried.
    let too_large = resource.json_len() > MAX_SEALED / 2 && {
        let change = Change::create(resource, Default::default());
        Body { changes: vec![change] }.pack().is_err()
    };
    too_large.then(|| Issue::new(Severity::Error, "too-long", path, "the resource is larger than can be kept"))
}
