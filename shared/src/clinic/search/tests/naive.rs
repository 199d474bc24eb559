//! The same search done the slow way, patient by patient, as the rule that the index is held to.

use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::base::date::{PartialDate, epoch_day};
use crate::clinic::search::image::Tops;
use crate::clinic::search::query::{Birth, Number, Query};
use crate::clinic::search::text::Pattern;

/// Lists of the best already for those few who are made up here.
const SMALL: Tops = Tops { patients: 3, from: 2, long_numbers_from: 3, always: 3, lately: 4 };

type Everybody = BTreeMap<PatientId, IndexEntry>;

fn slow_search(all: &Everybody, typed: &str) -> Vec<PatientId> {
    let query = Query::parse(typed, TODAY);
    if query.is_blank() {
        return Vec::new();
    }
    let written = ranked(all, &query, false);
    if written.len() >= FEW || query.words.is_empty() {
        return written;
    }
    let similar = ranked(all, &query, true).into_iter().filter(|id| !written.contains(id)).collect::<Vec<_>>();
    [written, similar].concat()
}

fn slow_written(all: &Everybody, typed: &str) -> Vec<PatientId> {
    let query = Query::parse(typed, TODAY);
    if query.is_blank() { Vec::new() } else { ranked(all, &query, false) }
}

fn ranked(all: &Everybody, query: &Query, with_slips: bool) -> Vec<PatientId> {
    let scored = all.iter().filter_map(|(id, entry)| Some((score(entry, query, with_slips)?, *id)));
    let mut scored: Vec<(i32, PatientId)> = scored.collect();
    let order = |id: &PatientId| entry::beginning(&all[id].whole());
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(order(&a.1).cmp(&order(&b.1))).then(a.1.cmp(&b.1)));
    scored.into_iter().map(|(_, id)| id).collect()
}

/// In parts of a point, of which there are 365.
fn score(entry: &IndexEntry, query: &Query, with_slips: bool) -> Option<i32> {
    let keys = entry.keys();
    let mut sum = if query.words.is_empty() { 0 } else { by_words(&keys, query, with_slips)? };
    for number in &query.numbers {
        sum += by_number(&keys, number)?;
    }
    if let Some(birth) = query.birth {
        sum += born(birth, keys.birth).then_some(30 * 365)?;
    }
    let day = keys.last_visit.div_euclid(1440);
    let days = (epoch_day(TODAY) - day).clamp(0, 365);
    sum += if keys.last_visit == i32::MIN { 0 } else { 5 * (365 - days) };
    let whole = !query.words.is_empty() && *keys.whole == *query.words.join(" ");
    Some(if whole { sum + 30 * 365 } else { sum })
}

fn by_words(keys: &entry::Keys, query: &Query, with_slips: bool) -> Option<i32> {
    let each = query.words.iter().map(|word| {
        let names = keys.names.iter().filter_map(|name| begins(name, word));
        let joined = keys.joined.iter().filter_map(|name| begins(name, word)).map(|score| score - 4 * 365);
        let slips = keys.names.iter().filter(|_| with_slips).filter_map(|name| slip(name, word));
        names.chain(joined).chain(slips).max()
    });
    let sum = each.collect::<Option<Vec<i32>>>().map(|each| each.iter().sum::<i32>());
    let unspaced = || {
        let found = with_slips && query.words.len() > 1;
        (found && keys.names.iter().any(|name| name.starts_with(&query.joined))).then_some(16 * 365)
    };
    let identified = || {
        let number = query.joined.contains(|c: char| c.is_ascii_digit());
        identifier(keys, &query.joined).filter(|_| number)
    };
    sum.or_else(unspaced).or_else(identified)
}

fn begins(known: &str, word: &str) -> Option<i32> {
    match known == word {
        true => Some(30 * 365),
        false => known.starts_with(word).then(|| 20 * 365 + (5 * 365 * word.len() / known.len()) as i32),
    }
}

fn slip(known: &str, word: &str) -> Option<i32> {
    let most = [0, 0, 0, 0, 1, 1].get(word.len()).copied().unwrap_or(2);
    let (distance, beginning) = Pattern::new(word)?.walk(known);
    let near = (1..=most).contains(&beginning);
    near.then(|| 365 * (if beginning == 1 { 10 } else { 5 } + if distance <= most { 2 } else { 0 }))
}

