//! The access log and its check. A check that could not run is told apart from one that passed: amber, never green.

use lucerna_shared::engine::api::{AuditRow, AuditVerdict, Fault};

/// Rows asked for at first, and added by "show more".
pub const STEP: u32 = 200;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Log {
    #[default]
    Waiting,
    Ready(Vec<AuditRow>),
    Failed(Fault),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Check {
    #[default]
    NotRun,
    Running,
    /// Every one of so many entries verified.
    Whole {
        entries: u64,
    },
    Broken {
        at: u64,
        entries: u64,
    },
    /// The check itself could not be carried out, or there was nothing to check.
    CouldNotRun(Option<Fault>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Loaded(Vec<AuditRow>),
    LoadFailed(Fault),
    More,
    Changed,
    Verify,
    Verified(AuditVerdict),
    VerifyFailed(Fault),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Load { limit: u32 },
    Verify,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub log: Log,
    pub check: Check,
    pub limit: u32,
}

impl Default for Model {
    fn default() -> Model {
        Model { log: Log::Waiting, check: Check::NotRun, limit: STEP }
    }
}

impl Model {
    /// More rows may exist than are shown.
    pub fn may_have_more(&self) -> bool {
        matches!(&self.log, Log::Ready(rows) if rows.len() as u64 >= u64::from(self.limit))
    }

    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Loaded(rows) => {
                self.log = Log::Ready(rows);
                Vec::new()
            }
            Event::LoadFailed(fault) => {
                self.log = Log::Failed(fault);
                Vec::new()
            }
            Event::More => {
                self.limit += STEP;
                vec![Effect::Load { limit: self.limit }]
            }
            Event::Changed => vec![Effect::Load { limit: self.limit }],
            Event::Verify => {
                self.check = Check::Running;
                vec![Effect::Verify]
            }
            Event::Verified(AuditVerdict { entries: 0, broken_at: None }) => {
                self.check = Check::CouldNotRun(None);
                Vec::new()
            }
            Event::Verified(AuditVerdict { entries, broken_at }) => {
                self.check = match broken_at {
                    None => Check::Whole { entries },
                    Some(at) => Check::Broken { at, entries },
                };
                Vec::new()
            }
            Event::VerifyFailed(fault) => {
                self.check = Check::CouldNotRun(Some(fault));
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_failed_to_run_is_not_a_passed_check() {
        let mut model = Model::default();
        model.update(Event::Verify);
        model.update(Event::VerifyFailed(Fault::Locked));
        assert_eq!(model.check, Check::CouldNotRun(Some(Fault::Locked)));
    }

    #[test]
    fn an_empty_log_proves_nothing() {
        let mut model = Model::default();
        model.update(Event::Verified(AuditVerdict { entries: 0, broken_at: None }));
        assert_eq!(model.check, Check::CouldNotRun(None));
    }

    #[test]
    fn a_broken_entry_is_named() {
        let mut model = Model::default();
        model.update(Event::Verified(AuditVerdict { entries: 90, broken_at: Some(41) }));
        assert_eq!(model.check, Check::Broken { at: 41, entries: 90 });
    }
}
