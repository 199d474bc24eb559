//! Bundles: the unit in which changes are signed, sealed, stored and sent. One author, one patient, one compartment,
//! at most 64 KiB unless a single resource is larger. Refuses to know how keys are found.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::base::{DeviceId, Hash, Hlc, KeyId, PatientId};

use super::change::Change;

/// What a sealed body should not exceed; a single larger resource stands alone.
pub const TARGET_SEALED: usize = 64 * 1024;
/// What no sealed body exceeds: the relay's largest blob, less its framing.
pub const MAX_SEALED: usize = 1000 * 1024;
/// What a body may grow to when opened; refused before allocation.
pub const MAX_OPENED: usize = 16 * 1024 * 1024;
/// Version of header and body.
pub const VERSION: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    #[error("the bundle is larger than allowed")]
    TooLarge,
    #[error("the bundle is malformed")]
    Malformed,
    #[error("the bundle is of a version this app does not know")]
    UnknownVersion,
}

/// Signed in the clear inside the clinic; stored sealed. `prev` chains one author's headers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub author: DeviceId,
    /// Sequence number of the first change; the others follow.
    #[n(2)]
    pub first_seq: u64,
    #[n(3)]
    pub count: u32,
    /// Hash of this author's previous header; zero for the first.
    #[n(4)]
    pub prev: Hash,
    /// Hash of the session certificate whose key signs this header.
    #[n(5)]
    pub control_head: Hash,
    /// The latest clock reading of the changes within.
    #[n(6)]
    pub hlc: Hlc,
    #[n(7)]
    pub patient: PatientId,
    /// Code of `crypto::context::Compartment`.
    #[n(8)]
    pub compartment: u8,
    #[n(9)]
    pub epoch: u32,
    #[n(10)]
    pub key_id: KeyId,
    /// Random; the content key is derived from it.
    #[n(11)]
    pub bundle: ByteArray<16>,
    #[n(12)]
    pub body_hash: Hash,
}

impl Header {
    pub fn last_seq(&self) -> u64 {
        self.first_seq.saturating_add(u64::from(self.count)).saturating_sub(1)
    }
}

/// A header as it was signed, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedHeader {
    #[n(0)]
    pub bytes: ByteVec,
    #[n(1)]
    pub signature: ByteArray<64>,
}

impl SignedHeader {
    pub fn header(&self) -> Result<Header, BundleFault> {
        let header: Header = minicbor::decode(&self.bytes).map_err(|_| BundleFault::Malformed)?;
        if header.version != VERSION {
            return Err(BundleFault::UnknownVersion);
        }
        if header.count == 0 || header.first_seq == 0 || header.first_seq.checked_add(u64::from(header.count)).is_none()
        {
            return Err(BundleFault::Malformed);
        }
        Ok(header)
    }

    /// What the author's next header names as `prev`.
    pub fn hash(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(b"lucerna/v1/header-hash\0");
        hasher.update(self.bytes.as_slice());
        hasher.update(self.signature.as_slice());
        Hash(hasher.finalize().into())
    }
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

/// CBOR to memory, which cannot fail.
pub fn to_cbor<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    let Ok(()) = minicbor::encode(value, &mut out) else { return Vec::new() };
    out
}

/// The changes of one bundle, as they are sealed: `[version u8][length u32 LE][lz4 of CBOR][zero padding]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Body {
    #[n(0)]
    pub changes: Vec<Change>,
}

impl Body {
    pub fn pack(&self) -> Result<Vec<u8>, BundleFault> {
        let plain = to_cbor(self);
        if plain.len() > MAX_OPENED {
            return Err(BundleFault::TooLarge);
        }
        let packed = lz4_flex::block::compress(&plain);
        let mut out = Vec::with_capacity(9 + packed.len());
        out.push(VERSION);
        out.extend_from_slice(&(plain.len() as u32).to_le_bytes());
        out.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        out.extend_from_slice(&packed);
        out.resize(padme(out.len()), 0);
        if out.len() + 16 > MAX_SEALED {
            return Err(BundleFault::TooLarge);
        }
        Ok(out)
    }

    pub fn unpack(bytes: &[u8]) -> Result<Body, BundleFault> {
        let (&version, rest) = bytes.split_first().ok_or(BundleFault::Malformed)?;
        if version != VERSION {
            return Err(BundleFault::UnknownVersion);
        }
        let (plain_len, rest) = rest.split_first_chunk::<4>().ok_or(BundleFault::Malformed)?;
        let (packed_len, rest) = rest.split_first_chunk::<4>().ok_or(BundleFault::Malformed)?;
        let plain_len = u32::from_le_bytes(*plain_len) as usize;
        let packed_len = u32::from_le_bytes(*packed_len) as usize;
        if plain_len > MAX_OPENED {
            return Err(BundleFault::TooLarge);
        }
        let packed = rest.get(..packed_len).ok_or(BundleFault::Malformed)?;
        let plain = lz4_flex::block::decompress(packed, plain_len).map_err(|_| BundleFault::Malformed)?;
        minicbor::decode(&plain).map_err(|_| BundleFault::Malformed)
    }
}

/// Padmé (Nikitin et al. 2019): hides all but the order of size, for at most 12 % more.
fn padme(len: usize) -> usize {
    if len < 2 {
        return len;
    }
    let e = usize::BITS - 1 - len.leading_zeros();
    let s = usize::BITS - e.leading_zeros();
    let mask = (1usize << e.saturating_sub(s)) - 1;
    (len + mask) & !mask
}

/// A body beside what `pack` made of it.
pub type Packed = (Body, Vec<u8>);

/// Splits changes of one patient into bodies near the target size, in order.
pub fn split(changes: Vec<Change>) -> Result<Vec<Packed>, (BundleFault, super::ResourceRef)> {
    let mut out = Vec::new();
    let mut rest = std::collections::VecDeque::from(changes);
    // FHIR text packs to about a third or better; start from there and halve what turns out too large.
    let guess = TARGET_SEALED * 3;
    while !rest.is_empty() {
        let mut batch = Vec::new();
        let mut size = 0usize;
        while let Some(change) = rest.pop_front() {
            size += change
                .ops
                .iter()
                .map(|op| op.value.as_ref().map_or(0, String::len) + op.element.len() + 8)
                .sum::<usize>()
                + 32;
            batch.push(change);
            if size >= guess {
                break;
            }
        }
        loop {
            let body = Body { changes: batch };
            let Some(name) = body.changes.first().map(|c| c.resource.clone()) else { break };
            match body.pack() {
                Ok(packed) if packed.len() + 16 <= TARGET_SEALED || body.changes.len() == 1 => {
                    out.push((body, packed));
                    break;
                }
                Err(fault) if body.changes.len() == 1 => return Err((fault, name)),
                Ok(_) | Err(_) => {
                    batch = body.changes;
                    let half = batch.split_off(batch.len().div_ceil(2));
                    for change in half.into_iter().rev() {
                        rest.push_front(change);
                    }
                }
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
