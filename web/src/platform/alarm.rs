//! One alarm clock: setting it again replaces the time set before.

use std::cell::RefCell;

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::Timeout;
use js_sys::Date;
use lucerna_shared::port::NetIn;

/// Browsers keep 31 bits of milliseconds; an early tick does no harm.
const LONGEST_MS: f64 = 1e9;

#[derive(Debug)]
pub struct Alarm {
    inbox: UnboundedSender<NetIn>,
    set: RefCell<Option<Timeout>>,
}

impl Alarm {
    pub fn new(inbox: UnboundedSender<NetIn>) -> Alarm {
        Alarm { inbox, set: RefCell::default() }
    }

    /// Sends `NetIn::Tick` at that time, in milliseconds since the epoch.
    pub fn wake_at(&self, at: i64) {
        let wait = (at as f64 - Date::now()).clamp(0.0, LONGEST_MS) as u32;
        let inbox = self.inbox.clone();
        // The receiver ends with the worker, and then nobody waits for the tick.
        self.set.replace(Some(Timeout::new(wait, move || drop(inbox.unbounded_send(NetIn::Tick)))));
    }
}
