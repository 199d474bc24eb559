//! AES-256-GCM in two dresses: XAES-256-GCM (C2SP) for small objects under a long-lived key with random 192-bit
//! nonces, and plain AES-256-GCM for a key that is used once. Chooses no keys and no contexts.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use xaes_256_gcm::Xaes256Gcm;

use super::Fill;
use super::context::Context;
use super::fault::{SealFault, Unreadable};
use super::secret::{Key32, SecretBytes};

pub const NONCE_LEN: usize = 24;
pub const TAG_LEN: usize = 16;
/// The largest plaintext that counts as small.
pub const SMALL_MAX: usize = 1 << 20;

/// 24-byte random nonce ‖ ciphertext ‖ 16-byte tag.
pub fn seal_small(key: &Key32, context: &Context, plain: &[u8], fill: Fill) -> Result<Vec<u8>, SealFault> {
    if plain.len() > SMALL_MAX {
        return Err(SealFault::TooLarge);
    }
    let mut nonce = [0; NONCE_LEN];
    fill(&mut nonce);
    let sealed = xaes256gcm_seal(key, &nonce, &context.aad(), plain)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

pub fn open_small(key: &Key32, context: &Context, sealed: &[u8]) -> Result<SecretBytes, Unreadable> {
    if sealed.len() > NONCE_LEN + SMALL_MAX + TAG_LEN {
        return Err(Unreadable::TooLarge);
    }
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unreadable::Cut)?;
    if body.len() < TAG_LEN {
        return Err(Unreadable::Cut);
    }
    xaes256gcm_open(key, nonce, &context.aad(), body).map(SecretBytes::new)
}

/// Ciphertext ‖ tag.
pub fn xaes256gcm_seal(key: &Key32, nonce: &[u8; 24], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealFault> {
    let cipher = Xaes256Gcm::new(key.as_bytes().into());
    cipher.encrypt(nonce.into(), Payload { msg: plain, aad }).map_err(|_| SealFault::TooLarge)
}

pub fn xaes256gcm_open(key: &Key32, nonce: &[u8; 24], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let cipher = Xaes256Gcm::new(key.as_bytes().into());
    cipher.decrypt(nonce.into(), Payload { msg: sealed, aad }).map_err(|_| Unreadable::NotAuthentic)
}

/// The native and wasm adapter of the bulk cipher. Ciphertext ‖ tag. Only for keys that are used once:
/// 96 bits are too few for random nonces from many devices.
pub fn aes256gcm_seal(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealFault> {
    let cipher = Aes256Gcm::new(key.into());
    cipher.encrypt(nonce.into(), Payload { msg: plain, aad }).map_err(|_| SealFault::TooLarge)
}

pub fn aes256gcm_open(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let cipher = Aes256Gcm::new(key.into());
    cipher.decrypt(nonce.into(), Payload { msg: sealed, aad }).map_err(|_| Unreadable::NotAuthentic)
}
