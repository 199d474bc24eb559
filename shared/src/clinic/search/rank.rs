//! Which patients a query finds, and in which order: exact before prefix before slip, then who was here lately.
//! Works on the index's columns and word lists; a patient's own entry is touched only for the few best.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::base::PatientId;
use crate::base::date::{Date, epoch_day};

use super::SearchIndex;
use super::query::{Birth, Number, Query};
use super::text::Pattern;

const EXACT: f32 = 30.0;
const PREFIX: f32 = 20.0;
const ID_EXACT: f32 = 60.0;
const ID_PREFIX: f32 = 28.0;
const JOINED: f32 = 16.0;
const ONE_SLIP: f32 = 10.0;
const TWO_SLIPS: f32 = 5.0;
/// With fewer matches than this, slips are forgiven.
const FEW: usize = 3;

type Found = Vec<(u32, f32)>;

pub(super) fn run(index: &SearchIndex, query: &Query, limit: usize, today: Date) -> (Vec<(PatientId, f32)>, usize) {
    let mut found = narrowed(index, query, by_words(index, query, false));
    if !query.words.is_empty() && found.len() < FEW {
        found = narrowed(index, query, by_words(index, query, true));
    }
    let total = found.len();
    let today = epoch_day(today);
    let whole = query.words.join(" ");
    for (slot, score) in &mut found {
        *score += recency(index.columns.visit[*slot as usize], today);
        // Only a full set of exact words can be the whole name.
        if !query.words.is_empty() && *score >= EXACT * query.words.len() as f32 && index.whole(*slot) == whole {
            *score += EXACT;
        }
    }
    let order = &index.columns.order;
    let better = |a: &(u32, f32), b: &(u32, f32)| {
        let names = || order[a.0 as usize].cmp(&order[b.0 as usize]);
        b.1.total_cmp(&a.1).then_with(names).then(a.0.cmp(&b.0))
    };
    if total > limit && limit > 0 {
        found.select_nth_unstable_by(limit - 1, better);
    }
    found.truncate(limit);
    found.sort_unstable_by(better);
    let ids = found.into_iter().filter_map(|(slot, score)| index.slots[slot as usize].as_ref().map(|s| (s.id, score)));
    (ids.collect(), total)
}

/// Slots that match all words of the query, or whose identifier begins as the words do; `None` without words.
fn by_words(index: &SearchIndex, query: &Query, with_slips: bool) -> Option<Found> {
    if query.words.is_empty() {
        return None;
    }
    let mut tally = Tally::new(index.slots.len());
    for word in &query.words {
        tally.begin();
        from_prefix(&index.words, word, |slot, score| tally.note(slot, score));
        from_prefix(&index.joined, word, |slot, score| tally.note(slot, score - PREFIX + JOINED));
        if with_slips {
            slips(&index.words, word, |slot, score| tally.note(slot, score));
        }
        tally.end();
    }
    let last = query.words.len() as u16;
    // Spaces do not count: "siti aminah" also finds "Sitiaminah".
    if with_slips && query.words.len() > 1 {
        from_prefix(&index.words, &query.joined, |slot, _| tally.grant(slot, last, JOINED));
    }
    if query.joined.contains(|c: char| c.is_ascii_digit()) {
        let exact = |score| if score >= EXACT { ID_EXACT } else { ID_PREFIX };
        from_prefix(&index.ids, &query.joined, |slot, score| tally.grant(slot, last, exact(score)));
    }
    Some(tally.survivors(last))
}

/// Keeps those that have the birth date and all numbers; without words, finds them by these.
fn narrowed(index: &SearchIndex, query: &Query, named: Option<Found>) -> Found {
    let mut found = named;
    for number in &query.numbers {
        let points = by_number(index, number);
        found = Some(match found {
            Some(found) => {
                let both = found.into_iter().map(|(slot, s)| (slot, s, points[slot as usize]));
                both.filter(|(.., p)| *p > 0.0).map(|(slot, s, p)| (slot, s + p)).collect()
            }
            None => (0u32..).zip(points).filter(|(_, p)| *p > 0.0).collect(),
        });
    }
    let Some(birth) = query.birth else { return found.unwrap_or_default() };
    let born = |slot: u32| matches(birth, index, slot);
    match found {
        Some(found) => found.into_iter().filter(|(slot, _)| born(*slot)).map(|(slot, s)| (slot, s + EXACT)).collect(),
        None => (0..index.slots.len() as u32).filter(|slot| born(*slot)).map(|slot| (slot, EXACT)).collect(),
    }
}

