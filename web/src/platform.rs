//! The adapters that touch the browser. Everything above speaks Rust types; `web_sys` stays in here.
//! Nothing here knows a clinical rule.

pub mod aead;
pub mod alarm;
pub mod aside;
pub mod client;
pub mod clock;
pub mod entropy;
pub mod files;
pub mod history;
pub mod idb;
pub mod install;
pub mod lifecycle;
pub mod message;
pub mod page;
pub mod port;
pub mod prefs;
pub mod print;
pub mod relay_socket;
pub mod rtc;
pub mod scratch;
pub mod storage;
pub mod update;
pub mod vault_lock;
pub mod yielding;
