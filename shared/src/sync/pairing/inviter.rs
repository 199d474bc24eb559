//! The owner's side: waits under four digits, lets one device prove the code, asks the owner, hands over the grant.
//! Whatever goes wrong once a guess was made burns the invitation.

use zeroize::Zeroizing;

use crate::base::Timestamp;
use crate::crypto::noise::Side;
use crate::crypto::pairing::{
    Digits, Nameplate, Pake, Side as PakeSide, derive_scanned_psk, derive_verifier, digits_text, fragment,
};
use crate::crypto::{Fill, Key32};
use crate::sync::link::{Heard, Link};
use crate::sync::pair_io::{Invitation, PairCommand, PairFault, PairInput};
use crate::sync::pairing::meeting::Meeting;
use crate::sync::pairing::words::{Frame, Word, is_sound};
use crate::sync::relay::RelayEvent;
use crate::wire::{CloseCode, Slot};

/// How long the code may be used, and how long the owner may think.
const OPEN_MS: i64 = 5 * 60 * 1000;
/// Numbers that were taken before giving up.
const MAX_ROOMS: u32 = 8;
/// Devices that came and went before proving anything.
const MAX_VISITS: u32 = 5;

#[derive(Debug)]
enum State {
    /// Nobody else may be in the room yet.
    Arriving,
    /// The code is shown.
    Waiting,
    /// Somebody is there and has not proved the code.
    Proving {
        slot: Slot,
        link: Option<Box<Link>>,
    },
    /// The code was right; the request is to come.
    Proved {
        slot: Slot,
        link: Box<Link>,
        noise_public: [u8; 32],
    },
    /// The owner is being asked.
    Asking {
        slot: Slot,
        link: Box<Link>,
    },
    /// The grant is under way.
    Granting {
        slot: Slot,
        link: Box<Link>,
    },
    Over,
}

#[derive(Debug)]
pub struct Inviter {
    meeting: Meeting,
    noise_secret: Key32,
    digits: Digits,
    scanned: Key32,
    deadline: Timestamp,
    rooms: u32,
    visits: u32,
    state: State,
}

