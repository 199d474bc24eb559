//! The control log: the clinic's certificates as a set. Order of arrival does not matter: a certificate whose issuer has
//! not arrived yet waits, and the same set always gives the same answer to "who wrote this, and by what right".

use std::collections::{BTreeMap, BTreeSet};

use super::cert::{Body, CertFault, Certificate, Device, Genesis, Role, Staff};
use super::sha256;
use super::sign::VerifyKey;
use crate::base::{ClinicId, DeviceId, Hash, SessionId, StaffId, Timestamp};

/// How many may wait for an issuer: years of sessions may arrive before the one staff certificate they rest on.
const PENDING_MAX: usize = 1 << 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlLog {
    anchor: Hash,
    genesis: Genesis,
    accepted: BTreeMap<Hash, Certificate>,
    pending: BTreeMap<Hash, Certificate>,
    /// Missing certificate → those that wait for it.
    waiting: BTreeMap<Hash, BTreeSet<Hash>>,
    /// Subject → its earliest revocation.
    revoked: BTreeMap<Hash, Timestamp>,
    /// The certificate that gives the current name: the latest, and of two at one instant the greater hash.
    latest_staff: BTreeMap<StaffId, Hash>,
    latest_devices: BTreeMap<DeviceId, Hash>,
}

/// Whether signatures are verified again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Signatures,
    /// This device verified them before, and kept them sealed.
    Rights,
}

/// What became of an inserted certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It was here already.
    Known,
    /// Accepted, and with it these that had waited; its own hash comes first.
    Accepted(Vec<Hash>),
    /// Kept until its issuer or device arrives.
    Pending,
}

/// Who a session is, and by what right it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    pub session: SessionId,
    pub session_key: VerifyKey,
    pub staff: StaffId,
    pub staff_name: String,
    pub title: String,
    pub role: Role,
    pub device: DeviceId,
    pub device_name: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

