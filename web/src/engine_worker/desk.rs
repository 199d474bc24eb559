//! Where messages arrive: opens the vault once for whoever comes first, under the lock that only one tab has.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::lock::Mutex;
use futures_channel::mpsc::UnboundedSender;
use futures_channel::oneshot;
use js_sys::{Array, Function, Uint8Array};
use lucerna_shared::engine::Io;
use lucerna_shared::engine::api::{Command, Event, Fault, LockReason};
use lucerna_shared::port::{NetIn, StoreFault};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File};

use super::EngineLike;
use super::file_source::HandedOver;
use crate::platform::idb::IdbStore;
use crate::platform::message::{ToPage, ToWorker};
use crate::platform::page;
use crate::platform::port::BrowserPort;
use crate::platform::rtc::Happening;
use crate::platform::vault_lock::{self, Claim};

const VAULT: &str = "lucerna";

pub(super) struct Desk<E> {
    make: Box<dyn Fn(BrowserPort) -> E>,
    net: UnboundedSender<NetIn>,
    /// Makes the engine's second thread.
    aside: Option<Function>,
    /// Held while the vault is being opened, so that it is opened once.
    opening: Mutex<()>,
    engine: RefCell<Option<Rc<E>>>,
    busy: Rc<Work>,
}

impl<E: EngineLike> Desk<E> {
    pub fn new(
        make: impl Fn(BrowserPort) -> E + 'static,
        net: UnboundedSender<NetIn>,
        aside: Option<Function>,
    ) -> Desk<E> {
        let (opening, engine, busy) = (Mutex::new(()), RefCell::default(), Rc::default());
        Desk { make: Box::new(make), net, aside, opening, engine, busy }
    }

    pub async fn hear(self: Rc<Self>, message: ToWorker) {
        match message {
            ToWorker::Command { id, json, files } => {
                let reply = match self.answer(&json, files).await {
                    Ok((json, blob)) => ToPage::Reply { id, ok: true, json, blob },
                    Err(why) => ToPage::Reply {
                        id,
                        ok: false,
                        json: serde_json::to_string(&why).unwrap_or_default(),
                        blob: None,
                    },
                };
                page::post(&reply);
            }
            ToWorker::TakeOver => {
                // Whoever asks for the engine next hears what became of it.
                let _ = self.open(Claim::TakeOver).await;
            }
            ToWorker::Rtc { conn, json, bytes } => {
                let event = serde_json::from_str::<Happening>(&json).ok().and_then(|happened| happened.join(bytes));
                if let Some(event) = event {
                    self.tell(NetIn::Rtc { conn, event });
                }
            }
            ToWorker::Wake => self.tell(NetIn::Wake),
            ToWorker::Online(online) => self.tell(NetIn::Online(online)),
        }
    }

    /// A locked vault has no network; what comes before the engine does is old news.
    pub async fn net(&self, input: NetIn) {
        let engine = self.engine.borrow().clone();
        if let Some(engine) = engine {
            engine.net(input).await;
        }
    }

    fn tell(&self, input: NetIn) {
        // The receiver lives as long as the worker.
        let _ = self.net.unbounded_send(input);
    }

    async fn answer(&self, json: &str, files: Vec<File>) -> Result<(String, Option<Blob>), Fault> {
        let command: Command = serde_json::from_str(json)
            .map_err(|_| Fault::Refused { detail: "the engine does not know this command".to_owned() })?;
        let engine = self.open(Claim::IfFree).await?;
        let last = matches!(command, Command::Lock(_));
        if last {
            self.quiet().await;
        }
        let _busy = (!last).then(|| Busy::new(&self.busy));
        let parts: Rc<RefCell<Vec<Blob>>> = Rc::default();
        let written = parts.clone();
        let io = Io {
            files: (!files.is_empty()).then(|| Rc::new(HandedOver(files)) as Rc<_>),
            out: Some(Box::new(move |piece| written.borrow_mut().extend(blob_of(&Uint8Array::from(piece.as_slice()))))),
        };
        let reply = engine.handle(command, io).await?;
        if !last {
            spawn_local(async move { engine.tend().await });
        }
        let parts: Array = parts.take().into_iter().collect();
        let file = if parts.length() == 0 { None } else { Blob::new_with_blob_sequence(&parts).ok() };
        Ok((reply, file))
    }

    /// Returns when no command is under way: the page ends this worker as soon as a lock is answered, and a save
    /// that came before it must not be cut off. A long job is; the page does not wait for ever.
    async fn quiet(&self) {
        while self.busy.under_way.get() > 0 {
            let (done, waiting) = oneshot::channel();
            self.busy.done.borrow_mut().push(done);
            let _ = waiting.await;
        }
    }

    async fn open(&self, claim: Claim) -> Result<Rc<E>, Fault> {
        let _turn = self.opening.lock().await;
        if let Some(engine) = self.engine.borrow().clone() {
            return Ok(engine);
        }
        if !vault_lock::acquire(claim, robbed).await {
            return Err(Fault::AnotherTab);
        }
        let store = IdbStore::open(VAULT).await.map_err(|fault| match fault {
            StoreFault::Full => Fault::StorageFull,
            other => Fault::Storage { detail: other.to_string() },
        })?;
        let engine = Rc::new((self.make)(BrowserPort::new(store, self.net.clone(), self.aside.clone())));
        self.engine.replace(Some(engine.clone()));
        Ok(engine)
    }
}

/// How many commands are under way, and who waits for one to end.
#[derive(Default)]
struct Work {
    under_way: Cell<u32>,
    done: RefCell<Vec<oneshot::Sender<()>>>,
}

struct Busy(Rc<Work>);

impl Busy {
    fn new(work: &Rc<Work>) -> Busy {
        work.under_way.set(work.under_way.get() + 1);
        Busy(work.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
        for waiting in self.0.done.take() {
            let _ = waiting.send(());
        }
    }
}

/// Another tab took the vault: say so and end at once, before anything more is written.
fn robbed() {
    if let Ok(json) = serde_json::to_string(&Event::Locked { reason: LockReason::AnotherTab }) {
        page::post(&ToPage::Event { json });
    }
    if let Some(scope) = page::scope() {
        scope.close();
    }
}

/// The browser keeps a blob outside this worker's memory, which so never holds a whole export.
fn blob_of(piece: &Uint8Array) -> Option<Blob> {
    Blob::new_with_u8_array_sequence(&Array::of1(piece)).ok()
}