fn matches(birth: Birth, index: &SearchIndex, slot: u32) -> bool {
    birth.matches(index.columns.birth[slot as usize])
}

/// For each slot, how well a phone, an identifier or the birth date matches these digits; zero is not at all.
fn by_number(index: &SearchIndex, number: &Number) -> Vec<f32> {
    let mut points = vec![0.0f32; index.slots.len()];
    let mut note = |slot: u32, score: f32| {
        let best = &mut points[slot as usize];
        *best = best.max(score);
    };
    index.numbers.find(&number.digits, |slot, starts, ends| {
        let score = match (starts, ends) {
            (true, true) => ID_EXACT,
            (true, false) | (false, true) => PREFIX,
            (false, false) => ONE_SLIP,
        };
        note(slot, score);
    });
    from_prefix(&index.ids, &number.digits, |slot, score| {
        note(slot, if score >= EXACT { ID_EXACT } else { ID_PREFIX })
    });
    if let Some(birth) = number.birth {
        for (slot, points) in (0u32..).zip(&mut points) {
            if matches(Birth::Date(birth), index, slot) {
                *points += EXACT;
            }
        }
    }
    points
}

/// For each slot, how many of the query's words it has matched so far, and how well.
struct Tally {
    matched: Vec<u16>,
    best: Vec<f32>,
    sum: Vec<f32>,
    word: u16,
    touched: Vec<u32>,
}

impl Tally {
    fn new(slots: usize) -> Tally {
        Tally { matched: vec![0; slots], best: vec![0.0; slots], sum: vec![0.0; slots], word: 0, touched: Vec::new() }
    }

    fn begin(&mut self) {
        self.word += 1;
        self.touched.clear();
    }

    /// A slot matches the present word. It counts only if it matched all words before.
    fn note(&mut self, slot: u32, score: f32) {
        let at = slot as usize;
        if self.matched[at] + 1 == self.word {
            self.matched[at] = self.word;
            self.best[at] = score;
            self.touched.push(slot);
        } else if self.matched[at] == self.word && score > self.best[at] {
            self.best[at] = score;
        }
    }

    fn end(&mut self) {
        for &slot in &self.touched {
            self.sum[slot as usize] += self.best[slot as usize];
        }
    }

    fn grant(&mut self, slot: u32, words: u16, score: f32) {
        let at = slot as usize;
        if self.matched[at] < words {
            self.matched[at] = words;
            self.sum[at] = score;
            self.touched.push(slot);
        }
    }

    fn survivors(self, words: u16) -> Found {
        let full = self.touched.iter().filter(|slot| self.matched[**slot as usize] == words);
        full.map(|slot| (*slot, self.sum[*slot as usize])).collect()
    }
}

fn from_prefix(words: &BTreeMap<Box<str>, Vec<u32>>, word: &str, mut note: impl FnMut(u32, f32)) {
    let range = words.range::<str, _>((Bound::Included(word), Bound::Unbounded));
    for (known, slots) in range.take_while(|(known, _)| known.starts_with(word)) {
        let score =
            if known.len() == word.len() { EXACT } else { PREFIX + 5.0 * word.len() as f32 / known.len() as f32 };
        slots.iter().for_each(|slot| note(*slot, score));
    }
}

/// One slip in words from four letters on, two from six on; the beginning of a longer word counts as the word.
fn slips(words: &BTreeMap<Box<str>, Vec<u32>>, word: &str, mut note: impl FnMut(u32, f32)) {
    let most = match word.len() {
        0..=3 => return,
        4..=5 => 1,
        _ => 2,
    };
    let Some(pattern) = Pattern::new(word) else { return };
    for (known, slots) in words {
        if known.len() + most < word.len() {
            continue;
        }
        let (distance, prefix_distance) = pattern.walk(known);
        if (1..=most as u32).contains(&prefix_distance) {
            let whole = if distance <= most as u32 { 2.0 } else { 0.0 };
            let score = whole + if prefix_distance == 1 { ONE_SLIP } else { TWO_SLIPS };
            slots.iter().for_each(|slot| note(*slot, score));
        }
    }
}

/// Up to five points, fading over a year since the last visit.
fn recency(visit: i32, today: i32) -> f32 {
    if visit == i32::MIN { 0.0 } else { 5.0 * (1.0 - (today - visit).clamp(0, 365) as f32 / 365.0) }
}
