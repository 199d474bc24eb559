//! The flow of certificates and bundles: what is asked of whom, served from the store, applied, and passed on.
//! Receivers ask, so that a bundle crosses each path at most once, whoever offers it.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;

use crate::base::{DeviceId, Timestamp};
use crate::sync::direct::PATIENCE_MS;
use crate::sync::exchange::{Alarm, Wish};
use crate::sync::io::{Advance, Applied, Command, ControlItem, Head, LogItem, PeerPath, Token};
use crate::sync::msg::PeerMsg;
use crate::sync::node::{Node, PeerKey};
use crate::sync::peer::Peer;

/// Unacknowledged bytes to one peer.
const WINDOW: u64 = 1024 * 1024;
/// The same over the relay while a direct path may still come up.
const NARROW_WINDOW: u64 = 128 * 1024;
/// Nothing more is read for the relay while this much waits for its rate.
const RELAY_BACKLOG: usize = 256 * 1024;
/// One `Apply` takes at most about this much: a strict commit costs the same for one bundle as for many.
const APPLY_BYTES: u64 = 1024 * 1024;
/// A peer that sends this much more than was asked for is cut off.
const INBOX_BYTES: u64 = 16 * 1024 * 1024;
const ASK_MS: i64 = 20_000;
const STALL_MS: i64 = 30_000;

/// One author's log is asked of one peer at a time.
#[derive(Debug)]
pub(super) struct Ask {
    pub peer: PeerKey,
    after: u64,
    progress: Timestamp,
}

#[derive(Debug)]
pub(super) enum Pending {
    Log { peer: PeerKey, epoch: u64, author: DeviceId },
    Control { peer: PeerKey, epoch: u64 },
}

/// Something that came from a peer and waits to be applied.
#[derive(Debug)]
pub(super) struct Parcel {
    peer: PeerKey,
    device: DeviceId,
    control: Vec<Vec<u8>>,
    items: Vec<LogItem>,
    bytes: u64,
    /// Authors of whom this peer has nothing more.
    ended: Vec<DeviceId>,
}

