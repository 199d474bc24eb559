//! Which way to each peer: the pipe over the relay first, a direct path as soon as there is one, back when it breaks.

use crate::base::{DeviceId, Hash, Timestamp};
use crate::crypto::agree::derive_agreement_public;
use crate::crypto::noise::{Side, Terms};
use crate::crypto::{Fill, Key32};
use crate::sync::direct::{Attempt, DirectFault, Ground, Progress};
use crate::sync::exchange::Exchange;
use crate::sync::io::{Channel, Command, Identity, PeerPath, RtcCommand, RtcEvent, SdpKind};
use crate::sync::link::{Heard, Link, LinkFault, RELAY_FRAME};
use crate::sync::msg::PeerMsg;
use crate::sync::node::{Node, PeerKey};
use crate::sync::peer::{Peer, RelayLink, Standing};
use crate::sync::prologue;
use crate::sync::relay::{RelayEvent, Socket};
use crate::wire::Slot;

const SHAKE_MS: i64 = 10_000;
/// After a pipe broke, so that two devices that never agree do not keep the relay busy.
const RESHAKE_MS: i64 = 2_000;
const RETRY_DIRECT_MS: i64 = 30_000;
const RETRY_DIRECT_MAX_MS: i64 = 10 * 60_000;
const STRANGER_MS: i64 = 15_000;

impl Node {
    pub(super) fn relay_event(&mut self, event: RelayEvent, now: Timestamp, fill: Fill<'_>) {
        match event {
            RelayEvent::Welcome { you, peers } => {
                self.you = Some(you);
                for slot in peers {
                    self.meet(slot, now, fill);
                }
            }
            RelayEvent::Joined(slot) => self.meet(slot, now, fill),
            RelayEvent::Clock(clock) => {
                self.skew_ms = clock.millis_since(now);
                if self.this_week(now) == self.week {
                    self.relay.join(&mut self.sockets);
                } else {
                    self.relay.lost(now, fill);
                    self.sockets.push(Socket::Close);
                    self.set_week(now);
                }
                self.flush_sockets();
            }
            RelayEvent::Left(slot) => {
                if let Some(key) = self.by_slot(slot) {
                    self.relay_link_gone(key);
                }
            }
            RelayEvent::Frame { from, bytes } => {
                if let Some(key) = self.by_slot(from) {
                    self.relay_frame(key, &bytes, now, fill);
                }
            }
        }
    }

    /// The socket to the edge is gone: peers stay only where a direct path stands.
    pub(super) fn relay_gone(&mut self) {
        self.you = None;
        let keys: Vec<PeerKey> = self.peers.keys().copied().collect();
        for key in keys {
            self.relay_link_gone(key);
        }
    }

    fn relay_link_gone(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        peer.relay = None;
        if peer.path != Some(PeerPath::Direct) {
            self.remove_peer(key);
        }
    }

    fn by_slot(&self, slot: Slot) -> Option<PeerKey> {
        self.peers.iter().find(|(_, p)| p.slot() == Some(slot)).map(|(key, _)| *key)
    }

    fn by_conn(&self, conn: u32) -> Option<PeerKey> {
        self.peers.iter().find(|(_, p)| p.direct.as_ref().is_some_and(|d| d.conn == conn)).map(|(key, _)| *key)
    }

    fn meet(&mut self, slot: Slot, now: Timestamp, fill: Fill<'_>) {
        let Some(you) = self.you else { return };
        if self.by_slot(slot).is_some() || slot == you {
            return;
        }
        let initiator = you < slot;
        let relay = RelayLink { slot, room: self.room(), initiator, link: None, since: now, greeted: false };
        self.next_key += 1;
        let key = self.next_key;
        self.peers.insert(key, Peer::new(relay));
        if initiator {
            self.shake(key, now, fill);
        }
    }

