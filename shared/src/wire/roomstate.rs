//! The room itself, sans-IO: sockets come, are challenged, admitted, heard and let go. `handle` takes what happened
//! and returns what to do. It refuses to know sockets, clocks and randomness, and it never looks into a payload.

use std::collections::BTreeMap;

use crate::base::Timestamp;
use crate::wire::admission::verify_join;
use crate::wire::limits::{
    BURST_BYTES, BYTES_PER_SECOND, Bucket, HANDSHAKE_MS, IDLE_MS, MAX_FRAME, MAX_WAITING, PROTOCOL, frame_cost,
    max_members,
};
use crate::wire::{BadFrame, ClientMsg, CloseCode, RoomId, RoomKind, ServerMsg, Slot};

/// How much a socket may spend, and how long be heard, before its attachment is written again.
const SAVE_EVERY_BYTES: u64 = 256 * 1024;
const SAVE_EVERY_MS: i64 = 15_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A socket opened. `slot` comes from `Room::free_slot`; `challenge` is 32 fresh random bytes; `host` is the name,
    /// port included, under which this socket's request came in.
    Opened { slot: Slot, challenge: [u8; 32], host: &'a str },
    /// A binary message.
    Message { slot: Slot, bytes: &'a [u8] },
    /// A text message: never part of this protocol.
    Text { slot: Slot },
    /// The socket has gone, for whatever reason.
    Closed { slot: Slot },
    /// The time asked for by `WakeAt` has come.
    Tick,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Send {
        slot: Slot,
        bytes: Vec<u8>,
    },
    Close {
        slot: Slot,
        code: CloseCode,
    },
    /// Bytes to keep with the socket, so that `Room::wake` works after hibernation.
    Attach {
        slot: Slot,
        bytes: Vec<u8>,
    },
    /// Call `Tick` then; replaces an earlier wish.
    WakeAt(Timestamp),
}

/// What a socket's attachment holds: under 400 bytes of the 16 KiB that the platform allows.
#[derive(minicbor::Encode, minicbor::Decode)]
struct Saved {
    #[n(0)]
    room: RoomId,
    #[n(1)]
    kind: RoomKind,
    #[n(2)]
    member: Member,
}

#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
struct Member {
    #[n(0)]
    slot: Slot,
    /// The challenge until it is answered; `None` once admitted.
    #[cbor(n(1), with = "minicbor::bytes")]
    challenge: Option<[u8; 32]>,
    #[n(2)]
    heard: Timestamp,
    #[n(3)]
    bucket: Bucket,
    /// Spent since the attachment was written.
    #[n(4)]
    unsaved: u64,
    #[n(5)]
    saved_at: Timestamp,
    #[n(6)]
    host: String,
}

impl Member {
    fn admitted(&self) -> bool {
        self.challenge.is_none()
    }

    fn deadline(&self) -> Timestamp {
        self.heard.plus_millis(if self.admitted() { IDLE_MS } else { HANDSHAKE_MS })
    }

    fn verdict_when_overdue(&self) -> CloseCode {
        if self.admitted() { CloseCode::Idle } else { CloseCode::HandshakeTimeout }
    }
}

#[derive(Clone, Debug)]
pub struct Room {
    id: RoomId,
    kind: RoomKind,
    members: BTreeMap<Slot, Member>,
    wake: Option<Timestamp>,
}

impl Room {
    pub fn new(id: RoomId, kind: RoomKind) -> Room {
        Room { id, kind, members: BTreeMap::new(), wake: None }
    }

    /// The room as it was, from the attachments of the sockets that outlived its memory. `None` if none is usable.
    pub fn wake<'a>(attachments: impl IntoIterator<Item = &'a [u8]>) -> Option<Room> {
        let mut woken: Option<Room> = None;
        for attachment in attachments {
            let Ok(Saved { room, kind, member }) = minicbor::decode(attachment) else { continue };
            let room = woken.get_or_insert_with(|| Room::new(room, kind));
            room.members.insert(member.slot, member);
        }
        woken
    }

    /// Whose socket an attachment belongs to, for a shell that gets only the socket.
    pub fn slot_of(attachment: &[u8]) -> Option<Slot> {
        minicbor::decode::<Saved>(attachment).ok().map(|saved| saved.member.slot)
    }

    /// A slot nobody has, drawn from random bytes.
    pub fn free_slot(&self, seed: u32) -> Slot {
        let mut slot = seed;
        while slot == 0 || self.members.contains_key(&slot) {
            slot = slot.wrapping_add(1);
        }
        slot
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub fn handle(&mut self, input: Input<'_>, now: Timestamp) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::Opened { slot, challenge, host } => self.opened(slot, challenge, host, now, &mut out),
            Input::Message { slot, bytes } => self.message(slot, bytes, now, &mut out),
            Input::Text { slot } => self.expel(slot, CloseCode::BadMessage, &mut out),
            Input::Closed { slot } => self.forget(slot, &mut out),
            Input::Tick => self.tick(now, &mut out),
        }
        self.plan_wake(&mut out);
        out
    }

    fn opened(&mut self, slot: Slot, challenge: [u8; 32], host: &str, now: Timestamp, out: &mut Vec<Output>) {
        if self.members.values().filter(|m| !m.admitted()).count() >= MAX_WAITING {
            return refuse(slot, CloseCode::Busy, out);
        }
        if self.is_full() {
            return refuse(slot, CloseCode::RoomFull, out);
        }
        let bucket = Bucket::full(BYTES_PER_SECOND, BURST_BYTES, now);
        let host = host.to_owned();
        send(slot, ServerMsg::Hello { challenge, host: host.clone(), protocol: PROTOCOL, now }, out);
        let member = Member { slot, challenge: Some(challenge), heard: now, bucket, unsaved: 0, saved_at: now, host };
        self.attach(&member, out);
        self.members.insert(slot, member);
    }

    fn message(&mut self, slot: Slot, bytes: &[u8], now: Timestamp, out: &mut Vec<Output>) {
        let Some(member) = self.members.get_mut(&slot) else { return };
        if member.deadline() < now {
            let code = member.verdict_when_overdue();
            return self.expel(slot, code, out);
        }
        if bytes.len() > MAX_FRAME {
            return self.expel(slot, CloseCode::TooLarge, out);
        }
        let cost = frame_cost(bytes.len());
        if !member.bucket.take(cost, now) {
            return self.expel(slot, CloseCode::TooFast, out);
        }
        member.unsaved = member.unsaved.saturating_add(cost);
        let message = match ClientMsg::decode(bytes) {
            Ok(message) => message,
            Err(BadFrame::TooLarge) => return self.expel(slot, CloseCode::TooLarge, out),
            Err(BadFrame::Malformed) => return self.expel(slot, CloseCode::BadMessage, out),
        };
        match (member.challenge, message) {
            (Some(challenge), ClientMsg::Join { room_pk, signature, kind }) => {
                if kind != self.kind {
                    return self.expel(slot, CloseCode::WrongRoom, out);
                }
                match verify_join(&room_pk, &signature, &challenge, &member.host, &self.id, kind) {
                    Ok(()) => self.admit(slot, now, out),
                    Err(why) => self.expel(slot, why.close_code(), out),
                }
            }
            (None, ClientMsg::Signal { to, bytes }) => {
                self.pass_on(slot, to, ServerMsg::Signal { from: slot, bytes }, out);
                self.note(slot, now, out);
            }
            (None, ClientMsg::Relay { to, bytes }) => {
                self.pass_on(slot, to, ServerMsg::Relay { from: slot, bytes }, out);
                self.note(slot, now, out);
            }
            (None, ClientMsg::Ping(number)) => {
                send(slot, ServerMsg::Pong(number), out);
                self.note(slot, now, out);
            }
            (_, ClientMsg::Leave) => self.expel(slot, CloseCode::Left, out),
            (None, ClientMsg::Join { .. })
            | (Some(_), ClientMsg::Signal { .. } | ClientMsg::Relay { .. } | ClientMsg::Ping(_)) => {
                self.expel(slot, CloseCode::BadMessage, out);
            }
        }
    }

    fn admit(&mut self, slot: Slot, now: Timestamp, out: &mut Vec<Output>) {
        if self.is_full() {
            return self.expel(slot, CloseCode::RoomFull, out);
        }
        let peers: Vec<Slot> = self.members.values().filter(|m| m.admitted()).map(|m| m.slot).collect();
        if let Some(member) = self.members.get_mut(&slot) {
            member.challenge = None;
            member.heard = now;
            member.saved_at = now;
        }
        self.save(slot, out);
        for peer in &peers {
            send(*peer, ServerMsg::PeerJoined(slot), out);
        }
        send(slot, ServerMsg::Welcome { you: slot, peers }, out);
    }

    fn pass_on(&self, from: Slot, to: Slot, message: ServerMsg, out: &mut Vec<Output>) {
        if to != from && self.members.get(&to).is_some_and(Member::admitted) {
            send(to, message, out);
        } else {
            send(from, ServerMsg::PeerLeft(to), out);
        }
    }

    /// Notes that the socket was heard. Its attachment is written now and then only: a bucket is full again long
    /// before the platform puts a room to sleep, and `IDLE_MS` has slack for a stale `heard`.
    fn note(&mut self, slot: Slot, now: Timestamp, out: &mut Vec<Output>) {
        let Some(member) = self.members.get_mut(&slot) else { return };
        member.heard = now;
        if member.unsaved >= SAVE_EVERY_BYTES || now.millis_since(member.saved_at) >= SAVE_EVERY_MS {
            member.unsaved = 0;
            member.saved_at = now;
            self.save(slot, out);
        }
    }

    fn save(&self, slot: Slot, out: &mut Vec<Output>) {
        if let Some(member) = self.members.get(&slot) {
            self.attach(member, out);
        }
    }

    fn attach(&self, member: &Member, out: &mut Vec<Output>) {
        let saved = Saved { room: self.id, kind: self.kind, member: member.clone() };
        if let Ok(bytes) = minicbor::to_vec(&saved) {
            out.push(Output::Attach { slot: member.slot, bytes });
        }
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.wake = None;
        let overdue: Vec<(Slot, CloseCode)> = self
            .members
            .values()
            .filter(|member| member.deadline() <= now)
            .map(|member| (member.slot, member.verdict_when_overdue()))
            .collect();
        for (slot, code) in overdue {
            self.expel(slot, code, out);
        }
    }

    fn expel(&mut self, slot: Slot, code: CloseCode, out: &mut Vec<Output>) {
        if self.members.contains_key(&slot) {
            refuse(slot, code, out);
            self.forget(slot, out);
        }
    }

    fn forget(&mut self, slot: Slot, out: &mut Vec<Output>) {
        let Some(gone) = self.members.remove(&slot) else { return };
        if gone.admitted() {
            for peer in self.members.values().filter(|m| m.admitted()) {
                send(peer.slot, ServerMsg::PeerLeft(slot), out);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.members.values().filter(|m| m.admitted()).count() >= max_members(self.kind)
    }

    fn plan_wake(&mut self, out: &mut Vec<Output>) {
        let Some(next) = self.members.values().map(Member::deadline).min() else { return };
        if self.wake.is_none_or(|planned| next < planned) {
            self.wake = Some(next);
            out.push(Output::WakeAt(next));
        }
    }
}

fn send(slot: Slot, message: ServerMsg, out: &mut Vec<Output>) {
    // What we send was within its caps when it came in, or is small by construction.
    if let Ok(bytes) = message.encode() {
        out.push(Output::Send { slot, bytes });
    }
}

fn refuse(slot: Slot, code: CloseCode, out: &mut Vec<Output>) {
    send(slot, ServerMsg::Refused { code: code.code() }, out);
    out.push(Output::Close { slot, code });
}

#[cfg(test)]
mod tests;
