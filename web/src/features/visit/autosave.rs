//! When the draft is written: within a second of a keystroke, never two writes at once, again after a failure.
//! Knows times and outcomes; refuses to know what is written or how.

use lucerna_shared::engine::api::Fault;

/// A pause in typing after which the draft is written.
pub const PAUSE_MS: i64 = 350;
/// The longest a keystroke waits while typing goes on; the write itself must fit into what is left of the second.
pub const LATEST_MS: i64 = 700;
/// After a failed write: wait, then try again by itself.
pub const RETRY_MS: i64 = 3_000;

/// What the bar says.
#[derive(Clone, Debug, PartialEq)]
pub enum SaveState {
    /// Nothing typed since the visit was opened.
    Untouched,
    Saving,
    /// Milliseconds since the epoch of the strict commit.
    Saved(i64),
    Failed(Fault),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Autosave {
    /// The oldest keystroke that no write has taken along.
    waiting_since: Option<i64>,
    last_keystroke: i64,
    /// The oldest keystroke that the running write carries.
    carrying: Option<i64>,
    saved: Option<i64>,
    failure: Option<(Fault, i64)>,
    stopped: bool,
}

impl Autosave {
    /// A draft that was already stored at `saved`.
    pub fn resumed(saved: i64) -> Autosave {
        Autosave { saved: Some(saved), ..Autosave::default() }
    }

    pub fn typed(&mut self, now: i64) {
        self.waiting_since.get_or_insert(now);
        self.last_keystroke = now;
    }

    /// How long to wait before asking again with `due`; `None` when nothing waits or a write is running.
    pub fn wait(&self, now: i64) -> Option<i64> {
        if self.stopped || self.carrying.is_some() {
            return None;
        }
        let since = self.waiting_since?;
        let at = match &self.failure {
            Some((_, failed_at)) => failed_at + RETRY_MS,
            None => (self.last_keystroke + PAUSE_MS).min(since + LATEST_MS),
        };
        Some((at - now).max(0))
    }

    pub fn due(&self, now: i64) -> bool {
        self.wait(now) == Some(0)
    }

    /// Something is typed that no finished write holds.
    pub fn dirty(&self) -> bool {
        self.waiting_since.is_some() || self.carrying.is_some()
    }

    /// Takes what waits into a write that starts now. False when there is nothing to take or a write is running.
    pub fn start(&mut self) -> bool {
        if self.stopped || self.carrying.is_some() {
            return false;
        }
        self.carrying = self.waiting_since.take();
        self.carrying.is_some()
    }

    pub fn finished(&mut self, at: i64) {
        self.carrying = None;
        self.failure = None;
        self.saved = Some(at);
    }

    /// What the write carried waits again.
    pub fn failed(&mut self, fault: Fault, now: i64) {
        if let Some(since) = self.carrying.take() {
            self.waiting_since = Some(self.waiting_since.map_or(since, |later| later.min(since)));
        }
        self.failure = Some((fault, now));
    }

    /// After sign or discard: nothing is written any more, or a late timer would bring the draft back.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.waiting_since = None;
    }

    /// After an undone discard or a refused signature: writing goes on, and everything waits.
    pub fn go_on(&mut self, now: i64) {
        self.stopped = false;
        self.typed(now);
    }

    pub fn state(&self) -> SaveState {
        match (&self.failure, self.saved) {
            (Some((fault, _)), _) => SaveState::Failed(fault.clone()),
            (None, _) if self.dirty() => SaveState::Saving,
            (None, Some(at)) => SaveState::Saved(at),
            (None, None) => SaveState::Untouched,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_in_typing_writes_the_draft() {
        let mut save = Autosave::default();
        save.typed(1_000);
        assert_eq!(save.wait(1_000), Some(PAUSE_MS));
        assert!(save.due(1_000 + PAUSE_MS));
    }

    #[test]
    fn typing_without_a_pause_still_writes_before_the_second_is_over() {
        let mut save = Autosave::default();
        for key in 0..20 {
            save.typed(key * 100);
            if save.due(key * 100) {
                assert!(key * 100 <= LATEST_MS);
                return;
            }
        }
        panic!("twenty keystrokes in two seconds and no write");
    }

    #[test]
    fn two_writes_never_run_at_once_and_the_second_follows_the_first() {
        let mut save = Autosave::default();
        save.typed(0);
        assert!(save.start());
        save.typed(100);
        assert!(!save.start());
        assert_eq!(save.wait(5_000), None);
        save.finished(5_000);
        assert_eq!(save.state(), SaveState::Saving);
        assert!(save.due(5_000));
    }

    #[test]
    fn a_failed_write_is_told_and_tried_again() {
        let mut save = Autosave::default();
        save.typed(0);
        save.start();
        save.failed(Fault::StorageFull, 500);
        assert_eq!(save.state(), SaveState::Failed(Fault::StorageFull));
        assert!(!save.due(500));
        assert!(save.due(500 + RETRY_MS));
        save.start();
        save.finished(4_000);
        assert_eq!(save.state(), SaveState::Saved(4_000));
    }

    #[test]
    fn nothing_is_written_after_the_draft_was_discarded() {
        let mut save = Autosave::default();
        save.typed(0);
        save.stop();
        assert_eq!(save.wait(10_000), None);
        assert!(!save.start());
    }
}
