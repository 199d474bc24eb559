//! The PWA: one wasm for the page and for the engine's worker. `boot.js` calls `start_page`, `worker.js` the others.
// Props hold callbacks and drawn children; printing them says nothing.
#![allow(missing_debug_implementations)]

pub mod app;
pub mod engine_worker;
pub mod entry;
pub mod features;
pub mod i18n;
pub mod platform;
pub mod route;
pub mod session;
pub mod ui;
