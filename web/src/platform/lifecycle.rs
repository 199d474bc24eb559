//! Tablets sleep, pages are hidden and frozen, networks come and go. Tells the engine, so that it drops dead
//! connections and makes new ones.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::utils::{document, window};
use gloo_timers::callback::Interval;
use js_sys::Date;
use web_sys::VisibilityState;

use super::client::EngineClient;

const HEARTBEAT_MS: u32 = 1_000;
/// A pause this long has killed connections, or will have.
const SLEPT_MS: f64 = 5_000.0;

/// Listens for as long as it is kept.
#[derive(Debug)]
pub struct Lifecycle {
    _listeners: Vec<EventListener>,
    _heartbeat: Interval,
}

pub fn watch(client: &EngineClient) -> Lifecycle {
    let hidden_since = Rc::new(Cell::new(None::<f64>));
    let last_beat = Rc::new(Cell::new(Date::now()));
    let wake = {
        let client = client.clone();
        move || client.wake()
    };
    let online = {
        let client = client.clone();
        move |is: bool| client.online(is)
    };
    let (now_online, now_offline) = (online.clone(), online);

    let visible = EventListener::new(&document(), "visibilitychange", {
        let (wake, hidden_since, last_beat) = (wake.clone(), hidden_since.clone(), last_beat.clone());
        move |_| {
            if is_hidden() {
                hidden_since.set(Some(Date::now()));
            } else if hidden_since.take().is_some_and(|since| Date::now() - since > SLEPT_MS) {
                wake();
            }
            last_beat.set(Date::now());
        }
    });
    let heartbeat = Interval::new(HEARTBEAT_MS, {
        let wake = wake.clone();
        move || {
            let now = Date::now();
            let pause = now - last_beat.replace(now);
            // Timers of hidden pages are slowed on purpose; only a visible page's late timer means sleep.
            if pause > SLEPT_MS && !is_hidden() {
                wake();
            }
        }
    });
    // Back from the back-forward cache, or thawed: every connection is gone.
    let woken = ["pageshow", "resume"].map(|name| {
        let wake = wake.clone();
        let target: web_sys::EventTarget = if name == "resume" { document().into() } else { window().into() };
        EventListener::new(&target, name, move |event| {
            let persisted = js_sys::Reflect::get(event, &"persisted".into()).is_ok_and(|flag| flag.is_truthy());
            if name == "resume" || persisted {
                wake();
            }
        })
    });
    let mut listeners = vec![
        visible,
        EventListener::new(&window(), "online", move |_| now_online(true)),
        EventListener::new(&window(), "offline", move |_| now_offline(false)),
    ];
    listeners.extend(woken);
    Lifecycle { _listeners: listeners, _heartbeat: heartbeat }
}

/// Whether the browser thinks that there is a network.
pub fn is_online() -> bool {
    window().navigator().on_line()
}

fn is_hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}
