//! Instants in milliseconds and the hybrid logical clock. Nothing here reads a clock: `now` is always an argument.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub i64);

impl Timestamp {
    pub fn millis_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub fn plus_millis(self, millis: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(millis))
    }
}

/// Hybrid logical clock: 48 bits of milliseconds, 16 bits of counter (Kulkarni et al. 2014).
/// It orders what is shown; it never decides who saw what.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Hlc(#[n(0)] pub u64);

/// How far the local clock may be pulled forward on another device's word.
pub const MAX_DRIFT_MS: u64 = 5 * 60 * 1000;

impl Hlc {
    pub fn new(millis: u64, counter: u16) -> Hlc {
        Hlc(millis.min((1 << 48) - 1) << 16 | u64::from(counter))
    }

    pub fn millis(self) -> u64 {
        self.0 >> 16
    }

    pub fn timestamp(self) -> Timestamp {
        Timestamp(self.millis() as i64)
    }

    /// The next local reading: after `self`, and not before the wall clock.
    pub fn tick(self, now: Timestamp) -> Hlc {
        let wall = Hlc::new(now.0.max(0) as u64, 0);
        if wall > self { wall } else { Hlc(self.0.saturating_add(1)) }
    }

    /// Takes note of a remote reading, at most `MAX_DRIFT_MS` ahead of the wall clock.
    pub fn witness(self, remote: Hlc, now: Timestamp) -> Hlc {
        let ceiling = Hlc::new((now.0.max(0) as u64).saturating_add(MAX_DRIFT_MS), 0);
        self.max(remote.min(ceiling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_goes_back() {
        let start = Hlc::new(1_000, 0);
        assert!(start.tick(Timestamp(500)) > start);
        assert_eq!(start.tick(Timestamp(2_000)), Hlc::new(2_000, 0));
    }

    #[test]
    fn a_clock_two_years_ahead_pulls_ours_by_five_minutes_at_most() {
        let now = Timestamp(1_000_000);
        let remote = Hlc::new(63_000_000_000, 0);
        assert_eq!(Hlc::default().witness(remote, now).millis(), 1_000_000 + MAX_DRIFT_MS);
    }
}
