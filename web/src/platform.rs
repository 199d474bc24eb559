//! The adapters that touch the browser. Everything above speaks Rust types; `web_sys` stays in here.
//! Nothing here knows a clinical rule.

pub mod aead;
pub mod client;
pub mod clock;
pub mod entropy;
pub mod files;
pub mod history;
pub mod idb;
pub mod install;
pub mod lifecycle;
pub mod message;
pub mod prefs;
pub mod print;
pub mod storage;
pub mod update;
