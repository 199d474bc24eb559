//! The sync engine of one device: takes what happened, returns what to do. It owns the peers and the relay; the parts
//! below it decide about paths (`paths`), the flow of items (`flow`) and what is told to the outside (`report`).

mod flow;
mod paths;
mod report;

use std::collections::{BTreeMap, VecDeque};

use crate::base::order::filled;
use crate::base::{DeviceId, Hash, Timestamp};
use crate::crypto::Key32;
use crate::crypto::room::{derive_network_psk, derive_room_seed, week_of};
use crate::sync::exchange::Books;
use crate::sync::io::{Advance, Command, DeviceKey, Fill, Identity, Input, SyncSnapshot, Token};
use crate::sync::peer::Peer;
use crate::sync::relay::{Relay, Socket};
use crate::wire::{RoomKind, Slot};
use flow::{Ask, Parcel, Pending};

/// After waking, how long the network is left to settle.
const SETTLE_MS: i64 = 400;

type PeerKey = u32;

#[derive(Debug)]
pub struct Node {
    id: Identity,
    running: bool,
    week: u32,
    /// How far the relay's clock is ahead of ours. It only says which week's room to meet in.
    skew_ms: i64,
    psk: Key32,
    relay: Relay,
    you: Option<Slot>,
    devices: BTreeMap<[u8; 32], DeviceId>,
    books: Books,
    peers: BTreeMap<PeerKey, Peer>,
    next_key: PeerKey,
    next_conn: u32,
    next_token: Token,
    next_epoch: u64,
    tokens: BTreeMap<Token, Pending>,
    asks: BTreeMap<DeviceId, Ask>,
    inbox: VecDeque<Parcel>,
    applying: Option<(Token, Parcel)>,
    /// Applying failed: nothing is asked for before then.
    stalled_until: Option<Timestamp>,
    settle_until: Option<Timestamp>,
    received: u64,
    sent: u64,
    witnessed: u64,
    held: BTreeMap<DeviceId, u64>,
    told: SyncSnapshot,
    wake: Option<Timestamp>,
    sockets: Vec<Socket>,
    out: Vec<Command>,
}

