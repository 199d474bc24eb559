//! Published vectors through the crate's own doors: AES-256-GCM, HKDF-SHA256 and X25519 (Wycheproof), XAES-256-GCM (C2SP),
//! Argon2id (computed by the reference C library). Ed25519's stand beside `sign`, which hides its bare verification.
#![allow(clippy::expect_used)]

use lucerna_shared::crypto::agree::agree;
use lucerna_shared::crypto::kdf::{PassphraseParams, derive_slot_kek, hkdf_sha256};
use lucerna_shared::crypto::small::{aes256gcm_open, aes256gcm_seal, xaes256gcm_open, xaes256gcm_seal};
use lucerna_shared::crypto::{Key32, Unreadable};
use serde_json::Value;

macro_rules! wycheproof {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/vectors/wycheproof/", $name))
    };
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

fn bytes(test: &Value, field: &str) -> Vec<u8> {
    unhex(test[field].as_str().expect("hex text"))
}

fn key(test: &Value, field: &str) -> [u8; 32] {
    bytes(test, field).try_into().expect("32 bytes")
}

/// Runs `check` on every test of the groups that `wanted` picks; returns how many there were.
fn each(file: &str, wanted: impl Fn(&Value) -> bool, check: impl FnMut(&Value)) -> usize {
    let file: Value = serde_json::from_str(file).expect("json");
    let groups = file["testGroups"].as_array().expect("groups");
    let tests = groups.iter().filter(|g| wanted(g)).flat_map(|g| g["tests"].as_array().expect("tests"));
    tests.map(check).count()
}

#[test]
fn wycheproofs_aes_256_gcm_seals_and_opens_as_published() {
    let ours = |g: &Value| g["keySize"] == 256 && g["ivSize"] == 96 && g["tagSize"] == 128;
    let count = each(wycheproof!("aes_gcm_test.json"), ours, |test| {
        let (key, aad, msg) = (key(test, "key"), bytes(test, "aad"), bytes(test, "msg"));
        let nonce: [u8; 12] = bytes(test, "iv").try_into().expect("12 bytes");
        let sealed = [bytes(test, "ct"), bytes(test, "tag")].concat();
        let opened = aes256gcm_open(&key, &nonce, &aad, &sealed);
        if test["result"] == "valid" {
            assert_eq!(opened.as_ref(), Ok(&msg), "test {}", test["tcId"]);
            assert_eq!(aes256gcm_seal(&key, &nonce, &aad, &msg), Ok(sealed), "test {}", test["tcId"]);
        } else {
            assert_eq!(opened, Err(Unreadable::NotAuthentic), "test {}", test["tcId"]);
        }
    });
    assert_eq!(count, 66);
}

#[test]
fn wycheproofs_hkdf_sha256_gives_the_published_first_block() {
    let count = each(
        wycheproof!("hkdf_sha256_test.json"),
        |_| true,
        |test| {
            let (ikm, salt, info, okm) =
                (bytes(test, "ikm"), bytes(test, "salt"), bytes(test, "info"), bytes(test, "okm"));
            let derived = hkdf_sha256(&ikm, Some(&salt), &[&info]);
            // Outputs of one secret are prefixes of each other; ours is always 32 bytes. The invalid tests ask for too many.
            let shared = okm.len().min(32);
            if test["result"] == "valid" {
                assert_eq!(derived.as_bytes()[..shared], okm[..shared], "test {}", test["tcId"]);
            } else {
                assert!(test["size"].as_u64() > Some(255 * 32));
            }
        },
    );
    assert_eq!(count, 86);
}

#[test]
fn wycheproofs_x25519_agrees_or_refuses_a_point_of_small_order() {
    let count = each(
        wycheproof!("x25519_test.json"),
        |_| true,
        |test| {
            let shared = key(test, "shared");
            let ours = agree(&Key32::from_bytes(key(test, "private")), &key(test, "public"));
            let expected = (shared != [0; 32]).then(|| Key32::from_bytes(shared));
            assert_eq!(ours, expected, "test {}", test["tcId"]);
        },
    );
    assert_eq!(count, 518);
}

/// <https://github.com/C2SP/C2SP/blob/main/XAES-256-GCM.md>: one key on each side of the derivation's carry.
#[test]
fn c2sps_xaes_256_gcm_seals_and_opens_as_published() {
    for (key, aad, sealed) in [
        ([1; 32], "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
        ([3; 32], "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
    ] {
        let key = Key32::from_bytes(key);
        let nonce = b"ABCDEFGHIJKLMNOPQRSTUVWX";
        assert_eq!(xaes256gcm_seal(&key, nonce, aad.as_bytes(), b"XAES-256-GCM"), Ok(unhex(sealed)));
        assert_eq!(xaes256gcm_open(&key, nonce, aad.as_bytes(), &unhex(sealed)).as_deref(), Ok(&b"XAES-256-GCM"[..]));
        assert_eq!(xaes256gcm_open(&key, nonce, b"other", &unhex(sealed)), Err(Unreadable::NotAuthentic));
    }
}

#[test]
fn argon2id_agrees_with_the_reference_library_at_both_settings() {
    for (params, expected) in [
        (PassphraseParams::DEFAULT, "94c86f541abdb3d9aabfea59aa03963549483e9c0b1a79336e76b54cee6c917e"),
        (PassphraseParams::LOW_MEMORY, "def9890b6da675cf25b52af7b16b47a4f4af817d0c753a09119aceb8a368f924"),
    ] {
        let key = derive_slot_kek("correct horse battery staple", b"0123456789abcdef", params);
        assert_eq!(key.map(|k| k.as_bytes().to_vec()), Ok(unhex(expected)));
    }
}