    /// Begins a handshake over the relay, or makes ready for the other side's first message.
    fn shake(&mut self, key: PeerKey, now: Timestamp, fill: Fill<'_>) {
        let Some(you) = self.you else { return };
        let Some(relay) = self.peers.get_mut(&key).and_then(|p| p.relay.as_mut()) else { return };
        relay.since = now;
        relay.greeted = false;
        let (side, from, to) =
            if relay.initiator { (Side::Initiator, you, relay.slot) } else { (Side::Responder, relay.slot, you) };
        let prologue = prologue::over_relay(self.id.clinic, relay.room, from, to);
        let terms = Terms { secret: self.id.noise_secret.as_bytes(), psk: self.psk.as_bytes(), prologue: &prologue };
        let Ok((link, first)) = Link::make(side, terms, self.id.device_cert.as_bytes(), RELAY_FRAME, now, fill) else {
            return;
        };
        relay.link = Some(link);
        let slot = relay.slot;
        if let Some(first) = first {
            self.relay.send(slot, false, first, now, &mut self.sockets);
            self.flush_sockets();
        }
    }

    fn relay_frame(&mut self, key: PeerKey, bytes: &[u8], now: Timestamp, fill: Fill<'_>) {
        let waiting = self.peers.get(&key).and_then(|p| p.relay.as_ref()).map(|r| (r.link.is_none(), r.initiator));
        if bytes.is_empty() {
            // The other side could make nothing of our pipe. Whoever forges this could as well cut the wire.
            return self.relay_link_broken(key, now);
        }
        match waiting {
            Some((true, false)) => self.shake(key, now, fill),
            // What still comes for a pipe that broke; the next handshake is ours to begin.
            Some((true, true)) | None => return,
            Some((false, _)) => {}
        }
        let Some(relay) = self.peers.get_mut(&key).and_then(|p| p.relay.as_mut()) else { return };
        let slot = relay.slot;
        let Some(link) = relay.link.as_mut() else { return };
        let mut back = Vec::new();
        let heard = link.receive(bytes, now, &mut back);
        for frame in back {
            self.relay.send(slot, false, frame, now, &mut self.sockets);
        }
        self.flush_sockets();
        match heard {
            Ok(Heard::Nothing) => {}
            Ok(Heard::Up { remote_static, .. }) => self.relay_link_up(key, remote_static, now),
            Ok(Heard::Message(message)) => match PeerMsg::decode(&message) {
                Ok(message) => self.hear(key, message, PeerPath::Relay, now),
                Err(_) => self.renounce_relay_link(key, slot, now),
            },
            Err(_) => self.renounce_relay_link(key, slot, now),
        }
    }

