//! The visit as it is being written: one patient, one author, one draft, from opening to signed or discarded.
//! Knows no widgets and no engine: events come in, effects go out, the page obeys.

use lucerna_shared::clinic::diagnosis::CodeHit;
use lucerna_shared::clinic::note::{Diagnosis, VisitDraft};
use lucerna_shared::clinic::patient::{FieldProblem, PatientIdText};
use lucerna_shared::clinic::vital::{VitalEntry, VitalKind};
use lucerna_shared::engine::api::{Fault, Saved};

use super::autosave::Autosave;
use super::vitals;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Subjective,
    Objective,
    Assessment,
    Plan,
}

impl Text {
    pub const ALL: [Text; 4] = [Text::Subjective, Text::Objective, Text::Assessment, Text::Plan];

    pub fn key(self) -> &'static str {
        match self {
            Text::Subjective => "subjective",
            Text::Objective => "objective",
            Text::Assessment => "assessment",
            Text::Plan => "plan",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Asking the engine whether a draft waits.
    #[default]
    Opening,
    Writing,
    Reviewing,
    Signing,
    /// Signed, discarded or left: nothing happens here any more.
    Closed,
}

/// A question that stands over the page until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Esc or Back: save, discard or return.
    Leave,
    Discard,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Loaded {
        draft: Option<VisitDraft>,
        saved: i64,
    },
    LoadFailed(Fault),
    Typed(Text, String),
    Vital(VitalKind, String),
    Unit(VitalKind, &'static str),
    Confirm(VitalKind, bool),
    DiagnosisQuery(String),
    Hits {
        asked: u32,
        hits: Vec<CodeHit>,
    },
    /// Up and down in the list of hits.
    Highlight(i32),
    /// Enter in the search box.
    TakeHighlighted,
    Take(CodeHit),
    TakeAsTyped,
    Untake(usize),
    OnProblemList(usize, bool),
    FollowUp(String),
    Timer,
    /// The page is about to go: hidden, locked, closed.
    Flush,
    Stored(i64),
    StoreFailed(Fault),
    Review,
    BackToWriting,
    Sign,
    Signed(Saved),
    SignFailed(Fault),
    Ask(Question),
    Answered,
    Discard,
    Leave,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Save(Box<VisitDraft>),
    /// Send `Event::Timer` after so many milliseconds.
    Wait(i64),
    Search {
        query: String,
        asked: u32,
    },
    Sign(Box<VisitDraft>),
    /// Delete the stored draft; the page offers to undo with this one.
    Discard(Box<VisitDraft>),
    /// Delete what is stored, without a word: there is nothing in it.
    DropBlank,
    Focus(Place),
    /// Scroll the list of hits into sight.
    Reveal,
    /// The note stands; its Composition's id.
    Finished(Saved),
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    First,
    Review,
    DiagnosisBox,
    Problems,
}

/// The bounded list under the diagnosis box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiagnosisBox {
    pub query: String,
    pub hits: Vec<CodeHit>,
    pub highlighted: usize,
    /// Counts questions, so that a late answer to an old one is dropped.
    asked: u32,
    pub waiting: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visit {
    /// Fixed when the visit opens: a draft never moves to another patient.
    patient: PatientIdText,
    pub draft: VisitDraft,
    pub stage: Stage,
    pub question: Option<Question>,
    pub save: Autosave,
    pub diagnosis: DiagnosisBox,
    pub problems: Vec<FieldProblem>,
    pub fault: Option<Fault>,
    pub resumed: bool,
}

impl Visit {
    pub fn of(patient: PatientIdText) -> Visit {
        Visit { patient, ..Visit::default() }
    }

    pub fn patient(&self) -> &PatientIdText {
        &self.patient
    }

    pub fn text(&self, which: Text) -> &str {
        match which {
            Text::Subjective => &self.draft.subjective,
            Text::Objective => &self.draft.objective,
            Text::Assessment => &self.draft.assessment,
            Text::Plan => &self.draft.plan,
        }
    }

    pub fn vital(&self, kind: VitalKind) -> Option<&VitalEntry> {
        self.draft.vitals.iter().find(|v| v.kind == kind)
    }

