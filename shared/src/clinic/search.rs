//! Finds patients as somebody types: name fragments in any order, birth date, phone, NIK, record number; forgives
//! accents, spaces and slips. Lives in memory only; what is persisted of it is one sealed `IndexEntry` a patient.

mod column;
mod entry;
mod query;
mod rank;
pub mod text;

use std::collections::{BTreeMap, HashMap};

use crate::base::PatientId;
use crate::base::date::Date;

use super::patient::{LikelyDuplicate, PatientForm, duplicates};

pub use entry::IndexEntry;

/// All patients of the clinic, searchable. Words are kept once, with the patients that have them.
#[derive(Debug, Default)]
pub struct SearchIndex {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_id: HashMap<PatientId, u32>,
    /// Name words to slots.
    words: BTreeMap<Box<str>, Vec<u32>>,
    /// Whole names without spaces to slots.
    joined: BTreeMap<Box<str>, Vec<u32>>,
    /// Identifiers without signs to slots.
    ids: BTreeMap<Box<str>, Vec<u32>>,
    columns: column::Columns,
    numbers: column::Numbers,
}

#[derive(Debug)]
struct Slot {
    id: PatientId,
    entry: IndexEntry,
    keys: entry::Keys,
}

impl SearchIndex {
    pub fn new() -> SearchIndex {
        SearchIndex::default()
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn entry(&self, id: PatientId) -> Option<&IndexEntry> {
        let slot = *self.by_id.get(&id)?;
        self.slots[slot as usize].as_ref().map(|slot| &slot.entry)
    }

    /// Everybody, in no particular order.
    pub fn entries(&self) -> impl Iterator<Item = (PatientId, &IndexEntry)> {
        self.slots.iter().flatten().map(|slot| (slot.id, &slot.entry))
    }

    /// Adds a patient, or replaces what was known of them.
    pub fn upsert(&mut self, id: PatientId, entry: IndexEntry) {
        self.remove(id);
        let keys = entry.keys();
        let at = self.free.pop().unwrap_or(self.slots.len() as u32);
        for (map, words) in
            [(&mut self.words, &keys.names), (&mut self.joined, &keys.joined), (&mut self.ids, &keys.ids)]
        {
            for word in words {
                match map.get_mut(word) {
                    Some(slots) => slots.push(at),
                    None => drop(map.insert(word.clone(), vec![at])),
                }
            }
        }
        self.columns.put(at as usize, &keys);
        self.numbers.put(at, &keys.numbers);
        let slot = Some(Slot { id, entry, keys });
        match self.slots.get_mut(at as usize) {
            Some(place) => *place = slot,
            None => self.slots.push(slot),
        }
        self.by_id.insert(id, at);
    }

    pub fn remove(&mut self, id: PatientId) {
        let Some(at) = self.by_id.remove(&id) else { return };
        let Some(Slot { keys, .. }) = self.slots[at as usize].take() else { return };
        for (map, words) in
            [(&mut self.words, &keys.names), (&mut self.joined, &keys.joined), (&mut self.ids, &keys.ids)]
        {
            for word in words {
                let emptied = map.get_mut(word).is_some_and(|slots| {
                    slots.retain(|s| *s != at);
                    slots.is_empty()
                });
                if emptied {
                    map.remove(word);
                }
            }
        }
        self.columns.clear(at as usize);
        self.numbers.remove(at, &keys.numbers);
        self.free.push(at);
    }

    /// The best matches with their scores, best first, and how many match in all. A blank query matches nobody.
    pub fn search(&self, query: &str, limit: usize, today: Date) -> (Vec<(PatientId, f32)>, usize) {
        let query = query::Query::parse(query, today);
        if query.is_blank() {
            return (Vec::new(), 0);
        }
        rank::run(self, &query, limit, today)
    }

    /// Registered patients whom the form may be about.
    pub fn likely_duplicates(
        &self,
        form: &PatientForm,
        except: Option<PatientId>,
        today: Date,
    ) -> Vec<LikelyDuplicate> {
        let probe = entry::DuplicateProbe::new(form, today);
        let slots = self.slots.iter().flatten();
        let near = slots.filter(|slot| Some(slot.id) != except && probe.worth_judging(&slot.keys));
        duplicates(form, near.map(|slot| slot.entry.to_row(slot.id)), today)
    }
}

impl SearchIndex {
    fn whole(&self, slot: u32) -> &str {
        self.slots[slot as usize].as_ref().map_or("", |slot| &slot.keys.whole)
    }
}

#[cfg(test)]
mod tests;
