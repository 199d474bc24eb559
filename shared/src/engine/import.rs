//! Import: everything is read and checked first and waits sealed on the disk; then all of it becomes part of the record,
//! or nothing does. Nothing of a file is dropped, whatever its resource types; what is wrong is named by its path.

mod ahead;
mod check;
mod files;
mod intake;
mod pack;
mod sift;
mod spool;
mod stretch;
mod tally;
mod turn;
mod waiting;
mod write;

use std::cell::Cell;
use std::rc::Rc;

use crate::base::PatientId;
use crate::fhir::issue;
use crate::port::Port;

use super::api::{Fault, ImportPreview, ImportReport, ImportStanding, Phase, UnfinishedImport};
use super::open::Open;
use super::{Engine, FileSource, Io};
use intake::Intake;
use sift::{Seen, grouped};
use spool::{Job, Pieces, Spool, Step, Tag};
use tally::{Facts, Tally};
use turn::Turn;

pub use ahead::work;
pub(super) use ahead::{Ahead, Aside, LINES, ZIP};
pub(super) use files::AnyZip;
#[cfg(test)]
pub(super) use spool::{Job as ImportJob, Pieces as ImportPieces, Spool as ImportSpool};
#[cfg(test)]
pub(super) use waiting::{encode as import_record, waiting as import_waiting};

const UNDER_WAY: &str = "another import is under way";
/// Pieces of the clinic's own resources taken at once.
const COMMONS: u32 = 16;

/// Imports of this session: those that wait for a word by the number of their job, and one that is under way.
#[derive(Default)]
pub(super) struct Imports {
    waiting: Vec<(u32, Tag)>,
    under_way: Option<Tag>,
    /// An import of an earlier session left nothing; said until the next is begun.
    dropped: bool,
}

impl<P: Port> Engine<P> {
    pub(super) async fn preview_import(&self, open: &Rc<Open>, job: u32, io: Io) -> Result<ImportPreview, Fault> {
        let cancelled = self.start_job(job);
        let files =
            io.files.filter(|f| f.count() > 0).ok_or_else(|| Fault::Refused { detail: "no file was chosen".into() })?;
        let tag = self.begin_import()?;
        let aside = Aside::begin(&self.port);
        let outcome = self.preview(open, job, tag, &files, &cancelled).await;
        drop(aside);
        self.imports.borrow_mut().under_way = None;
        match outcome {
            Ok(preview) if !preview.blocked => {
                let earlier = std::mem::replace(&mut self.imports.borrow_mut().waiting, vec![(job, tag)]);
                for (_, tag) in earlier {
                    self.sweep_all(open, &tag).await?;
                }
                Ok(preview)
            }
            other => {
                // Nothing can come of it. If even this fails, the next session sweeps.
                let _ = self.sweep_all(open, &tag).await;
                other
            }
        }
    }

    /// One at a time: two would each be new to the other.
    fn begin_import(&self) -> Result<Tag, Fault> {
        let mut tag = [0; 8];
        self.port.entropy().fill(&mut tag);
        let mut imports = self.imports.borrow_mut();
        if imports.under_way.is_some() {
            return Err(Fault::Refused { detail: UNDER_WAY.into() });
        }
        imports.under_way = Some(tag);
        imports.dropped = false;
        Ok(tag)
    }

    async fn preview(
        &self,
        open: &Open,
        number: u32,
        tag: Tag,
        files: &Rc<dyn FileSource>,
        cancelled: &Cell<bool>,
    ) -> Result<ImportPreview, Fault> {
        let started = self.now().0;
        let total: u64 = (0..files.count()).map(|i| files.size(i)).sum();
        let mut turn = Turn::new(number, total, started);
        let mut key = [0; 32];
        self.port.entropy().fill(&mut key);
        let mut spool = Spool::new(tag, Job::new(total, key));
        self.commit_rows(open, vec![self.job_write(open, &tag, &spool.job)?]).await?;
        let (mut tally, mut names, mut ahead) = (Tally::default(), Vec::new(), Ahead::default());
        let (mut done, mut last) = (0, (String::new(), PatientId::ZERO));
        self.progress(number, Phase::Reading, 0, total);
        for index in 0..files.count() {
            let (tally, spool, turn, names) = (&mut tally, &mut spool, &mut turn, &mut names);
            let (ahead, last) = (&mut ahead, &mut last);
            let mut intake = Intake { open, tally, spool, turn, names, cancelled, ahead, last, done, packed: None };
            self.take_file(files, index, &mut intake).await?;
            done += files.size(index);
        }
        self.spill_rest(open, &mut spool).await?;
        let Spool { mut job, pieces, .. } = spool;
        self.weigh_all(open, (&tag, &job, &pieces), &names, &mut tally, &mut turn, cancelled).await?;
        if cancelled.get() {
            return Err(Fault::Cancelled);
        }
        let preview = tally.preview(number, files.count() as u32);
        job.resources = tally.resources;
        job.patients = u64::from(preview.patients_new) + u64::from(preview.patients_known);
        job.spent = self.now().0 - started;
        let facts = Facts { issues: preview.issues.clone(), files: preview.files };
        let facts = serde_json::to_vec(&facts).unwrap_or_default();
        let rows = vec![
            self.job_write(open, &tag, &job)?,
            self.facts_write(open, &tag, &facts)?,
            self.pieces_write(open, &tag, &pieces)?,
        ];
        if !preview.blocked {
            self.commit_rows(open, rows).await?;
        }
        Ok(preview)
    }