impl Authority {
    pub fn covers(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

/// Why a session has no authority here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("the session's certificate has not arrived")]
    Unknown,
    #[error("a certificate that the session rests on has not arrived")]
    Incomplete,
    #[error("not a session")]
    NotASession,
    #[error("the person or the device had been revoked when the session began")]
    Revoked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffEntry {
    pub staff: StaffId,
    pub cert: Hash,
    pub name: String,
    pub title: String,
    pub role: Role,
    pub revoked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    pub device: DeviceId,
    pub cert: Hash,
    pub name: String,
    /// X25519 static key of its Noise handshakes.
    pub agreement: [u8; 32],
    pub revoked: bool,
}

impl ControlLog {
    /// Begins with the clinic's genesis, whose hash must come from a trusted place (made here, or handed over in pairing).
    pub fn found(genesis: Certificate) -> Result<ControlLog, CertFault> {
        let Body::Genesis(body) = genesis.body() else { return Err(CertFault::NotAuthorised) };
        genesis.signed_by(&body.root)?;
        let (anchor, body) = (genesis.hash(), body.clone());
        Ok(ControlLog {
            anchor,
            genesis: body,
            accepted: BTreeMap::from([(anchor, genesis)]),
            pending: BTreeMap::new(),
            waiting: BTreeMap::new(),
            revoked: BTreeMap::new(),
            latest_staff: BTreeMap::new(),
            latest_devices: BTreeMap::new(),
        })
    }

    /// The log as this device kept it under its own seal, in any order. Signatures were verified when they came in;
    /// a year of sessions would otherwise cost seconds at every unlock.
    pub fn restore(anchor: Hash, certs: Vec<Certificate>) -> Result<ControlLog, CertFault> {
        let genesis = certs.iter().find(|c| c.hash() == anchor).ok_or(CertFault::NotAuthorised)?.clone();
        let mut log = ControlLog::found(genesis)?;
        for cert in certs {
            log.take_in(cert, Check::Rights)?;
        }
        Ok(log)
    }

    pub fn clinic(&self) -> ClinicId {
        self.genesis.clinic
    }

    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Hash of the genesis certificate.
    pub fn anchor(&self) -> Hash {
        self.anchor
    }

    pub fn insert(&mut self, bytes: &[u8]) -> Result<Inserted, CertFault> {
        self.add(Certificate::parse(bytes)?)
    }

    pub fn add(&mut self, cert: Certificate) -> Result<Inserted, CertFault> {
        self.take_in(cert, Check::Signatures)
    }

    fn take_in(&mut self, cert: Certificate, check: Check) -> Result<Inserted, CertFault> {
        let hash = cert.hash();
        if self.accepted.contains_key(&hash) || self.pending.contains_key(&hash) {
            return Ok(Inserted::Known);
        }
        if let Some(missing) = self.judge(&cert, check)? {
            if self.pending.len() >= PENDING_MAX {
                return Err(CertFault::TooManyPending);
            }
            self.wait(missing, cert);
            return Ok(Inserted::Pending);
        }
        self.accept(cert);
        let mut arrived = vec![hash];
        self.settle(&mut arrived, check);
        Ok(Inserted::Accepted(arrived))
    }

    /// Looks again at those that waited for what has arrived, and at those that waited for them. What proves false is dropped.
    fn settle(&mut self, arrived: &mut Vec<Hash>, check: Check) {
        let mut next = 0;
        while let Some(hash) = arrived.get(next).copied() {
            next += 1;
            for waiter in self.waiting.remove(&hash).unwrap_or_default() {
                let Some(cert) = self.pending.remove(&waiter) else { continue };
                match self.judge(&cert, check) {
                    Ok(None) => {
                        self.accept(cert);
                        arrived.push(waiter);
                    }
                    Ok(Some(missing)) => self.wait(missing, cert),
                    Err(_) => {}
                }
            }
        }
    }

    fn wait(&mut self, missing: Hash, cert: Certificate) {
        self.waiting.entry(missing).or_default().insert(cert.hash());
        self.pending.insert(cert.hash(), cert);
    }

    /// Nothing to accept, or the certificate that is missing to decide. Depends on accepted certificates only, never on
    /// order or revocations: two owners who revoke each other are both revoked.
    fn judge(&self, cert: &Certificate, check: Check) -> Result<Option<Hash>, CertFault> {
        let Some(issuer) = self.accepted.get(&cert.issuer()) else {
            // Only a genesis has no issuer, and this clinic's is here already.
            return if cert.issuer() == Hash::ZERO { Err(CertFault::ForeignClinic) } else { Ok(Some(cert.issuer())) };
        };
        let signer = match (cert.body(), issuer.body()) {
            (Body::Staff(_) | Body::Device(_) | Body::Revocation(_), Body::Genesis(g)) => &g.root,
            (Body::Staff(_) | Body::Device(_) | Body::Revocation(_), Body::Staff(s)) if s.role == Role::OWNER => &s.key,
            (Body::Session(_), Body::Staff(s)) => &s.key,
            (Body::Genesis(_) | Body::Staff(_) | Body::Device(_) | Body::Session(_) | Body::Revocation(_), _) => {
                return Err(CertFault::NotAuthorised);
            }
        };
        if check == Check::Signatures {
            cert.signed_by(signer)?;
        }
        let Body::Session(session) = cert.body() else { return Ok(None) };
        let Some(device) = self.accepted.get(&session.device) else { return Ok(Some(session.device)) };
        let Body::Device(device) = device.body() else { return Err(CertFault::NotAuthorised) };
        if check == Check::Signatures {
            cert.countersigned_by(&device.key)?;
        }
        Ok(None)
    }

    /// Who stands behind the session certificate of this hash.
    pub fn verify_chain(&self, session: &Hash) -> Result<Authority, Why> {
        let Some(cert) = self.accepted.get(session) else {
            return Err(if self.pending.contains_key(session) { Why::Incomplete } else { Why::Unknown });
        };
        let Body::Session(body) = cert.body() else { return Err(Why::NotASession) };
        let staff = self.staff_cert(&cert.issuer()).ok_or(Why::Incomplete)?;
        let device = self.device_cert(&body.device).ok_or(Why::Incomplete)?;
        let ended = [*session, cert.issuer(), body.device].iter().filter_map(|h| self.revoked_at(h)).min();
        if ended.is_some_and(|at| body.not_before >= at) {
            return Err(Why::Revoked);
        }
        Ok(Authority {
            session: session_id(session),
            session_key: body.key,
            staff: staff.key.staff_id(),
            staff_name: staff.name.clone(),
            title: staff.title.clone(),
            role: staff.role,
            device: device.key.device_id(),
            device_name: device.name.clone(),
            not_before: body.not_before,
            not_after: body.not_after,
        })
    }

    /// The earliest accepted revocation of this certificate.
    pub fn revoked_at(&self, subject: &Hash) -> Option<Timestamp> {
        self.revoked.get(subject).copied()
    }

    pub fn get(&self, hash: &Hash) -> Option<&Certificate> {
        self.accepted.get(hash)
    }

    /// Every accepted certificate, by hash.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.accepted.values()
    }

    pub fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.accepted.keys().copied()
    }

    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Equal on two devices exactly when they accepted the same certificates.
    pub fn digest(&self) -> Hash {
        let hashes: Vec<u8> = self.accepted.keys().flat_map(|h| h.0).collect();
        sha256(&hashes)
    }

