//! How a member of staff gets in: slots (passphrase, recovery code, passkey), each of which opens the same staff bundle,
//! and the bundle itself, which holds every secret of that person on that device. Stores nothing; never sees a clock.

use minicbor::{Decode, Encode};
use subtle::ConstantTimeEq;

use super::Fill;
use super::bundle::StaffBundle;
use super::context::{Compartment, Context};
use super::fault::{SealFault, Unreadable};
use super::kdf::{KdfFault, PassphraseParams, derive, derive_commitment, derive_slot_kek, hmac_sha256};
use super::secret::Key32;
use super::small::{NONCE_LEN, TAG_LEN, open_small, seal_small};
use crate::base::{ClinicId, KeyId, PatientId, StaffId};

pub const SLOTS_VERSION: u8 = 1;
/// Checked before parsing.
pub const SLOTS_MAX: usize = 64 * 1024;
/// Slots of one person on one device.
const SLOT_COUNT_MAX: usize = 16;
const WRAPPED_LEN: usize = NONCE_LEN + 32 + TAG_LEN;

/// What a slot is opened with. The codes are stored and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SlotKind {
    #[n(1)]
    Passphrase,
    #[n(2)]
    Recovery,
    #[n(3)]
    Passkey,
}

/// A person's secret at the lock screen. Recovery codes and passkeys are random 256-bit keys and need no slow derivation.
#[derive(Clone, Copy, Debug)]
pub enum SlotSecret<'a> {
    Passphrase(&'a str),
    Recovery(&'a Key32),
    Passkey(&'a Key32),
}

/// One way in. Everything but the wrapped key is in the clear, and bound to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Slot {
    #[n(0)]
    pub id: KeyId,
    #[n(1)]
    pub kind: SlotKind,
    /// For passphrases only.
    #[n(2)]
    params: Option<PassphraseParams>,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    salt: [u8; 16],
    /// Tells a wrong secret from a damaged slot, and keeps one ciphertext from opening under two keys.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    commitment: [u8; 32],
    /// The bundle key, sealed under the slot's key.
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    wrapped: Vec<u8>,
}

/// All the slots of one person on one device and the sealed bundle that they open: one stored object.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SlotSet {
    #[n(0)]
    version: u8,
    #[n(1)]
    pub clinic: ClinicId,
    #[n(2)]
    pub staff: StaffId,
    #[n(3)]
    slots: Vec<Slot>,
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    sealed: Vec<u8>,
    /// Over all of the above, by a key below the device root: no slot can be added, swapped or dropped unseen.
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    mac: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotFault {
    #[error("wrong passphrase")]
    WrongPassphrase,
    #[error("the passphrase is protected more weakly than this app allows")]
    BelowFloor,
    #[error("the stored keys are damaged or were tampered with")]
    Damaged,
    #[error("written by a newer version of the app")]
    NewerFormat,
    #[error("not enough memory to open")]
    OutOfMemory,
    #[error("too many ways in already")]
    TooMany,
    #[error("could not be sealed")]
    NotSealed,
}

/// The first way in: a bundle sealed for one person under a passphrase.
pub fn make_passphrase_slot(
    clinic: ClinicId,
    passphrase: &str,
    params: PassphraseParams,
    bundle: &StaffBundle,
    fill: Fill,
) -> Result<SlotSet, SlotFault> {
    let mut set = SlotSet {
        version: SLOTS_VERSION,
        clinic,
        staff: bundle.staff(),
        slots: Vec::new(),
        sealed: Vec::new(),
        mac: [0; 32],
    };
    let open = OpenSlots { bundle: bundle.clone(), key: Key32::make(fill) };
    set.add(&open, SlotSecret::Passphrase(passphrase), params, derive_slot_kek, fill)?;
    set.reseal(&open, fill)?;
    Ok(set)
}

/// Tries a passphrase. Takes about a second, by design.
pub fn open_slot(passphrase: &str, set: &SlotSet) -> Result<OpenSlots, SlotFault> {
    set.open(SlotSecret::Passphrase(passphrase), derive_slot_kek)
}

/// Tries a recovery code's or passkey's key.
pub fn open_with(secret: SlotSecret, set: &SlotSet) -> Result<OpenSlots, SlotFault> {
    set.open(secret, derive_slot_kek)
}

/// What an opened set gives: the bundle, and the right to change the set.
#[derive(Clone, Debug)]
pub struct OpenSlots {
    pub bundle: StaffBundle,
    key: Key32,
}

type PassphraseKdf = fn(&str, &[u8; 16], PassphraseParams) -> Result<Key32, KdfFault>;

impl SlotSet {
    pub fn to_bytes(&self) -> Result<Vec<u8>, SlotFault> {
        minicbor::to_vec(self).map_err(|_| SlotFault::NotSealed)
    }

    pub fn parse(bytes: &[u8]) -> Result<SlotSet, SlotFault> {
        if bytes.len() > SLOTS_MAX {
            return Err(SlotFault::Damaged);
        }
        let mut decoder = minicbor::Decoder::new(bytes);
        match decoder.array().and_then(|_| decoder.u8()) {
            Ok(SLOTS_VERSION) => {}
            Ok(0) | Err(_) => return Err(SlotFault::Damaged),
            Ok(_) => return Err(SlotFault::NewerFormat),
        }
        let set: SlotSet = minicbor::decode(bytes).map_err(|_| SlotFault::Damaged)?;
        let well_formed = (1..=SLOT_COUNT_MAX).contains(&set.slots.len())
            && set.slots.iter().all(|s| s.wrapped.len() == WRAPPED_LEN)
            && set.slots.iter().all(|s| s.params.is_some() == (s.kind == SlotKind::Passphrase));
        if well_formed { Ok(set) } else { Err(SlotFault::Damaged) }
    }

    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Adds another way in. `params` matter for passphrases only.
    pub fn add_slot(
        &mut self,
        open: &OpenSlots,
        secret: SlotSecret,
        params: PassphraseParams,
        fill: Fill,
    ) -> Result<KeyId, SlotFault> {
        let id = self.add(open, secret, params, derive_slot_kek, fill)?;
        self.mac = self.mac_under(&open.bundle)?;
        Ok(id)
    }

    /// Replaces every passphrase by this one. The bundle key changes with it, so that the old passphrase and an old
    /// copy of the database do not open what is sealed from now on; other ways in must be set up anew.
    pub fn change_passphrase(
        &mut self,
        open: &mut OpenSlots,
        passphrase: &str,
        params: PassphraseParams,
        fill: Fill,
    ) -> Result<(), SlotFault> {
        let fresh = OpenSlots { bundle: open.bundle.clone(), key: Key32::make(fill) };
        let mut set = SlotSet { slots: Vec::new(), ..self.clone() };
        set.add(&fresh, SlotSecret::Passphrase(passphrase), params, derive_slot_kek, fill)?;
        set.reseal(&fresh, fill)?;
        (*self, *open) = (set, fresh);
        Ok(())
    }

    /// Seals the bundle again after it changed (new epoch, new compartment); every way in stays.
    pub fn reseal(&mut self, open: &OpenSlots, fill: Fill) -> Result<(), SlotFault> {
        let plain = open.bundle.to_bytes().map_err(|_| SlotFault::NotSealed)?;
        let sealed = seal_small(&open.key, &self.bundle_context(), &plain, fill).map_err(|_| SlotFault::NotSealed)?;
        let old = std::mem::replace(&mut self.sealed, sealed);
        match self.mac_under(&open.bundle) {
            Ok(mac) => self.mac = mac,
            Err(fault) => {
                self.sealed = old;
                return Err(fault);
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        open: &OpenSlots,
        secret: SlotSecret,
        params: PassphraseParams,
        kdf: PassphraseKdf,
        fill: Fill,
    ) -> Result<KeyId, SlotFault> {
        if self.slots.len() >= SLOT_COUNT_MAX {
            return Err(SlotFault::TooMany);
        }
        let mut slot = Slot {
            id: KeyId::ZERO,
            kind: secret.kind(),
            params: matches!(secret, SlotSecret::Passphrase(_)).then_some(params),
            salt: [0; 16],
            commitment: [0; 32],
            wrapped: Vec::new(),
        };
        fill(&mut slot.id.0);
        fill(&mut slot.salt);
        let kek = slot.kek(secret, kdf)?;
        let place = slot.place()?;
        slot.commitment = derive_commitment(&kek, &place);
        let context = self.slot_context(&slot, &place);
        slot.wrapped = seal_small(&kek, &context, open.key.as_bytes(), fill).map_err(|_| SlotFault::NotSealed)?;
        let id = slot.id;
        self.slots.push(slot);
        Ok(id)
    }

    fn open(&self, secret: SlotSecret, kdf: PassphraseKdf) -> Result<OpenSlots, SlotFault> {
        let mut fault = SlotFault::WrongPassphrase;
        for slot in self.slots.iter().filter(|s| s.kind == secret.kind()) {
            let kek = match slot.kek(secret, kdf) {
                Ok(kek) => kek,
                Err(why) => {
                    fault = why;
                    continue;
                }
            };
            let place = slot.place()?;
            if bool::from(derive_commitment(&kek, &place).ct_eq(&slot.commitment)) {
                return self.unwrap(slot, &kek, &place);
            }
        }
        Err(fault)
    }

    fn unwrap(&self, slot: &Slot, kek: &Key32, place: &[u8]) -> Result<OpenSlots, SlotFault> {
        let key = open_small(kek, &self.slot_context(slot, place), &slot.wrapped)?;
        let key = Key32::from_slice(&key).ok_or(SlotFault::Damaged)?;
        let plain = open_small(&key, &self.bundle_context(), &self.sealed)?;
        let bundle = StaffBundle::parse(&plain)?;
        let genuine = bundle.staff() == self.staff && bool::from(self.mac_under(&bundle)?.ct_eq(&self.mac));
        if genuine { Ok(OpenSlots { bundle, key }) } else { Err(SlotFault::Damaged) }
    }

    fn mac_under(&self, bundle: &StaffBundle) -> Result<[u8; 32], SlotFault> {
        let key = derive(&bundle.device_root, "slot-set-mac", &[]);
        let covered = SlotSet { mac: [0; 32], ..self.clone() }.to_bytes()?;
        Ok(hmac_sha256(&key, &[&covered]))
    }

    fn slot_context<'a>(&self, slot: &Slot, place: &'a [u8]) -> Context<'a> {
        self.context("slot", place, slot.id)
    }

    fn bundle_context(&self) -> Context<'_> {
        self.context("staff-bundle", self.staff.as_bytes(), KeyId::ZERO)
    }

    fn context<'a>(&self, space: &'a str, key: &'a [u8], key_id: KeyId) -> Context<'a> {
        Context {
            clinic: self.clinic,
            compartment: Compartment::Governance,
            space,
            key,
            patient: PatientId::ZERO,
            key_id,
            epoch: 0,
            version: self.version,
        }
    }
}

