//! The dedicated worker that owns keys and store: hears the page, opens the vault when it is first needed, gives
//! every command to the engine, and feeds it what the network says. It knows no command and no record.

mod desk;
mod file_source;
mod panic_note;

use std::rc::Rc;

use futures::StreamExt;
use futures_channel::mpsc;
use js_sys::Function;
use lucerna_shared::engine::api::{Command, Fault};
use lucerna_shared::engine::{Io, work_aside};
use lucerna_shared::port::NetIn;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use crate::platform::message::{ToPage, ToWorker};
use crate::platform::page;
use crate::platform::port::BrowserPort;
use desk::Desk;

/// What this worker needs of an engine. Commands may run at the same time; the engine lets writers take turns.
#[allow(async_fn_in_trait)]
pub trait EngineLike: 'static {
    /// The reply as JSON.
    async fn handle(&self, command: Command, io: Io) -> Result<String, Fault>;
    async fn net(&self, input: NetIn);
    /// Puts in order what can wait.
    async fn tend(&self);
}

/// Serves the page until it terminates this worker. `make` is called when the vault has been opened; `aside` makes the
/// second thread, which runs `serve_aside`.
pub fn serve<E: EngineLike>(make: impl Fn(BrowserPort) -> E + 'static, aside: Option<Function>) {
    panic_note::install();
    let Some(scope) = page::scope() else { return };
    let (net, mut heard) = mpsc::unbounded::<NetIn>();
    let desk = Rc::new(Desk::new(make, net, aside));

    let network = desk.clone();
    spawn_local(async move {
        while let Some(input) = heard.next().await {
            network.net(input).await;
        }
    });

    let ear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(message) = ToWorker::read(&event.data()) {
            spawn_local(desk.clone().hear(message));
        }
    });
    scope.set_onmessage(Some(ear.as_ref().unchecked_ref()));
    // Lives as long as the worker does.
    ear.forget();
    page::post(&ToPage::Ready);
}

/// Serves the engine's worker, which made this one, with pure work. There is no vault here, and no key.
pub fn serve_aside() {
    panic_note::install();
    crate::platform::aside::serve(work_aside);
}
