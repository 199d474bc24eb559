//! What is told to the outside after every step: the status that screens show, "caught up", and when to wake.

use crate::base::{Timestamp, order};
use crate::sync::Head;
use crate::sync::io::{Command, PeerStatus, SyncSnapshot};
use crate::sync::node::Node;

const WEEK_CHECK_MS: i64 = 60 * 60 * 1000;

impl Node {
    pub(super) fn report(&mut self, now: Timestamp) {
        let snapshot = self.snapshot();
        if snapshot.level && self.received + self.sent > 0 {
            let (received, sent) = (self.received, self.sent);
            self.received = 0;
            self.sent = 0;
            self.out.push(Command::CaughtUp { received, sent });
        }
        if snapshot != self.told {
            self.told = snapshot.clone();
            self.out.push(Command::Status(snapshot));
        }
        self.plan_wake(now);
    }

    fn snapshot(&mut self) -> SyncSnapshot {
        let mut peers = Vec::new();
        let mut level = self.flow_is_idle();
        let mine = self.books.heads.seq(&self.books.me);
        for peer in self.peers.values() {
            let (Some(device), Some(path)) = (peer.device(), peer.path) else { continue };
            let exchange = &peer.exchange;
            let (to_receive, to_send) = (exchange.to_receive(&self.books), exchange.to_send(&self.books));
            level &= exchange.greeted() && to_receive == 0 && to_send == 0;
            self.witnessed = self.witnessed.max(exchange.theirs().seq(&self.books.me).min(mine));
            for Head { author, seq, .. } in self.books.heads.heads().filter(|head| head.author != self.books.me) {
                let held = exchange.theirs().seq(&author).min(seq);
                let known = self.held.entry(author).or_default();
                *known = held.max(*known);
            }
            peers.push(PeerStatus { device, path, to_receive, to_send });
        }
        order::sort_by_key(&mut peers, |p| p.device);
        level &= !peers.is_empty();
        SyncSnapshot { relay: self.relay.status(), peers, witnessed: self.witnessed, held: self.held.clone(), level }
    }

    fn plan_wake(&mut self, now: Timestamp) {
        if !self.running {
            return;
        }
        let hourly = Some(now.plus_millis(WEEK_CHECK_MS));
        let next = [self.settle_until, self.relay.next_wake(), self.paths_wake(now), self.flow_wake(), hourly];
        let Some(next) = next.into_iter().flatten().min() else { return };
        // A time that has passed would never be left; a moment later is soon enough.
        let next = next.max(now.plus_millis(1));
        let stale = self.wake.is_none_or(|planned| planned <= now || next < planned);
        if stale {
            self.wake = Some(next);
            self.out.push(Command::WakeAt(next));
        }
    }
}
