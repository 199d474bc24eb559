//! The form as typed, what the engine found wrong with it, and when a guardian is asked for. Pure.

use jiff::civil::Date;
use lucerna_shared::base::date::{PartialDate, parse_typed};
use lucerna_shared::clinic::patient::{FieldProblem, LikelyDuplicate, PatientForm, Sex};
use lucerna_shared::engine::api::{Fault, PatientCheck};

/// Under this age a guardian is asked for (Indonesia and most countries).
const OF_AGE: i32 = 18;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub form: PatientForm,
    /// As it was when the page opened; differs once something is typed.
    pub start: PatientForm,
    pub problems: Vec<FieldProblem>,
    /// `problems` speak of the form as it stands, not of an earlier one.
    pub judged: bool,
    pub duplicates: Vec<LikelyDuplicate>,
    pub tried: bool,
    pub busy: bool,
    pub fault: Option<Fault>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Edited(PatientForm),
    /// The engine's word on the form that it was given.
    Checked {
        form: PatientForm,
        check: PatientCheck,
    },
    Tried,
    Saving,
    Refused(Fault),
}

impl Model {
    pub fn start(form: PatientForm) -> Model {
        Model { start: form.clone(), form, ..Model::default() }
    }

    /// A new form that carries what was typed in the find box.
    pub fn carrying(typed: &str, today: Date) -> Model {
        Model { form: from_typed(typed, today), ..Model::default() }
    }

    pub fn update(mut self, event: Event) -> Model {
        match event {
            Event::Edited(form) => {
                self.form = form;
                self.judged = false;
                self.fault = None;
            }
            Event::Checked { form, check } if form == self.form => {
                self.problems = check.problems;
                self.judged = true;
                self.duplicates = check.duplicates;
            }
            Event::Checked { .. } => {}
            Event::Tried => self.tried = true,
            Event::Saving => {
                self.busy = true;
                self.fault = None;
            }
            Event::Refused(fault) => {
                self.busy = false;
                self.tried = true;
                if let Fault::Fields { problems } = &fault {
                    self.problems.clone_from(problems);
                    self.judged = true;
                }
                self.fault = Some(fault);
            }
        }
        self
    }

    /// Something would be lost by leaving.
    pub fn unsaved(&self) -> bool {
        self.form != self.start && !self.busy
    }

    /// What keeps the form from being saved, as far as this side can tell. What was found in an earlier state of the
    /// form does not: somebody in a hurry saves before the next check has come back, and saving checks again.
    pub fn blocked(&self) -> bool {
        !self.missing().is_empty() || self.judged && self.problems.iter().any(|p| p.blocking)
    }

    /// The required fields that are still blank: a name, and a date of birth or an age. Sex has "unknown" as an answer.
    pub fn missing(&self) -> Vec<&'static str> {
        let blank = |text: &str| text.trim().is_empty();
        let mut missing = Vec::new();
        if blank(&self.form.given) && blank(&self.form.family) {
            missing.push("given");
        }
        if blank(&self.form.birth_date) && blank(&self.form.age_years) {
            missing.push("birth_date");
        }
        missing
    }

    /// The problem to show at a field: blank required fields only after a try, others as soon as they are known.
    pub fn problem(&self, field: &str) -> Option<(&str, bool)> {
        if self.tried && self.missing().contains(&field) {
            return Some((if field == "given" { "name-required" } else { "birth-date-or-age-required" }, true));
        }
        let found = self.problems.iter().find(|p| p.field == field)?;
        (self.tried || !self.text(field).trim().is_empty()).then_some((found.message.as_str(), found.blocking))
    }

    fn text(&self, field: &str) -> &str {
        let form = &self.form;
        match field {
            "given" => &form.given,
            "family" => &form.family,
            "birth_date" => &form.birth_date,
            "age_years" => &form.age_years,
            "phone" => &form.phone,
            "nik" => &form.nik,
            "postal_code" => &form.postal_code,
            "guardian_name" => &form.guardian_name,
            "guardian_phone" => &form.guardian_phone,
            _ => "",
        }
    }

    /// The typed date of birth as understood, to show beside the field.
    pub fn understood(&self, today: Date) -> Option<PartialDate> {
        parse_typed(&self.form.birth_date, today)
    }

    /// Whether to ask for a guardian: a minor, or one was written down already.
    pub fn asks_guardian(&self, today: Date) -> bool {
        let written = !self.form.guardian_name.is_empty() || !self.form.guardian_phone.is_empty();
        let from_date = self.understood(today).and_then(|d| d.age_on(today)).map(|age| age.years);
        let age = from_date.or_else(|| self.form.age_years.trim().parse().ok());
        written || age.is_some_and(|years| years < OF_AGE)
    }
}

