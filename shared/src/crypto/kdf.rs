//! From one secret to another: HKDF-SHA256 (RFC 5869) with domain labels, HMAC-SHA256, and Argon2id (RFC 9106) for
//! passphrases. Refuses parameters below the floor, so that nobody can weaken a slot and wait.

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use hkdf::hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Encode};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::secret::Key32;

/// Opens every label of this hierarchy; a later hierarchy changes the number.
const PREFIX: &str = "lucerna/v1/";

/// The key named `label` below `root`, bound to `context`. Labels are constants of the program and hold no NUL.
pub fn derive(root: &Key32, label: &str, context: &[u8]) -> Key32 {
    hkdf_sha256(root.as_bytes(), None, &[PREFIX.as_bytes(), label.as_bytes(), &[0], context])
}

/// Proves which key sealed something without opening it: AES-GCM alone would open under two keys (RFC 9771 §2.3).
pub fn derive_commitment(key: &Key32, context: &[u8]) -> [u8; 32] {
    *derive(key, "commitment", context).as_bytes()
}

/// One 32-byte block of HKDF. `info` is the concatenation of its parts.
pub fn hkdf_sha256(secret: &[u8], salt: Option<&[u8]>, info: &[&[u8]]) -> Key32 {
    let (mut prk, _) = Hkdf::<Sha256>::extract(salt, secret);
    // RFC 5869 §2.3 with one block: T(1) = HMAC(PRK, info ‖ 0x01). Written out because it cannot fail, unlike
    // an expansion whose length is only known when it runs.
    let mut mac = keyed(&prk.0);
    info.iter().for_each(|part| mac.update(part));
    mac.update(&[1]);
    zeroize::Zeroize::zeroize(prk.0.as_mut_slice());
    Key32::from_bytes(mac.finalize().into_bytes().into())
}

/// HMAC-SHA256 of the concatenated parts.
pub fn hmac_sha256(key: &Key32, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key.as_bytes());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// A key shorter than the hash's block is padded with zeros (RFC 2104), which makes this infallible.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0u8; 64]);
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new((&*block).into())
}

/// Argon2id's cost. Stored beside the slot that it guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PassphraseParams {
    /// Memory in KiB.
    #[n(0)]
    pub m_kib: u32,
    /// Passes over that memory.
    #[n(1)]
    pub t: u32,
    /// Lanes.
    #[n(2)]
    pub p: u32,
}

impl PassphraseParams {
    pub const DEFAULT: PassphraseParams = PassphraseParams { m_kib: 64 * 1024, t: 3, p: 1 };
    /// For devices that cannot give one tab 64 MiB more.
    pub const LOW_MEMORY: PassphraseParams = PassphraseParams { m_kib: 32 * 1024, t: 6, p: 1 };

    /// Costs at least as much as one of the two settings above, and not so much that opening would hang the device.
    fn check(self) -> Result<(), KdfFault> {
        let reaches = |floor: PassphraseParams| self.m_kib >= floor.m_kib && self.t >= floor.t && self.p >= floor.p;
        if !reaches(Self::DEFAULT) && !reaches(Self::LOW_MEMORY) {
            return Err(KdfFault::BelowFloor);
        }
        if self.m_kib > 1024 * 1024 || self.t > 64 || self.p > 16 {
            return Err(KdfFault::AboveCeiling);
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KdfFault {
    #[error("the key derivation is set weaker than this app allows")]
    BelowFloor,
    #[error("the key derivation is set higher than any device could run")]
    AboveCeiling,
    #[error("not enough memory to derive the key")]
    OutOfMemory,
    #[error("the key derivation was refused")]
    Refused,
}

/// The key that a passphrase stands for. Refuses settings below the floor, also when they were read from storage.
pub fn derive_slot_kek(passphrase: &str, salt: &[u8; 16], params: PassphraseParams) -> Result<Key32, KdfFault> {
    params.check()?;
    derive_slot_kek_unchecked(passphrase, salt, params)
}

/// Without the floor: for tests, which would otherwise spend a second on every slot.
pub(super) fn derive_slot_kek_unchecked(
    passphrase: &str,
    salt: &[u8; 16],
    params: PassphraseParams,
) -> Result<Key32, KdfFault> {
    let argon = Params::new(params.m_kib, params.t, params.p, Some(32)).map_err(|_| KdfFault::Refused)?;
    // The same passphrase typed on another keyboard may arrive decomposed (RFC 8265 §4.2).
    let typed = Zeroizing::new(passphrase.nfc().collect::<String>());
    let mut key = Key32::from_bytes([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, argon)
        .hash_password_into(typed.as_bytes(), salt, key.as_mut_slice())
        .map_err(|fault| if fault == argon2::Error::OutOfMemory { KdfFault::OutOfMemory } else { KdfFault::Refused })?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_label_context_or_root_is_another_key() {
        let root = Key32::from_bytes([1; 32]);
        let key = derive(&root, "index", b"a");
        assert_eq!(key, derive(&root, "index", b"a"));
        assert_ne!(key, derive(&root, "audit", b"a"));
        assert_ne!(key, derive(&root, "index", b"b"));
        assert_ne!(key, derive(&Key32::from_bytes([2; 32]), "index", b"a"));
        assert_ne!(derive(&root, "index", b"a"), derive(&root, "indexa", b""), "a label does not run into its context");
    }

    #[test]
    fn a_weakened_derivation_is_refused_before_any_work() {
        let tried = |m_kib, t, p| derive_slot_kek("x", &[0; 16], PassphraseParams { m_kib, t, p }).err();
        assert_eq!(tried(64 * 1024, 2, 1), Some(KdfFault::BelowFloor));
        assert_eq!(tried(32 * 1024, 5, 1), Some(KdfFault::BelowFloor));
        assert_eq!(tried(32 * 1024 - 1, 64, 1), Some(KdfFault::BelowFloor));
        assert_eq!(tried(64 * 1024, 3, 0), Some(KdfFault::BelowFloor));
        assert_eq!(tried(u32::MAX, 3, 1), Some(KdfFault::AboveCeiling));
        assert_eq!(tried(64 * 1024, u32::MAX, 1), Some(KdfFault::AboveCeiling));
    }

    #[test]
    fn a_passphrase_typed_in_decomposed_letters_is_the_same_passphrase() {
        let tiny = PassphraseParams { m_kib: 8, t: 1, p: 1 };
        let derive = |text| derive_slot_kek_unchecked(text, &[3; 16], tiny).ok();
        assert_eq!(derive("caf\u{e9}"), derive("cafe\u{301}"));
        assert_ne!(derive("café"), derive("cafe"));
    }
}
