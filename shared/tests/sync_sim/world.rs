//! A clinic of tablets in one deterministic world: real nodes, real rooms of the edge, imagined sockets, data channels
//! and disks with delays, losses and restarts drawn from one seed. Everything that crosses a wire is recorded.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use lucerna_shared::base::{ClinicId, DeviceId, Hash, Timestamp};
use lucerna_shared::crypto::agree::derive_agreement_public;
use lucerna_shared::crypto::{Key32, sha256};
use lucerna_shared::sync::{
    Advance, Applied, Channel, Command, ControlItem, DeviceKey, Head, Identity, Input, LogItem, Node, PeerPath,
    RtcCommand, RtcEvent, SdpKind, SyncSnapshot,
};
use lucerna_shared::wire::{self, Room, RoomKind, ServerMsg};

pub const HOST: &str = "clinic.test";
/// Stands in every bundle; no wire may ever carry it.
pub const CANARY: &[u8] = b"CANARY-PATIENT-NAME";
const START: i64 = 1_795_000_000_000;

/// splitmix64: enough for a simulation, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next() as u8;
        }
    }
}

/// What survives a crash: one device's disk.
#[derive(Default)]
pub struct Disk {
    pub logs: BTreeMap<DeviceId, Vec<Bundle>>,
    pub control: BTreeMap<Hash, Vec<u8>>,
    pub refused: u32,
}

#[derive(Clone)]
pub struct Bundle {
    pub seq: u64,
    pub hash: Hash,
    pub bytes: Vec<u8>,
}

impl Disk {
    pub fn heads(&self) -> Vec<Head> {
        let last = |(author, log): (&DeviceId, &Vec<Bundle>)| {
            log.last().map(|b| Head { author: *author, seq: b.seq, hash: b.hash })
        };
        self.logs.iter().filter_map(last).collect()
    }

    /// A bundle: previous hash ‖ first seq ‖ canary ‖ payload. Chained like the real ones.
    fn append(&mut self, author: DeviceId, changes: u64, payload: &[u8]) -> Head {
        let log = self.logs.entry(author).or_default();
        let (prev, after) = log.last().map_or((Hash::ZERO, 0), |b| (b.hash, b.seq));
        let mut bytes = prev.0.to_vec();
        bytes.extend_from_slice(&(after + 1).to_be_bytes());
        bytes.extend_from_slice(CANARY);
        bytes.extend_from_slice(payload);
        let bundle = Bundle { seq: after + changes, hash: sha256(&bytes), bytes };
        let head = Head { author, seq: bundle.seq, hash: bundle.hash };
        log.push(bundle);
        head
    }

    /// What the engine does with `Apply`, without the cryptography of bundles.
    fn apply(&mut self, control: Vec<Vec<u8>>, items: Vec<LogItem>) -> Advance {
        let mut advance = Advance::default();
        for bytes in control {
            let hash = sha256(&bytes);
            if self.control.insert(hash, bytes).is_none() {
                advance.control.push(hash);
            }
        }
        for item in items {
            let log = self.logs.entry(item.author).or_default();
            let (prev, after) = log.last().map_or((Hash::ZERO, 0), |b| (b.hash, b.seq));
            let hash = sha256(&item.bytes);
            let first = u64::from_be_bytes(item.bytes[32..40].try_into().expect("eight bytes"));
            if let Some(mine) = log.iter().find(|b| b.seq == item.seq) {
                if mine.hash != hash {
                    advance.forked.push(item.author);
                }
            } else if first == after + 1 && item.bytes[..32] == prev.0 {
                log.push(Bundle { seq: item.seq, hash, bytes: item.bytes });
                advance.heads.retain(|h| h.author != item.author);
                advance.heads.push(Head { author: item.author, seq: item.seq, hash });
            } else if first == after + 1 {
                advance.forked.push(item.author);
            } else {
                self.refused += 1;
            }
        }
        advance
    }
}

pub struct Tablet {
    pub device: DeviceId,
    noise_secret: Key32,
    pub noise_public: [u8; 32],
    node: Option<Node>,
    pub disk: Disk,
    pub known: Vec<DeviceKey>,
    pub commands: Vec<Command>,
    pub snapshot: SyncSnapshot,
    pub caught_up: u32,
    pub fail_applies: u32,
    /// How far this tablet's clock is ahead of the world's.
    pub skew: i64,
    socket: Option<u64>,
    life: u32,
}

