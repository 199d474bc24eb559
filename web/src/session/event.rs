//! Hearing what the engine says without being asked, for as long as a page is shown.

use lucerna_shared::engine::api::Event;
use yew::prelude::*;

use super::use_client;

/// Calls `hear` for every event while this component is mounted; a change of `deps` renews the closure.
#[hook]
pub fn use_engine_event<D: PartialEq + 'static>(deps: D, hear: impl Fn(&Event) + 'static) {
    let client = use_client();
    use_effect_with((client, deps), move |(client, _)| {
        let heard = client.subscribe(hear);
        move || drop(heard)
    });
}
