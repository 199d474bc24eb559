//! One tab owns the vault: an exclusive Web Lock, held by the worker that has it open and freed when it ends.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Promise, Reflect, global};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

const NAME: &str = "lucerna-vault";
/// The lock of a worker that was just terminated is freed a moment later.
const TRIES: u32 = 15;
const BETWEEN_TRIES_MS: u32 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Only if no other tab has it.
    IfFree,
    /// From whoever has it.
    TakeOver,
}

/// True once the lock is ours, which it stays until this worker ends or `lost` is called.
pub async fn acquire(claim: Claim, lost: impl Fn() + 'static) -> bool {
    let lost = Rc::new(lost);
    for _ in 0..TRIES {
        if try_once(claim, lost.clone()).await {
            return true;
        }
        TimeoutFuture::new(BETWEEN_TRIES_MS).await;
    }
    false
}

async fn try_once(claim: Claim, lost: Rc<impl Fn() + 'static>) -> bool {
    let (granted, outcome) = oneshot::channel();
    match request(claim, granted, lost) {
        Ok(()) => outcome.await.unwrap_or(false),
        // A browser without Web Locks: nothing to ask, and no other tab could be told.
        Err(_) => true,
    }
}

/// web-sys counts Web Locks as unstable, so that they are called by name.
fn request(claim: Claim, granted: oneshot::Sender<bool>, lost: Rc<impl Fn() + 'static>) -> Result<(), JsValue> {
    let navigator = Reflect::get(&global(), &"navigator".into())?;
    let locks = Reflect::get(&navigator, &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let option = match claim {
        Claim::IfFree => "ifAvailable",
        Claim::TakeOver => "steal",
    };
    let options = Object::new();
    Reflect::set(&options, &option.into(), &JsValue::TRUE)?;

    let held = Rc::new(Cell::new(false));
    let now_held = held.clone();
    let callback = Closure::once_into_js(move |lock: JsValue| -> Promise {
        let ours = !lock.is_null();
        now_held.set(ours);
        let _ = granted.send(ours);
        // The lock is held for as long as this promise is open: until the worker ends.
        if ours { Promise::new(&mut |_, _| {}) } else { Promise::resolve(&JsValue::NULL) }
    });
    let released: Promise = request.call3(&locks, &NAME.into(), &options, &callback)?.dyn_into()?;
    spawn_local(async move {
        if JsFuture::from(released).await.is_err() && held.get() {
            lost();
        }
    });
    Ok(())
}
