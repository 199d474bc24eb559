//! The worker's voice: what it posts to the page that made it.

use js_sys::global;
use wasm_bindgen::JsCast;
use web_sys::DedicatedWorkerGlobalScope;

use super::message::ToPage;

pub fn post(message: &ToPage) {
    if let Some(scope) = scope() {
        let parcel = message.parcel();
        // Fails only for what cannot be cloned; everything in a parcel can.
        let _ = scope.post_message_with_transfer(&parcel.body, &parcel.transfer);
    }
}

/// `None` anywhere but in a dedicated worker.
pub fn scope() -> Option<DedicatedWorkerGlobalScope> {
    global().dyn_into().ok()
}
