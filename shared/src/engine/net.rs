//! Drives the sync engine: obeys its commands against the store and the network, and tells the screens how it stands.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::base::{Hash, Timestamp};
use crate::crypto::control::Inserted;
use crate::port::{NetIn, NetOut, Port, SocketId};
use crate::sync::{
    Advance, Command, ControlItem, DeviceKey, Head, Identity, Input, LogItem, Node, PeerPath, RelayStatus, SyncSnapshot,
};

use super::Engine;
use super::api::{DeviceRow, Event, Fault, Path, PeerView, RelayState, SyncView};
use super::open::Open;

/// The socket of the clinic's own room.
const CLINIC_SOCKET: SocketId = 0;
/// The socket of a pairing room.
pub(super) const PAIR_SOCKET: SocketId = 1;

/// The sync node and what waits to go into it.
#[derive(Default)]
pub(super) struct Net {
    node: Option<Node>,
    queue: VecDeque<Input>,
    pumping: bool,
    snapshot: SyncSnapshot,
    node_wake: Option<Timestamp>,
    pub pair_wake: Option<Timestamp>,
    /// When each peer was last seen, in this session.
    seen: Vec<(crate::base::DeviceId, Timestamp)>,
}

impl<P: Port> Engine<P> {
    /// What the network or the clock says.
    pub async fn net(&self, input: NetIn) {
        match input {
            NetIn::RelayOpened { socket: CLINIC_SOCKET } => self.queue(Input::RelayOpened),
            NetIn::RelayMessage { socket: CLINIC_SOCKET, bytes } => self.queue(Input::RelayMessage(bytes)),
            NetIn::RelayClosed { socket: CLINIC_SOCKET, code } => self.queue(Input::RelayClosed { code }),
            NetIn::RelayOpened { .. } | NetIn::RelayMessage { .. } | NetIn::RelayClosed { .. } => {
                self.pair_net(input).await
            }
            NetIn::Rtc { conn, event } => self.queue(Input::Rtc { conn, event }),
            NetIn::Tick => {
                self.queue(Input::Tick);
                self.pair_tick().await;
            }
            NetIn::Wake | NetIn::Online(true) => self.queue(Input::Wake),
            // The sockets themselves say when they are gone.
            NetIn::Online(false) => {}
        }
        self.pump().await;
    }

    /// Whether there is anybody to sync with; a lone device makes no network call.
    fn has_company(&self, open: &Open) -> bool {
        open.control.borrow().devices().iter().any(|d| d.device != open.device && !d.revoked)
    }

    pub(super) fn start_sync(&self, open: &Rc<Open>) {
        if !self.has_company(open) || self.net.borrow().node.is_some() {
            return;
        }
        let identity = Identity {
            clinic: open.clinic,
            device: open.device,
            noise_secret: open.bundle.device_agreement.clone(),
            device_cert: open.device_cert,
            network_key: open.bundle.network_key.clone(),
            host: self.host(),
        };
        let start = Input::Start {
            heads: open.heads.borrow().values().copied().collect(),
            control: open.control.borrow().hashes().collect(),
            devices: device_keys(open),
        };
        let mut net = self.net.borrow_mut();
        net.node = Some(Node::new(identity));
        net.queue.push_back(start);
        drop(net);
        self.nudge();
    }

    pub(super) fn stop_sync(&self) {
        let mut net = self.net.borrow_mut();
        let Some(mut node) = net.node.take() else { return };
        net.queue.clear();
        net.snapshot = SyncSnapshot::default();
        let mut fill = self.fill();
        let commands = node.handle(Input::Stop, self.now(), &mut fill);
        drop(net);
        for command in commands {
            match command {
                Command::RelayClose => self.port.net(NetOut::RelayClose { socket: CLINIC_SOCKET }),
                Command::Rtc { conn, command } => self.port.net(NetOut::Rtc { conn, command }),
                Command::RelaySend(bytes) => self.port.net(NetOut::RelaySend { socket: CLINIC_SOCKET, bytes }),
                _ => {}
            }
        }
    }

    /// Local commits go to the peers at once. Called inside a commit: only queues, the shell comes back for it.
    pub(super) fn committed(&self, advance: Advance) {
        if self.net.borrow().node.is_some() && !(advance.heads.is_empty() && advance.control.is_empty()) {
            self.queue(Input::Committed(advance));
            self.nudge();
        }
    }