enum Due {
    Tablet { tablet: usize, life: u32, input: Input },
    FromEdge { socket: u64, tablet: usize, input: Input },
    ToEdge { socket: u64, bytes: Vec<u8> },
    EdgeOpens { socket: u64, tablet: usize, path: String },
    EdgeSeesClose { socket: u64 },
    RtcConnect { a: (usize, u32), b: (usize, u32) },
    EdgeTick { path: String },
}

struct Pc {
    tablet: usize,
    life: u32,
    remote: Option<String>,
    peer: Option<(usize, u32)>,
}

pub struct World {
    pub dice: Dice,
    pub now: Timestamp,
    pub tablets: Vec<Tablet>,
    pub rtc_works: bool,
    pub edge_works: bool,
    pub wire: Vec<u8>,
    pub to_edge: u64,
    pub max_frame: usize,
    /// How many of the next payloads the relay alters on their way.
    pub tamper: u32,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    due: BTreeMap<u64, Due>,
    order: u64,
    streams: BTreeMap<(u64, u64), i64>,
    rooms: BTreeMap<String, Room>,
    sockets: BTreeMap<u64, (usize, String, u32)>,
    pcs: BTreeMap<(usize, u32), Pc>,
    network_key: Key32,
}

impl World {
    pub fn new(seed: u64, tablets: usize) -> World {
        let mut dice = Dice(seed);
        let mut world = World {
            now: Timestamp(START),
            tablets: Vec::new(),
            rtc_works: true,
            edge_works: true,
            wire: Vec::new(),
            to_edge: 0,
            max_frame: 0,
            tamper: 0,
            queue: BinaryHeap::new(),
            due: BTreeMap::new(),
            order: 0,
            streams: BTreeMap::new(),
            rooms: BTreeMap::new(),
            sockets: BTreeMap::new(),
            pcs: BTreeMap::new(),
            network_key: Key32::make(&mut |b| dice.fill(b)),
            dice,
        };
        for _ in 0..tablets {
            world.add_tablet();
        }
        let known: Vec<DeviceKey> = world.tablets.iter().map(Tablet::key).collect();
        for tablet in &mut world.tablets {
            tablet.known = known.clone();
        }
        world
    }

    /// A new tablet that knows only itself; nobody knows it.
    pub fn add_tablet(&mut self) -> usize {
        let dice = &mut self.dice;
        let noise_secret = Key32::make(&mut |b| dice.fill(b));
        let mut device = [0; 16];
        dice.fill(&mut device);
        let noise_public = derive_agreement_public(&noise_secret);
        self.tablets.push(Tablet {
            device: DeviceId(device),
            noise_secret,
            noise_public,
            node: None,
            disk: Disk::default(),
            known: Vec::new(),
            commands: Vec::new(),
            snapshot: SyncSnapshot::default(),
            caught_up: 0,
            fail_applies: 0,
            skew: 0,
            socket: None,
            life: 0,
        });
        self.tablets.len() - 1
    }

    pub fn start(&mut self, tablet: usize) {
        let t = &mut self.tablets[tablet];
        t.life += 1;
        t.node = Some(Node::new(Identity {
            clinic: ClinicId([7; 16]),
            device: t.device,
            noise_secret: t.noise_secret.clone(),
            device_cert: sha256(&t.device.0),
            network_key: self.network_key.clone(),
            host: HOST.into(),
        }));
        let control = t.disk.control.keys().copied().collect();
        let input = Input::Start { heads: t.disk.heads(), control, devices: t.known.clone() };
        self.give(tablet, input);
    }

    pub fn start_all(&mut self) {
        for tablet in 0..self.tablets.len() {
            self.start(tablet);
        }
    }

    /// Power loss: what is on disk stays, everything else is gone.
    pub fn crash(&mut self, tablet: usize) {
        self.tablets[tablet].node = None;
        self.tablets[tablet].life += 1;
        self.close_socket(tablet);
        self.cut_direct(tablet);
    }

    pub fn commit(&mut self, tablet: usize, payload: usize) {
        let size = 1 + self.dice.below(payload as u64) as usize;
        let mut bytes = vec![0; size];
        self.dice.fill(&mut bytes);
        let changes = 1 + self.dice.below(5);
        let t = &mut self.tablets[tablet];
        let head = t.disk.append(t.device, changes, &bytes);
        if t.node.is_some() {
            self.give(tablet, Input::Committed(Advance { heads: vec![head], ..Advance::default() }));
        }
    }

    pub fn certify(&mut self, tablet: usize, bytes: &[u8]) {
        let hash = sha256(bytes);
        let t = &mut self.tablets[tablet];
        t.disk.control.insert(hash, bytes.to_vec());
        if t.node.is_some() {
            self.give(tablet, Input::Committed(Advance { control: vec![hash], ..Advance::default() }));
        }
    }

