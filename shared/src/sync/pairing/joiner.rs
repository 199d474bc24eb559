//! The new device's side: goes to the room of the four digits, proves the code, asks to come in, keeps what it is given.

use zeroize::Zeroizing;

use crate::base::Timestamp;
use crate::crypto::noise::Side;
use crate::crypto::pairing::{Code, Pake, Secret, Side as PakeSide, derive_scanned_psk, derive_verifier};
use crate::crypto::{Fill, Key32};
use crate::sync::link::{Heard, Link};
use crate::sync::pair_io::{JoinRequest, PairCommand, PairFault, PairInput};
use crate::sync::pairing::meeting::Meeting;
use crate::sync::pairing::words::{Frame, Word};
use crate::sync::relay::RelayEvent;
use crate::wire::{CloseCode, Slot};

/// How long finding the other side and proving the code may take.
const MEET_MS: i64 = 45_000;
/// How long to wait in an empty room: the other side may just be coming back to it.
const ALONE_MS: i64 = 12_000;
/// How long the owner may think, and a little.
const ANSWER_MS: i64 = 6 * 60 * 1000;

#[derive(Debug)]
enum State {
    /// Nobody seen yet.
    Looking,
    /// Our SPAKE2 message is out.
    Agreeing {
        slot: Slot,
        pake: Pake,
    },
    /// The handshake, then the request; nothing sealed has come back yet.
    Proving {
        slot: Slot,
        link: Box<Link>,
    },
    /// The owner is being asked.
    Asking {
        slot: Slot,
        link: Box<Link>,
    },
    /// The grant is with the engine.
    Storing {
        slot: Slot,
        link: Box<Link>,
    },
    Over,
}

#[derive(Debug)]
pub struct Joiner {
    meeting: Meeting,
    noise_secret: Key32,
    secret: Secret,
    request: JoinRequest,
    deadline: Timestamp,
    state: State,
}

