//! Wycheproof's AES-256-GCM vectors through both adapters of the bulk cipher: WebCrypto, and `aes-gcm` in wasm.
//! Both must seal to the published bytes, and open and refuse alike.
#![cfg(target_arch = "wasm32")]

use lucerna_shared::crypto::small::{aes256gcm_open, aes256gcm_seal};
use lucerna_shared::port::{AeadFault, BulkAead};
use lucerna_web::platform::aead::{BY_WASM, WebAead, WebCrypto};
use serde::Deserialize;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const FILE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/vectors/wycheproof/aes_gcm_test.json"));

struct WasmAead;

impl BulkAead for WasmAead {
    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, AeadFault> {
        aes256gcm_seal(key, nonce, aad, plain).map_err(|_| AeadFault)
    }

    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, AeadFault> {
        aes256gcm_open(key, nonce, aad, sealed).map_err(|_| AeadFault)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    iv_size: u32,
    key_size: u32,
    tag_size: u32,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    tc_id: u32,
    key: String,
    iv: String,
    aad: String,
    msg: String,
    ct: String,
    tag: String,
    result: String,
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

async fn check(aead: &impl BulkAead) -> (u32, u32) {
    let file: File = serde_json::from_str(FILE).unwrap();
    let ours = |group: &&Group| group.iv_size == 96 && group.key_size == 256 && group.tag_size == 128;
    let (mut valid, mut invalid) = (0, 0);
    for test in file.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let (key, nonce) = (bytes(&test.key).try_into().unwrap(), bytes(&test.iv).try_into().unwrap());
        let (aad, plain, sealed) = (bytes(&test.aad), bytes(&test.msg), bytes(&format!("{}{}", test.ct, test.tag)));
        let opened = aead.open(&key, &nonce, &aad, &sealed).await;
        if test.result == "valid" {
            assert_eq!(opened.as_ref(), Ok(&plain), "vector {}", test.tc_id);
            assert_eq!(aead.seal(&key, &nonce, &aad, &plain).await.as_ref(), Ok(&sealed), "vector {}", test.tc_id);
            valid += 1;
        } else {
            assert_eq!(opened, Err(AeadFault), "vector {}", test.tc_id);
            invalid += 1;
        }
    }
    (valid, invalid)
}

#[wasm_bindgen_test]
async fn webcrypto_passes_wycheproof() {
    let (valid, invalid) = check(&WebCrypto).await;
    assert!(valid > 30 && invalid > 20, "{valid} valid and {invalid} invalid vectors were run");
}

#[wasm_bindgen_test]
async fn the_choice_between_them_passes_wycheproof() {
    let (valid, invalid) = check(&WebAead).await;
    assert!(valid > 30 && invalid > 20, "{valid} valid and {invalid} invalid vectors were run");
}

#[wasm_bindgen_test]
async fn aes_gcm_in_wasm_passes_wycheproof() {
    let (valid, invalid) = check(&WasmAead).await;
    assert!(valid > 30 && invalid > 20, "{valid} valid and {invalid} invalid vectors were run");
}

#[wasm_bindgen_test]
async fn what_one_adapter_seals_the_others_open_below_and_above_the_choice() {
    let (key, nonce) = ([7; 32], [9; 12]);
    for length in [0, 1, BY_WASM - 1, BY_WASM, BY_WASM + 1, 65_536] {
        let plain: Vec<u8> = (0..length).map(|n| n as u8).collect();
        let by_web = WebCrypto.seal(&key, &nonce, b"context", &plain).await.unwrap();
        let by_wasm = WasmAead.seal(&key, &nonce, b"context", &plain).await.unwrap();
        let by_choice = WebAead.seal(&key, &nonce, b"context", &plain).await.unwrap();
        assert!(by_web == by_wasm && by_web == by_choice, "{length}");
        assert!(WasmAead.open(&key, &nonce, b"context", &by_web).await.unwrap() == plain, "{length}");
        assert!(WebCrypto.open(&key, &nonce, b"context", &by_web).await.unwrap() == plain, "{length}");
        assert!(WebAead.open(&key, &nonce, b"context", &by_web).await.unwrap() == plain, "{length}");
        assert_eq!(WebCrypto.open(&key, &nonce, b"another context", &by_wasm).await, Err(AeadFault), "{length}");
        assert_eq!(WebAead.open(&key, &nonce, b"another context", &by_wasm).await, Err(AeadFault), "{length}");
    }
}

/// Figures for the log; no bound, since they are the machine's.
#[wasm_bindgen_test]
async fn sealing_64_kib_is_measured() {
    let plain = vec![1; 65_536];
    let begun = js_sys::Date::now();
    for _ in 0..100 {
        WebAead.seal(&[7; 32], &[9; 12], b"context", &plain).await.unwrap();
    }
    let each = (js_sys::Date::now() - begun) / 100.0;
    console_log!("WebCrypto seals 64 KiB in {each:.2} ms, key import and copies included ({:.0} MB/s)", 65.536 / each);
}
