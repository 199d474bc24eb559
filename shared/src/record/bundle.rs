//! Bundles: the unit in which changes are signed, sealed, stored and sent. One author, one patient, one compartment,
//! at most 64 KiB unless a single resource is larger. Refuses to know how keys are found.

mod batch;
mod body;
mod header;
mod ready;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::base::Hash;

pub use batch::{BATCH_MAX, Proof, VerifiedRoots, sign_batch};
pub use body::{Body, Packed, split};
pub use header::{Header, Lane, SignedHeader, VERSION, header_hash, lane_author};
pub use ready::{ReadyBody, ReadyChanges};

/// What a sealed body should not exceed; a single larger resource stands alone.
pub const TARGET_SEALED: usize = 64 * 1024;
/// What no sealed body exceeds: the relay's largest blob, less its framing.
pub const MAX_SEALED: usize = 1000 * 1024;
/// What a body may grow to when opened; refused before allocation.
pub const MAX_OPENED: usize = 16 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    #[error("the bundle is larger than allowed")]
    TooLarge,
    #[error("the bundle is malformed")]
    Malformed,
    #[error("the bundle is of a version this app does not know")]
    UnknownVersion,
}

/// SHA-256 of a sealed body.
pub fn body_hash(sealed: &[u8]) -> Hash {
    Hash(Sha256::digest(sealed).into())
}

/// What travels between devices and what a row of the log holds: nothing in it is readable without the patient's key
/// but the header, which is sealed again where it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Packet {
    #[n(0)]
    pub signed: SignedHeader,
    #[n(1)]
    pub body: ByteVec,
    /// The patient key's ledger entry, wrapped by the compartment key, so that the receiver can open the body.
    #[n(2)]
    pub ledger: ByteVec,
}

impl Packet {
    pub fn encode(&self) -> Vec<u8> {
        to_cbor(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Packet, BundleFault> {
        if bytes.len() > MAX_SEALED + 4096 {
            return Err(BundleFault::TooLarge);
        }
        minicbor::decode(bytes).map_err(|_| BundleFault::Malformed)
    }
}

/// What most headers, directories and rows are within: room for it at once, or they would be moved seven times.
const USUAL: usize = 512;

/// CBOR to memory, which cannot fail.
pub fn to_cbor<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL);
    let Ok(()) = minicbor::encode(value, &mut out) else { return Vec::new() };
    out
}

#[cfg(test)]
mod tests;
