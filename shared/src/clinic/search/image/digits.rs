//! Numbers found by any run of their digits. For each three digits in a row, and for the first two of a number, there
//! is a list of the slots that have them; what the lists agree on is looked at.

use super::{rises, span_at};

/// Stands before a number's first digit.
const START: usize = 10;
/// Digits, and the start.
const SIGNS: usize = 11;
const LISTS: usize = SIGNS * SIGNS * SIGNS;

/// Where digits stand in a number, the best of a patient's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Place {
    Inside,
    /// At the number's beginning or its end.
    Edge,
    Whole,
}

/// The numbers inside an image.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Digits<'a> {
    pub(super) starts: &'a [u8],
    pub(super) numbers: &'a [u8],
    pub(super) list_starts: &'a [u8],
    pub(super) lists: &'a [u8],
    pub(super) len: usize,
}

impl<'a> Digits<'a> {
    /// Calls `note` with each slot that may hold the digits; `place` knows. One or two digits count at the beginning
    /// only: everybody has them somewhere.
    pub fn find(&self, digits: &str, mut note: impl FnMut(u32)) {
        let signs: Vec<usize> = digits.bytes().map(|b| usize::from(b.wrapping_sub(b'0'))).collect();
        if signs.is_empty() || signs.iter().any(|s| *s > 9) {
            return;
        }
        match signs.as_slice() {
            [one] => (0..SIGNS).flat_map(|next| self.list(list_number(START, *one, next))).for_each(note),
            [first, second] => self.list(list_number(START, *first, *second)).for_each(note),
            more => self.common(more).into_iter().for_each(&mut note),
        }
    }

    /// Slots that stand in the shortest lists of these digits.
    fn common(&self, signs: &[usize]) -> Vec<u32> {
        let mut lists: Vec<usize> = signs.windows(3).map(|w| list_number(w[0], w[1], w[2])).collect();
        lists.sort_unstable_by_key(|list| (span_at(self.list_starts, *list).len(), *list));
        lists.dedup();
        let mut lists = lists.into_iter().take(4);
        let mut slots: Vec<u32> = lists.next().map(|list| self.list(list).collect()).unwrap_or_default();
        for list in lists {
            let mut other = self.list(list).peekable();
            slots.retain(|slot| {
                while other.next_if(|next| next < slot).is_some() {}
                other.peek() == Some(slot)
            });
        }
        slots
    }

    /// The list's slots, rising.
    fn list(&self, list: usize) -> impl Iterator<Item = u32> + use<'a> {
        let bytes = self.lists.get(span_at(self.list_starts, list)).unwrap_or_default();
        let (mut bytes, mut slot, len) = (bytes.iter(), 0u32, self.len);
        std::iter::from_fn(move || {
            let mut step = 0u32;
            for byte in bytes.by_ref() {
                step = step << 7 | u32::from(byte & 0x7f);
                if byte & 0x80 == 0 {
                    slot = slot.wrapping_add(step);
                    return ((slot as usize) <= len && slot > 0).then(|| slot - 1);
                }
            }
            None
        })
    }

    /// About how many slots `find` will look at.
    pub fn estimate(&self, digits: &str) -> usize {
        let signs: Vec<usize> = digits.bytes().map(|b| usize::from(b.wrapping_sub(b'0')).min(9)).collect();
        let bytes = |list: usize| span_at(self.list_starts, list).len();
        match signs.as_slice() {
            [] => 0,
            [one] => (0..SIGNS).map(|next| bytes(list_number(START, *one, next))).sum(),
            [first, second] => bytes(list_number(START, *first, *second)),
            more => more.windows(3).map(|w| bytes(list_number(w[0], w[1], w[2]))).min().unwrap_or(0),
        }
    }

    pub fn place(&self, slot: u32, needle: &[u8]) -> Option<Place> {
        let all = self.numbers.get(span_at(self.starts, slot as usize)).unwrap_or_default();
        let mut best = None;
        for number in numbers(all) {
            // Most differ in the byte that is looked at first.
            let starts = number.first() == needle.first() && number.starts_with(needle);
            if starts && number.len() == needle.len() {
                return Some(Place::Whole);
            }
            if starts || (needle.len() > 2 && number.last() == needle.last() && number.ends_with(needle)) {
                best = Some(Place::Edge);
            }
        }
        let inside = || {
            let long = needle.len() > 2;
            long && numbers(all).any(|number| holds(number, needle))
        };
        best.or_else(|| inside().then_some(Place::Inside))
    }

    pub(super) fn is_whole(&self) -> bool {
        rises(self.starts, self.numbers.len())
            && self.list_starts.len() == 4 * (LISTS + 1)
            && rises(self.list_starts, self.lists.len())
    }
}

