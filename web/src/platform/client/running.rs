//! One live worker with the closures that listen to it. Dropping it terminates the worker and its keys.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker};

use super::switchboard::wipe;
use crate::platform::message::{ToPage, ToWorker};

pub(super) struct Running {
    worker: Worker,
    _hear: Closure<dyn FnMut(MessageEvent)>,
    _crash: Closure<dyn FnMut(ErrorEvent)>,
}

impl Running {
    /// `None` if the browser would not make a worker.
    pub fn spawn(spawn: &Function, hear: impl Fn(ToPage) + 'static, crash: impl Fn() + 'static) -> Option<Running> {
        let worker = spawn.call0(&JsValue::NULL).ok().and_then(|made| made.dyn_into::<Worker>().ok())?;
        let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(message) = ToPage::read(&event.data()) {
                hear(message);
            }
        });
        let crash = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            crash();
        });
        worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        worker.set_onerror(Some(crash.as_ref().unchecked_ref()));
        Some(Running { worker, _hear: hear, _crash: crash })
    }

    pub fn post(&self, message: ToWorker) {
        let parcel = message.parcel();
        // Fails only for what cannot be cloned; everything in a parcel can.
        let _ = self.worker.post_message_with_transfer(&parcel.body, &parcel.transfer);
        wipe(message);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
