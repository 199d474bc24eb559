//! The one socket to the edge: connect, be admitted, keep it alive, pace what is sent, come back after a loss.
//! It serves a clinic room and a pairing room alike; it refuses to know what the frames carry.

use std::collections::VecDeque;

use crate::base::Timestamp;
use crate::crypto::{Fill, Key32};
use crate::sync::io::RelayStatus;
use crate::wire::limits::{HANDSHAKE_MS, KEEPALIVE_MS};
use crate::wire::{ClientMsg, Pacer, RoomKind, ServerMsg, Slot, Wait, answer, room};

/// Silence after which the socket counts as lost; a ping goes out well before.
const DEAD_MS: i64 = KEEPALIVE_MS + 15_000;
const CONNECT_MS: i64 = 15_000;
const BACKOFF_MS: i64 = 500;
const BACKOFF_MAX_MS: i64 = 30_000;
/// A ping that the pacer did not ask for.
const KEEPALIVE: u32 = u32::MAX;

/// A command for the relay's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Socket {
    Connect(String),
    Send(Vec<u8>),
    Close,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RelayEvent {
    Welcome {
        you: Slot,
        peers: Vec<Slot>,
    },
    Joined(Slot),
    Left(Slot),
    Frame {
        from: Slot,
        bytes: Vec<u8>,
    },
    /// The server's clock, told before we join; the caller may leave for another week's room.
    Clock(Timestamp),
}

#[derive(Debug)]
enum State {
    Off,
    /// Until then, nothing.
    Waiting(Timestamp),
    Connecting(Timestamp),
    Joining(Timestamp),
    Online(Pacer),
}

#[derive(Debug)]
pub(crate) struct Relay {
    kind: RoomKind,
    host: String,
    seed: Key32,
    state: State,
    hello: Option<ServerMsg>,
    failures: u32,
    queue: VecDeque<Vec<u8>>,
    queued: usize,
    heard: Timestamp,
    pinged: Timestamp,
    wait: Option<Timestamp>,
}

impl Relay {
    pub fn new(kind: RoomKind, host: String, seed: Key32) -> Relay {
        Relay {
            kind,
            host,
            seed,
            state: State::Off,
            hello: None,
            failures: 0,
            queue: VecDeque::new(),
            queued: 0,
            heard: Timestamp(0),
            pinged: Timestamp(0),
            wait: None,
        }
    }

    pub fn status(&self) -> RelayStatus {
        match self.state {
            State::Off => RelayStatus::Off,
            State::Waiting(_) => RelayStatus::Offline,
            State::Connecting(_) | State::Joining(_) => RelayStatus::Connecting,
            State::Online(_) => RelayStatus::Online,
        }
    }

    pub fn room(&self) -> room::RoomId {
        room::id_of(&room::public_key(self.seed.as_bytes()))
    }

    /// Another room from the next connection on.
    pub fn set_seed(&mut self, seed: Key32) {
        self.seed = seed;
    }

    pub fn connect(&mut self, now: Timestamp, out: &mut Vec<Socket>) {
        self.forget_queue();
        self.hello = None;
        self.state = State::Connecting(now);
        self.heard = now;
        out.push(Socket::Connect(room::path(&self.room(), self.kind)));
    }

    /// Closes and stays closed until `connect` or, with `until`, that time.
    pub fn close(&mut self, until: Option<Timestamp>, out: &mut Vec<Socket>) {
        match self.state {
            State::Off | State::Waiting(_) => {}
            State::Online(_) => {
                if let Ok(bytes) = ClientMsg::Leave.encode() {
                    out.push(Socket::Send(bytes));
                }
                out.push(Socket::Close);
            }
            State::Connecting(_) | State::Joining(_) => out.push(Socket::Close),
        }
        self.forget_queue();
        self.state = until.map_or(State::Off, State::Waiting);
    }

    pub fn opened(&mut self, now: Timestamp) {
        if let State::Connecting(_) = self.state {
            self.state = State::Joining(now);
            self.heard = now;
        }
    }

