//! Several tablets in one clinic, joined by the edge's own rooms. WebRTC is blocked, so everything goes over the relay.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::Timestamp;
use crate::engine::api::*;
use crate::port::memory::MemoryStore;
use crate::port::{NetIn, NetOut};
use crate::sync::{RtcCommand, RtcEvent};
use crate::wire::{self, Room, RoomKind, Slot};

use super::world::{Device, passphrase};

const HOST: &str = "clinic.example";

#[derive(Default)]
pub struct Clinic {
    pub devices: RefCell<Vec<Rc<Device>>>,
    rooms: RefCell<BTreeMap<String, Room>>,
    sockets: RefCell<BTreeMap<(usize, u32), (String, Slot)>>,
    wakes: RefCell<BTreeMap<usize, i64>>,
    count: Cell<u32>,
}

impl Clinic {
    /// One tablet, with a new clinic on it.
    pub fn found() -> Rc<Clinic> {
        let clinic = Rc::new(Clinic::default());
        clinic.add(Device::new(MemoryStore::default())).found();
        clinic
    }

    pub fn add(self: &Rc<Clinic>, device: Device) -> Rc<Device> {
        let device = Rc::new(device);
        let world = Rc::downgrade(self);
        *device.engine.port().meanwhile.borrow_mut() = Some(Rc::new(move || {
            if let Some(world) = world.upgrade() {
                world.settle();
            }
        }));
        self.devices.borrow_mut().push(device.clone());
        device
    }

    pub fn device(&self, index: usize) -> Rc<Device> {
        self.devices.borrow()[index].clone()
    }

    /// Lets another tablet in through the first; `code` picks what the person carries over.
    pub fn pair(self: &Rc<Clinic>, name: &str, code: impl Fn(&PairingInvite) -> String) -> Rc<Device> {
        let owner = self.device(0);
        let joiner = self.add(Device::new(MemoryStore::default()));
        joiner.pass(owner.clock());
        let invite = owner.ask(StartPairing {}).expect("an invitation");
        joiner
            .ask(JoinClinic {
                code: Secret(code(&invite)),
                device_name: name.into(),
                staff_name: format!("Sari {name}"),
                passphrase: passphrase(),
            })
            .expect("begins to join");
        self.run(3_000);
        let digits = |device: &Device| {
            device.engine.port().events.borrow().iter().rev().find_map(|event| match event {
                Event::Pairing(PairingEvent::Verify { digits, .. } | PairingEvent::Asked { digits, .. }) => {
                    Some(digits.clone())
                }
                _ => None,
            })
        };
        assert!(digits(&owner).is_some() && digits(&owner) == digits(&joiner), "both screens show the same digits");
        owner.ask(AnswerPairing { accept: true, role: Role::Clinician }).expect("lets it in");
        self.run(5_000);
        assert!(matches!(joiner.ask(Status {}), Ok(AppStatus::Unlocked(_))));
        joiner
    }

    /// The app is started again on one tablet.
    pub fn restart(self: &Rc<Clinic>, index: usize) -> Rc<Device> {
        self.go_dark(index);
        let device = self.device(index).restarted();
        self.add(device);
        let device = self.devices.borrow_mut().pop().expect("just added");
        self.devices.borrow_mut()[index] = device.clone();
        device
    }

    /// Its sockets close, and nothing it says reaches anybody until it opens new ones.
    pub fn go_dark(&self, index: usize) {
        self.device(index).engine.port().out.borrow_mut().clear();
        let open: Vec<u32> = self.sockets.borrow().keys().filter(|(d, _)| *d == index).map(|(_, s)| *s).collect();
        for socket in open {
            self.close(index, socket);
        }
    }

