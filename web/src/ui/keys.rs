//! Keys pressed anywhere on the page, for shortcuts. Says what was pressed; others decide what it means.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::dom;

/// Listens to keys on the whole page. The callback answers true when it took the key.
#[hook]
pub fn use_keys<D: PartialEq + 'static>(deps: D, took: impl Fn(&KeyboardEvent) -> bool + 'static) {
    use_effect_with(deps, move |_| {
        let listener = web_sys::window().map(|window| {
            let options = gloo::events::EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&window, "keydown", options, move |event| {
                if let Some(key) = event.dyn_ref::<KeyboardEvent>()
                    && !key.default_prevented()
                    && took(key)
                {
                    key.prevent_default();
                }
            })
        });
        move || drop(listener)
    });
}

/// A single plain key outside of text fields and dialogs, lower case; `None` for everything else.
pub fn plain(event: &KeyboardEvent) -> Option<String> {
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    let quiet = modified || event.is_composing() || dom::takes_text(event) || dom::dialog_is_open();
    (!quiet).then(|| event.key().to_lowercase())
}