    /// The socket is gone. Plans the next try: sooner at first, at most every half minute.
    pub fn lost(&mut self, now: Timestamp, fill: Fill<'_>) {
        if matches!(self.state, State::Off | State::Waiting(_)) {
            return;
        }
        self.forget_queue();
        let mut random = [0; 2];
        fill(&mut random);
        let span = BACKOFF_MAX_MS.min(BACKOFF_MS << self.failures.min(8));
        // Between half of the span and all of it, so that a clinic's tablets do not come back in one moment.
        let jitter = span / 2 * i64::from(u16::from_be_bytes(random)) / i64::from(u16::MAX);
        self.failures = self.failures.saturating_add(1);
        self.state = State::Waiting(now.plus_millis(span / 2 + jitter));
    }

    pub fn message(&mut self, bytes: &[u8], now: Timestamp, out: &mut Vec<Socket>) -> Option<RelayEvent> {
        self.heard = now;
        let Ok(message) = ServerMsg::decode(bytes) else { return None };
        match (&mut self.state, message) {
            (State::Joining(_), ServerMsg::Hello { challenge, host, protocol, now: clock }) => {
                self.hello = Some(ServerMsg::Hello { challenge, host, protocol, now: clock });
                Some(RelayEvent::Clock(clock))
            }
            (State::Joining(_), ServerMsg::Welcome { you, peers }) => {
                self.state = State::Online(Pacer::new(now));
                self.failures = 0;
                self.pinged = now;
                Some(RelayEvent::Welcome { you, peers })
            }
            (State::Online(pacer), ServerMsg::Pong(number)) => {
                pacer.pong(number);
                self.drain(now, out);
                None
            }
            (State::Online(_), ServerMsg::PeerJoined(slot)) => Some(RelayEvent::Joined(slot)),
            (State::Online(_), ServerMsg::PeerLeft(slot)) => Some(RelayEvent::Left(slot)),
            (State::Online(_), ServerMsg::Signal { from, bytes } | ServerMsg::Relay { from, bytes }) => {
                Some(RelayEvent::Frame { from, bytes })
            }
            _ => None,
        }
    }

    /// Answers the challenge: this is the room we want.
    pub fn join(&mut self, out: &mut Vec<Socket>) {
        let Some(hello) = self.hello.take() else { return };
        match answer(&hello, self.seed.as_bytes(), &self.host, self.kind) {
            Ok(join) => put(&join, out),
            // The state runs into its deadline, and the next try is made in its time.
            Err(_) => out.push(Socket::Close),
        }
    }

    /// Queues a sealed frame. All frames of one room keep their order, whatever their kind.
    pub fn send(&mut self, to: Slot, bulk: bool, bytes: Vec<u8>, now: Timestamp, out: &mut Vec<Socket>) {
        if !matches!(self.state, State::Online(_)) {
            return;
        }
        let message = if bulk { ClientMsg::Relay { to, bytes } } else { ClientMsg::Signal { to, bytes } };
        if let Ok(bytes) = message.encode() {
            self.queued += bytes.len();
            self.queue.push_back(bytes);
        }
        self.drain(now, out);
    }

    /// Bytes that wait for the rate to let them pass.
    pub fn backlog(&self) -> usize {
        self.queued
    }

    /// Pings when quiet, gives up a dead socket, tries again when it is time. True if the socket was given up.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<Socket>, fill: Fill<'_>) -> bool {
        let dead = match &self.state {
            State::Off => false,
            State::Waiting(until) => {
                if *until <= now {
                    self.connect(now, out);
                }
                false
            }
            State::Connecting(since) => now.millis_since(*since) >= CONNECT_MS,
            State::Joining(since) => now.millis_since(*since) >= HANDSHAKE_MS * 2,
            State::Online(_) => now.millis_since(self.heard) >= DEAD_MS,
        };
        if dead {
            out.push(Socket::Close);
            self.lost(now, fill);
            return true;
        }
        self.drain(now, out);
        if matches!(self.state, State::Online(_)) && now.millis_since(self.pinged) >= KEEPALIVE_MS {
            self.pinged = now;
            put(&ClientMsg::Ping(KEEPALIVE), out);
        }
        false
    }

    pub fn next_wake(&self) -> Option<Timestamp> {
        match &self.state {
            State::Off => None,
            State::Waiting(until) => Some(*until),
            State::Connecting(since) => Some(since.plus_millis(CONNECT_MS)),
            State::Joining(since) => Some(since.plus_millis(HANDSHAKE_MS * 2)),
            State::Online(_) => {
                let ping = self.pinged.plus_millis(KEEPALIVE_MS);
                let dead = self.heard.plus_millis(DEAD_MS);
                [Some(ping.min(dead)), self.wait].into_iter().flatten().min()
            }
        }
    }

    fn drain(&mut self, now: Timestamp, out: &mut Vec<Socket>) {
        self.wait = None;
        let State::Online(pacer) = &mut self.state else { return };
        while let Some(next) = self.queue.front() {
            match pacer.ready(next.len(), now) {
                Ok(()) => {}
                Err(Wait::Until(at)) => {
                    self.wait = Some(at);
                    return;
                }
                Err(Wait::ForPong) => return,
            }
            let Some(bytes) = self.queue.pop_front() else { return };
            self.queued -= bytes.len();
            let ping = pacer.sent(bytes.len(), now);
            out.push(Socket::Send(bytes));
            if let Some(Ok(ping)) = ping.map(|p| p.encode()) {
                out.push(Socket::Send(ping));
            }
        }
    }

    fn forget_queue(&mut self) {
        self.queue.clear();
        self.queued = 0;
        self.wait = None;
    }
}