    pub fn cut_relay(&mut self, tablet: usize) {
        if self.tablets[tablet].socket.is_some() {
            self.close_socket(tablet);
            self.tell_tablet(tablet, 0, 0, Input::RelayClosed { code: 1006 });
        }
    }

    /// As in the browser: what was sent before still arrives, and nothing more is heard of the socket.
    fn close_socket(&mut self, tablet: usize) {
        if let Some(socket) = self.tablets[tablet].socket.take() {
            self.stream((socket, 0), Due::EdgeSeesClose { socket });
        }
    }

    pub fn cut_direct(&mut self, tablet: usize) {
        let conns: Vec<(usize, u32)> = self.pcs.keys().filter(|(t, _)| *t == tablet).copied().collect();
        for conn in conns {
            self.close_pc(conn);
        }
    }

    pub fn give(&mut self, tablet: usize, input: Input) {
        let dice = &mut self.dice;
        let t = &mut self.tablets[tablet];
        let Some(node) = &mut t.node else { return };
        let commands = node.handle(input, self.now.plus_millis(t.skew), &mut |b| dice.fill(b));
        for command in commands {
            self.obey(tablet, command);
        }
    }

    /// Runs the world for this long.
    pub fn run(&mut self, millis: i64) {
        let end = self.now.plus_millis(millis);
        let mut steps = 0u64;
        while let Some(Reverse((at, id))) = self.queue.peek().copied() {
            if at > end.0 {
                break;
            }
            self.queue.pop();
            steps += 1;
            assert!(steps < 5_000_000, "the world does not come to rest");
            let Some(due) = self.due.remove(&id) else { continue };
            self.now = Timestamp(at.max(self.now.0));
            self.happen(due);
        }
        self.now = end;
    }

    pub fn agree(&self) -> bool {
        let heads: BTreeSet<Vec<(DeviceId, u64)>> =
            self.tablets.iter().map(|t| t.disk.heads().iter().map(|h| (h.author, h.seq)).collect()).collect();
        let control: BTreeSet<Vec<Hash>> =
            self.tablets.iter().map(|t| t.disk.control.keys().copied().collect()).collect();
        heads.len() == 1 && control.len() == 1
    }

    pub fn is_up(&self, tablet: usize) -> bool {
        self.tablets[tablet].node.is_some()
    }

    pub fn rooms_used(&self) -> usize {
        self.rooms.len()
    }

    pub fn on_path(&self, tablet: usize, path: PeerPath) -> usize {
        self.tablets[tablet].snapshot.peers.iter().filter(|p| p.path == path).count()
    }

    /// Whether any wire has carried these bytes.
    pub fn was_on_the_wire(&self, needle: &[u8]) -> bool {
        self.wire.windows(needle.len()).any(|w| w == needle)
    }

    fn obey(&mut self, tablet: usize, command: Command) {
        let life = self.tablets[tablet].life;
        match command {
            Command::RelayConnect { path } => {
                self.close_socket(tablet);
                if self.edge_works {
                    self.order += 1;
                    let socket = self.order;
                    self.tablets[tablet].socket = Some(socket);
                    self.later(10, Due::EdgeOpens { socket, tablet, path });
                } else {
                    self.tell_tablet(tablet, 0, 20, Input::RelayClosed { code: 1006 });
                }
            }
            Command::RelaySend(bytes) => {
                self.record(&bytes);
                self.to_edge += bytes.len() as u64;
                if let Some(socket) = self.tablets[tablet].socket {
                    self.stream((socket, 0), Due::ToEdge { socket, bytes });
                }
            }
            Command::RelayClose => self.close_socket(tablet),
            Command::Rtc { conn, command } => self.rtc(tablet, conn, command),
            Command::ReadLog { token, author, after, max_bytes } => {
                let log = self.tablets[tablet].disk.logs.get(&author).cloned().unwrap_or_default();
                let mut items = Vec::new();
                let mut size = 0;
                let mut rest = log.into_iter().filter(|b| b.seq > after).peekable();
                while let Some(bundle) = rest.next_if(|b| items.is_empty() || size + b.bytes.len() as u64 <= max_bytes)
                {
                    size += bundle.bytes.len() as u64;
                    items.push(LogItem { author, seq: bundle.seq, bytes: bundle.bytes });
                }
                let done = rest.peek().is_none();
                self.tell_tablet(tablet, 1, 2, Input::LogRead { token, items, done });
            }
            Command::ReadControl { token, have } => {
                let disk = &self.tablets[tablet].disk;
                let lacking = disk.control.iter().filter(|(hash, _)| !have.contains(hash));
                let items = lacking.map(|(hash, bytes)| ControlItem { hash: *hash, bytes: bytes.clone() }).collect();
                self.tell_tablet(tablet, 1, 2, Input::ControlRead { token, items });
            }
            Command::Apply { token, control, items, .. } => {
                let t = &mut self.tablets[tablet];
                let outcome: Applied = if t.fail_applies > 0 {
                    t.fail_applies -= 1;
                    Err("the device has no space left".into())
                } else {
                    Ok(t.disk.apply(control, items))
                };
                self.tell_tablet(tablet, 1, 4, Input::Applied { token, outcome });
            }
            Command::Status(snapshot) => self.tablets[tablet].snapshot = snapshot,
            Command::CaughtUp { .. } => self.tablets[tablet].caught_up += 1,
            Command::WakeAt(at) => {
                let clock = self.now.plus_millis(self.tablets[tablet].skew);
                let delay = at.millis_since(clock).max(0);
                self.later(delay, Due::Tablet { tablet, life, input: Input::Tick });
            }
            other => self.tablets[tablet].commands.push(other),
        }
    }