impl Node {
    pub fn new(id: Identity) -> Node {
        let seed = derive_room_seed(&id.network_key, 0);
        let relay = Relay::new(RoomKind::Clinic, id.host.clone(), seed);
        let books = Books::new(id.device);
        let psk = derive_network_psk(&id.network_key, 0);
        Node {
            id,
            running: false,
            week: 0,
            skew_ms: 0,
            psk,
            relay,
            you: None,
            devices: BTreeMap::new(),
            books,
            peers: BTreeMap::new(),
            next_key: 0,
            next_conn: 0,
            next_token: 0,
            next_epoch: 0,
            tokens: BTreeMap::new(),
            asks: BTreeMap::new(),
            inbox: VecDeque::new(),
            applying: None,
            stalled_until: None,
            settle_until: None,
            received: 0,
            sent: 0,
            witnessed: 0,
            held: BTreeMap::new(),
            told: SyncSnapshot::default(),
            wake: None,
            sockets: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Everything there is to do now, in order. `fill` gives secure random bytes.
    pub fn handle(&mut self, input: Input, now: Timestamp, fill: Fill<'_>) -> Vec<Command> {
        if self.running {
            self.take(input, now, fill);
        } else if let Input::Start { heads, control, devices } = input {
            self.running = true;
            self.books = Books::new(self.id.device);
            self.books.advance(&Advance { heads, control, forked: Vec::new() });
            self.set_devices(devices, now);
            self.enter_room(now);
        }
        if self.running {
            self.run(now);
        }
        self.report(now);
        std::mem::take(&mut self.out)
    }

    fn take(&mut self, input: Input, now: Timestamp, fill: Fill<'_>) {
        match input {
            Input::Start { heads, control, devices } => {
                self.committed(&Advance { heads, control, forked: Vec::new() }, now);
                self.set_devices(devices, now);
            }
            Input::Stop => self.stop(),
            Input::Tick => self.tick(now, fill),
            Input::Wake => {
                self.drop_everything(Some(now.plus_millis(SETTLE_MS)));
                self.settle_until = Some(now.plus_millis(SETTLE_MS));
            }
            Input::Devices(devices) => self.set_devices(devices, now),
            Input::RelayOpened => self.relay.opened(now),
            Input::RelayMessage(bytes) => {
                let event = self.relay.message(&bytes, now, &mut self.sockets);
                self.flush_sockets();
                if let Some(event) = event {
                    self.relay_event(event, now, fill);
                }
            }
            Input::RelayClosed { .. } => {
                self.relay.lost(now, fill);
                self.relay_gone();
            }
            Input::Rtc { conn, event } => self.rtc_event(conn, event, now, fill),
            Input::Committed(advance) => self.committed(&advance, now),
            Input::LogRead { token, items, done } => self.log_read(token, items, done, now),
            Input::ControlRead { token, items } => self.control_read(token, items, now),
            Input::Applied { token, outcome } => self.applied(token, outcome, now),
        }
    }

    fn tick(&mut self, now: Timestamp, fill: Fill<'_>) {
        if self.settle_until.is_some_and(|at| at <= now) {
            self.settle_until = None;
            self.enter_room(now);
        } else if self.settle_until.is_none() && self.this_week(now) != self.week {
            self.relay.close(None, &mut self.sockets);
            self.flush_sockets();
            self.relay_gone();
            self.enter_room(now);
        }
        let lost = self.relay.tick(now, &mut self.sockets, fill);
        self.flush_sockets();
        if lost {
            self.relay_gone();
        }
        self.tick_paths(now, fill);
        self.tick_asks(now);
    }

    /// Connects to the room of the current week.
    fn enter_room(&mut self, now: Timestamp) {
        self.set_week(now);
        self.relay.connect(now, &mut self.sockets);
        self.flush_sockets();
    }

    /// By the relay's clock where we know it: a tablet whose own clock is years off still meets the others.
    fn this_week(&self, now: Timestamp) -> u32 {
        week_of(now.plus_millis(self.skew_ms))
    }

    fn set_week(&mut self, now: Timestamp) {
        self.week = self.this_week(now);
        self.psk = derive_network_psk(&self.id.network_key, self.week);
        self.relay.set_seed(derive_room_seed(&self.id.network_key, self.week));
    }

    fn stop(&mut self) {
        self.drop_everything(None);
        self.running = false;
        self.tokens.clear();
        self.applying = None;
        self.stalled_until = None;
        self.settle_until = None;
        self.wake = None;
    }

    fn drop_everything(&mut self, until: Option<Timestamp>) {
        self.relay.close(until, &mut self.sockets);
        self.flush_sockets();
        self.you = None;
        let keys: Vec<PeerKey> = self.peers.keys().copied().collect();
        for key in keys {
            self.remove_peer(key);
        }
        self.inbox.clear();
    }

    /// A device that is no longer listed is cut off now; a stranger that has become known is let in.
    fn set_devices(&mut self, devices: Vec<DeviceKey>, now: Timestamp) {
        self.devices = filled(devices.into_iter().map(|d| (d.noise_public, d.device)));
        let keys: Vec<PeerKey> = self.peers.keys().copied().collect();
        for key in keys {
            self.judge(key, now);
        }
    }

    fn flush_sockets(&mut self) {
        for socket in self.sockets.drain(..) {
            self.out.push(match socket {
                Socket::Connect(path) => Command::RelayConnect { path },
                Socket::Send(bytes) => Command::RelaySend(bytes),
                Socket::Close => Command::RelayClose,
            });
        }
    }

    fn token(&mut self) -> Token {
        self.next_token += 1;
        self.next_token
    }

    fn room(&self) -> Hash {
        self.relay.room()
    }
}
