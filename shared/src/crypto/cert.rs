//! Certificates: who the clinic, its staff and devices are, and which session may write. One certificate is one signed
//! CBOR array; its name is the SHA-256 of its bytes. Whether its issuer had the right to issue it is `control`'s business.

use minicbor::{Decode, Encode};

use super::sha256;
use super::sign::{Domain, Signature, SigningPair, VerifyKey};
use crate::base::{ClinicId, Hash, Timestamp};

pub const CERT_VERSION: u8 = 1;
/// Checked before parsing.
pub const CERT_MAX: usize = 2048;
/// Names and titles, in bytes of UTF-8.
pub const TEXT_MAX: usize = 256;
/// How long a session may last.
pub const SESSION_MAX_MS: i64 = 12 * 60 * 60 * 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertKind {
    Genesis,
    Staff,
    Device,
    Session,
    Revocation,
}

/// A role by its code, which is signed and never changes meaning. Codes from newer versions pass through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Role(#[n(0)] pub u8);

impl Role {
    pub const OWNER: Role = Role(1);
    pub const CLINICIAN: Role = Role(2);
}

/// The clinic itself: signed by its own root, the anchor of everything below.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Genesis {
    #[n(0)]
    pub clinic: ClinicId,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub root: VerifyKey,
    #[n(3)]
    pub created: Timestamp,
}

/// A member of staff; issued by the root (the first owner) or by an owner.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Staff {
    #[n(0)]
    pub key: VerifyKey,
    #[n(1)]
    pub name: String,
    /// Professional title, or empty.
    #[n(2)]
    pub title: String,
    #[n(3)]
    pub role: Role,
    #[n(4)]
    pub issued: Timestamp,
}

/// A tablet; issued by the root or an owner.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Device {
    #[n(0)]
    pub key: VerifyKey,
    /// X25519 public key: the static key of its Noise handshakes.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub agreement: [u8; 32],
    #[n(2)]
    pub name: String,
    #[n(3)]
    pub issued: Timestamp,
}

/// One person at one tablet for at most twelve hours. The issuer is the person's staff certificate; the device
/// countersigns, so that neither a stolen passphrase nor a stolen tablet suffices alone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Session {
    #[n(0)]
    pub key: VerifyKey,
    /// Hash of the device certificate.
    #[n(1)]
    pub device: Hash,
    #[n(2)]
    pub not_before: Timestamp,
    #[n(3)]
    pub not_after: Timestamp,
}

