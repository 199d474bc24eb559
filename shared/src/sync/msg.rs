//! What two devices say to each other inside the sealed pipe. CBOR, capped by the frame layer before it is decoded.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::base::{DeviceId, Hash};
use crate::sync::io::{Head, LogItem, SdpKind};

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum PeerMsg {
    /// What I hold. The first word on a path, and again when the exchange starts over.
    #[n(0)]
    Hello {
        #[n(0)]
        heads: Vec<Head>,
        /// SHA-256 over the sorted hashes of all my certificates.
        #[n(1)]
        control: Hash,
    },
    /// These heads have moved; I hold them, committed.
    #[n(1)]
    Have(#[n(0)] Vec<Head>),
    /// Send me everything of this author after this number.
    #[n(2)]
    Want {
        #[n(0)]
        author: DeviceId,
        #[n(1)]
        after: u64,
    },
    /// Answer to `Want`, in order; `last` when nothing more is to come for it.
    #[n(3)]
    Items {
        #[n(0)]
        author: DeviceId,
        #[n(1)]
        items: Vec<LogItem>,
        #[n(2)]
        last: bool,
    },
    /// This many bytes of items and certificates have been dealt with; send on.
    #[n(4)]
    Ack(#[n(0)] u64),
    /// Hashes of all my certificates, in pieces. To one whose device nobody here has certified, it is the first and
    /// only word: send what I lack, and I may come to know you.
    #[n(5)]
    ControlList {
        #[n(0)]
        hashes: Vec<Hash>,
        #[n(1)]
        last: bool,
    },
    /// Certificates that you lack.
    #[n(6)]
    Control(#[n(0)] Vec<ByteVec>),
    /// Offer or answer for a direct connection.
    #[n(7)]
    Sdp {
        #[n(0)]
        attempt: u32,
        #[n(1)]
        kind: SdpKind,
        #[n(2)]
        sdp: String,
    },
    #[n(8)]
    Candidate {
        #[n(0)]
        attempt: u32,
        #[n(1)]
        json: String,
    },
    /// I have given up this attempt, or lost the connection it made: back to the relay.
    #[n(9)]
    Fallback(#[n(0)] u32),
    #[n(10)]
    Ping,
    #[n(11)]
    Pong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer sent bytes that are not a message")]
pub struct BadMsg;

impl PeerMsg {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Encoding into a Vec cannot fail.
        let _ = minicbor::encode(self, &mut out);
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<PeerMsg, BadMsg> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let message = decoder.decode().map_err(|_| BadMsg)?;
        if decoder.position() == bytes.len() { Ok(message) } else { Err(BadMsg) }
    }

    /// Travels behind the log, in its order, so that certificates are there before what cites them.
    pub fn is_bulk(&self) -> bool {
        matches!(self, PeerMsg::Items { .. } | PeerMsg::Control(_))
    }

    /// Sets up the direct path; always over the relay.
    pub fn is_signalling(&self) -> bool {
        matches!(self, PeerMsg::Sdp { .. } | PeerMsg::Candidate { .. } | PeerMsg::Fallback(_))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_keep_their_bytes() {
        let hex = |m: PeerMsg| m.encode().iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(PeerMsg::Ack(1000)), "8204811903e8");
        assert_eq!(hex(PeerMsg::Ping), "820a80");
        let want = PeerMsg::Want { author: DeviceId([1; 16]), after: 5 };
        assert_eq!(hex(want), "8202825001010101010101010101010101010101".to_owned() + "05");
    }

    proptest! {
        #[test]
        fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = PeerMsg::decode(&bytes);
        }
    }
}
