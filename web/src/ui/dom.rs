//! Small dealings with the document that Yew has no word for: values of events, focus, title, attributes of the root.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// The text of the input or text area that the event came from.
pub fn value_of(event: &InputEvent) -> String {
    let Some(target) = event.target() else { return String::new() };
    if let Some(input) = target.dyn_ref::<HtmlInputElement>() {
        return input.value();
    }
    target.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value).unwrap_or_default()
}

/// The value chosen in a drop-down.
pub fn chosen(event: &Event) -> String {
    event.target().and_then(|t| t.dyn_into::<HtmlSelectElement>().ok()).map(|s| s.value()).unwrap_or_default()
}

pub fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Focuses the element with this id, if it is there.
pub fn focus_id(id: &str) -> bool {
    let element = document().and_then(|d| d.get_element_by_id(id)).and_then(|e| e.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|e| e.focus().is_ok())
}

/// Moves focus to the new page's heading, so that keyboard and screen reader start there. A page that focused
/// something of its own keeps it.
pub fn focus_page() {
    let Some(document) = document() else { return };
    let inside = document.active_element().is_some_and(|e| e.closest("main").ok().flatten().is_some());
    if inside {
        return;
    }
    let heading = document.query_selector("main h1").ok().flatten().or_else(|| document.get_element_by_id("page"));
    if let Some(element) = heading.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        if !element.has_attribute("tabindex") {
            element.set_tab_index(-1);
        }
        let _ = element.focus();
        if let Some(window) = web_sys::window() {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    }
}

/// Scrolls the element with this id into sight, as little as needed.
pub fn reveal(id: &str) {
    if let Some(element) = document().and_then(|d| d.get_element_by_id(id)) {
        show(&element);
    }
}

/// Scrolls what is marked as current within an element into sight, as little as needed.
pub fn reveal_current(within: &NodeRef) {
    let within = within.cast::<Element>();
    if let Some(current) = within.and_then(|e| e.query_selector("[aria-current]").ok().flatten()) {
        show(&current);
    }
}

/// Calls when the window takes another size, until it is dropped.
pub fn on_resize(told: impl Fn() + 'static) -> Option<EventListener> {
    web_sys::window().map(|window| EventListener::new(&window, "resize", move |_| told()))
}

fn show(element: &Element) {
    let how = web_sys::ScrollIntoViewOptions::new();
    how.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&how);
}

/// The id of the focused element; empty when none has one.
pub fn focused_id() -> String {
    document().and_then(|d| d.active_element()).map(|e| e.id()).unwrap_or_default()
}

pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// Sets or removes an attribute of `<html>`: `lang`, `data-theme`.
pub fn set_root(name: &str, value: Option<&str>) {
    let Some(root) = document().and_then(|d| d.document_element()) else { return };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Whether typing here writes text, so that single-letter shortcuts must keep quiet.
pub fn takes_text(event: &KeyboardEvent) -> bool {
    let Some(element) = event.target().and_then(|t| t.dyn_into::<HtmlElement>().ok()) else { return false };
    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => element
            .dyn_ref::<HtmlInputElement>()
            .is_some_and(|i| !matches!(i.type_().as_str(), "radio" | "checkbox" | "button" | "submit")),
        _ => element.is_content_editable(),
    }
}

/// Whether a modal dialog is open.
pub fn dialog_is_open() -> bool {
    document().and_then(|d| d.query_selector("dialog[open]").ok().flatten()).is_some()
}

pub fn browser_language() -> String {
    web_sys::window().and_then(|w| w.navigator().language()).unwrap_or_default()
}

pub fn user_agent() -> String {
    web_sys::window().and_then(|w| w.navigator().user_agent().ok()).unwrap_or_default()
}

/// The folder that this build was served from: named by a hash of its content.
pub fn build_id() -> String {
    let script = document().and_then(|d| d.query_selector("script[src*='/assets/']").ok().flatten());
    let src = script.and_then(|s| s.get_attribute("src")).unwrap_or_default();
    src.split('/').skip_while(|part| *part != "assets").nth(1).unwrap_or_default().to_owned()
}

/// After a form was refused: focus the first field that is wrong, once it has been drawn as such.
pub fn focus_first_fault() {
    gloo::timers::callback::Timeout::new(0, || {
        let found = document()
            .and_then(|d| d.query_selector("[aria-invalid=true], fieldset[aria-describedby] input").ok().flatten());
        if let Some(element) = found.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    })
    .forget();
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}
