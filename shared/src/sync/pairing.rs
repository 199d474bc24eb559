//! Bringing a new device into the clinic: `Inviter` on the owner's device, `Joiner` on the new one, both sans-IO. They
//! meet in a room of the relay named by four digits; a scanned key or SPAKE2 over eight digits gives the handshake's
//! PSK; the owner compares six digits and approves; then the grant crosses, sealed. One guess, five minutes, used once.

mod inviter;
mod joiner;
mod meeting;
mod words;

pub use inviter::Inviter;
pub use joiner::Joiner;
