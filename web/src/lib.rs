//! The PWA: one wasm for the page and for the engine's worker. `boot.js` calls `start_page`, `worker.js` `start_worker`.

pub mod platform;
