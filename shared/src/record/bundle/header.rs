//! What is signed of a bundle: whose it is, where it stands in its author's chain, what it is about, and the hash of its
//! sealed body. Refuses to know what the body says.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::base::{DeviceId, Hash, Hlc, KeyId, PatientId};
use crate::crypto::sign::BadSignature;
use crate::crypto::{Domain, Fill, Signature, VerifyKey};

use super::BundleFault;
use super::batch::{Proof, VerifiedRoots};

/// Version of the headers that are written. Those of version 1 know neither lanes nor batches.
pub const VERSION: u8 = 2;

/// A chain beside the device's own, random: an import is numbered in one, so that it can stay out of sight until it is
/// whole while the device's other changes go on being numbered and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Lane(ByteArray<8>);

impl Lane {
    /// Eight zero bytes would be mistaken for the device's own chain and are no lane.
    pub fn new(bytes: [u8; 8]) -> Option<Lane> {
        (bytes != [0; 8]).then_some(Lane(bytes.into()))
    }

    pub fn make(fill: Fill) -> Lane {
        loop {
            let mut bytes = [0; 8];
            fill(&mut bytes);
            if let Some(lane) = Lane::new(bytes) {
                return lane;
            }
        }
    }

    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// The author that a lane's changes are numbered under: a hash, so that no device can take another's place.
pub fn lane_author(device: &DeviceId, lane: Lane) -> DeviceId {
    let hash =
        Sha256::new().chain_update(b"lucerna/v2/lane\0").chain_update(device.as_bytes()).chain_update(lane.as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    DeviceId(std::array::from_fn(|i| hash[i]))
}

/// Signed in the clear inside the clinic; stored sealed. `prev` chains one author's headers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    #[n(0)]
    pub version: u8,
    /// The device, or in a lane what `lane_author` makes of both.
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
    /// Since version 2. `None` is the device's own chain.
    #[n(13)]
    pub lane: Option<Lane>,
}

impl Header {
    pub fn last_seq(&self) -> u64 {
        self.first_seq.saturating_add(u64::from(self.count)).saturating_sub(1)
    }

    /// Whether this is a place in a chain that the device may write: its own, or the lane that the header names.
    pub fn is_of(&self, device: &DeviceId) -> bool {
        match self.lane {
            None => self.author == *device,
            Some(lane) => self.author == lane_author(device, lane),
        }
    }

    fn is_sound(&self) -> bool {
        let lane = match self.lane {
            None => true,
            Some(lane) => self.version > 1 && *lane.as_bytes() != [0; 8],
        };
        lane && self.count > 0 && self.first_seq > 0 && self.first_seq.checked_add(u64::from(self.count)).is_some()
    }
}

/// A header as it was signed, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedHeader {
    #[n(0)]
    pub bytes: ByteVec,
    /// Over the bytes; with a proof, over the root of the batch.
    #[n(1)]
    pub signature: ByteArray<64>,
    /// Where the header stands among those that were signed together.
    #[n(2)]
    pub proof: Option<Proof>,
}

impl SignedHeader {
    pub fn header(&self) -> Result<Header, BundleFault> {
        // The version first: what a later one says in which field is not known here.
        match version_of(&self.bytes) {
            Some(1 | 2) => {}
            Some(_) => return Err(BundleFault::UnknownVersion),
            None => return Err(BundleFault::Malformed),
        }
        let header: Header = minicbor::decode(&self.bytes).map_err(|_| BundleFault::Malformed)?;
        let batched = self.proof.is_some();
        if !header.is_sound() || (batched && header.version == 1) {
            return Err(BundleFault::Malformed);
        }
        Ok(header)
    }

    /// What the author's next header names as `prev`. Since version 2 without the signature: headers of one batch name
    /// each other before any is signed.
    pub fn hash(&self) -> Hash {
        if version_of(&self.bytes).is_some_and(|version| version > 1) {
            return header_hash(&self.bytes);
        }
        let mut hasher = Sha256::new();
        hasher.update(b"lucerna/v1/header-hash\0");
        hasher.update(self.bytes.as_slice());
        hasher.update(self.signature.as_slice());
        Hash(hasher.finalize().into())
    }

    /// `roots` remembers what was verified, so that a batch costs one signature.
    pub fn verify(&self, key: &VerifyKey, roots: &mut VerifiedRoots) -> Result<(), BadSignature> {
        let signature = Signature(*self.signature);
        match &self.proof {
            None => key.verify(Domain::BundleHeader, &self.bytes, &signature),
            Some(proof) => proof.verify(&self.bytes, key, &signature, roots),
        }
    }
}

/// The hash of a header of version 2, signed or not yet.
pub fn header_hash(bytes: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update(b"lucerna/v2/header-hash\0").chain_update(bytes).finalize().into())
}

fn version_of(header: &[u8]) -> Option<u8> {
    let mut decoder = minicbor::Decoder::new(header);
    decoder.array().ok()?;
    decoder.u8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u8, author: DeviceId, lane: Option<Lane>) -> Header {
        Header {
            version,
            author,
            first_seq: 1,
            count: 1,
            prev: Hash::ZERO,
            control_head: Hash::ZERO,
            hlc: Hlc::new(1, 0),
            patient: PatientId([7; 16]),
            compartment: 1,
            epoch: 1,
            key_id: KeyId([1; 8]),
            bundle: [0; 16].into(),
            body_hash: Hash::ZERO,
            lane,
        }
    }

    fn signed(header: &Header, signature: u8) -> SignedHeader {
        let bytes = crate::record::bundle::to_cbor(header).into();
        SignedHeader { bytes, signature: [signature; 64].into(), proof: None }
    }

    const TABLET: DeviceId = DeviceId([1; 16]);

    #[test]
    fn a_lane_belongs_to_its_device_and_to_no_other() {
        let [one, two] = [1, 2].map(|byte| Lane::new([byte; 8]));
        let lane = one.expect("a lane");
        let author = lane_author(&TABLET, lane);
        assert!(header(2, author, one).is_of(&TABLET));
        assert!(!header(2, author, one).is_of(&DeviceId([2; 16])));
        assert!(!header(2, author, two).is_of(&TABLET));
        assert!(!header(2, author, None).is_of(&TABLET));
        assert!(!header(2, TABLET, one).is_of(&TABLET), "a lane does not write into the device's own chain");
        assert!(header(2, TABLET, None).is_of(&TABLET));
    }

    #[test]
    fn the_zero_lane_and_lanes_in_old_headers_are_refused() {
        let zero = Some(Lane([0; 8].into()));
        assert_eq!(Lane::new([0; 8]), None);
        for (version, lane) in [(2, zero), (1, Lane::new([1; 8])), (1, zero)] {
            assert_eq!(signed(&header(version, TABLET, lane), 0).header(), Err(BundleFault::Malformed));
        }
        let mut batched = signed(&header(1, TABLET, None), 0);
        batched.proof = Some(Proof { index: 0, count: 1, path: vec![] });
        assert_eq!(batched.header(), Err(BundleFault::Malformed));
    }

    #[test]
    fn a_header_of_a_later_version_waits_whatever_its_fields_say() {
        let later = SignedHeader { bytes: vec![0x82, 3, 0xf6].into(), signature: [0; 64].into(), proof: None };
        assert_eq!(later.header(), Err(BundleFault::UnknownVersion));
    }

    #[test]
    fn the_name_of_a_header_depends_on_its_signature_in_version_one_only() {
        for (version, same) in [(1, false), (2, true)] {
            let header = header(version, TABLET, None);
            assert_eq!(signed(&header, 1).hash() == signed(&header, 2).hash(), same);
        }
    }
}
