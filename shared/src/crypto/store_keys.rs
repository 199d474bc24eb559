//! The keys of one device's own stores, all below its device root, and the clinic-wide pseudonyms of patients.
//! What they seal stays on this device.

use super::kdf::{derive, hmac_sha256};
use super::secret::Key32;
use crate::base::PatientId;

/// Derived once at unlock.
#[derive(Clone, Debug)]
pub struct StoreKeys {
    /// Search index segments.
    pub index: Key32,
    /// Bundle headers at rest.
    pub log_header: Key32,
    pub config: Key32,
    pub drafts: Key32,
    pub audit: Key32,
    row: Key32,
}

impl StoreKeys {
    pub fn derive(device_root: &Key32) -> StoreKeys {
        let key = |label| derive(device_root, label, &[]);
        StoreKeys {
            index: key("store/index"),
            log_header: key("store/log-header"),
            config: key("store/config"),
            drafts: key("store/drafts"),
            audit: key("store/audit"),
            row: key("store/row"),
        }
    }

    /// Stands for a patient in primary keys, so that two devices' databases cannot be matched row by row.
    pub fn row_key(&self, patient: &PatientId) -> [u8; 16] {
        self.row_hash("patient", patient.as_bytes())
    }

    /// The same for anything else that must not stand in a primary key as it is; `kind` keeps them apart.
    pub fn row_hash(&self, kind: &str, value: &[u8]) -> [u8; 16] {
        first_half(hmac_sha256(&self.row, &[kind.as_bytes(), &[0], value]))
    }
}

/// A patient's pseudonym, the same on every device that holds the clinic's pseudonym key.
pub fn derive_pseudonym(pseudonym_key: &Key32, fhir_id: &str) -> PatientId {
    PatientId(first_half(hmac_sha256(pseudonym_key, &[b"Patient/", fhir_id.as_bytes()])))
}

fn first_half(hash: [u8; 32]) -> [u8; 16] {
    std::array::from_fn(|i| hash[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_patient_has_one_pseudonym_but_another_row_key_on_each_device() {
        let clinic = Key32::from_bytes([1; 32]);
        let patient = derive_pseudonym(&clinic, "p-1");
        assert_eq!(patient, derive_pseudonym(&clinic, "p-1"));
        assert_ne!(patient, derive_pseudonym(&clinic, "p-2"));
        assert_ne!(patient, derive_pseudonym(&Key32::from_bytes([2; 32]), "p-1"));
        let [a, b] = [3, 4].map(|root| StoreKeys::derive(&Key32::from_bytes([root; 32])));
        assert_ne!(a.row_key(&patient), b.row_key(&patient));
        assert_ne!(a.index, a.audit);
    }
}