    pub fn update(&mut self, event: Event, now: i64) -> Vec<Effect> {
        if self.stage == Stage::Closed {
            return Vec::new();
        }
        match event {
            Event::Loaded { draft, saved } => self.opened(draft, saved, now),
            Event::LoadFailed(fault) => {
                self.fault = Some(fault);
                Vec::new()
            }
            Event::Typed(which, text) => {
                match which {
                    Text::Subjective => self.draft.subjective = text,
                    Text::Objective => self.draft.objective = text,
                    Text::Assessment => self.draft.assessment = text,
                    Text::Plan => self.draft.plan = text,
                }
                self.changed(now)
            }
            Event::Vital(kind, value) => {
                let entry = self.entry(kind);
                entry.value = value;
                entry.confirmed = false;
                self.changed(now)
            }
            Event::Unit(kind, unit) => {
                for kind in vitals::same_unit(kind) {
                    vitals::change_unit(self.entry(kind), unit);
                }
                self.changed(now)
            }
            Event::Confirm(kind, yes) => {
                self.entry(kind).confirmed = yes;
                self.changed(now)
            }
            Event::DiagnosisQuery(query) => self.ask_diagnosis(query),
            Event::Hits { asked, hits } => {
                if asked == self.diagnosis.asked {
                    self.diagnosis.hits = hits;
                    self.diagnosis.highlighted = 0;
                    self.diagnosis.waiting = false;
                    return vec![Effect::Reveal];
                }
                Vec::new()
            }
            Event::Highlight(step) => {
                let last = self.diagnosis.hits.len().saturating_sub(1);
                self.diagnosis.highlighted = self.diagnosis.highlighted.saturating_add_signed(step as isize).min(last);
                vec![Effect::Reveal]
            }
            // The list for what was typed has not come yet: Enter waits for it.
            Event::TakeHighlighted | Event::TakeAsTyped if self.diagnosis.waiting => Vec::new(),
            Event::TakeHighlighted => match self.diagnosis.hits.get(self.diagnosis.highlighted).cloned() {
                Some(hit) => self.take(hit, now),
                None => Vec::new(),
            },
            Event::Take(hit) => self.take(hit, now),
            Event::TakeAsTyped => {
                let title = self.diagnosis.query.trim().to_owned();
                if title.is_empty() { Vec::new() } else { self.take(CodeHit { code: String::new(), title }, now) }
            }
            Event::Untake(at) => {
                if at < self.draft.diagnoses.len() {
                    self.draft.diagnoses.remove(at);
                }
                let mut effects = self.changed(now);
                effects.push(Effect::Focus(Place::DiagnosisBox));
                effects
            }
            Event::OnProblemList(at, yes) => {
                if let Some(diagnosis) = self.draft.diagnoses.get_mut(at) {
                    diagnosis.problem = yes;
                }
                self.changed(now)
            }
            Event::FollowUp(date) => {
                self.draft.follow_up = date;
                self.changed(now)
            }
            Event::Timer => self.write_if_due(now),
            Event::Flush => self.write(),
            Event::Stored(at) => {
                self.save.finished(at);
                self.wait(now)
            }
            Event::StoreFailed(fault) => {
                self.save.failed(fault, now);
                self.wait(now)
            }
            Event::Review => {
                if self.stage != Stage::Writing || self.draft.is_blank() {
                    return Vec::new();
                }
                self.stage = Stage::Reviewing;
                self.fault = None;
                let mut effects = self.write();
                effects.push(Effect::Focus(Place::Review));
                effects
            }
            Event::BackToWriting => {
                if self.stage == Stage::Reviewing {
                    self.stage = Stage::Writing;
                    return vec![Effect::Focus(Place::First)];
                }
                Vec::new()
            }
            Event::Sign => {
                if self.stage != Stage::Reviewing {
                    return Vec::new();
                }
                self.stage = Stage::Signing;
                self.fault = None;
                self.problems.clear();
                self.save.stop();
                vec![Effect::Sign(Box::new(self.draft.clone()))]
            }
            Event::Signed(saved) => {
                self.stage = Stage::Closed;
                vec![Effect::Finished(saved), Effect::Close]
            }
            Event::SignFailed(fault) => self.sign_refused(fault, now),
            Event::Ask(question) => self.ask(question),
            Event::Answered => {
                self.question = None;
                Vec::new()
            }
            Event::Discard => {
                self.question = None;
                self.stage = Stage::Closed;
                self.save.stop();
                vec![Effect::Discard(Box::new(self.draft.clone())), Effect::Close]
            }
            Event::Leave => self.leave(),
        }
    }

