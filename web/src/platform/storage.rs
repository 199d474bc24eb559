//! How safely and how full this browser keeps the clinic's data.

use gloo::utils::window;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Room {
    pub used_bytes: f64,
    pub quota_bytes: f64,
}

/// Asks the browser never to purge this site's storage by itself; true if it promises so.
pub async fn persist() -> bool {
    settled(window().navigator().storage().persist()).await.and_then(|answer| answer.as_bool()).unwrap_or(false)
}

pub async fn persisted() -> bool {
    settled(window().navigator().storage().persisted()).await.and_then(|answer| answer.as_bool()).unwrap_or(false)
}

/// Estimates by the browser, over everything that this origin stores.
pub async fn room() -> Option<Room> {
    let estimate = settled(window().navigator().storage().estimate()).await?;
    let figure = |name: &str| Reflect::get(&estimate, &name.into()).ok()?.as_f64();
    Some(Room { used_bytes: figure("usage")?, quota_bytes: figure("quota")? })
}

async fn settled(promise: Result<js_sys::Promise, JsValue>) -> Option<JsValue> {
    JsFuture::from(promise.ok()?).await.ok()
}
