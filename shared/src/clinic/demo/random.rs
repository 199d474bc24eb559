//! A small repeatable generator for the demo's histories. It shields nothing: no key, nonce or secret may come from here.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x006c_7563_6572_6e61)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Both bounds included; `low` when the bounds are crossed.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).max(0) as u64 + 1;
        low + (self.next() % width) as i64
    }

    pub fn percent(&mut self, chance: i64) -> bool {
        self.between(1, 100) <= chance
    }

    /// Around a mean, at most `spread` away, the middle likelier than the ends.
    pub fn near(&mut self, mean: f64, spread: f64) -> f64 {
        let unit = |n: u64| (n >> 11) as f64 / (1u64 << 53) as f64;
        mean + (unit(self.next()) + unit(self.next()) - 1.0) * spread
    }

    /// One of the items; the default for an empty list.
    pub fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let at = self.between(0, items.len() as i64 - 1) as usize;
        items.get(at).copied().unwrap_or_default()
    }

    /// Shaped as a UUID of version 4.
    pub fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        let hex = format!("{:016x}{:016x}", (a & !0xf000) | 0x4000, (b & !(0b11 << 62)) | (0b10 << 62));
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (random.uuid(), random.between(-3, 3), random.pick(&["a", "b"]), random.pick::<&str>(&[]))
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7).0, draw(8).0);
    }

    #[test]
    fn values_stay_within_their_bounds() {
        let mut random = Random::new(1);
        for _ in 0..1000 {
            assert!((2..=4).contains(&random.between(2, 4)));
            assert!((9.0..=11.0).contains(&random.near(10.0, 1.0)));
            let uuid = random.uuid();
            assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
            assert!("89ab".contains(&uuid[19..20]));
        }
        assert_eq!(random.between(5, 2), 5);
    }
}
