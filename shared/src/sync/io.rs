//! Everything that goes into the sync engine and everything it asks for. The engine obeys the commands in order,
//! and feeds back what happened; nothing here blocks or reads a clock.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::{ClinicId, DeviceId, Hash, Timestamp};
pub use crate::crypto::Fill;
use crate::crypto::Key32;

/// Pairs a question (`ReadLog`, `ReadControl`, `Apply`) with its answer. Never reused within one `Node`.
pub type Token = u64;

/// Who this device is, and what lets it into the clinic's rooms.
#[derive(Clone)]
pub struct Identity {
    pub clinic: ClinicId,
    pub device: DeviceId,
    /// The X25519 secret whose public half stands in this device's certificate.
    pub noise_secret: Key32,
    /// Hash of this device's certificate.
    pub device_cert: Hash,
    /// The clinic's network key: rooms and handshake PSKs of every week derive from it.
    pub network_key: Key32,
    /// The relay's host as the browser sees it (`location.host`); admission is bound to it.
    pub host: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("clinic", &self.clinic).field("device", &self.device).finish_non_exhaustive()
    }
}

/// A device of this clinic that may be talked to: certified, not revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    pub device: DeviceId,
    /// X25519 public key from the device's certificate.
    pub noise_public: [u8; 32],
}

/// How far one author's log is known: the last change and the hash of the bundle header that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Head {
    #[n(0)]
    pub author: DeviceId,
    #[n(1)]
    pub seq: u64,
    #[n(2)]
    pub hash: Hash,
}

/// One bundle as stored, opaque to sync. `seq` is its last change's number.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct LogItem {
    #[n(0)]
    pub author: DeviceId,
    #[n(1)]
    pub seq: u64,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// One certificate of the control log, opaque to sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlItem {
    pub hash: Hash,
    pub bytes: Vec<u8>,
}

/// What is newly on this device, by local commits or by applying what a peer sent.
/// Report certificates no later than the first bundle that cites them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advance {
    /// New heads of the authors that moved; others may be left out.
    pub heads: Vec<Head>,
    /// Hashes of certificates that were added.
    pub control: Vec<Hash>,
    /// Authors whose chain no longer fits (a bundle with the same number and another hash, or a broken link):
    /// sync stops asking for them.
    pub forked: Vec<DeviceId>,
}

pub type Applied = Result<Advance, String>;

#[derive(Clone, Debug)]
pub enum Input {
    /// Begin, from what this device holds: all heads, all certificate hashes, all devices that may be talked to.
    Start {
        heads: Vec<Head>,
        control: Vec<Hash>,
        devices: Vec<DeviceKey>,
    },
    /// Close everything. `Start` begins afresh.
    Stop,
    /// The time asked for by `WakeAt` has come. More often does no harm.
    Tick,
    /// The device slept, or the network changed: drop all connections, settle, reconnect.
    Wake,
    /// The list of devices changed (a certificate arrived, a device was revoked). Always the whole list.
    Devices(Vec<DeviceKey>),
    RelayOpened,
    RelayMessage(Vec<u8>),
    RelayClosed {
        code: u16,
    },
    Rtc {
        conn: u32,
        event: RtcEvent,
    },
    /// Committed here; goes to connected peers at once.
    Committed(Advance),
    /// Answer to `ReadLog`: items of that author in order of `seq`, `done` when none is left after the last of them.
    LogRead {
        token: Token,
        items: Vec<LogItem>,
        done: bool,
    },
    /// Answer to `ReadControl`: every certificate but those named.
    ControlRead {
        token: Token,
        items: Vec<ControlItem>,
    },
    /// Answer to `Apply`, after the strict commit. `Err` means nothing was stored and it may be tried again later;
    /// what is refused for good (bad signature, no right) goes to quarantine and counts as applied.
    Applied {
        token: Token,
        outcome: Applied,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Negotiated id 0: small messages.
    Control,
    /// Negotiated id 1: the log.
    Bulk,
}

impl Channel {
    /// The id for `createDataChannel(label, { negotiated: true, id })`.
    pub fn id(self) -> u16 {
        match self {
            Channel::Control => 0,
            Channel::Bulk => 1,
        }
    }

