//! Finds patients as somebody types: name fragments in any order, birth date, phone, NIK, record number; forgives
//! accents, spaces and slips. Holds a few images, the newest last, and what changed since; knows nothing of where
//! they are kept.

mod entry;
mod fit;
mod image;
mod points;
mod query;
mod rank;
mod slips;
pub mod text;
mod tier;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::base::date::Date;
use crate::base::{PatientId, order};

use super::patient::{LikelyDuplicate, PatientForm, PatientRow, duplicates};

pub use entry::IndexEntry;
pub use image::{Builder, Image, Listing};

use query::Query;
use rank::{Best, Spot};
use tier::Tier;

/// With fewer matches than this, slips are forgiven.
const FEW: usize = 3;
/// More matches than this are not told apart: nobody reads on so far.
pub const ENOUGH: usize = 200;

/// All patients of the clinic, searchable.
#[derive(Debug, Default)]
pub struct SearchIndex {
    /// Of two that know a patient, the later one counts.
    tiers: Vec<Tier>,
    /// What is newer than every image.
    fresh: BTreeMap<PatientId, IndexEntry>,
    /// The same as an image, made when somebody searches.
    fresh_tier: OnceCell<Tier>,
    /// Patients whom no image may bring back.
    removed: BTreeSet<PatientId>,
    /// Grows with every change.
    changes: u64,
}

/// What a query finds.
#[derive(Debug, Default)]
pub struct Matches {
    /// Best first.
    pub hits: Vec<PatientId>,
    /// Where each of them stood: quicker than looking for them by id.
    spots: Vec<Spot>,
    /// How many match in all, or `ENOUGH`.
    pub total: usize,
    /// More match than `total` says.
    pub more: bool,
    /// So few match as it is written that similar names are worth looking for.
    pub few: bool,
}

/// A search for similar names under way.
#[derive(Debug)]
pub struct Similar {
    query: String,
    limit: usize,
    today: Date,
    written: Matches,
    best: Best,
    /// The next to be looked at.
    tier: usize,
    changes: u64,
}

impl Similar {
    pub fn finish(self) -> Matches {
        let known = self.written.hits.iter().copied().zip(self.written.spots.iter().copied());
        told(known.chain(self.best.matches()).take(self.limit), self.written.total + self.best.total)
    }
}

impl SearchIndex {
    pub fn new() -> SearchIndex {
        SearchIndex::default()
    }

    pub fn len(&self) -> usize {
        self.fresh.len() + self.tiers.iter().map(|tier| tier.live).sum::<usize>()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn contains(&self, id: &PatientId) -> bool {
        self.fresh.contains_key(id) || self.tiers.iter().any(|tier| tier.find(id).is_some())
    }

    pub fn entry(&self, id: PatientId) -> Option<IndexEntry> {
        let in_tier = |tier: &Tier| tier.find(&id).and_then(|slot| tier.image.entry(slot));
        self.fresh.get(&id).cloned().or_else(|| self.tiers.iter().rev().find_map(in_tier))
    }

    /// Everybody, in no particular order.
    pub fn ids(&self) -> impl Iterator<Item = PatientId> + '_ {
        self.fresh.keys().copied().chain(self.tiers.iter().flat_map(|tier| tier.slots().map(|(_, id)| id)))
    }

    /// Those who were seen last, the latest first.
    pub fn seen_last(&self, count: usize) -> Vec<(PatientId, IndexEntry)> {
        let mut seen: Vec<(i32, PatientId)> = Vec::with_capacity(2 * count + 2);
        for tier in self.all_tiers() {
            for (slot, id) in tier.slots() {
                seen.push((tier.image.visit(slot), id));
                if seen.len() > 2 * count {
                    keep_latest(&mut seen, count);
                }
            }
        }
        keep_latest(&mut seen, count);
        let mut entries: Vec<_> = seen.into_iter().filter_map(|(_, id)| Some((id, self.entry(id)?))).collect();
        order::sort_by(&mut entries, |a, b| b.1.last_visit.cmp(&a.1.last_visit).then_with(|| a.0.cmp(&b.0)));
        entries
    }

    /// Adds a patient, or replaces what was known of them.
    pub fn upsert(&mut self, id: PatientId, entry: IndexEntry) {
        self.changes += 1;
        self.lose(&id);
        self.removed.remove(&id);
        self.fresh_tier = OnceCell::new();
        self.fresh.insert(id, entry);
    }

    pub fn remove(&mut self, id: PatientId) {
        self.changes += 1;
        self.lose(&id);
        if self.fresh.remove(&id).is_some() {
            self.fresh_tier = OnceCell::new();
        }
        self.removed.insert(id);
    }

    fn lose(&mut self, id: &PatientId) {
        // Only the newest that knows a patient still counts them.
        for tier in self.tiers.iter_mut().rev() {
            if let Some(slot) = tier.image.slot_of(id) {
                return tier.lose(slot);
            }
        }
    }

    /// The best matches, best first, and how many match in all. A blank query matches nobody.
    pub fn search(&self, query: &str, limit: usize, today: Date) -> Matches {
        let mut similar = self.begin_similar(query, limit, today);
        while self.look_on(&mut similar) {}
        similar.finish()
    }

