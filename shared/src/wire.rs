//! Everything the edge may know: rooms, admission, frames, limits and the room itself, sans-IO.
//! It refuses to know what travels inside: every payload here is ciphertext made elsewhere.

pub mod admission;
pub mod limits;
pub mod msg;
pub mod pacer;
pub mod room;
pub mod roomstate;

pub use admission::{JoinRefused, answer, sign_join, verify_join};
pub use limits::CloseCode;
pub use msg::{BadFrame, ClientMsg, ServerMsg, Slot};
pub use pacer::{Pacer, Wait};
pub use room::{RoomId, RoomKind};
pub use roomstate::{Input, Output, Room};
