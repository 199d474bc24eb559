//! The browser's history and its small store: where we are, and the reader's preferences. Never sees a patient's data:
//! a history entry holds a pseudonym in its state, and the store holds a language, a theme and a number of minutes.

use gloo::events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{History, Storage, Window};

use crate::route::Route;

/// The place of the present history entry.
pub fn current() -> Route {
    let Some(window) = window() else { return Route::default() };
    let path = window.location().pathname().unwrap_or_default();
    let state = history(&window).and_then(|h| h.state().ok()).and_then(|s| s.as_string());
    Route::from_entry(state.as_deref(), &path)
}

pub fn push(to: &Route) {
    if let Some(history) = window().as_ref().and_then(history) {
        let _ = history.push_state_with_url(&JsValue::from_str(&to.to_state()), "", Some(to.path()));
    }
}

pub fn replace(to: &Route) {
    if let Some(history) = window().as_ref().and_then(history) {
        let _ = history.replace_state_with_url(&JsValue::from_str(&to.to_state()), "", Some(to.path()));
    }
}

pub fn back() {
    if let Some(history) = window().as_ref().and_then(history) {
        let _ = history.back();
    }
}

/// Hears Back and Forward until dropped.
pub fn on_pop(hear: impl Fn(Route) + 'static) -> Option<EventListener> {
    Some(EventListener::new(&window()?.into(), "popstate", move |_| hear(current())))
}

/// The invitation in `#join=…`, taken out of the address at once so that it stays in no history.
pub fn take_invitation() -> Option<String> {
    let window = window()?;
    let hash = window.location().hash().ok()?;
    let code = hash.strip_prefix("#join=")?.to_owned();
    replace(&Route::Today);
    Some(code)
}

pub fn kept(key: &str) -> Option<String> {
    storage()?.get_item(&format!("lucerna-{key}")).ok()?
}

/// Keeps a preference; a browser that refuses storage forgets it, and that is all.
pub fn keep(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&format!("lucerna-{key}"), value);
    }
}

pub fn browser_language() -> String {
    window().and_then(|w| w.navigator().language()).unwrap_or_default()
}

fn window() -> Option<Window> {
    web_sys::window()
}

fn history(window: &Window) -> Option<History> {
    window.history().ok()
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}
