//! The only doors to the world: store, scratch files, bulk cipher, clock, entropy, network, shipped files. Adapters live in `web/src/platform`;
//! `memory` is the in-process store, `conformance` the suite that every store passes.

pub mod conformance;
pub mod memory;
pub mod row_scratch;

use minicbor::{Decode, Encode};

use futures::FutureExt;
use futures::future::LocalBoxFuture;

use crate::base::Timestamp;
use crate::sync::{RtcCommand, RtcEvent};

/// The object stores of one vault. Keys are opaque bytes that sort bytewise; values are sealed unless noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Vault header, slots and what the lock screen shows before anybody has unlocked.
    Meta,
    /// Segments: patient hash ‖ id → what one commit brought for one patient, the wrapped keys with it. Mutable only as a
    /// whole; destroying a patient's rows erases the patient.
    Log,
    /// (author hash, seq) → keys in `Log`, so that sync can walk one author's chain.
    Chain,
    /// Wrapped patient keys as the first release kept them, apart from the bundles: patient hash ‖ key id → entry.
    Keys,
    /// Certificates of the control log, by hash.
    Control,
    /// Sealed search index segments.
    Index,
    /// Sealed unsigned drafts, by keyed hash of patient and author.
    Drafts,
    /// The device's audit chain, by sequence number.
    Audit,
    /// What could not be accepted, with its reason; visible, never dropped.
    Quarantine,
    /// What stands for an import that was read and not yet written, sealed; its resources wait in `Scratch`. Empty when
    /// none is under way.
    Spool,
}

impl Space {
    pub const ALL: [Space; 10] = [
        Space::Meta,
        Space::Log,
        Space::Chain,
        Space::Keys,
        Space::Control,
        Space::Index,
        Space::Drafts,
        Space::Audit,
        Space::Quarantine,
        Space::Spool,
    ];

    /// The object store's name in IndexedDB; says nothing about patients.
    pub fn name(self) -> &'static str {
        match self {
            Space::Meta => "meta",
            Space::Log => "log",
            Space::Chain => "chain",
            Space::Keys => "keys",
            Space::Control => "control",
            Space::Index => "index",
            Space::Drafts => "drafts",
            Space::Audit => "audit",
            Space::Quarantine => "quarantine",
            Space::Spool => "spool",
        }
    }
}

/// One row to put (`Some`) or delete (`None`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    pub space: Space,
    pub key: Vec<u8>,
    pub value: Option<Vec<u8>>,
}

impl Write {
    pub fn put(space: Space, key: impl Into<Vec<u8>>, value: Vec<u8>) -> Write {
        Write { space, key: key.into(), value: Some(value) }
    }

