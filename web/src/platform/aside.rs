//! The engine's second thread: one more worker of the same compiled module, for pure work. It lives as long as an import or
//! an export has work for it, is handed bytes and no key, and may be gone at any time: who gave it work hears so.

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

/// Room of a buffer, in bytes: a piece of work fits, and mostly what comes of it.
const ROOM: u32 = 512 * 1024;

/// A script's function that makes a worker running `worker.js`. It comes from there, since only a script of the app may
/// name one.
pub type SpawnAside = Function;

/// Makes, ends and asks the second worker.
pub struct Aside {
    /// Without it there is none.
    spawn: Option<SpawnAside>,
    running: RefCell<Option<Running>>,
    /// How many began and did not end: an import and an export may share it.
    users: Cell<u32>,
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
    /// Buffers that came back. Each goes to and fro: left to be collected, hundreds would be there together.
    spare: RefCell<Vec<ArrayBuffer>>,
}

impl Aside {
    pub fn new(spawn: Option<SpawnAside>) -> Aside {
        Aside { spawn, running: RefCell::default(), users: Cell::default() }
    }

    /// It compiles nothing: the module of this worker goes over.
    pub fn begin(&self) {
        if self.users.replace(self.users.get() + 1) > 0 {
            return;
        }
        let made = self.spawn.as_ref().and_then(|spawn| spawn.call0(&JsValue::NULL).ok());
        let running = made.and_then(|made| made.dyn_into::<Worker>().ok()).map(Running::listen);
        if let Some(running) = &running {
            // Without the module it is never ready, and nobody gives it anything.
            let _ = running.worker.post_message(&message("module", "module", &wasm_bindgen::module()));
        }
        self.running.replace(running);
    }

    pub fn end(&self) {
        self.users.set(self.users.get().saturating_sub(1));
        if self.users.get() == 0 {
            self.running.replace(None);
        }
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
            Said::Done(buffer, length) => {
                let next = heard.waiting.borrow_mut().pop_front();
                // Whoever asked may have given up.
                let _ = next.map(|waiting| waiting.send(filled(&buffer, length).to_vec()));
                heard.spare.borrow_mut().push(buffer);
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
        let (parcel, transfer) = parcel("job", self.state.spare(job.len()), job);
        self.worker.post_message_with_transfer(&parcel, &transfer).ok()?;
        let (answer, coming) = oneshot::channel();
        self.state.waiting.borrow_mut().push_back(answer);
        Some(coming)
    }
}

impl State {
    /// A buffer that so many bytes fit in, if there is one.
    fn spare(&self, bytes: usize) -> Option<ArrayBuffer> {
        let mut spare = self.spare.borrow_mut();
        let fits = spare.iter().position(|buffer| buffer.byte_length() as usize >= bytes);
        fits.map(|at| spare.swap_remove(at))
    }

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
    Done(ArrayBuffer, u32),
    Broken,
}

fn said(data: &JsValue) -> Said {
    let field = |name: &str| Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED);
    match field("t").as_string().as_deref() {
        Some("ready") => Said::Ready,
        Some("done") => match contents(data) {
            Some((buffer, length)) => Said::Done(buffer, length),
            None => Said::Broken,
        },
        _ => Said::Broken,
    }
}

/// A buffer that came over, and how much of it is filled.
fn contents(data: &JsValue) -> Option<(ArrayBuffer, u32)> {
    let buffer = Reflect::get(data, &"bytes".into()).ok()?.dyn_into::<ArrayBuffer>().ok()?;
    let length = Reflect::get(data, &"length".into()).ok()?.as_f64()? as u32;
    (length <= buffer.byte_length()).then_some((buffer, length))
}

fn filled(buffer: &ArrayBuffer, length: u32) -> Uint8Array {
    Uint8Array::new_with_byte_offset_and_length(buffer, 0, length)
}

/// A message with these bytes in this buffer, or in another where they do not fit, and what of it is handed over.
fn parcel(kind: &str, buffer: Option<ArrayBuffer>, bytes: &[u8]) -> (Object, Array) {
    let length = bytes.len() as u32;
    let fits = buffer.filter(|buffer| buffer.byte_length() >= length);
    let buffer = fits.unwrap_or_else(|| ArrayBuffer::new(length.max(ROOM)));
    filled(&buffer, length).copy_from(bytes);
    let parcel = message(kind, "bytes", &buffer);
    // Setting a property on a fresh plain object cannot fail.
    let _ = Reflect::set(&parcel, &"length".into(), &length.into());
    (parcel, Array::of1(&buffer))
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
        let Some((buffer, length)) = contents(&event.data()) else { return };
        let done = work(&filled(&buffer, length).to_vec(), &mut |bytes| BrowserEntropy.fill(bytes));
        // Who asked does it again when no answer comes of it.
        let _ = match done {
            Some(done) => {
                let (parcel, transfer) = parcel("done", Some(buffer), &done);
                scope.post_message_with_transfer(&parcel, &transfer)
            }
            None => scope.post_message(&message("broken", "bytes", &JsValue::NULL)),
        };
    });
    scope.set_onmessage(Some(ear.as_ref().unchecked_ref()));
    // Lives as long as the worker does.
    ear.forget();
    let _ = scope.post_message(&message("ready", "bytes", &JsValue::NULL));
}
