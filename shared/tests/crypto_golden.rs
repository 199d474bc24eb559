//! Stored means forever: every format that the crypto module writes, byte for byte, and opened again from its file.
//! A released file in `golden/` is never edited; a new format adds files. `LUCERNA_GOLDEN=write` writes only missing ones.
#![allow(clippy::expect_used)]

use std::path::PathBuf;

use lucerna_shared::base::{ClinicId, KeyId, PatientId, Timestamp};
use lucerna_shared::crypto::agree::derive_agreement_public;
use lucerna_shared::crypto::bulk::derive_bundle_seal;
use lucerna_shared::crypto::bundle::StaffBundle;
use lucerna_shared::crypto::cert::{Body, Certificate, Device, Revocation, Role, SESSION_MAX_MS, Session, Staff};
use lucerna_shared::crypto::control::ControlLog;
use lucerna_shared::crypto::kdf::{PassphraseParams, derive, derive_commitment};
use lucerna_shared::crypto::ledger::{CompartmentKey, LedgerEntry, PatientKey, unwrap, wrap};
use lucerna_shared::crypto::padding::{pad, unpad};
use lucerna_shared::crypto::room::{derive_network_psk, derive_room_pair, derive_signal_key, room_id};
use lucerna_shared::crypto::slot::{SlotSet, make_passphrase_slot, open_slot};
use lucerna_shared::crypto::small::{open_small, seal_small};
use lucerna_shared::crypto::store_keys::{StoreKeys, derive_pseudonym};
use lucerna_shared::crypto::{Compartment, Context, Domain, Key32, Signature, SigningPair, envelope};

const CLINIC: ClinicId = ClinicId([0xc1; 16]);
const PATIENT: PatientId = PatientId([0xa1; 16]);
const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// Compares with the stored file, and returns what the file holds.
fn golden(name: &str, made: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.hex"));
    let hex: String = made.iter().map(|b| format!("{b:02x}")).collect();
    if !path.exists() && std::env::var_os("LUCERNA_GOLDEN").is_some_and(|v| v == "write") {
        std::fs::write(&path, format!("{hex}\n")).expect("writes");
    }
    let stored = std::fs::read_to_string(&path).expect("the golden file is there");
    let stored = stored.trim();
    assert_eq!(hex, stored, "{name} is no longer written as it was released");
    (0..stored.len()).step_by(2).map(|i| u8::from_str_radix(&stored[i..i + 2], 16).expect("hex")).collect()
}

/// Bytes 1, 2, 3, …: the same "randomness" in every run.
fn counting() -> impl FnMut(&mut [u8]) {
    let mut next = 0u8;
    move |bytes| {
        for byte in bytes {
            next = next.wrapping_add(1);
            *byte = next;
        }
    }
}

fn key(fill: u8) -> Key32 {
    Key32::from_bytes([fill; 32])
}

fn context() -> Context<'static> {
    Context {
        clinic: CLINIC,
        compartment: Compartment::Clinical,
        space: "drafts",
        key: b"row-1",
        patient: PATIENT,
        key_id: KeyId([0x1d; 8]),
        epoch: 1,
        version: 1,
    }
}

#[test]
fn associated_data() {
    golden("context_v1", &context().aad());
}

#[test]
fn a_small_object_and_its_envelope() {
    let small = seal_small(&key(1), &context(), b"a draft", &mut counting()).expect("seals");
    let small = golden("small_v1", &small);
    assert_eq!(open_small(&key(1), &context(), &small).as_deref(), Ok(&b"a draft"[..]));

    let sealed = envelope::seal(&key(1), &context(), b"a draft", &mut counting()).expect("seals");
    let sealed = golden("envelope_v1", &sealed);
    assert_eq!(envelope::open(&key(1), &context(), &sealed).as_deref(), Ok(&b"a draft"[..]));
}

#[test]
fn the_body_of_a_change_bundle() {
    let patient_key = PatientKey { id: KeyId([0x1d; 8]), key: key(2) };
    let seal = || derive_bundle_seal(CLINIC, Compartment::Clinical, 1, PATIENT, &patient_key, &[0xb1; 16]);
    let body = golden("bundle_body_v1", &seal().seal(&pad(b"changes")).expect("seals"));
    let padded = seal().open(&body).expect("opens");
    assert_eq!(unpad(&padded), Ok(&b"changes"[..]));
}

