//! What is going on with one peer over one path: what it holds, what it asked for, how much is under way. Pure and
//! forgotten when the path changes: a fresh `Hello` starts the next one from the vectors.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use minicbor::bytes::ByteVec;

use crate::base::{DeviceId, Hash};
use crate::crypto::sha256;
use crate::sync::io::{Advance, ControlItem, Head, LogItem};
use crate::sync::msg::PeerMsg;
use crate::sync::vector::{Standing, Vector};

/// One answer carries at most this much, so that small messages are never far behind.
pub(crate) const READ_BYTES: u64 = 256 * 1024;
const LIST_PIECE: usize = 4096;

/// What this device holds.
#[derive(Debug)]
pub(crate) struct Books {
    pub me: DeviceId,
    pub heads: Vector,
    pub control: BTreeSet<Hash>,
    /// Authors that have forked: nothing more of theirs is asked for.
    pub stopped: BTreeSet<DeviceId>,
    /// Grows with `control`, so that nobody compares thousands of hashes at every frame.
    edition: u64,
}

impl Books {
    pub fn new(me: DeviceId) -> Books {
        Books { me, heads: Vector::default(), control: BTreeSet::new(), stopped: BTreeSet::new(), edition: 1 }
    }

    /// Notes what is new; returns the heads that moved.
    pub fn advance(&mut self, advance: &Advance) -> Vec<Head> {
        if !advance.control.is_empty() {
            self.control.extend(advance.control.iter().copied());
            self.edition += 1;
        }
        advance.heads.iter().copied().filter(|head| self.heads.advance(*head)).collect()
    }

    pub fn hello(&self) -> PeerMsg {
        PeerMsg::Hello { heads: self.heads.heads().collect(), control: self.control_digest() }
    }

    pub fn control_list(&self) -> Vec<PeerMsg> {
        let hashes: Vec<Hash> = self.control.iter().copied().collect();
        let pieces = hashes.len().div_ceil(LIST_PIECE).max(1);
        (0..pieces)
            .map(|i| {
                let piece = hashes[i * LIST_PIECE..hashes.len().min((i + 1) * LIST_PIECE)].to_vec();
                PeerMsg::ControlList { hashes: piece, last: i + 1 == pieces }
            })
            .collect()
    }

    fn control_digest(&self) -> Hash {
        let mut all = Vec::with_capacity(self.control.len() * Hash::LEN);
        for hash in &self.control {
            all.extend_from_slice(&hash.0);
        }
        sha256(&all)
    }
}

/// What a peer's heads give away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    Forked(DeviceId),
    RolledBack(Head),
}

/// What has to be read from the store for the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Log { author: DeviceId, after: u64, max_bytes: u64 },
    Control { have: Vec<Hash> },
}

#[derive(Debug, Default)]
pub(crate) struct Exchange {
    greeted: bool,
    theirs: Vector,
    /// Their certificates, once they are known to us.
    their_control: Option<BTreeSet<Hash>>,
    listing: BTreeSet<Hash>,
    /// They have our list since their last `Hello`.
    listed: bool,
    reading_control: bool,
    /// The edition of our books of which they lack no certificate.
    settled: u64,
    serving: VecDeque<(DeviceId, u64)>,
    reading_log: bool,
    in_flight: u64,
    /// They had nothing more of these authors than this, whatever they announced.
    given_up: BTreeMap<DeviceId, u64>,
}

impl Exchange {
    pub fn greeted(&self) -> bool {
        self.greeted
    }

    pub fn theirs(&self) -> &Vector {
        &self.theirs
    }

    pub fn on_hello(&mut self, heads: &[Head], control: Hash, books: &Books) -> (Vec<PeerMsg>, Vec<Alarm>) {
        self.greeted = true;
        self.listed = false;
        let alarms = self.on_have(heads, books);
        if control == books.control_digest() {
            self.their_control = Some(books.control.clone());
            return (Vec::new(), alarms);
        }
        self.listed = true;
        (books.control_list(), alarms)
    }