    /// Every part against what is here.
    #[allow(clippy::too_many_arguments)]
    async fn weigh_all(
        &self,
        open: &Open,
        spooled: (&Tag, &Job, &Pieces),
        names: &[String],
        tally: &mut Tally,
        turn: &mut Turn,
        cancelled: &Cell<bool>,
    ) -> Result<(), Fault> {
        let (_, job, _) = spooled;
        let here = self.who_is_here(open).await?;
        (turn.done, turn.total) = (0, u64::from(job.parts) + 1);
        for part in 0..job.parts {
            let pieces = self.pieces(open, spooled, part, 0, u32::MAX).await?;
            for (patient, list) in grouped(&pieces)? {
                let here = here.contains(&open.keys.row_key(&patient));
                self.weigh(open, patient, &list, here, &mut Seen::new(), names, tally).await?;
                self.breathe(turn, Phase::Checking, cancelled).await?;
            }
            turn.done += 1;
        }
        // The clinic's own may be any number, and belong to nobody: piece after piece.
        let here = here.contains(&open.keys.row_key(&PatientId::ZERO));
        let (mut seen, mut from) = (Seen::new(), 0);
        loop {
            let pieces = self.pieces(open, spooled, job.parts, from, COMMONS).await?;
            for piece in &pieces {
                for (patient, list) in grouped(std::slice::from_ref(piece))? {
                    self.weigh(open, patient, &list, here, &mut seen, names, tally).await?;
                }
                self.breathe(turn, Phase::Checking, cancelled).await?;
            }
            from += pieces.len() as u32;
            if pieces.len() < COMMONS as usize {
                return Ok(());
            }
        }
    }

    pub(super) async fn commit_import(&self, open: &Rc<Open>, number: u32) -> Result<ImportReport, Fault> {
        let tag = {
            let mut imports = self.imports.borrow_mut();
            let at = imports.waiting.iter().position(|(job, _)| *job == number).ok_or(Fault::NotFound)?;
            if imports.under_way.is_some() {
                return Err(Fault::Refused { detail: UNDER_WAY.into() });
            }
            let (_, tag) = imports.waiting.swap_remove(at);
            imports.under_way = Some(tag);
            tag
        };
        self.carry_out(open, number, tag).await
    }

    /// Writes all of an import, from its beginning or from where it was interrupted.
    async fn carry_out(&self, open: &Rc<Open>, number: u32, tag: Tag) -> Result<ImportReport, Fault> {
        let cancelled = self.start_job(number);
        let outcome = match self.write_import(open, number, tag, &cancelled).await {
            // A lock ends the writing where it is; what is to become of it is asked at the next unlock.
            Err(Fault::Cancelled) if !self.is_open(open) => Err(Fault::Locked),
            Err(Fault::Cancelled) => self.undo_all(open, number, tag).await.and(Err(Fault::Cancelled)),
            other => other,
        };
        self.imports.borrow_mut().under_way = None;
        outcome
    }

    fn is_open(&self, open: &Rc<Open>) -> bool {
        self.unlocked().is_ok_and(|now| Rc::ptr_eq(&now, open))
    }

    async fn write_import(
        &self,
        open: &Rc<Open>,
        number: u32,
        tag: Tag,
        cancelled: &Cell<bool>,
    ) -> Result<ImportReport, Fault> {
        let job = self.load_job(open, &tag).await?;
        let facts: Facts = serde_json::from_slice(&self.load_facts(open, &tag).await?)
            .map_err(|_| Fault::damaged("what was kept of an import"))?;
        let job = self.write_all(open, number, tag, job, cancelled).await?;
        // It is written: what cannot be put in order now is when the imports are next looked at.
        let _ = self.put_in_order(open, &tag, &mut Turn::new(number, 0, self.now().0)).await;
        Ok(report(&job, facts))
    }

