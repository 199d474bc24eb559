//! What every page may use: the engine, who is signed in, where we are, how sync stands, the reader's preferences.
//! Hands these out as hooks; decides nothing clinical.

use std::rc::Rc;

use lucerna_shared::engine::api::{LockReason, Session, SyncView};
use yew::prelude::*;

use crate::platform::client::EngineClient;

pub mod event;
pub mod held;
pub mod nav;
pub mod prefs;
pub mod query;

pub use event::use_engine_event;
pub use nav::{Nav, use_guard, use_nav};
pub use prefs::{Prefs, use_prefs};
pub use query::{Query, use_query};

/// The unlocked clinic, and the ways out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    pub session: Rc<Session>,
    pub lock: Callback<LockReason>,
}

/// The engine. Every page stands below the provider, so a missing one is a fault in `app`, not in data.
#[hook]
pub fn use_client() -> EngineClient {
    let found = use_context::<EngineClient>();
    #[allow(clippy::expect_used)]
    found.expect("a page stands below the engine's provider")
}

/// The unlocked clinic. Only pages inside the shell may ask.
#[hook]
pub fn use_desk() -> Desk {
    let found = use_context::<Desk>();
    #[allow(clippy::expect_used)]
    found.expect("a page stands inside the shell")
}

#[hook]
pub fn use_session() -> Rc<Session> {
    use_desk().session
}

/// How sync stands; redraws as it changes.
#[hook]
pub fn use_sync() -> Rc<SyncView> {
    use_context::<Rc<SyncView>>().unwrap_or_default()
}
