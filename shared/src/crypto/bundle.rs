//! The staff bundle: every secret of one person on one device, as one object that a slot opens.
//! The only place besides the key ledger where keys become bytes.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use zeroize::Zeroizing;

use super::Fill;
use super::agree::{derive_agreement_public, make_agreement_secret};
use super::context::Compartment;
use super::fault::{SealFault, Unreadable};
use super::ledger::CompartmentKey;
use super::secret::{Key32, SecretBytes};
use super::sign::SigningPair;
use crate::base::{DeviceId, StaffId};

pub const BUNDLE_VERSION: u8 = 1;
/// Compartment keys of one bundle: six compartments over many epochs.
const COMPARTMENT_KEYS_MAX: usize = 512;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffBundle {
    /// Ed25519 seed of the person.
    pub staff_seed: Key32,
    /// Ed25519 seed of the device, the same in every bundle on it.
    pub device_seed: Key32,
    /// X25519 secret of the device: the static key of its Noise handshakes.
    pub device_agreement: Key32,
    /// Root of the device's own store keys.
    pub device_root: Key32,
    /// Root of the clinic's room, handshake and signalling keys.
    pub network_key: Key32,
    /// Makes patients' pseudonyms, the same across the clinic.
    pub pseudonym_key: Key32,
    /// Ed25519 seed of the clinic, until it is split onto paper.
    pub clinic_root: Option<Key32>,
    pub compartments: Vec<CompartmentKey>,
}

impl StaffBundle {
    /// A new clinic's first owner on its first device: every key fresh, every compartment in its first epoch.
    pub fn make(fill: Fill) -> StaffBundle {
        StaffBundle {
            staff_seed: Key32::make(fill),
            device_seed: Key32::make(fill),
            device_agreement: make_agreement_secret(fill),
            device_root: Key32::make(fill),
            network_key: Key32::make(fill),
            pseudonym_key: Key32::make(fill),
            clinic_root: Some(Key32::make(fill)),
            compartments: Compartment::ALL.map(|c| CompartmentKey::make(c, 1, fill)).into(),
        }
    }

    pub fn staff_pair(&self) -> SigningPair {
        SigningPair::from_seed(&self.staff_seed)
    }

    pub fn device_pair(&self) -> SigningPair {
        SigningPair::from_seed(&self.device_seed)
    }

    pub fn root_pair(&self) -> Option<SigningPair> {
        self.clinic_root.as_ref().map(SigningPair::from_seed)
    }

    pub fn device_agreement_public(&self) -> [u8; 32] {
        derive_agreement_public(&self.device_agreement)
    }

    pub fn staff(&self) -> StaffId {
        self.staff_pair().public().staff_id()
    }

    pub fn device(&self) -> DeviceId {
        self.device_pair().public().device_id()
    }

    /// The key that new records of this compartment are sealed under.
    pub fn current(&self, compartment: Compartment) -> Option<&CompartmentKey> {
        self.compartments.iter().filter(|k| k.compartment == compartment).max_by_key(|k| k.epoch)
    }

    pub fn compartment_key(&self, compartment: Compartment, epoch: u32) -> Option<&CompartmentKey> {
        self.compartments.iter().find(|k| k.compartment == compartment && k.epoch == epoch)
    }

    /// For sealing only.
    pub fn to_bytes(&self) -> Result<SecretBytes, SealFault> {
        if self.compartments.len() > COMPARTMENT_KEYS_MAX {
            return Err(SealFault::TooLarge);
        }
        // Room for everything at once, so that growing leaves no copy behind.
        let mut out = Zeroizing::new(Vec::with_capacity(512 + 64 * self.compartments.len()));
        minicbor::encode(self, &mut *out).map_err(|_| SealFault::Encoding)?;
        Ok(SecretBytes::new(std::mem::take(&mut *out)))
    }