    fn rtc(&mut self, tablet: usize, conn: u32, command: RtcCommand) {
        let me = (tablet, conn);
        let life = self.tablets[tablet].life;
        match command {
            RtcCommand::Create { offerer } => {
                if !self.rtc_works {
                    self.rtc_event(me, 3, RtcEvent::Failed);
                    return;
                }
                self.pcs.insert(me, Pc { tablet, life, remote: None, peer: None });
                if offerer {
                    let sdp = sdp_of(me);
                    self.rtc_event(me, 3, RtcEvent::LocalSdp { kind: SdpKind::Offer, sdp });
                    self.rtc_event(me, 4, RtcEvent::LocalCandidate("{}".into()));
                }
            }
            RtcCommand::SetRemoteSdp { kind, sdp } => {
                let Some(pc) = self.pcs.get_mut(&me) else { return };
                pc.remote = Some(sdp.clone());
                if kind == SdpKind::Offer {
                    let sdp = sdp_of(me);
                    self.rtc_event(me, 3, RtcEvent::LocalSdp { kind: SdpKind::Answer, sdp });
                } else {
                    let other = self.pcs.iter().find(|(k, _)| sdp_of(**k) == sdp).map(|(k, _)| *k);
                    if let Some(other) = other {
                        self.later(30, Due::RtcConnect { a: me, b: other });
                    }
                }
            }
            RtcCommand::AddCandidate(_) => {}
            RtcCommand::Send { channel, bytes } => {
                self.record(&bytes);
                self.max_frame = self.max_frame.max(bytes.len());
                let Some(peer) = self.pcs.get(&me).and_then(|p| p.peer) else { return };
                let Some(pc) = self.pcs.get(&peer) else { return };
                let input = Input::Rtc { conn: peer.1, event: RtcEvent::Message { channel, bytes } };
                let due = Due::Tablet { tablet: pc.tablet, life: pc.life, input };
                let stream = ((1 << 63) | ((tablet as u64) << 40) | u64::from(conn), 10 + u64::from(channel.id()));
                self.stream(stream, due);
            }
            RtcCommand::Close => self.close_pc(me),
        }
    }