    /// Time goes by for everybody.
    pub fn run(&self, millis: i64) {
        self.settle();
        let end = self.device(0).clock() + millis;
        for _ in 0..10_000 {
            let due = self.wakes.borrow().iter().map(|(device, at)| (*at, *device)).min().filter(|(at, _)| *at <= end);
            let Some((at, index)) = due else { break };
            self.wakes.borrow_mut().remove(&index);
            for device in self.devices.borrow().iter() {
                device.pass(device.clock().max(at));
            }
            self.give(index, NetIn::Tick);
            self.settle();
        }
        for device in self.devices.borrow().iter() {
            device.pass(device.clock().max(end));
        }
    }

    /// Carries what was said until nobody says any more.
    pub fn settle(&self) {
        loop {
            let said: Vec<(usize, NetOut)> = {
                let devices = self.devices.borrow();
                let each = devices.iter().enumerate();
                each.flat_map(|(i, d)| {
                    std::mem::take(&mut *d.engine.port().out.borrow_mut()).into_iter().map(move |o| (i, o))
                })
                .collect()
            };
            if said.is_empty() {
                return;
            }
            for (index, command) in said {
                self.obey(index, command);
            }
        }
    }

    fn obey(&self, index: usize, command: NetOut) {
        match command {
            NetOut::RelayOpen { socket, path } => {
                self.close(index, socket);
                let (id, kind) = path.trim_start_matches("/relay/").split_once("?k=").expect("a room");
                let kind = RoomKind::from_letter(kind).expect("a kind");
                let id = id.parse().expect("an id");
                self.count.set(self.count.get() + 1);
                let slot = {
                    let mut rooms = self.rooms.borrow_mut();
                    rooms.entry(path.clone()).or_insert_with(|| Room::new(id, kind)).free_slot(self.count.get())
                };
                self.sockets.borrow_mut().insert((index, socket), (path.clone(), slot));
                self.give(index, NetIn::RelayOpened { socket });
                let challenge = [self.count.get() as u8; 32];
                self.room(&path, wire::Input::Opened { slot, challenge, host: HOST });
            }
            NetOut::RelaySend { socket, bytes } => {
                let at = self.sockets.borrow().get(&(index, socket)).cloned();
                if let Some((path, slot)) = at {
                    self.room(&path, wire::Input::Message { slot, bytes: &bytes });
                }
            }
            NetOut::RelayClose { socket } => self.close(index, socket),
            NetOut::Rtc { conn, command: RtcCommand::Create { .. } } => {
                self.give(index, NetIn::Rtc { conn, event: RtcEvent::Failed });
            }
            NetOut::Rtc { .. } => {}
            NetOut::WakeAt { at } => {
                self.wakes.borrow_mut().insert(index, at);
            }
        }
    }

    fn close(&self, index: usize, socket: u32) {
        let at = self.sockets.borrow_mut().remove(&(index, socket));
        if let Some((path, slot)) = at {
            self.room(&path, wire::Input::Closed { slot });
        }
    }

    fn room(&self, path: &str, input: wire::Input<'_>) {
        let now = Timestamp(self.device(0).clock());
        let outputs = match self.rooms.borrow_mut().get_mut(path) {
            Some(room) => room.handle(input, now),
            None => return,
        };
        for output in outputs {
            let who = |slot: Slot| {
                self.sockets.borrow().iter().find(|(_, at)| **at == (path.to_owned(), slot)).map(|(who, _)| *who)
            };
            match output {
                wire::Output::Send { slot, bytes } => {
                    if let Some((index, socket)) = who(slot) {
                        self.give(index, NetIn::RelayMessage { socket, bytes });
                    }
                }
                wire::Output::Close { slot, code } => {
                    if let Some((index, socket)) = who(slot) {
                        self.sockets.borrow_mut().remove(&(index, socket));
                        self.give(index, NetIn::RelayClosed { socket, code: code.code() });
                    }
                }
                wire::Output::Attach { .. } | wire::Output::WakeAt(_) => {}
            }
        }
    }

    fn give(&self, index: usize, input: NetIn) {
        pollster::block_on(self.device(index).engine.net(input));
    }
}
