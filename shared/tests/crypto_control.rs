//! The control log as a story: who may issue what, sessions, revocations, and that order of arrival changes nothing.
#![allow(clippy::expect_used)]

use lucerna_shared::base::{ClinicId, Hash, Timestamp};
use lucerna_shared::crypto::agree::derive_agreement_public;
use lucerna_shared::crypto::cert::{
    Body, CertFault, Certificate, Device, Revocation, Role, SESSION_MAX_MS, Session, Staff,
};
use lucerna_shared::crypto::control::{ControlLog, Inserted, Why};
use lucerna_shared::crypto::{Key32, SigningPair};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn pair(seed: u8) -> SigningPair {
    SigningPair::from_seed(&Key32::from_bytes([seed; 32]))
}

fn genesis() -> Certificate {
    Certificate::genesis(&pair(1), ClinicId([7; 16]), "Klinik Melati", NOW).expect("genesis")
}

fn staff(
    issuer: &Certificate,
    signer: &SigningPair,
    who: u8,
    name: &str,
    role: Role,
    issued: Timestamp,
) -> Certificate {
    let body = Staff { key: pair(who).public(), name: name.into(), title: "dr.".into(), role, issued };
    Certificate::issue(issuer.hash(), signer, Body::Staff(body)).expect("staff")
}

fn device(issuer: &Certificate, signer: &SigningPair, which: u8, name: &str) -> Certificate {
    let agreement = derive_agreement_public(&Key32::from_bytes([which; 32]));
    let body = Device { key: pair(which).public(), agreement, name: name.into(), issued: NOW };
    Certificate::issue(issuer.hash(), signer, Body::Device(body)).expect("device")
}

fn session(staff: &Certificate, who: u8, device: &Certificate, which: u8, from: Timestamp) -> Certificate {
    let body = Session {
        key: pair(200).public(),
        device: device.hash(),
        not_before: from,
        not_after: from.plus_millis(SESSION_MAX_MS),
    };
    Certificate::session(staff.hash(), body, &pair(who), &pair(which)).expect("session")
}

fn revoke(issuer: &Certificate, signer: &SigningPair, subject: Hash, at: Timestamp) -> Certificate {
    Certificate::issue(issuer.hash(), signer, Body::Revocation(Revocation { subject, at })).expect("revocation")
}

/// Owner (2) and clinician (3) on tablets (10) and (11): everything a small clinic holds.
struct Clinic {
    genesis: Certificate,
    owner: Certificate,
    clinician: Certificate,
    tablet: Certificate,
    second: Certificate,
    at_work: Certificate,
}

fn clinic() -> Clinic {
    let genesis = genesis();
    let owner = staff(&genesis, &pair(1), 2, "Sari", Role::OWNER, NOW);
    let clinician = staff(&owner, &pair(2), 3, "Budi", Role::CLINICIAN, NOW);
    let tablet = device(&owner, &pair(2), 10, "Front desk");
    let second = device(&owner, &pair(2), 11, "Room 2");
    let at_work = session(&clinician, 3, &second, 11, NOW);
    Clinic { genesis, owner, clinician, tablet, second, at_work }
}

impl Clinic {
    fn all(&self) -> Vec<Certificate> {
        let mut all = vec![&self.owner, &self.clinician, &self.tablet, &self.second, &self.at_work];
        let revoked = revoke(&self.owner, &pair(2), self.tablet.hash(), NOW.plus_millis(5));
        let renamed = staff(&self.owner, &pair(2), 3, "Budi Santoso", Role::CLINICIAN, NOW.plus_millis(9));
        all.extend([&revoked, &renamed]);
        all.into_iter().cloned().collect()
    }

    fn log(&self, certs: &[Certificate]) -> ControlLog {
        let mut log = ControlLog::found(self.genesis.clone()).expect("founds");
        for cert in certs {
            log.insert(cert.bytes()).expect("inserts");
        }
        log
    }
}

