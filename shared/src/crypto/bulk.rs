//! Sealing of whole change bundles: a content key derived for one bundle and used once, so that a fixed nonce is safe.
//! The cipher itself is a port (WebCrypto in the browser); this decides key, nonce and associated data.

use super::Fill;
use super::context::{Compartment, Context};
use super::fault::{SealFault, Unreadable};
use super::kdf::derive;
use super::ledger::PatientKey;
use super::secret::Key32;
use super::small::{aes256gcm_open, aes256gcm_seal};
use crate::base::{ClinicId, PatientId};

pub const BUNDLE_VERSION: u8 = 1;
/// Fixed, since no content key ever seals twice.
pub const BUNDLE_NONCE: [u8; 12] = [0; 12];

/// Names a bundle and, with the patient key, its content key: a fresh random one for every bundle, never reused.
pub type BundleId = [u8; 16];

pub fn make_bundle_id(fill: Fill) -> BundleId {
    let mut id = [0; 16];
    fill(&mut id);
    id
}

pub fn content_key(patient_key: &Key32, bundle_id: &BundleId) -> Key32 {
    derive(patient_key, "bundle-content", bundle_id)
}

/// Everything the cipher needs for one bundle body.
#[derive(Debug)]
pub struct BundleSeal {
    pub key: Key32,
    pub nonce: [u8; 12],
    pub aad: Vec<u8>,
}

pub fn derive_bundle_seal(
    clinic: ClinicId,
    compartment: Compartment,
    epoch: u32,
    patient: PatientId,
    patient_key: &PatientKey,
    bundle_id: &BundleId,
) -> BundleSeal {
    let context = Context {
        clinic,
        compartment,
        space: "bundle",
        key: bundle_id,
        patient,
        key_id: patient_key.id,
        epoch,
        version: BUNDLE_VERSION,
    };
    BundleSeal { key: content_key(&patient_key.key, bundle_id), nonce: BUNDLE_NONCE, aad: context.aad() }
}

impl BundleSeal {
    /// Seals without a port, where no faster cipher is at hand. Consumes itself: the key has then been used.
    pub fn seal(self, plain: &[u8]) -> Result<Vec<u8>, SealFault> {
        aes256gcm_seal(self.key.as_bytes(), &self.nonce, &self.aad, plain)
    }

    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
        aes256gcm_open(self.key.as_bytes(), &self.nonce, &self.aad, sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::KeyId;

    fn seal(patient: u8, epoch: u32, bundle: u8) -> BundleSeal {
        let key = PatientKey { id: KeyId([1; 8]), key: Key32::from_bytes([2; 32]) };
        derive_bundle_seal(
            ClinicId([3; 16]),
            Compartment::Clinical,
            epoch,
            PatientId([patient; 16]),
            &key,
            &[bundle; 16],
        )
    }

    #[test]
    fn a_bundle_opens_only_in_its_own_place() {
        let sealed = seal(1, 1, 1).seal(b"ops").expect("seals");
        assert_eq!(seal(1, 1, 1).open(&sealed).as_deref(), Ok(b"ops".as_slice()));
        for other in [seal(2, 1, 1), seal(1, 2, 1), seal(1, 1, 2)] {
            assert_eq!(other.open(&sealed), Err(Unreadable::NotAuthentic));
        }
    }
}
