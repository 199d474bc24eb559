//! Which patients a query finds, and in which order: exact before prefix before slip, then who was here lately.
//! Works on the images' columns and word lists; a patient's own entry is touched only for the few best.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::base::PatientId;
use crate::base::date::{Date, epoch_day};

use super::entry::{DuplicateProbe, beginning};
use super::image::{Dict, Image, NEVER, Place, packed_birth};
use super::query::{Birth, Number, Query};
use super::slips;
use super::tier::Tier;

const EXACT: f32 = 30.0;
const PREFIX: f32 = 20.0;
const ID_EXACT: f32 = 60.0;
const ID_PREFIX: f32 = 28.0;
const JOINED: f32 = 16.0;
const ONE_SLIP: f32 = 10.0;
const TWO_SLIPS: f32 = 5.0;
const MINUTES_A_DAY: i32 = 24 * 60;

type Found = Vec<(u32, f32)>;

/// The best matches of some tiers, and how many there are.
#[derive(Debug)]
pub(super) struct Best {
    query: Query,
    whole: String,
    today: i32,
    limit: usize,
    hits: Vec<Hit>,
    pub total: usize,
}

#[derive(Clone, Copy, Debug)]
struct Hit {
    id: PatientId,
    score: f32,
    order: u64,
}

impl Hit {
    fn comes_before(&self, other: &Hit) -> bool {
        let names = || self.order.cmp(&other.order).then_with(|| self.id.cmp(&other.id));
        other.score.total_cmp(&self.score).then_with(names).is_lt()
    }
}

impl Best {
    pub fn new(query: Query, limit: usize, today: Date) -> Best {
        let whole = query.words.join(" ");
        Best { query, whole, today: epoch_day(today), limit, hits: Vec::new(), total: 0 }
    }

    pub fn matches(&self) -> Vec<(PatientId, f32)> {
        self.hits.iter().map(|hit| (hit.id, hit.score)).collect()
    }

    /// Adds what a tier holds, but for those who were found already.
    pub fn look(&mut self, tier: &Tier, with_slips: bool, known: &[PatientId]) {
        let image = &*tier.image;
        let found = narrowed(image, &self.query, by_words(image, &self.query, with_slips));
        for (slot, score) in found {
            if tier.is_gone(slot) || (!known.is_empty() && known.contains(&image.id(slot))) {
                continue;
            }
            self.total += 1;
            let score = score + recency(image.visit(slot), self.today) + self.whole_name(image, slot, score);
            self.put(image, slot, score);
        }
    }

    /// Only a full set of exact words can be the whole name.
    fn whole_name(&self, image: &Image, slot: u32, score: f32) -> f32 {
        let words = self.query.words.len();
        if words == 0 || score < EXACT * words as f32 || image.order(slot) != beginning(&self.whole) {
            return 0.0;
        }
        // The beginning holds eight bytes, and shows where a shorter name ends.
        let same = self.whole.len() < 8 || image.entry(slot).is_some_and(|entry| entry.whole() == self.whole);
        if same { EXACT } else { 0.0 }
    }

