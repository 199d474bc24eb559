//! The open chart: which section, what is loaded, which resource is open beside it, and how a change made
//! elsewhere comes in without moving what is being read. Knows no widgets and no engine.

use std::rc::Rc;

use lucerna_shared::clinic::chart::{Chart, Detail};
use lucerna_shared::clinic::patient::PatientIdText;
use lucerna_shared::engine::api::Fault;

use super::timeline::FIRST_LINES;
use crate::route::Section;

/// One resource of the chart, by type and logical id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceRef {
    pub resource_type: String,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Face<T> {
    Waiting,
    Ready(T),
    Failed(Fault),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DetailTab {
    #[default]
    Read,
    Json,
    History,
}

/// The panel beside the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    pub of: ResourceRef,
    pub detail: Face<Rc<Detail>>,
    pub tab: DetailTab,
}

/// A form that stands in the panel's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Allergy,
    NoKnownAllergies,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Loaded(Rc<Chart>),
    LoadFailed(Fault),
    /// These patients changed, here (false) or on another tablet (true).
    Changed {
        patients: Vec<PatientIdText>,
        remote: bool,
    },
    Go(Section),
    Filter(Option<String>),
    More,
    Open(ResourceRef),
    DetailLoaded(ResourceRef, Rc<Detail>),
    DetailFailed(ResourceRef, Fault),
    Tab(DetailTab),
    ClosePanel,
    OpenForm(Form),
    CloseForm,
    NoticeSeen,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Load,
    LoadDetail(ResourceRef),
    /// Take the "updated" notice away again after a while.
    FadeNotice,
    FocusPanel,
    FocusContent,
}

/// Said quietly under the banner, and to screen readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    UpdatedHere,
    UpdatedElsewhere,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub patient: PatientIdText,
    pub chart: Face<Rc<Chart>>,
    pub section: Section,
    pub filter: Option<String>,
    pub lines_shown: usize,
    pub opened: Option<Opened>,
    pub form: Option<Form>,
    pub notice: Option<Notice>,
    loading: bool,
    /// A change came while a load was running: load once more.
    again: bool,
    /// Why the running load was started.
    because: Option<Notice>,
}

impl Model {
    pub fn open(patient: PatientIdText, section: Section) -> (Model, Vec<Effect>) {
        let model = Model {
            patient,
            chart: Face::Waiting,
            section,
            filter: None,
            lines_shown: FIRST_LINES,
            opened: None,
            form: None,
            notice: None,
            loading: true,
            again: false,
            because: None,
        };
        (model, vec![Effect::Load])
    }