impl Inviter {
    /// `noise_secret` is this device's X25519 secret, `host` the relay's host as the browser sees it.
    pub fn new(
        noise_secret: Zeroizing<[u8; 32]>,
        host: String,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> (Inviter, Vec<PairCommand>) {
        let mut inviter = Inviter {
            meeting: Meeting::enter(Nameplate::make(fill), host, now),
            noise_secret: Key32::from_bytes(*noise_secret),
            digits: Digits::make(fill),
            scanned: Key32::make(fill),
            deadline: now.plus_millis(OPEN_MS),
            rooms: 0,
            visits: 0,
            state: State::Arriving,
        };
        let commands = inviter.meeting.commands(inviter.deadline, now);
        (inviter, commands)
    }

    pub fn handle(&mut self, input: PairInput, now: Timestamp, fill: Fill<'_>) -> Vec<PairCommand> {
        if !self.meeting.over {
            if now >= self.deadline {
                self.fail(PairFault::Expired);
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
                if matches!(self.state, State::Arriving) && CloseCode::from_code(code) == Some(CloseCode::RoomFull) {
                    self.another_room(now, fill);
                } else {
                    self.socket_lost(hopeless);
                }
            }
            PairInput::Tick => {
                if self.meeting.tick(now, fill) {
                    self.socket_lost(self.meeting.hopeless());
                }
            }
            PairInput::Approve { grant } => self.grant(grant, now),
            PairInput::Reject => {
                if let State::Asking { slot, mut link } = std::mem::replace(&mut self.state, State::Over) {
                    self.meeting.say(slot, &mut link, &Word::Rejected, now);
                }
                self.fail(PairFault::Rejected);
            }
            PairInput::Cancel => self.fail(PairFault::Cancelled),
            PairInput::Stored => {}
        }
    }

    fn relay_event(&mut self, event: RelayEvent, now: Timestamp, fill: Fill<'_>) {
        match event {
            RelayEvent::Welcome { peers, .. } if matches!(self.state, State::Arriving) && !peers.is_empty() => {
                self.another_room(now, fill);
            }
            RelayEvent::Welcome { peers, .. } => {
                self.state = State::Waiting;
                self.meeting.push(PairCommand::Ready(self.invitation()));
                if let Some(slot) = peers.first() {
                    self.state = State::Proving { slot: *slot, link: None };
                }
            }
            RelayEvent::Joined(slot) => {
                if matches!(self.state, State::Waiting) {
                    self.state = State::Proving { slot, link: None };
                }
            }
            RelayEvent::Left(slot) => self.left(slot),
            RelayEvent::Clock(_) => {}
            RelayEvent::Frame { from, bytes } => self.frame(from, &bytes, now, fill),
        }
    }

    fn invitation(&self) -> Invitation {
        Invitation {
            digits: digits_text(&self.meeting.nameplate, &self.digits),
            fragment: fragment(&self.meeting.nameplate, &self.scanned),
            expires: self.deadline,
        }
    }

    /// Somebody sits under this number: take another before the code is shown.
    fn another_room(&mut self, now: Timestamp, fill: Fill<'_>) {
        self.rooms += 1;
        if self.rooms >= MAX_ROOMS {
            return self.fail(PairFault::Offline);
        }
        self.meeting.change_room(Nameplate::make(fill), now);
    }

    /// Before anybody has proved the code the socket may come back; after that the other side is gone.
    fn socket_lost(&mut self, hopeless: bool) {
        match self.state {
            State::Arriving | State::Waiting | State::Proving { .. } if hopeless => self.fail(PairFault::Offline),
            State::Arriving => {}
            State::Waiting | State::Proving { .. } => self.state = State::Waiting,
            State::Proved { .. } | State::Asking { .. } | State::Granting { .. } => self.fail(PairFault::PeerLeft),
            State::Over => {}
        }
    }

    fn left(&mut self, gone: Slot) {
        match &self.state {
            State::Proving { slot, .. } if *slot == gone => {
                // It has made no guess; but strangers may not come and go for five minutes.
                self.visits += 1;
                self.state = State::Waiting;
                if self.visits >= MAX_VISITS {
                    self.fail(PairFault::WrongCode);
                }
            }
            State::Proved { slot, .. } | State::Asking { slot, .. } | State::Granting { slot, .. } if *slot == gone => {
                self.fail(PairFault::PeerLeft);
            }
            _ => {}
        }
    }

    fn frame(&mut self, from: Slot, bytes: &[u8], now: Timestamp, fill: Fill<'_>) {
        let state = std::mem::replace(&mut self.state, State::Over);
        self.state = match (state, Frame::decode(bytes)) {
            (State::Proving { slot, link: None }, Some(Frame::Pake(theirs))) if slot == from => {
                let (pake, ours) = Pake::start(PakeSide::Inviter, &self.digits, &self.meeting.nameplate, fill);
                let Ok(psk) = pake.finish(theirs) else { return self.fail(PairFault::WrongCode) };
                self.meeting.send(slot, &Frame::Pake(&ours), now);
                self.await_proof(slot, &psk, false, now, fill)
            }
            (State::Proving { slot, link: None }, Some(Frame::Scanned)) if slot == from => {
                let psk = derive_scanned_psk(&self.scanned, &self.meeting.nameplate);
                self.await_proof(slot, &psk, true, now, fill)
            }
            (State::Proving { slot, link: Some(link) }, Some(Frame::Pipe(bytes))) if slot == from => {
                self.prove(slot, link, bytes, now)
            }
            (State::Proved { slot, link, noise_public }, Some(Frame::Pipe(bytes))) if slot == from => {
                self.requested(slot, link, noise_public, bytes, now)
            }
            (State::Granting { slot, mut link }, Some(Frame::Pipe(bytes))) if slot == from => {
                match link.receive(bytes, now, &mut Vec::new()) {
                    Ok(Heard::Message(message)) if Word::decode(&message) == Some(Word::Stored) => {
                        self.meeting.end(PairCommand::Done);
                        State::Over
                    }
                    Ok(Heard::Nothing) => State::Granting { slot, link },
                    Ok(Heard::Message(_) | Heard::Up { .. }) | Err(_) => return self.fail(PairFault::Broken),
                }
            }
            // From somebody else, or out of turn: the one we talk to would not send it.
            (state @ (State::Arriving | State::Waiting | State::Over), _) => state,
            (State::Proving { slot, link }, _) if slot != from => State::Proving { slot, link },
            (State::Proved { slot, link, noise_public }, _) if slot != from => {
                State::Proved { slot, link, noise_public }
            }
            (State::Asking { slot, link }, _) if slot != from => State::Asking { slot, link },
            (State::Granting { slot, link }, _) if slot != from => State::Granting { slot, link },
            _ => return self.fail(PairFault::Broken),
        };
    }

    fn await_proof(&mut self, slot: Slot, psk: &Key32, scanned: bool, now: Timestamp, fill: Fill<'_>) -> State {
        match self.meeting.shake(Side::Responder, slot, &self.noise_secret, psk, scanned, now, fill) {
            Ok(link) => State::Proving { slot, link: Some(Box::new(link)) },
            Err(_) => {
                self.fail(PairFault::Broken);
                State::Over
            }
        }
    }

    /// The one guess: the third message opens only under the right code.
    fn prove(&mut self, slot: Slot, mut link: Box<Link>, bytes: &[u8], now: Timestamp) -> State {
        let mut back = Vec::new();
        let heard = link.receive(bytes, now, &mut back);
        for frame in back {
            self.meeting.send(slot, &Frame::Pipe(&frame), now);
        }
        match heard {
            Ok(Heard::Nothing) => State::Proving { slot, link: Some(link) },
            Ok(Heard::Up { remote_static, .. }) => State::Proved { slot, link, noise_public: remote_static },
            Ok(Heard::Message(_)) | Err(_) => {
                self.fail(PairFault::WrongCode);
                State::Over
            }
        }
    }

    fn requested(
        &mut self,
        slot: Slot,
        mut link: Box<Link>,
        noise_public: [u8; 32],
        bytes: &[u8],
        now: Timestamp,
    ) -> State {
        let message = match link.receive(bytes, now, &mut Vec::new()) {
            Ok(Heard::Nothing) => return State::Proved { slot, link, noise_public },
            Ok(Heard::Message(message)) => Word::decode(&message),
            Ok(Heard::Up { .. }) | Err(_) => None,
        };
        match (message, link.handshake_hash().map(derive_verifier)) {
            (Some(Word::Request(request)), Some(verifier))
                if request.noise_public == noise_public && is_sound(&request) =>
            {
                self.deadline = now.plus_millis(OPEN_MS);
                self.meeting.say(slot, &mut link, &Word::Asking, now);
                self.meeting.push(PairCommand::Verify { verifier: verifier.clone() });
                self.meeting.push(PairCommand::Asked { verifier, request });
                State::Asking { slot, link }
            }
            _ => {
                self.fail(PairFault::Broken);
                State::Over
            }
        }
    }

    fn grant(&mut self, grant: Zeroizing<Vec<u8>>, now: Timestamp) {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Asking { slot, mut link } => {
                self.meeting.say(slot, &mut link, &Word::Granted(grant.to_vec().into()), now);
                self.state = State::Granting { slot, link };
            }
            other => self.state = other,
        }
    }

    fn fail(&mut self, why: PairFault) {
        self.state = State::Over;
        self.meeting.fail(why);
    }
}
