//! The real engine in its worker, over the real store: a clinic is made, locked, opened again, and missed when its
//! database is gone.
#![cfg(target_arch = "wasm32")]

use js_sys::Function;
use lucerna_shared::engine::api::{AppStatus, CreateClinic, Event, Fault, LockReason, Secret, Status, Unlock};
use lucerna_web::platform::client::EngineClient;
use lucerna_web::platform::idb::IdbStore;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The door that the engine's own module has; this test's module is page and engine in one.
#[wasm_bindgen]
pub fn start_worker() {
    lucerna_web::entry::start_worker(None);
}

/// Runs what `worker.js` runs, from where the test server keeps this test's wasm.
fn page() -> EngineClient {
    let code = "
        const at = location.origin;
        const script = `import init, { start_worker } from '${at}/wasm-bindgen-test.js';
            await init({ module_or_path: '${at}/wasm-bindgen-test_bg.wasm' });
            start_worker();`;
        const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
        return new Worker(url, { type: 'module' });";
    EngineClient::start(Function::new_no_args(code))
}

/// Returns when the screens would have heard of it.
async fn lock(client: &EngineClient) {
    let (tell, told) = futures_channel::oneshot::channel();
    let tell = std::cell::Cell::new(Some(tell));
    let _listening = client.subscribe(move |event| {
        assert_eq!(event, &Event::Locked { reason: LockReason::Asked });
        tell.take().unwrap().send(()).unwrap();
    });
    client.lock(LockReason::Asked);
    told.await.unwrap();
}

fn passphrase(text: &str) -> Secret {
    Secret(text.to_owned())
}

fn new_clinic() -> CreateClinic {
    CreateClinic {
        clinic_name: "Klinik Uji".to_owned(),
        staff_name: "Dr. Uji".to_owned(),
        device_name: "Tablet 1".to_owned(),
        passphrase: passphrase("a lantern in the window"),
    }
}

#[wasm_bindgen_test]
async fn a_clinic_is_made_locked_opened_and_missed_when_its_database_is_gone() {
    IdbStore::delete("lucerna").await.unwrap();
    let client = page();
    // The run before this one may have left the mark.
    client.call(Status {}).await.unwrap();
    client.give_up_lost_clinic().await;
    assert_eq!(client.call(Status {}).await.unwrap(), AppStatus::Fresh);

    let session = client.call(new_clinic()).await.unwrap();
    assert_eq!(session.clinic_name, "Klinik Uji");
    assert!(matches!(client.call(Status {}).await.unwrap(), AppStatus::Unlocked(_)));

    lock(&client).await;
    let status = client.call(Status {}).await.unwrap();
    let AppStatus::Locked(view) = status else { panic!("the clinic is not locked but {status:?}") };
    let staff = view.staff[0].staff.clone();
    let begun = js_sys::Date::now();
    let again = Unlock { staff: staff.clone(), passphrase: passphrase("a lantern in the window") };
    assert_eq!(client.call(again).await.unwrap().staff.name, "Dr. Uji");
    console_log!("unlock, with the passphrase's own cost: {:.0} ms", js_sys::Date::now() - begun);

    lock(&client).await;
    let wrong = Unlock { staff, passphrase: passphrase("a lantern in the attic") };
    assert!(matches!(client.call(wrong).await.unwrap_err(), Fault::WrongPassphrase { .. }));

    // Nothing is given up while it is there: the mark stays, and the loss that follows is told.
    client.give_up_lost_clinic().await;
    assert!(matches!(client.call(Status {}).await.unwrap(), AppStatus::Locked(_)));
    client.restart();
    IdbStore::delete("lucerna").await.unwrap();
    assert_eq!(client.call(Status {}).await.unwrap(), AppStatus::Missing);
    client.give_up_lost_clinic().await;
    assert_eq!(client.call(Status {}).await.unwrap(), AppStatus::Fresh);
}
