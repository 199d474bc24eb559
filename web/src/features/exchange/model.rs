//! Import and export as they go along: reading, preview, writing, report. Knows no files and no widgets:
//! the page holds the files and obeys the effects.

use lucerna_shared::base::order;
use lucerna_shared::engine::api::{
    ExportReport, Fault, ImportPreview, ImportReport, ImportStanding, Issue, Phase, UnfinishedImport,
};

use super::rate::Rate;

/// A job that runs, with how far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub job: u32,
    pub phase: Phase,
    pub done: u64,
    pub total: u64,
    pub rate: Rate,
    pub cancelling: bool,
}

impl Running {
    fn new(job: u32, phase: Phase, now: i64) -> Running {
        Running { job, phase, done: 0, total: 0, rate: Rate::starting(now), cancelling: false }
    }

    fn progress(&mut self, phase: Phase, done: u64, total: u64, now: i64) {
        if phase != self.phase {
            self.phase = phase;
            self.rate = Rate::starting(now);
        }
        self.done = done;
        self.total = total;
        self.rate.seen(done, now);
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Import {
    #[default]
    Choosing,
    /// One was interrupted while it was being written, perhaps by this fault: finish it, or undo it.
    Interrupted(UnfinishedImport, Option<Fault>),
    Undoing(Running),
    Previewing(Running),
    Previewed(ImportPreview),
    Writing(Running),
    Done(ImportReport),
    Failed(Fault),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Export {
    #[default]
    Idle,
    /// The plain warning stands until it is answered.
    Asking,
    Running(Running),
    Done(ExportReport),
    Failed(Fault),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// What an earlier session, or a write that failed, left behind.
    Standing(ImportStanding),
    Finish,
    Undo,
    Undone,
    UndoFailed(Fault),
    Chosen {
        files: usize,
    },
    Previewed(ImportPreview),
    PreviewFailed(Fault),
    Commit,
    Committed(ImportReport),
    CommitFailed(Fault),
    StartOver,
    AskExport,
    StartExport,
    Exported(ExportReport),
    ExportFailed(Fault),
    CloseExport,
    Progress {
        job: u32,
        phase: Phase,
        done: u64,
        total: u64,
    },
    CancelImport,
    CancelExport,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    LookBack,
    Preview { job: u32 },
    Commit { job: u32 },
    Resume { job: u32 },
    Undo { job: u32 },
    Export { job: u32 },
    Cancel { job: u32 },
    FocusResult,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub import: Import,
    pub export: Export,
    /// An import of an earlier session left nothing, and whoever began it should know.
    pub dropped: bool,
    next_job: u32,
}

impl Model {
    /// Job numbers start at `first`: the page takes them from the clock, so that a job of an earlier visit
    /// to this page is never mistaken for one of this.
    pub fn starting_at(first: u32) -> Model {
        Model { next_job: first, ..Model::default() }
    }

    fn job(&mut self) -> u32 {
        self.next_job = self.next_job.wrapping_add(1).max(1);
        self.next_job
    }

    /// A preview is dropped when the page goes, and what waits for its word with it; a write goes on.
    pub fn abandon(&self) -> Option<Effect> {
        match &self.import {
            Import::Previewing(run) => Some(Effect::Cancel { job: run.job }),
            Import::Previewed(preview) => Some(Effect::Cancel { job: preview.job }),
            Import::Choosing
            | Import::Interrupted(..)
            | Import::Undoing(_)
            | Import::Writing(_)
            | Import::Done(_)
            | Import::Failed(_) => None,
        }
    }

    pub fn update(&mut self, event: Event, now: i64) -> Vec<Effect> {
        match event {
            Event::Standing(standing) => {
                self.dropped |= standing.dropped;
                let fault = match &self.import {
                    Import::Choosing => None,
                    Import::Failed(fault) => Some(fault.clone()),
                    _ => return Vec::new(),
                };
                if let Some(unfinished) = standing.unfinished {
                    self.import = Import::Interrupted(unfinished, fault);
                }
                Vec::new()
            }
            Event::Finish | Event::Undo if !matches!(self.import, Import::Interrupted(..)) => Vec::new(),
            Event::Finish => {
                let job = self.job();
                self.import = Import::Writing(Running::new(job, Phase::Writing, now));
                vec![Effect::Resume { job }]
            }
            Event::Undo => {
                let job = self.job();
                self.import = Import::Undoing(Running::new(job, Phase::Undoing, now));
                vec![Effect::Undo { job }]
            }
            Event::Undone => {
                self.import = Import::Choosing;
                Vec::new()
            }
            Event::Chosen { files: 0 } => Vec::new(),
            Event::Chosen { .. } => {
                self.dropped = false;
                let job = self.job();
                self.import = Import::Previewing(Running::new(job, Phase::Reading, now));
                vec![Effect::Preview { job }]
            }
            Event::Previewed(preview) => {
                self.import = Import::Previewed(preview);
                vec![Effect::FocusResult]
            }
            Event::PreviewFailed(fault) => {
                self.import = if fault == Fault::Cancelled { Import::Choosing } else { Import::Failed(fault) };
                vec![Effect::FocusResult]
            }
            // Part of it may be written by now, seen by nobody.
            Event::CommitFailed(fault) | Event::UndoFailed(fault) => {
                self.import = if fault == Fault::Cancelled { Import::Choosing } else { Import::Failed(fault) };
                vec![Effect::FocusResult, Effect::LookBack]
            }
            Event::Commit => match &self.import {
                Import::Previewed(preview) if !preview.blocked => {
                    let job = preview.job;
                    self.import = Import::Writing(Running::new(job, Phase::Sealing, now));
                    vec![Effect::Commit { job }]
                }
                _ => Vec::new(),
            },
            Event::Committed(report) => {
                self.import = Import::Done(report);
                vec![Effect::FocusResult]
            }
            Event::StartOver => {
                let let_go = self.abandon();
                self.import = Import::Choosing;
                let_go.into_iter().chain([Effect::LookBack]).collect()
            }
            Event::AskExport => {
                self.export = Export::Asking;
                Vec::new()
            }
            Event::StartExport => {
                let job = self.job();
                self.export = Export::Running(Running::new(job, Phase::Exporting, now));
                vec![Effect::Export { job }]
            }
            Event::Exported(report) => {
                self.export = Export::Done(report);
                Vec::new()
            }
            Event::ExportFailed(fault) => {
                self.export = if fault == Fault::Cancelled { Export::Idle } else { Export::Failed(fault) };
                Vec::new()
            }
            Event::CloseExport => {
                self.export = Export::Idle;
                Vec::new()
            }
            Event::Progress { job, phase, done, total } => {
                if let Some(run) = self.running_mut(job) {
                    run.progress(phase, done, total, now);
                }
                Vec::new()
            }
            Event::CancelImport => match &mut self.import {
                Import::Previewing(run) | Import::Writing(run) => cancel(run),
                Import::Choosing
                | Import::Interrupted(..)
                | Import::Undoing(_)
                | Import::Previewed(_)
                | Import::Done(_)
                | Import::Failed(_) => Vec::new(),
            },
            Event::CancelExport => match &mut self.export {
                Export::Running(run) => cancel(run),
                Export::Idle | Export::Asking | Export::Done(_) | Export::Failed(_) => Vec::new(),
            },
        }
    }

    fn running_mut(&mut self, job: u32) -> Option<&mut Running> {
        let import = match &mut self.import {
            Import::Previewing(run) | Import::Writing(run) | Import::Undoing(run) => Some(run),
            Import::Choosing | Import::Interrupted(..) | Import::Previewed(_) | Import::Done(_) | Import::Failed(_) => {
                None
            }
        };
        let export = match &mut self.export {
            Export::Running(run) => Some(run),
            Export::Idle | Export::Asking | Export::Done(_) | Export::Failed(_) => None,
        };
        import.into_iter().chain(export).find(|run| run.job == job)
    }
}

fn cancel(run: &mut Running) -> Vec<Effect> {
    if run.cancelling {
        return Vec::new();
    }
    run.cancelling = true;
    vec![Effect::Cancel { job: run.job }]
}

/// Issues under the file they stand in, files in the order of their first issue, errors before warnings.
pub fn by_file(issues: &[Issue]) -> Vec<(&str, Vec<&Issue>)> {
    let mut files: Vec<(&str, Vec<&Issue>)> = Vec::new();
    for issue in issues {
        match files.iter_mut().find(|(file, _)| *file == issue.file) {
            Some((_, list)) => list.push(issue),
            None => files.push((&issue.file, vec![issue])),
        }
    }
    for (_, list) in &mut files {
        order::sort_by_key(list, |issue| rank(&issue.severity));
    }
    files
}

fn rank(severity: &str) -> u8 {
    match severity {
        "fatal" => 0,
        "error" => 1,
        "warning" => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn previewing() -> (Model, u32) {
        let mut model = Model::starting_at(7);
        let effects = model.update(Event::Chosen { files: 2 }, 0);
        let [Effect::Preview { job }] = effects[..] else { panic!("no preview was asked for") };
        (model, job)
    }

    #[test]
    fn chosen_files_are_previewed_and_nothing_is_written_before_the_word() {
        let (mut model, job) = previewing();
        let effects = model.update(Event::Previewed(ImportPreview { job, ..Default::default() }), 1_000);
        assert_eq!(effects, vec![Effect::FocusResult]);
        assert_eq!(model.update(Event::Commit, 2_000), vec![Effect::Commit { job }]);
    }

    #[test]
    fn a_blocked_preview_cannot_be_written() {
        let (mut model, job) = previewing();
        model.update(Event::Previewed(ImportPreview { job, blocked: true, ..Default::default() }), 1_000);
        assert_eq!(model.update(Event::Commit, 2_000), vec![]);
    }

    #[test]
    fn a_preview_that_is_not_wanted_is_let_go_and_a_write_is_not() {
        let (mut model, job) = previewing();
        model.update(Event::Previewed(ImportPreview { job, ..Default::default() }), 1_000);
        assert_eq!(model.abandon(), Some(Effect::Cancel { job }));
        assert_eq!(model.update(Event::StartOver, 1_500), vec![Effect::Cancel { job }, Effect::LookBack]);
        let (mut model, job) = previewing();
        model.update(Event::Previewed(ImportPreview { job, ..Default::default() }), 1_000);
        model.update(Event::Commit, 2_000);
        assert_eq!(model.abandon(), None);
    }

    #[test]
    fn cancelling_asks_once_and_goes_back_to_choosing() {
        let (mut model, job) = previewing();
        assert_eq!(model.update(Event::CancelImport, 10), vec![Effect::Cancel { job }]);
        assert_eq!(model.update(Event::CancelImport, 20), vec![]);
        model.update(Event::PreviewFailed(Fault::Cancelled), 30);
        assert_eq!(model.import, Import::Choosing);
    }

    #[test]
    fn an_interrupted_import_is_finished_or_undone_and_nothing_else_is_done_before() {
        let unfinished = UnfinishedImport { resources: 9, patients: 2, done: 4 };
        let standing = ImportStanding { dropped: false, unfinished: Some(unfinished.clone()) };
        let mut model = Model::starting_at(7);
        assert_eq!(model.update(Event::Finish, 0), vec![]);
        model.update(Event::Standing(standing.clone()), 10);
        assert_eq!(model.import, Import::Interrupted(unfinished.clone(), None));
        let effects = model.update(Event::Finish, 20);
        let [Effect::Resume { job }] = effects[..] else { panic!("it was not taken up again") };
        model.update(Event::Progress { job, phase: Phase::Writing, done: 5, total: 9 }, 30);
        assert_eq!(model.update(Event::CommitFailed(Fault::StorageFull), 40), [Effect::FocusResult, Effect::LookBack]);
        model.update(Event::Standing(standing), 50);
        assert_eq!(model.import, Import::Interrupted(unfinished, Some(Fault::StorageFull)));
        assert!(matches!(model.update(Event::Undo, 60)[..], [Effect::Undo { .. }]));
        model.update(Event::Undone, 70);
        assert_eq!(model.import, Import::Choosing);
    }

    #[test]
    fn what_was_dropped_is_said_until_the_next_import() {
        let mut model = Model::starting_at(7);
        model.update(Event::Standing(ImportStanding { dropped: true, unfinished: None }), 0);
        assert!(model.dropped);
        model.update(Event::Chosen { files: 1 }, 10);
        assert!(!model.dropped);
    }

    #[test]
    fn progress_of_another_job_moves_nothing() {
        let (mut model, job) = previewing();
        model.update(Event::Progress { job: job + 1, phase: Phase::Reading, done: 5, total: 10 }, 100);
        model.update(Event::Progress { job, phase: Phase::Checking, done: 3, total: 10 }, 200);
        let Import::Previewing(run) = &model.import else { panic!("the preview stopped") };
        assert_eq!((run.phase, run.done, run.total), (Phase::Checking, 3, 10));
    }

    #[test]
    fn issues_are_grouped_by_file_with_errors_first() {
        let issue = |file: &str, severity: &str| Issue {
            file: file.into(),
            severity: severity.into(),
            code: String::new(),
            path: String::new(),
            text: String::new(),
        };
        let issues = [issue("b", "warning"), issue("a", "error"), issue("b", "fatal")];
        let grouped = by_file(&issues);
        assert_eq!(grouped.iter().map(|(f, l)| (*f, l.len())).collect::<Vec<_>>(), [("b", 2), ("a", 1)]);
        assert_eq!(grouped[0].1[0].severity, "fatal");
    }
}