/// 16 digits are a NIK, a shorter number a phone, a date a date of birth; anything else is a name.
fn from_typed(typed: &str, today: Date) -> PatientForm {
    let typed = typed.trim();
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let numeric = !typed.is_empty() && typed.chars().all(|c| c.is_ascii_digit() || " -+()./".contains(c));
    let mut form = PatientForm { sex: Sex::Unknown, ..PatientForm::default() };
    if numeric && digits.len() == 16 {
        form.nik = digits;
    } else if numeric && digits.len() >= 9 {
        form.phone = typed.to_owned();
    } else if parse_typed(typed, today).is_some() {
        form.birth_date = typed.to_owned();
    } else if !numeric {
        let words: Vec<String> = typed.split_whitespace().map(capital).collect();
        match words.as_slice() {
            [] => {}
            [only] => form.given.clone_from(only),
            [given @ .., family] => {
                form.given = given.join(" ");
                form.family.clone_from(family);
            }
        }
    }
    form
}

fn capital(word: &str) -> String {
    let mut signs = word.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 7, 14);

    #[test]
    fn what_was_typed_to_find_somebody_is_not_typed_again() {
        let form = |typed| Model::carrying(typed, TODAY).form;
        assert_eq!((form("melati pagi").given.as_str(), form("melati pagi").family.as_str()), ("Melati", "Pagi"));
        assert_eq!(form("sukarni").given, "Sukarni");
        assert_eq!(form("3171 2345 6789 0001").nik, "3171234567890001");
        assert_eq!(form("0812-3456-789").phone, "0812-3456-789");
        assert_eq!(form("14/7/1961").birth_date, "14/7/1961");
        assert_eq!(form(""), PatientForm::default());
    }

    #[test]
    fn only_a_name_and_a_date_or_age_are_asked_for() {
        let mut model = Model::default();
        assert_eq!(model.missing(), ["given", "birth_date"]);
        model.form.family = "Sukarni".into();
        model.form.age_years = "40".into();
        assert!(model.missing().is_empty() && !model.blocked());
    }

    #[test]
    fn a_guardian_is_asked_for_minors_only() {
        let child = |birth: &str| Model::start(PatientForm { birth_date: birth.into(), ..PatientForm::default() });
        assert!(child("2015-01-01").asks_guardian(TODAY));
        assert!(!child("1990-01-01").asks_guardian(TODAY));
        let aged = Model::start(PatientForm { age_years: "9".into(), ..PatientForm::default() });
        assert!(aged.asks_guardian(TODAY));
    }

    #[test]
    fn a_check_of_an_older_form_is_dropped() {
        let older = PatientForm { nik: "1".into(), ..PatientForm::default() };
        let problem = FieldProblem { field: "nik".into(), message: "nik-wrong-length".into(), blocking: true };
        let model = Model::default().update(Event::Edited(PatientForm { nik: "12".into(), ..PatientForm::default() }));
        let check = PatientCheck { problems: vec![problem], duplicates: vec![] };
        assert!(model.update(Event::Checked { form: older, check }).problems.is_empty());
    }

    #[test]
    fn an_opened_form_is_not_unsaved_until_something_changes() {
        let model = Model::start(PatientForm { given: "Ana".into(), ..PatientForm::default() });
        assert!(!model.unsaved());
        assert!(model.update(Event::Edited(PatientForm::default())).unsaved());
    }

    #[test]
    fn a_fault_of_an_earlier_state_does_not_stop_somebody_in_a_hurry() {
        let problem =
            FieldProblem { field: "birth_date".into(), message: "birth-date-required".into(), blocking: true };
        let form = PatientForm { given: "Melati".into(), ..PatientForm::default() };
        let check = PatientCheck { problems: vec![problem], duplicates: vec![] };
        let model =
            Model::default().update(Event::Edited(form.clone())).update(Event::Checked { form: form.clone(), check });
        let form = PatientForm { birth_date: "1961".into(), ..form };
        assert!(!model.update(Event::Edited(form)).blocked());
    }
}
