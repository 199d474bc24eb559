//! The doors that `worker.js` opens. A module of its own: what only the screens use is left out when it is linked.

use lucerna_web::entry;
use lucerna_web::platform::aside::SpawnAside;
use wasm_bindgen::prelude::*;

/// Serves the page until it ends this worker. `aside` makes a second worker that enters by `start_aside`.
#[wasm_bindgen]
pub fn start_worker(aside: Option<SpawnAside>) {
    entry::start_worker(aside);
}

/// The engine's second thread.
#[wasm_bindgen]
pub fn start_aside() {
    entry::start_aside();
}
