//! Ed25519 (RFC 8032) with strict verification. Every use has a domain that is part of what is signed,
//! so that a signature made for one purpose is worthless for another.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use super::Fill;
use super::cert::CertKind;
use super::secret::Key32;
use super::sha256;
use crate::base::{DeviceId, StaffId};

/// What a signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    BundleHeader,
    /// The root over the headers of one commit.
    BundleBatch,
    Certificate(CertKind),
    /// A device's consent to a session that a member of staff opens on it.
    SessionOnDevice,
    AuditEntry,
}

impl Domain {
    fn label(self) -> &'static str {
        match self {
            Domain::BundleHeader => "bundle-header",
            Domain::BundleBatch => "bundle-batch",
            Domain::Certificate(CertKind::Genesis) => "certificate/genesis",
            Domain::Certificate(CertKind::Staff) => "certificate/staff",
            Domain::Certificate(CertKind::Device) => "certificate/device",
            Domain::Certificate(CertKind::Session) => "certificate/session",
            Domain::Certificate(CertKind::Revocation) => "certificate/revocation",
            Domain::SessionOnDevice => "session-on-device",
            Domain::AuditEntry => "audit-entry",
        }
    }

    /// `lucerna/v1/<domain>\0<message>`: the NUL keeps one domain from being the beginning of another.
    fn prefixed(self, message: &[u8]) -> Vec<u8> {
        [b"lucerna/v1/", self.label().as_bytes(), &[0], message].concat()
    }
}

/// A signing key with its public half. The secret is wiped on drop.
pub struct SigningPair(SigningKey);

impl SigningPair {
    pub fn make(fill: Fill) -> SigningPair {
        SigningPair::from_seed(&Key32::make(fill))
    }

    pub fn from_seed(seed: &Key32) -> SigningPair {
        SigningPair(SigningKey::from_bytes(seed.as_bytes()))
    }

    pub fn seed(&self) -> Key32 {
        Key32::from_bytes(self.0.to_bytes())
    }

    pub fn public(&self) -> VerifyKey {
        VerifyKey(self.0.verifying_key().to_bytes())
    }

    pub fn sign(&self, domain: Domain, message: &[u8]) -> Signature {
        Signature(self.0.sign(&domain.prefixed(message)).to_bytes())
    }
}

impl fmt::Debug for SigningPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningPair({:?})", self.public())
    }
}

/// An Ed25519 public key as it came; checked when it verifies something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifyKey(pub [u8; 32]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

impl VerifyKey {
    /// Strict: refuses keys of small order and non-canonical encodings, so that one message has one signature
    /// and everybody agrees on it.
    pub fn verify(&self, domain: Domain, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        self.verify_bare(&domain.prefixed(message), signature)
    }

    /// Without a domain: reachable only for the published vectors.
    fn verify_bare(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature).map_err(|_| BadSignature)
    }

    pub fn device_id(&self) -> DeviceId {
        DeviceId(self.fingerprint())
    }

    pub fn staff_id(&self) -> StaffId {
        StaffId(self.fingerprint())
    }

    fn fingerprint(&self) -> [u8; 16] {
        let hash = sha256(&self.0).0;
        std::array::from_fn(|i| hash[i])
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyKey({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

macro_rules! as_bytes_in_cbor {
    ($name:ident, $len:literal) => {
        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
                let bytes: ByteArray<$len> = Decode::decode(d, ctx)?;
                Ok($name(bytes.into()))
            }
        }
    };
}

as_bytes_in_cbor!(VerifyKey, 32);
as_bytes_in_cbor!(Signature, 64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_only_for_its_own_domain_message_and_key() {
        let pair = SigningPair::from_seed(&Key32::from_bytes([1; 32]));
        let signature = pair.sign(Domain::BundleHeader, b"m");
        let key = pair.public();
        assert_eq!(key.verify(Domain::BundleHeader, b"m", &signature), Ok(()));
        assert_eq!(key.verify(Domain::AuditEntry, b"m", &signature), Err(BadSignature));
        assert_eq!(key.verify(Domain::BundleHeader, b"n", &signature), Err(BadSignature));
        let other = SigningPair::from_seed(&Key32::from_bytes([2; 32])).public();
        assert_eq!(other.verify(Domain::BundleHeader, b"m", &signature), Err(BadSignature));
    }

    #[test]
    fn a_key_of_small_order_verifies_nothing() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut forged = [0; 64];
        forged[0] = 1;
        assert_eq!(VerifyKey(identity).verify(Domain::AuditEntry, b"any", &Signature(forged)), Err(BadSignature));
    }

    #[test]
    fn wycheproofs_signatures_verify_as_published() {
        let file = include_str!("../../../tests/fixtures/vectors/wycheproof/ed25519_test.json");
        let file: serde_json::Value = serde_json::from_str(file).expect("json");
        let mut checked = 0;
        for group in file["testGroups"].as_array().expect("groups") {
            let key = VerifyKey(unhex(&group["publicKey"]["pk"]).try_into().expect("32 bytes"));
            for test in group["tests"].as_array().expect("tests") {
                // A signature of another length cannot even be held here.
                let verified = <[u8; 64]>::try_from(unhex(&test["sig"]))
                    .is_ok_and(|sig| key.verify_bare(&unhex(&test["msg"]), &Signature(sig)).is_ok());
                assert_eq!(verified, test["result"] == "valid", "test {}", test["tcId"]);
                checked += 1;
            }
        }
        assert_eq!(checked, 151);
    }

    fn unhex(text: &serde_json::Value) -> Vec<u8> {
        let text = text.as_str().expect("hex");
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
    }
}
