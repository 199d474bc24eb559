//! One try at a direct path to one peer, and the path itself once it stands: two data channels, a handshake in each,
//! bound to both DTLS certificates. It refuses to know what the messages mean.

use crate::base::{ClinicId, Hash, Timestamp};
use crate::crypto::noise::{Side, Terms};
use crate::crypto::{Fill, Key32};
use crate::sync::io::Channel;
use crate::sync::link::{Heard, Link, LinkFault, RTC_FRAME};
use crate::sync::prologue;

/// After this long the log goes over the relay at full width, though the try goes on.
pub(crate) const PATIENCE_MS: i64 = 4_000;
/// After this long the try is given up.
pub(crate) const ATTEMPT_MS: i64 = 15_000;
/// A peer says its greeting before the second channel is ready, not its whole log.
const MAX_EARLY: usize = 64;
const PING_MS: i64 = 10_000;
const SILENT_MS: i64 = 30_000;

/// What is common to all handshakes of this device in this room.
pub(crate) struct Ground<'a> {
    pub clinic: ClinicId,
    pub room: Hash,
    pub secret: &'a Key32,
    pub psk: &'a Key32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DirectFault {
    #[error("a description names no certificate")]
    NoFingerprint,
    #[error("a channel opened before the descriptions were exchanged")]
    TooEarly,
    #[error("the other end of the channel is another device")]
    OtherDevice,
    #[error(transparent)]
    Link(#[from] LinkFault),
}

#[derive(Debug)]
pub(crate) struct Attempt {
    pub conn: u32,
    pub number: u32,
    pub offerer: bool,
    pub since: Timestamp,
    /// The X25519 key that the peer proved over the relay.
    peer_static: [u8; 32],
    ours: Option<Vec<u8>>,
    theirs: Option<Vec<u8>>,
    links: [Option<Link>; 2],
    blocked: [bool; 2],
    /// Messages that came before the second channel was ready.
    early: Vec<Vec<u8>>,
    heard: Timestamp,
    pinged: Timestamp,
}

/// What one event on a channel led to.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub send: Vec<(Channel, Vec<u8>)>,
    pub messages: Vec<Vec<u8>>,
    /// Both channels have just become ready.
    pub up: bool,
}

impl Attempt {
    pub fn new(conn: u32, number: u32, offerer: bool, peer_static: [u8; 32], now: Timestamp) -> Attempt {
        Attempt {
            conn,
            number,
            offerer,
            since: now,
            peer_static,
            ours: None,
            theirs: None,
            links: [None, None],
            blocked: [false; 2],
            early: Vec::new(),
            heard: now,
            pinged: now,
        }
    }

    pub fn is_up(&self) -> bool {
        self.links.iter().all(|link| link.as_ref().is_some_and(Link::is_open))
    }

    pub fn local_sdp(&mut self, sdp: &str) -> Result<(), DirectFault> {
        self.ours = Some(prologue::fingerprints(sdp).ok_or(DirectFault::NoFingerprint)?);
        Ok(())
    }

    pub fn remote_sdp(&mut self, sdp: &str) -> Result<(), DirectFault> {
        self.theirs = Some(prologue::fingerprints(sdp).ok_or(DirectFault::NoFingerprint)?);
        Ok(())
    }

    /// A channel opened: the offerer begins the handshake in it.
    pub fn opened(
        &mut self,
        channel: Channel,
        ground: &Ground<'_>,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> Result<Progress, DirectFault> {
        self.heard = now;
        let first = self.ensure_link(channel, ground, now, fill)?;
        Ok(Progress { send: first.into_iter().map(|bytes| (channel, bytes)).collect(), ..Progress::default() })
    }

    pub fn received(
        &mut self,
        channel: Channel,
        bytes: &[u8],
        ground: &Ground<'_>,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> Result<Progress, DirectFault> {
        self.heard = now;
        let was_up = self.is_up();
        self.ensure_link(channel, ground, now, fill)?;
        let mut back = Vec::new();
        let Some(link) = &mut self.links[slot(channel)] else { return Ok(Progress::default()) };
        let heard = link.receive(bytes, now, &mut back)?;
        let mut progress = Progress { send: back.into_iter().map(|b| (channel, b)).collect(), ..Progress::default() };
        match heard {
            Heard::Nothing => {}
            Heard::Up { remote_static, .. } if remote_static != self.peer_static => {
                return Err(DirectFault::OtherDevice);
            }
            Heard::Up { .. } => {}
            Heard::Message(_) if self.early.len() >= MAX_EARLY => return Err(DirectFault::TooEarly),
            Heard::Message(message) => self.early.push(message),
        }
        if self.is_up() {
            progress.up = !was_up;
            progress.messages = std::mem::take(&mut self.early);
        }
        Ok(progress)
    }

    pub fn seal(&mut self, channel: Channel, message: &[u8], now: Timestamp) -> Result<Vec<Vec<u8>>, DirectFault> {
        let link = self.links[slot(channel)].as_mut().ok_or(LinkFault::NotOpen)?;
        Ok(link.seal(message, now)?)
    }

