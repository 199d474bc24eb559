//! What was typed, what came back, which row is chosen. An answer to an older question is dropped. Pure.

use lucerna_shared::clinic::patient::PatientRow;
use lucerna_shared::engine::api::{Fault, SearchResults};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub typed: String,
    pub rows: Vec<PatientRow>,
    pub total: u64,
    /// The row that Enter opens.
    pub chosen: usize,
    pub fault: Option<Fault>,
    /// Whether `rows` answer what is typed now.
    pub fresh: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Typed(String),
    Found(SearchResults),
    Failed { query: String, fault: Fault },
    Up,
    Down,
}

impl Model {
    pub fn update(mut self, event: Event) -> Model {
        match event {
            Event::Typed(typed) => {
                self.typed = typed;
                self.chosen = 0;
                self.fresh = false;
                self.fault = None;
                if self.blank() {
                    self.rows.clear();
                    self.total = 0;
                }
            }
            Event::Found(results) if results.query == self.typed => {
                self.chosen = self.chosen.min(results.rows.len().saturating_sub(1));
                self.rows = results.rows;
                self.total = results.total;
                self.fresh = true;
            }
            Event::Failed { query, fault } if query == self.typed => {
                self.fault = Some(fault);
                self.fresh = true;
            }
            Event::Found(_) | Event::Failed { .. } => {}
            Event::Up => self.chosen = self.chosen.saturating_sub(1),
            Event::Down => self.chosen = (self.chosen + 1).min(self.rows.len().saturating_sub(1)),
        }
        self
    }

    pub fn blank(&self) -> bool {
        self.typed.trim().is_empty()
    }

    /// Nobody fits what is typed, and that is certain.
    pub fn nobody(&self) -> bool {
        self.fresh && !self.blank() && self.rows.is_empty() && self.fault.is_none()
    }

    /// The patient that Enter opens: only from an answer to what is typed now.
    pub fn open(&self) -> Option<&PatientRow> {
        self.rows.get(self.chosen).filter(|_| self.fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str, names: &[&str]) -> Event {
        let rows =
            names.iter().map(|n| PatientRow { patient: (*n).into(), ..PatientRow::default() }).collect::<Vec<_>>();
        Event::Found(SearchResults { query: query.into(), total: rows.len() as u64, rows })
    }

    #[test]
    fn a_late_answer_to_an_older_question_is_dropped() {
        let model = Model::default().update(Event::Typed("me".into())).update(Event::Typed("mel".into()));
        let model = model.update(found("mel", &["a"])).update(found("me", &["a", "b", "c"]));
        assert_eq!(model.rows.len(), 1);
    }

    #[test]
    fn enter_never_opens_a_row_of_an_older_question() {
        let model = Model::default().update(Event::Typed("me".into())).update(found("me", &["a"]));
        assert!(model.open().is_some());
        assert!(model.update(Event::Typed("mex".into())).open().is_none());
    }

    #[test]
    fn the_choice_stays_inside_the_list() {
        let model = Model::default().update(Event::Typed("a".into())).update(found("a", &["x", "y"]));
        let model = model.update(Event::Down).update(Event::Down).update(Event::Down);
        assert_eq!(model.chosen, 1);
        assert_eq!(model.update(Event::Up).update(Event::Up).chosen, 0);
    }

    #[test]
    fn nobody_is_said_only_after_an_answer() {
        let model = Model::default().update(Event::Typed("zzz".into()));
        assert!(!model.nobody());
        assert!(model.update(found("zzz", &[])).nobody());
    }
}