impl Joiner {
    /// `code` as typed or scanned; `noise_secret` belongs to `request.noise_public`.
    pub fn new(
        code: &str,
        noise_secret: Zeroizing<[u8; 32]>,
        request: JoinRequest,
        host: String,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> Result<(Joiner, Vec<PairCommand>), PairFault> {
        let code = Code::parse(code).ok_or(PairFault::NotACode)?;
        let mut joiner = Joiner {
            meeting: Meeting::enter(code.nameplate, host, now),
            noise_secret: Key32::from_bytes(*noise_secret),
            secret: code.secret,
            request,
            deadline: now.plus_millis(MEET_MS),
            state: State::Looking,
        };
        let _ = fill;
        let commands = joiner.meeting.commands(joiner.deadline, now);
        Ok((joiner, commands))
    }

    pub fn handle(&mut self, input: PairInput, now: Timestamp, fill: Fill<'_>) -> Vec<PairCommand> {
        if !self.meeting.over {
            if now >= self.deadline {
                let why = match self.state {
                    State::Looking => PairFault::NobodyThere,
                    State::Agreeing { .. } | State::Proving { .. } => PairFault::PeerLeft,
                    State::Asking { .. } | State::Storing { .. } | State::Over => PairFault::Expired,
                };
                self.fail(why);
            } else {
                self.take(input, now, fill);
            }
        }
        self.meeting.commands(self.deadline, now)
    }

    fn take(&mut self, input: PairInput, now: Timestamp, fill: Fill<'_>) {
        match input {
            PairInput::RelayOpened => self.meeting.relay.opened(now),
            PairInput::RelayMessage(bytes) => {
                if let Some(event) = self.meeting.message(&bytes, now) {
                    self.relay_event(event, now, fill);
                }
            }
            PairInput::RelayClosed { code } => {
                let hopeless = self.meeting.lost(now, fill);
                let full = CloseCode::from_code(code) == Some(CloseCode::RoomFull);
                match self.state {
                    State::Looking if full => self.fail(PairFault::NobodyThere),
                    State::Looking if hopeless => self.fail(PairFault::Offline),
                    State::Looking => {}
                    // The relay's own fault says nothing about the code.
                    State::Agreeing { .. } | State::Proving { .. } | State::Asking { .. } | State::Storing { .. } => {
                        self.fail(PairFault::Offline);
                    }
                    State::Over => {}
                }
            }
            PairInput::Tick => {
                if self.meeting.tick(now, fill) && (self.meeting.hopeless() || !matches!(self.state, State::Looking)) {
                    self.fail(PairFault::Offline);
                }
            }
            PairInput::Stored => {
                if let State::Storing { slot, mut link } = std::mem::replace(&mut self.state, State::Over) {
                    self.meeting.say(slot, &mut link, &Word::Stored, now);
                    self.meeting.end(PairCommand::Done);
                }
            }
            PairInput::Cancel => self.fail(PairFault::Cancelled),
            PairInput::Approve { .. } | PairInput::Reject => {}
        }
    }

    fn relay_event(&mut self, event: RelayEvent, now: Timestamp, fill: Fill<'_>) {
        match event {
            RelayEvent::Welcome { peers, .. } => match (peers.first(), &self.state) {
                (Some(slot), State::Looking) => self.begin(*slot, now, fill),
                (None, State::Looking) => self.deadline = self.deadline.min(now.plus_millis(ALONE_MS)),
                _ => {}
            },
            RelayEvent::Joined(slot) => {
                if matches!(self.state, State::Looking) {
                    self.begin(slot, now, fill);
                }
            }
            RelayEvent::Left(_) => match self.state {
                State::Looking | State::Over => {}
                State::Agreeing { .. } => self.fail(PairFault::PeerLeft),
                // It left at our proof: the code was not the one it had shown.
                State::Proving { .. } => self.fail(PairFault::WrongCode),
                State::Asking { .. } => self.fail(PairFault::PeerLeft),
                // The grant is here; that the other side did not wait for our word changes nothing.
                State::Storing { .. } => {}
            },
            RelayEvent::Frame { from, bytes } => self.frame(from, &bytes, now, fill),
            RelayEvent::Clock(_) => {}
        }
    }

    fn begin(&mut self, slot: Slot, now: Timestamp, fill: Fill<'_>) {
        match &self.secret {
            Secret::Typed(digits) => {
                let (pake, message) = Pake::start(PakeSide::Joiner, digits, &self.meeting.nameplate, fill);
                self.meeting.send(slot, &Frame::Pake(&message), now);
                self.state = State::Agreeing { slot, pake };
            }
            Secret::Scanned(scanned) => {
                let psk = derive_scanned_psk(scanned, &self.meeting.nameplate);
                self.meeting.send(slot, &Frame::Scanned, now);
                self.shake(slot, &psk, true, now, fill);
            }
        }
    }

    fn shake(&mut self, slot: Slot, psk: &Key32, scanned: bool, now: Timestamp, fill: Fill<'_>) {
        match self.meeting.shake(Side::Initiator, slot, &self.noise_secret, psk, scanned, now, fill) {
            Ok(link) => self.state = State::Proving { slot, link: Box::new(link) },
            Err(_) => self.fail(PairFault::Broken),
        }
    }

    fn frame(&mut self, from: Slot, bytes: &[u8], now: Timestamp, fill: Fill<'_>) {
        match (std::mem::replace(&mut self.state, State::Over), Frame::decode(bytes)) {
            (State::Agreeing { slot, pake }, Some(Frame::Pake(theirs))) if slot == from => match pake.finish(theirs) {
                Ok(psk) => self.shake(slot, &psk, false, now, fill),
                Err(_) => self.fail(PairFault::Broken),
            },
            (State::Proving { slot, link }, Some(Frame::Pipe(bytes))) if slot == from => {
                self.proving(slot, link, bytes, now);
            }
            (State::Asking { slot, link }, Some(Frame::Pipe(bytes))) if slot == from => {
                self.answered(slot, link, bytes, now);
            }
            (state @ (State::Looking | State::Storing { .. } | State::Over), _) => self.state = state,
            (State::Agreeing { slot, pake }, _) if slot != from => self.state = State::Agreeing { slot, pake },
            (State::Proving { slot, link }, _) if slot != from => self.state = State::Proving { slot, link },
            (State::Asking { slot, link }, _) if slot != from => self.state = State::Asking { slot, link },
            _ => self.fail(PairFault::Broken),
        }
    }

    fn proving(&mut self, slot: Slot, mut link: Box<Link>, bytes: &[u8], now: Timestamp) {
        let mut back = Vec::new();
        let heard = link.receive(bytes, now, &mut back);
        for frame in back {
            self.meeting.send(slot, &Frame::Pipe(&frame), now);
        }
        match heard {
            Ok(Heard::Nothing) => self.state = State::Proving { slot, link },
            Ok(Heard::Up { .. }) => {
                self.meeting.say(slot, &mut link, &Word::Request(self.request.clone()), now);
                self.state = State::Proving { slot, link };
            }
            // The first sealed word: the other side holds the same code.
            Ok(Heard::Message(message)) if Word::decode(&message) == Some(Word::Asking) => {
                let Some(verifier) = link.handshake_hash().map(derive_verifier) else {
                    return self.fail(PairFault::Broken);
                };
                self.deadline = now.plus_millis(ANSWER_MS);
                self.meeting.push(PairCommand::Verify { verifier });
                self.state = State::Asking { slot, link };
            }
            Ok(Heard::Message(_)) => self.fail(PairFault::Broken),
            Err(_) => self.fail(PairFault::WrongCode),
        }
    }

    fn answered(&mut self, slot: Slot, mut link: Box<Link>, bytes: &[u8], now: Timestamp) {
        match link.receive(bytes, now, &mut Vec::new()) {
            Ok(Heard::Nothing) => self.state = State::Asking { slot, link },
            Ok(Heard::Message(message)) => {
                let message = Zeroizing::new(message);
                match Word::decode(&message) {
                    Some(Word::Granted(grant)) => {
                        self.meeting.push(PairCommand::Granted { grant: Zeroizing::new(grant.into()) });
                        self.state = State::Storing { slot, link };
                    }
                    Some(Word::Rejected) => self.fail(PairFault::Rejected),
                    Some(Word::Request(_) | Word::Asking | Word::Stored) | None => self.fail(PairFault::Broken),
                }
            }
            Ok(Heard::Up { .. }) | Err(_) => self.fail(PairFault::Broken),
        }
    }

    fn fail(&mut self, why: PairFault) {
        self.state = State::Over;
        self.meeting.fail(why);
    }
}
