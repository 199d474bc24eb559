//! Admission to a room: sign the server's fresh challenge, bound to host, room and kind. No accounts, no names:
//! whoever holds the room's seed is a member, and nobody learns which one.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::wire::limits::PROTOCOL;
use crate::wire::msg::{ClientMsg, ServerMsg};
use crate::wire::{CloseCode, RoomId, RoomKind, room};

const DOMAIN: &[u8] = b"lucerna/relay/join/v1";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefused {
    #[error("the key belongs to another room")]
    OtherRoom,
    #[error("the signature does not cover this challenge, host and room")]
    BadSignature,
    #[error("the server speaks another version of the protocol")]
    OtherProtocol,
    #[error("the server names another host")]
    OtherHost,
    #[error("the server did not greet")]
    NoGreeting,
}

impl JoinRefused {
    pub fn close_code(self) -> CloseCode {
        match self {
            JoinRefused::OtherRoom => CloseCode::WrongRoom,
            JoinRefused::BadSignature => CloseCode::BadSignature,
            JoinRefused::OtherProtocol | JoinRefused::OtherHost | JoinRefused::NoGreeting => CloseCode::BadMessage,
        }
    }
}

/// Domain ‖ challenge ‖ kind ‖ length of host ‖ host ‖ room id: no two different inputs give the same bytes.
fn statement(challenge: &[u8; 32], host: &str, room: &RoomId, kind: RoomKind) -> Vec<u8> {
    let mut out = Vec::with_capacity(DOMAIN.len() + 32 + 1 + 4 + host.len() + RoomId::LEN);
    out.extend_from_slice(DOMAIN);
    out.extend_from_slice(challenge);
    out.push(kind.byte());
    out.extend_from_slice(&(host.len() as u32).to_be_bytes());
    out.extend_from_slice(host.as_bytes());
    out.extend_from_slice(room.as_bytes());
    out
}

/// The `Join` of whoever holds the room's seed. `host` is what the client itself connected to, port included.
pub fn sign_join(seed: &[u8; 32], challenge: &[u8; 32], host: &str, kind: RoomKind) -> ClientMsg {
    let key = SigningKey::from_bytes(seed);
    let room_pk = key.verifying_key().to_bytes();
    let signature = key.sign(&statement(challenge, host, &room::id_of(&room_pk), kind)).to_bytes();
    ClientMsg::Join { room_pk, signature, kind }
}

/// The client's answer to the server's first message; refuses a server that names another host than `host`.
pub fn answer(hello: &ServerMsg, seed: &[u8; 32], host: &str, kind: RoomKind) -> Result<ClientMsg, JoinRefused> {
    let ServerMsg::Hello { challenge, host: told, protocol, .. } = hello else { return Err(JoinRefused::NoGreeting) };
    if *protocol != PROTOCOL {
        return Err(JoinRefused::OtherProtocol);
    }
    if told != host {
        return Err(JoinRefused::OtherHost);
    }
    Ok(sign_join(seed, challenge, host, kind))
}

/// The server's check. `challenge`, `host`, `room` and `kind` are what the server itself knows, never what it was told.
pub fn verify_join(
    room_pk: &[u8; 32],
    signature: &[u8; 64],
    challenge: &[u8; 32],
    host: &str,
    room: &RoomId,
    kind: RoomKind,
) -> Result<(), JoinRefused> {
    if room::id_of(room_pk) != *room {
        return Err(JoinRefused::OtherRoom);
    }
    let key = VerifyingKey::from_bytes(room_pk).map_err(|_| JoinRefused::BadSignature)?;
    key.verify_strict(&statement(challenge, host, room, kind), &Signature::from_bytes(signature))
        .map_err(|_| JoinRefused::BadSignature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;

    const SEED: [u8; 32] = [3; 32];
    const CHALLENGE: [u8; 32] = [9; 32];

    fn check(
        join: &ClientMsg,
        challenge: [u8; 32],
        host: &str,
        room: RoomId,
        kind: RoomKind,
    ) -> Result<(), JoinRefused> {
        let ClientMsg::Join { room_pk, signature, .. } = join else { return Err(JoinRefused::NoGreeting) };
        verify_join(room_pk, signature, &challenge, host, &room, kind)
    }

    #[test]
    fn a_join_holds_for_its_own_challenge_host_room_and_kind_only() {
        let room = room::id_of(&room::public_key(&SEED));
        let other = room::id_of(&room::public_key(&[4; 32]));
        let join = sign_join(&SEED, &CHALLENGE, "clinic.example", RoomKind::Clinic);
        let refused = Err(JoinRefused::BadSignature);
        assert_eq!(check(&join, CHALLENGE, "clinic.example", room, RoomKind::Clinic), Ok(()));
        assert_eq!(check(&join, [8; 32], "clinic.example", room, RoomKind::Clinic), refused);
        assert_eq!(check(&join, CHALLENGE, "clinic.example:8443", room, RoomKind::Clinic), refused);
        assert_eq!(check(&join, CHALLENGE, "clinic.example", room, RoomKind::Pairing), refused);
        assert_eq!(check(&join, CHALLENGE, "clinic.example", other, RoomKind::Clinic), Err(JoinRefused::OtherRoom));
    }

    #[test]
    fn a_client_does_not_answer_a_server_that_names_another_host() {
        let hello = ServerMsg::Hello {
            challenge: CHALLENGE,
            host: "evil.example".into(),
            protocol: PROTOCOL,
            now: Timestamp(0),
        };
        assert_eq!(answer(&hello, &SEED, "clinic.example", RoomKind::Clinic), Err(JoinRefused::OtherHost));
    }

    #[test]
    fn a_key_of_small_order_admits_nobody() {
        let mut weak = [0; 32];
        weak[0] = 1;
        let room = room::id_of(&weak);
        let mut signature = [0; 64];
        signature[0] = 1;
        let verdict = verify_join(&weak, &signature, &CHALLENGE, "h", &room, RoomKind::Clinic);
        assert_eq!(verdict, Err(JoinRefused::BadSignature));
    }
}
