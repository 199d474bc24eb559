//! The engine's second thread: one more worker of the same compiled module, for pure work. It lives as long as an import
//! has work for it, is handed bytes and no key, and may be gone at any time: who gave it work hears so.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use futures_channel::oneshot;
use js_sys::{Array, ArrayBuffer, Function, Object, Reflect, Uint8Array};
use lucerna_shared::port::Entropy;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker};

use super::entropy::BrowserEntropy;
use super::page;

/// A script's function that makes a worker running `worker.js`. It comes from there, since only a script of the app may
/// name one.
pub type SpawnAside = Function;

/// Makes, ends and asks the second worker.
pub struct Aside {
    /// Without it there is none.
    spawn: Option<SpawnAside>,
    running: RefCell<Option<Running>>,
}

struct Running {
    worker: Worker,
    state: Rc<State>,
    _ears: [Closure<dyn FnMut(MessageEvent)>; 2],
}

#[derive(Default)]
struct State {
    /// It has loaded what it needs: before that, and when something threw, nobody waits for it.
    ready: Cell<bool>,
    /// Who waits, in the order in which they asked.
    waiting: RefCell<VecDeque<oneshot::Sender<Vec<u8>>>>,
}

impl Aside {
    pub fn new(spawn: Option<SpawnAside>) -> Aside {
        Aside { spawn, running: RefCell::default() }
    }

    /// It compiles nothing: the module of this worker goes over.
    pub fn begin(&self) {
        let made = self.spawn.as_ref().and_then(|spawn| spawn.call0(&JsValue::NULL).ok());
        let running = made.and_then(|made| made.dyn_into::<Worker>().ok()).map(Running::listen);
        if let Some(running) = &running {
            // Without the module it is never ready, and nobody gives it anything.
            let _ = running.worker.post_message(&message("module", "module", &wasm_bindgen::module()));
        }
        self.running.replace(running);
    }

    pub fn end(&self) {
        self.running.replace(None);
    }

    pub fn work(&self, job: &[u8]) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        match self.running.borrow().as_ref().and_then(|running| running.ask(job)) {
            Some(answer) => answer.map(Result::ok).boxed_local(),
            None => std::future::ready(None).boxed_local(),
        }
    }
}

impl fmt::Debug for Aside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aside")
    }
}

impl Running {
    fn listen(worker: Worker) -> Running {
        let state = Rc::new(State::default());
        let (heard, lost) = (state.clone(), state.clone());
        let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match said(&event.data()) {
            Said::Ready => heard.ready.set(true),
            Said::Done(answer) => {
                let next = heard.waiting.borrow_mut().pop_front();
                // Whoever asked may have given up.
                let _ = next.map(|waiting| waiting.send(answer));
            }
            Said::Broken => heard.lose(),
        });
        // What threw there must not end this worker too.
        let lose = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            event.prevent_default();
            lost.lose();
        });
        worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        worker.set_onerror(Some(lose.as_ref().unchecked_ref()));
        Running { worker, state, _ears: [hear, lose] }
    }

    fn ask(&self, job: &[u8]) -> Option<oneshot::Receiver<Vec<u8>>> {
        if !self.state.ready.get() {
            return None;
        }
        let bytes = Uint8Array::from(job).buffer();
        let asked = self.worker.post_message_with_transfer(&message("job", "bytes", &bytes), &Array::of1(&bytes));
        asked.ok()?;
        let (answer, coming) = oneshot::channel();
        self.state.waiting.borrow_mut().push_back(answer);
        Some(coming)
    }
}

impl State {
    fn lose(&self) {
        self.ready.set(false);
        self.waiting.take();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

enum Said {
    Ready,
    Done(Vec<u8>),
    Broken,
}

fn said(data: &JsValue) -> Said {
    let field = |name: &str| Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED);
    match field("t").as_string().as_deref() {
        Some("ready") => Said::Ready,
        Some("done") => match field("bytes").dyn_into::<ArrayBuffer>() {
            Ok(bytes) => Said::Done(emptied(&bytes)),
            Err(_) => Said::Broken,
        },
        _ => Said::Broken,
    }
}

/// Takes the bytes over and gives the buffer's room back at once: collected in the browser's own time, hundreds of them
/// would be there together.
fn emptied(buffer: &ArrayBuffer) -> Vec<u8> {
    let bytes = Uint8Array::new(buffer).to_vec();
    // Older browsers lack it, and collect.
    if let Ok(transfer) = Reflect::get(buffer, &"transfer".into()).and_then(|found| found.dyn_into::<Function>()) {
        let _ = transfer.call1(buffer, &JsValue::from(0));
    }
    bytes
}

fn message(kind: &str, name: &str, value: &JsValue) -> Object {
    let message = Object::new();
    // Setting a property on a fresh plain object cannot fail.
    let _ = Reflect::set(&message, &"t".into(), &kind.into());
    let _ = Reflect::set(&message, &name.into(), value);
    message
}

/// The second worker's own side: `work` for every job, one after the other.
pub fn serve(work: impl Fn(&[u8], &mut dyn FnMut(&mut [u8])) -> Option<Vec<u8>> + 'static) {
    let Some(scope) = page::scope() else { return };
    let ear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(scope) = page::scope() else { return };
        let bytes = Reflect::get(&event.data(), &"bytes".into()).unwrap_or(JsValue::UNDEFINED);
        let Ok(bytes) = bytes.dyn_into::<ArrayBuffer>() else { return };
        let done = work(&emptied(&bytes), &mut |bytes| BrowserEntropy.fill(bytes));
        // Who asked does it again when no answer comes of it.
        let answer = done.map(|done| Uint8Array::from(done.as_slice()).buffer());
        let _ = match &answer {
            Some(bytes) => scope.post_message_with_transfer(&message("done", "bytes", bytes), &Array::of1(bytes)),
            None => scope.post_message(&message("broken", "bytes", &JsValue::NULL)),
        };
    });
    scope.set_onmessage(Some(ear.as_ref().unchecked_ref()));
    // Lives as long as the worker does.
    ear.forget();
    let _ = scope.post_message(&message("ready", "bytes", &JsValue::NULL));
}