/// Up to eight digits are held against a number as one number of their bytes.
fn holds(number: &[u8], needle: &[u8]) -> bool {
    if needle.len() > 8 {
        return number.windows(needle.len()).any(|window| window == needle);
    }
    let put = |all: u64, byte: &u8| all << 8 | u64::from(*byte);
    let (wanted, mask) = needle.iter().fold((0, 0), |(all, mask), byte| (put(all, byte), put(mask, &0xff)));
    let mut read = 0;
    number.iter().any(|byte| {
        read = put(read, byte);
        read & mask == wanted
    })
}

/// The numbers of one patient, each after a byte with its length.
fn numbers(mut all: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, rest) = all.split_first()?;
        let (number, rest) = rest.split_at_checked(usize::from(*len))?;
        all = rest;
        Some(number)
    })
}

fn list_number(a: usize, b: usize, c: usize) -> usize {
    (a * SIGNS + b) * SIGNS + c
}

/// Gathers numbers slot by slot.
#[derive(Debug)]
pub(super) struct DigitsBuilder {
    starts: Vec<u8>,
    numbers: Vec<u8>,
    lists: Vec<Vec<u8>>,
    /// The slot after the last one of each list.
    last: Vec<u32>,
}

impl DigitsBuilder {
    pub fn new() -> DigitsBuilder {
        let (starts, numbers) = (0u32.to_le_bytes().to_vec(), Vec::new());
        DigitsBuilder { starts, numbers, lists: vec![Vec::new(); LISTS], last: vec![0; LISTS] }
    }

    /// The numbers of the next slot: digits only.
    pub fn add(&mut self, slot: u32, numbers: &[Box<str>]) {
        for number in numbers.iter().map(|n| n.as_bytes()) {
            let number = number.get(..usize::from(u8::MAX)).unwrap_or(number);
            self.numbers.push(number.len() as u8);
            self.numbers.extend_from_slice(number);
            let signs: Vec<usize> =
                [START].into_iter().chain(number.iter().map(|b| usize::from(b.wrapping_sub(b'0')).min(9))).collect();
            if let [start, only] = *signs.as_slice() {
                self.list(list_number(start, only, START), slot);
            }
            signs.windows(3).for_each(|w| self.list(list_number(w[0], w[1], w[2]), slot));
        }
        self.starts.extend_from_slice(&(self.numbers.len() as u32).to_le_bytes());
    }

    fn list(&mut self, list: usize, slot: u32) {
        let (Some(bytes), Some(last)) = (self.lists.get_mut(list), self.last.get_mut(list)) else { return };
        let step = slot + 1 - *last;
        if step == 0 {
            return;
        }
        *last = slot + 1;
        let groups = (0..5).rev().skip_while(|g| *g > 0 && step >> (7 * g) == 0);
        bytes.extend(groups.map(|g| (step >> (7 * g)) as u8 & 0x7f | if g > 0 { 0x80 } else { 0 }));
    }

    /// The four parts: where each slot's numbers start, the numbers, where lists start, the lists.
    pub fn finish(self) -> [Vec<u8>; 4] {
        let mut list_starts = 0u32.to_le_bytes().to_vec();
        let mut lists = Vec::new();
        for list in self.lists {
            lists.extend(list);
            list_starts.extend_from_slice(&(lists.len() as u32).to_le_bytes());
        }
        [self.starts, self.numbers, list_starts, lists]
    }
}