fn put(message: &ClientMsg, out: &mut Vec<Socket>) {
    if let Ok(bytes) = message.encode() {
        out.push(Socket::Send(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(bytes: &mut [u8]) {
        bytes.fill(0);
    }

    fn relay() -> Relay {
        Relay::new(RoomKind::Clinic, "h".into(), Key32::from_bytes([1; 32]))
    }

    #[test]
    fn it_answers_the_challenge_and_is_online_after_the_welcome() {
        let (mut relay, mut out) = (relay(), Vec::new());
        relay.connect(Timestamp(0), &mut out);
        assert!(matches!(out.as_slice(), [Socket::Connect(path)] if path.ends_with("?k=c")));
        relay.opened(Timestamp(1));
        let clock = Timestamp(9);
        let hello = ServerMsg::Hello { challenge: [3; 32], host: "h".into(), protocol: 1, now: clock };
        let event = relay.message(&hello.encode().expect("small"), Timestamp(2), &mut out);
        assert_eq!(event, Some(RelayEvent::Clock(clock)));
        relay.join(&mut out);
        assert!(matches!(out.last(), Some(Socket::Send(_))));
        let welcome = ServerMsg::Welcome { you: 4, peers: vec![9] }.encode().expect("small");
        let event = relay.message(&welcome, Timestamp(3), &mut out);
        assert_eq!(event, Some(RelayEvent::Welcome { you: 4, peers: vec![9] }));
        assert_eq!(relay.status(), RelayStatus::Online);
    }

    #[test]
    fn it_does_not_answer_a_server_that_names_another_host() {
        let (mut relay, mut out) = (relay(), Vec::new());
        relay.connect(Timestamp(0), &mut out);
        relay.opened(Timestamp(1));
        let hello = ServerMsg::Hello { challenge: [3; 32], host: "evil".into(), protocol: 1, now: Timestamp(0) };
        relay.message(&hello.encode().expect("small"), Timestamp(2), &mut out);
        relay.join(&mut out);
        assert_eq!(out.last(), Some(&Socket::Close));
    }

    #[test]
    fn it_comes_back_after_a_loss_ever_more_slowly() {
        let (mut relay, mut out) = (relay(), Vec::new());
        let mut now = Timestamp(0);
        let mut waits = Vec::new();
        relay.connect(now, &mut out);
        for _ in 0..8 {
            relay.lost(now, &mut fill);
            let at = relay.next_wake().expect("a next try");
            waits.push(at.millis_since(now));
            now = at;
            relay.tick(now, &mut out, &mut fill);
        }
        assert_eq!(waits, vec![250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    }

    #[test]
    fn a_silent_socket_is_pinged_and_then_given_up() {
        let (mut relay, mut out) = (relay(), Vec::new());
        relay.connect(Timestamp(0), &mut out);
        relay.opened(Timestamp(0));
        let welcome = ServerMsg::Welcome { you: 4, peers: vec![] }.encode().expect("small");
        relay.message(&welcome, Timestamp(0), &mut out);
        out.clear();
        assert!(!relay.tick(Timestamp(KEEPALIVE_MS), &mut out, &mut fill));
        assert!(matches!(out.as_slice(), [Socket::Send(_)]));
        assert!(relay.tick(Timestamp(DEAD_MS), &mut out, &mut fill));
        assert_eq!(relay.status(), RelayStatus::Offline);
    }
}
