//! Which patients a query finds, and in which order: exact before prefix before slip, then who was here lately.

use crate::base::PatientId;
use crate::base::date::Date;

use super::SearchIndex;
use super::entry::Keys;
use super::query::{Number, Query};
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

pub(super) fn run(index: &SearchIndex, query: &Query, limit: usize, today: Date) -> (Vec<(PatientId, f32)>, usize) {
    let mut tally = Tally::new(index.slots.len());
    for word in &query.words {
        tally.begin();
        from_prefix(index, word, &mut |slot, score| tally.note(slot, score));
        tally.end();
    }
    let mut found = collect(index, query, &tally, today);
    if !query.words.is_empty() && found.len() < FEW {
        let mut wide = Tally::new(index.slots.len());
        for word in &query.words {
            wide.begin();
            from_prefix(index, word, &mut |slot, score| wide.note(slot, score));
            with_slips(index, word, &mut |slot, score| wide.note(slot, score));
            wide.end();
        }
        // Spaces do not count: "siti aminah" also finds "Sitiaminah", and the other way round.
        if query.words.len() > 1 {
            let words = query.words.len() as u16;
            from_prefix(index, &query.joined, &mut |slot, _| wide.grant(slot, words, JOINED));
        }
        found = collect(index, query, &wide, today);
    }
    let total = found.len();
    let better =
        |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then_with(|| tie(index, a.0).cmp(&tie(index, b.0)));
    if total > limit && limit > 0 {
        found.select_nth_unstable_by(limit - 1, better);
    }
    found.truncate(limit);
    found.sort_unstable_by(better);
    let ids = found.into_iter().filter_map(|(slot, score)| index.slots[slot as usize].as_ref().map(|s| (s.id, score)));
    (ids.collect(), total)
}

fn tie(index: &SearchIndex, slot: u32) -> Option<(&str, PatientId)> {
    index.slots[slot as usize].as_ref().map(|s| (&*s.keys.whole, s.id))
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
        }
    }
}

fn from_prefix(index: &SearchIndex, word: &str, note: &mut dyn FnMut(u32, f32)) {
    let range = index.words.range::<str, _>((std::ops::Bound::Included(word), std::ops::Bound::Unbounded));
    for (known, slots) in range.take_while(|(known, _)| known.starts_with(word)) {
        let score =
            if known.len() == word.len() { EXACT } else { PREFIX + 5.0 * word.len() as f32 / known.len() as f32 };
        slots.iter().for_each(|slot| note(*slot, score));
    }
}

/// One slip in words from four letters on, two from six on; the beginning of a longer word counts as the word.
fn with_slips(index: &SearchIndex, word: &str, note: &mut dyn FnMut(u32, f32)) {
    let most = match word.len() {
        0..=3 => return,
        4..=5 => 1,
        _ => 2,
    };
    let Some(pattern) = Pattern::new(word) else { return };
    for (known, slots) in &index.words {
        if known.len() + most < word.len() {
            continue;
        }
        let distance = pattern.prefix_distance(known) as usize;
        if distance > 0 && distance <= most {
            let whole = if pattern.distance(known) as usize <= most { 2.0 } else { 0.0 };
            let score = whole + if distance == 1 { ONE_SLIP } else { TWO_SLIPS };
            slots.iter().for_each(|slot| note(*slot, score));
        }
    }
}

/// Slots that match all words (or, word for word, an identifier), the birth date and all numbers.
fn collect(index: &SearchIndex, query: &Query, tally: &Tally, today: Date) -> Vec<(u32, f32)> {
    let words = query.words.len() as u16;
    let id = query.joined.contains(|c: char| c.is_ascii_digit()).then_some(query.joined.as_str());
    let mut found = Vec::new();
    for (at, slot) in index.slots.iter().enumerate() {
        let named = tally.matched[at] == words;
        if !named && id.is_none() {
            continue;
        }
        let Some(slot) = slot else { continue };
        let keys = &slot.keys;
        let mut score = if named { tally.sum[at] } else { 0.0 };
        if !named {
            match id.and_then(|id| id_score(keys, id)) {
                Some(points) => score += points,
                None => continue,
            }
        }
        if let Some(birth) = query.birth {
            if !birth.matches(keys.birth) {
                continue;
            }
            score += EXACT;
        }
        let Some(points) = query.numbers.iter().map(|number| number_score(keys, number)).sum::<Option<f32>>() else {
            continue;
        };
        score += points;
        if words > 0 && named && *keys.whole == *query.words.join(" ") {
            score += EXACT;
        }
        found.push((at as u32, score + recency(keys, today)));
    }
    found
}

fn id_score(keys: &Keys, id: &str) -> Option<f32> {
    let scores = keys.ids.iter().filter(|known| known.starts_with(id));
    scores
        .map(|known| if known.len() == id.len() { ID_EXACT } else { ID_PREFIX })
        .fold(None, |best: Option<f32>, s| Some(best.map_or(s, |b| b.max(s))))
}

fn number_score(keys: &Keys, number: &Number) -> Option<f32> {
    let digits = number.digits.as_str();
    let born = number.birth.is_some_and(|birth| super::query::Birth::Date(birth).matches(keys.birth));
    let place = keys.numbers.find(digits).map(|at| {
        let starts = at == 0 || keys.numbers.as_bytes()[at - 1] == b' ';
        let ends = keys.numbers.as_bytes().get(at + digits.len()) == Some(&b' ');
        match (starts, ends) {
            (true, true) => ID_EXACT,
            (true, false) | (false, true) => PREFIX,
            (false, false) => ONE_SLIP,
        }
    });
    let place = place.or_else(|| id_score(keys, digits));
    match (born, place) {
        (true, place) => Some(EXACT + place.unwrap_or(0.0)),
        (false, place) => place,
    }
}

/// Up to five points, fading over a year since the last visit.
fn recency(keys: &Keys, today: Date) -> f32 {
    keys.days_since_visit(today).map_or(0.0, |days| 5.0 * (1.0 - days.clamp(0, 365) as f32 / 365.0))
}
