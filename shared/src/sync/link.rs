//! One sealed, ordered pipe to one peer: a Noise handshake, then frames, with rekeying inside. Both paths use it alike;
//! it refuses to know which transport carries it and what the messages say.

use crate::base::Timestamp;
use crate::crypto::Fill;
use crate::crypto::noise::{Handshake, NoiseFault, Side, TAG, Terms, Transport};
use crate::sync::frame::{self, Assembler, Frame, FrameFault};

/// One message of an SCTP data channel: 16 KiB is what every browser takes whole.
pub const RTC_FRAME: usize = 16 * 1024;
/// One Noise message over the relay.
pub const RELAY_FRAME: usize = 60 * 1024;

const REKEY_FRAMES: u64 = 1 << 20;
const REKEY_MS: i64 = 60 * 60 * 1000;
/// What a handshake may say beside its keys.
const MAX_PAYLOAD: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    #[error("the sealed pipe refused a message: {0}")]
    Noise(#[from] NoiseFault),
    #[error("the sealed pipe carried a bad frame: {0}")]
    Frame(#[from] FrameFault),
    #[error("the sealed pipe is not open")]
    NotOpen,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// The handshake goes on.
    Nothing,
    /// Open. What the other side proved and said in the handshake.
    Up {
        remote_static: [u8; 32],
        payload: Vec<u8>,
    },
    Message(Vec<u8>),
}

#[derive(Debug)]
enum State {
    Shaking(Box<Handshake>),
    Open(Box<Transport>),
    Dead,
}

#[derive(Debug)]
pub struct Link {
    state: State,
    /// Largest sealed frame.
    max: usize,
    payload: Vec<u8>,
    theirs: Vec<u8>,
    assembler: Assembler,
    sealed: u64,
    keyed_at: Timestamp,
}

impl Link {
    /// The initiator's first message is the second value; `payload` (at most 1 KiB) is told under the handshake's seal.
    pub fn make(
        side: Side,
        terms: Terms<'_>,
        payload: &[u8],
        max: usize,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> Result<(Link, Option<Vec<u8>>), LinkFault> {
        let mut handshake = Handshake::make(side, terms, fill)?;
        let first = match side {
            // The first message of XX is in the clear: it says nothing.
            Side::Initiator => Some(handshake.write(&[])?),
            Side::Responder => None,
        };
        let link = Link {
            state: State::Shaking(Box::new(handshake)),
            max,
            payload: payload.to_vec(),
            theirs: Vec::new(),
            assembler: Assembler::default(),
            sealed: 0,
            keyed_at: now,
        };
        Ok((link, first))
    }

    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// The hash that binds the whole handshake, once open.
    pub fn handshake_hash(&self) -> Option<&[u8; 32]> {
        match &self.state {
            State::Open(transport) => Some(transport.handshake_hash()),
            State::Shaking(_) | State::Dead => None,
        }
    }

    /// Takes one sealed frame; what must go back is added to `out`. After a fault the link is dead.
    pub fn receive(&mut self, bytes: &[u8], now: Timestamp, out: &mut Vec<Vec<u8>>) -> Result<Heard, LinkFault> {
        let heard = self.take(bytes, now, out);
        if heard.is_err() {
            self.state = State::Dead;
        }
        heard
    }

    /// The sealed frames of one message, to be sent in this order.
    pub fn seal(&mut self, message: &[u8], now: Timestamp) -> Result<Vec<Vec<u8>>, LinkFault> {
        let State::Open(transport) = &mut self.state else { return Err(LinkFault::NotOpen) };
        let mut out = Vec::new();
        if self.sealed >= REKEY_FRAMES || now.millis_since(self.keyed_at) >= REKEY_MS {
            out.push(transport.seal(&frame::rekey())?);
            transport.rekey_outgoing();
            self.sealed = 0;
            self.keyed_at = now;
        }
        for part in frame::split(message, self.max - TAG) {
            out.push(transport.seal(&part)?);
            self.sealed += 1;
        }
        Ok(out)
    }

    fn take(&mut self, bytes: &[u8], now: Timestamp, out: &mut Vec<Vec<u8>>) -> Result<Heard, LinkFault> {
        match &mut self.state {
            State::Shaking(handshake) => {
                let said = handshake.read(bytes)?;
                if said.len() > MAX_PAYLOAD {
                    return Err(LinkFault::Frame(FrameFault::TooLarge));
                }
                if !said.is_empty() {
                    self.theirs = said;
                }
                if handshake.my_turn() {
                    out.push(handshake.write(&self.payload)?);
                }
                if handshake.finished() { self.open(now) } else { Ok(Heard::Nothing) }
            }
            State::Open(transport) => {
                let plain = transport.open(bytes)?;
                match self.assembler.push(&plain)? {
                    Frame::Message(message) => Ok(Heard::Message(message)),
                    Frame::Part => Ok(Heard::Nothing),
                    Frame::Rekey => {
                        transport.rekey_incoming();
                        Ok(Heard::Nothing)
                    }
                }
            }
            State::Dead => Err(LinkFault::NotOpen),
        }
    }

    fn open(&mut self, now: Timestamp) -> Result<Heard, LinkFault> {
        let State::Shaking(handshake) = std::mem::replace(&mut self.state, State::Dead) else {
            return Err(LinkFault::NotOpen);
        };
        let transport = handshake.into_transport()?;
        let remote_static = *transport.remote_static();
        self.state = State::Open(Box::new(transport));
        self.keyed_at = now;
        Ok(Heard::Up { remote_static, payload: std::mem::take(&mut self.theirs) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("randomness");
    }

    fn shaken() -> (Link, Link) {
        let terms = |secret| Terms { secret, psk: &[5; 32], prologue: b"p" };
        let now = Timestamp(0);
        let (mut a, first) = Link::make(Side::Initiator, terms(&[1; 32]), b"a", 256, now, &mut fill).expect("a");
        let (mut b, none) = Link::make(Side::Responder, terms(&[2; 32]), b"b", 256, now, &mut fill).expect("b");
        assert_eq!(none, None);
        let (mut to_a, mut to_b) = (Vec::new(), Vec::new());
        b.receive(&first.expect("first"), now, &mut to_a).expect("one");
        let up = a.receive(&to_a[0], now, &mut to_b).expect("two");
        assert!(matches!(up, Heard::Up { payload, .. } if payload == b"b"));
        let up = b.receive(&to_b[0], now, &mut to_a).expect("three");
        assert!(matches!(up, Heard::Up { payload, .. } if payload == b"a"));
        (a, b)
    }

    fn pass(a: &mut Link, b: &mut Link, message: &[u8], now: Timestamp) -> Option<Vec<u8>> {
        let mut whole = None;
        for frame in a.seal(message, now).expect("seals") {
            assert!(frame.len() <= 256);
            if let Heard::Message(bytes) = b.receive(&frame, now, &mut Vec::new()).expect("opens") {
                whole = Some(bytes);
            }
        }
        whole
    }

    #[test]
    fn a_long_message_crosses_in_small_frames() {
        let (mut a, mut b) = shaken();
        let message: Vec<u8> = (0..10_000u32).map(|i| i as u8).collect();
        assert_eq!(pass(&mut a, &mut b, &message, Timestamp(1)), Some(message.clone()));
        assert_eq!(pass(&mut b, &mut a, &message, Timestamp(1)), Some(message));
    }

    #[test]
    fn an_hour_later_the_keys_are_new_and_the_pipe_goes_on() {
        let (mut a, mut b) = shaken();
        assert_eq!(pass(&mut a, &mut b, b"before", Timestamp(1)).as_deref(), Some(&b"before"[..]));
        let frames = a.seal(b"after", Timestamp(REKEY_MS + 1)).expect("seals");
        assert_eq!(frames.len(), 2);
        assert_eq!(b.receive(&frames[0], Timestamp(0), &mut Vec::new()), Ok(Heard::Nothing));
        assert_eq!(b.receive(&frames[1], Timestamp(0), &mut Vec::new()), Ok(Heard::Message(b"after".to_vec())));
    }

    #[test]
    fn one_tampered_frame_kills_the_pipe() {
        let (mut a, mut b) = shaken();
        let mut frames = a.seal(b"x", Timestamp(1)).expect("seals");
        frames[0][0] ^= 1;
        assert!(b.receive(&frames[0], Timestamp(1), &mut Vec::new()).is_err());
        let good = a.seal(b"y", Timestamp(1)).expect("seals");
        assert_eq!(b.receive(&good[0], Timestamp(1), &mut Vec::new()), Err(LinkFault::NotOpen));
    }
}
