//! The engine's doors to the world, in a browser: everything in `shared::port`, put together.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use futures_channel::mpsc::UnboundedSender;
use js_sys::{Function, Uint8Array};
use lucerna_shared::port::{Clock, Entropy, NetIn, NetOut, Port};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::aead::WebAead;
use super::alarm::Alarm;
use super::aside::Aside;
use super::clock::BrowserClock;
use super::entropy::BrowserEntropy;
use super::idb::IdbStore;
use super::message::ToPage;
use super::page;
use super::relay_socket::Sockets;
use super::rtc::Order;
use super::scratch::BrowserScratch;
use super::yielding::Breather;

#[derive(Clone, Debug)]
pub struct BrowserPort {
    store: Rc<IdbStore>,
    scratch: Rc<BrowserScratch>,
    sockets: Rc<Sockets>,
    alarm: Rc<Alarm>,
    aside: Rc<Aside>,
    breather: Breather,
}

impl BrowserPort {
    /// What the network says goes into `inbox`; `aside` makes a second worker.
    pub fn new(store: IdbStore, inbox: UnboundedSender<NetIn>, aside: Option<Function>) -> BrowserPort {
        let store = Rc::new(store);
        BrowserPort {
            scratch: Rc::new(BrowserScratch::new(store.clone())),
            store,
            sockets: Rc::new(Sockets::new(inbox.clone())),
            alarm: Rc::new(Alarm::new(inbox)),
            aside: Rc::new(Aside::new(aside)),
            breather: Breather::new(),
        }
    }
}

impl Port for BrowserPort {
    type Store = IdbStore;
    type Scratch = BrowserScratch;
    type Aead = WebAead;

    fn store(&self) -> &IdbStore {
        &self.store
    }

    fn scratch(&self) -> &BrowserScratch {
        &self.scratch
    }

    fn aead(&self) -> &WebAead {
        &WebAead
    }

    fn clock(&self) -> &dyn Clock {
        &BrowserClock
    }

    fn entropy(&self) -> &dyn Entropy {
        &BrowserEntropy
    }

    fn emit(&self, event: String) {
        page::post(&ToPage::Event { json: event });
    }

    fn net(&self, command: NetOut) {
        match command {
            NetOut::RelayOpen { socket, path } => self.sockets.open(socket, &path),
            NetOut::RelaySend { socket, bytes } => self.sockets.send(socket, &bytes),
            NetOut::RelayClose { socket } => self.sockets.close(socket),
            NetOut::Rtc { conn, command } => {
                let (order, bytes) = Order::split(command);
                if let Ok(json) = serde_json::to_string(&order) {
                    page::post(&ToPage::Rtc { conn, json, bytes });
                }
            }
            NetOut::WakeAt { at } => self.alarm.wake_at(at),
        }
    }

    async fn asset(&self, name: &str) -> Option<Vec<u8>> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        let scope = page::scope().filter(|_| plain && !name.starts_with('.'))?;
        // The data files lie beside the script that this worker runs.
        let beside = scope.location().href();
        let (folder, _) = beside.rsplit_once('/')?;
        let url = format!("{folder}/{name}");
        let fetched = match JsFuture::from(scope.fetch_with_str(&url)).await {
            Ok(fetched) => fetched,
            // On the very first visit the service worker does not serve this worker yet, but has kept the file.
            Err(_) => JsFuture::from(scope.caches().ok()?.match_with_str(&url)).await.ok()?,
        };
        let response: Response = fetched.dyn_into().ok()?;
        let body = JsFuture::from(response.ok().then(|| response.array_buffer())?.ok()?).await.ok()?;
        Some(Uint8Array::new(&body).to_vec())
    }

    fn begin_aside(&self) {
        self.aside.begin();
    }

    fn end_aside(&self) {
        self.aside.end();
    }

    fn aside(&self, job: &[u8]) -> LocalBoxFuture<'static, Option<Vec<u8>>> {
        self.aside.work(job)
    }

    async fn yield_now(&self) {
        self.breather.breathe().await;
    }

    async fn sleep(&self, millis: u32) {
        let timer = js_sys::Promise::new(&mut |resolve, _| {
            if let Some(scope) = page::scope() {
                // Without a timer the promise never settles; there is no worker without one.
                let _ = scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis as i32);
            }
        });
        let _ = JsFuture::from(timer).await;
    }

    fn compiles_late(&self) -> bool {
        true
    }

    fn origin(&self) -> String {
        page::scope().map(|scope| scope.location().origin()).unwrap_or_default()
    }
}