    pub fn ready(&self) -> Option<&Rc<Chart>> {
        match &self.chart {
            Face::Ready(chart) => Some(chart),
            Face::Waiting | Face::Failed(_) => None,
        }
    }

    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Loaded(chart) => self.loaded(chart),
            Event::LoadFailed(fault) => {
                self.loading = false;
                // A chart that is on the screen stays there: a failed refresh takes nothing away.
                if self.ready().is_none() {
                    self.chart = Face::Failed(fault);
                }
                Vec::new()
            }
            Event::Changed { patients, remote } => self.changed(&patients, remote),
            Event::Go(section) => {
                if self.section == section {
                    return Vec::new();
                }
                self.section = section;
                self.opened = None;
                self.lines_shown = FIRST_LINES;
                vec![Effect::FocusContent]
            }
            Event::Filter(filter) => {
                self.filter = filter;
                self.lines_shown = FIRST_LINES;
                Vec::new()
            }
            Event::More => {
                self.lines_shown += 2 * FIRST_LINES;
                Vec::new()
            }
            Event::Open(of) => {
                self.form = None;
                self.opened = Some(Opened { of: of.clone(), detail: Face::Waiting, tab: DetailTab::Read });
                vec![Effect::LoadDetail(of), Effect::FocusPanel]
            }
            Event::DetailLoaded(of, detail) => {
                self.with_opened(&of, |opened| opened.detail = Face::Ready(detail));
                Vec::new()
            }
            Event::DetailFailed(of, fault) => {
                self.with_opened(&of, |opened| opened.detail = Face::Failed(fault));
                Vec::new()
            }
            Event::Tab(tab) => {
                if let Some(opened) = &mut self.opened {
                    opened.tab = tab;
                }
                Vec::new()
            }
            Event::ClosePanel => {
                self.opened = None;
                vec![Effect::FocusContent]
            }
            Event::OpenForm(form) => {
                self.opened = None;
                self.form = Some(form);
                vec![Effect::FocusPanel]
            }
            Event::CloseForm => {
                self.form = None;
                vec![Effect::FocusContent]
            }
            Event::NoticeSeen => {
                self.notice = None;
                Vec::new()
            }
        }
    }

    fn loaded(&mut self, chart: Rc<Chart>) -> Vec<Effect> {
        self.loading = false;
        let mut effects = Vec::new();
        if let Some(opened) = &self.opened {
            effects.push(Effect::LoadDetail(opened.of.clone()));
        }
        self.chart = Face::Ready(chart);
        if let Some(notice) = self.because.take() {
            self.notice = Some(notice);
            effects.push(Effect::FadeNotice);
        }
        if std::mem::take(&mut self.again) {
            self.loading = true;
            effects.push(Effect::Load);
        }
        effects
    }

    fn changed(&mut self, patients: &[PatientIdText], remote: bool) -> Vec<Effect> {
        if !patients.contains(&self.patient) {
            return Vec::new();
        }
        self.because = Some(if remote { Notice::UpdatedElsewhere } else { Notice::UpdatedHere });
        if self.loading {
            self.again = true;
            return Vec::new();
        }
        self.loading = true;
        vec![Effect::Load]
    }

    fn with_opened(&mut self, of: &ResourceRef, change: impl FnOnce(&mut Opened)) {
        if let Some(opened) = self.opened.as_mut().filter(|o| o.of == *of) {
            change(opened);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Model {
        let (mut model, _) = Model::open("p1".into(), Section::Summary);
        model.update(Event::Loaded(Rc::default()));
        model
    }

    fn changed(patient: &str) -> Event {
        Event::Changed { patients: vec![patient.into()], remote: true }
    }

    #[test]
    fn a_change_to_this_patient_loads_again_and_keeps_the_old_chart_on_the_screen() {
        let mut model = ready();
        assert_eq!(model.update(changed("p1")), vec![Effect::Load]);
        assert!(model.ready().is_some());
        model.update(Event::Loaded(Rc::default()));
        assert_eq!(model.notice, Some(Notice::UpdatedElsewhere));
    }

    #[test]
    fn a_change_to_another_patient_does_nothing() {
        assert_eq!(ready().update(changed("p2")), vec![]);
    }

    #[test]
    fn changes_during_a_load_lead_to_one_more_load() {
        let mut model = ready();
        model.update(changed("p1"));
        assert_eq!(model.update(changed("p1")), vec![]);
        assert_eq!(model.update(changed("p1")), vec![]);
        assert!(model.update(Event::Loaded(Rc::default())).contains(&Effect::Load));
        assert!(!model.update(Event::Loaded(Rc::default())).contains(&Effect::Load));
    }

    #[test]
    fn a_failed_refresh_takes_nothing_off_the_screen() {
        let mut model = ready();
        model.update(changed("p1"));
        model.update(Event::LoadFailed(Fault::Locked));
        assert!(model.ready().is_some());
    }

    #[test]
    fn a_late_detail_of_another_resource_is_dropped() {
        let mut model = ready();
        let (one, two) = (of("1"), of("2"));
        model.update(Event::Open(one.clone()));
        model.update(Event::Open(two));
        model.update(Event::DetailLoaded(one, Rc::default()));
        assert_eq!(model.opened.map(|o| o.detail), Some(Face::Waiting));
    }

    fn of(id: &str) -> ResourceRef {
        ResourceRef { resource_type: "Observation".into(), id: id.into() }
    }
}
