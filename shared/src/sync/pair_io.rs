//! What goes into the two pairing machines and what they ask for. Each has a relay socket of its own.
//! Nothing here reaches the record; the grant is bytes that the engine makes and opens.

use std::fmt;

use zeroize::Zeroizing;

use crate::base::Timestamp;

#[derive(Clone)]
pub enum PairInput {
    RelayOpened,
    RelayMessage(Vec<u8>),
    RelayClosed {
        code: u16,
    },
    /// The time asked for by `WakeAt` has come. More often does no harm.
    Tick,
    /// Inviter: the owner approved; the grant made for this request. Never sent before.
    Approve {
        grant: Zeroizing<Vec<u8>>,
    },
    /// Inviter: the owner said no.
    Reject,
    /// Joiner: the grant is committed to disk.
    Stored,
    /// Either side gives up.
    Cancel,
}

impl fmt::Debug for PairInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PairInput::RelayOpened => "RelayOpened",
            PairInput::RelayMessage(_) => "RelayMessage",
            PairInput::RelayClosed { .. } => "RelayClosed",
            PairInput::Tick => "Tick",
            PairInput::Approve { .. } => "Approve",
            PairInput::Reject => "Reject",
            PairInput::Stored => "Stored",
            PairInput::Cancel => "Cancel",
        })
    }
}

#[derive(Clone, PartialEq)]
pub enum PairCommand {
    RelayConnect {
        path: String,
    },
    RelaySend(Vec<u8>),
    RelayClose,
    /// Inviter: alone in the room; show this. Comes again if the room had to be changed.
    Ready(Invitation),
    /// Both sides: these six digits must be the same on both screens.
    Verify {
        verifier: String,
    },
    /// Inviter: this device asks to come in. Answer with `Approve` or `Reject`.
    Asked {
        verifier: String,
        request: JoinRequest,
    },
    /// Joiner: what the owner gave. Commit it, then say `Stored`.
    Granted {
        grant: Zeroizing<Vec<u8>>,
    },
    /// Both sides: over and well.
    Done,
    /// Both sides: over. The code is burnt.
    Failed(PairFault),
    WakeAt(Timestamp),
}

impl fmt::Debug for PairCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PairCommand::RelayConnect { .. } => f.write_str("RelayConnect"),
            PairCommand::RelaySend(_) => f.write_str("RelaySend"),
            PairCommand::RelayClose => f.write_str("RelayClose"),
            PairCommand::Ready(_) => f.write_str("Ready"),
            PairCommand::Verify { .. } => f.write_str("Verify"),
            PairCommand::Asked { .. } => f.write_str("Asked"),
            PairCommand::Granted { .. } => f.write_str("Granted"),
            PairCommand::Done => f.write_str("Done"),
            PairCommand::Failed(why) => write!(f, "Failed({why:?})"),
            PairCommand::WakeAt(at) => write!(f, "WakeAt({at:?})"),
        }
    }
}

/// What the owner's screen shows for five minutes.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Twelve digits: four to meet by, eight secret. No spaces.
    pub digits: String,
    /// For the QR: goes behind `#` of the app's URL.
    pub fragment: String,
    pub expires: Timestamp,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Who asks to come in: names to show, keys to certify.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct JoinRequest {
    #[n(0)]
    pub device_name: String,
    #[n(1)]
    pub staff_name: String,
    /// Ed25519.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub staff_public: [u8; 32],
    /// Ed25519.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub device_public: [u8; 32],
    /// X25519; the handshake proves that the sender holds its secret.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub noise_public: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairFault {
    #[error("this is not a pairing code")]
    NotACode,
    #[error("the pairing code is wrong")]
    WrongCode,
    #[error("the pairing code has expired")]
    Expired,
    #[error("nobody is waiting under this code")]
    NobodyThere,
    #[error("the owner did not let this device in")]
    Rejected,
    #[error("the other device went away")]
    PeerLeft,
    #[error("the other device broke the protocol")]
    Broken,
    #[error("the relay cannot be reached")]
    Offline,
    #[error("cancelled")]
    Cancelled,
}