/// Ends another certificate; issued by the root or an owner.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Revocation {
    #[n(0)]
    pub subject: Hash,
    #[n(1)]
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Body {
    #[n(1)]
    Genesis(#[n(0)] Genesis),
    #[n(2)]
    Staff(#[n(0)] Staff),
    #[n(3)]
    Device(#[n(0)] Device),
    #[n(4)]
    Session(#[n(0)] Session),
    #[n(5)]
    Revocation(#[n(0)] Revocation),
}

impl Body {
    pub fn kind(&self) -> CertKind {
        match self {
            Body::Genesis(_) => CertKind::Genesis,
            Body::Staff(_) => CertKind::Staff,
            Body::Device(_) => CertKind::Device,
            Body::Session(_) => CertKind::Session,
            Body::Revocation(_) => CertKind::Revocation,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertFault {
    #[error("the certificate is too large")]
    TooLarge,
    #[error("not a certificate")]
    Malformed,
    #[error("a certificate of a newer version of the app")]
    NewerFormat,
    #[error("the certificate's signature does not verify")]
    BadSignature,
    #[error("the device did not countersign the session")]
    NotCountersigned,
    #[error("the certificate belongs to another clinic")]
    ForeignClinic,
    #[error("whoever issued the certificate had no right to")]
    NotAuthorised,
    #[error("a session lasts twelve hours at most")]
    TooLong,
    #[error("too many certificates wait for their issuer")]
    TooManyPending,
}

/// The signed part: version, issuer and body.
#[derive(Encode)]
struct ToSign<'a>(#[n(0)] u8, #[n(1)] Hash, #[n(2)] &'a Body);

#[derive(Encode, Decode)]
struct Stored {
    #[n(0)]
    version: u8,
    /// Hash of the issuer's certificate; zero for the genesis.
    #[n(1)]
    issuer: Hash,
    #[n(2)]
    body: Body,
    #[n(3)]
    signature: Signature,
    /// By the device, on sessions only.
    #[n(4)]
    countersignature: Option<Signature>,
}

/// A well-formed certificate. Its signatures are checked against an issuer by `ControlLog`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    hash: Hash,
    bytes: Vec<u8>,
    issuer: Hash,
    body: Body,
    signature: Signature,
    countersignature: Option<Signature>,
}

impl Certificate {
    /// The clinic's first certificate, signed by its own root.
    pub fn genesis(
        root: &SigningPair,
        clinic: ClinicId,
        name: &str,
        created: Timestamp,
    ) -> Result<Certificate, CertFault> {
        let body = Body::Genesis(Genesis { clinic, name: name.to_owned(), root: root.public(), created });
        Certificate::signed(Hash::ZERO, body, root, None)
    }

    /// A staff, device or revocation certificate, signed by the key of the certificate named `issuer`.
    pub fn issue(issuer: Hash, signer: &SigningPair, body: Body) -> Result<Certificate, CertFault> {
        match body.kind() {
            CertKind::Staff | CertKind::Device | CertKind::Revocation => {
                Certificate::signed(issuer, body, signer, None)
            }
            CertKind::Genesis => Err(CertFault::NotAuthorised),
            CertKind::Session => Err(CertFault::NotCountersigned),
        }
    }

    /// A session of the member of staff whose certificate is `staff_cert`.
    pub fn session(
        staff_cert: Hash,
        session: Session,
        staff: &SigningPair,
        device: &SigningPair,
    ) -> Result<Certificate, CertFault> {
        Certificate::signed(staff_cert, Body::Session(session), staff, Some(device))
    }

    /// Reads one certificate. Only its one canonical encoding is accepted, so that its hash is its name.
    pub fn parse(bytes: &[u8]) -> Result<Certificate, CertFault> {
        if bytes.len() > CERT_MAX {
            return Err(CertFault::TooLarge);
        }
        let mut decoder = minicbor::Decoder::new(bytes);
        match decoder.array().and_then(|_| decoder.u8()) {
            Ok(CERT_VERSION) => {}
            Ok(0) | Err(_) => return Err(CertFault::Malformed),
            Ok(_) => return Err(CertFault::NewerFormat),
        }
        let stored: Stored = minicbor::decode(bytes).map_err(|_| CertFault::Malformed)?;
        let cert = Certificate::from_stored(stored)?;
        if cert.bytes != bytes { Err(CertFault::Malformed) } else { Ok(cert) }
    }

    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// What is stored and sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Hash of the issuer's certificate; zero for the genesis.
    pub fn issuer(&self) -> Hash {
        self.issuer
    }

    pub fn body(&self) -> &Body {
        &self.body
    }

    pub fn kind(&self) -> CertKind {
        self.body.kind()
    }

    pub(super) fn signed_by(&self, key: &VerifyKey) -> Result<(), CertFault> {
        let message = message(self.issuer, &self.body)?;
        key.verify(Domain::Certificate(self.kind()), &message, &self.signature).map_err(|_| CertFault::BadSignature)
    }

    pub(super) fn countersigned_by(&self, device: &VerifyKey) -> Result<(), CertFault> {
        let signature = self.countersignature.ok_or(CertFault::NotCountersigned)?;
        let message = message(self.issuer, &self.body)?;
        device.verify(Domain::SessionOnDevice, &message, &signature).map_err(|_| CertFault::NotCountersigned)
    }

    fn signed(
        issuer: Hash,
        body: Body,
        signer: &SigningPair,
        device: Option<&SigningPair>,
    ) -> Result<Certificate, CertFault> {
        let message = message(issuer, &body)?;
        let signature = signer.sign(Domain::Certificate(body.kind()), &message);
        let countersignature = device.map(|d| d.sign(Domain::SessionOnDevice, &message));
        Certificate::from_stored(Stored { version: CERT_VERSION, issuer, body, signature, countersignature })
    }

    fn from_stored(stored: Stored) -> Result<Certificate, CertFault> {
        check_shape(&stored)?;
        let bytes = minicbor::to_vec(&stored).map_err(|_| CertFault::Malformed)?;
        if bytes.len() > CERT_MAX {
            return Err(CertFault::TooLarge);
        }
        let Stored { issuer, body, signature, countersignature, .. } = stored;
        Ok(Certificate { hash: sha256(&bytes), bytes, issuer, body, signature, countersignature })
    }
}

/// What can be said of a certificate without knowing any other.
fn check_shape(stored: &Stored) -> Result<(), CertFault> {
    let texts: &[&String] = match &stored.body {
        Body::Genesis(g) => &[&g.name],
        Body::Staff(s) => &[&s.name, &s.title],
        Body::Device(d) => &[&d.name],
        Body::Session(_) | Body::Revocation(_) => &[],
    };
    if texts.iter().any(|t| t.len() > TEXT_MAX) {
        return Err(CertFault::TooLarge);
    }
    if let Body::Session(s) = &stored.body {
        let length = s.not_after.millis_since(s.not_before);
        if !(1..=SESSION_MAX_MS).contains(&length) {
            return Err(CertFault::TooLong);
        }
    }
    let is_genesis = matches!(stored.body, Body::Genesis(_));
    let is_session = matches!(stored.body, Body::Session(_));
    if is_genesis != (stored.issuer == Hash::ZERO) || is_session != stored.countersignature.is_some() {
        return Err(CertFault::Malformed);
    }
    Ok(())
}

fn message(issuer: Hash, body: &Body) -> Result<Vec<u8>, CertFault> {
    minicbor::to_vec(ToSign(CERT_VERSION, issuer, body)).map_err(|_| CertFault::Malformed)
}
