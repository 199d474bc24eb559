//! Page and worker for real: two threads, one wasm, typed calls between them, crashes, locks and a second tab.
//! The engine behind them is a rehearsal that answers what the shell needs to be tried with, over the real port.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use futures::join;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Uint8Array};
use lucerna_shared::engine::Io;
use lucerna_shared::engine::api::{
    Call, Command, Event, ExportClinic, ExportReport, Fault, ImportPreview, LockReason, PreviewImport, ReconnectSync,
    Search, SearchResults, StorageUse, StorageView,
};
use lucerna_shared::port::{NetIn, Port, Space, Store, Write};
use lucerna_web::engine_worker::{self, EngineLike};
use lucerna_web::platform::client::{EngineClient, Subscription};
use lucerna_web::platform::idb::IdbStore;
use lucerna_web::platform::port::BrowserPort;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, File};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen]
pub fn start_rehearsal() {
    engine_worker::serve(|port| Rehearsal { port }, None);
}

struct Rehearsal {
    port: BrowserPort,
}

impl EngineLike for Rehearsal {
    async fn handle(&self, command: Command, mut io: Io) -> Result<String, Fault> {
        match command {
            Command::Search(Search { query, limit }) => {
                if query == "crash" {
                    wasm_bindgen::throw_str("as a bug would");
                }
                TimeoutFuture::new(limit).await;
                Ok(json(&SearchResults { query, ..SearchResults::default() }))
            }
            Command::ReconnectSync(_) => {
                let key = self.port.clock().now().0.to_be_bytes();
                self.port
                    .store()
                    .commit(vec![Write::put(Space::Log, key, vec![1])])
                    .await
                    .map_err(|_| Fault::NotFound)?;
                Ok("null".to_owned())
            }
            Command::StorageUse(_) => {
                let bundles = self.port.store().count(Space::Log).await.map_err(|_| Fault::NotFound)?;
                Ok(json(&StorageView { bundles, ..StorageView::default() }))
            }
            Command::PreviewImport(PreviewImport { job }) => {
                let files = io.files.ok_or(Fault::NotFound)?;
                self.port.yield_now().await;
                let mut bytes = 0;
                for index in 0..files.count() {
                    // One half as a file is read, the other as the inside of a zip is.
                    let (half, size) = (files.size(index) / 2, files.size(index));
                    let refused = |detail| Fault::Refused { detail };
                    bytes += files.slice(index, 0, half).await.map_err(refused)?.len();
                    bytes += files.slice_now(index, half, size - half).map_err(refused)?.len();
                }
                self.port.emit(json(&Event::CaughtUp { received: bytes as u64, sent: 0 }));
                let preview = ImportPreview { job, files: files.count() as u32, ..ImportPreview::default() };
                Ok(json(&ImportPreview { patients_new: bytes as u32, ..preview }))
            }
            Command::ExportClinic(_) => {
                let out = io.out.as_mut().ok_or(Fault::NotFound)?;
                out(b"first, ".to_vec());
                out(b"second".to_vec());
                Ok(json(&ExportReport { bytes: 13, ..ExportReport::default() }))
            }
            Command::Lock(_) => Ok("null".to_owned()),
            _ => Err(Fault::NotAllowed),
        }
    }

