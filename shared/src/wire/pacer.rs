//! The sender's side of the edge's rate: how fast a device may send so that it is never cut off, even when the
//! network holds its bytes back and delivers them in one heap. Pure arithmetic: no socket and no clock.
//!
//! Proof sketch: whatever arrives in any span was either in flight when it began (≤ `WINDOW`) or sent during it
//! (≤ `DEPTH` + rate × span); together that stays below the edge's `BURST_BYTES` + rate × span.

use std::collections::VecDeque;

use crate::base::Timestamp;
use crate::wire::limits::{BURST_BYTES, BYTES_PER_SECOND, Bucket, MAX_FRAME, MIN_FRAME_COST, frame_cost};
use crate::wire::msg::ClientMsg;

/// Unanswered bytes on the socket.
pub const WINDOW: u64 = 1024 * 1024 + 128 * 1024;
const DEPTH: u64 = 512 * 1024;
/// A `Ping` follows when this many bytes were sent since the last one.
const MARK_EVERY: u64 = 128 * 1024;

const _: () = assert!(WINDOW + DEPTH + MARK_EVERY < BURST_BYTES && (MAX_FRAME as u64) <= WINDOW);

/// Why a frame has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The rate allows it then.
    Until(Timestamp),
    /// Too much is unanswered: the next `Pong` makes room.
    ForPong,
}

/// One per socket; a new socket starts with a new pacer.
#[derive(Clone, Debug)]
pub struct Pacer {
    bucket: Bucket,
    unmarked: u64,
    marks: VecDeque<(u32, u64)>,
    next: u32,
}

impl Pacer {
    pub fn new(now: Timestamp) -> Pacer {
        let bucket = Bucket::full(BYTES_PER_SECOND / 16 * 15, DEPTH, now);
        Pacer { bucket, unmarked: 0, marks: VecDeque::new(), next: 0 }
    }

    /// Whether a frame of `len` encoded bytes may go now.
    pub fn ready(&mut self, len: usize, now: Timestamp) -> Result<(), Wait> {
        let cost = frame_cost(len);
        let in_flight = self.in_flight();
        if in_flight > 0 && in_flight + cost > WINDOW {
            return Err(Wait::ForPong);
        }
        match self.bucket.wait_ms(cost, now) {
            0 => Ok(()),
            wait => Err(Wait::Until(now.plus_millis(wait))),
        }
    }

    /// Notes a frame that went out. Send the returned `Ping` right after it, unpaced.
    #[must_use]
    pub fn sent(&mut self, len: usize, now: Timestamp) -> Option<ClientMsg> {
        let cost = frame_cost(len);
        self.spend(cost, now);
        self.unmarked += cost;
        if self.unmarked < MARK_EVERY {
            return None;
        }
        self.spend(MIN_FRAME_COST, now);
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.marks.push_back((number, self.unmarked + MIN_FRAME_COST));
        self.unmarked = 0;
        Some(ClientMsg::Ping(number))
    }

    /// Notes a `Pong`: everything up to its `Ping` has arrived. Numbers it did not ask for change nothing.
    pub fn pong(&mut self, number: u32) {
        if let Some(at) = self.marks.iter().position(|(mark, _)| *mark == number) {
            self.marks.drain(..=at);
        }
    }

    pub fn in_flight(&self) -> u64 {
        self.unmarked + self.marks.iter().map(|(_, bytes)| bytes).sum::<u64>()
    }

    /// A frame larger than the bucket empties it and is paid off afterwards by the rate.
    fn spend(&mut self, cost: u64, now: Timestamp) {
        self.bucket.draw(cost, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `frames` of `len` as fast as the pacer allows through a network that stalls, then delivers at once.
    fn deliver_in_heaps(len: usize, frames: usize, stall_ms: i64) -> bool {
        let mut pacer = Pacer::new(Timestamp(0));
        let mut edge = Bucket::full(BYTES_PER_SECOND, BURST_BYTES, Timestamp(0));
        let (mut now, mut left) = (0, frames);
        let mut held: Vec<(u64, Option<u32>)> = Vec::new();
        while left > 0 || !held.is_empty() {
            while left > 0 && pacer.ready(len, Timestamp(now)).is_ok() {
                held.push((frame_cost(len), None));
                if let Some(ClientMsg::Ping(number)) = pacer.sent(len, Timestamp(now)) {
                    held.push((MIN_FRAME_COST, Some(number)));
                }
                left -= 1;
            }
            now += 7;
            if now % stall_ms < 7 {
                for (cost, mark) in held.drain(..) {
                    if !edge.take(cost, Timestamp(now)) {
                        return false;
                    }
                    if let Some(number) = mark {
                        pacer.pong(number);
                    }
                }
            }
        }
        true
    }

    #[test]
    fn a_paced_sender_is_never_cut_off_however_the_network_bunches() {
        for len in [100, 4_096, 65_536, 262_144, MAX_FRAME] {
            for stall_ms in [7, 70, 1_400, 7_000] {
                assert!(deliver_in_heaps(len, 60, stall_ms), "{len} bytes, {stall_ms} ms");
            }
        }
    }

    #[test]
    fn a_full_window_waits_for_its_pong() {
        let mut pacer = Pacer::new(Timestamp(0));
        let ping = pacer.sent(MAX_FRAME, Timestamp(0));
        assert_eq!(ping, Some(ClientMsg::Ping(0)));
        assert_eq!(pacer.ready(200_000, Timestamp(60_000)), Err(Wait::ForPong));
        pacer.pong(0);
        assert_eq!(pacer.in_flight(), 0);
        assert_eq!(pacer.ready(200_000, Timestamp(60_000)), Ok(()));
    }

    #[test]
    fn three_megabytes_pass_in_about_three_seconds() {
        let mut pacer = Pacer::new(Timestamp(0));
        let (mut now, mut left) = (0, 3_000_000usize);
        while left > 0 {
            match pacer.ready(60_000, Timestamp(now)) {
                Ok(()) => {
                    if let Some(ClientMsg::Ping(number)) = pacer.sent(60_000, Timestamp(now)) {
                        pacer.pong(number);
                    }
                    left -= 60_000;
                }
                Err(_) => now += 1,
            }
        }
        assert!((2_000..3_000).contains(&now), "{now} ms");
    }
}