#[test]
fn a_wrapped_patient_key() {
    let ck = CompartmentKey { compartment: Compartment::Clinical, epoch: 1, key: key(3) };
    let pk = PatientKey { id: KeyId([0x1d; 8]), key: key(4) };
    let entry = wrap(CLINIC, &ck, PATIENT, &pk, &mut counting()).expect("wraps");
    let bytes = golden("ledger_entry_v1", &entry.to_bytes().expect("encodes"));
    let entry = LedgerEntry::parse(&bytes).expect("parses");
    assert_eq!(unwrap(CLINIC, &ck, &entry), Ok(pk));
}

#[test]
fn a_staff_bundle_and_the_slots_that_open_it() {
    let bundle = StaffBundle::make(&mut counting());
    let bytes = golden("staff_bundle_v1", &bundle.to_bytes().expect("encodes"));
    assert_eq!(StaffBundle::parse(&bytes).as_ref(), Ok(&bundle));

    let phrase = "correct horse battery staple";
    let set = make_passphrase_slot(CLINIC, phrase, PassphraseParams::DEFAULT, &bundle, &mut counting()).expect("makes");
    let bytes = golden("slot_set_v1", &set.to_bytes().expect("encodes"));
    let set = SlotSet::parse(&bytes).expect("parses");
    assert_eq!(open_slot(phrase, &set).map(|open| open.bundle), Ok(bundle));
}

#[test]
fn certificates_of_every_kind() {
    let [root, owner, tablet, session] = [1, 2, 10, 20].map(|seed| SigningPair::from_seed(&key(seed)));
    let genesis = Certificate::genesis(&root, CLINIC, "Klinik Melati", NOW).expect("genesis");
    let staff = Body::Staff(Staff {
        key: owner.public(),
        name: "Sari".into(),
        title: "dr.".into(),
        role: Role::OWNER,
        issued: NOW,
    });
    let staff = Certificate::issue(genesis.hash(), &root, staff).expect("staff");
    let device = Body::Device(Device {
        key: tablet.public(),
        agreement: derive_agreement_public(&key(11)),
        name: "Front desk".into(),
        issued: NOW,
    });
    let device = Certificate::issue(staff.hash(), &owner, device).expect("device");
    let body = Session {
        key: session.public(),
        device: device.hash(),
        not_before: NOW,
        not_after: NOW.plus_millis(SESSION_MAX_MS),
    };
    let at_work = Certificate::session(staff.hash(), body, &owner, &tablet).expect("session");
    let revoked = Body::Revocation(Revocation { subject: device.hash(), at: NOW.plus_millis(1) });
    let revoked = Certificate::issue(staff.hash(), &owner, revoked).expect("revocation");

    let genesis = Certificate::parse(&golden("cert_genesis_v1", genesis.bytes())).expect("parses");
    let mut log = ControlLog::found(genesis).expect("founds");
    for (name, cert) in [
        ("cert_staff_v1", staff),
        ("cert_device_v1", device),
        ("cert_session_v1", at_work.clone()),
        ("cert_revocation_v1", revoked),
    ] {
        log.insert(&golden(name, cert.bytes())).expect("is accepted");
    }
    assert_eq!(log.verify_chain(&at_work.hash()).map(|a| a.staff_name), Ok("Sari".into()));
}

#[test]
fn a_signature_in_its_domain() {
    let pair = SigningPair::from_seed(&key(1));
    for (name, domain) in
        [("signature_bundle_header_v1", Domain::BundleHeader), ("signature_audit_entry_v1", Domain::AuditEntry)]
    {
        let stored = golden(name, &pair.sign(domain, b"message").0);
        let signature = Signature(stored.try_into().expect("64 bytes"));
        assert_eq!(pair.public().verify(domain, b"message", &signature), Ok(()));
    }
}

#[test]
fn every_derived_key_and_name() {
    let store = StoreKeys::derive(&key(5));
    let network = key(6);
    let room = derive_room_pair(&network, 2968).public();
    let mut all = Vec::new();
    for key in [&store.index, &store.log_header, &store.config, &store.drafts, &store.audit] {
        all.extend_from_slice(key.as_bytes());
    }
    all.extend_from_slice(&store.row_key(&PATIENT));
    all.extend_from_slice(derive_pseudonym(&key(8), "0f3a-77").as_bytes());
    all.extend_from_slice(derive(&key(7), "label", b"context").as_bytes());
    all.extend_from_slice(&derive_commitment(&key(7), b"context"));
    all.extend_from_slice(derive_network_psk(&network, 2968).as_bytes());
    all.extend_from_slice(derive_signal_key(&network, 2968).as_bytes());
    all.extend_from_slice(&room.0);
    all.extend_from_slice(room_id(&room).as_bytes());
    golden("derived_v1", &all);
}