impl Node {
    pub(super) fn hear(&mut self, key: PeerKey, message: PeerMsg, from: PeerPath, now: Timestamp) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let Some(device) = peer.device() else {
            match message {
                PeerMsg::Hello { .. } => peer.early_hello = Some(message),
                PeerMsg::Control(certificates) => self.take_control(key, DeviceId::ZERO, certificates),
                _ => {}
            }
            return;
        };
        if message.is_signalling() {
            if from == PeerPath::Relay {
                self.signalled(key, message, now);
            }
            return;
        }
        if let (PeerMsg::Hello { .. }, PeerPath::Relay, Some(relay)) = (&message, from, &mut peer.relay) {
            let first = !std::mem::replace(&mut relay.greeted, true);
            // It begins over the relay although we are on a direct path: it lost that path.
            if first && peer.path == Some(PeerPath::Direct) {
                self.fall_back(key, now);
            }
        }
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if peer.path != Some(from) {
            return;
        }
        let greeted = peer.exchange.greeted();
        match message {
            PeerMsg::Hello { heads, control } => {
                if greeted {
                    self.move_to(key, from, now);
                }
                let Some(peer) = self.peers.get_mut(&key) else { return };
                let (replies, alarms) = peer.exchange.on_hello(&heads, control, &self.books);
                for reply in replies {
                    self.say(key, &reply, now);
                }
                self.sound(device, alarms);
            }
            PeerMsg::ControlList { hashes, last } => {
                for reply in peer.exchange.on_control_list(hashes, last, &self.books) {
                    self.say(key, &reply, now);
                }
            }
            PeerMsg::Ping => self.say(key, &PeerMsg::Pong, now),
            // Left over from before the exchange started over.
            _ if !greeted => {}
            PeerMsg::Have(heads) => {
                let alarms = peer.exchange.on_have(&heads, &self.books);
                self.sound(device, alarms);
            }
            PeerMsg::Want { author, after } => peer.exchange.on_want(author, after),
            PeerMsg::Ack(bytes) => peer.exchange.on_ack(bytes),
            PeerMsg::Control(certificates) => {
                peer.exchange.on_certificates(&certificates);
                self.take_control(key, device, certificates);
            }
            PeerMsg::Items { author, items, last } => self.take_items(key, device, author, items, last, now),
            PeerMsg::Pong | PeerMsg::Sdp { .. } | PeerMsg::Candidate { .. } | PeerMsg::Fallback(_) => {}
        }
    }

    fn take_control(&mut self, peer: PeerKey, device: DeviceId, certificates: Vec<ByteVec>) {
        let control: Vec<Vec<u8>> = certificates.into_iter().map(Vec::from).collect();
        let bytes = control.iter().map(|c| c.len() as u64).sum();
        self.shelve(Parcel { peer, device, control, items: Vec::new(), bytes, ended: Vec::new() });
    }

    fn take_items(
        &mut self,
        peer: PeerKey,
        device: DeviceId,
        author: DeviceId,
        items: Vec<LogItem>,
        last: bool,
        now: Timestamp,
    ) {
        let mut ended = Vec::new();
        if let Some(ask) = self.asks.get_mut(&author).filter(|ask| ask.peer == peer) {
            ask.progress = now;
            if last {
                ended.push(author);
            }
        }
        let bytes = items.iter().map(|i| i.bytes.len() as u64).sum();
        self.shelve(Parcel { peer, device, control: Vec::new(), items, bytes, ended });
    }

    fn shelve(&mut self, parcel: Parcel) {
        let waiting: u64 = self.inbox.iter().filter(|p| p.peer == parcel.peer).map(|p| p.bytes).sum();
        if waiting + parcel.bytes > INBOX_BYTES {
            return self.remove_peer(parcel.peer);
        }
        self.inbox.push_back(parcel);
    }

    fn sound(&mut self, peer: DeviceId, alarms: Vec<Alarm>) {
        for alarm in alarms {
            match alarm {
                Alarm::Forked(author) => {
                    if self.books.stopped.insert(author) {
                        self.asks.remove(&author);
                        self.out.push(Command::Fork { peer, author });
                    }
                }
                Alarm::RolledBack(theirs) => self.out.push(Command::RolledBack { peer, theirs }),
            }
        }
    }

    /// Something new is on this device: every peer hears of it now.
    pub(super) fn committed(&mut self, advance: &Advance, now: Timestamp) {
        let moved = self.books.advance(advance);
        self.books.stopped.extend(advance.forked.iter().copied());
        self.announce(moved, now);
    }

    fn announce(&mut self, moved: Vec<Head>, now: Timestamp) {
        if moved.is_empty() {
            return;
        }
        let have = PeerMsg::Have(moved);
        let active: Vec<PeerKey> = self.peers.iter().filter(|(_, p)| p.is_active()).map(|(key, _)| *key).collect();
        for key in active {
            self.say(key, &have, now);
        }
    }

    /// Applies, asks and serves as much as may be now.
    pub(super) fn run(&mut self, now: Timestamp) {
        self.apply_next(now);
        self.ask(now);
        self.serve(now);
    }

    fn ask(&mut self, now: Timestamp) {
        if self.stalled_until.is_some_and(|until| now < until) {
            return;
        }
        self.stalled_until = None;
        let mut best: BTreeMap<DeviceId, (bool, usize, PeerKey)> = BTreeMap::new();
        for (key, peer) in self.peers.iter().filter(|(_, p)| p.is_active()) {
            let busy = self.asks.values().filter(|ask| ask.peer == *key).count();
            let offer = (peer.path != Some(PeerPath::Direct), busy, *key);
            for Head { author, .. } in peer.exchange.theirs().heads() {
                let wanted = author != self.books.me
                    && !self.books.stopped.contains(&author)
                    && !self.asks.contains_key(&author)
                    && peer.exchange.can_give(&author, &self.books);
                if wanted {
                    let entry = best.entry(author).or_insert(offer);
                    *entry = offer.min(*entry);
                }
            }
        }
        for (author, (_, _, peer)) in best {
            let after = self.books.heads.seq(&author);
            self.asks.insert(author, Ask { peer, after, progress: now });
            self.say(peer, &PeerMsg::Want { author, after }, now);
        }
    }

    fn serve(&mut self, now: Timestamp) {
        let active: Vec<PeerKey> = self.peers.iter().filter(|(_, p)| p.is_active()).map(|(key, _)| *key).collect();
        for key in active {
            loop {
                let backlog = self.relay.backlog();
                let Some(peer) = self.peers.get_mut(&key) else { break };
                let window = window(peer, backlog, now);
                let Some(wish) = peer.exchange.wish(&self.books, window) else { break };
                let epoch = peer.epoch;
                let token = self.token();
                match wish {
                    Wish::Log { author, after, max_bytes } => {
                        self.tokens.insert(token, Pending::Log { peer: key, epoch, author });
                        self.out.push(Command::ReadLog { token, author, after, max_bytes });
                    }
                    Wish::Control { have } => {
                        self.tokens.insert(token, Pending::Control { peer: key, epoch });
                        self.out.push(Command::ReadControl { token, have });
                    }
                }
            }
        }
    }

    pub(super) fn log_read(&mut self, token: Token, items: Vec<LogItem>, done: bool, now: Timestamp) {
        let Some(Pending::Log { peer: key, epoch, author }) = self.tokens.remove(&token) else { return };
        let Some(peer) = self.peers.get_mut(&key).filter(|p| p.epoch == epoch) else { return };
        self.sent += items.len() as u64;
        let message = peer.exchange.log_read(author, items, done);
        self.say(key, &message, now);
    }

    pub(super) fn control_read(&mut self, token: Token, items: Vec<ControlItem>, now: Timestamp) {
        let Some(Pending::Control { peer: key, epoch }) = self.tokens.remove(&token) else { return };
        let Some(peer) = self.peers.get_mut(&key).filter(|p| p.epoch == epoch) else { return };
        for message in peer.exchange.control_read(items, &self.books) {
            self.say(key, &message, now);
        }
    }

    fn apply_next(&mut self, now: Timestamp) {
        while self.applying.is_none() {
            let Some(mut parcel) = self.inbox.pop_front() else { return };
            while let Some(next) = self.inbox.front() {
                // Certificates first, then bundles: a parcel of certificates cannot join behind bundles.
                let fits = next.peer == parcel.peer
                    && parcel.bytes + next.bytes <= APPLY_BYTES
                    && (next.control.is_empty() || parcel.items.is_empty());
                let Some(next) = fits.then(|| self.inbox.pop_front()).flatten() else { break };
                parcel.control.extend(next.control);
                parcel.items.extend(next.items);
                parcel.ended.extend(next.ended);
                parcel.bytes += next.bytes;
            }
            if parcel.control.is_empty() && parcel.items.is_empty() {
                self.close_parcel(&parcel, now);
                continue;
            }
            let token = self.token();
            let (control, items) = (std::mem::take(&mut parcel.control), std::mem::take(&mut parcel.items));
            self.received += items.len() as u64;
            self.out.push(Command::Apply { token, peer: parcel.device, control, items });
            self.applying = Some((token, parcel));
        }
    }

    pub(super) fn applied(&mut self, token: Token, outcome: Applied, now: Timestamp) {
        let Some((_, parcel)) = self.applying.take_if(|(asked, _)| *asked == token) else { return };
        match outcome {
            Ok(advance) => {
                let moved = self.books.advance(&advance);
                let forks = advance.forked.into_iter().map(Alarm::Forked).collect();
                self.sound(parcel.device, forks);
                self.announce(moved, now);
                self.close_parcel(&parcel, now);
            }
            Err(_) => {
                self.stalled_until = Some(now.plus_millis(STALL_MS));
                self.asks.retain(|_, ask| ask.peer != parcel.peer);
                let dropped: u64 = self.inbox.iter().filter(|p| p.peer == parcel.peer).map(|p| p.bytes).sum();
                self.inbox.retain(|p| p.peer != parcel.peer);
                self.acknowledge(parcel.peer, parcel.bytes + dropped, now);
            }
        }
    }

    fn close_parcel(&mut self, parcel: &Parcel, now: Timestamp) {
        for author in &parcel.ended {
            if let Some(ask) = self.asks.get(author).filter(|ask| ask.peer == parcel.peer) {
                let fruitless = self.books.heads.seq(author) == ask.after;
                self.asks.remove(author);
                if let (true, Some(peer)) = (fruitless, self.peers.get_mut(&parcel.peer)) {
                    peer.exchange.give_up(*author);
                }
            }
        }
        self.acknowledge(parcel.peer, parcel.bytes, now);
    }

    fn acknowledge(&mut self, key: PeerKey, bytes: u64, now: Timestamp) {
        if bytes == 0 {
            return;
        }
        match self.peers.get(&key).map(Peer::is_active) {
            Some(true) => self.say(key, &PeerMsg::Ack(bytes), now),
            Some(false) => self.say_over_relay(key, &PeerMsg::Ack(bytes), now),
            None => {}
        }
    }

    /// A peer that does not deliver loses the ask; somebody else may get it.
    pub(super) fn tick_asks(&mut self, now: Timestamp) {
        let busy = self.applying.is_some() || !self.inbox.is_empty();
        if !busy {
            self.asks.retain(|_, ask| now.millis_since(ask.progress) < ASK_MS);
        }
    }

    pub(super) fn flow_wake(&self) -> Option<Timestamp> {
        let ask = self.asks.values().map(|ask| ask.progress.plus_millis(ASK_MS)).min();
        [ask, self.stalled_until].into_iter().flatten().min()
    }

    pub(super) fn flow_is_idle(&self) -> bool {
        self.applying.is_none() && self.inbox.is_empty()
    }
}

/// How much may be under way to this peer now; zero holds everything back.
fn window(peer: &Peer, backlog: usize, now: Timestamp) -> u64 {
    let trying = peer.direct.as_ref().is_some_and(|d| now.millis_since(d.since) < PATIENCE_MS);
    match peer.path {
        Some(PeerPath::Direct) if peer.direct.as_ref().is_some_and(|d| d.bulk_blocked()) => 0,
        Some(PeerPath::Direct) => WINDOW,
        Some(PeerPath::Relay) if backlog >= RELAY_BACKLOG => 0,
        Some(PeerPath::Relay) if trying => NARROW_WINDOW,
        Some(PeerPath::Relay) => WINDOW,
        None => 0,
    }
}
