//! The two doors into the wasm: `boot.js` calls `start_page`, `worker.js` calls `start_worker`.

use js_sys::Function;
use lucerna_shared::engine::{Engine, Io};
use lucerna_shared::engine::api::{Command, Fault};
use lucerna_shared::port::NetIn;
use wasm_bindgen::prelude::*;

use crate::app::{App, AppProps};
use crate::engine_worker::{self, EngineLike};
use crate::platform::client::EngineClient;
use crate::platform::port::BrowserPort;

/// `spawn` makes a new worker running `worker.js`.
#[wasm_bindgen]
pub fn start_page(spawn: Function) {
    let client = EngineClient::start(spawn);
    let props = AppProps { client };
    match gloo::utils::document().get_element_by_id("app") {
        Some(root) => yew::Renderer::<App>::with_root_and_props(root, props).render(),
        None => yew::Renderer::<App>::with_props(props).render(),
    };
}

#[wasm_bindgen]
pub fn start_worker() {
    engine_worker::serve(Engine::new);
}

impl EngineLike for Engine<BrowserPort> {
    async fn handle(&self, command: Command, io: Io) -> Result<String, Fault> {
        Engine::handle(self, command, io).await
    }

    async fn net(&self, input: NetIn) {
        Engine::net(self, input).await;
    }
}
