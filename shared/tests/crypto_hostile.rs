//! Hostile bytes: nothing that is read from storage or the network panics, and nothing opens in a place that is not its own.
#![allow(clippy::expect_used)]

use lucerna_shared::base::{ClinicId, KeyId, PatientId};
use lucerna_shared::crypto::bundle::StaffBundle;
use lucerna_shared::crypto::cert::Certificate;
use lucerna_shared::crypto::ledger::{CompartmentKey, LedgerEntry, make_patient_key, unwrap, wrap};
use lucerna_shared::crypto::padding::unpad;
use lucerna_shared::crypto::slot::SlotSet;
use lucerna_shared::crypto::small::open_small;
use lucerna_shared::crypto::{Compartment, Context, Key32, envelope};
use proptest::prelude::*;

const GOLDEN: [&str; 8] = [
    include_str!("golden/ledger_entry_v1.hex"),
    include_str!("golden/slot_set_v1.hex"),
    include_str!("golden/staff_bundle_v1.hex"),
    include_str!("golden/cert_genesis_v1.hex"),
    include_str!("golden/cert_staff_v1.hex"),
    include_str!("golden/cert_device_v1.hex"),
    include_str!("golden/cert_session_v1.hex"),
    include_str!("golden/cert_revocation_v1.hex"),
];

fn unhex(text: &str) -> Vec<u8> {
    let text = text.trim();
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

/// Everything that reads bytes; none may panic, and nothing here is sealed for this key.
fn read_all(bytes: &[u8]) {
    let key = Key32::from_bytes([1; 32]);
    assert!(envelope::open(&key, &context(), bytes).is_err());
    assert!(open_small(&key, &context(), bytes).is_err());
    let _ = envelope::peek(bytes);
    let _ = LedgerEntry::parse(bytes);
    let _ = SlotSet::parse(bytes);
    let _ = StaffBundle::parse(bytes);
    let _ = Certificate::parse(bytes);
    let _ = unpad(bytes);
}

fn context() -> Context<'static> {
    Context {
        clinic: ClinicId([1; 16]),
        compartment: Compartment::Clinical,
        space: "drafts",
        key: b"k",
        patient: PatientId([2; 16]),
        key_id: KeyId([3; 8]),
        epoch: 4,
        version: 1,
    }
}

fn contexts() -> impl Strategy<Value = (u8, usize, bool, Vec<u8>, u8, u8, u32)> {
    (
        any::<u8>(),
        0..6usize,
        any::<bool>(),
        proptest::collection::vec(any::<u8>(), 0..40),
        any::<u8>(),
        any::<u8>(),
        0..9u32,
    )
}

fn place(
    (clinic, compartment, drafts, key, patient, key_id, epoch): &(u8, usize, bool, Vec<u8>, u8, u8, u32),
) -> Context<'_> {
    Context {
        clinic: ClinicId([*clinic; 16]),
        compartment: Compartment::ALL[*compartment],
        space: if *drafts { "drafts" } else { "audit" },
        key,
        patient: PatientId([*patient; 16]),
        key_id: KeyId([*key_id; 8]),
        epoch: *epoch,
        version: 1,
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read_all(&bytes);
    }

    #[test]
    fn mutated_and_cut_bytes_are_read_without_a_panic(
        which in 0..GOLDEN.len(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 1..=255u8), 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = unhex(GOLDEN[which]);
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        read_all(&bytes);
        read_all(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn an_object_opens_in_its_own_place_and_in_no_other(here in contexts(), there in contexts()) {
        let key = Key32::from_bytes([9; 32]);
        let sealed = envelope::seal(&key, &place(&here), b"plain", &mut |b| b.fill(1)).expect("seals");
        prop_assert!(envelope::open(&key, &place(&here), &sealed).is_ok());
        prop_assert_eq!(envelope::open(&key, &place(&there), &sealed).is_ok(), here == there);
        prop_assert_eq!(place(&here).aad() == place(&there).aad(), here == there);
    }

    #[test]
    fn a_changed_byte_never_opens(plain in proptest::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let key = Key32::from_bytes([9; 32]);
        let mut sealed = envelope::seal(&key, &context(), &plain, &mut |b| b.fill(1)).expect("seals");
        let at = at.index(sealed.len());
        sealed[at] ^= flip;
        prop_assert!(envelope::open(&key, &context(), &sealed).is_err());
    }

    #[test]
    fn a_changed_ledger_entry_never_gives_a_key(at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let clinic = ClinicId([1; 16]);
        let ck = CompartmentKey { compartment: Compartment::Clinical, epoch: 1, key: Key32::from_bytes([9; 32]) };
        let pk = make_patient_key(&mut |b| b.fill(1));
        let entry = wrap(clinic, &ck, PatientId([2; 16]), &pk, &mut |b| b.fill(2)).expect("wraps");
        let mut bytes = entry.to_bytes().expect("encodes");
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(entry) = LedgerEntry::parse(&bytes) {
            prop_assert!(unwrap(clinic, &ck, &entry).is_err());
        }
    }
}

#[test]
fn lengths_that_lie_allocate_nothing() {
    // CBOR heads that promise 2^40 slots, 2^32 keys, 2^63 bytes.
    for head in ["8601", "86015050", "9b0000010000000000", "5b7fffffffffffffff", "8901582000", "bb00000000ffffffff"] {
        read_all(&unhex(head));
        let mut long = unhex(head);
        long.extend_from_slice(&[0x9b, 0, 0, 1, 0, 0, 0, 0, 0]);
        read_all(&long);
    }
}
