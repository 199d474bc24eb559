//! The locked clinic: who are you, and the passphrase. Also the faces next to it: another tab, damaged storage, lost
//! storage.

pub mod lost;
pub mod model;
pub mod page;
mod remove;