    /// Everybody, by their latest certificate, in the order of their ids.
    pub fn staff(&self) -> Vec<StaffEntry> {
        let entry = |(staff, hash): (&StaffId, &Hash)| {
            let Staff { name, title, role, .. } = self.staff_cert(hash)?.clone();
            Some(StaffEntry { staff: *staff, cert: *hash, name, title, role, revoked: self.revoked.contains_key(hash) })
        };
        self.latest_staff.iter().filter_map(entry).collect()
    }

    /// Every device, by its latest certificate, in the order of their ids.
    pub fn devices(&self) -> Vec<DeviceEntry> {
        let entry = |(device, hash): (&DeviceId, &Hash)| {
            let Device { agreement, name, .. } = self.device_cert(hash)?.clone();
            Some(DeviceEntry {
                device: *device,
                cert: *hash,
                name,
                agreement,
                revoked: self.revoked.contains_key(hash),
            })
        };
        self.latest_devices.iter().filter_map(entry).collect()
    }

    pub fn staff_name(&self, staff: &StaffId) -> Option<&str> {
        Some(&self.staff_cert(self.latest_staff.get(staff)?)?.name)
    }

    pub fn device_name(&self, device: &DeviceId) -> Option<&str> {
        Some(&self.device_cert(self.latest_devices.get(device)?)?.name)
    }

    /// Takes in a certificate that `judge` allowed, and keeps the look-ups true.
    fn accept(&mut self, cert: Certificate) {
        let hash = cert.hash();
        match cert.body() {
            Body::Staff(s) => {
                let held =
                    self.latest_staff.get(&s.key.staff_id()).and_then(|h| Some((self.staff_cert(h)?.issued, *h)));
                if held < Some((s.issued, hash)) {
                    self.latest_staff.insert(s.key.staff_id(), hash);
                }
            }
            Body::Device(d) => {
                let held =
                    self.latest_devices.get(&d.key.device_id()).and_then(|h| Some((self.device_cert(h)?.issued, *h)));
                if held < Some((d.issued, hash)) {
                    self.latest_devices.insert(d.key.device_id(), hash);
                }
            }
            Body::Revocation(r) => {
                let at = self.revoked.entry(r.subject).or_insert(r.at);
                *at = r.at.min(*at);
            }
            Body::Genesis(_) | Body::Session(_) => {}
        }
        self.accepted.insert(hash, cert);
    }

    fn staff_cert(&self, hash: &Hash) -> Option<&Staff> {
        match self.accepted.get(hash)?.body() {
            Body::Staff(s) => Some(s),
            Body::Genesis(_) | Body::Device(_) | Body::Session(_) | Body::Revocation(_) => None,
        }
    }

    fn device_cert(&self, hash: &Hash) -> Option<&Device> {
        match self.accepted.get(hash)?.body() {
            Body::Device(d) => Some(d),
            Body::Genesis(_) | Body::Staff(_) | Body::Session(_) | Body::Revocation(_) => None,
        }
    }
}

/// A session by the first half of its certificate's hash.
pub fn session_id(cert: &Hash) -> SessionId {
    SessionId(std::array::from_fn(|i| cert.0[i]))
}
