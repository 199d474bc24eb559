//! What two devices pair by: a code as shown, typed or scanned, and the PSK that comes of it. A scanned code carries a
//! whole key; typed digits become one through SPAKE2, where each meeting allows one guess. Knows no relay and no message.

use std::convert::Infallible;
use std::fmt;

use rand_core::{TryCryptoRng, TryRng};
use spake2::{Ed25519Group, Identity, Password, Spake2};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Fill;
use super::kdf::{derive, hkdf_sha256};
use super::secret::Key32;

const NAMEPLATE: usize = 4;
const SECRET: usize = 8;
const FRAGMENT: &str = "join-";

/// Four digits by which the two sides find each other. Not secret: the relay could try them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nameplate([u8; NAMEPLATE]);

impl Nameplate {
    pub fn make(fill: Fill) -> Nameplate {
        let mut digits = [0; NAMEPLATE];
        fill_digits(&mut digits, fill);
        Nameplate(digits)
    }

    /// The seed of the room under this number. Whoever knows the number can enter; that is what it is for.
    pub fn derive_room_seed(&self) -> Key32 {
        derive(&Key32::from_bytes([0; 32]), "pairing-room", &self.0)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Eight digits, good for one guess within five minutes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Digits([u8; SECRET]);

impl Digits {
    pub fn make(fill: Fill) -> Digits {
        let mut digits = [0; SECRET];
        fill_digits(&mut digits, fill);
        Digits(digits)
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits(…)")
    }
}

/// What the joining side has been given.
#[derive(Clone, Debug)]
pub enum Secret {
    Typed(Digits),
    Scanned(Key32),
}

#[derive(Clone, Debug)]
pub struct Code {
    pub nameplate: Nameplate,
    pub secret: Secret,
}

impl Code {
    /// Reads twelve digits, however spaced, or the fragment of the invitation's address, or the whole address.
    pub fn parse(text: &str) -> Option<Code> {
        let text = text.trim();
        let scanned = text.rsplit('#').next().unwrap_or(text);
        match scanned.strip_prefix(FRAGMENT) {
            Some(rest) => parse_fragment(rest),
            None => parse_digits(text),
        }
    }
}

/// Twelve digits to read out and type.
pub fn digits_text(nameplate: &Nameplate, digits: &Digits) -> String {
    String::from_utf8_lossy(&[&nameplate.0[..], &digits.0[..]].concat()).into_owned()
}

/// The fragment of the address in the QR. Browsers do not send it to any server.
pub fn fragment(nameplate: &Nameplate, psk: &Key32) -> String {
    let hex: String = psk.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("{FRAGMENT}{}-{hex}", String::from_utf8_lossy(&nameplate.0))
}

/// The handshake's PSK from the key in a scanned code.
pub fn derive_scanned_psk(scanned: &Key32, nameplate: &Nameplate) -> Key32 {
    derive(scanned, "pairing-scanned", &nameplate.0)
}

/// Six digits that both screens show: equal only if both ends saw the very same handshake.
pub fn derive_verifier(handshake_hash: &[u8; 32]) -> String {
    let block = hkdf_sha256(handshake_hash, None, &[b"lucerna/v1/pairing-verifier"]);
    let mut number = [0; 8];
    number.copy_from_slice(&block.as_bytes()[..8]);
    format!("{:06}", u64::from_be_bytes(number) % 1_000_000)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Inviter,
    Joiner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other side's message is not one of this exchange")]
pub struct BadPake;

/// SPAKE2 over the eight digits (after RFC 9382, in the form that `magic-wormhole` uses). One message each way; used once.
pub struct Pake(Spake2<Ed25519Group>);

impl Pake {
    pub fn start(side: Side, digits: &Digits, nameplate: &Nameplate, fill: Fill) -> (Pake, Vec<u8>) {
        let password = Password::new(digits.0);
        let joiner = Identity::new(&[b"lucerna/v1/joiner/", nameplate.as_bytes()].concat());
        let inviter = Identity::new(&[b"lucerna/v1/inviter/", nameplate.as_bytes()].concat());
        let (state, message) = match side {
            Side::Joiner => Spake2::start_a_with_rng(&password, &joiner, &inviter, Filled(fill)),
            Side::Inviter => Spake2::start_b_with_rng(&password, &joiner, &inviter, Filled(fill)),
        };
        (Pake(state), message)
    }

    /// The PSK. Equal on both sides only if the digits were; nothing here tells whether they were.
    pub fn finish(self, theirs: &[u8]) -> Result<Key32, BadPake> {
        let shared = Zeroizing::new(self.0.finish(theirs).map_err(|_| BadPake)?);
        Ok(hkdf_sha256(&shared, None, &[b"lucerna/v1/pairing-typed"]))
    }
}

impl fmt::Debug for Pake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pake(…)")
    }
}

fn parse_digits(text: &str) -> Option<Code> {
    let kept: Vec<u8> = text.bytes().filter(|b| !matches!(b, b' ' | b'-' | b'.')).collect();
    let (nameplate, secret) = kept.split_at_checked(NAMEPLATE)?;
    let secret: [u8; SECRET] = secret.try_into().ok()?;
    kept.iter().all(u8::is_ascii_digit).then_some(())?;
    Some(Code { nameplate: Nameplate(nameplate.try_into().ok()?), secret: Secret::Typed(Digits(secret)) })
}

fn parse_fragment(rest: &str) -> Option<Code> {
    let (nameplate, hex) = rest.split_once('-')?;
    let nameplate: [u8; NAMEPLATE] = nameplate.as_bytes().try_into().ok()?;
    nameplate.iter().all(u8::is_ascii_digit).then_some(())?;
    let key: crate::base::Hash = hex.trim().parse().ok()?;
    Some(Code { nameplate: Nameplate(nameplate), secret: Secret::Scanned(Key32::from_bytes(key.0)) })
}

/// Uniform decimal digits, as ASCII: bytes of 250 and more are drawn again.
fn fill_digits(digits: &mut [u8], fill: Fill) {
    for digit in digits {
        let mut byte = [255];
        while byte[0] >= 250 {
            fill(&mut byte);
        }
        *digit = b'0' + byte[0] % 10;
    }
}

/// Our source of randomness in the shape that SPAKE2 asks for.
struct Filled<'a>(Fill<'a>);

