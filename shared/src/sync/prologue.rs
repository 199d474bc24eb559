//! What both sides of a handshake must agree on before its first byte, so that nobody in the middle can stand for one
//! towards the other: the clinic, the room, the roles and, on a direct path, both DTLS certificates.

use crate::base::{ClinicId, Hash, order};
use crate::sync::io::Channel;
use crate::wire::Slot;

/// The fingerprints of a description (`a=fingerprint:` lines, RFC 8122), sorted. `None` if there is none.
pub(crate) fn fingerprints(sdp: &str) -> Option<Vec<u8>> {
    let mut found: Vec<String> = sdp
        .lines()
        .filter_map(|line| line.trim().strip_prefix("a=fingerprint:"))
        .map(|value| value.trim().to_ascii_lowercase())
        .collect();
    order::sort(&mut found);
    found.dedup();
    if found.is_empty() { None } else { Some(found.join("\n").into_bytes()) }
}

/// Over the relay there are no fingerprints; the sockets' numbers stand for the roles.
pub(crate) fn over_relay(clinic: ClinicId, room: Hash, initiator: Slot, responder: Slot) -> Vec<u8> {
    let roles = [initiator.to_be_bytes(), responder.to_be_bytes()].concat();
    assemble(b"lucerna/sync/v1/relay", &[clinic.as_bytes(), room.as_bytes(), &roles])
}

pub(crate) fn direct(clinic: ClinicId, room: Hash, channel: Channel, offerer: &[u8], answerer: &[u8]) -> Vec<u8> {
    let channel = channel.id().to_be_bytes();
    assemble(b"lucerna/sync/v1/direct", &[clinic.as_bytes(), room.as_bytes(), &channel, offerer, answerer])
}

/// Each part behind its length: no two different lists give the same bytes.
pub(crate) fn assemble(domain: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in [domain].iter().chain(parts) {
        out.extend_from_slice(&(part.len() as u32).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_read_from_session_and_media_level_alike() {
        let sdp = "v=0\r\na=fingerprint:sha-256 AB:CD\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
                   a=fingerprint:sha-256 ab:cd\r\n";
        assert_eq!(fingerprints(sdp).as_deref(), Some(&b"sha-256 ab:cd"[..]));
        assert_eq!(fingerprints("v=0\r\n"), None);
    }

    #[test]
    fn swapped_roles_or_certificates_give_another_prologue() {
        let (clinic, room) = (ClinicId([1; 16]), Hash([2; 32]));
        let here = direct(clinic, room, Channel::Control, b"aa", b"b");
        assert_ne!(here, direct(clinic, room, Channel::Control, b"b", b"aa"));
        assert_ne!(here, direct(clinic, room, Channel::Control, b"a", b"ab"));
        assert_ne!(here, direct(clinic, room, Channel::Bulk, b"aa", b"b"));
        assert_ne!(over_relay(clinic, room, 1, 2), over_relay(clinic, room, 2, 1));
    }
}
