//! The page's only way to the engine: typed calls in, replies and events out. It starts, restarts and ends the
//! worker that holds keys and store, and knows nothing of what a command means.

mod lost_clinic;
mod running;
mod switchboard;

use std::fmt;
use std::rc::Rc;

use js_sys::Function;
use lucerna_shared::engine::api::{AppStatus, Call, Command, Event, Fault, Lock, LockReason, Status};
use serde_json::Error as JsonError;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File};
use zeroize::Zeroize;

use super::message::ToWorker;
use lost_clinic::Matter;
use switchboard::{Answer, Switchboard};

/// How long a lock waits for commands in flight (an autosave, say) before the worker is ended anyway.
const LOCK_GRACE_MS: u32 = 2_000;

/// A script's function that makes a new module worker running `worker.js`. It comes from `boot.js`, since only a
/// script that holds the Trusted Types policy may name a script by URL.
pub type Spawn = Function;

/// A handle on the engine; clones speak to the same worker.
#[derive(Clone)]
pub struct EngineClient {
    board: Rc<Switchboard>,
}

impl EngineClient {
    /// Starts the engine.
    pub fn start(spawn: Spawn) -> EngineClient {
        EngineClient { board: Switchboard::start(spawn) }
    }

    /// Carries out one command. Commands run one after another in the order they were called.
    pub async fn call<C: Call>(&self, call: C) -> Result<C::Reply, Fault> {
        self.send(call, Vec::new()).await.map(|(reply, _)| reply)
    }

    /// A command with files for it to read (imports).
    pub async fn call_with_files<C: Call>(&self, call: C, files: Vec<File>) -> Result<C::Reply, Fault> {
        self.send(call, files).await.map(|(reply, _)| reply)
    }

    /// A command that answers with a file beside its reply (exports).
    pub async fn call_for_file<C: Call>(&self, call: C) -> Result<(C::Reply, Option<Blob>), Fault> {
        self.send(call, Vec::new()).await
    }

    /// Hears every event until the subscription is dropped.
    pub fn subscribe(&self, hear: impl Fn(&Event) + 'static) -> Subscription {
        Subscription { id: self.board.listen(Rc::new(hear)), board: self.board.clone() }
    }

    /// Calls `word` at the start of every lock, until the subscription is dropped. A command that it spawns still
    /// goes to the unlocked worker: what was typed in the last second is written.
    pub fn before_lock(&self, word: impl Fn() + 'static) -> Subscription {
        Subscription { id: self.board.add_last_word(Rc::new(word)), board: self.board.clone() }
    }

    /// Locks: last words are written, screens hear `Event::Locked`, commands already sent are finished, then the
    /// worker and every key in it end. Calls made after that go to a fresh, locked worker.
    pub fn lock(&self, reason: LockReason) {
        if !self.board.begin_lock() {
            return;
        }
        let board = self.board.clone();
        // Tasks run in the order in which they were spawned: the last words have been posted when this one runs.
        spawn_local(async move {
            board.hold();
            board.tell(&Event::Locked { reason });
            if let Ok(json) = command_json(&Lock {}.into_command()) {
                let goodbye = board.ask_past_hold(json);
                let patience = gloo_timers::future::TimeoutFuture::new(LOCK_GRACE_MS);
                futures::future::select(goodbye, Box::pin(patience)).await;
            }
            board.restart(&Fault::Locked);
        });
    }

    /// Ends the worker and starts a fresh one; commands under way fail with `Fault::Locked`.
    pub fn restart(&self) {
        self.board.restart(&Fault::Locked);
    }

    /// After `Fault::AnotherTab`: takes the clinic over; the other tab locks. Ask for `Status` next.
    pub fn take_over(&self) {
        self.board.post(ToWorker::TakeOver);
    }

    /// Whether a first visitor can be welcomed before the engine is there to say `AppStatus::Fresh`, as it will.
    pub async fn surely_fresh(&self) -> bool {
        lost_clinic::never_was().await
    }

    /// After `AppStatus::Missing`: the person has given the lost database up; `Status` then says `Fresh`. Looks once
    /// more first: only what is still missing is given up. Deletes nothing but the mark.
    pub async fn give_up_lost_clinic(&self) {
        if matches!(self.call(Status {}).await, Ok(AppStatus::Missing)) {
            lost_clinic::remember(false);
        }
    }

    /// The tablet woke up: connections are dropped and made anew.
    pub fn wake(&self) {
        self.board.post(ToWorker::Wake);
    }

    pub fn online(&self, online: bool) {
        self.board.post(ToWorker::Online(online));
    }

    async fn send<C: Call>(&self, call: C, files: Vec<File>) -> Result<(C::Reply, Option<Blob>), Fault> {
        let command = call.into_command();
        let matter = Matter::of(&command);
        let json = command_json(&command).map_err(|_| garbled("the command"))?;
        let answer: Answer = self.board.ask(json, files).await?;
        let json = lost_clinic::note(matter, answer.json);
        let reply = serde_json::from_str(&json).map_err(|_| garbled("the engine's reply"))?;
        Ok((reply, answer.blob))
    }
}

impl PartialEq for EngineClient {
    fn eq(&self, other: &EngineClient) -> bool {
        Rc::ptr_eq(&self.board, &other.board)
    }
}

impl fmt::Debug for EngineClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EngineClient")
    }
}

/// Keeps a listener listening; drop it to stop.
#[must_use = "dropping the subscription ends it"]
pub struct Subscription {
    id: u32,
    board: Rc<Switchboard>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.board.unlisten(self.id);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({})", self.id)
    }
}

/// JSON that may hold a passphrase: wiped when it has been posted.
struct CommandJson(String);

impl Drop for CommandJson {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn command_json(command: &Command) -> Result<CommandJson, JsonError> {
    serde_json::to_string(command).map(CommandJson)
}

fn garbled(what: &str) -> Fault {
    Fault::Refused { detail: format!("{what} could not be read") }
}