    fn opened(&mut self, draft: Option<VisitDraft>, saved: i64, now: i64) -> Vec<Effect> {
        self.stage = Stage::Writing;
        self.fault = None;
        match draft {
            Some(draft) => {
                self.draft = draft;
                self.resumed = true;
                self.save = Autosave::resumed(saved);
            }
            None => self.draft = VisitDraft { started: now, ..VisitDraft::default() },
        }
        vec![Effect::Focus(Place::First)]
    }

    fn entry(&mut self, kind: VitalKind) -> &mut VitalEntry {
        let at = match self.draft.vitals.iter().position(|v| v.kind == kind) {
            Some(at) => at,
            None => {
                let unit = kind.unit().to_owned();
                self.draft.vitals.push(VitalEntry { kind, value: String::new(), unit, confirmed: false });
                self.draft.vitals.len() - 1
            }
        };
        &mut self.draft.vitals[at]
    }

    fn changed(&mut self, now: i64) -> Vec<Effect> {
        self.problems.clear();
        self.save.typed(now);
        self.wait(now)
    }

    fn wait(&self, now: i64) -> Vec<Effect> {
        self.save.wait(now).map(Effect::Wait).into_iter().collect()
    }

    fn write_if_due(&mut self, now: i64) -> Vec<Effect> {
        if self.save.due(now) { self.write() } else { self.wait(now) }
    }

    fn write(&mut self) -> Vec<Effect> {
        if self.save.start() { vec![Effect::Save(Box::new(self.draft.clone()))] } else { Vec::new() }
    }

    fn ask_diagnosis(&mut self, query: String) -> Vec<Effect> {
        self.diagnosis.asked += 1;
        self.diagnosis.query = query;
        self.diagnosis.highlighted = 0;
        let query = self.diagnosis.query.trim().to_owned();
        if query.is_empty() {
            self.diagnosis.hits.clear();
            self.diagnosis.waiting = false;
            return Vec::new();
        }
        self.diagnosis.waiting = true;
        vec![Effect::Search { query, asked: self.diagnosis.asked }]
    }

    fn take(&mut self, hit: CodeHit, now: i64) -> Vec<Effect> {
        let there = self.draft.diagnoses.iter().any(|d| d.code == hit.code && d.title == hit.title);
        if !there {
            self.draft.diagnoses.push(Diagnosis { code: hit.code, title: hit.title, ..Diagnosis::default() });
        }
        self.diagnosis = DiagnosisBox { asked: self.diagnosis.asked + 1, ..DiagnosisBox::default() };
        let mut effects = self.changed(now);
        effects.push(Effect::Focus(Place::DiagnosisBox));
        effects
    }

    fn sign_refused(&mut self, fault: Fault, now: i64) -> Vec<Effect> {
        self.save.go_on(now);
        let mut effects = self.wait(now);
        match fault {
            Fault::Fields { problems } => {
                self.stage = Stage::Writing;
                self.problems = problems;
                effects.push(Effect::Focus(Place::Problems));
            }
            other => {
                self.stage = Stage::Reviewing;
                self.fault = Some(other);
            }
        }
        effects
    }

    fn ask(&mut self, question: Question) -> Vec<Effect> {
        if self.stage == Stage::Opening || self.draft.is_blank() {
            return self.leave();
        }
        self.question = Some(question);
        Vec::new()
    }