    /// The list of devices or certificates grew.
    pub(super) fn company_changed(&self, open: &Rc<Open>, control: Vec<Hash>) {
        if self.net.borrow().node.is_none() {
            return self.start_sync(open);
        }
        self.queue(Input::Devices(device_keys(open)));
        self.committed(Advance { heads: vec![], control, forked: vec![] });
        self.nudge();
    }

    fn queue(&self, input: Input) {
        let mut net = self.net.borrow_mut();
        if net.node.is_some() {
            net.queue.push_back(input);
        }
    }

    /// Asks the shell to call `net(Tick)` at once, outside the present call.
    fn nudge(&self) {
        self.port.net(NetOut::WakeAt { at: self.now().0 });
    }

    async fn pump(&self) {
        if self.net.borrow().pumping {
            return;
        }
        self.net.borrow_mut().pumping = true;
        loop {
            let commands = {
                let mut net = self.net.borrow_mut();
                let Some(input) = net.queue.pop_front() else { break };
                let now = self.now();
                let mut fill = self.fill();
                match net.node.as_mut() {
                    Some(node) => node.handle(input, now, &mut fill),
                    None => continue,
                }
            };
            for command in commands {
                self.obey(command).await;
            }
        }
        self.net.borrow_mut().pumping = false;
        self.set_wake();
    }

    /// One timer serves sync and pairing: the earlier of the two.
    pub(super) fn set_wake(&self) {
        let net = self.net.borrow();
        if let Some(at) = [net.node_wake, net.pair_wake].into_iter().flatten().min() {
            self.port.net(NetOut::WakeAt { at: at.0 });
        }
    }

    /// Answers a question of the node, unless the session that was asked is over: the next node counts anew.
    fn answer(&self, open: &Rc<Open>, input: Input) {
        if self.unlocked().is_ok_and(|now| Rc::ptr_eq(&now, open)) {
            self.queue(input);
        }
    }

    async fn obey(&self, command: Command) {
        let Ok(open) = self.unlocked() else { return };
        match command {
            Command::RelayConnect { path } => self.port.net(NetOut::RelayOpen { socket: CLINIC_SOCKET, path }),
            Command::RelaySend(bytes) => self.port.net(NetOut::RelaySend { socket: CLINIC_SOCKET, bytes }),
            Command::RelayClose => self.port.net(NetOut::RelayClose { socket: CLINIC_SOCKET }),
            Command::Rtc { conn, command } => self.port.net(NetOut::Rtc { conn, command }),
            Command::ReadLog { token, author, after, max_bytes } => {
                let (items, done) = self.read_log(&open, &author, after, max_bytes).await.unwrap_or_default();
                let items = items.into_iter().map(|(seq, bytes)| LogItem { author, seq, bytes }).collect();
                self.answer(&open, Input::LogRead { token, items, done });
            }
            Command::ReadControl { token, have } => {
                let items = open
                    .control
                    .borrow()
                    .certificates()
                    .filter(|c| !have.contains(&c.hash()))
                    .map(|c| ControlItem { hash: c.hash(), bytes: c.bytes().to_vec() })
                    .collect();
                self.queue(Input::ControlRead { token, items });
            }
            Command::Apply { token, peer: _, control, items } => {
                let outcome = self.apply(&open, control, items).await.map_err(|fault| fault.to_string());
                self.answer(&open, Input::Applied { token, outcome });
            }
            Command::Status(snapshot) => self.take_snapshot(&open, snapshot).await,
            Command::CaughtUp { received, sent } => {
                open.last_synced.set(self.now());
                self.keep_counters(&open).await;
                self.emit(&Event::CaughtUp { received, sent });
                self.emit(&Event::Sync(self.sync_view(&open)));
            }
            // Shown in the sync view, once for each device; the data of both sides stays.
            Command::RolledBack { theirs: Head { author, .. }, .. } | Command::Fork { author, .. } => {
                open.suspects.borrow_mut().insert(author);
                self.emit(&Event::Sync(self.sync_view(&open)));
            }
            // Turned away. A device that was paired elsewhere is one too, until its certificate comes.
            Command::Stranger { .. } => {}
            Command::WakeAt(at) => self.net.borrow_mut().node_wake = Some(at),
        }
    }

    async fn keep_counters(&self, open: &Open) {
        if let Ok(write) = self.counters_write(open) {
            // A lost counter only makes "last shared" older than it was.
            let _ = self.commit_rows(open, vec![write]).await;
        }
    }

