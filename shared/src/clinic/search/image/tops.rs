//! For every short fragment that fits many, the best of them: found without a look at the others. Two lists, since
//! recency fades: the best as if nobody had been here for a year, and the best if it never faded. Whoever is among the
//! first on any day stands so early in one of the two.

use std::ops::Range;

use super::{Image, MAGIC, PARTS, Part, partition, u32_at};
use crate::clinic::search::fit::Fit;
use crate::clinic::search::points::{A_DAY, day};
use crate::clinic::search::query::{Number, Query};

/// Which fragments have lists, and how long ones.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Tops {
    /// In smaller images everybody is looked at: what is fresh is made an image often, and must be made quickly.
    pub patients: usize,
    /// Words, and one or two digits, that find more than so many.
    pub from: usize,
    /// More digits that do.
    pub long_numbers_from: usize,
    pub always: usize,
    pub lately: usize,
}

pub(super) const USUAL: Tops = Tops { patients: 1025, from: 512, long_numbers_from: 2048, always: 32, lately: 64 };
/// Longer fragments have no list: what they find is looked at.
const LONGEST: usize = 16;
/// Slots in these lists take two bytes.
const MOST_PATIENTS: usize = 1 << 16;
/// Patients that are looked at in one step.
const STEP: usize = 4096;
/// Before the entries: how many are found, how many entries are of the first list, whether the second is whole.
const HEAD: usize = 3;

/// The best of those whom a fragment finds, with their points but for recency.
#[derive(Debug)]
pub(in super::super) struct Top<'a> {
    /// How many it finds in all.
    pub count: usize,
    always: &'a [u8],
    lately: &'a [u8],
    /// Whoever was ever here stands in `lately`.
    pub all_seen: bool,
}

impl<'a> Top<'a> {
    /// By points, then name.
    pub fn always(&self) -> impl Iterator<Item = (u32, i32)> + use<'a> {
        entries(self.always)
    }

    /// By points and the day of the last visit, then name.
    pub fn lately(&self) -> impl Iterator<Item = (u32, i32)> + use<'a> {
        entries(self.lately)
    }
}

fn entries(bytes: &[u8]) -> impl Iterator<Item = (u32, i32)> + use<'_> {
    bytes.chunks_exact(4).map(|b| u32_at(b, 0)).map(|entry| (entry >> 16, (entry & 0xffff) as i32))
}

/// No lists.
pub(super) fn none() -> [Vec<u8>; 4] {
    Gather::default().finish()
}

impl Image {
    pub(in super::super) fn top(&self, fragment: &[u8]) -> Option<Top<'_>> {
        let tops = self.tops();
        let posts = tops.posts_of(tops.place(fragment)?);
        let (head, entries) = posts.split_at_checked(4 * HEAD)?;
        let (always, lately) = entries.split_at_checked(4 * u32_at(head, 1) as usize)?;
        Some(Top { count: u32_at(head, 0) as usize, always, lately, all_seen: u32_at(head, 2) == 1 })
    }

    /// The same with lists of the best.
    pub(super) fn with_tops(self, wanted: Tops) -> Option<Image> {
        let mut listing = Listing::with(self, wanted);
        while listing.step() {}
        listing.finish()
    }
}

/// The lists of an image being made, some fragments at a time: all of them at once would keep others waiting for long.
#[derive(Debug)]
pub struct Listing {
    image: Image,
    wanted: Tops,
    gather: Gather,
    /// What is still to be looked at, the next one last.
    left: Vec<Fragment>,
}

/// A fragment that may fit many, and how it may go on.
#[derive(Debug)]
enum Fragment {
    Digits(String),
    /// A beginning, and the places of the words, whole names and identifiers that begin so.
    Text(Vec<u8>, [Range<usize>; 3]),
}

impl Listing {
    /// Lists of the usual lengths.
    pub fn of(image: Image) -> Listing {
        Listing::with(image, USUAL)
    }

    fn with(image: Image, wanted: Tops) -> Listing {
        let mut left = Vec::new();
        if (wanted.patients..=MOST_PATIENTS).contains(&image.len) {
            let everybody = [0..image.words().len(), 0..image.names().joined_len(), 0..image.identifiers().len()];
            left.push(Fragment::Text(Vec::new(), everybody));
            // Fragments come in their order: numbers are named by a nought, which no word holds.
            left.extend(('0'..='9').rev().map(|digit| Fragment::Digits(digit.to_string())));
        }
        Listing { image, wanted, gather: Gather::default(), left }
    }

    /// Looks at about `STEP` patients; false when all is listed.
    pub fn step(&mut self) -> bool {
        let mut looked = 0;
        while looked < STEP {
            looked += match self.left.pop() {
                Some(Fragment::Digits(digits)) => self.number(digits),
                Some(Fragment::Text(text, places)) => self.text(text, places),
                None => return false,
            };
        }
        true
    }

    pub fn finish(mut self) -> Option<Image> {
        while self.step() {}
        let Listing { image, gather, .. } = self;
        if gather.starts.is_empty() {
            return Some(image);
        }
        let parts = gather.finish();
        let first = Part::Tops as usize;
        let mut end = image.ends[first - 1];
        let mut bytes = image.bytes;
        bytes.truncate(end);
        bytes.reserve_exact(parts.iter().map(Vec::len).sum());
        for (n, part) in (first..PARTS).zip(parts) {
            end += part.len();
            let at = MAGIC.len() + 4 + 4 * n;
            bytes.get_mut(at..at + 4)?.copy_from_slice(&u32::try_from(end).ok()?.to_le_bytes());
            bytes.extend_from_slice(&part);
        }
        Image::open(bytes)
    }

