//! Files in and out: picked, dropped, saved. The bytes are the engine's affair.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use gloo::events::EventListener;
use gloo::utils::document;
use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::JsCast;
pub use web_sys::File;
use web_sys::{Blob, BlobPropertyBag, DragEvent, FileList, HtmlAnchorElement, HtmlInputElement, Url};

/// How long a saved file's address stays valid; the download has begun by then.
const KEEP_ADDRESS_MS: u32 = 60_000;

/// Offers the blob as a download. False if the browser would not.
pub fn download(blob: &Blob, name: &str) -> bool {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return false };
    let clicked = link(&url, name);
    Timeout::new(KEEP_ADDRESS_MS, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    clicked.is_some()
}

/// Offers a text as a download, such as a report.
pub fn download_text(text: &str, media_type: &str, name: &str) -> bool {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&text.into());
    Blob::new_with_str_sequence_and_options(&parts, &options).is_ok_and(|blob| download(&blob, name))
}

fn link(url: &str, name: &str) -> Option<()> {
    let anchor: HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    anchor.set_href(url);
    anchor.set_download(name);
    anchor.set_hidden(true);
    document().body()?.append_child(&anchor).ok()?;
    anchor.click();
    anchor.remove();
    Some(())
}

/// Opens the browser's file dialog; empty if the person cancels. Call it from a click. `accept` is as in HTML.
pub async fn pick(accept: &str, many: bool) -> Vec<File> {
    let Some(input) = document().create_element("input").ok().and_then(|made| made.dyn_into::<HtmlInputElement>().ok())
    else {
        return Vec::new();
    };
    input.set_type("file");
    input.set_accept(accept);
    input.set_multiple(many);
    let (chosen, outcome) = oneshot::channel::<()>();
    let chosen = Cell::new(Some(chosen));
    let ended = Rc::new(move || {
        if let Some(chosen) = chosen.take() {
            let _ = chosen.send(());
        }
    });
    let on_change = EventListener::new(&input, "change", {
        let ended = ended.clone();
        move |_| ended()
    });
    let on_cancel = EventListener::new(&input, "cancel", move |_| ended());
    input.click();
    let _ = outcome.await;
    drop((on_change, on_cancel));
    chosen_in(&input)
}

/// What an `<input type="file">` holds.
pub fn chosen_in(input: &HtmlInputElement) -> Vec<File> {
    input.files().map(listed).unwrap_or_default()
}

/// The files of a `drop` event. Also cancels the event, or the browser would open the file and leave the app.
pub fn dropped(event: &DragEvent) -> Vec<File> {
    event.prevent_default();
    event.data_transfer().and_then(|transfer| transfer.files()).map(listed).unwrap_or_default()
}

fn listed(files: FileList) -> Vec<File> {
    (0..files.length()).filter_map(|index| files.get(index)).collect()
}
