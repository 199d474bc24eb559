//! The key hierarchy, envelopes, signatures and certificates. See `crypto/README.md` for the picture.
//! Knows no store, no clock and no FHIR. `derive_*` is deterministic; `make_*` takes its randomness as an argument.

pub mod agree;
pub mod bulk;
pub mod bundle;
pub mod cert;
pub mod context;
pub mod control;
pub mod envelope;
pub mod fault;
pub mod kdf;
pub mod ledger;
pub mod noise;
pub mod padding;
pub mod pairing;
pub mod room;
pub mod secret;
pub mod sign;
pub mod slot;
pub mod small;
pub mod store_keys;

pub use cert::{Body, CertFault, CertKind, Certificate, Role};
pub use context::{Compartment, Context};
pub use control::{Authority, ControlLog, Why};
pub use fault::{SealFault, Unreadable};
pub use secret::{Key32, SecretBytes};
pub use sign::{Domain, Signature, SigningPair, VerifyKey};

use sha2::Digest;

use crate::base::Hash;

/// Where randomness comes from: fills the slice with cryptographically secure bytes.
pub type Fill<'a> = &'a mut dyn FnMut(&mut [u8]);

pub fn sha256(bytes: &[u8]) -> Hash {
    Hash(sha2::Sha256::digest(bytes).into())
}
