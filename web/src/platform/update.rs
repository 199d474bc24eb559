//! A new version of the app: noticed in the background, taken into use when a person says so.

use std::rc::Rc;

use gloo::events::EventListener;
use gloo::utils::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ServiceWorkerRegistration, ServiceWorkerState};

/// The message on which `sw.js` takes over.
const ACTIVATE: &str = "activate";

/// Calls back, once or more, when a new version is waiting.
pub fn on_ready(ready: impl Fn() + 'static) {
    let ready = Rc::new(ready);
    spawn_local(async move {
        let Some(registration) = registration().await else { return };
        if registration.waiting().is_some() {
            ready();
        }
        let found = registration.clone();
        EventListener::new(&registration, "updatefound", move |_| {
            let Some(installing) = found.installing() else { return };
            let (ready, watched) = (ready.clone(), installing.clone());
            EventListener::new(&installing, "statechange", move |_| {
                // Without a controller this is the first install, which is nothing new to anybody.
                if watched.state() == ServiceWorkerState::Installed && controlled() {
                    ready();
                }
            })
            .forget();
        })
        .forget();
    });
}

/// Lets the waiting version take over and loads it. Lock or save first: the page goes.
pub fn apply() {
    spawn_local(async move {
        let waiting = registration().await.and_then(|registration| registration.waiting());
        let Some(waiting) = waiting else { return reload() };
        EventListener::once(&window().navigator().service_worker(), "controllerchange", |_| reload()).forget();
        if waiting.post_message(&JsValue::from_str(ACTIVATE)).is_err() {
            reload();
        }
    });
}

pub fn reload() {
    let _ = window().location().reload();
}

fn controlled() -> bool {
    window().navigator().service_worker().controller().is_some()
}

async fn registration() -> Option<ServiceWorkerRegistration> {
    // Missing where the page is not a secure context.
    let container = js_sys::Reflect::get(&window().navigator(), &"serviceWorker".into()).ok()?;
    let container: web_sys::ServiceWorkerContainer = container.dyn_into().ok()?;
    JsFuture::from(container.ready().ok()?).await.ok()?.dyn_into().ok()
}
