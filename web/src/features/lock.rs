//! The locked clinic: who are you, and the passphrase. Also the two faces next to it: another tab, damaged storage.

pub mod model;
pub mod page;
mod remove;
