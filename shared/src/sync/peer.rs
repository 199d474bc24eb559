//! One other device as the node sees it: its socket in the room, the sealed pipe over it, the direct path, and the
//! exchange that runs over the better of the two. State only; `node` decides.

use crate::base::{DeviceId, Hash, Timestamp};
use crate::sync::direct::Attempt;
use crate::sync::exchange::Exchange;
use crate::sync::io::PeerPath;
use crate::sync::link::Link;
use crate::sync::msg::PeerMsg;
use crate::wire::Slot;

/// The pipe over the relay.
#[derive(Debug)]
pub(crate) struct RelayLink {
    pub slot: Slot,
    pub room: Hash,
    pub initiator: bool,
    pub link: Option<Link>,
    pub since: Timestamp,
    /// A `Hello` has come over this pipe.
    pub greeted: bool,
}

impl RelayLink {
    pub fn is_open(&self) -> bool {
        self.link.as_ref().is_some_and(Link::is_open)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The handshake is not over.
    Unproved,
    /// It holds the network key and this static key, which no certificate names yet.
    Stranger {
        noise_public: [u8; 32],
        reported: bool,
    },
    Known {
        device: DeviceId,
        noise_public: [u8; 32],
    },
}

#[derive(Debug)]
pub(crate) struct Peer {
    pub relay: Option<RelayLink>,
    pub standing: Standing,
    pub direct: Option<Attempt>,
    /// When to try the direct path again, if it is ours to try.
    pub retry_direct: Option<Timestamp>,
    pub tries: u32,
    pub attempts: u32,
    pub path: Option<PeerPath>,
    pub exchange: Exchange,
    /// What it said before we knew it.
    pub early_hello: Option<PeerMsg>,
    /// Tells answers for an earlier exchange apart.
    pub epoch: u64,
}

impl Peer {
    pub fn new(relay: RelayLink) -> Peer {
        Peer {
            relay: Some(relay),
            standing: Standing::Unproved,
            direct: None,
            retry_direct: None,
            tries: 0,
            attempts: 0,
            path: None,
            exchange: Exchange::default(),
            early_hello: None,
            epoch: 0,
        }
    }

    pub fn device(&self) -> Option<DeviceId> {
        match self.standing {
            Standing::Known { device, .. } => Some(device),
            Standing::Unproved | Standing::Stranger { .. } => None,
        }
    }

    pub fn noise_public(&self) -> Option<[u8; 32]> {
        match self.standing {
            Standing::Known { noise_public, .. } | Standing::Stranger { noise_public, .. } => Some(noise_public),
            Standing::Unproved => None,
        }
    }

    pub fn slot(&self) -> Option<Slot> {
        self.relay.as_ref().map(|r| r.slot)
    }

    pub fn relay_open(&self) -> bool {
        self.relay.as_ref().is_some_and(RelayLink::is_open)
    }

    /// A known device with a path to talk over.
    pub fn is_active(&self) -> bool {
        self.path.is_some() && self.device().is_some()
    }
}
