//! The best matches of a query, and how many there are: points, then name, then id. Looks at the lists of the best
//! where an image has one for what was typed, and else at everybody who may fit.

use std::collections::BTreeSet;

use crate::base::PatientId;
use crate::base::date::{Date, epoch_day};

use super::entry::DuplicateProbe;
use super::fit::{Asked, Fit};
use super::image::{Image, Top};
use super::points::{day, recency};
use super::query::{Birth, Query};
use super::tier::Tier;

/// The best matches of some tiers, and how many there are.
#[derive(Debug)]
pub(super) struct Best {
    query: Query,
    today: i32,
    limit: usize,
    hits: Vec<Hit>,
    /// So many at least: beyond `enough` nobody is counted one by one.
    pub total: usize,
    enough: usize,
}

#[derive(Clone, Copy, Debug)]
struct Hit {
    id: PatientId,
    score: i32,
    order: u64,
}

impl Hit {
    fn comes_before(&self, other: &Hit) -> bool {
        let names = || self.order.cmp(&other.order).then_with(|| self.id.cmp(&other.id));
        other.score.cmp(&self.score).then_with(names).is_lt()
    }
}

impl Best {
    pub fn new(query: Query, limit: usize, today: Date, enough: usize) -> Best {
        Best { query, today: epoch_day(today), limit, hits: Vec::new(), total: 0, enough }
    }

    pub fn matches(&self) -> Vec<PatientId> {
        self.hits.iter().map(|hit| hit.id).collect()
    }

    /// Adds what a tier holds as it is written.
    pub fn look(&mut self, tier: &Tier) {
        let top = self.query.fragment().and_then(|fragment| tier.image.top(&fragment));
        if top.is_some_and(|top| self.look_at_top(tier, &top)) {
            return;
        }
        self.look_at_all(tier, false, &[]);
    }

    /// Adds what a tier holds if slips are forgiven, but for those who were found already.
    pub fn look_for_similar(&mut self, tier: &Tier, known: &[PatientId]) {
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
        let always = top.always().filter(|(slot, _)| counts(slot)).count();
        let lately = top.lately().filter(|(slot, _)| counts(slot) && until_today(slot)).count();
        if count <= self.enough || always < self.limit || (lately < self.limit && !top.all_seen) {
            return false;
        }
        self.total += count;
        let both: BTreeSet<(u32, i32)> = top.always().chain(top.lately()).filter(|(slot, _)| counts(slot)).collect();
        both.into_iter().for_each(|(slot, points)| self.put(image, slot, points));
        true
    }

    fn put(&mut self, image: &Image, slot: u32, points: i32) {
        let score = points + recency(image.visit(slot), self.today);
        let full = self.hits.len() >= self.limit;
        let worst = self.hits.last().filter(|_| full);
        if self.limit == 0 || worst.is_some_and(|worst| score < worst.score) {
            return;
        }
        let order = image.order(slot);
        if worst.is_some_and(|worst| score == worst.score && order > worst.order) {
            return;
        }
        let hit = Hit { id: image.id(slot), score, order };
        let place = self.hits.partition_point(|other| other.comes_before(&hit));
        self.hits.insert(place, hit);
        self.hits.truncate(self.limit);
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
