//! The three doors, exported by the modules of `web/page` and `web/engine`: `boot.js` calls `start_page`, `worker.js` calls
//! `start_worker` or `start_aside`.

use gloo::utils::document;
use lucerna_shared::engine::api::{Command, Fault};
use lucerna_shared::engine::{Engine, Io};
use lucerna_shared::port::NetIn;
use wasm_bindgen::JsValue;

use crate::app::{App, AppProps};
use crate::engine_worker::{self, EngineLike};
use crate::platform::aside::SpawnAside;
use crate::platform::client::{EngineClient, Spawn};
use crate::platform::port::BrowserPort;

/// Draws the app into `#app`. `spawn` makes a new worker running `worker.js`.
pub fn start_page(spawn: Spawn) -> Result<(), JsValue> {
    let root = document().get_element_by_id("app").ok_or("the page has no place for the app")?;
    root.set_text_content(None);
    yew::Renderer::<App>::with_root_and_props(root, AppProps { client: EngineClient::start(spawn) }).render();
    Ok(())
}

/// The engine's worker. `aside` makes a new worker that enters by `start_aside`; without it the engine has one thread.
pub fn start_worker(aside: Option<SpawnAside>) {
    engine_worker::serve(Engine::new, aside);
}

/// The engine's second thread.
pub fn start_aside() {
    engine_worker::serve_aside();
}

impl EngineLike for Engine<BrowserPort> {
    async fn handle(&self, command: Command, io: Io) -> Result<String, Fault> {
        Engine::handle(self, command, io).await
    }

    async fn tend(&self) {
        Engine::tend(self).await;
    }

    async fn net(&self, input: NetIn) {
        Engine::net(self, input).await;
    }
}
