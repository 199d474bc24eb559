//! Import: everything is read and checked first and waits sealed on the disk; then all of it becomes part of the record,
//! or nothing does. Nothing of a file is dropped, whatever its resource types; what is wrong is named by its path.

mod files;
mod intake;
mod sift;
mod spool;
mod tally;
mod turn;

use std::cell::Cell;
use std::rc::Rc;

use crate::base::PatientId;
use crate::fhir::issue;
use crate::port::Port;

use super::api::{Fault, ImportPreview, ImportReport, ImportStanding, Phase, UnfinishedImport};
use super::audit::{Act, Action};
use super::log::Decision;
use super::open::Open;
use super::{Engine, FileSource, Io};
use intake::Intake;
use sift::{Seen, grouped};
use spool::{Job, Spool, Stage, Tag};
use tally::{Facts, Tally};
use turn::Turn;

/// Pieces of the clinic's own resources taken at once.
const COMMONS: u32 = 16;

/// Imports of this session: those that wait for a word by the number of their job, and one that is under way.
#[derive(Default)]
pub(super) struct Imports {
    waiting: Vec<(u32, Tag)>,
    under_way: Option<Tag>,
}

impl<P: Port> Engine<P> {
    pub(super) async fn preview_import(&self, open: &Rc<Open>, job: u32, io: Io) -> Result<ImportPreview, Fault> {
        let cancelled = self.start_job(job);
        let files =
            io.files.filter(|f| f.count() > 0).ok_or_else(|| Fault::Refused { detail: "no file was chosen".into() })?;
        let tag = self.begin_import()?;
        let outcome = self.preview(open, job, tag, &files, &cancelled).await;
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
            return Err(Fault::Refused { detail: "another import is under way".into() });
        }
        imports.under_way = Some(tag);
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
        let (mut tally, mut names, mut done) = (Tally::default(), Vec::new(), 0);
        self.progress(number, Phase::Reading, 0, total);
        for index in 0..files.count() {
            let (tally, spool, turn, names) = (&mut tally, &mut spool, &mut turn, &mut names);
            let mut intake = Intake { open, tally, spool, turn, names, cancelled, done };
            self.take_file(files, index, &mut intake).await?;
            done += files.size(index);
        }
        self.spill_rest(open, &mut spool).await?;
        let Spool { mut job, .. } = spool;
        self.weigh_all(open, &tag, &job, &names, &mut tally, &mut turn, cancelled).await?;
        if cancelled.get() {
            return Err(Fault::Cancelled);
        }
        let preview = tally.preview(number, files.count() as u32);
        job.resources = tally.resources;
        job.patients = u64::from(preview.patients_new) + u64::from(preview.patients_known);
        job.spent = self.now().0 - started;
        let facts = Facts { issues: preview.issues.clone(), files: preview.files };
        let facts = serde_json::to_vec(&facts).unwrap_or_default();
        let rows = vec![self.job_write(open, &tag, &job)?, self.facts_write(open, &tag, &facts)?];
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
        tag: &Tag,
        job: &Job,
        names: &[String],
        tally: &mut Tally,
        turn: &mut Turn,
        cancelled: &Cell<bool>,
    ) -> Result<(), Fault> {
        let here = self.who_is_here().await?;
        (turn.done, turn.total) = (0, u64::from(job.parts) + 1);
        for part in 0..job.parts {
            let pieces = self.pieces(open, tag, job, part, 0, u32::MAX).await?;
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
            let pieces = self.pieces(open, tag, job, job.parts, from, COMMONS).await?;
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
                return Err(Fault::Refused { detail: "another import is under way".into() });
            }
            let (_, tag) = imports.waiting.swap_remove(at);
            imports.under_way = Some(tag);
            tag
        };
        let cancelled = self.start_job(number);
        let outcome = self.write_import(open, number, tag, &cancelled).await;
        self.imports.borrow_mut().under_way = None;
        outcome
    }

    async fn write_import(
        &self,
        open: &Rc<Open>,
        number: u32,
        tag: Tag,
        cancelled: &Cell<bool>,
    ) -> Result<ImportReport, Fault> {
        let kept = self.jobs_kept(open).await?;
        let job = kept.into_iter().find(|(at, _)| *at == tag).and_then(|(_, job)| job).ok_or(Fault::NotFound)?;
        let facts: Facts = serde_json::from_slice(&self.load_facts(open, &tag).await?)
            .map_err(|_| Fault::damaged("what was kept of an import"))?;
        let began = self.now().0;
        let mut turn = Turn::new(number, job.resources, began);
        self.progress(number, Phase::Writing, 0, job.resources);
        let here = self.who_is_here().await?;
        let mut bodies = Vec::new();
        for part in 0..=job.parts {
            let pieces = self.pieces(open, &tag, &job, part, 0, u32::MAX).await?;
            for (patient, list) in grouped(&pieces)? {
                let here = here.contains(&open.keys.row_key(&patient));
                turn.done += list.len() as u64;
                let changes = self.changes_of(open, patient, &list, here, &mut Seen::new()).await?;
                if !changes.is_empty() {
                    bodies.extend(self.seal(open, vec![Decision { patient, changes }]).await?);
                }
                self.breathe(&mut turn, Phase::Writing, cancelled).await?;
            }
        }
        let act = Act::new(Action::Imported).note(job.resources.to_string());
        let written = Job { stage: Stage::Written, ..job.clone() };
        self.append(open, bodies, vec![act], vec![self.job_write(open, &tag, &written)?]).await?;
        self.progress(number, Phase::Writing, job.resources, job.resources);
        // It is written: what cannot be swept up now goes when the imports are next looked at.
        let _ = self.sweep_all(open, &tag).await;
        Ok(report(&job, facts, job.spent + self.now().0 - began))
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
                Some(Job { stage: Stage::Writing, resources, patients, done, .. }) => {
                    standing.unfinished = Some(UnfinishedImport { resources, patients, done });
                }
                Some(Job { stage: Stage::Written, .. }) => self.sweep_all(open, &tag).await?,
                Some(Job { stage: Stage::Reading | Stage::Undoing, .. }) | None => {
                    standing.dropped = true;
                    self.sweep_all(open, &tag).await?;
                }
            }
        }
        Ok(standing)
    }

    pub(super) async fn resume_import(&self, _open: &Rc<Open>, _number: u32) -> Result<ImportReport, Fault> {
        Err(Fault::NotFound)
    }

    pub(super) async fn undo_import(&self, _open: &Rc<Open>, _number: u32) -> Result<(), Fault> {
        Err(Fault::NotFound)
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

fn report(job: &Job, facts: Facts, millis: i64) -> ImportReport {
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
        millis,
        outcome: super::pretty::pretty(&outcome),
        issues: facts.issues,
    }
}