#[test]
fn a_session_leads_back_to_a_person_a_tablet_and_the_clinic() {
    let clinic = clinic();
    let log = clinic.log(&clinic.all());
    let authority = log.verify_chain(&clinic.at_work.hash()).expect("has authority");
    assert_eq!((authority.staff_name.as_str(), authority.role), ("Budi", Role::CLINICIAN));
    assert_eq!(authority.device_name, "Room 2");
    assert_eq!(authority.session_key, pair(200).public());
    assert!(authority.covers(NOW) && !authority.covers(NOW.plus_millis(-1)));
    assert_eq!(log.staff_name(&pair(3).public().staff_id()), Some("Budi Santoso"), "the latest name is shown");
    assert_eq!(log.device_name(&pair(10).public().device_id()), Some("Front desk"));
    assert_eq!(log.devices().iter().filter(|d| d.revoked).count(), 1);
}

#[test]
fn what_arrives_before_its_issuer_waits_for_it() {
    let clinic = clinic();
    let mut log = clinic.log(&[]);
    assert_eq!(log.insert(clinic.at_work.bytes()), Ok(Inserted::Pending));
    assert_eq!(log.verify_chain(&clinic.at_work.hash()), Err(Why::Incomplete));
    assert_eq!(log.insert(clinic.clinician.bytes()), Ok(Inserted::Pending));
    assert_eq!(log.insert(clinic.second.bytes()), Ok(Inserted::Pending));
    let Ok(Inserted::Accepted(arrived)) = log.insert(clinic.owner.bytes()) else { panic!("accepted") };
    assert_eq!(arrived.first(), Some(&clinic.owner.hash()));
    assert_eq!((arrived.len(), log.pending()), (4, 0));
    assert!(log.verify_chain(&clinic.at_work.hash()).is_ok());
    assert_eq!(log.insert(clinic.owner.bytes()), Ok(Inserted::Known));
}

#[test]
fn nobody_but_an_owner_brings_in_staff_or_devices() {
    let clinic = clinic();
    let mut log = clinic.log(&clinic.all());
    let by_clinician = staff(&clinic.clinician, &pair(3), 4, "Self-made", Role::OWNER, NOW);
    assert_eq!(log.insert(by_clinician.bytes()), Err(CertFault::NotAuthorised));
    let by_device = device(&clinic.tablet, &pair(10), 12, "Smuggled");
    assert_eq!(log.insert(by_device.bytes()), Err(CertFault::NotAuthorised));
    let forged = staff(&clinic.owner, &pair(9), 4, "Forged", Role::OWNER, NOW);
    assert_eq!(log.insert(forged.bytes()), Err(CertFault::BadSignature));
    let revocation = revoke(&clinic.clinician, &pair(3), clinic.owner.hash(), NOW);
    assert_eq!(log.insert(revocation.bytes()), Err(CertFault::NotAuthorised));
}

#[test]
fn another_clinics_root_is_foreign() {
    let mut log = clinic().log(&[]);
    let other = Certificate::genesis(&pair(99), ClinicId([7; 16]), "Klinik Melati", NOW).expect("genesis");
    assert_eq!(log.insert(other.bytes()), Err(CertFault::ForeignClinic));
}

#[test]
fn a_session_needs_both_the_person_and_the_tablet() {
    let clinic = clinic();
    let mut log = clinic.log(&clinic.all());
    let wrong_tablet = session(&clinic.clinician, 3, &clinic.tablet, 11, NOW);
    assert_eq!(log.insert(wrong_tablet.bytes()), Err(CertFault::NotCountersigned));
    let wrong_person = session(&clinic.clinician, 2, &clinic.tablet, 10, NOW);
    assert_eq!(log.insert(wrong_person.bytes()), Err(CertFault::BadSignature));
    let on_no_device = session(&clinic.clinician, 3, &clinic.owner, 10, NOW);
    assert_eq!(log.insert(on_no_device.bytes()), Err(CertFault::NotAuthorised));
}