    fn leave(&mut self) -> Vec<Effect> {
        self.question = None;
        let stored = self.resumed || self.save != Autosave::default();
        let mut effects = match (self.draft.is_blank(), stored) {
            (true, true) => vec![Effect::DropBlank],
            (true, false) => Vec::new(),
            (false, _) => self.write(),
        };
        self.save.stop();
        self.stage = Stage::Closed;
        effects.push(Effect::Close);
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Visit {
        let mut visit = Visit::of("p1".into());
        visit.update(Event::Loaded { draft: None, saved: 0 }, 1_000);
        visit
    }

    fn saves(effects: &[Effect]) -> usize {
        effects.iter().filter(|e| matches!(e, Effect::Save(_))).count()
    }

    #[test]
    fn a_keystroke_leads_to_one_save_of_everything_typed() {
        let mut visit = open();
        assert_eq!(visit.update(Event::Typed(Text::Subjective, "cough".into()), 1_000), vec![Effect::Wait(350)]);
        let effects = visit.update(Event::Timer, 1_350);
        assert!(matches!(&effects[..], [Effect::Save(draft)] if draft.subjective == "cough"));
    }

    #[test]
    fn hiding_the_page_writes_at_once() {
        let mut visit = open();
        visit.update(Event::Vital(VitalKind::HeartRate, "80".into()), 1_000);
        assert_eq!(saves(&visit.update(Event::Flush, 1_001)), 1);
        assert_eq!(saves(&visit.update(Event::Flush, 1_002)), 0);
    }

    #[test]
    fn from_typed_to_signed_takes_two_taps() {
        let mut visit = open();
        visit.update(Event::Typed(Text::Plan, "rest".into()), 1_000);
        visit.update(Event::Review, 2_000);
        assert!(matches!(&visit.update(Event::Sign, 3_000)[..], [Effect::Sign(_)]));
        let effects = visit.update(Event::Signed(Saved { at: 3_100, id: "c1".into() }), 3_100);
        assert_eq!(effects.last(), Some(&Effect::Close));
    }

    #[test]
    fn after_signing_no_late_timer_brings_the_draft_back() {
        let mut visit = open();
        visit.update(Event::Typed(Text::Plan, "rest".into()), 1_000);
        visit.update(Event::Review, 1_010);
        visit.update(Event::Stored(1_020), 1_020);
        visit.update(Event::Sign, 1_100);
        assert_eq!(visit.update(Event::Timer, 9_000), vec![]);
        visit.update(Event::Signed(Saved { at: 9_100, id: String::new() }), 9_100);
        assert_eq!(visit.update(Event::Flush, 9_200), vec![]);
    }

    #[test]
    fn a_refused_signature_keeps_the_draft_and_shows_the_fields() {
        let mut visit = open();
        visit.update(Event::Typed(Text::Plan, "rest".into()), 1_000);
        visit.update(Event::Review, 1_010);
        visit.update(Event::Sign, 1_100);
        let problem = FieldProblem { field: "vitals".into(), message: "vital-not-a-number".into(), blocking: true };
        visit.update(Event::SignFailed(Fault::Fields { problems: vec![problem.clone()] }), 1_200);
        assert_eq!((visit.stage, visit.problems.clone()), (Stage::Writing, vec![problem]));
        assert!(visit.save.dirty());
    }

    #[test]
    fn leaving_an_untouched_visit_asks_nothing_and_stores_nothing() {
        let mut visit = open();
        assert_eq!(visit.update(Event::Ask(Question::Leave), 1_000), vec![Effect::Close]);
    }

    #[test]
    fn leaving_after_typing_asks_first_and_then_saves() {
        let mut visit = open();
        visit.update(Event::Typed(Text::Plan, "rest".into()), 1_000);
        assert_eq!(visit.update(Event::Ask(Question::Leave), 1_100), vec![]);
        assert_eq!(visit.question, Some(Question::Leave));
        assert_eq!(saves(&visit.update(Event::Leave, 1_200)), 1);
    }

    #[test]
    fn a_late_answer_to_an_old_question_is_dropped() {
        let mut visit = open();
        visit.update(Event::DiagnosisQuery("hyp".into()), 1_000);
        visit.update(Event::DiagnosisQuery("hypert".into()), 1_010);
        let hit = CodeHit { code: "E03".into(), title: "Other hypothyroidism".into() };
        visit.update(Event::Hits { asked: 1, hits: vec![hit.clone()] }, 1_020);
        assert!(visit.diagnosis.hits.is_empty());
        visit.update(Event::Hits { asked: 2, hits: vec![hit] }, 1_030);
        assert_eq!(visit.diagnosis.hits.len(), 1);
    }

    #[test]
    fn the_same_diagnosis_is_taken_once() {
        let mut visit = open();
        let hit = CodeHit { code: "I10".into(), title: "Essential (primary) hypertension".into() };
        visit.update(Event::Take(hit.clone()), 1_000);
        visit.update(Event::Take(hit), 1_000);
        assert_eq!(visit.draft.diagnoses.len(), 1);
    }

    #[test]
    fn changing_a_value_takes_its_confirmation_back() {
        let mut visit = open();
        visit.update(Event::Vital(VitalKind::Temperature, "45".into()), 1_000);
        visit.update(Event::Confirm(VitalKind::Temperature, true), 1_000);
        visit.update(Event::Vital(VitalKind::Temperature, "46".into()), 1_000);
        assert_eq!(visit.vital(VitalKind::Temperature).map(|v| v.confirmed), Some(false));
    }
}