    fn relay_link_up(&mut self, key: PeerKey, noise_public: [u8; 32], now: Timestamp) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if peer.path == Some(PeerPath::Direct) && peer.noise_public() == Some(noise_public) {
            // A new pipe beside the path that stands.
            return;
        }
        self.drop_direct(key);
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.path = None;
            peer.standing = Standing::Stranger { noise_public, reported: false };
        }
        self.forget_exchange(key);
        self.judge(key, now);
        if self.peers.get(&key).is_some_and(|p| p.device().is_none()) {
            // Whoever holds the network key may show certificates; nothing else is taken from it.
            for message in self.books.control_list() {
                self.say_over_relay(key, &message, now);
            }
        }
    }

    /// We can make nothing of the pipe; an empty frame tells the other side.
    fn renounce_relay_link(&mut self, key: PeerKey, slot: Slot, now: Timestamp) {
        self.relay.send(slot, false, Vec::new(), now, &mut self.sockets);
        self.flush_sockets();
        self.relay_link_broken(key, now);
    }

    /// The pipe over the relay is useless; the initiator makes a new one in a moment.
    fn relay_link_broken(&mut self, key: PeerKey, now: Timestamp) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if let Some(relay) = &mut peer.relay {
            relay.link = None;
            relay.since = now.plus_millis(RESHAKE_MS - SHAKE_MS);
        }
        if peer.path != Some(PeerPath::Direct) {
            self.drop_direct(key);
            if let Some(peer) = self.peers.get_mut(&key) {
                peer.path = None;
                peer.standing = Standing::Unproved;
            }
            self.forget_exchange(key);
        }
    }

    /// Looks the peer's proved key up among the clinic's devices, and acts on what it is now.
    pub(super) fn judge(&mut self, key: PeerKey, now: Timestamp) {
        let Some(noise_public) = self.peers.get(&key).and_then(Peer::noise_public) else { return };
        let own = derive_agreement_public(&self.id.noise_secret) == noise_public;
        let listed = self.devices.get(&noise_public).copied().filter(|_| !own);
        let Some(peer) = self.peers.get_mut(&key) else { return };
        match (listed, peer.device()) {
            (Some(device), None) => {
                peer.standing = Standing::Known { device, noise_public };
                self.welcome(key, device, now);
            }
            (None, Some(_)) => self.remove_peer(key),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    /// A device has proved itself over the relay.
    fn welcome(&mut self, key: PeerKey, device: DeviceId, now: Timestamp) {
        let twin = self.peers.iter().find(|(k, p)| **k != key && p.device() == Some(device)).map(|(k, p)| (*k, p.path));
        match twin {
            // It came back to the room while the direct path stands: keep the path, take the pipe beside it.
            Some((other, Some(PeerPath::Direct))) => {
                let relay = self.peers.remove(&key).and_then(|p| p.relay);
                if let Some(peer) = self.peers.get_mut(&other) {
                    peer.relay = relay;
                }
                return;
            }
            Some((other, _)) => self.remove_peer(other),
            None => {}
        }
        self.move_to(key, PeerPath::Relay, now);
        if self.peers.get(&key).and_then(|p| p.relay.as_ref()).is_some_and(|r| r.initiator) {
            self.try_direct(key, now);
        }
        let early = self.peers.get_mut(&key).and_then(|p| p.early_hello.take());
        if let Some(hello) = early {
            self.hear(key, hello, PeerPath::Relay, now);
        }
    }

    /// Starts the exchange over on this path.
    pub(super) fn move_to(&mut self, key: PeerKey, path: PeerPath, now: Timestamp) {
        self.forget_exchange(key);
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.path = Some(path);
        }
        let hello = self.books.hello();
        self.say(key, &hello, now);
    }

    fn forget_exchange(&mut self, key: PeerKey) {
        self.asks.retain(|_, ask| ask.peer != key);
        self.next_epoch += 1;
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.exchange = Exchange::default();
            peer.epoch = self.next_epoch;
        }
    }

    fn try_direct(&mut self, key: PeerKey, now: Timestamp) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let (Some(noise_public), None, true) = (peer.noise_public(), &peer.direct, peer.relay_open()) else { return };
        self.next_conn += 1;
        peer.attempts += 1;
        peer.retry_direct = None;
        peer.direct = Some(Attempt::new(self.next_conn, peer.attempts, true, noise_public, now));
        self.rtc(self.next_conn, RtcCommand::Create { offerer: true });
    }

    fn answer_direct(&mut self, key: PeerKey, number: u32, sdp: String, now: Timestamp) {
        if self.peers.get(&key).is_some_and(|p| p.path == Some(PeerPath::Direct)) {
            self.drop_direct(key);
            self.move_to(key, PeerPath::Relay, now);
        }
        self.drop_direct(key);
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let Some(noise_public) = peer.noise_public() else { return };
        self.next_conn += 1;
        let conn = self.next_conn;
        let mut attempt = Attempt::new(conn, number, false, noise_public, now);
        if attempt.remote_sdp(&sdp).is_err() {
            return self.say_over_relay(key, &PeerMsg::Fallback(number), now);
        }
        peer.direct = Some(attempt);
        self.rtc(conn, RtcCommand::Create { offerer: false });
        self.rtc(conn, RtcCommand::SetRemoteSdp { kind: SdpKind::Offer, sdp });
    }

    /// Messages that set up the direct path.
    pub(super) fn signalled(&mut self, key: PeerKey, message: PeerMsg, now: Timestamp) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let current = peer.direct.as_mut().map(|d| (d.number, d.conn, d.offerer));
        match (message, current) {
            (PeerMsg::Sdp { attempt, kind: SdpKind::Offer, sdp }, _) => {
                let offers = peer.relay.as_ref().is_some_and(|r| !r.initiator);
                if offers {
                    self.answer_direct(key, attempt, sdp, now);
                }
            }
            (PeerMsg::Sdp { attempt, kind: SdpKind::Answer, sdp }, Some((number, conn, true))) if attempt == number => {
                let taken = peer.direct.as_mut().is_some_and(|d| d.remote_sdp(&sdp).is_ok());
                if taken {
                    self.rtc(conn, RtcCommand::SetRemoteSdp { kind: SdpKind::Answer, sdp });
                } else {
                    self.direct_failed(key, now);
                }
            }
            (PeerMsg::Candidate { attempt, json }, Some((number, conn, _))) if attempt == number => {
                self.rtc(conn, RtcCommand::AddCandidate(json));
            }
            (PeerMsg::Fallback(attempt), Some((number, _, _))) if attempt == number => self.fall_back(key, now),
            _ => {}
        }
    }

    pub(super) fn rtc_event(&mut self, conn: u32, event: RtcEvent, now: Timestamp, fill: Fill<'_>) {
        let Some(key) = self.by_conn(conn) else { return };
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let room = peer.relay.as_ref().map_or_else(|| self.relay.room(), |r| r.room);
        let Some(direct) = peer.direct.as_mut() else { return };
        let number = direct.number;
        let progress = match event {
            RtcEvent::LocalSdp { kind, sdp } => direct.local_sdp(&sdp).map(|()| {
                let message = PeerMsg::Sdp { attempt: number, kind, sdp };
                self.say_over_relay(key, &message, now);
                Progress::default()
            }),
            RtcEvent::LocalCandidate(json) => {
                self.say_over_relay(key, &PeerMsg::Candidate { attempt: number, json }, now);
                Ok(Progress::default())
            }
            RtcEvent::Open { channel } => direct.opened(channel, &ground(&self.id, &self.psk, room), now, fill),
            RtcEvent::Message { channel, bytes } => {
                direct.received(channel, &bytes, &ground(&self.id, &self.psk, room), now, fill)
            }
            RtcEvent::High { channel } | RtcEvent::Low { channel } => {
                direct.set_blocked(channel, matches!(event, RtcEvent::High { .. }));
                Ok(Progress::default())
            }
            RtcEvent::Closed | RtcEvent::Failed => Err(DirectFault::Link(LinkFault::NotOpen)),
        };
        match progress {
            Ok(progress) => self.direct_progress(key, conn, progress, now),
            Err(_) => self.direct_failed(key, now),
        }
    }

    fn direct_progress(&mut self, key: PeerKey, conn: u32, progress: Progress, now: Timestamp) {
        for (channel, bytes) in progress.send {
            self.rtc(conn, RtcCommand::Send { channel, bytes });
        }
        if progress.up {
            if let Some(peer) = self.peers.get_mut(&key) {
                peer.tries = 0;
            }
            self.move_to(key, PeerPath::Direct, now);
        }
        for message in progress.messages {
            match PeerMsg::decode(&message) {
                Ok(message) => self.hear(key, message, PeerPath::Direct, now),
                Err(_) => return self.direct_failed(key, now),
            }
        }
    }

    /// We saw the direct path, or the try, fail.
    fn direct_failed(&mut self, key: PeerKey, now: Timestamp) {
        let Some(number) = self.peers.get(&key).and_then(|p| p.direct.as_ref()).map(|d| d.number) else { return };
        self.say_over_relay(key, &PeerMsg::Fallback(number), now);
        self.fall_back(key, now);
    }

    /// Leaves the direct path, or the try; the relay carries on if there is a pipe over it.
    pub(super) fn fall_back(&mut self, key: PeerKey, now: Timestamp) {
        self.drop_direct(key);
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let wait = RETRY_DIRECT_MAX_MS.min(RETRY_DIRECT_MS << peer.tries.min(8));
        peer.tries = peer.tries.saturating_add(1);
        if peer.relay.as_ref().is_some_and(|r| r.initiator) {
            peer.retry_direct = Some(now.plus_millis(wait));
        }
        if peer.path == Some(PeerPath::Direct) {
            if peer.relay_open() {
                self.move_to(key, PeerPath::Relay, now);
            } else if peer.relay.is_some() {
                peer.path = None;
                peer.standing = Standing::Unproved;
                self.forget_exchange(key);
            } else {
                self.remove_peer(key);
            }
        }
    }

    pub(super) fn drop_direct(&mut self, key: PeerKey) {
        let direct = self.peers.get_mut(&key).and_then(|p| p.direct.take());
        if let Some(direct) = direct {
            self.rtc(direct.conn, RtcCommand::Close);
        }
    }

    pub(super) fn remove_peer(&mut self, key: PeerKey) {
        self.drop_direct(key);
        self.forget_exchange(key);
        self.peers.remove(&key);
    }

    pub(super) fn tick_paths(&mut self, now: Timestamp, fill: Fill<'_>) {
        let keys: Vec<PeerKey> = self.peers.keys().copied().collect();
        for key in keys {
            let Some(peer) = self.peers.get_mut(&key) else { continue };
            if let Some(direct) = &mut peer.direct {
                if direct.is_lost(now) {
                    self.direct_failed(key, now);
                } else if direct.ping_due(now) {
                    self.say(key, &PeerMsg::Ping, now);
                }
            }
            let Some(peer) = self.peers.get_mut(&key) else { continue };
            if let Standing::Stranger { noise_public, reported: false } = peer.standing
                && peer.relay.as_ref().is_some_and(|r| now.millis_since(r.since) >= STRANGER_MS)
            {
                peer.standing = Standing::Stranger { noise_public, reported: true };
                self.out.push(Command::Stranger { noise_public });
            }
            let Some(peer) = self.peers.get_mut(&key) else { continue };
            if let Some(relay) = &mut peer.relay
                && !relay.is_open()
                && now.millis_since(relay.since) >= SHAKE_MS
            {
                relay.link = None;
                relay.since = now;
                if relay.initiator {
                    self.shake(key, now, fill);
                }
            }
            if self.peers.get(&key).and_then(|p| p.retry_direct).is_some_and(|at| at <= now) {
                self.try_direct(key, now);
            }
        }
    }

    /// The next moment at which a path wants attention.
    pub(super) fn paths_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let of_peer = |peer: &Peer| {
            let shake = peer.relay.as_ref().filter(|r| !r.is_open()).map(|r| r.since.plus_millis(SHAKE_MS));
            let stranger = match peer.standing {
                Standing::Stranger { reported: false, .. } => {
                    peer.relay.as_ref().map(|r| r.since.plus_millis(STRANGER_MS))
                }
                Standing::Stranger { .. } | Standing::Unproved | Standing::Known { .. } => None,
            };
            let retry = peer.retry_direct.filter(|_| peer.relay_open());
            [shake, stranger, retry, peer.direct.as_ref().map(|d| d.next_wake(now))].into_iter().flatten().min()
        };
        self.peers.values().filter_map(of_peer).min()
    }

    /// Sends over the path in use.
    pub(super) fn say(&mut self, key: PeerKey, message: &PeerMsg, now: Timestamp) {
        match self.peers.get(&key).and_then(|p| p.path) {
            Some(PeerPath::Relay) => self.say_over_relay(key, message, now),
            Some(PeerPath::Direct) => {
                let channel = if message.is_bulk() { Channel::Bulk } else { Channel::Control };
                let Some(direct) = self.peers.get_mut(&key).and_then(|p| p.direct.as_mut()) else { return };
                let conn = direct.conn;
                match direct.seal(channel, &message.encode(), now) {
                    Ok(frames) => {
                        for bytes in frames {
                            self.rtc(conn, RtcCommand::Send { channel, bytes });
                        }
                    }
                    Err(_) => self.direct_failed(key, now),
                }
            }
            None => {}
        }
    }

    pub(super) fn say_over_relay(&mut self, key: PeerKey, message: &PeerMsg, now: Timestamp) {
        let Some(relay) = self.peers.get_mut(&key).and_then(|p| p.relay.as_mut()) else { return };
        let slot = relay.slot;
        let Some(Ok(frames)) = relay.link.as_mut().map(|link| link.seal(&message.encode(), now)) else { return };
        for frame in frames {
            self.relay.send(slot, message.is_bulk(), frame, now, &mut self.sockets);
        }
        self.flush_sockets();
    }

    fn rtc(&mut self, conn: u32, command: RtcCommand) {
        self.out.push(Command::Rtc { conn, command });
    }
}

fn ground<'a>(id: &'a Identity, psk: &'a Key32, room: Hash) -> Ground<'a> {
    Ground { clinic: id.clinic, room, secret: &id.noise_secret, psk }
}
