//! The browser's history. The address names a place only; whatever may point to a patient goes into the entry's
//! state, which stays in this tab and is neither sent nor shown.

use gloo::events::EventListener;
use gloo::utils::window;
use wasm_bindgen::JsValue;

/// A new entry. `path` is safe to show, `state` is not.
pub fn push(path: &str, state: &str) {
    if let Ok(history) = window().history() {
        // Browsers throw when a page pushes hundreds of entries a minute; the screen changes all the same.
        let _ = history.push_state_with_url(&JsValue::from_str(state), "", Some(path));
    }
}

/// Changes the entry that is showing.
pub fn replace(path: &str, state: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::from_str(state), "", Some(path));
    }
}

pub fn back() {
    if let Ok(history) = window().history() {
        let _ = history.back();
    }
}

/// The state of the entry that is showing, as it was pushed.
pub fn state() -> Option<String> {
    window().history().ok()?.state().ok()?.as_string()
}

pub fn path() -> String {
    window().location().pathname().unwrap_or_else(|_| "/".to_owned())
}

/// The address's fragment without `#`, taken out of the address at once: it may hold a pairing secret.
pub fn take_fragment() -> Option<String> {
    let fragment = window().location().hash().ok()?;
    let fragment = fragment.strip_prefix('#').filter(|fragment| !fragment.is_empty())?.to_owned();
    replace(&path(), &state().unwrap_or_default());
    Some(fragment)
}

/// Called when the person went back or forward; read `path` and `state` then. Drop it to stop.
pub fn on_pop(moved: impl Fn() + 'static) -> EventListener {
    EventListener::new(&window(), "popstate", move |_| moved())
}