    async fn take_snapshot(&self, open: &Rc<Open>, snapshot: SyncSnapshot) {
        let witnessed = snapshot.witnessed.max(open.witnessed.get());
        let grew = open.note_held(&snapshot.held) || witnessed > open.witnessed.get();
        open.witnessed.set(witnessed);
        let now = self.now();
        {
            let mut net = self.net.borrow_mut();
            for peer in &snapshot.peers {
                net.seen.retain(|(device, _)| *device != peer.device);
                net.seen.push((peer.device, now));
            }
            net.snapshot = snapshot;
        }
        if grew {
            self.keep_counters(open).await;
        }
        self.emit(&Event::Sync(self.sync_view(open)));
    }

    /// Certificates first, then bundles.
    async fn apply(&self, open: &Rc<Open>, control: Vec<Vec<u8>>, items: Vec<LogItem>) -> Result<Advance, Fault> {
        let added = self.take_certificates(open, &control).await?;
        let mut advance = self.receive(open, items.into_iter().map(|item| item.bytes).collect()).await?;
        if !added.is_empty() {
            self.queue(Input::Devices(device_keys(open)));
            advance.control = added;
        }
        Ok(advance)
    }

    pub(super) async fn take_certificates(
        &self,
        open: &Rc<Open>,
        certificates: &[Vec<u8>],
    ) -> Result<Vec<Hash>, Fault> {
        if certificates.is_empty() {
            return Ok(Vec::new());
        }
        let _turn = self.writer.lock().await;
        // Believed only once they are on the disk: a change that cites one must never outlive it.
        let mut control = open.control.borrow().clone();
        let mut added = Vec::new();
        for bytes in certificates {
            // A certificate that does not verify is not kept: it says nothing about anybody.
            let Ok(Inserted::Accepted(hashes)) = control.insert(bytes) else { continue };
            added.extend(hashes);
        }
        let new = added.iter().filter_map(|hash| control.get(hash));
        let writes = new.map(|certificate| self.certificate_write(open, certificate)).collect::<Result<Vec<_>, _>>()?;
        if !writes.is_empty() {
            self.commit_rows(open, writes).await?;
        }
        *open.control.borrow_mut() = control;
        Ok(added)
    }

    pub(super) fn sync_view(&self, open: &Open) -> SyncView {
        let net = self.net.borrow();
        let control = open.control.borrow();
        let peers = net
            .snapshot
            .peers
            .iter()
            .map(|peer| PeerView {
                device: peer.device.hex(),
                name: control.device_name(&peer.device).unwrap_or_default().to_owned(),
                path: match peer.path {
                    PeerPath::Direct => Path::Direct,
                    PeerPath::Relay => Path::Relay,
                },
                to_receive: peer.to_receive,
                to_send: peer.to_send,
            })
            .collect();
        SyncView {
            relay: match net.snapshot.relay {
                RelayStatus::Off => RelayState::Off,
                RelayStatus::Connecting => RelayState::Connecting,
                RelayStatus::Online => RelayState::Online,
                RelayStatus::Offline => RelayState::Offline,
            },
            peers,
            unshared: open.changes_unshared(),
            other_devices: control.devices().iter().filter(|d| d.device != open.device && !d.revoked).count() as u32,
            last_synced: open.last_synced.get().0,
            conflicts: open.conflicts.borrow().values().sum(),
            quarantined: open.quarantined.get().saturating_add(open.suspects.borrow().len() as u32),
        }
    }

    pub(super) fn devices(&self, open: &Open) -> Vec<DeviceRow> {
        let net = self.net.borrow();
        let control = open.control.borrow();
        control
            .devices()
            .into_iter()
            .filter(|d| !d.revoked)
            .map(|d| DeviceRow {
                this: d.device == open.device,
                connected: net.snapshot.peers.iter().any(|p| p.device == d.device),
                last_seen: net.seen.iter().find(|(device, _)| *device == d.device).map_or(0, |(_, at)| at.0),
                device: d.device.hex(),
                name: d.name,
            })
            .collect()
    }
}

fn device_keys(open: &Open) -> Vec<DeviceKey> {
    let control = open.control.borrow();
    let devices = control.devices().into_iter().filter(|d| !d.revoked && d.device != open.device);
    devices.map(|d| DeviceKey { device: d.device, noise_public: d.agreement }).collect()
}
