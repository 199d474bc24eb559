//! The best matches of a query, and how many there are: points, then name, then id. Looks at the lists of the best
//! where an image has one for what was typed, and else at everybody who may fit.

use std::collections::BTreeSet;

use crate::base::PatientId;
use crate::base::date::{Date, epoch_day};

use super::entry::DuplicateProbe;
use super::fit::{Asked, Fit};
use super::image::{Image, Top};
use super::points::{day, endless_recency, recency};
use super::query::{Birth, Query};
use super::tier::Tier;

/// A tier and a slot in it, until the tiers change.
pub(super) type Spot = (usize, u32);

/// The best matches of some tiers, and how many there are.
#[derive(Debug)]
pub(super) struct Best {
    query: Query,
    today: i32,
    limit: usize,
    hits: Vec<Hit>,
    /// How many tiers were looked at.
    tier: usize,
    /// So many at least: beyond `enough` nobody is counted one by one.
    pub total: usize,
    enough: usize,
}

#[derive(Clone, Copy, Debug)]
struct Hit {
    id: PatientId,
    score: i32,
    order: u64,
    spot: Spot,
}

impl Hit {
    fn comes_before(&self, other: &Hit) -> bool {
        let names = || self.order.cmp(&other.order).then_with(|| self.id.cmp(&other.id));
        other.score.cmp(&self.score).then_with(names).is_lt()
    }
}

impl Best {
    pub fn new(query: Query, limit: usize, today: Date, enough: usize) -> Best {
        Best { query, today: epoch_day(today), limit, hits: Vec::new(), tier: 0, total: 0, enough }
    }

    /// The best, and where they stand.
    pub fn matches(&self) -> impl Iterator<Item = (PatientId, Spot)> + '_ {
        self.hits.iter().map(|hit| (hit.id, hit.spot))
    }

    /// Adds what the next tier holds as it is written.
    pub fn look(&mut self, tier: &Tier) {
        self.tier += 1;
        let top = self.query.fragment().and_then(|fragment| tier.image.top(&fragment));
        if top.is_some_and(|top| self.look_at_top(tier, &top)) {
            return;
        }
        self.look_at_all(tier, false, &[]);
    }

    /// Adds what the next tier holds if slips are forgiven, but for those who were found already.
    pub fn look_for_similar(&mut self, tier: &Tier, known: &[PatientId]) {
        self.tier += 1;
        self.look_at_all(tier, true, known);
    }

    fn look_at_all(&mut self, tier: &Tier, with_slips: bool, known: &[PatientId]) {
        let image = &*tier.image;
        let query = std::mem::take(&mut self.query);
        Fit::new(image, &query, with_slips).each(|slot, points| {
            if tier.is_gone(slot) || (!known.is_empty() && known.contains(&image.id(slot))) {
                return;
            }
            self.total += 1;
            self.put(image, slot, points);
        });
        self.query = query;
    }

    /// False if so many of the lists are gone that somebody else may be among the best, or that the rest must be counted.
    fn look_at_top(&mut self, tier: &Tier, top: &Top<'_>) -> bool {
        let image = &*tier.image;
        let count = top.count.saturating_sub(image.len() - tier.live);
        let counts = |slot: &u32| !tier.is_gone(*slot);
        // Who is to come in days from now is worth no more than who came today, but stands before them.
        let until_today = |slot: &u32| day(image.visit(*slot)).is_some_and(|day| day <= self.today);
        let always = top.always().filter(|(slot, _)| counts(slot)).take(self.limit).count();
        let lately = top.lately().filter(|(slot, _)| counts(slot) && until_today(slot)).take(self.limit).count();
        if count <= self.enough || always < self.limit || (lately < self.limit && !top.all_seen) {
            return false;
        }
        self.total += count;
        // In the year of the last visit a place in the second list says what somebody is worth, and later in the first:
        // who is worth less than all hits is followed by nobody who is worth more.
        for (slot, points) in top.lately() {
            let worth = points.saturating_add(endless_recency(image.visit(slot), self.today));
            if self.is_beyond(worth) {
                break;
            }
            if counts(&slot) {
                self.put(image, slot, points);
            }
        }
        for (slot, points) in top.always() {
            if self.is_beyond(points) {
                break;
            }
            if counts(&slot) {
                self.put(image, slot, points);
            }
        }
        true
    }

    /// So little is not enough to be among the best.
    fn is_beyond(&self, score: i32) -> bool {
        self.hits.len() >= self.limit && self.hits.last().is_none_or(|worst| score < worst.score)
    }

    /// Who is put twice stands there once.
    fn put(&mut self, image: &Image, slot: u32, points: i32) {
        let score = points + recency(image.visit(slot), self.today);
        if self.is_beyond(score) {
            return;
        }
        let worst = self.hits.last().filter(|_| self.hits.len() >= self.limit);
        let order = image.order(slot);
        if worst.is_some_and(|worst| score == worst.score && order > worst.order) {
            return;
        }
        let hit = Hit { id: image.id(slot), score, order, spot: (self.tier - 1, slot) };
        let place = self.hits.partition_point(|other| other.comes_before(&hit));
        if self.hits.get(place).is_none_or(|other| other.spot != hit.spot) {
            self.hits.insert(place, hit);
            self.hits.truncate(self.limit);
        }
    }
}

/// A duplicate shares at least a number, or a birth date and the beginning of a name.
pub(super) fn worth_judging(image: &Image, probe: &DuplicateProbe) -> BTreeSet<u32> {
    let mut slots = BTreeSet::new();
    let digits = image.digits();
    for number in &probe.numbers {
        digits.find(number, |slot| {
            if digits.place(slot, number.as_bytes()).is_some() {
                slots.insert(slot);
            }
        });
    }
    if let Some(birth) = probe.birth {
        let words = image.words();
        let mut named = vec![false; image.len()];
        for start in &probe.words {
            words.slots(words.beginning(start.as_bytes())).for_each(|slot| named[slot as usize] = true);
        }
        slots.extend(Asked::new(Birth::Date(birth)).slots(image).filter(|slot| named[*slot as usize]));
    }
    slots
}