    pub fn on_have(&mut self, heads: &[Head], books: &Books) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        for head in heads {
            self.theirs.advance(*head);
            match books.heads.standing(head) {
                Standing::Forked if !books.stopped.contains(&head.author) => alarms.push(Alarm::Forked(head.author)),
                Standing::Behind if head.author == books.me => alarms.push(Alarm::RolledBack(*head)),
                Standing::Forked | Standing::Behind | Standing::Same | Standing::Ahead => {}
            }
        }
        alarms
    }

    pub fn on_want(&mut self, author: DeviceId, after: u64) {
        match self.serving.iter_mut().find(|(asked, _)| *asked == author) {
            Some(entry) => entry.1 = after,
            None => self.serving.push_back((author, after)),
        }
    }

    pub fn on_ack(&mut self, bytes: u64) {
        self.in_flight = self.in_flight.saturating_sub(bytes);
    }

    /// A list is answered by ours: they wait for it, even if by now we see no difference.
    pub fn on_control_list(&mut self, hashes: Vec<Hash>, last: bool, books: &Books) -> Vec<PeerMsg> {
        self.listing.extend(hashes);
        if !last {
            return Vec::new();
        }
        self.their_control.get_or_insert_default().append(&mut self.listing);
        if std::mem::replace(&mut self.listed, true) { Vec::new() } else { books.control_list() }
    }

    pub fn on_certificates(&mut self, certificates: &[ByteVec]) {
        if let Some(known) = &mut self.their_control {
            known.extend(certificates.iter().map(|c| sha256(c)));
        }
    }

    /// What to read next for the peer, if it may have more now. Certificates come before what may cite them.
    pub fn wish(&mut self, books: &Books, window: u64) -> Option<Wish> {
        let known = self.their_control.as_ref()?;
        if self.reading_control || self.in_flight >= window {
            return None;
        }
        if self.settled != books.edition {
            if !books.control.is_subset(known) {
                self.reading_control = true;
                return Some(Wish::Control { have: known.iter().copied().collect() });
            }
            self.settled = books.edition;
        }
        let (author, after) = *self.serving.front()?;
        if self.reading_log {
            return None;
        }
        self.reading_log = true;
        Some(Wish::Log { author, after, max_bytes: READ_BYTES.min(window - self.in_flight) })
    }

    /// Answer to `Wish::Log` for this author.
    pub fn log_read(&mut self, author: DeviceId, items: Vec<LogItem>, done: bool) -> PeerMsg {
        self.reading_log = false;
        self.in_flight += items.iter().map(|i| i.bytes.len() as u64).sum::<u64>();
        let last = done || items.is_empty();
        if let Some(at) = self.serving.iter().position(|(asked, _)| *asked == author) {
            if last {
                self.serving.remove(at);
            } else if let (Some(entry), Some(item)) = (self.serving.get_mut(at), items.last()) {
                entry.1 = entry.1.max(item.seq);
            }
        }
        PeerMsg::Items { author, items, last }
    }

    /// Answer to `Wish::Control`.
    pub fn control_read(&mut self, items: Vec<ControlItem>, books: &Books) -> Vec<PeerMsg> {
        self.reading_control = false;
        let mut messages = Vec::new();
        let (mut piece, mut size) = (Vec::new(), 0);
        // What the store did not give now it will not give a moment later either.
        self.their_control.get_or_insert_default().extend(books.control.iter().copied());
        for item in items {
            size += item.bytes.len() as u64;
            self.in_flight += item.bytes.len() as u64;
            piece.push(ByteVec::from(item.bytes));
            if size >= READ_BYTES {
                messages.push(PeerMsg::Control(std::mem::take(&mut piece)));
                size = 0;
            }
        }
        if !piece.is_empty() {
            messages.push(PeerMsg::Control(piece));
        }
        messages
    }

    /// Whether it is worth asking this peer for the author's log.
    pub fn can_give(&self, author: &DeviceId, books: &Books) -> bool {
        let seq = self.theirs.seq(author);
        self.greeted && seq > books.heads.seq(author) && self.given_up.get(author).is_none_or(|tried| seq > *tried)
    }

    pub fn give_up(&mut self, author: DeviceId) {
        self.given_up.insert(author, self.theirs.seq(&author));
    }

    pub fn to_receive(&self, books: &Books) -> u64 {
        self.theirs.beyond(&books.heads, |a| books.stopped.contains(a))
    }

    pub fn to_send(&self, books: &Books) -> u64 {
        if self.greeted { books.heads.beyond(&self.theirs, |a| books.stopped.contains(a)) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(author: u8, seq: u64) -> Head {
        Head { author: DeviceId([author; 16]), seq, hash: Hash([author ^ seq as u8; 32]) }
    }

    fn item(seq: u64, size: usize) -> LogItem {
        LogItem { author: DeviceId([1; 16]), seq, bytes: vec![0; size] }
    }

    fn books(heads: &[Head], control: &[u8]) -> Books {
        Books {
            me: DeviceId([1; 16]),
            heads: Vector::from_heads(heads),
            control: control.iter().map(|b| Hash([*b; 32])).collect(),
            stopped: BTreeSet::new(),
            edition: 1,
        }
    }

    fn greet(books: &Books, peer: &Books) -> (Exchange, Vec<PeerMsg>, Vec<Alarm>) {
        let mut exchange = Exchange::default();
        let PeerMsg::Hello { heads, control } = peer.hello() else { unreachable!("hello") };
        let (reply, alarms) = exchange.on_hello(&heads, control, books);
        (exchange, reply, alarms)
    }

    #[test]
    fn certificates_go_before_the_log() {
        let (mine, theirs) = (books(&[head(1, 4)], &[1, 2]), books(&[], &[1]));
        let (mut exchange, reply, _) = greet(&mine, &theirs);
        assert!(matches!(reply.as_slice(), [PeerMsg::ControlList { last: true, .. }]));
        exchange.on_want(mine.me, 0);
        assert_eq!(exchange.wish(&mine, 1000), None, "their certificates are not known yet");
        assert_eq!(exchange.on_control_list(vec![Hash([1; 32])], true, &mine), vec![], "ours has been sent");
        assert_eq!(exchange.wish(&mine, 1000), Some(Wish::Control { have: vec![Hash([1; 32])] }));
        assert_eq!(exchange.wish(&mine, 1000), None, "one question at a time");
        let sent = exchange.control_read(vec![ControlItem { hash: Hash([2; 32]), bytes: vec![2] }], &mine);
        assert_eq!(sent, vec![PeerMsg::Control(vec![ByteVec::from(vec![2])])]);
        assert!(matches!(exchange.wish(&mine, 1000), Some(Wish::Log { after: 0, .. })));
    }

    #[test]
    fn a_list_of_certificates_is_answered_even_when_by_now_there_is_no_difference() {
        let mine = books(&[], &[1]);
        let (mut exchange, reply, _) = greet(&mine, &books(&[], &[1]));
        assert_eq!(reply, vec![]);
        let answer = exchange.on_control_list(vec![Hash([1; 32])], true, &mine);
        assert!(matches!(answer.as_slice(), [PeerMsg::ControlList { last: true, .. }]));
        assert_eq!(exchange.on_control_list(vec![Hash([1; 32])], true, &mine), vec![]);
    }

    #[test]
    fn nothing_is_read_beyond_the_window_until_the_peer_acknowledges() {
        let mine = books(&[head(1, 4)], &[]);
        let (mut exchange, _, _) = greet(&mine, &books(&[], &[]));
        exchange.on_want(mine.me, 0);
        assert!(exchange.wish(&mine, 1000).is_some());
        exchange.log_read(mine.me, vec![item(1, 1000)], false);
        assert_eq!(exchange.wish(&mine, 1000), None);
        exchange.on_ack(400);
        assert!(matches!(exchange.wish(&mine, 1000), Some(Wish::Log { after: 1, max_bytes: 400, .. })));
    }

    #[test]
    fn a_peer_that_knows_more_of_my_log_than_i_do_means_i_was_rolled_back() {
        let (_, _, alarms) = greet(&books(&[head(1, 4)], &[]), &books(&[head(1, 9)], &[]));
        assert_eq!(alarms, vec![Alarm::RolledBack(head(1, 9))]);
    }

    #[test]
    fn the_same_number_with_another_hash_is_a_fork() {
        let other = Head { hash: Hash([99; 32]), ..head(2, 4) };
        let (_, _, alarms) = greet(&books(&[head(2, 4)], &[]), &books(&[other], &[]));
        assert_eq!(alarms, vec![Alarm::Forked(DeviceId([2; 16]))]);
    }

    #[test]
    fn a_peer_that_had_nothing_after_all_is_not_asked_again_for_the_same() {
        let mine = books(&[], &[]);
        let (mut exchange, _, _) = greet(&mine, &books(&[head(2, 4)], &[]));
        let author = DeviceId([2; 16]);
        assert!(exchange.can_give(&author, &mine));
        exchange.give_up(author);
        assert!(!exchange.can_give(&author, &mine));
        exchange.on_have(&[head(2, 5)], &mine);
        assert!(exchange.can_give(&author, &mine));
    }
}
