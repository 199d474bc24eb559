//! The lock screen's state: whom, what was typed, how long until the next try. Pure.

use lucerna_shared::engine::api::{Fault, LockReason, LockView};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The chosen member of staff; empty until chosen.
    pub staff: String,
    pub passphrase: String,
    pub shown: bool,
    pub caps: bool,
    pub busy: bool,
    /// Milliseconds since the epoch before which no try is taken.
    pub retry_at: i64,
    pub fault: Option<Fault>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Chosen(String),
    Typed(String),
    ShowToggled,
    Caps(bool),
    Tried,
    Refused(Fault),
}

impl Model {
    /// One member of staff needs no choosing.
    pub fn start(view: &LockView) -> Model {
        let staff = match view.staff.as_slice() {
            [only] => only.staff.clone(),
            _ => String::new(),
        };
        Model { staff, retry_at: view.retry_at, ..Model::default() }
    }

    pub fn update(mut self, event: Event) -> Model {
        match event {
            Event::Chosen(staff) => {
                self.staff = staff;
                self.passphrase.clear();
                self.fault = None;
            }
            Event::Typed(passphrase) => {
                self.passphrase = passphrase;
                self.fault = None;
            }
            Event::ShowToggled => self.shown = !self.shown,
            Event::Caps(on) => self.caps = on,
            Event::Tried => {
                self.busy = true;
                self.fault = None;
            }
            Event::Refused(fault) => {
                self.busy = false;
                if let Fault::WrongPassphrase { retry_at } | Fault::TooSoon { retry_at } = &fault {
                    self.retry_at = *retry_at;
                    self.passphrase.clear();
                }
                self.fault = Some(fault);
            }
        }
        self
    }

    /// Whole seconds until the next try is taken; 0 when it is.
    pub fn wait(&self, now: i64) -> i64 {
        ((self.retry_at - now) + 999).max(0) / 1_000
    }

    pub fn may_try(&self, now: i64) -> bool {
        !self.busy && !self.staff.is_empty() && !self.passphrase.is_empty() && self.wait(now) == 0
    }
}

/// Why the screen is locked, when that needs saying.
pub fn reason_key(why: Option<LockReason>) -> Option<&'static str> {
    match why? {
        LockReason::Idle => Some("lock-idle"),
        LockReason::AnotherTab => Some("lock-other-tab"),
        LockReason::Asked => None,
    }
}

#[cfg(test)]
mod tests {
    use lucerna_shared::engine::api::{Role, StaffTile};

    use super::*;

    fn view(names: &[&str]) -> LockView {
        let staff =
            names.iter().map(|n| StaffTile { staff: (*n).into(), name: (*n).into(), role: Role::Owner }).collect();
        LockView { clinic_name: "K".into(), demo: false, staff, retry_at: 0, failed_tries: 0 }
    }

    #[test]
    fn a_single_member_of_staff_is_chosen_already() {
        assert_eq!(Model::start(&view(&["a"])).staff, "a");
        assert_eq!(Model::start(&view(&["a", "b"])).staff, "");
    }

    #[test]
    fn a_wrong_passphrase_empties_the_field_and_makes_one_wait() {
        let model = Model::start(&view(&["a"])).update(Event::Typed("wrong".into())).update(Event::Tried);
        let model = model.update(Event::Refused(Fault::WrongPassphrase { retry_at: 10_500 }));
        assert_eq!(model.passphrase, "");
        assert_eq!(model.wait(8_000), 3);
        let again = model.update(Event::Typed("right".into()));
        assert!(!again.may_try(10_499) && again.may_try(10_500));
    }

    #[test]
    fn choosing_somebody_else_forgets_what_was_typed() {
        let model = Model::start(&view(&["a", "b"])).update(Event::Chosen("a".into())).update(Event::Typed("x".into()));
        assert_eq!(model.update(Event::Chosen("b".into())).passphrase, "");
    }
}
