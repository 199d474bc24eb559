//! A tablet in memory: store, clock and entropy under the test's hand, and the engine on top.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;

use futures::future::LocalBoxFuture;

use crate::base::Timestamp;
use crate::crypto::small::{aes256gcm_open, aes256gcm_seal};
use crate::engine::api::{Call, CreateClinic, Event, Fault, Secret, Session, Unlock};
use crate::engine::{Engine, FileSource, Io, work_aside};
use crate::port::memory::{Faulty, MemoryStore, Mishap};
use crate::port::{AeadFault, BulkAead, Clock, Entropy, NetOut, Port, Row, Space, StoreFault};

pub fn passphrase() -> Secret {
    Secret("correct horse battery".into())
}

pub struct NativeAead;

impl BulkAead for NativeAead {
    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, AeadFault> {
        aes256gcm_seal(key, nonce, aad, plain).map_err(|_| AeadFault)
    }

    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, AeadFault> {
        aes256gcm_open(key, nonce, aad, sealed).map_err(|_| AeadFault)
    }
}

pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("randomness");
    }
}

/// The time, and how much of it passes with each look at it.
pub struct TestClock(pub Cell<i64>, pub Cell<i64>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.0.set(self.0.get() + self.1.get());
        Timestamp(self.0.get())
    }

    fn utc_offset_minutes(&self, _: Timestamp) -> i32 {
        420
    }
}

/// What somebody else does in a turn, told how many there were before.
type Turn = Rc<dyn Fn(u64)>;

pub struct TestPort {
    pub store: Faulty<MemoryStore>,
    pub clock: TestClock,
    pub events: RefCell<Vec<Event>>,
    pub out: RefCell<Vec<NetOut>>,
    /// What the rest of the world does while an engine sleeps.
    pub meanwhile: RefCell<Option<Rc<dyn Fn()>>>,
    /// What others do while a long job gives them a turn; it is told how many turns there were before.
    turns: RefCell<Option<Turn>>,
    turn: Cell<u64>,
    /// Whether a long job that looks up lets others work, as in a browser.
    pub gives_way: Cell<bool>,
    /// How many pieces of work the second thread does before it dies; without a number there is none.
    pub aside: Cell<Option<u64>>,
    /// How many it was handed.
    pub handed: Cell<u64>,
    /// Whether the engine thinks that it runs in a browser.
    pub compiles_late: Cell<bool>,
    aead: NativeAead,
    entropy: SystemEntropy,
}

impl Port for TestPort {
    type Store = Faulty<MemoryStore>;
    type Scratch = Faulty<MemoryStore>;
    type Aead = NativeAead;

    fn store(&self) -> &Faulty<MemoryStore> {
        &self.store
    }

    fn scratch(&self) -> &Faulty<MemoryStore> {
        &self.store
    }

    fn aead(&self) -> &NativeAead {
        &self.aead
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }

    fn entropy(&self) -> &dyn Entropy {
        &self.entropy
    }

    fn emit(&self, event: String) {
        self.events.borrow_mut().push(serde_json::from_str(&event).expect("an event"));
    }

    fn net(&self, command: NetOut) {
        self.out.borrow_mut().push(command);
    }

    async fn asset(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn aside(&self, job: &[u8]) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        let Some(left) = self.aside.get() else { return Box::pin(std::future::ready(None)) };
        self.aside.set(Some(left.saturating_sub(1)));
        self.handed.set(self.handed.get() + 1);
        let done = if left > 0 { work_aside(job, &mut |bytes| SystemEntropy.fill(bytes)) } else { None };
        // It takes its time: the first looks find nothing.
        let mut looks = 0;
        Box::pin(std::future::poll_fn(move |cx| {
            looks += 1;
            cx.waker().wake_by_ref();
            if looks > 3 { Poll::Ready(done.clone()) } else { Poll::Pending }
        }))
    }

