//! How fast a job goes, over the last seconds, and how long is left. Takes the time as an argument.

/// Only this much of the past counts, so that a slow start is soon forgotten.
const WINDOW_MS: i64 = 4_000;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rate {
    /// (when, how many were done), oldest first.
    samples: Vec<(i64, u64)>,
}

impl Rate {
    pub fn starting(now: i64) -> Rate {
        Rate { samples: vec![(now, 0)] }
    }

    pub fn seen(&mut self, done: u64, now: i64) {
        self.samples.push((now, done));
        // One sample older than the window stays: the rate is measured from it.
        while self.samples.get(1).is_some_and(|(at, _)| now - at > WINDOW_MS) {
            self.samples.remove(0);
        }
    }

    /// Things a second; none before half a second has gone by.
    pub fn per_second(&self) -> Option<u64> {
        let (first, last) = (self.samples.first()?, self.samples.last()?);
        let millis = last.0 - first.0;
        if millis < 500 {
            return None;
        }
        Some(last.1.saturating_sub(first.1).saturating_mul(1_000) / millis as u64)
    }

    /// Whole seconds left, at least one.
    pub fn seconds_left(&self, total: u64) -> Option<u64> {
        let done = self.samples.last()?.1;
        let rate = self.per_second().filter(|r| *r > 0)?;
        (total > done).then(|| ((total - done) / rate).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_job_has_its_own_rate() {
        let mut rate = Rate::starting(0);
        for tenth in 1..=20 {
            rate.seen(tenth * 50, tenth as i64 * 100);
        }
        assert_eq!(rate.per_second(), Some(500));
        assert_eq!(rate.seconds_left(3_000), Some(4));
    }

    #[test]
    fn no_rate_is_told_from_the_first_instant() {
        let mut rate = Rate::starting(0);
        rate.seen(10, 100);
        assert_eq!(rate.per_second(), None);
    }

    #[test]
    fn the_far_past_is_forgotten() {
        let mut rate = Rate::starting(0);
        rate.seen(10, 10_000);
        rate.seen(1_010, 11_000);
        rate.seen(5_010, 15_000);
        assert_eq!(rate.per_second(), Some(1_000));
    }
}
