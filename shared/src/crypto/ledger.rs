//! Patient keys, each wrapped under its compartment's key. The entries are a mutable ledger, never part of the log:
//! destroying an entry on every device erases what it opened. Stores nothing itself.

use minicbor::{Decode, Encode};

use super::Fill;
use super::context::{Compartment, Context};
use super::fault::{SealFault, Unreadable};
use super::secret::Key32;
use super::small::{NONCE_LEN, TAG_LEN, open_small, seal_small};
use crate::base::{ClinicId, KeyId, PatientId};

pub const LEDGER_VERSION: u8 = 1;
const WRAPPED_LEN: usize = NONCE_LEN + 32 + TAG_LEN;
/// More than any entry needs.
const ENTRY_MAX: usize = 512;

/// Opens one compartment of the clinic, for one epoch; a revocation begins the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompartmentKey {
    pub compartment: Compartment,
    pub epoch: u32,
    pub key: Key32,
}

impl CompartmentKey {
    pub fn make(compartment: Compartment, epoch: u32, fill: Fill) -> CompartmentKey {
        CompartmentKey { compartment, epoch, key: Key32::make(fill) }
    }
}

/// Opens one patient's records in one compartment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientKey {
    pub id: KeyId,
    pub key: Key32,
}

pub fn make_patient_key(fill: Fill) -> PatientKey {
    let mut id = KeyId::ZERO;
    fill(&mut id.0);
    PatientKey { id, key: Key32::make(fill) }
}

/// A wrapped patient key, the same on every device. Says which compartment key opens it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LedgerEntry {
    #[n(0)]
    version: u8,
    #[n(1)]
    pub patient: PatientId,
    #[n(2)]
    pub compartment: Compartment,
    /// Epoch of the compartment key.
    #[n(3)]
    pub epoch: u32,
    #[n(4)]
    pub key_id: KeyId,
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    wrapped: Vec<u8>,
}

impl LedgerEntry {
    pub fn to_bytes(&self) -> Result<Vec<u8>, SealFault> {
        minicbor::to_vec(self).map_err(|_| SealFault::Encoding)
    }

    pub fn parse(bytes: &[u8]) -> Result<LedgerEntry, Unreadable> {
        if bytes.len() > ENTRY_MAX {
            return Err(Unreadable::TooLarge);
        }
        let entry: LedgerEntry = minicbor::decode(bytes).map_err(|_| Unreadable::UnknownFormat)?;
        match entry.version {
            LEDGER_VERSION if entry.wrapped.len() == WRAPPED_LEN => Ok(entry),
            0 | LEDGER_VERSION => Err(Unreadable::UnknownFormat),
            _ => Err(Unreadable::NewerFormat),
        }
    }

    fn context(&self, clinic: ClinicId) -> Context<'_> {
        Context {
            clinic,
            compartment: self.compartment,
            space: "keys",
            key: self.key_id.as_bytes(),
            patient: self.patient,
            key_id: self.key_id,
            epoch: self.epoch,
            version: self.version,
        }
    }
}

pub fn wrap(
    clinic: ClinicId,
    compartment_key: &CompartmentKey,
    patient: PatientId,
    patient_key: &PatientKey,
    fill: Fill,
) -> Result<LedgerEntry, SealFault> {
    let mut entry = LedgerEntry {
        version: LEDGER_VERSION,
        patient,
        compartment: compartment_key.compartment,
        epoch: compartment_key.epoch,
        key_id: patient_key.id,
        wrapped: Vec::new(),
    };
    entry.wrapped = seal_small(&compartment_key.key, &entry.context(clinic), patient_key.key.as_bytes(), fill)?;
    Ok(entry)
}

/// `OtherKey` when the entry needs another compartment or epoch than the key offered.
pub fn unwrap(
    clinic: ClinicId,
    compartment_key: &CompartmentKey,
    entry: &LedgerEntry,
) -> Result<PatientKey, Unreadable> {
    if (entry.compartment, entry.epoch) != (compartment_key.compartment, compartment_key.epoch) {
        return Err(Unreadable::OtherKey { named: entry.key_id });
    }
    let opened = open_small(&compartment_key.key, &entry.context(clinic), &entry.wrapped)?;
    let key = Key32::from_slice(&opened).ok_or(Unreadable::Malformed)?;
    Ok(PatientKey { id: entry.key_id, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLINIC: ClinicId = ClinicId([1; 16]);
    const PATIENT: PatientId = PatientId([2; 16]);

    fn wrapped() -> (CompartmentKey, PatientKey, LedgerEntry) {
        let mut next = 0u8;
        let mut fill = |bytes: &mut [u8]| {
            next += 1;
            bytes.fill(next);
        };
        let ck = CompartmentKey::make(Compartment::Clinical, 1, &mut fill);
        let pk = make_patient_key(&mut fill);
        let entry = wrap(CLINIC, &ck, PATIENT, &pk, &mut fill).expect("wraps");
        (ck, pk, entry)
    }

    #[test]
    fn a_patient_key_comes_back_through_its_stored_bytes() {
        let (ck, pk, entry) = wrapped();
        let bytes = entry.to_bytes().expect("encodes");
        let read = LedgerEntry::parse(&bytes).expect("parses");
        assert_eq!(unwrap(CLINIC, &ck, &read), Ok(pk));
    }

    #[test]
    fn an_entry_moved_to_another_patient_clinic_or_epoch_does_not_open() {
        let (ck, _, entry) = wrapped();
        let stolen = LedgerEntry { patient: PatientId([9; 16]), ..entry.clone() };
        assert_eq!(unwrap(CLINIC, &ck, &stolen), Err(Unreadable::NotAuthentic));
        assert_eq!(unwrap(ClinicId([9; 16]), &ck, &entry), Err(Unreadable::NotAuthentic));
        let later = CompartmentKey { epoch: 2, ..ck.clone() };
        assert_eq!(unwrap(CLINIC, &later, &entry), Err(Unreadable::OtherKey { named: entry.key_id }));
        let relabelled = LedgerEntry { epoch: 2, ..entry };
        assert_eq!(unwrap(CLINIC, &later, &relabelled), Err(Unreadable::NotAuthentic));
    }
}
