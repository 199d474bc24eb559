//! The door that `boot.js` opens. A module of its own, so that the first screen need not wait for the engine: what only
//! the engine uses is left out when it is linked.

use lucerna_web::platform::client::Spawn;
use wasm_bindgen::prelude::*;

/// Draws the app. `spawn` makes a new worker running `worker.js`.
#[wasm_bindgen]
pub fn start_page(spawn: Spawn) -> Result<(), JsValue> {
    lucerna_web::entry::start_page(spawn)
}
