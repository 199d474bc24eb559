//! Names of rooms. A room is whoever can sign for its key; its id is the hash of that key and says nothing more.

use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};

use crate::base::Hash;

/// SHA-256 of the room's Ed25519 public key. In hex it is the last part of the room's path.
pub type RoomId = Hash;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum RoomKind {
    /// The tablets of one clinic in one week.
    #[n(0)]
    Clinic,
    /// Two devices that meet once.
    #[n(1)]
    Pairing,
}

impl RoomKind {
    /// The value of `k` in the room's path.
    pub fn letter(self) -> &'static str {
        match self {
            RoomKind::Clinic => "c",
            RoomKind::Pairing => "p",
        }
    }

    pub fn from_letter(letter: &str) -> Option<RoomKind> {
        match letter {
            "c" => Some(RoomKind::Clinic),
            "p" => Some(RoomKind::Pairing),
            _ => None,
        }
    }

    pub(super) fn byte(self) -> u8 {
        match self {
            RoomKind::Clinic => 0,
            RoomKind::Pairing => 1,
        }
    }
}

/// The public key of the room whose signing seed this is.
pub fn public_key(seed: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

pub fn id_of(room_pk: &[u8; 32]) -> RoomId {
    Hash(Sha256::digest(room_pk).into())
}

/// Path and query of the room's WebSocket at the edge.
pub fn path(room: &RoomId, kind: RoomKind) -> String {
    format!("/relay/{room}?k={}", kind.letter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_by_the_hash_of_its_public_key() {
        let id = id_of(&public_key(&[7; 32]));
        assert_eq!(path(&id, RoomKind::Pairing), format!("/relay/{}?k=p", id.hex()));
        assert_ne!(id, id_of(&public_key(&[8; 32])));
    }

    #[test]
    fn a_kind_reads_back_from_its_letter() {
        for kind in [RoomKind::Clinic, RoomKind::Pairing] {
            assert_eq!(RoomKind::from_letter(kind.letter()), Some(kind));
        }
        assert_eq!(RoomKind::from_letter("C"), None);
    }
}
