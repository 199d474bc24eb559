//! What both sides of a pairing have in common: the socket to the pairing room, the commands under way, the end.

use crate::base::Timestamp;
use crate::crypto::noise::{Side, Terms};
use crate::crypto::pairing::Nameplate;
use crate::crypto::{Fill, Key32};
use crate::sync::io::RelayStatus;
use crate::sync::link::{Link, LinkFault, RELAY_FRAME};
use crate::sync::pair_io::{PairCommand, PairFault};
use crate::sync::pairing::words::{self, Frame, Word};
use crate::sync::relay::{Relay, RelayEvent, Socket};
use crate::wire::{RoomKind, Slot};

/// Connections that failed in a row before pairing gives up.
const MAX_LOSSES: u32 = 4;

#[derive(Debug)]
pub(super) struct Meeting {
    host: String,
    pub nameplate: Nameplate,
    pub relay: Relay,
    losses: u32,
    sockets: Vec<Socket>,
    out: Vec<PairCommand>,
    wake: Option<Timestamp>,
    pub over: bool,
}

impl Meeting {
    pub fn enter(nameplate: Nameplate, host: String, now: Timestamp) -> Meeting {
        let relay = Relay::new(RoomKind::Pairing, host.clone(), nameplate.derive_room_seed());
        let mut meeting = Meeting {
            host,
            nameplate,
            relay,
            losses: 0,
            sockets: Vec::new(),
            out: Vec::new(),
            wake: None,
            over: false,
        };
        meeting.relay.connect(now, &mut meeting.sockets);
        meeting.flush();
        meeting
    }

    /// Leaves for the room of another number.
    pub fn change_room(&mut self, nameplate: Nameplate, now: Timestamp) {
        self.relay.close(None, &mut self.sockets);
        self.flush();
        self.nameplate = nameplate;
        self.relay = Relay::new(RoomKind::Pairing, self.host.clone(), nameplate.derive_room_seed());
        self.relay.connect(now, &mut self.sockets);
        self.flush();
    }

    pub fn message(&mut self, bytes: &[u8], now: Timestamp) -> Option<RelayEvent> {
        let event = self.relay.message(bytes, now, &mut self.sockets);
        if let Some(RelayEvent::Clock(_)) = event {
            // Pairing rooms do not change by the week.
            self.relay.join(&mut self.sockets);
        }
        self.flush();
        if self.relay.status() == RelayStatus::Online {
            self.losses = 0;
        }
        event
    }

    /// True if it is not worth trying on.
    pub fn lost(&mut self, now: Timestamp, fill: Fill<'_>) -> bool {
        self.relay.lost(now, fill);
        self.losses += 1;
        self.losses >= MAX_LOSSES
    }

    /// True if the socket was given up.
    pub fn tick(&mut self, now: Timestamp, fill: Fill<'_>) -> bool {
        let lost = self.relay.tick(now, &mut self.sockets, fill);
        self.flush();
        if lost {
            self.losses += 1;
        }
        lost
    }

    pub fn hopeless(&self) -> bool {
        self.losses >= MAX_LOSSES
    }

    /// A handshake for this meeting; an initiator's first frame goes out.
    #[allow(clippy::too_many_arguments)]
    pub fn shake(
        &mut self,
        side: Side,
        slot: Slot,
        secret: &Key32,
        psk: &Key32,
        scanned: bool,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> Result<Link, LinkFault> {
        let prologue = words::prologue(&self.nameplate, self.relay.room(), scanned);
        let terms = Terms { secret: secret.as_bytes(), psk: psk.as_bytes(), prologue: &prologue };
        let (link, first) = Link::make(side, terms, &[], RELAY_FRAME - 1, now, fill)?;
        if let Some(first) = first {
            self.send(slot, &Frame::Pipe(&first), now);
        }
        Ok(link)
    }

    pub fn send(&mut self, slot: Slot, frame: &Frame<'_>, now: Timestamp) {
        self.relay.send(slot, false, frame.encode(), now, &mut self.sockets);
        self.flush();
    }

    pub fn say(&mut self, slot: Slot, link: &mut Link, word: &Word, now: Timestamp) {
        for frame in link.seal(&word.encode(), now).unwrap_or_default() {
            self.send(slot, &Frame::Pipe(&frame), now);
        }
    }

    pub fn push(&mut self, command: PairCommand) {
        self.out.push(command);
    }

    /// The end, once: the socket closes first.
    pub fn end(&mut self, last: PairCommand) {
        if !std::mem::replace(&mut self.over, true) {
            self.relay.close(None, &mut self.sockets);
            self.flush();
            self.out.push(last);
        }
    }

    pub fn fail(&mut self, why: PairFault) {
        self.end(PairCommand::Failed(why));
    }

    /// What is to be done, with the next moment of attention.
    pub fn commands(&mut self, deadline: Timestamp, now: Timestamp) -> Vec<PairCommand> {
        if !self.over {
            let next = self.relay.next_wake().map_or(deadline, |at| at.min(deadline)).max(now.plus_millis(1));
            if self.wake.is_none_or(|planned| planned <= now || next < planned) {
                self.wake = Some(next);
                self.out.push(PairCommand::WakeAt(next));
            }
        }
        std::mem::take(&mut self.out)
    }

    fn flush(&mut self) {
        for socket in self.sockets.drain(..) {
            self.out.push(match socket {
                Socket::Connect(path) => PairCommand::RelayConnect { path },
                Socket::Send(bytes) => PairCommand::RelaySend(bytes),
                Socket::Close => PairCommand::RelayClose,
            });
        }
    }
}