    pub fn parse(bytes: &[u8]) -> Result<StaffBundle, Unreadable> {
        let mut decoder = Decoder::new(bytes);
        match decoder.array().and_then(|_| decoder.u8()) {
            Ok(BUNDLE_VERSION) => {}
            Ok(0) | Err(_) => return Err(Unreadable::Malformed),
            Ok(_) => return Err(Unreadable::NewerFormat),
        }
        minicbor::decode(bytes).map_err(|_| Unreadable::Malformed)
    }
}

// By hand, so that `Key32` itself needs no encoding that could be used by accident.
// [version, staff seed, device seed, agreement, device root, network, pseudonym, clinic root | null, [[c, epoch, key]…]]
impl<C> Encode<C> for StaffBundle {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.array(9)?.u8(BUNDLE_VERSION)?;
        let fixed = [
            &self.staff_seed,
            &self.device_seed,
            &self.device_agreement,
            &self.device_root,
            &self.network_key,
            &self.pseudonym_key,
        ];
        for key in fixed {
            e.bytes(key.as_bytes())?;
        }
        match &self.clinic_root {
            Some(key) => e.bytes(key.as_bytes())?,
            None => e.null()?,
        };
        e.array(self.compartments.len() as u64)?;
        for k in &self.compartments {
            e.array(3)?.encode(k.compartment)?.u32(k.epoch)?.bytes(k.key.as_bytes())?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for StaffBundle {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        expect_array(d, 9)?;
        d.u8()?;
        let mut key = |d: &mut Decoder<'b>| {
            let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(ByteArray::<32>::decode(d, ctx)?.into());
            Ok::<Key32, decode::Error>(Key32::from_bytes(*bytes))
        };
        Ok(StaffBundle {
            staff_seed: key(d)?,
            device_seed: key(d)?,
            device_agreement: key(d)?,
            device_root: key(d)?,
            network_key: key(d)?,
            pseudonym_key: key(d)?,
            clinic_root: match d.datatype()? {
                minicbor::data::Type::Null => d.null().map(|()| None)?,
                _ => Some(key(d)?),
            },
            compartments: {
                let count = d.array()?.unwrap_or(u64::MAX);
                if count > COMPARTMENT_KEYS_MAX as u64 {
                    return Err(decode::Error::message("too many compartment keys"));
                }
                let mut keys = Vec::with_capacity(count as usize);
                for _ in 0..count {
                    expect_array(d, 3)?;
                    keys.push(CompartmentKey { compartment: d.decode()?, epoch: d.u32()?, key: key(d)? });
                }
                keys
            },
        })
    }
}

fn expect_array(d: &mut Decoder<'_>, len: u64) -> Result<(), decode::Error> {
    if d.array()? == Some(len) { Ok(()) } else { Err(decode::Error::message("unexpected length")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> StaffBundle {
        let mut next = 0u8;
        StaffBundle::make(&mut |bytes| {
            next += 1;
            bytes.fill(next);
        })
    }

    #[test]
    fn a_bundle_reads_back_with_and_without_the_clinic_root() {
        let with = bundle();
        let without = StaffBundle { clinic_root: None, ..bundle() };
        for bundle in [with, without] {
            let bytes = bundle.to_bytes().expect("encodes");
            assert_eq!(StaffBundle::parse(&bytes), Ok(bundle));
        }
    }

    #[test]
    fn the_latest_epoch_seals_and_earlier_ones_still_open() {
        let mut bundle = bundle();
        bundle.compartments.push(CompartmentKey::make(Compartment::Clinical, 2, &mut |b| b.fill(99)));
        assert_eq!(bundle.current(Compartment::Clinical).map(|k| k.epoch), Some(2));
        assert!(bundle.compartment_key(Compartment::Clinical, 1).is_some());
        assert!(bundle.compartment_key(Compartment::Clinical, 3).is_none());
    }

    #[test]
    fn a_bundle_does_not_print_its_keys() {
        assert!(!format!("{:?}", bundle()).contains("[1, 1"));
    }
}
