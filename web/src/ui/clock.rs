//! The reader's clock, for what is shown: now, and how far it stands from UTC. Decides nothing.

use gloo::timers::callback::Interval;
use yew::prelude::*;

use crate::i18n::date;

/// Milliseconds since the epoch.
pub fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// Minutes ahead of UTC at that instant.
pub fn offset(at: i64) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at as f64));
    -(date.get_timezone_offset() as i32)
}

/// Today as `YYYY-MM-DD`.
pub fn today() -> String {
    let now = now();
    date::today(now, offset(now))
}

/// `10:41`, or day and time when it was not today.
pub fn when(at: i64) -> String {
    date::when(at, now(), offset(at))
}

/// Now, drawn anew every `millis`.
#[hook]
pub fn use_now(millis: u32) -> i64 {
    let at = use_state(now);
    let set = at.setter();
    use_effect_with(millis, move |millis| {
        let ticking = Interval::new(*millis, move || set.set(now()));
        move || drop(ticking)
    });
    *at
}
