//! How long nobody has touched the page. Counts by the wall clock, so a tablet that slept is found idle at once.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Interval;
use yew::prelude::*;

use super::clock;

/// The warning comes this many seconds before the lock.
pub const WARN_SECONDS: i64 = 20;

/// Calls `onidle` after `minutes` without a touch or key. Answers the seconds left once the warning is due.
#[hook]
pub fn use_idle(minutes: u32, onidle: Callback<()>) -> Option<i64> {
    let left = use_state(|| None::<i64>);
    let setter = left.setter();
    use_effect_with(minutes, move |minutes| {
        let limit = i64::from(*minutes) * 60;
        let touched = Rc::new(Cell::new(clock::now()));
        let shown = Rc::new(Cell::new(None::<i64>));
        let listeners: Vec<EventListener> = ["pointerdown", "keydown", "wheel", "touchstart"]
            .into_iter()
            .filter_map(|name| {
                let touched = touched.clone();
                let target = web_sys::window()?;
                Some(EventListener::new_with_options(
                    &target,
                    name,
                    EventListenerOptions::run_in_capture_phase(),
                    move |_| {
                        touched.set(clock::now());
                    },
                ))
            })
            .collect();
        let told = Cell::new(false);
        let ticking = Interval::new(1_000, move || {
            let rest = limit - (clock::now() - touched.get()) / 1_000;
            let warn = (rest <= WARN_SECONDS).then_some(rest.max(0));
            if shown.replace(warn) != warn {
                setter.set(warn);
            }
            if rest <= 0 && !told.replace(true) {
                onidle.emit(());
            }
        });
        move || drop((listeners, ticking))
    });
    *left
}
