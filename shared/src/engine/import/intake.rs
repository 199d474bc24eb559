//! The first pass of an import: every file is read once, every resource checked, given its place and put to wait there.
//! Lists of lines are read a stretch at a time, by whichever thread is free; everything else here.

use std::cell::Cell;
use std::rc::Rc;

use crate::base::PatientId;
use crate::crypto::store_keys::derive_pseudonym;
use crate::engine::api::{Fault, Phase};
use crate::engine::open::Open;
use crate::engine::{Engine, FileSource};
use crate::fhir::issue::Issue;
use crate::fhir::read::{FileReader, Step, is_lines, nothing_there};
use crate::port::Port;

use super::ahead::{Ahead, READ};
use super::check::{Findings, Found, check, found};
use super::files::{Member, SLICE as UNPACKED, Zip, is_zip};
use super::spool::Spool;
use super::stretch::Stretches;
use super::tally::Tally;
use super::turn::Turn;

/// Bytes asked of a file at once: each asking is a way through the browser and back.
const SLICE: u64 = 4 * 1024 * 1024;

/// Files on their way in.
pub(super) struct Intake<'a> {
    pub open: &'a Open,
    pub tally: &'a mut Tally,
    pub spool: &'a mut Spool,
    pub turn: &'a mut Turn,
    /// Names of the files read so far, those within zips too; what waits names them by number.
    pub names: &'a mut Vec<String>,
    pub cancelled: &'a Cell<bool>,
    /// Stretches of the file that are being read.
    pub ahead: &'a mut Ahead,
    /// The patient of the last resource, who mostly is that of the next one too.
    pub last: &'a mut (String, PatientId),
    /// Bytes of the files before this one.
    pub done: u64,
    /// Of a file in a zip, how far the zip has been read: what it says of itself is of the unpacked file.
    pub packed: Option<u64>,
}

/// A file as it is read.
enum Reading {
    Lines { stretches: Stretches, found: u64 },
    Whole(Box<FileReader>),
}

