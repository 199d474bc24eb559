//! What a socket and a room may use, and the named codes that end a connection. ADR 0004 says why these figures.

use crate::base::Timestamp;
use crate::wire::RoomKind;

/// Version of the frames in `wire::msg`, told in `Hello`.
pub const PROTOCOL: u32 = 1;

/// Payload of one `Signal`.
pub const MAX_SIGNAL: usize = 64 * 1024;
/// Payload of one `Relay`.
pub const MAX_RELAY: usize = 1024 * 1024;
/// One frame: the largest payload and its CBOR heads.
pub const MAX_FRAME: usize = MAX_RELAY + 64;
/// The host name that is signed in `Join`, with its port.
pub const MAX_HOST: usize = 255;

/// What the edge grants one socket, sustained.
pub const BYTES_PER_SECOND: u64 = 1024 * 1024;
/// What the edge lets through at once when the socket had been quiet.
pub const BURST_BYTES: u64 = 2 * 1024 * 1024;
/// The least a frame costs, so that many tiny ones are bounded too.
pub const MIN_FRAME_COST: u64 = 1024;

/// From the opened socket to a valid `Join`.
pub const HANDSHAKE_MS: i64 = 5_000;
/// How often a quiet client sends `Ping`.
pub const KEEPALIVE_MS: i64 = 30_000;
/// How long the edge keeps a socket from which nothing comes.
pub const IDLE_MS: i64 = 120_000;

/// Sockets that may wait for admission at one time, in rooms of either kind.
pub const MAX_WAITING: usize = 16;

/// Admitted sockets in one room.
pub fn max_members(kind: RoomKind) -> usize {
    match kind {
        RoomKind::Clinic => 64,
        RoomKind::Pairing => 2,
    }
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal $text:literal,)*) => {
        /// Why the edge ended a connection. The name travels as the close reason.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CloseCode { $($(#[$doc])* $name,)* }

        impl CloseCode {
            pub const ALL: &'static [CloseCode] = &[$(CloseCode::$name),*];

            pub fn code(self) -> u16 {
                match self { $(CloseCode::$name => $code),* }
            }

            pub fn name(self) -> &'static str {
                match self { $(CloseCode::$name => $text),* }
            }

            pub fn from_code(code: u16) -> Option<CloseCode> {
                match code { $($code => Some(CloseCode::$name),)* _ => None }
            }
        }
    };
}

close_codes! {
    /// The client said `Leave`.
    Left = 4000 "left",
    /// No valid `Join` in time.
    HandshakeTimeout = 4001 "handshake-timeout",
    /// A frame that is not of this protocol, or not of its turn.
    BadMessage = 4002 "bad-message",
    /// The signature does not admit to this room at this host.
    BadSignature = 4003 "bad-signature",
    /// The key or the kind belongs to another room.
    WrongRoom = 4004 "wrong-room",
    /// The room has all the members it may have.
    RoomFull = 4005 "room-full",
    /// Too many sockets wait for admission.
    Busy = 4006 "busy",
    /// A payload above its limit.
    TooLarge = 4007 "too-large",
    /// More bytes than the socket's rate allows.
    TooFast = 4008 "too-fast",
    /// Nothing came for too long.
    Idle = 4009 "idle",
}

impl CloseCode {
    /// Whether coming back with a fresh socket can succeed without anything else changing.
    pub fn worth_retrying(self) -> bool {
        match self {
            CloseCode::HandshakeTimeout
            | CloseCode::RoomFull
            | CloseCode::Busy
            | CloseCode::TooFast
            | CloseCode::Idle => true,
            CloseCode::Left
            | CloseCode::BadMessage
            | CloseCode::BadSignature
            | CloseCode::WrongRoom
            | CloseCode::TooLarge => false,
        }
    }
}

/// A token bucket in bytes. A clock that steps back adds nothing and takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Bucket {
    #[n(0)]
    level: i64,
    #[n(1)]
    refilled: Timestamp,
    #[n(2)]
    rate: u64,
    #[n(3)]
    depth: u64,
}

impl Bucket {
    pub fn full(rate: u64, depth: u64, now: Timestamp) -> Bucket {
        Bucket { level: signed(depth), refilled: now, rate, depth }
    }

    /// Takes `cost` if it is there; otherwise takes nothing and says `false`.
    pub fn take(&mut self, cost: u64, now: Timestamp) -> bool {
        self.refill(now);
        let enough = self.level >= signed(cost);
        if enough {
            self.level -= signed(cost);
        }
        enough
    }

    /// Takes `cost` whether it is there or not; what is missing is paid off by the rate before anything else passes.
    pub fn draw(&mut self, cost: u64, now: Timestamp) {
        self.refill(now);
        self.level = self.level.saturating_sub(signed(cost));
    }

    /// Milliseconds until `cost` can be taken; a cost above the depth is asked of the full bucket.
    pub fn wait_ms(&mut self, cost: u64, now: Timestamp) -> i64 {
        self.refill(now);
        let missing = signed(cost.min(self.depth)).saturating_sub(self.level).max(0).unsigned_abs();
        signed(missing.saturating_mul(1000).div_ceil(self.rate.max(1)))
    }

    fn refill(&mut self, now: Timestamp) {
        let elapsed = u64::try_from(now.millis_since(self.refilled)).unwrap_or(0);
        let gained = elapsed.saturating_mul(self.rate) / 1000;
        if gained > 0 {
            self.level = self.level.saturating_add(signed(gained)).min(signed(self.depth));
            self.refilled = now;
        } else if now < self.refilled {
            self.refilled = now;
        }
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// What a frame of this many bytes costs its sender.
pub fn frame_cost(bytes: usize) -> u64 {
    (bytes as u64).max(MIN_FRAME_COST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_close_code_is_named_and_reads_back() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_code(code.code()), Some(*code));
            assert!((4000..5000).contains(&code.code()) && code.name().len() <= 123);
        }
        assert_eq!(CloseCode::from_code(1000), None);
    }

    #[test]
    fn a_bucket_gives_its_depth_then_its_rate() {
        let mut bucket = Bucket::full(1000, 2000, Timestamp(0));
        assert!(bucket.take(2000, Timestamp(0)));
        assert!(!bucket.take(1, Timestamp(0)));
        assert_eq!(bucket.wait_ms(500, Timestamp(0)), 500);
        assert!(bucket.take(500, Timestamp(500)));
        assert!(!bucket.take(1, Timestamp(500)));
    }

    #[test]
    fn a_clock_that_steps_back_neither_fills_nor_freezes_the_bucket() {
        let mut bucket = Bucket::full(1000, 1000, Timestamp(50_000));
        assert!(bucket.take(1000, Timestamp(50_000)));
        assert!(!bucket.take(1, Timestamp(10_000)));
        assert!(bucket.take(1000, Timestamp(11_000)));
    }

    #[test]
    fn asking_every_millisecond_gains_no_more_and_no_less() {
        let mut bucket = Bucket::full(BYTES_PER_SECOND, BURST_BYTES, Timestamp(0));
        assert!(bucket.take(BURST_BYTES, Timestamp(0)));
        let granted = (1..=1000).filter(|ms| bucket.take(1024, Timestamp(*ms))).count() as u64;
        assert!((1000..=1024).contains(&granted), "{granted}");
    }
}
