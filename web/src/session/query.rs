//! Asking the engine for what a page shows: waiting, ready or failed, and again when something changed.
//! An answer to an older question never shows under a newer one.

use std::cell::Cell;
use std::rc::Rc;

use lucerna_shared::engine::api::{Call, Event};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{use_client, use_engine_event};
use crate::ui::Loaded;

pub struct Query<T> {
    pub loaded: Rc<Loaded<T>>,
    /// Asks again; what is shown stays until the answer comes.
    pub again: Callback<()>,
}

/// Counts the times a question is put again.
#[derive(Default)]
struct Tick(u32);

impl Reducible for Tick {
    type Action = ();
    fn reduce(self: Rc<Self>, (): ()) -> Rc<Self> {
        Rc::new(Tick(self.0.wrapping_add(1)))
    }
}

/// Puts a command, and puts it again whenever `stale` says so of an event. A changed command starts from waiting.
#[hook]
pub fn use_query<C>(command: C, stale: fn(&Event) -> bool) -> Query<C::Reply>
where
    C: Call + 'static,
    C::Reply: 'static,
{
    let client = use_client();
    let tick = use_reducer(Tick::default);
    let key = serde_json::to_string(&command).unwrap_or_default();
    let answer = use_state(|| (String::new(), Rc::new(Loaded::Waiting)));
    {
        let answer = answer.setter();
        use_effect_with((client, key.clone(), tick.0), move |(client, key, _)| {
            let wanted = Rc::new(Cell::new(true));
            let (still, client, key) = (wanted.clone(), client.clone(), key.clone());
            spawn_local(async move {
                let reply = client.call(command).await;
                if still.get() {
                    answer.set((key, Rc::new(Loaded::from_result(reply, |_| false))));
                }
            });
            move || wanted.set(false)
        });
    }
    let again = {
        let tick = tick.dispatcher();
        Callback::from(move |()| tick.dispatch(()))
    };
    {
        let again = again.clone();
        use_engine_event((), move |event| {
            if stale(event) {
                again.emit(());
            }
        });
    }
    let loaded = if answer.0 == key { answer.1.clone() } else { Rc::new(Loaded::Waiting) };
    Query { loaded, again }
}

/// For `use_query`: any patient changed, here or elsewhere.
pub fn on_any_change(event: &Event) -> bool {
    matches!(event, Event::Changed { .. })
}

/// For `use_query`: the answer never goes stale by itself.
pub fn never(_: &Event) -> bool {
    false
}
