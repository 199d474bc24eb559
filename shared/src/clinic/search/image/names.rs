//! Each patient's words of names, as places in the dictionary of words: whether a word matches is then a comparison of
//! places. Whole names without spaces are sorted too, and are put together from these words when they are compared.

use std::cmp::Ordering;
use std::ops::Range;

use super::{Dict, partition, span_at, u32_at};

/// Before a patient's words: how many are of the given name, how many of the family's.
const HEAD: usize = 4;

/// The names inside an image.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Names<'a> {
    pub words: Dict<'a>,
    pub(super) starts: &'a [u8],
    pub(super) lists: &'a [u8],
    /// `slot << 1`, and one more where the family's name comes first; sorted by what the name then reads.
    pub(super) joined: &'a [u8],
}

/// The words of one patient.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct NamesOf<'a> {
    given: &'a [u8],
    family: &'a [u8],
    all: &'a [u8],
}

impl<'a> NamesOf<'a> {
    pub fn words(&self) -> impl Iterator<Item = u32> + Clone + use<'a> {
        numbers(self.all)
    }

    /// Of the given name and the family's, in this order.
    pub fn shown(&self) -> impl Iterator<Item = u32> + use<'a> {
        numbers(self.given).chain(numbers(self.family))
    }

    /// The whole name, in one order or the other.
    pub fn turned(&self, turned: bool) -> impl Iterator<Item = u32> + use<'a> {
        let (first, then) = if turned { (self.family, self.given) } else { (self.given, self.family) };
        numbers(first).chain(numbers(then))
    }

    /// In how many orders the whole name is known: none if it is one word, one if there is no other name.
    pub fn orders(&self) -> impl Iterator<Item = bool> + use<> {
        let both = !self.given.is_empty() && !self.family.is_empty();
        let long = self.given.len() + self.family.len() > 4;
        [false, true].into_iter().filter(move |turned| if *turned { both } else { long })
    }
}

impl<'a> Names<'a> {
    pub fn of(&self, slot: u32) -> NamesOf<'a> {
        let list = self.lists.get(span_at(self.starts, slot as usize)).unwrap_or_default();
        let (head, all) = list.split_at_checked(HEAD).unwrap_or_default();
        let count = |at: usize| head.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes);
        let (given, rest) = all.split_at_checked(4 * usize::from(count(0))).unwrap_or_default();
        let family = rest.get(..4 * usize::from(count(2))).unwrap_or_default();
        NamesOf { given, family, all }
    }

    pub fn joined_len(&self) -> usize {
        self.joined.len() / 4
    }

    pub fn joined_slot(&self, n: usize) -> u32 {
        u32_at(self.joined, n) >> 1
    }

    /// The whole name at a place, without spaces.
    pub fn joined_text(&self, n: usize) -> impl Iterator<Item = u8> + use<'a> {
        let (entry, words) = (u32_at(self.joined, n), self.words);
        let names = self.of(entry >> 1).turned(entry & 1 == 1);
        names.flat_map(move |word| words.key(word as usize).iter().copied())
    }

    /// The places of whole names that begin so.
    pub fn joined_beginning(&self, word: &[u8]) -> Range<usize> {
        let compare = |n: usize| {
            let mut text = self.joined_text(n);
            for byte in word {
                match text.next().map(|known| known.cmp(byte)) {
                    Some(Ordering::Equal) => {}
                    Some(order) => return order,
                    None => return Ordering::Less,
                }
            }
            Ordering::Equal
        };
        let first = partition(self.joined_len(), |n| compare(n) == Ordering::Less);
        first..first + partition(self.joined_len() - first, |n| compare(first + n) == Ordering::Equal)
    }

    /// How long the whole name is, if it begins so.
    pub fn joined_with(&self, names: NamesOf<'a>, turned: bool, word: &[u8]) -> Option<usize> {
        let (mut rest, mut len) = (word, 0);
        for n in names.turned(turned) {
            let key = self.words.key(n as usize);
            len += key.len();
            if rest.len() > key.len() {
                rest = rest.strip_prefix(key)?;
            } else if key.starts_with(rest) {
                rest = &[];
            } else {
                return None;
            }
        }
        rest.is_empty().then_some(len)
    }

    pub(super) fn is_whole(&self, patients: usize) -> bool {
        self.joined.len().is_multiple_of(4)
            && (0..self.joined_len()).all(|n| (self.joined_slot(n) as usize) < patients)
            && super::rises(self.starts, self.lists.len())
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + Clone + use<'_> {
    bytes.chunks_exact(4).map(|b| u32_at(b, 0))
}

/// Gathers how many words each patient has; which ones is known when the dictionary is sorted.
#[derive(Debug, Default)]
pub(super) struct NamesBuilder {
    counts: Vec<(u16, u16, usize)>,
}

impl NamesBuilder {
    /// Words of the given name, of the family's, and of all names.
    pub fn add(&mut self, given: usize, family: usize, all: usize) {
        let small = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        self.counts.push((small(given), small(family), all));
    }

    /// Where each patient's words start, and the words: `places` are those of all words, in the order of their coming.
    pub fn finish(self, places: &[u32]) -> [Vec<u8>; 2] {
        let [mut starts, mut lists]: [Vec<u8>; 2] = Default::default();
        let mut places = places.iter();
        for (given, family, all) in self.counts {
            starts.extend_from_slice(&(lists.len() as u32).to_le_bytes());
            lists.extend_from_slice(&given.to_le_bytes());
            lists.extend_from_slice(&family.to_le_bytes());
            for place in places.by_ref().take(all) {
                lists.extend_from_slice(&place.to_le_bytes());
            }
        }
        starts.extend_from_slice(&(lists.len() as u32).to_le_bytes());
        [starts, lists]
    }
}
