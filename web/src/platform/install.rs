//! Installing the app on the tablet, where the browser offers it.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use gloo::utils::window;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The browser's offer, kept until a person takes it.
#[derive(Clone, Debug, Default)]
pub struct Offer(Rc<RefCell<Option<JsValue>>>);

impl Offer {
    /// Shows the browser's own dialog; call it from a click. False if there is no offer any more.
    pub fn take(&self) -> bool {
        let Some(event) = self.0.take() else { return false };
        let prompt = Reflect::get(&event, &"prompt".into()).and_then(|prompt| prompt.dyn_into::<Function>());
        prompt.is_ok_and(|prompt| prompt.call0(&event).is_ok())
    }
}

/// Calls back with `true` when the app can be installed, `false` when it has been. Keep what it returns.
pub fn watch(changed: impl Fn(bool) + 'static) -> (Offer, [EventListener; 2]) {
    let offer = Offer::default();
    let changed = Rc::new(changed);
    let offered = {
        let (offer, changed) = (offer.clone(), changed.clone());
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&window(), "beforeinstallprompt", options, move |event| {
            event.prevent_default();
            offer.0.replace(Some(event.into()));
            changed(true);
        })
    };
    let installed = EventListener::new(&window(), "appinstalled", move |_| changed(false));
    (offer, [offered, installed])
}

/// Whether the app runs in its own window, as installed.
pub fn is_installed() -> bool {
    window().match_media("(display-mode: standalone)").ok().flatten().is_some_and(|query| query.matches())
}
