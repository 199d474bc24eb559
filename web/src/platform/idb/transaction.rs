//! One IndexedDB transaction and how it ends. Knows nothing of what is in it.

use futures_channel::oneshot;
use js_sys::{Array, Function, Object, Reflect};
use lucerna_shared::port::{Space, StoreFault};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{DomException, IdbDatabase, IdbObjectStore, IdbRequest, IdbTransaction};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    /// `complete` is only heard once the bytes are on the disk.
    StrictWrite,
}

type Outcome = Result<(), StoreFault>;

pub(super) struct Transaction {
    inner: IdbTransaction,
    teller: Teller,
    end: RefCell<Option<oneshot::Receiver<Outcome>>>,
    _ears: [Closure<dyn FnMut()>; 2],
}

impl Transaction {
    pub fn begin(database: &IdbDatabase, spaces: &[Space], mode: Mode) -> Result<Transaction, StoreFault> {
        let inner = open(database, spaces, mode).map_err(|thrown| fault(&thrown))?;
        let (send, end) = oneshot::channel();
        let teller = Teller(Rc::new(RefCell::new(Some(send))));
        let (told, failed, aborted) = (teller.clone(), teller.clone(), inner.clone());
        let complete = Closure::<dyn FnMut()>::new(move || told.tell(Ok(())));
        // An abort is heard after the error that caused it, and an error that is caught aborts nothing.
        let abort = Closure::<dyn FnMut()>::new(move || {
            failed.tell(Err(aborted.error().map_or(StoreFault::Closed, |error| named(&error.name()))));
        });
        inner.set_oncomplete(Some(complete.as_ref().unchecked_ref()));
        inner.set_onabort(Some(abort.as_ref().unchecked_ref()));
        Ok(Transaction { inner, teller, end: RefCell::new(Some(end)), _ears: [complete, abort] })
    }

    pub fn store(&self, space: Space) -> Result<IdbObjectStore, StoreFault> {
        self.inner.object_store(space.name()).map_err(|thrown| fault(&thrown))
    }

    /// Spares the event loop a round: nothing more will be asked of this transaction.
    #[allow(deprecated)] // web-sys marks the method so; no browser or specification does.
    pub fn commit_now(&self) {
        // Throws only where the transaction has ended already, which `finished` tells.
        let _ = self.inner.commit();
    }

    /// For who only reads: waits for the answer to the last of their questions, and not for the browser to end the
    /// transaction after it, which takes another round.
    pub async fn answered(&self, last: &IdbRequest) -> Outcome {
        let teller = self.teller.clone();
        let success = Closure::<dyn FnMut()>::new(move || teller.tell(Ok(())));
        last.set_onsuccess(Some(success.as_ref().unchecked_ref()));
        let outcome = self.finished().await;
        last.set_onsuccess(None);
        outcome
    }

    pub async fn finished(&self) -> Outcome {
        let end = self.end.borrow_mut().take();
        match end {
            Some(end) => end.await.unwrap_or(Err(StoreFault::Closed)),
            None => Err(StoreFault::Closed),
        }
    }

    /// Returns when nothing of it will be written any more.
    pub async fn abort(&self) {
        if self.inner.abort().is_ok() {
            let _ = self.finished().await;
        }
    }
}

/// Tells the outcome once, whoever knows it first.
#[derive(Clone)]
struct Teller(Rc<RefCell<Option<oneshot::Sender<Outcome>>>>);

impl Teller {
    fn tell(&self, outcome: Outcome) {
        if let Some(send) = self.0.borrow_mut().take() {
            // Nobody listens to a transaction whose caller was dropped.
            let _ = send.send(outcome);
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.inner.set_oncomplete(None);
        self.inner.set_onabort(None);
    }
}

/// `database.transaction(names, mode, {durability})`; web-sys counts the third argument as unstable.
fn open(database: &IdbDatabase, spaces: &[Space], mode: Mode) -> Result<IdbTransaction, JsValue> {
    let names: Array = spaces.iter().map(|space| JsValue::from_str(space.name())).collect();
    let (mode, durability) = match mode {
        Mode::Read => ("readonly", "default"),
        Mode::StrictWrite => ("readwrite", "strict"),
    };
    let options = Object::new();
    Reflect::set(&options, &"durability".into(), &durability.into())?;
    let transaction: Function = Reflect::get(database, &"transaction".into())?.dyn_into()?;
    transaction.call3(database, &names, &mode.into(), &options)?.dyn_into()
}

/// What was thrown, in our words. The browser's own text is left out: it may quote what we must not show.
pub(in crate::platform) fn fault(thrown: &JsValue) -> StoreFault {
    match thrown.dyn_ref::<DomException>() {
        Some(exception) => named(&exception.name()),
        None => StoreFault::Failed("the browser threw no exception we know".to_owned()),
    }
}

fn named(name: &str) -> StoreFault {
    match name {
        "QuotaExceededError" => StoreFault::Full,
        // A handle that was closed, by us, by the browser, or by WebKit in the background (an "unknown" error there).
        "InvalidStateError" | "TransactionInactiveError" | "AbortError" | "UnknownError" => StoreFault::Closed,
        "NotFoundError" | "VersionError" => StoreFault::Unavailable,
        other => StoreFault::Failed(other.to_owned()),
    }
}