impl Slot {
    /// What a slot is apart from its secrets, as bytes to bind to: id, kind, cost and salt.
    fn place(&self) -> Result<Vec<u8>, SlotFault> {
        let salt = minicbor::bytes::ByteArray::from(self.salt);
        minicbor::to_vec((self.id, self.kind, self.params, salt)).map_err(|_| SlotFault::NotSealed)
    }

    fn kek(&self, secret: SlotSecret, kdf: PassphraseKdf) -> Result<Key32, SlotFault> {
        match secret {
            SlotSecret::Passphrase(text) => {
                let params = self.params.ok_or(SlotFault::Damaged)?;
                Ok(kdf(text, &self.salt, params)?)
            }
            SlotSecret::Recovery(key) => Ok(derive(key, "slot/recovery", &self.salt)),
            SlotSecret::Passkey(key) => Ok(derive(key, "slot/passkey", &self.salt)),
        }
    }
}

impl SlotSecret<'_> {
    fn kind(&self) -> SlotKind {
        match self {
            SlotSecret::Passphrase(_) => SlotKind::Passphrase,
            SlotSecret::Recovery(_) => SlotKind::Recovery,
            SlotSecret::Passkey(_) => SlotKind::Passkey,
        }
    }
}

impl From<KdfFault> for SlotFault {
    fn from(fault: KdfFault) -> SlotFault {
        match fault {
            KdfFault::BelowFloor => SlotFault::BelowFloor,
            KdfFault::OutOfMemory => SlotFault::OutOfMemory,
            KdfFault::AboveCeiling | KdfFault::Refused => SlotFault::Damaged,
        }
    }
}

