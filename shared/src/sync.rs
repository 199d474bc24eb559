//! Keeps the clinic's devices alike: who lacks what, over which path, sealed end to end. Sans-IO: inputs in, commands
//! out; it knows no clock, no socket, no record and no key of a patient. What it carries it cannot read.

pub mod io;
pub mod pair_io;

pub use io::{
    Advance, Applied, Channel, Command, ControlItem, DeviceKey, Fill, Head, Identity, Input, LogItem, PeerPath,
    PeerStatus, RelayStatus, RtcCommand, RtcEvent, SdpKind, SyncSnapshot, Token,
};
pub use pair_io::{Invitation, JoinRequest, PairCommand, PairFault, PairInput};