#[test]
fn a_session_of_more_than_twelve_hours_is_not_made() {
    let clinic = clinic();
    let too_long = Session {
        key: pair(200).public(),
        device: clinic.tablet.hash(),
        not_before: NOW,
        not_after: NOW.plus_millis(SESSION_MAX_MS + 1),
    };
    let made = |s: Session| Certificate::session(clinic.clinician.hash(), s, &pair(3), &pair(10)).err();
    assert_eq!(made(too_long.clone()), Some(CertFault::TooLong));
    assert_eq!(
        made(Session { not_after: NOW, ..too_long }),
        Some(CertFault::TooLong),
        "nor one that ends as it begins"
    );
}

#[test]
fn after_a_revocation_no_new_session_begins_but_earlier_ones_stand() {
    let clinic = clinic();
    let later = session(&clinic.clinician, 3, &clinic.second, 11, NOW.plus_millis(2_000));
    let mut log = clinic.log(&clinic.all());
    log.insert(later.bytes()).expect("inserts");
    log.insert(revoke(&clinic.owner, &pair(2), clinic.second.hash(), NOW.plus_millis(1_000)).bytes()).expect("inserts");
    assert_eq!(log.verify_chain(&later.hash()), Err(Why::Revoked));
    assert!(log.verify_chain(&clinic.at_work.hash()).is_ok());
    assert_eq!(log.verify_chain(&clinic.owner.hash()), Err(Why::NotASession));
    assert_eq!(log.verify_chain(&Hash([0; 32])), Err(Why::Unknown));
}

#[test]
fn a_log_kept_under_seal_comes_back_the_same_in_any_order() {
    let clinic = clinic();
    let log = clinic.log(&clinic.all());
    let mut kept: Vec<Certificate> = log.certificates().cloned().collect();
    kept.reverse();
    assert_eq!(ControlLog::restore(log.anchor(), kept.clone()).as_ref(), Ok(&log));
    kept.retain(|c| c.hash() != log.anchor());
    assert_eq!(ControlLog::restore(log.anchor(), kept), Err(CertFault::NotAuthorised));
}

#[test]
fn a_certificate_has_one_encoding_only() {
    let owner = clinic().owner;
    let mut trailing = owner.bytes().to_vec();
    trailing.push(0);
    assert_eq!(Certificate::parse(&trailing), Err(CertFault::Malformed));
    let mut long_form = vec![0x98, owner.bytes()[0] & 0x1f];
    long_form.extend_from_slice(&owner.bytes()[1..]);
    assert_eq!(Certificate::parse(&long_form), Err(CertFault::Malformed));
    let mut newer = owner.bytes().to_vec();
    newer[1] = 2;
    assert_eq!(Certificate::parse(&newer), Err(CertFault::NewerFormat));
    assert_eq!(Certificate::parse(&[0; 3000]), Err(CertFault::TooLarge));
    assert_eq!(Certificate::parse(owner.bytes()), Ok(owner));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn in_any_order_and_with_repeats_the_log_is_the_same(
        order in Just((0..10usize).collect::<Vec<_>>()).prop_shuffle(),
        again in proptest::collection::vec(0..10usize, 0..6),
    ) {
        let clinic = clinic();
        let mut certs = clinic.all();
        // A forgery, a self-made owner, and one whose issuer never counts: they must not make a difference either.
        let forged = staff(&clinic.owner, &pair(9), 4, "Forged", Role::OWNER, NOW);
        certs.push(staff(&clinic.clinician, &pair(3), 4, "Self-made", Role::OWNER, NOW));
        certs.push(staff(&forged, &pair(4), 5, "Orphan", Role::OWNER, NOW));
        certs.push(forged);
        let gather = |order: &[usize]| {
            let mut log = clinic.log(&[]);
            for i in order {
                let _ = log.insert(certs[*i].bytes());
            }
            log
        };
        let straight: Vec<usize> = (0..10).collect();
        let mixed: Vec<usize> = order.into_iter().chain(again).collect();
        let (a, b) = (gather(&straight), gather(&mixed));
        prop_assert_eq!(a.digest(), b.digest());
        prop_assert_eq!(a, b);
    }
}