    /// What matches as it is written.
    pub fn search_written(&self, query: &str, limit: usize, today: Date) -> Matches {
        let query = Query::parse(query, today);
        if query.is_blank() {
            return Matches::default();
        }
        let named = !query.words.is_empty();
        let mut best = Best::new(query, limit, today, ENOUGH);
        self.all_tiers().for_each(|tier| best.look(tier));
        Matches { few: best.total < FEW && named, ..told(best.matches(), best.total) }
    }

    /// The same, and after it similar names where few match: what stood there stays where it was.
    pub fn begin_similar(&self, query: &str, limit: usize, today: Date) -> Similar {
        let best = Best::new(Query::parse(query, today), limit, today, ENOUGH);
        let written = self.search_written(query, limit.max(FEW), today);
        Similar { query: query.to_owned(), limit, today, written, best, tier: 0, changes: self.changes }
    }

    /// Looks at one more image; false when there is none left. Begins again if patients have changed meanwhile.
    pub fn look_on(&self, similar: &mut Similar) -> bool {
        if similar.changes != self.changes {
            *similar = self.begin_similar(&similar.query, similar.limit, similar.today);
        }
        let Some(tier) = self.all_tiers().nth(similar.tier).filter(|_| similar.written.few) else { return false };
        similar.best.look_for_similar(tier, &similar.written.hits);
        similar.tier += 1;
        true
    }

    /// The matches as lists show them.
    pub fn rows(&self, matches: &Matches) -> Vec<PatientRow> {
        let tiers: Vec<&Tier> = self.all_tiers().collect();
        let row = |(id, (tier, slot)): (&PatientId, &Spot)| {
            let there = tiers.get(*tier).filter(|tier| tier.image.id(*slot) == *id && !tier.is_gone(*slot));
            match there {
                Some(tier) => tier.image.row(*slot),
                // Somebody changed since.
                None => self.entry(*id).map(|entry| entry.into_row(*id)),
            }
        };
        matches.hits.iter().zip(&matches.spots).filter_map(row).collect()
    }

    /// Registered patients whom the form may be about.
    pub fn likely_duplicates(
        &self,
        form: &PatientForm,
        except: Option<PatientId>,
        today: Date,
    ) -> Vec<LikelyDuplicate> {
        let probe = entry::DuplicateProbe::new(form, today);
        let near = self.all_tiers().flat_map(|tier| {
            let slots = rank::worth_judging(&tier.image, &probe).into_iter().filter(|slot| !tier.is_gone(*slot));
            slots.filter_map(|slot| Some((tier.image.id(slot), tier.image.entry(slot)?)))
        });
        let others = near.filter(|(id, _)| Some(*id) != except);
        duplicates(form, others.map(|(id, entry)| entry.into_row(id)), today)
    }

    fn all_tiers(&self) -> impl Iterator<Item = &Tier> {
        let fresh = (!self.fresh.is_empty()).then(|| {
            self.fresh_tier.get_or_init(|| {
                let image = image_of(self.fresh.iter().map(|(id, entry)| (*id, entry)));
                Tier::new(Rc::new(image))
            })
        });
        self.tiers.iter().chain(fresh)
    }
}

/// The images, for whoever keeps them.
impl SearchIndex {
    pub fn tiers(&self) -> usize {
        self.tiers.len()
    }

    /// The image of a tier, and how many of its patients still count.
    pub fn tier(&self, n: usize) -> Option<(Rc<Image>, usize)> {
        self.tiers.get(n).map(|tier| (tier.image.clone(), tier.live))
    }

    pub fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// Makes an image of what is fresh, as the newest tier.
    pub fn settle(&mut self) {
        if self.fresh.is_empty() {
            return;
        }
        self.changes += 1;
        let made = self.fresh_tier.take();
        let fresh = std::mem::take(&mut self.fresh);
        self.tiers.push(made.unwrap_or_else(|| Tier::new(Rc::new(image_of(fresh.iter().map(|(id, e)| (*id, e)))))));
    }

    /// Puts an image in the place of some tiers, which may be none. What newer tiers know counts more.
    pub fn splice(&mut self, place: Range<usize>, image: Rc<Image>) {
        self.changes += 1;
        let mut tier = Tier::new(image);
        let place = place.start.min(self.tiers.len())..place.end.min(self.tiers.len());
        let newer = self.tiers.get(place.end..).unwrap_or_default();
        newer.iter().for_each(|newer| tier.lose_to(&newer.image));
        for id in self.fresh.keys().chain(&self.removed) {
            if let Some(slot) = tier.image.slot_of(id) {
                tier.lose(slot);
            }
        }
        let older = self.tiers.iter_mut().take(place.start);
        older.for_each(|older| older.lose_to(&tier.image));
        self.tiers.splice(place, [tier]);
    }
}

/// Entries in the order of their ids, as an image.
pub fn image_of<'a>(entries: impl Iterator<Item = (PatientId, &'a IndexEntry)>) -> Image {
    let mut builder = Builder::default();
    entries.for_each(|(id, entry)| builder.push(id, entry));
    // What does not fit into four gigabytes does not fit into this machine's memory either.
    builder.finish().unwrap_or_default()
}

fn told(hits: impl Iterator<Item = (PatientId, Spot)>, total: usize) -> Matches {
    let (hits, spots) = hits.unzip();
    Matches { hits, spots, total: total.min(ENOUGH), more: total > ENOUGH, few: false }
}

fn keep_latest(seen: &mut Vec<(i32, PatientId)>, count: usize) {
    seen.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    seen.truncate(count);
}

#[cfg(test)]
mod tests;
