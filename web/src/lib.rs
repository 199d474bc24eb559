//! The PWA: the screens, and the worker that the engine lives in. `web/page` and `web/engine` make a module of each.
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