    fn put(&mut self, image: &Image, slot: u32, score: f32) {
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

/// Slots that match all words of the query, or whose identifier begins as the words do; `None` without words.
fn by_words(image: &Image, query: &Query, with_slips: bool) -> Option<Found> {
    if query.words.is_empty() {
        return None;
    }
    let mut tally = Tally::new(image.len());
    let (words, joined) = (image.words(), image.joined());
    for word in &query.words {
        tally.begin();
        from_beginning(words, word, |slot, score| tally.note(slot, score));
        // A name that begins with the first letter has a word that does.
        if word.len() > 1 {
            from_beginning(joined, word, |slot, score| tally.note(slot, score - PREFIX + JOINED));
        }
        if with_slips {
            slips::walk(words, image.words_shared(), word, |n, near| {
                let score = if near.beginning == 1 { ONE_SLIP } else { TWO_SLIPS } + if near.whole { 2.0 } else { 0.0 };
                words.slots(one(n)).for_each(|slot| tally.note(slot, score));
            });
        }
        tally.end();
    }
    let last = query.words.len() as u16;
    // Spaces do not count: "siti aminah" also finds "Sitiaminah".
    if with_slips && query.words.len() > 1 {
        from_beginning(words, &query.joined, |slot, _| tally.grant(slot, last, JOINED));
    }
    if query.joined.contains(|c: char| c.is_ascii_digit()) {
        let exact = |score| if score >= EXACT { ID_EXACT } else { ID_PREFIX };
        from_beginning(image.identifiers(), &query.joined, |slot, score| tally.grant(slot, last, exact(score)));
    }
    Some(tally.survivors(last))
}

/// Keeps those that have the birth date and all numbers; without words, finds them by these.
fn narrowed(image: &Image, query: &Query, named: Option<Found>) -> Found {
    let mut found = named;
    for number in &query.numbers {
        if found.as_ref().is_some_and(Vec::is_empty) {
            return Vec::new();
        }
        let points = by_number(image, number);
        found = Some(match found {
            Some(found) => {
                let both = found.into_iter().map(|(slot, s)| (slot, s, points[slot as usize]));
                both.filter(|(.., p)| *p > 0.0).map(|(slot, s, p)| (slot, s + p)).collect()
            }
            None => (0u32..).zip(points).filter(|(_, p)| *p > 0.0).collect(),
        });
    }
    let Some(birth) = query.birth.map(Asked::new) else { return found.unwrap_or_default() };
    match found {
        Some(found) => {
            let born = found.into_iter().filter(|(slot, _)| birth.fits(image.birth(*slot)));
            born.map(|(slot, score)| (slot, score + EXACT)).collect()
        }
        None => birth.slots(image).map(|slot| (slot, EXACT)).collect(),
    }
}

/// A birth date asked for, compared by its bits with packed ones.
#[derive(Clone, Copy)]
struct Asked {
    year: u32,
    month: u32,
    day: u32,
    exactly: bool,
}

impl Asked {
    fn new(birth: Birth) -> Asked {
        let (packed, exactly) = match birth {
            Birth::Date(date) => (packed_birth(Some(date)), false),
            Birth::Day(day, month) => ((month as u32) << 5 | day as u32, true),
        };
        Asked { year: packed >> 9, month: packed >> 5 & 15, day: packed & 31, exactly }
    }

    /// Both may be the same day if they agree in all that both know; a birthday must be known to the day.
    fn fits(self, born: u32) -> bool {
        let (year, month, day) = (born >> 9, born >> 5 & 15, born & 31);
        if self.exactly {
            return (month, day) == (self.month, self.day);
        }
        let agree = |a: u32, b: u32| a == b || a == 0 || b == 0;
        year != 0 && year == self.year && agree(month, self.month) && agree(day, self.day)
    }

    fn slots(self, image: &Image) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(image.births()).filter(move |(_, born)| self.fits(*born)).map(|(slot, _)| slot)
    }
}

/// For each slot, how well a phone, an identifier or the birth date matches these digits; zero is not at all.
fn by_number(image: &Image, number: &Number) -> Vec<f32> {
    let mut points = vec![0.0f32; image.len()];
    let mut note = |slot: u32, score: f32| {
        let best = &mut points[slot as usize];
        *best = best.max(score);
    };
    image.digits().find(&number.digits, |slot, place| {
        let score = match place {
            Place::Whole => ID_EXACT,
            Place::Edge => PREFIX,
            Place::Inside => ONE_SLIP,
        };
        note(slot, score);
    });
    let identifiers = image.identifiers();
    let mut keys = identifiers.beginning(number.digits.as_bytes());
    // The whole identifier is the first that begins so.
    if !keys.is_empty() && identifiers.key_len(keys.start) == number.digits.len() {
        identifiers.slots(one(keys.start)).for_each(|slot| note(slot, ID_EXACT));
        keys.start += 1;
    }
    identifiers.slots(keys).for_each(|slot| note(slot, ID_PREFIX));
    if let Some(birth) = number.birth {
        Asked::new(Birth::Date(birth)).slots(image).for_each(|slot| points[slot as usize] += EXACT);
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

/// A duplicate shares at least a number, or a birth date and the beginning of a name.
pub(super) fn worth_judging(image: &Image, probe: &DuplicateProbe) -> BTreeSet<u32> {
    let mut slots = BTreeSet::new();
    for number in &probe.numbers {
        image.digits().find(number, |slot, _| {
            slots.insert(slot);
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

fn from_beginning(dict: Dict<'_>, word: &str, mut note: impl FnMut(u32, f32)) {
    for n in dict.beginning(word.as_bytes()) {
        let known = dict.key_len(n);
        let score = if known == word.len() { EXACT } else { PREFIX + 5.0 * word.len() as f32 / known as f32 };
        dict.slots(one(n)).for_each(|slot| note(slot, score));
    }
}

fn one(n: usize) -> Range<usize> {
    n..n + 1
}

/// Up to five points, fading over a year since the last visit.
fn recency(visit: i32, today: i32) -> f32 {
    if visit == NEVER {
        return 0.0;
    }
    5.0 * (1.0 - (today - visit.div_euclid(MINUTES_A_DAY)).clamp(0, 365) as f32 / 365.0)
}