impl Intake<'_> {
    fn issue(&mut self, issue: Issue) {
        let file = self.names.last().map(String::as_str).unwrap_or_default();
        self.tally.issue(file, issue);
    }

    /// The number of the file that is being read.
    fn file(&self) -> u32 {
        self.names.len().saturating_sub(1) as u32
    }

    fn read(&self, head: &[u8]) -> Reading {
        let name = self.names.last().map(String::as_str).unwrap_or_default();
        if is_lines(name, head) {
            Reading::Lines { stretches: Stretches::new(self.file()), found: 0 }
        } else {
            Reading::Whole(Box::new(FileReader::new(name)))
        }
    }

    fn pseudonym(&mut self, owner: &str) -> PatientId {
        if owner.is_empty() {
            return PatientId::ZERO;
        }
        if self.last.0 != owner {
            *self.last = (owner.to_owned(), derive_pseudonym(&self.open.bundle.pseudonym_key, owner));
        }
        self.last.1
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
        let mut reading = None;
        let mut from = 0;
        let mut ahead = (size > 0).then(|| files.slice(index, 0, size.min(SLICE)));
        while let Some(piece) = ahead.take() {
            let piece = piece.await.map_err(unreadable)?;
            from += piece.len() as u64;
            // The browser reads the next piece while this one is looked at.
            ahead = (from < size && !piece.is_empty()).then(|| files.slice(index, from, (size - from).min(SLICE)));
            let reading = reading.get_or_insert_with(|| intake.read(&piece));
            if !self.take_piece(reading, piece, intake).await? {
                return Ok(());
            }
        }
        let reading = reading.unwrap_or_else(|| intake.read(&[]));
        self.take_rest(reading, intake).await
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
        let mut before = 0;
        for at in 0..zip.len {
            match zip.member(at) {
                Member::Nothing => {}
                Member::Refused(inner, issue) => intake.tally.issue(&format!("{name}/{inner}"), issue),
                Member::Read { name: inner, packed } => {
                    intake.names.push(format!("{name}/{inner}"));
                    intake.packed = Some(before);
                    if let Err(issue) = self.take_member(&mut zip, at, intake).await? {
                        self.take_found(intake, true).await?;
                        intake.issue(issue);
                    }
                    before += packed;
                }
            }
        }
        Ok(())
    }

    async fn take_member(&self, zip: &mut Zip, at: usize, intake: &mut Intake<'_>) -> Result<Result<(), Issue>, Fault> {
        let mut unpacking = match zip.read(at) {
            Ok(unpacking) => unpacking,
            Err(issue) => return Ok(Err(issue)),
        };
        let mut reading = None;
        loop {
            let mut buffer = vec![0; UNPACKED as usize / 4];
            let piece = match unpacking.next(&mut buffer) {
                Err(issue) => return Ok(Err(issue)),
                Ok([]) => break,
                Ok(piece) => piece.len(),
            };
            buffer.truncate(piece);
            let reading = reading.get_or_insert_with(|| intake.read(&buffer));
            if !self.take_piece(reading, buffer, intake).await? {
                return Ok(Ok(()));
            }
        }
        let reading = reading.unwrap_or_else(|| intake.read(&[]));
        self.take_rest(reading, intake).await.map(Ok)
    }

    /// Takes the next piece of a file. False when no more of it is wanted.
    async fn take_piece(&self, reading: &mut Reading, piece: Vec<u8>, intake: &mut Intake<'_>) -> Result<bool, Fault> {
        match reading {
            Reading::Whole(reader) => {
                reader.feed(&piece);
                drop(piece);
                self.take_in(reader, intake).await
            }
            Reading::Lines { stretches, found } => {
                stretches.feed(&piece);
                drop(piece);
                while let Some(job) = stretches.cut(false) {
                    intake.ahead.give(&self.port, READ, job, false)?;
                    // Others have a turn, and what the other thread answered is heard.
                    self.breathe(intake.turn, Phase::Reading, intake.cancelled).await?;
                    *found += self.take_found(intake, false).await?;
                }
                Ok(true)
            }
        }
    }

    /// The file has no more pieces.
    async fn take_rest(&self, reading: Reading, intake: &mut Intake<'_>) -> Result<(), Fault> {
        match reading {
            Reading::Whole(mut reader) => {
                reader.end();
                self.take_in(&mut reader, intake).await.map(|_| ())
            }
            Reading::Lines { mut stretches, mut found } => {
                while let Some(job) = stretches.cut(true) {
                    // The other thread has the ones before it.
                    intake.ahead.give(&self.port, READ, job, true)?;
                }
                found += self.take_found(intake, true).await?;
                if found == 0 {
                    intake.issue(nothing_there());
                }
                Ok(())
            }
        }
    }

    /// Takes what the reader has. False when it wants no more of this file.
    async fn take_in(&self, reader: &mut FileReader, intake: &mut Intake<'_>) -> Result<bool, Fault> {
        let (mut findings, mut record) = (Findings::default(), Vec::new());
        loop {
            match reader.step() {
                Step::Entry(entry) => {
                    findings.0.clear();
                    check(entry, reader.refs(), intake.file(), &mut self.fill(), &mut record, &mut findings);
                    self.sort_in(&findings.0, intake).await?;
                }
                Step::Issue(issue) => intake.issue(issue),
                Step::Working => {}
                Step::Hungry => return Ok(true),
                Step::End => return Ok(false),
            }
            self.breathe(intake.turn, Phase::Reading, intake.cancelled).await?;
        }
    }

    /// Takes what was found in the stretches that have been read, or in `all`. How much that was.
    async fn take_found(&self, intake: &mut Intake<'_>, all: bool) -> Result<u64, Fault> {
        let mut count = 0;
        while let Some(findings) = intake.ahead.take(&self.port, all).await? {
            count += self.sort_in(&findings, intake).await?;
            self.breathe(intake.turn, Phase::Reading, intake.cancelled).await?;
        }
        Ok(count)
    }

    /// Puts what was found where it belongs.
    async fn sort_in(&self, findings: &[u8], intake: &mut Intake<'_>) -> Result<u64, Fault> {
        let mut count = 0;
        for one in found(findings) {
            count += 1;
            match one? {
                Found::Issue(issue) => intake.issue(issue),
                Found::Resource { read, owner, record } => {
                    intake.turn.done = intake.done + intake.packed.unwrap_or(read);
                    let patient = intake.pseudonym(owner);
                    if let Some(part) = intake.spool.add(&patient, record) {
                        self.spill(intake.open, intake.spool, part).await?;
                    }
                }
            }
            self.breathe(intake.turn, Phase::Reading, intake.cancelled).await?;
        }
        Ok(count)
    }
}
