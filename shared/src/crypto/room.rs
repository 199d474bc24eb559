//! What a clinic's devices meet by: all derived from the network key and the week, so that rooms rotate by themselves
//! and whoever loses the network key cannot find the next one. Admission itself is `wire::admission`.

use super::kdf::derive;
use super::secret::Key32;
use super::sign::{SigningPair, VerifyKey};
use crate::base::Timestamp;
use crate::wire::room::{RoomId, id_of};

const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Weeks since Monday 1969-12-29, so that a week begins on Monday 00:00 UTC. Zero before that.
pub fn week_of(now: Timestamp) -> u32 {
    let monday = now.0.saturating_add(3 * 24 * 60 * 60 * 1000);
    u32::try_from(monday.div_euclid(WEEK_MS)).unwrap_or(0)
}

/// The `psk3` of the Noise handshake between two devices of the clinic.
pub fn derive_network_psk(network_key: &Key32, week: u32) -> Key32 {
    derive(network_key, "network-psk", &week.to_be_bytes())
}

/// Seals SDP and ICE candidates on their way through the relay.
pub fn derive_signal_key(network_key: &Key32, week: u32) -> Key32 {
    derive(network_key, "signal", &week.to_be_bytes())
}

/// The seed of the pair that opens the week's room: what `wire::admission::answer` signs with.
pub fn derive_room_seed(network_key: &Key32, week: u32) -> Key32 {
    derive(network_key, "room", &week.to_be_bytes())
}

pub fn derive_room_pair(network_key: &Key32, week: u32) -> SigningPair {
    SigningPair::from_seed(&derive_room_seed(network_key, week))
}

/// All that the relay knows a room by.
pub fn room_id(room: &VerifyKey) -> RoomId {
    id_of(&room.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RoomKind;
    use crate::wire::admission::{sign_join, verify_join};
    use crate::wire::msg::ClientMsg;

    #[test]
    fn a_week_begins_on_monday() {
        // 2026-11-22 is a Sunday.
        let sunday = Timestamp(1_795_391_999_999);
        assert_eq!(week_of(sunday.plus_millis(1)), week_of(sunday) + 1);
        assert_eq!(week_of(sunday.plus_millis(1 - WEEK_MS)), week_of(sunday));
        assert_eq!(week_of(Timestamp(i64::MIN)), 0);
    }

    #[test]
    fn the_relay_admits_whoever_derived_the_weeks_room() {
        let seed = derive_room_seed(&Key32::from_bytes([1; 32]), 5);
        let room = derive_room_pair(&Key32::from_bytes([1; 32]), 5).public();
        let joined = sign_join(seed.as_bytes(), &[7; 32], "clinic.example", RoomKind::Clinic);
        let ClientMsg::Join { room_pk, signature, kind } = joined else { panic!("a join") };
        assert_eq!(room_pk, room.0);
        assert_eq!(verify_join(&room_pk, &signature, &[7; 32], "clinic.example", &room_id(&room), kind), Ok(()));
    }

    #[test]
    fn each_week_has_its_own_room_and_keys() {
        let key = Key32::from_bytes([1; 32]);
        assert_eq!(room_id(&derive_room_pair(&key, 5).public()), room_id(&derive_room_pair(&key, 5).public()));
        assert_ne!(room_id(&derive_room_pair(&key, 5).public()), room_id(&derive_room_pair(&key, 6).public()));
        assert_ne!(derive_network_psk(&key, 5), derive_network_psk(&key, 6));
        assert_ne!(derive_network_psk(&key, 5), derive_signal_key(&key, 5));
    }
}
