//! Matches replies to calls, spreads events to listeners, and keeps calls waiting while there is no worker to
//! take them. It reads no command.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
use js_sys::Function;
use lucerna_shared::engine::api::{Event, Fault, LockReason, PairingEvent};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File};
use zeroize::Zeroize;

use super::running::Running;
use super::{CommandJson, lost_clinic};
use crate::platform::message::{ToPage, ToWorker};
use crate::platform::rtc::Peers;

pub(super) struct Answer {
    pub json: String,
    pub blob: Option<Blob>,
}

type Waiting = oneshot::Sender<Result<Answer, Fault>>;
type Listener = Rc<dyn Fn(&Event)>;
type LastWord = Rc<dyn Fn()>;

pub(super) struct Switchboard {
    spawn: Function,
    myself: Weak<Switchboard>,
    worker: RefCell<Option<Running>>,
    /// The worker said that it is listening, and no lock is under way.
    open: Cell<bool>,
    /// A lock is under way: whatever comes is for the next worker.
    held: Cell<bool>,
    next: Cell<u32>,
    waiting: RefCell<BTreeMap<u32, Waiting>>,
    /// What could not be posted yet, in order.
    outbox: RefCell<Vec<ToWorker>>,
    listeners: RefCell<BTreeMap<u32, Listener>>,
    last_words: RefCell<BTreeMap<u32, LastWord>>,
    peers: Peers,
}

impl Switchboard {
    pub fn start(spawn: Function) -> Rc<Switchboard> {
        let board = Rc::new_cyclic(|myself| Switchboard {
            spawn,
            myself: myself.clone(),
            worker: RefCell::default(),
            open: Cell::new(false),
            held: Cell::new(false),
            next: Cell::new(1),
            waiting: RefCell::default(),
            outbox: RefCell::default(),
            listeners: RefCell::default(),
            last_words: RefCell::default(),
            peers: peers(myself.clone()),
        });
        board.spawn_worker();
        board
    }

    pub fn ask(&self, json: CommandJson, files: Vec<File>) -> impl Future<Output = Result<Answer, Fault>> + use<> {
        let (id, answer) = self.expect();
        self.post(command(id, json, files));
        hear(answer)
    }

    /// Asks the worker that is on its way out, past everything that is kept for the next one.
    pub fn ask_past_hold(&self, json: CommandJson) -> Pin<Box<dyn Future<Output = Result<Answer, Fault>>>> {
        let (id, answer) = self.expect();
        if let Some(worker) = self.worker.borrow().as_ref() {
            worker.post(command(id, json, Vec::new()));
        }
        Box::pin(hear(answer))
    }

    pub fn post(&self, message: ToWorker) {
        match self.worker.borrow().as_ref() {
            Some(worker) if self.open.get() => worker.post(message),
            _ => self.outbox.borrow_mut().push(message),
        }
    }

    /// Begins a lock: whoever has something to write calls for it now. False if a lock was under way already.
    pub fn begin_lock(&self) -> bool {
        if self.held.replace(true) {
            return false;
        }
        let words: Vec<LastWord> = self.last_words.borrow().values().cloned().collect();
        words.iter().for_each(|word| word());
        true
    }

    /// Keeps all further calls for the next worker.
    pub fn hold(&self) {
        self.open.set(false);
    }

    pub fn add_last_word(&self, word: LastWord) -> u32 {
        let id = self.fresh();
        self.last_words.borrow_mut().insert(id, word);
        id
    }

    /// Ends the worker; what it had not answered fails, what it was not given waits for the next one.
    pub fn restart(&self, why: &Fault) {
        self.open.set(false);
        self.held.set(false);
        self.worker.replace(None);
        self.peers.close_all();
        let kept: Vec<u32> = self.outbox.borrow().iter().filter_map(command_id).collect();
        let (kept, lost): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.waiting.take().into_iter().partition(|(id, _)| kept.contains(id));
        self.waiting.replace(kept);
        self.spawn_worker();
        for waiting in lost.into_values() {
            refuse(waiting, why);
        }
    }

    pub fn listen(&self, listener: Listener) -> u32 {
        let id = self.fresh();
        self.listeners.borrow_mut().insert(id, listener);
        id
    }

    pub fn unlisten(&self, id: u32) {
        self.listeners.borrow_mut().remove(&id);
        self.last_words.borrow_mut().remove(&id);
    }

    /// Listeners may subscribe, unsubscribe and call while they hear.
    pub fn tell(&self, event: &Event) {
        let listeners: Vec<Listener> = self.listeners.borrow().values().cloned().collect();
        for listener in listeners {
            listener(event);
        }
    }

