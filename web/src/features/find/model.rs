//! What was typed, what came back, which row is chosen. An answer to an older question is dropped. Pure.

use lucerna_shared::clinic::patient::PatientRow;
use lucerna_shared::engine::api::{Fault, SearchResults};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub typed: String,
    pub rows: Vec<PatientRow>,
    pub total: u64,
    /// More match than `total`; how many was not counted.
    pub more: bool,
    /// The row that Enter opens.
    pub chosen: usize,
    pub fault: Option<Fault>,
    /// Whether `rows` answer what is typed now.
    pub fresh: bool,
    /// Few match: similar names are being looked for, and will stand after these.
    pub looking: bool,
    /// The search is being made again, and these are not there yet.
    pub lacking: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Typed(String),
    Found(SearchResults),
    /// The same rows again, and similar names after them.
    Similar(SearchResults),
    Failed {
        query: String,
        fault: Fault,
    },
    /// So many patients are still to be made findable again.
    Lacking(u64),
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
                self.looking = false;
                self.fault = None;
                if self.blank() {
                    self.rows.clear();
                    (self.total, self.more) = (0, false);
                }
            }
            Event::Found(results) if results.query == self.typed => {
                // The same question again, since a record changed: what is similar comes in a moment too.
                if !(self.fresh && results.few) {
                    self.chosen = self.chosen.min(results.rows.len().saturating_sub(1));
                    self.rows = results.rows;
                    (self.total, self.more) = (results.total, results.more);
                }
                self.fresh = true;
                self.looking = results.few;
            }
            Event::Similar(results) if results.query == self.typed => {
                self.append(results.rows);
                (self.total, self.more) = (results.total, results.more);
                self.looking = false;
            }
            Event::Failed { query, fault } if query == self.typed => {
                self.fault = Some(fault);
                self.fresh = true;
                self.looking = false;
            }
            Event::Lacking(count) => self.lacking = count,
            Event::Found(_) | Event::Similar(_) | Event::Failed { .. } => {}
            Event::Up => self.chosen = self.chosen.saturating_sub(1),
            Event::Down => self.chosen = (self.chosen + 1).min(self.rows.len().saturating_sub(1)),
        }
        self
    }

    /// What is on the screen stays where it is, and so does the choice.
    fn append(&mut self, rows: Vec<PatientRow>) {
        self.rows.retain(|known| rows.iter().any(|row| row.patient == known.patient));
        self.chosen = self.chosen.min(self.rows.len().saturating_sub(1));
        for row in rows {
            match self.rows.iter_mut().find(|known| known.patient == row.patient) {
                Some(known) => *known = row,
                None => self.rows.push(row),
            }
        }
    }

    pub fn blank(&self) -> bool {
        self.typed.trim().is_empty()
    }

    /// Nobody fits what is typed, and that is certain.
    pub fn nobody(&self) -> bool {
        self.fresh && !self.looking && !self.blank() && self.rows.is_empty() && self.fault.is_none()
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
        let (total, few) = (rows.len() as u64, names.len() < 3);
        Event::Found(SearchResults { query: query.into(), total, rows, few, more: false })
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
    fn what_was_not_counted_is_not_told_as_a_number() {
        let Event::Found(results) = found("a", &["x", "y", "z"]) else { unreachable!() };
        let model = Model::default().update(Event::Typed("a".into()));
        let model = model.update(Event::Found(SearchResults { total: 200, more: true, ..results }));
        assert_eq!((model.total, model.more), (200, true));
        assert!(!model.update(Event::Typed(String::new())).more);
    }

    #[test]
    fn the_choice_stays_inside_the_list() {
        let model = Model::default().update(Event::Typed("a".into())).update(found("a", &["x", "y"]));
        let model = model.update(Event::Down).update(Event::Down).update(Event::Down);
        assert_eq!(model.chosen, 1);
        assert_eq!(model.update(Event::Up).update(Event::Up).chosen, 0);
    }

    fn similar(query: &str, names: &[&str]) -> Event {
        let Event::Found(results) = found(query, names) else { unreachable!() };
        Event::Similar(SearchResults { few: false, ..results })
    }

    #[test]
    fn nobody_is_said_only_after_similar_names_were_looked_for_too() {
        let model = Model::default().update(Event::Typed("zzz".into()));
        assert!(!model.nobody());
        let model = model.update(found("zzz", &[]));
        assert!(model.looking && !model.nobody());
        assert!(model.update(similar("zzz", &[])).nobody());
    }

    #[test]
    fn similar_names_come_after_what_is_there_and_move_neither_it_nor_the_choice() {
        let model = Model::default().update(Event::Typed("mel".into())).update(found("mel", &["a", "b"]));
        let model = model.update(Event::Down).update(similar("mel", &["b", "x", "a", "y"]));
        let order: Vec<&str> = model.rows.iter().map(|row| row.patient.as_str()).collect();
        assert_eq!((order, model.chosen), (vec!["a", "b", "x", "y"], 1));
        assert_eq!(model.update(similar("me", &["z"])).rows.len(), 4);
    }
}