fn identifier(keys: &entry::Keys, begin: &str) -> Option<i32> {
    let found = keys.ids.iter().filter(|id| id.starts_with(begin));
    found.map(|id| 365 * if **id == *begin { 60 } else { 28 }).max()
}

fn by_number(keys: &entry::Keys, number: &Number) -> Option<i32> {
    let digits = number.digits.as_str();
    let long = digits.len() > 2;
    let places = keys.numbers.iter().filter_map(|known| match () {
        () if **known == *digits => Some(60 * 365),
        () if known.starts_with(digits) || (long && known.ends_with(digits)) => Some(20 * 365),
        () => (long && known.contains(digits)).then_some(10 * 365),
    });
    let best = places.chain(identifier(keys, digits)).max();
    let birth = number.birth.filter(|birth| born(Birth::Date(*birth), keys.birth)).map(|_| 30 * 365);
    if best.is_none() && birth.is_none() { None } else { Some(best.unwrap_or(0) + birth.unwrap_or(0)) }
}

fn born(asked: Birth, born: Option<PartialDate>) -> bool {
    match (asked, born) {
        (_, None) => false,
        (Birth::Date(asked), Some(born)) => asked.overlaps(born),
        (Birth::Day(day, month), Some(PartialDate::Day(born))) => (born.day(), born.month()) == (day, month),
        (Birth::Day(..), Some(_)) => false,
    }
}

#[derive(Clone, Debug)]
enum Step {
    Upsert(u8, Box<IndexEntry>),
    Remove(u8),
    Settle,
    /// Merges some tiers into one, as the engine does.
    Gather(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..24u8, somebody()).prop_map(|(id, entry)| Step::Upsert(id, Box::new(entry))),
        1 => (0..24u8).prop_map(Step::Remove),
        2 => Just(Step::Settle),
        1 => (0..4usize, 1..4usize).prop_map(|(start, len)| Step::Gather(start, len)),
    ];
    proptest::collection::vec(step, 0..60)
}

fn name() -> impl Strategy<Value = String> {
    "(Siti|Sita|Nur|M|Melati|Aminah|Amina|Putri|Nur'aini|Señor|[a-c]{2,7})( (Siti|Aminah|[a-c]{3,8}))?"
}

fn digits() -> impl Strategy<Value = String> {
    "(|0812[0-3]{2,6}|\\+62 812[0-3]{3}|LC-[0-2]{2,4}|[0-3]{1,5}|3201[0-3]{12})"
}

fn day() -> impl Strategy<Value = String> {
    select(vec!["", "1961-07-14", "1961-07", "1961", "1990-07-14", "2001-01-02"]).prop_map(str::to_owned)
}

fn somebody() -> impl Strategy<Value = IndexEntry> {
    let visit = select(vec!["", "2026-11-20T08:00:00Z", "2026-01-01", "2026-05-05", "1899-01-01", "2027-03-01"]);
    (name(), name(), day(), [digits(), digits(), digits()], visit, proptest::collection::vec(name(), 0..2)).prop_map(
        |(given, family, birth_date, [phone, mrn, number], visit, aliases)| IndexEntry {
            given,
            family,
            birth_date,
            phone,
            mrn,
            numbers: vec![number],
            aliases,
            last_visit: visit.into(),
            ..IndexEntry::default()
        },
    )
}

fn typed() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => name(),
        2 => "[a-cs]{1,9}",
        2 => digits(),
        1 => "[0-3]{1,4}",
        1 => select(vec!["14/7/1961", "14 jul", "1961", "sitiaminah", "amnah", "melatti pu", "lc0"]).prop_map(str::to_owned),
    ];
    proptest::collection::vec(part, 1..3).prop_map(|parts| parts.join(" "))
}

fn take(index: &mut SearchIndex, all: &mut Everybody, step: Step) {
    match step {
        Step::Upsert(n, entry) => {
            all.insert(id(n), (*entry).clone());
            index.upsert(id(n), *entry);
        }
        Step::Remove(n) => {
            all.remove(&id(n));
            index.remove(id(n));
        }
        Step::Settle => index.settle(),
        Step::Gather(start, len) => {
            let (start, end) = (start.min(index.tiers()), (start + len).min(index.tiers()));
            let mut union = Everybody::new();
            for image in (start..end).filter_map(|n| index.tier(n)).map(|(image, _)| image) {
                union.extend(
                    image.ids().map(|id| (id, image.entry(image.slot_of(&id).expect("there")).expect("opens"))),
                );
            }
            let mut builder = Builder::with(SMALL);
            union.iter().for_each(|(id, entry)| builder.push(*id, entry));
            let image = builder.finish().expect("fits");
            index.splice(start..end, Rc::new(Image::open(image.bytes().to_vec()).expect("opens")));
        }
    }
}

