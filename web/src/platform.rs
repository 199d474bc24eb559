//! The adapters that touch the browser. Everything above speaks Rust types; `web_sys` stays in here.
//! Nothing here knows a clinical rule.

pub mod aead;
pub mod client;
pub mod clock;
pub mod entropy;
pub mod idb;
pub mod message;
