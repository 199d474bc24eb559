//! AES-256-GCM for whole bundles, by whichever cipher is the quicker for so many bytes: WebCrypto, which costs several
//! rounds through the browser whatever the size, or `aes-gcm` in wasm, which costs by the byte. The bytes are the same.
//! Keys are single-use and not extractable once imported.

use js_sys::{Array, Object, Reflect, Uint8Array, global};
use lucerna_shared::crypto::small::{TAG_LEN, aes256gcm_open, aes256gcm_seal};
use lucerna_shared::port::{AeadFault, BulkAead};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, SubtleCrypto};

/// Up to so many bytes of plaintext wasm is the quicker; measured, see ADR 0021.
pub const BY_WASM: usize = 2048;

/// The one that the engine uses.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebAead;

impl BulkAead for WebAead {
    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, AeadFault> {
        if plain.len() <= BY_WASM {
            return aes256gcm_seal(key, nonce, aad, plain).map_err(|_| AeadFault);
        }
        WebCrypto.seal(key, nonce, aad, plain).await
    }

    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, AeadFault> {
        if sealed.len() <= BY_WASM + TAG_LEN {
            return aes256gcm_open(key, nonce, aad, sealed).map_err(|_| AeadFault);
        }
        WebCrypto.open(key, nonce, aad, sealed).await
    }
}

/// WebCrypto whatever the size.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebCrypto;

impl BulkAead for WebCrypto {
    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, AeadFault> {
        seal(key, nonce, aad, plain).await.map_err(|_| AeadFault)
    }

    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, AeadFault> {
        open(key, nonce, aad, sealed).await.map_err(|_| AeadFault)
    }
}

async fn seal(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, JsValue> {
    let subtle = subtle()?;
    let key = import(&subtle, key, "encrypt").await?;
    let sealed = subtle.encrypt_with_object_and_u8_array(&parameters(nonce, aad)?, &key, plain)?;
    Ok(Uint8Array::new(&JsFuture::from(sealed).await?).to_vec())
}

async fn open(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, JsValue> {
    let subtle = subtle()?;
    let key = import(&subtle, key, "decrypt").await?;
    let plain = subtle.decrypt_with_object_and_u8_array(&parameters(nonce, aad)?, &key, sealed)?;
    Ok(Uint8Array::new(&JsFuture::from(plain).await?).to_vec())
}

fn subtle() -> Result<SubtleCrypto, JsValue> {
    Ok(Reflect::get(&global(), &"crypto".into())?.dyn_into::<Crypto>()?.subtle())
}

async fn import(subtle: &SubtleCrypto, key: &[u8; 32], usage: &str) -> Result<CryptoKey, JsValue> {
    let raw = Uint8Array::from(key.as_slice());
    let imported = subtle.import_key_with_str("raw", &raw, "AES-GCM", false, &Array::of1(&usage.into()));
    // WebCrypto has its own copy by now.
    raw.fill(0, 0, raw.length());
    JsFuture::from(imported?).await?.dyn_into()
}

fn parameters(nonce: &[u8; 12], aad: &[u8]) -> Result<Object, JsValue> {
    let parameters = Object::new();
    Reflect::set(&parameters, &"name".into(), &"AES-GCM".into())?;
    Reflect::set(&parameters, &"iv".into(), &Uint8Array::from(nonce.as_slice()))?;
    Reflect::set(&parameters, &"additionalData".into(), &Uint8Array::from(aad))?;
    Reflect::set(&parameters, &"tagLength".into(), &128.into())?;
    Ok(parameters)
}