proptest! {
    #[test]
    fn the_index_answers_as_the_slow_search_does(steps in steps(), queries in proptest::collection::vec(typed(), 1..6)) {
        let (mut index, mut all) = (SearchIndex::new(), Everybody::new());
        for step in steps {
            take(&mut index, &mut all, step);
        }
        prop_assert_eq!(index.len(), all.len());
        for query in queries {
            let slow = slow_search(&all, &query);
            let found = index.search(&query, 100, TODAY);
            prop_assert_eq!(&found.hits, &slow, "{}", query);
            let rows: Vec<_> = slow.iter().filter_map(|id| Some(index.entry(*id)?.into_row(*id))).collect();
            prop_assert_eq!(index.rows(&found), rows, "{}", query);
            prop_assert_eq!((found.total, found.more), (slow.len(), false));
            prop_assert!(index.search(&query, 2, TODAY).hits.iter().eq(slow.iter().take(2)), "{}", query);
            // So few are enough here that the lists of the best are used.
            let mut best = Best::new(Query::parse(&query, TODAY), 2, TODAY, 2);
            index.all_tiers().for_each(|tier| best.look(tier));
            let written = slow_written(&all, &query);
            prop_assert!(best.matches().map(|(id, _)| id).eq(written.iter().copied().take(2)), "{}", query);
            prop_assert_eq!(best.total.min(3), written.len().min(3));
        }
        for n in 0..24 {
            prop_assert_eq!(index.entry(id(n)), all.get(&id(n)).cloned());
            prop_assert_eq!(index.contains(&id(n)), all.contains_key(&id(n)));
        }
        let mut ids: Vec<PatientId> = index.ids().collect();
        ids.sort();
        prop_assert!(ids.iter().eq(all.keys()));
    }

    #[test]
    fn the_lists_of_the_best_answer_as_the_slow_search_does(people in proptest::collection::vec(somebody(), 12..60), changes in proptest::collection::vec((0..60u8, somebody()), 0..4), queries in proptest::collection::vec("[a-ms]|[0-3]{1,4}|(si|sit|siti|m|me|nur|a|am|lc0)", 1..8)) {
        let mut all: Everybody = (0u8..).map(id).zip(people).collect();
        let (mut index, mut builder) = (SearchIndex::new(), Builder::with(SMALL));
        all.iter().for_each(|(id, entry)| builder.push(*id, entry));
        index.splice(0..0, Rc::new(builder.finish().expect("fits")));
        for (n, entry) in changes {
            take(&mut index, &mut all, Step::Upsert(n, Box::new(entry)));
        }
        for query in queries {
            let (slow, mut best) = (slow_written(&all, &query), Best::new(Query::parse(&query, TODAY), 2, TODAY, 2));
            index.all_tiers().for_each(|tier| best.look(tier));
            prop_assert!(best.matches().map(|(id, _)| id).eq(slow.iter().copied().take(2)), "{}", query);
            prop_assert_eq!(best.total.min(3), slow.len().min(3));
        }
    }

    #[test]
    fn bytes_that_are_no_whole_image_are_refused_or_at_least_searched_in_peace(entries in proptest::collection::vec(somebody(), 0..6), cut: prop::sample::Index, flip: prop::sample::Index, query in typed()) {
        let all: Everybody = (0u8..).map(id).zip(entries).collect();
        let image = image_of(all.iter().map(|(id, entry)| (*id, entry)));
        let bytes = image.bytes().to_vec();
        prop_assert!(Image::open(bytes[..cut.index(bytes.len())].to_vec()).is_none());
        let mut flipped = bytes.clone();
        flipped[flip.index(bytes.len())] ^= 0x5a;
        if let Some(image) = Image::open(flipped) {
            let mut index = SearchIndex::new();
            index.splice(0..0, Rc::new(image));
            let _ = index.search(&query, 5, TODAY);
        }
    }
}