    fn close_pc(&mut self, me: (usize, u32)) {
        let Some(pc) = self.pcs.remove(&me) else { return };
        self.rtc_event(me, 1, RtcEvent::Closed);
        if let Some(peer) = pc.peer
            && self.pcs.remove(&peer).is_some()
        {
            self.rtc_event(peer, 40, RtcEvent::Closed);
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Tablet { tablet, life, input } => {
                if self.tablets[tablet].life == life {
                    self.give(tablet, input);
                }
            }
            Due::FromEdge { socket, tablet, input } => {
                if self.tablets[tablet].socket == Some(socket) {
                    self.give(tablet, input);
                }
            }
            Due::EdgeOpens { socket, tablet, path } => {
                if self.tablets[tablet].socket != Some(socket) {
                    return;
                }
                let id = path["/relay/".len()..].split('?').next().expect("an id").parse().expect("hex");
                let mut challenge = [0; 32];
                self.dice.fill(&mut challenge);
                let seed = self.dice.next() as u32;
                let room = self.rooms.entry(path.clone()).or_insert_with(|| Room::new(id, RoomKind::Clinic));
                let slot = room.free_slot(seed);
                self.sockets.insert(socket, (tablet, path.clone(), slot));
                self.stream((socket, 1), Due::FromEdge { socket, tablet, input: Input::RelayOpened });
                self.room(&path, wire::Input::Opened { slot, challenge, host: HOST });
            }
            Due::ToEdge { socket, bytes } => {
                if let Some((_, path, slot)) = self.sockets.get(&socket).cloned() {
                    self.room(&path, wire::Input::Message { slot, bytes: &bytes });
                }
            }
            Due::EdgeSeesClose { socket } => {
                if let Some((_, path, slot)) = self.sockets.remove(&socket) {
                    self.room(&path, wire::Input::Closed { slot });
                }
            }
            Due::RtcConnect { a, b } => {
                if !self.rtc_works || !self.pcs.contains_key(&a) || !self.pcs.contains_key(&b) {
                    return;
                }
                for (me, peer) in [(a, b), (b, a)] {
                    if let Some(pc) = self.pcs.get_mut(&me) {
                        pc.peer = Some(peer);
                    }
                    for channel in [Channel::Control, Channel::Bulk] {
                        let delay = 1 + self.dice.below(20) as i64;
                        self.rtc_event(me, delay, RtcEvent::Open { channel });
                    }
                }
            }
            Due::EdgeTick { path } => self.room(&path, wire::Input::Tick),
        }
    }

    fn room(&mut self, path: &str, input: wire::Input<'_>) {
        let Some(room) = self.rooms.get_mut(path) else { return };
        for output in room.handle(input, self.now) {
            let of = |slot: u32, world: &World| {
                world.sockets.iter().find(|(_, s)| s.1 == path && s.2 == slot).map(|(k, s)| (*k, s.0))
            };
            match output {
                wire::Output::Send { slot, mut bytes } => {
                    if self.tamper > 0
                        && let Ok(ServerMsg::Relay { .. } | ServerMsg::Signal { .. }) = ServerMsg::decode(&bytes)
                        && let Some(last) = bytes.last_mut()
                    {
                        self.tamper -= 1;
                        *last ^= 1;
                    }
                    if let Some((socket, tablet)) = of(slot, self) {
                        self.stream((socket, 1), Due::FromEdge { socket, tablet, input: Input::RelayMessage(bytes) });
                    }
                }
                wire::Output::Close { slot, code } => {
                    if let Some((socket, tablet)) = of(slot, self) {
                        self.sockets.remove(&socket);
                        let input = Input::RelayClosed { code: code.code() };
                        self.stream((socket, 1), Due::FromEdge { socket, tablet, input });
                    }
                }
                wire::Output::Attach { .. } => {}
                wire::Output::WakeAt(at) => {
                    self.later(at.millis_since(self.now).max(0), Due::EdgeTick { path: path.to_owned() });
                }
            }
        }
    }

    fn rtc_event(&mut self, (tablet, conn): (usize, u32), delay: i64, event: RtcEvent) {
        let life = self.tablets[tablet].life;
        self.later(delay, Due::Tablet { tablet, life, input: Input::Rtc { conn, event } });
    }

    fn tell_tablet(&mut self, tablet: usize, least: i64, spread: i64, input: Input) {
        let life = self.tablets[tablet].life;
        let delay = least + self.dice.below(spread as u64 + 1) as i64;
        self.later(delay, Due::Tablet { tablet, life, input });
    }

    fn later(&mut self, delay: i64, due: Due) {
        self.order += 1;
        self.due.insert(self.order, due);
        self.queue.push(Reverse((self.now.0 + delay, self.order)));
    }

    /// Delivers after a random while, but never before what went ahead in the same stream.
    fn stream(&mut self, stream: (u64, u64), due: Due) {
        let delay = 2 + self.dice.below(25) as i64;
        let last = self.streams.entry(stream).or_insert(0);
        *last = (*last).max(self.now.0 + delay);
        let at = *last;
        self.later(at - self.now.0, due);
    }

    fn record(&mut self, bytes: &[u8]) {
        if self.wire.len() < 4_000_000 {
            self.wire.extend_from_slice(bytes);
        }
    }
}

impl Tablet {
    pub fn key(&self) -> DeviceKey {
        DeviceKey { device: self.device, noise_public: self.noise_public }
    }
}

fn sdp_of((tablet, conn): (usize, u32)) -> String {
    format!("v=0\r\na=fingerprint:sha-256 {tablet:02X}:{conn:08X}\r\n")
}