impl TryRng for Filled<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Filled<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("randomness");
    }

    fn typed(text: &str) -> Digits {
        match Code::parse(text).expect("a code").secret {
            Secret::Typed(digits) => digits,
            Secret::Scanned(_) => unreachable!("typed"),
        }
    }

    fn shake(inviter: &Digits, joiner: &Digits) -> (Key32, Key32) {
        let nameplate = Nameplate(*b"1234");
        let (a, to_b) = Pake::start(Side::Joiner, joiner, &nameplate, &mut fill);
        let (b, to_a) = Pake::start(Side::Inviter, inviter, &nameplate, &mut fill);
        (a.finish(&to_a).expect("shape"), b.finish(&to_b).expect("shape"))
    }

    #[test]
    fn what_is_shown_is_read_back_however_it_is_typed() {
        let (nameplate, digits) = (Nameplate::make(&mut fill), Digits::make(&mut fill));
        let text = digits_text(&nameplate, &digits);
        assert_eq!(text.len(), 12);
        let spaced = format!(" {} {}-{} ", &text[..4], &text[4..8], &text[8..]);
        assert_eq!(Code::parse(&spaced).map(|c| c.nameplate), Some(nameplate));
        assert_eq!(typed(&spaced).0, digits.0);
    }

    #[test]
    fn a_scanned_address_is_read_whole_or_by_its_fragment() {
        let (nameplate, psk) = (Nameplate(*b"0042"), Key32::from_bytes([0xab; 32]));
        let part = fragment(&nameplate, &psk);
        for text in [part.clone(), format!("https://clinic.example/#{part}")] {
            let code = Code::parse(&text).expect("a code");
            assert_eq!(code.nameplate, nameplate);
            assert!(matches!(code.secret, Secret::Scanned(key) if key == psk));
        }
    }

    #[test]
    fn anything_else_is_no_code() {
        for text in ["", "1234", "12345678901", "1234567890123", "12345678901x", "join-12-ab", "join-1234-zz", "é"] {
            assert!(Code::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn equal_digits_give_equal_keys_and_others_do_not() {
        let (a, b) = shake(&typed("123411112222"), &typed("123411112222"));
        assert_eq!(a, b);
        let (a, b) = shake(&typed("123411112222"), &typed("123411112223"));
        assert_ne!(a, b);
    }

    #[test]
    fn a_message_sent_back_to_its_sender_is_refused() {
        let (pake, own) = Pake::start(Side::Joiner, &typed("123411112222"), &Nameplate(*b"1234"), &mut fill);
        assert!(pake.finish(&own).is_err());
    }

    #[test]
    fn the_verifier_has_six_digits() {
        assert_eq!(derive_verifier(&[1; 32]).len(), 6);
        assert_ne!(derive_verifier(&[1; 32]), derive_verifier(&[2; 32]));
    }
}