    fn hear_worker(&self, message: ToPage) {
        match message {
            ToPage::Ready => self.open_up(),
            ToPage::Reply { id, ok, json, blob } => {
                let Some(waiting) = self.waiting.borrow_mut().remove(&id) else { return };
                let answer = if ok { Ok(Answer { json, blob }) } else { Err(fault(&json)) };
                // A caller that has gone away needs no answer.
                let _ = waiting.send(answer);
            }
            ToPage::Event { json } => {
                let Ok(event) = serde_json::from_str::<Event>(&json) else { return };
                match event {
                    Event::Locked { .. } => self.restart(&Fault::Locked),
                    // Joining by pairing ends in a clinic, too.
                    Event::Pairing(PairingEvent::Done { .. }) => lost_clinic::remember(true),
                    Event::Pairing(_) | Event::Changed { .. } | Event::Progress { .. } => {}
                    Event::Sync(_) | Event::CaughtUp { .. } => {}
                }
                self.tell(&event);
            }
            ToPage::Rtc { conn, json, bytes } => {
                if let Ok(order) = serde_json::from_str(&json) {
                    self.peers.obey(conn, order, bytes);
                }
            }
            ToPage::Crashed => self.crashed(),
        }
    }

    fn open_up(&self) {
        if self.held.get() {
            return;
        }
        self.open.set(true);
        for message in self.outbox.take() {
            self.post(message);
        }
    }

    /// Nothing that the dead worker held can be trusted; the next one starts locked. One that never came up is
    /// not tried again: that would go round for ever.
    fn crashed(&self) {
        let was_open = self.open.get() || self.held.get();
        if was_open {
            self.restart(&stopped("the engine stopped and was started again; please unlock"));
            self.tell(&Event::Locked { reason: LockReason::Asked });
        } else {
            self.worker.replace(None);
            self.peers.close_all();
            self.outbox.take();
            for waiting in self.waiting.take().into_values() {
                refuse(waiting, &stopped("the engine could not start; please reload"));
            }
        }
    }

    fn spawn_worker(&self) {
        let (heard, crashed) = (self.myself.clone(), self.myself.clone());
        let crash = move || {
            if let Some(board) = crashed.upgrade() {
                board.crashed();
            }
        };
        let hear = move |message| {
            if let Some(board) = heard.upgrade() {
                board.hear_worker(message);
            }
        };
        match Running::spawn(&self.spawn, hear, crash.clone()) {
            Some(running) => drop(self.worker.replace(Some(running))),
            None => spawn_local(async move { crash() }),
        }
    }

    fn expect(&self) -> (u32, oneshot::Receiver<Result<Answer, Fault>>) {
        let (send, receive) = oneshot::channel();
        let id = self.fresh();
        self.waiting.borrow_mut().insert(id, send);
        (id, receive)
    }

    fn fresh(&self) -> u32 {
        let id = self.next.get();
        self.next.set(id.wrapping_add(1));
        id
    }
}

/// What happens on a peer connection goes to the worker that ordered it.
fn peers(board: Weak<Switchboard>) -> Peers {
    Peers::new(move |conn, happened, bytes| {
        let (Some(board), Ok(json)) = (board.upgrade(), serde_json::to_string(&happened)) else { return };
        if board.open.get() {
            board.post(ToWorker::Rtc { conn, json, bytes });
        }
    })
}

/// A posted command may have held a passphrase.
pub(super) fn wipe(message: ToWorker) {
    if let ToWorker::Command { mut json, .. } = message {
        json.zeroize();
    }
}

fn command(id: u32, mut json: CommandJson, files: Vec<File>) -> ToWorker {
    ToWorker::Command { id, json: std::mem::take(&mut json.0), files }
}

fn command_id(message: &ToWorker) -> Option<u32> {
    match message {
        ToWorker::Command { id, .. } => Some(*id),
        ToWorker::Rtc { .. } | ToWorker::Wake | ToWorker::Online(_) | ToWorker::TakeOver => None,
    }
}

async fn hear(answer: oneshot::Receiver<Result<Answer, Fault>>) -> Result<Answer, Fault> {
    answer.await.unwrap_or(Err(Fault::Cancelled))
}

fn refuse(waiting: Waiting, why: &Fault) {
    let _ = waiting.send(Err(why.clone()));
}

fn stopped(detail: &str) -> Fault {
    Fault::Refused { detail: detail.to_owned() }
}

fn fault(json: &str) -> Fault {
    serde_json::from_str(json).unwrap_or_else(|_| stopped("the engine refused"))
}
