//! The vault's store in a real browser's IndexedDB, and the files beside it: every promise of the port, and what only a
//! browser can do to it.
#![cfg(target_arch = "wasm32")]

use std::rc::Rc;

use futures::{FutureExt, join};
use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use lucerna_shared::port::conformance::{conforms, is_scratch};
use lucerna_shared::port::memory::MemoryStore;
use lucerna_shared::port::row_scratch::RowScratch;
use lucerna_shared::port::{Scratch, Space, Store, StoreFault, Write};
use lucerna_web::platform::idb::IdbStore;
use lucerna_web::platform::scratch::BrowserScratch;
use rexie::{ObjectStore, Rexie, TransactionMode};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn fresh(name: &str) -> IdbStore {
    IdbStore::delete(name).await.unwrap();
    IdbStore::open(name).await.unwrap()
}

fn two(value: u8) -> Vec<Write> {
    vec![Write::put(Space::Log, *b"bundle", vec![value]), Write::put(Space::Audit, *b"entry", vec![value])]
}

async fn both(store: &IdbStore) -> [Option<Vec<u8>>; 2] {
    [store.get(Space::Log, b"bundle").await.unwrap(), store.get(Space::Audit, b"entry").await.unwrap()]
}

#[wasm_bindgen_test]
async fn indexeddb_keeps_every_promise_of_a_store() {
    assert_eq!(conforms(&fresh("test-conforms").await).await, Ok(()));
}

#[wasm_bindgen_test]
async fn the_memory_store_keeps_the_same_promises_in_wasm() {
    assert_eq!(conforms(&MemoryStore::new()).await, Ok(()));
}

#[wasm_bindgen_test]
async fn what_was_committed_is_there_for_the_next_start() {
    let store = fresh("test-next-start").await;
    store.commit(two(7)).await.unwrap();
    drop(store);
    let store = IdbStore::open("test-next-start").await.unwrap();
    assert_eq!(both(&store).await, [Some(vec![7]), Some(vec![7])]);
}

#[wasm_bindgen_test]
async fn a_handle_that_the_browser_closed_is_opened_again() {
    let store = fresh("test-lost-handle").await;
    store.commit(two(1)).await.unwrap();
    store.close();
    assert_eq!(both(&store).await, [Some(vec![1]), Some(vec![1])]);
    store.close();
    store.commit(two(2)).await.unwrap();
    assert_eq!(both(&store).await, [Some(vec![2]), Some(vec![2])]);
}

