//! The frames between a device and the edge: binary CBOR arrays, one per WebSocket message. Payloads are opaque.
//! Sizes are checked before anything is allocated, and decoding never panics.

use minicbor::{Decode, Encode};

use crate::base::Timestamp;
use crate::wire::RoomKind;
use crate::wire::limits::{MAX_FRAME, MAX_HOST, MAX_RELAY, MAX_SIGNAL};

/// One socket's number in its room: random, and not used again after it has gone.
pub type Slot = u32;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ClientMsg {
    #[n(0)]
    Join {
        #[cbor(n(0), with = "minicbor::bytes")]
        room_pk: [u8; 32],
        #[cbor(n(1), with = "minicbor::bytes")]
        signature: [u8; 64],
        #[n(2)]
        kind: RoomKind,
    },
    /// Small and soon: offers, answers, candidates.
    #[n(1)]
    Signal {
        #[n(0)]
        to: Slot,
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    /// Bulk: what could not go directly.
    #[n(2)]
    Relay {
        #[n(0)]
        to: Slot,
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    /// Answered by `Pong` with the same number, once everything sent before it has been passed on.
    #[n(3)]
    Ping(#[n(0)] u32),
    #[n(4)]
    Leave,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ServerMsg {
    #[n(0)]
    Hello {
        #[cbor(n(0), with = "minicbor::bytes")]
        challenge: [u8; 32],
        #[n(1)]
        host: String,
        #[n(2)]
        protocol: u32,
        /// The server's clock: rooms change by the week, and a tablet's own clock may be years off.
        #[n(3)]
        now: Timestamp,
    },
    /// Admitted. `peers` are the members already there, in ascending order.
    #[n(1)]
    Welcome {
        #[n(0)]
        you: Slot,
        #[n(1)]
        peers: Vec<Slot>,
    },
    #[n(2)]
    PeerJoined(#[n(0)] Slot),
    /// Also the answer to a frame for somebody who is not there.
    #[n(3)]
    PeerLeft(#[n(0)] Slot),
    #[n(4)]
    Signal {
        #[n(0)]
        from: Slot,
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    #[n(5)]
    Relay {
        #[n(0)]
        from: Slot,
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    #[n(6)]
    Pong(#[n(0)] u32),
    /// The last message before the edge closes the socket with the same code; see `CloseCode::from_code`.
    #[n(7)]
    Refused {
        #[n(0)]
        code: u16,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    #[error("the frame or its payload is too large")]
    TooLarge,
    #[error("the bytes are not a frame of this protocol")]
    Malformed,
}

impl ClientMsg {
    pub fn encode(&self) -> Result<Vec<u8>, BadFrame> {
        encode(self, self.within_caps(), self.payload())
    }

    pub fn decode(frame: &[u8]) -> Result<ClientMsg, BadFrame> {
        decode(frame, ClientMsg::within_caps)
    }

    fn payload(&self) -> usize {
        match self {
            ClientMsg::Signal { bytes, .. } | ClientMsg::Relay { bytes, .. } => bytes.len(),
            ClientMsg::Join { .. } | ClientMsg::Ping(_) | ClientMsg::Leave => 0,
        }
    }

    fn within_caps(&self) -> bool {
        match self {
            ClientMsg::Signal { bytes, .. } => bytes.len() <= MAX_SIGNAL,
            ClientMsg::Relay { bytes, .. } => bytes.len() <= MAX_RELAY,
            ClientMsg::Join { .. } | ClientMsg::Ping(_) | ClientMsg::Leave => true,
        }
    }
}

impl ServerMsg {
    pub fn encode(&self) -> Result<Vec<u8>, BadFrame> {
        encode(self, self.within_caps(), self.payload())
    }

    pub fn decode(frame: &[u8]) -> Result<ServerMsg, BadFrame> {
        decode(frame, ServerMsg::within_caps)
    }

    fn payload(&self) -> usize {
        match self {
            ServerMsg::Signal { bytes, .. } | ServerMsg::Relay { bytes, .. } => bytes.len(),
            _ => 0,
        }
    }

    fn within_caps(&self) -> bool {
        match self {
            ServerMsg::Hello { host, .. } => host.len() <= MAX_HOST,
            ServerMsg::Signal { bytes, .. } => bytes.len() <= MAX_SIGNAL,
            ServerMsg::Relay { bytes, .. } => bytes.len() <= MAX_RELAY,
            ServerMsg::Welcome { .. }
            | ServerMsg::PeerJoined(_)
            | ServerMsg::PeerLeft(_)
            | ServerMsg::Pong(_)
            | ServerMsg::Refused { .. } => true,
        }
    }
}

fn encode<T: Encode<()>>(message: &T, within_caps: bool, payload: usize) -> Result<Vec<u8>, BadFrame> {
    if !within_caps {
        return Err(BadFrame::TooLarge);
    }
    let mut out = Vec::with_capacity(payload + 32);
    minicbor::encode(message, &mut out).map_err(|_| BadFrame::Malformed)?;
    Ok(out)
}

fn decode<'b, T: Decode<'b, ()>>(frame: &'b [u8], within_caps: fn(&T) -> bool) -> Result<T, BadFrame> {
    if frame.len() > MAX_FRAME {
        return Err(BadFrame::TooLarge);
    }
    let mut decoder = minicbor::Decoder::new(frame);
    let message: T = decoder.decode().map_err(|_| BadFrame::Malformed)?;
    if decoder.position() != frame.len() {
        return Err(BadFrame::Malformed);
    }
    if within_caps(&message) { Ok(message) } else { Err(BadFrame::TooLarge) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(hex: &str, message: ClientMsg) {
        let bytes = message.encode().expect("small");
        let text: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(text, hex);
        assert_eq!(ClientMsg::decode(&bytes), Ok(message));
    }

    #[test]
    fn the_frames_keep_their_bytes() {
        check("82018207430a0b0c", ClientMsg::Signal { to: 7, bytes: vec![10, 11, 12] });
        check("8202821a0001000041ff", ClientMsg::Relay { to: 65536, bytes: vec![255] });
        check("8203811864", ClientMsg::Ping(100));
        check("820480", ClientMsg::Leave);
    }

    #[test]
    fn a_payload_above_its_limit_is_neither_made_nor_read() {
        let large = ClientMsg::Signal { to: 1, bytes: vec![0; MAX_SIGNAL + 1] };
        assert_eq!(large.encode(), Err(BadFrame::TooLarge));
        let smuggled = minicbor::to_vec(&large).expect("memory");
        assert_eq!(ClientMsg::decode(&smuggled), Err(BadFrame::TooLarge));
        let relay = ClientMsg::Relay { to: u32::MAX, bytes: vec![0; MAX_RELAY] };
        assert_eq!(ClientMsg::decode(&relay.encode().expect("at the limit")), Ok(relay));
        assert_eq!(ClientMsg::decode(&vec![0; MAX_FRAME + 1]), Err(BadFrame::TooLarge));
    }

    #[test]
    fn trailing_bytes_spoil_a_frame() {
        let mut frame = ClientMsg::Leave.encode().expect("small");
        frame.push(0);
        assert_eq!(ClientMsg::decode(&frame), Err(BadFrame::Malformed));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = ClientMsg::decode(&bytes);
            let _ = ServerMsg::decode(&bytes);
        }

        #[test]
        fn a_damaged_frame_does_not_make_the_decoder_panic(at in 0usize..120, byte: u8, cut in 0usize..120) {
            let join = ClientMsg::Join { room_pk: [1; 32], signature: [2; 64], kind: RoomKind::Clinic };
            let mut frame = join.encode().expect("small");
            let at = at % frame.len();
            frame[at] = byte;
            frame.truncate(frame.len().saturating_sub(cut));
            let _ = ClientMsg::decode(&frame);
        }

        #[test]
        fn what_the_server_says_reads_back(from: u32, bytes in proptest::collection::vec(any::<u8>(), 0..300), peers in proptest::collection::vec(any::<u32>(), 0..64)) {
            for message in [
                ServerMsg::Hello { challenge: [5; 32], host: "clinic.example:8443".into(), protocol: 1, now: Timestamp(1) },
                ServerMsg::Welcome { you: from, peers },
                ServerMsg::PeerJoined(from),
                ServerMsg::PeerLeft(from),
                ServerMsg::Signal { from, bytes: bytes.clone() },
                ServerMsg::Relay { from, bytes },
                ServerMsg::Pong(from),
                ServerMsg::Refused { code: 4005 },
            ] {
                prop_assert_eq!(ServerMsg::decode(&message.encode().expect("small")), Ok(message));
            }
        }
    }
}
