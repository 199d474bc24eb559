//! A long job gives others a turn, says how far it is, and hears when it is to stop.

use std::cell::Cell;

use crate::engine::Engine;
use crate::engine::api::{Fault, Phase};
use crate::port::Port;

/// So long a turn lasts, in milliseconds: well below what a hand notices.
const TURN_MS: i64 = 12;
/// How often the progress is told.
const TELL_MS: i64 = 80;

pub(super) struct Turn {
    job: u32,
    pub done: u64,
    pub total: u64,
    began: i64,
    told: i64,
}

impl Turn {
    pub fn new(job: u32, total: u64, now: i64) -> Turn {
        Turn { job, done: 0, total, began: now, told: 0 }
    }
}

impl<P: Port> Engine<P> {
    pub(super) async fn breathe(&self, turn: &mut Turn, phase: Phase, cancelled: &Cell<bool>) -> Result<(), Fault> {
        let now = self.now().0;
        if now - turn.began < TURN_MS {
            return Ok(());
        }
        if now - turn.told >= TELL_MS {
            turn.told = now;
            self.progress(turn.job, phase, turn.done, turn.total);
        }
        self.port.yield_now().await;
        turn.began = self.now().0;
        if cancelled.get() { Err(Fault::Cancelled) } else { Ok(()) }
    }
}