    pub fn from_id(id: u16) -> Option<Channel> {
        match id {
            0 => Some(Channel::Control),
            1 => Some(Channel::Bulk),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum SdpKind {
    #[n(0)]
    Offer,
    #[n(1)]
    Answer,
}

impl SdpKind {
    /// The `type` of an `RTCSessionDescription`.
    pub fn name(self) -> &'static str {
        match self {
            SdpKind::Offer => "offer",
            SdpKind::Answer => "answer",
        }
    }
}

/// What a peer connection says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RtcEvent {
    /// After `setLocalDescription`.
    LocalSdp {
        kind: SdpKind,
        sdp: String,
    },
    /// One ICE candidate as JSON (`RTCIceCandidate.toJSON()`); the null candidate is left out.
    LocalCandidate(String),
    Open {
        channel: Channel,
    },
    Message {
        channel: Channel,
        bytes: Vec<u8>,
    },
    /// After a send, `bufferedAmount` stands above 1 MiB: sends on this channel wait for `Low`.
    High {
        channel: Channel,
    },
    /// `bufferedamountlow` (threshold 256 KiB).
    Low {
        channel: Channel,
    },
    /// A channel or the connection closed.
    Closed,
    /// It cannot be made, or ICE failed.
    Failed,
}

/// What to do with a peer connection. `conn` numbers are never reused; events of closed ones may be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RtcCommand {
    /// Make the connection with both negotiated channels (ordered, binary, `bufferedAmountLowThreshold` 256 KiB).
    /// An offerer makes its offer at once and reports it as `LocalSdp`.
    Create {
        offerer: bool,
    },
    /// Set the remote description; for an offer, answer it and report the answer as `LocalSdp`.
    /// Candidates that follow are added after this has settled.
    SetRemoteSdp {
        kind: SdpKind,
        sdp: String,
    },
    /// JSON, as `LocalCandidate` on the other side.
    AddCandidate(String),
    Send {
        channel: Channel,
        bytes: Vec<u8>,
    },
    Close,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Open a WebSocket at this path of our own origin; an earlier one was closed.
    RelayConnect {
        path: String,
    },
    RelaySend(Vec<u8>),
    RelayClose,
    Rtc {
        conn: u32,
        command: RtcCommand,
    },
    /// Read whole bundles of `author` with `seq > after`, in order, at least one if there is one,
    /// stopping before `max_bytes` is passed.
    ReadLog {
        token: Token,
        author: DeviceId,
        after: u64,
        max_bytes: u64,
    },
    /// Read every certificate whose hash is not in `have`.
    ReadControl {
        token: Token,
        have: Vec<Hash>,
    },
    /// Verify, merge and strictly commit: certificates first, then bundles in order. What is here already is left
    /// out without harm, and so is a bundle that leaves a gap after its author's last one: it will be asked for again.
    Apply {
        token: Token,
        peer: DeviceId,
        control: Vec<Vec<u8>>,
        items: Vec<LogItem>,
    },
    /// Something a screen shows has changed.
    Status(SyncSnapshot),
    /// All that was missing on either side has arrived; counted in bundles since the last time.
    CaughtUp {
        received: u64,
        sent: u64,
    },
    /// `peer` has seen more of this device's own log than this device holds: it was rolled back.
    RolledBack {
        peer: DeviceId,
        theirs: Head,
    },
    /// `peer` holds another bundle under the same number of `author`: proof of a clone. Sync with that author has
    /// stopped, both sides keep what they have.
    Fork {
        peer: DeviceId,
        author: DeviceId,
    },
    /// A device that holds the network key but that no certificate names was turned away.
    Stranger {
        noise_public: [u8; 32],
    },
    /// Give `Input::Tick` at this time; replaces the time asked for before.
    WakeAt(Timestamp),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncSnapshot {
    pub relay: RelayStatus,
    /// In the order of their ids.
    pub peers: Vec<PeerStatus>,
    /// The highest change of this device that another is known to hold (since `Start`).
    pub witnessed: u64,
    /// The same of every other chain that is here: this device's imports are among them.
    pub held: BTreeMap<DeviceId, u64>,
    /// Everything that connected peers hold is here, and everything here is with each of them; false with no peer.
    pub level: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RelayStatus {
    #[default]
    Off,
    Connecting,
    Online,
    /// Waiting for the next try.
    Offline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerPath {
    Direct,
    Relay,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerStatus {
    pub device: DeviceId,
    pub path: PeerPath,
    /// Changes still to receive and to send.
    pub to_receive: u64,
    pub to_send: u64,
}