    async fn yield_now(&self) {
        // Taken for the call: those others may be long about it themselves.
        let turns = self.turns.borrow_mut().take();
        if let Some(others) = turns {
            others(self.turn.replace(self.turn.get() + 1));
            self.turns.borrow_mut().get_or_insert(others);
        }
        if self.gives_way.get() {
            let mut asked = false;
            std::future::poll_fn(|cx| {
                if std::mem::replace(&mut asked, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
    }

    async fn sleep(&self, millis: u32) {
        self.clock.0.set(self.clock.0.get() + i64::from(millis));
        let meanwhile = self.meanwhile.borrow().clone();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
    }

    fn compiles_late(&self) -> bool {
        self.compiles_late.get()
    }

    fn origin(&self) -> String {
        "https://clinic.example".into()
    }
}

/// Files in memory.
pub struct Files(pub Vec<(String, Vec<u8>)>);

impl Files {
    fn part(&self, index: usize, from: u64, len: u64) -> Result<Vec<u8>, String> {
        let (from, to) = (from as usize, (from + len) as usize);
        self.0[index].1.get(from..to).map(<[u8]>::to_vec).ok_or_else(|| "beyond the end".to_owned())
    }
}

impl FileSource for Files {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> String {
        self.0[index].0.clone()
    }

    fn size(&self, index: usize) -> u64 {
        self.0[index].1.len() as u64
    }

    fn slice(&self, index: usize, from: u64, len: u64) -> LocalBoxFuture<'static, Result<Vec<u8>, String>> {
        let part = self.part(index, from, len);
        Box::pin(async move { part })
    }

    fn slice_now(&self, index: usize, from: u64, len: u64) -> Result<Vec<u8>, String> {
        self.part(index, from, len)
    }
}

impl TestPort {
    /// From now on time passes quickly, so that a long job looks up at every step, and this is what it gives way to.
    pub fn when_yielding(&self, others: impl Fn(u64) + 'static) {
        self.clock.1.set(20);
        self.turn.set(0);
        self.turns.replace(Some(Rc::new(others)));
    }

    pub fn turns(&self) -> u64 {
        self.turn.get()
    }
}

pub struct Device {
    pub engine: Engine<TestPort>,
}

impl Device {
    pub fn new(store: MemoryStore) -> Device {
        let port = TestPort {
            store: Faulty::new(store),
            clock: TestClock(Cell::new(1_795_000_000_000), Cell::new(0)),
            events: RefCell::default(),
            out: RefCell::default(),
            meanwhile: RefCell::default(),
            turns: RefCell::default(),
            turn: Cell::default(),
            gives_way: Cell::default(),
            aside: Cell::default(),
            handed: Cell::default(),
            compiles_late: Cell::default(),
            aead: NativeAead,
            entropy: SystemEntropy,
        };
        Device { engine: Engine::new(port) }
    }

    pub fn ask<C: Call>(&self, call: C) -> Result<C::Reply, Fault> {
        self.ask_io(call, Io::default())
    }

    fn ask_io<C: Call>(&self, call: C, io: Io) -> Result<C::Reply, Fault> {
        let json = pollster::block_on(self.engine.handle(call.into_command(), io))?;
        Ok(serde_json::from_str(&json).expect("the reply's own type"))
    }

    pub fn ask_with_file<C: Call>(&self, call: C, name: &str, text: &str) -> Result<C::Reply, Fault> {
        self.ask_with_files(call, vec![(name.into(), text.as_bytes().to_vec())])
    }

    pub fn ask_with_files<C: Call>(&self, call: C, files: Vec<(String, Vec<u8>)>) -> Result<C::Reply, Fault> {
        self.ask_io(call, Io { files: Some(Rc::new(Files(files))), out: None })
    }

    pub fn ask_for_file<C: Call>(&self, call: C) -> Result<(C::Reply, Vec<u8>), Fault> {
        let pieces = Rc::new(RefCell::new(Vec::new()));
        let taken = pieces.clone();
        let out: Box<dyn FnMut(Vec<u8>)> = Box::new(move |piece| taken.borrow_mut().extend(piece));
        let reply = self.ask_io(call, Io { files: None, out: Some(out) })?;
        let bytes = pieces.borrow().clone();
        Ok((reply, bytes))
    }

    pub fn found(&self) -> Session {
        self.ask(CreateClinic {
            clinic_name: "Klinik Contoh".into(),
            staff_name: "Dr. Contoh".into(),
            device_name: "Tablet 1".into(),
            passphrase: passphrase(),
        })
        .expect("a clinic")
    }

    /// The same disk under a new engine, opened again by the same person.
    pub fn restarted(&self) -> Device {
        let staff = match pollster::block_on(self.engine.lock_view()).expect("a status") {
            crate::engine::api::AppStatus::Locked(view) => view.staff[0].staff.clone(),
            other => panic!("{other:?}"),
        };
        let device = Device::new(self.engine.port().store.within().snapshot());
        device.pass(self.engine.port().clock.0.get() + 1);
        device.ask(Unlock { staff, passphrase: passphrase() }).expect("unlocks");
        device
    }

    /// The same disk as it is now, apart from this one, locked.
    pub fn copy(&self) -> Device {
        let device = Device::new(self.engine.port().store.within().snapshot());
        device.pass(self.clock());
        device
    }

    pub fn pass(&self, until: i64) {
        self.engine.port().clock.0.set(until);
    }

    pub fn clock(&self) -> i64 {
        self.engine.port().clock.0.get()
    }

    pub fn rows(&self) -> Vec<(Space, Row)> {
        self.engine.port().store.within().dump()
    }

    /// The `k`-th call of the store from now on finds the disk full.
    pub fn disk_full_at(&self, k: u64) {
        self.engine.port().store.fail_at(k, Mishap::Refused(StoreFault::Full));
    }

    /// Whether the planned mishap has happened.
    pub fn struck(&self) -> bool {
        self.engine.port().store.struck()
    }

    pub fn store_contains(&self, needle: &[u8]) -> bool {
        let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
        let files = self.engine.port().store.within().files();
        self.rows().iter().any(|(_, row)| holds(&row.key) || holds(&row.value)) || files.iter().any(|file| holds(file))
    }
}
