//! Enter goes to the next field: among the inputs of one form that carry `data-next`, in document order.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// For `onkeydown` of the element around the fields. Takes plain Enter in a marked input and moves on;
/// text areas and buttons keep their own Enter.
pub fn on_enter(event: &KeyboardEvent) {
    if event.key() != "Enter" || event.ctrl_key() || event.meta_key() || event.is_composing() {
        return;
    }
    let Some(here) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) else { return };
    if !here.has_attribute("data-next") {
        return;
    }
    event.prevent_default();
    if let Some(next) = after(&here) {
        let _ = next.focus();
        if let Some(input) = next.dyn_ref::<HtmlInputElement>() {
            input.select();
        }
    }
}

/// The next focusable field of the same form after this one.
fn after(here: &Element) -> Option<HtmlElement> {
    let form = here.closest("form").ok().flatten()?;
    let fields = form.query_selector_all("input[data-next], textarea").ok()?;
    let all: Vec<HtmlElement> = (0..fields.length()).filter_map(|n| fields.item(n)?.dyn_into().ok()).collect();
    let at = all.iter().position(|field| field.is_same_node(Some(here)))?;
    all.into_iter().nth(at + 1)
}
