//! What the two sides of a pairing say: a first byte in the clear that tells how the key is made, then a Noise pipe
//! with four sealed messages.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::base::Hash;
use crate::crypto::pairing::Nameplate;
use crate::sync::pair_io::JoinRequest;
use crate::sync::prologue::assemble;

const MAX_NAME: usize = 200;

/// One frame through the pairing room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// SPAKE2, one each way; the joiner's comes first.
    Pake(&'a [u8]),
    /// The joiner has scanned the key: no SPAKE2.
    Scanned,
    /// The Noise pipe.
    Pipe(&'a [u8]),
}

impl<'a> Frame<'a> {
    pub fn encode(&self) -> Vec<u8> {
        let (kind, bytes): (u8, &[u8]) = match self {
            Frame::Pake(bytes) => (1, bytes),
            Frame::Scanned => (2, &[]),
            Frame::Pipe(bytes) => (3, bytes),
        };
        let mut out = vec![kind];
        out.extend_from_slice(bytes);
        out
    }

    pub fn decode(bytes: &'a [u8]) -> Option<Frame<'a>> {
        match bytes.split_first()? {
            (1, rest) => Some(Frame::Pake(rest)),
            (2, []) => Some(Frame::Scanned),
            (3, rest) => Some(Frame::Pipe(rest)),
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Encode, Decode)]
pub(super) enum Word {
    /// Joiner: let me in.
    #[n(0)]
    Request(#[n(0)] JoinRequest),
    /// Inviter: your key was right; the owner is being asked.
    #[n(1)]
    Asking,
    #[n(2)]
    Granted(#[n(0)] ByteVec),
    #[n(3)]
    Rejected,
    /// Joiner: committed.
    #[n(4)]
    Stored,
}

impl Word {
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Vec::new();
        // Encoding into a Vec cannot fail.
        let _ = minicbor::encode(self, &mut out);
        Zeroizing::new(out)
    }

    pub fn decode(bytes: &[u8]) -> Option<Word> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let word = decoder.decode().ok()?;
        (decoder.position() == bytes.len()).then_some(word)
    }
}

/// Names that fit a screen and a certificate.
pub(super) fn is_sound(request: &JoinRequest) -> bool {
    [&request.device_name, &request.staff_name].iter().all(|name| {
        let name = name.trim();
        !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control)
    })
}

pub(super) fn prologue(nameplate: &Nameplate, room: Hash, scanned: bool) -> Vec<u8> {
    let how: &[u8] = if scanned { b"scanned" } else { b"typed" };
    assemble(b"lucerna/pairing/v1", &[nameplate.as_bytes(), room.as_bytes(), how])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(name: &str) -> JoinRequest {
        JoinRequest {
            device_name: name.into(),
            staff_name: "Sari".into(),
            staff_public: [1; 32],
            device_public: [2; 32],
            noise_public: [3; 32],
        }
    }

    #[test]
    fn a_request_without_a_name_or_with_a_hidden_one_is_not_shown() {
        assert!(is_sound(&request("Tablet 2")));
        for name in ["", "  ", "a\nb", "a\u{0}", &"x".repeat(201)] {
            assert!(!is_sound(&request(name)));
        }
    }

    #[test]
    fn words_read_back() {
        for word in
            [Word::Request(request("T")), Word::Asking, Word::Granted(vec![1].into()), Word::Rejected, Word::Stored]
        {
            assert_eq!(Word::decode(&word.encode()), Some(word));
        }
    }

    proptest! {
        #[test]
        fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Word::decode(&bytes);
            let _ = Frame::decode(&bytes);
        }
    }
}