    /// What begins with these digits; how many were looked at.
    fn number(&mut self, digits: String) -> usize {
        let short = digits.len() < 3;
        let from = if short { self.wanted.from } else { self.wanted.long_numbers_from };
        let identifiers = self.image.identifiers();
        let known = identifiers.count(&identifiers.beginning(digits.as_bytes()));
        let most = self.image.digits().estimate(&digits) + known;
        let number = Number { digits: digits.clone(), birth: None };
        let found = if most > from { self.list(from, &Query::of_number(number)) } else { 0 };
        // Three digits may stand inside a number; those of more than three have the first three.
        if digits.len() < LONGEST && (short || found > from) {
            self.left.extend(('0'..='9').rev().map(|digit| Fragment::Digits(format!("{digits}{digit}"))));
        }
        found + 1
    }

    /// What begins with this text, and with what words, whole names and identifiers in these places go on; how many
    /// were looked at.
    fn text(&mut self, text: Vec<u8>, places: [Range<usize>; 3]) -> usize {
        // No letter begins with a part of one.
        let found = match str::from_utf8(&text) {
            Ok(word) if !text.is_empty() => self.list(self.wanted.from, &Query::of_word(word)),
            _ => 0,
        };
        if text.len() < LONGEST {
            let next = self.going_on(&text, places);
            self.left.extend(next.into_iter().rev());
        }
        found + 1
    }

    /// The beginnings that are longer by a byte and fit many.
    fn going_on(&self, text: &[u8], mut left: [Range<usize>; 3]) -> Vec<Fragment> {
        let (words, names, identifiers) = (self.image.words(), self.image.names(), self.image.identifiers());
        let depth = text.len();
        let byte = |kind: usize, n: usize| match kind {
            0 => words.key(n).get(depth).copied(),
            1 => names.joined_text(n).nth(depth),
            _ => identifiers.key(n).get(depth).copied(),
        };
        for (kind, all) in left.iter_mut().enumerate() {
            all.start += partition(all.len(), |n| byte(kind, all.start + n).is_none());
        }
        let mut longer = Vec::new();
        loop {
            let heads = left.iter().enumerate().filter(|(_, places)| !places.is_empty());
            let Some(next) = heads.filter_map(|(kind, places)| byte(kind, places.start)).min() else { return longer };
            let some: [Range<usize>; 3] = std::array::from_fn(|kind| {
                let all = left[kind].clone();
                all.start..all.start + partition(all.len(), |n| byte(kind, all.start + n) <= Some(next))
            });
            for (left, some) in left.iter_mut().zip(&some) {
                left.start = some.end;
            }
            if words.count(&some[0]) + some[1].len() + identifiers.count(&some[2]) > self.wanted.from {
                longer.push(Fragment::Text([text, &[next]].concat(), some));
            }
        }
    }

    /// Lists the best if it finds more than `from`; how many it finds.
    fn list(&mut self, from: usize, query: &Query) -> usize {
        let (image, wanted) = (&self.image, &self.wanted);
        let mut found: Vec<(u32, i32)> = Vec::new();
        Fit::new(image, query, false).each(|slot, points| found.push((slot, points)));
        let Some(fragment) = query.fragment().filter(|_| found.len() > from) else { return found.len() };
        let always = best(image, wanted.always, found.iter().map(|(slot, points)| (*points, *slot, *points)));
        let seen = found.iter().filter_map(|(slot, points)| {
            let worth = points + A_DAY * day(image.visit(*slot))?;
            Some((worth, *slot, *points))
        });
        let lately = best(image, wanted.lately, seen);
        let head = [found.len() as u32, always.len() as u32, u32::from(lately.len() < wanted.lately)];
        self.gather.put(&fragment, head.into_iter().chain(always).chain(lately));
        found.len()
    }
}

#[derive(Debug, Default)]
struct Gather {
    starts: Vec<u8>,
    keys: Vec<u8>,
    post_starts: Vec<u8>,
    posts: Vec<u8>,
}

impl Gather {
    fn put(&mut self, fragment: &[u8], list: impl Iterator<Item = u32>) {
        self.start();
        self.keys.extend_from_slice(fragment);
        list.for_each(|n| self.posts.extend_from_slice(&n.to_le_bytes()));
    }

    fn start(&mut self) {
        self.starts.extend_from_slice(&(self.keys.len() as u32).to_le_bytes());
        self.post_starts.extend_from_slice(&(self.posts.len() as u32 / 4).to_le_bytes());
    }

    fn finish(mut self) -> [Vec<u8>; 4] {
        self.start();
        [self.starts, self.keys, self.post_starts, self.posts]
    }
}

/// The first of some, given as what they are worth, their slots and their points.
fn best(image: &Image, count: usize, all: impl Iterator<Item = (i32, u32, i32)>) -> Vec<u32> {
    let mut all: Vec<(i64, u64, u32, i32)> =
        all.map(|(worth, slot, points)| (-i64::from(worth), image.order(slot), slot, points)).collect();
    if count < all.len() {
        all.select_nth_unstable(count);
        all.truncate(count);
    }
    all.sort_unstable();
    all.into_iter().map(|(_, _, slot, points)| slot << 16 | points.clamp(0, 0xffff) as u32).collect()
}