    async fn net(&self, _: NetIn) {}
    async fn tend(&self) {}
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

/// A page on a clean vault, with a worker that enters this test's own wasm by the other door.
async fn clean() -> EngineClient {
    IdbStore::delete("lucerna").await.unwrap();
    page()
}

fn page() -> EngineClient {
    let code = "
        const at = location.origin;
        const script = `import init, { start_rehearsal } from '${at}/wasm-bindgen-test.js';
            const crashed = () => self.postMessage({ t: 'crashed' });
            self.addEventListener('error', crashed);
            self.addEventListener('unhandledrejection', (event) => { event.preventDefault(); crashed(); });
            await init({ module_or_path: '${at}/wasm-bindgen-test_bg.wasm' });
            start_rehearsal();`;
        const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
        return new Worker(url, { type: 'module' });";
    EngineClient::start(Function::new_no_args(code))
}

fn search(query: &str, wait_ms: u32) -> Search {
    Search { query: query.to_owned(), limit: wait_ms }
}

fn events(client: &EngineClient) -> (Rc<RefCell<Vec<Event>>>, Subscription) {
    let heard: Rc<RefCell<Vec<Event>>> = Rc::default();
    let into = heard.clone();
    (heard, client.subscribe(move |event| into.borrow_mut().push(event.clone())))
}

async fn refused<C: Call>(client: &EngineClient, call: C) -> Fault {
    client.call(call).await.map(|_| ()).unwrap_err()
}

#[wasm_bindgen_test]
async fn a_call_is_answered_by_the_worker_and_a_fault_comes_back_typed() {
    let client = clean().await;
    assert_eq!(client.call(search("budi", 0)).await.unwrap().query, "budi");
    assert_eq!(refused(&client, lucerna_shared::engine::api::Devices {}).await, Fault::NotAllowed);
}

#[wasm_bindgen_test]
async fn replies_find_their_callers_although_they_overtake_each_other() {
    let client = clean().await;
    let (slow, quick) = join!(client.call(search("slow", 150)), client.call(search("quick", 0)));
    assert_eq!((slow.unwrap().query, quick.unwrap().query), ("slow".to_owned(), "quick".to_owned()));
}

#[wasm_bindgen_test]
async fn files_go_in_and_events_come_out_until_nobody_listens() {
    let client = clean().await;
    let (heard, listening) = events(&client);
    let file = |text: &str| File::new_with_str_sequence(&Array::of1(&text.into()), "bundle.json").unwrap();
    let files = vec![file("12345"), file("678")];
    let preview = client.call_with_files(PreviewImport { job: 4 }, files.clone()).await.unwrap();
    assert_eq!((preview.job, preview.files, preview.patients_new), (4, 2, 8));
    assert_eq!(*heard.borrow(), [Event::CaughtUp { received: 8, sent: 0 }]);
    drop(listening);
    client.call_with_files(PreviewImport { job: 5 }, files).await.unwrap();
    assert_eq!(heard.borrow().len(), 1);
}

#[wasm_bindgen_test]
async fn an_export_arrives_as_one_file_beside_its_report() {
    let client = clean().await;
    let (report, file): (ExportReport, Option<Blob>) = client.call_for_file(ExportClinic { job: 1 }).await.unwrap();
    let bytes = JsFuture::from(file.unwrap().array_buffer()).await.unwrap();
    assert_eq!(Uint8Array::new(&bytes).to_vec(), b"first, second");
    assert_eq!(report.bytes, 13);
}

#[wasm_bindgen_test]
async fn a_lock_lets_saves_finish_and_the_next_call_meets_a_fresh_worker() {
    let client = clean().await;
    let (heard, _listening) = events(&client);
    client.call(StorageUse {}).await.unwrap();
    let saving = client.call(ReconnectSync {});
    let saved = async {
        TimeoutFuture::new(0).await;
        client.lock(LockReason::Idle);
        client.call(StorageUse {}).await
    };
    let (saving, after) = join!(saving, saved);
    assert_eq!(saving, Ok(()));
    assert_eq!(after.unwrap().bundles, 1);
    assert_eq!(*heard.borrow(), [Event::Locked { reason: LockReason::Idle }]);
}

#[wasm_bindgen_test]
async fn a_crash_fails_what_was_under_way_and_the_next_worker_answers() {
    let client = clean().await;
    let (heard, _listening) = events(&client);
    client.call(ReconnectSync {}).await.unwrap();
    let (crash, waiting) = join!(client.call(search("crash", 0)), client.call(search("waiting", 5_000)));
    assert!(matches!(crash, Err(Fault::Refused { .. })), "{crash:?}");
    assert!(matches!(waiting, Err(Fault::Refused { .. })), "{waiting:?}");
    assert!(matches!(heard.borrow().as_slice(), [Event::Locked { .. }]));
    assert_eq!(client.call(StorageUse {}).await.unwrap().bundles, 1);
}

#[wasm_bindgen_test]
async fn a_second_tab_is_told_and_may_take_over() {
    let first = clean().await;
    let (heard, _listening) = events(&first);
    first.call(StorageUse {}).await.unwrap();
    let second = page();
    assert_eq!(refused(&second, StorageUse {}).await, Fault::AnotherTab);
    second.take_over();
    assert!(second.call(StorageUse {}).await.is_ok());
    assert_eq!(*heard.borrow(), [Event::Locked { reason: LockReason::AnotherTab }]);
    assert_eq!(refused(&first, StorageUse {}).await, Fault::AnotherTab);
}

/// Figures for the log; no bound, since they are the machine's.
#[wasm_bindgen_test]
async fn a_round_trip_is_measured() {
    let client = clean().await;
    client.call(StorageUse {}).await.unwrap();
    let begun = js_sys::Date::now();
    for _ in 0..200 {
        client.call(search("", 0)).await.unwrap();
    }
    let each = (js_sys::Date::now() - begun) / 200.0;
    wasm_bindgen_test::console_log!("one command to the worker and back, with a timer of nought in it: {each:.2} ms");
}