    /// The channel's buffer in the browser is too full, or has room again.
    pub fn set_blocked(&mut self, channel: Channel, blocked: bool) {
        self.blocked[slot(channel)] = blocked;
    }

    pub fn bulk_blocked(&self) -> bool {
        self.blocked[slot(Channel::Bulk)]
    }

    /// Whether the try, or the path, has lasted too long without what was hoped for.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        if self.is_up() {
            now.millis_since(self.heard) >= SILENT_MS
        } else {
            now.millis_since(self.since) >= ATTEMPT_MS
        }
    }

    /// True when a ping is due, and notes it.
    pub fn ping_due(&mut self, now: Timestamp) -> bool {
        let due = self.is_up() && now.millis_since(self.heard.max(self.pinged)) >= PING_MS;
        if due {
            self.pinged = now;
        }
        due
    }

    pub fn next_wake(&self, now: Timestamp) -> Timestamp {
        if self.is_up() {
            return self.heard.max(self.pinged).plus_millis(PING_MS).min(self.heard.plus_millis(SILENT_MS));
        }
        let patience = self.since.plus_millis(PATIENCE_MS);
        if now < patience { patience } else { self.since.plus_millis(ATTEMPT_MS) }
    }

    fn ensure_link(
        &mut self,
        channel: Channel,
        ground: &Ground<'_>,
        now: Timestamp,
        fill: Fill<'_>,
    ) -> Result<Option<Vec<u8>>, DirectFault> {
        if self.links[slot(channel)].is_some() {
            return Ok(None);
        }
        let (Some(ours), Some(theirs)) = (&self.ours, &self.theirs) else { return Err(DirectFault::TooEarly) };
        let (offerer, answerer) = if self.offerer { (ours, theirs) } else { (theirs, ours) };
        let prologue = prologue::direct(ground.clinic, ground.room, channel, offerer, answerer);
        let terms = Terms { secret: ground.secret.as_bytes(), psk: ground.psk.as_bytes(), prologue: &prologue };
        let side = if self.offerer { Side::Initiator } else { Side::Responder };
        let (link, first) = Link::make(side, terms, &[], RTC_FRAME, now, fill)?;
        self.links[slot(channel)] = Some(link);
        Ok(first)
    }
}

fn slot(channel: Channel) -> usize {
    usize::from(channel.id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::agree::derive_agreement_public;

    fn fill(bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("randomness");
    }

    fn public_of(seed: u8) -> [u8; 32] {
        derive_agreement_public(&Key32::from_bytes([seed; 32]))
    }

    const A: &str = "a=fingerprint:sha-256 AA";
    const B: &str = "a=fingerprint:sha-256 BB";
    const MALLORY: &str = "a=fingerprint:sha-256 EE";

    /// Runs both handshakes, each side seeing the descriptions named.
    fn connect(a_sees: [&str; 2], b_sees: [&str; 2], a_expects: [u8; 32]) -> Result<(Attempt, Attempt), DirectFault> {
        let (secret_a, secret_b) = (Key32::from_bytes([1; 32]), Key32::from_bytes([2; 32]));
        let psk = Key32::from_bytes([3; 32]);
        let ground = |secret| Ground { clinic: ClinicId([4; 16]), room: Hash([5; 32]), secret, psk: &psk };
        let (on_a, on_b, now) = (ground(&secret_a), ground(&secret_b), Timestamp(0));
        let mut a = Attempt::new(1, 1, true, a_expects, now);
        let mut b = Attempt::new(1, 1, false, public_of(1), now);
        a.local_sdp(a_sees[0])?;
        a.remote_sdp(a_sees[1])?;
        b.local_sdp(b_sees[0])?;
        b.remote_sdp(b_sees[1])?;
        for channel in [Channel::Control, Channel::Bulk] {
            let mut to_b = a.opened(channel, &on_a, now, &mut fill)?.send;
            while !to_b.is_empty() {
                let mut to_a = Vec::new();
                for (channel, bytes) in to_b.drain(..) {
                    to_a.extend(b.received(channel, &bytes, &on_b, now, &mut fill)?.send);
                }
                for (channel, bytes) in to_a {
                    to_b.extend(a.received(channel, &bytes, &on_a, now, &mut fill)?.send);
                }
            }
        }
        Ok((a, b))
    }

    #[test]
    fn two_devices_that_see_each_others_certificates_connect() {
        let (a, b) = connect([A, B], [B, A], public_of(2)).expect("connects");
        assert!(a.is_up() && b.is_up());
    }

    #[test]
    fn a_relay_that_puts_its_own_certificates_between_is_refused() {
        let refused = connect([A, MALLORY], [B, MALLORY], public_of(2)).err();
        assert!(matches!(refused, Some(DirectFault::Link(LinkFault::Noise(_)))), "{refused:?}");
    }

    #[test]
    fn another_device_of_the_clinic_cannot_stand_in_for_the_peer() {
        assert_eq!(connect([A, B], [B, A], public_of(9)).err(), Some(DirectFault::OtherDevice));
    }
}
