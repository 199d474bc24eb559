//! Keeps the clinic's devices alike: who lacks what, over which path, sealed end to end. Sans-IO: inputs in, commands
//! out; it knows no clock, no socket, no record and no key of a patient. What it carries it cannot read.

mod direct;
mod exchange;
mod frame;
pub mod io;
mod link;
mod msg;
mod node;
pub mod pair_io;
pub mod pairing;
mod peer;
mod prologue;
mod relay;
mod vector;

pub use io::{
    Advance, Applied, Channel, Command, ControlItem, DeviceKey, Fill, Head, Identity, Input, LogItem, PeerPath,
    PeerStatus, RelayStatus, RtcCommand, RtcEvent, SdpKind, SyncSnapshot, Token,
};
pub use node::Node;
pub use pair_io::{Invitation, JoinRequest, PairCommand, PairFault, PairInput};
pub use pairing::{Inviter, Joiner};