    /// What is left to do once an import is part of the record.
    async fn put_in_order(&self, open: &Open, tag: &Tag, turn: &mut Turn) -> Result<(), Fault> {
        self.reckon_met(open, tag, turn).await?;
        self.sweep_all(open, tag).await
    }

    /// What an earlier session left behind. What was never begun to be written is swept away here.
    pub(super) async fn import_standing(&self, open: &Open) -> Result<ImportStanding, Fault> {
        let mut standing = ImportStanding::default();
        for (tag, job) in self.jobs_kept(open).await? {
            let ours = {
                let imports = self.imports.borrow();
                imports.under_way == Some(tag) || imports.waiting.iter().any(|(_, waiting)| *waiting == tag)
            };
            if ours {
                continue;
            }
            match job {
                Some(Job { step: Step::Writing, resources, patients, done, .. }) => {
                    standing.unfinished = Some(UnfinishedImport { resources, patients, done });
                }
                Some(Job { step: Step::Written, .. }) => {
                    self.put_in_order(open, &tag, &mut Turn::new(0, 0, self.now().0)).await?;
                }
                Some(Job { step: Step::Undoing, .. }) => {
                    self.imports.borrow_mut().dropped = true;
                    self.undo_all(open, 0, tag).await?;
                }
                Some(Job { step: Step::Reading, .. }) | None => {
                    self.imports.borrow_mut().dropped = true;
                    self.sweep_all(open, &tag).await?;
                }
            }
        }
        // A stage whose job is gone can be neither finished nor asked about.
        let kept = self.jobs_kept(open).await?;
        let under_way = self.imports.borrow().under_way;
        self.sweep_files(|tag| under_way == Some(*tag) || kept.iter().any(|(job, _)| job == tag)).await?;
        for stage in self.stages(open).await? {
            let tag = stage.tag();
            if under_way != Some(tag) && !kept.iter().any(|(job, _)| *job == tag) {
                self.imports.borrow_mut().dropped = true;
                self.drop_stage(open, stage, vec![], |_| {}).await?;
            }
        }
        standing.dropped = self.imports.borrow().dropped;
        Ok(standing)
    }

    /// The import whose writing was interrupted becomes the one that is under way.
    async fn take_up(&self, open: &Open) -> Result<Tag, Fault> {
        let kept = self.jobs_kept(open).await?;
        let writing = |job: &Option<Job>| job.as_ref().is_some_and(|job| job.step == Step::Writing);
        let (tag, _) = kept.into_iter().find(|(_, job)| writing(job)).ok_or(Fault::NotFound)?;
        let mut imports = self.imports.borrow_mut();
        if imports.under_way.is_some() {
            return Err(Fault::Refused { detail: UNDER_WAY.into() });
        }
        imports.under_way = Some(tag);
        Ok(tag)
    }

    pub(super) async fn resume_import(&self, open: &Rc<Open>, number: u32) -> Result<ImportReport, Fault> {
        let tag = self.take_up(open).await?;
        self.carry_out(open, number, tag).await
    }

    pub(super) async fn undo_import(&self, open: &Open, number: u32) -> Result<(), Fault> {
        let tag = self.take_up(open).await?;
        let outcome = self.undo_all(open, number, tag).await;
        self.imports.borrow_mut().under_way = None;
        outcome
    }

    /// A preview that nobody wants leaves nothing; a job that runs hears of it at its next step.
    pub(super) async fn cancel_import(&self, open: &Open, number: u32) -> Result<(), Fault> {
        let tag = {
            let mut imports = self.imports.borrow_mut();
            let at = imports.waiting.iter().position(|(job, _)| *job == number);
            at.map(|at| imports.waiting.swap_remove(at).1)
        };
        match tag {
            Some(tag) => self.sweep_all(open, &tag).await,
            None => Ok(()),
        }
    }
}

fn report(job: &Job, facts: Facts) -> ImportReport {
    let outcome = issue::outcome(facts.issues.iter().map(|issue| issue::Told {
        file: &issue.file,
        severity: &issue.severity,
        code: &issue.code,
        path: &issue.path,
        text: &issue.text,
    }));
    ImportReport {
        resources: job.resources,
        patients: job.patients,
        millis: job.spent,
        outcome: super::pretty::pretty(&outcome),
        issues: facts.issues,
    }
}