#[wasm_bindgen_test]
async fn a_commit_whose_caller_is_gone_is_there_whole_or_not_at_all() {
    let store = fresh("test-gone-caller").await;
    store.commit(two(1)).await.unwrap();
    for _ in 0..20 {
        assert!(store.commit(two(2)).now_or_never().is_none(), "a strict commit takes a while");
        let [bundle, entry] = both(&store).await;
        assert_eq!(bundle, entry);
        store.commit(two(1)).await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn a_database_deleted_under_us_is_a_fault_and_not_a_blank_one() {
    let store = fresh("test-deleted").await;
    store.commit(two(1)).await.unwrap();
    // Returns only because our handle lets go when it is asked to.
    IdbStore::delete("test-deleted").await.unwrap();
    assert_eq!(store.commit(two(2)).await, Err(StoreFault::Unavailable));
    assert_eq!(store.get(Space::Log, b"bundle").await, Err(StoreFault::Unavailable));
}

#[wasm_bindgen_test]
async fn two_vaults_do_not_see_each_other() {
    let (one, other) = (fresh("test-one").await, fresh("test-other").await);
    one.commit(two(1)).await.unwrap();
    assert_eq!(both(&other).await, [None, None]);
}

#[wasm_bindgen_test]
async fn a_database_of_the_first_version_gains_what_came_later_and_loses_nothing() {
    IdbStore::delete("test-upgrade").await.unwrap();
    let first = ["meta", "log", "chain", "keys", "control", "index", "drafts", "audit", "quarantine"];
    let builder = first.iter().fold(Rexie::builder("test-upgrade").version(1), |builder, name| {
        builder.add_object_store(ObjectStore::new(name))
    });
    let old = builder.build().await.unwrap();
    let transaction = old.transaction(&["log"], TransactionMode::ReadWrite).unwrap();
    let (key, value) = (Uint8Array::from(b"bundle".as_slice()), Uint8Array::from([7].as_slice()));
    transaction.store("log").unwrap().put(&value.into(), Some(&key.into())).await.unwrap();
    transaction.done().await.unwrap();
    old.close();
    let store = IdbStore::open("test-upgrade").await.unwrap();
    assert_eq!(store.get(Space::Log, b"bundle").await.unwrap(), Some(vec![7]));
    store.commit(vec![Write::put(Space::Spool, *b"piece", vec![1])]).await.unwrap();
    assert_eq!(store.keys(Space::Spool, &[], None, None).await.unwrap(), vec![b"piece".to_vec()]);
}

#[wasm_bindgen_test]
async fn a_database_of_a_newer_app_is_named_as_one_and_not_touched() {
    IdbStore::delete("test-newer").await.unwrap();
    let builder = Rexie::builder("test-newer").version(4_000).add_object_store(ObjectStore::new("later"));
    builder.build().await.unwrap().close();
    assert_eq!(IdbStore::open("test-newer").await.err(), Some(StoreFault::Newer));
    let after = Rexie::builder("test-newer").version(4_000).build().await.unwrap();
    assert_eq!(after.store_names(), ["later"]);
    after.close();
}

/// Figures for the log; no bound, since they are the machine's.
#[wasm_bindgen_test]
async fn strict_commits_are_measured() {
    let store = fresh("test-speed").await;
    let timed = async |rounds: u32, rows: u32| {
        let begun = js_sys::Date::now();
        for round in 0..rounds {
            let put =
                |row: u32| Write::put(Space::Log, [round.to_be_bytes(), row.to_be_bytes()].concat(), vec![0; 1_500]);
            store.commit((0..rows).map(put).collect()).await.unwrap();
        }
        (js_sys::Date::now() - begun) / f64::from(rounds * rows)
    };
    let (alone, batched) = (timed(100, 3).await * 3.0, timed(4, 1_000).await);
    let begun = js_sys::Date::now();
    let rows = store.range(Space::Log, &[], None, None).await.unwrap();
    let bytes: usize = rows.iter().map(|row| row.value.len()).sum();
    let read = (js_sys::Date::now() - begun).max(1.0);
    console_log!(
        "strict commit of three rows {alone:.2} ms; {batched:.3} ms a row in batches of 1000; range read {:.0} MB/s",
        bytes as f64 / read / 1_000.0
    );
}

fn files(folder: &str, store: IdbStore) -> BrowserScratch {
    BrowserScratch::in_folder(folder, Rc::new(store))
}

#[wasm_bindgen_test]
async fn files_of_the_origin_keep_every_promise_of_a_scratch_file() {
    let scratch = files("test-files", fresh("test-files").await);
    scratch.append(&[1; 8], &[7; 1_000]).await.unwrap();
    assert_eq!(scratch.room().await, Ok(1_000), "it is no row of the store");
    assert_eq!(is_scratch(&scratch).await, Ok(()));
}

#[wasm_bindgen_test]
async fn rows_of_indexeddb_keep_the_same_promises_where_there_are_no_files() {
    assert_eq!(is_scratch(&RowScratch::new(Rc::new(fresh("test-row-files").await))).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_file_is_there_for_the_next_start_and_is_waited_for_while_another_still_holds_it() {
    let first = files("test-held", fresh("test-held").await);
    let span = first.append(&[2; 8], b"a piece").await.unwrap();
    first.flush(&[2; 8]).await.unwrap();
    let next = files("test-held", IdbStore::open("test-held").await.unwrap());
    assert_eq!((next.names().await, next.room().await), (Ok(vec![[2; 8]]), Ok(7)));
    let let_go = async {
        TimeoutFuture::new(300).await;
        drop(first);
    };
    let (read, ()) = join!(next.read(&[2; 8], span), let_go);
    assert_eq!(read, Ok(b"a piece".to_vec()));
    next.remove(&[2; 8]).await.unwrap();
    assert_eq!(next.names().await, Ok(vec![]));
}