    pub fn delete(space: Space, key: impl Into<Vec<u8>>) -> Write {
        Write { space, key: key.into(), value: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    #[error("the device has no space left")]
    Full,
    #[error("the database was closed by the browser")]
    Closed,
    #[error("the database could not be opened")]
    Unavailable,
    /// Its numbered version is above the newest that this app knows; nothing in it was touched. The words are a
    /// message that the screen knows.
    #[error("fault-newer-app")]
    Newer,
    #[error("the store failed: {0}")]
    Failed(String),
}

/// An ordered key–value store with atomic, strictly durable commits.
#[allow(async_fn_in_trait)]
pub trait Store {
    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault>;

    /// The values for `keys`, in that order, from one transaction.
    async fn get_many(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreFault>;

    /// Rows with `from <= key < to` in key order, at most `limit`. `to = None` means to the end.
    async fn range(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Row>, StoreFault>;

    /// The keys of what `range` would give, without reading a value.
    async fn keys(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Vec<u8>>, StoreFault>;

    async fn count(&self, space: Space) -> Result<u64, StoreFault>;

    /// All writes in one transaction over all the spaces they name, with strict durability:
    /// when this returns `Ok` they survive a crash; when it does not, none of them is there.
    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreFault>;
}

/// Names a scratch file; random, so that it tells nothing.
pub type ScratchName = [u8; 8];

/// Where one thing that was appended stands in its scratch file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Span {
    #[n(0)]
    pub at: u64,
    #[n(1)]
    pub length: u32,
}

/// Files for what is needed for a while only, sealed like everything else: written from front to back, read in pieces,
/// and their room is given back as soon as they are removed.
#[allow(async_fn_in_trait)]
pub trait Scratch {
    /// Puts bytes at the end of a file, which is made where there is none. All of them or none count.
    async fn append(&self, name: &ScratchName, bytes: &[u8]) -> Result<Span, StoreFault>;

    /// What one `append` put there. `Unavailable` where it is not.
    async fn read(&self, name: &ScratchName, span: Span) -> Result<Vec<u8>, StoreFault>;

    /// When this returns `Ok`, all that was appended survives a crash. Before, any of it may be lost.
    async fn flush(&self, name: &ScratchName) -> Result<(), StoreFault>;

    /// Removes a file; that there is none is no fault.
    async fn remove(&self, name: &ScratchName) -> Result<(), StoreFault>;

    /// Every file that is here, of earlier sessions too.
    async fn names(&self) -> Result<Vec<ScratchName>, StoreFault>;

    /// Bytes that all files take beside the rows of the store.
    async fn room(&self) -> Result<u64, StoreFault>;
}

/// AES-256-GCM on derived single-use keys, for whole bundles. Returns ciphertext ‖ 16-byte tag.
#[allow(async_fn_in_trait)]
pub trait BulkAead {
    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, AeadFault>;
    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, AeadFault>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open with this key and context")]
pub struct AeadFault;

pub trait Clock {
    /// Wall clock, UTC.
    fn now(&self) -> Timestamp;
    /// Minutes that local time is ahead of UTC at `at` (Jakarta: 420).
    fn utc_offset_minutes(&self, at: Timestamp) -> i32;
}

pub trait Entropy {
    /// Fills with cryptographically secure random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// What an engine stands on. Everything the engine knows of the world comes through here.
#[allow(async_fn_in_trait)]
pub trait Port {
    type Store: Store;
    type Scratch: Scratch;
    type Aead: BulkAead;
    fn store(&self) -> &Self::Store;
    fn scratch(&self) -> &Self::Scratch;
    fn aead(&self) -> &Self::Aead;
    fn clock(&self) -> &dyn Clock;
    fn entropy(&self) -> &dyn Entropy;
    /// Hands a serialized `engine::api::Event` (JSON) to whoever draws the screens. Never blocks.
    fn emit(&self, event: String);
    /// Obeys a network command: sockets and peer connections. What comes of it returns as `NetIn`. Never blocks.
    fn net(&self, command: NetOut);
    /// A data file that ships with the app (`icd10.tsv`), from this origin or its cache.
    async fn asset(&self, name: &str) -> Option<Vec<u8>>;
    /// A second thread is to be there for `aside`, until `end_aside`. Nothing happens where there can be none.
    fn begin_aside(&self) {}
    /// Ends the second thread, whatever it is doing, and with it all that it held.
    fn end_aside(&self) {}
    /// Has a piece of pure work done by the second thread, which hands it to `engine::work_aside`; several may be given,
    /// and are answered in their order. It must hold no key. `None`, at once, where nobody takes it, and later where who
    /// took it is gone: then it is for the caller to do.
    fn aside(&self, _job: &[u8]) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        std::future::ready(None).boxed_local()
    }
    /// Lets other work of this thread run; long jobs call it between steps.
    async fn yield_now(&self);
    /// Resolves after so many milliseconds.
    async fn sleep(&self, millis: u32);
    /// Whether code is compiled while it runs, as in a browser, so that it is worth trying out beforehand.
    fn compiles_late(&self) -> bool {
        false
    }
    /// Where the app is served from, e.g. `https://clinic.example`; goes into the pairing QR.
    fn origin(&self) -> String;
}

/// One relay socket among several (the clinic's room, a pairing room).
pub type SocketId = u32;
/// One peer connection.
pub type ConnId = u32;

/// What the engine asks of the network. Bytes are always ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetOut {
    /// Open a WebSocket to this path on our own origin, e.g. `/relay/<room>?k=c`.
    RelayOpen {
        socket: SocketId,
        path: String,
    },
    RelaySend {
        socket: SocketId,
        bytes: Vec<u8>,
    },
    RelayClose {
        socket: SocketId,
    },
    Rtc {
        conn: ConnId,
        command: RtcCommand,
    },
    /// Call `Engine::net(NetIn::Tick)` at this time (milliseconds since the epoch); a later call replaces an earlier one.
    WakeAt {
        at: i64,
    },
}

/// What the network tells the engine.
#[derive(Clone, Debug)]
pub enum NetIn {
    RelayOpened {
        socket: SocketId,
    },
    RelayMessage {
        socket: SocketId,
        bytes: Vec<u8>,
    },
    RelayClosed {
        socket: SocketId,
        code: u16,
    },
    Rtc {
        conn: ConnId,
        event: RtcEvent,
    },
    Tick,
    /// The device slept, or the network changed: drop every connection and start again.
    Wake,
    Online(bool),
}

/// The smallest key above every key with this prefix, for `range`; `None` if there is none.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|b| *b != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    Some(end)
}