impl From<Unreadable> for SlotFault {
    fn from(_: Unreadable) -> SlotFault {
        SlotFault::Damaged
    }
}

impl From<SealFault> for SlotFault {
    fn from(_: SealFault) -> SlotFault {
        SlotFault::NotSealed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::kdf::derive_slot_kek_unchecked;
    use crate::crypto::ledger::CompartmentKey;

    const TINY: PassphraseParams = PassphraseParams { m_kib: 8, t: 1, p: 1 };
    const CLINIC: ClinicId = ClinicId([1; 16]);

    fn counting() -> impl FnMut(&mut [u8]) {
        let mut next = 0u8;
        move |bytes| {
            next += 1;
            bytes.fill(next);
        }
    }

    /// As `make_passphrase_slot`, at a cost that tests can pay.
    fn made(passphrase: &str) -> (SlotSet, OpenSlots) {
        let mut fill = counting();
        let bundle = StaffBundle::make(&mut fill);
        let mut set = SlotSet {
            version: SLOTS_VERSION,
            clinic: CLINIC,
            staff: bundle.staff(),
            slots: Vec::new(),
            sealed: Vec::new(),
            mac: [0; 32],
        };
        let open = OpenSlots { bundle, key: Key32::make(&mut fill) };
        set.add(&open, SlotSecret::Passphrase(passphrase), TINY, derive_slot_kek_unchecked, &mut fill).expect("adds");
        set.reseal(&open, &mut fill).expect("seals");
        (set, open)
    }

    fn open(set: &SlotSet, passphrase: &str) -> Result<StaffBundle, SlotFault> {
        set.open(SlotSecret::Passphrase(passphrase), derive_slot_kek_unchecked).map(|o| o.bundle)
    }

    #[test]
    fn the_right_passphrase_opens_and_the_wrong_one_says_so() {
        let (set, opened) = made("correct horse");
        let set = SlotSet::parse(&set.to_bytes().expect("encodes")).expect("parses");
        assert_eq!(open(&set, "correct horse"), Ok(opened.bundle));
        assert_eq!(open(&set, "correct house"), Err(SlotFault::WrongPassphrase));
    }

    #[test]
    fn a_slot_below_the_floor_is_refused_in_earnest() {
        let (set, _) = made("x");
        assert_eq!(open_slot("x", &set).err(), Some(SlotFault::BelowFloor));
        let mut fill = counting();
        let bundle = StaffBundle::make(&mut fill);
        assert_eq!(make_passphrase_slot(CLINIC, "x", TINY, &bundle, &mut fill).err(), Some(SlotFault::BelowFloor));
    }

    #[test]
    fn a_weakened_or_swapped_slot_does_not_open() {
        let (set, _) = made("mine");
        let mut weakened = set.clone();
        weakened.slots[0].params = Some(PassphraseParams { m_kib: 16, ..TINY });
        assert_eq!(open(&weakened, "mine"), Err(SlotFault::WrongPassphrase));

        let (theirs, _) = made("theirs");
        let mut swapped = set.clone();
        swapped.slots[0].kind = SlotKind::Recovery;
        assert_eq!(open(&swapped, "mine"), Err(SlotFault::WrongPassphrase), "no passphrase slot is left");
        let mut other_bundle = set.clone();
        other_bundle.sealed.clone_from(&theirs.sealed);
        other_bundle.clinic = ClinicId([9; 16]);
        assert_eq!(open(&other_bundle, "mine"), Err(SlotFault::Damaged));
    }

    #[test]
    fn a_slot_added_by_someone_without_the_device_root_is_noticed() {
        let (mut set, opened) = made("mine");
        let mut fill = counting();
        set.add(&opened, SlotSecret::Passphrase("thief"), TINY, derive_slot_kek_unchecked, &mut fill).expect("adds");
        assert_eq!(open(&set, "mine"), Err(SlotFault::Damaged));
    }

    #[test]
    fn a_changed_bundle_opens_by_every_way_in() {
        let (mut set, mut opened) = made("mine");
        let mut fill = counting();
        let code = Key32::from_bytes([77; 32]);
        set.add_slot(&opened, SlotSecret::Recovery(&code), TINY, &mut fill).expect("adds");
        opened.bundle.compartments.push(CompartmentKey::make(Compartment::Stock, 2, &mut fill));
        set.reseal(&opened, &mut fill).expect("seals");
        assert_eq!(open(&set, "mine"), Ok(opened.bundle.clone()));
        assert_eq!(open_with(SlotSecret::Recovery(&code), &set).map(|o| o.bundle), Ok(opened.bundle));
        assert_eq!(open_with(SlotSecret::Passkey(&code), &set).err(), Some(SlotFault::WrongPassphrase));
    }

    #[test]
    fn no_single_flipped_bit_opens() {
        let (set, _) = made("mine");
        let bytes = set.to_bytes().expect("encodes");
        for i in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[i] ^= 1 << (i % 8);
            if let Ok(set) = SlotSet::parse(&flipped) {
                assert!(open(&set, "mine").is_err(), "byte {i}");
            }
        }
    }
}
