//! Tells when the page may be gone in a moment: hidden, frozen, closed. What must not be lost is written then.

use gloo::events::EventListener;
use yew::Callback;

/// Hears until it is dropped.
pub struct Leaving {
    _listeners: Vec<EventListener>,
}

impl Leaving {
    pub fn listen(told: Callback<()>) -> Leaving {
        let Some(window) = web_sys::window() else { return Leaving { _listeners: Vec::new() } };
        let hear = |target: &web_sys::EventTarget, name: &'static str| {
            let told = told.clone();
            EventListener::new(target, name, move |_| told.emit(()))
        };
        let mut listeners = vec![hear(&window, "pagehide"), hear(&window, "blur")];
        if let Some(document) = window.document() {
            listeners.push(hear(&document, "visibilitychange"));
            listeners.push(hear(&document, "freeze"));
        }
        Leaving { _listeners: listeners }
    }
}
