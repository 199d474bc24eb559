//! What is looked at for every patient lies side by side: birth dates, last visits, name order, and all digits in one text.

use crate::base::date::PartialDate;

use super::entry::Keys;

/// One place a slot.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub birth: Vec<Option<PartialDate>>,
    /// Epoch day of the last visit, or `i32::MIN`.
    pub visit: Vec<i32>,
    /// The beginning of the normalised name, for putting equals in order.
    pub order: Vec<u64>,
}

impl Columns {
    pub fn put(&mut self, at: usize, keys: &Keys) {
        if self.birth.len() <= at {
            self.birth.resize(at + 1, None);
            self.visit.resize(at + 1, i32::MIN);
            self.order.resize(at + 1, 0);
        }
        self.birth[at] = keys.birth;
        self.visit[at] = keys.last_visit;
        let mut start = [0u8; 8];
        start.iter_mut().zip(keys.whole.bytes()).for_each(|(slot, byte)| *slot = byte);
        self.order[at] = u64::from_be_bytes(start);
    }

    pub fn clear(&mut self, at: usize) {
        self.birth[at] = None;
        self.visit[at] = i32::MIN;
    }
}

/// The digits of all phones and identifiers in one text: each number stands between spaces.
#[derive(Debug)]
pub(super) struct Numbers {
    text: String,
    /// Where each slot's numbers begin, in order of the text.
    starts: Vec<(u32, u32)>,
    /// Bytes of slots that are gone.
    waste: usize,
}

const GONE: u32 = u32::MAX;

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers { text: " ".to_owned(), starts: Vec::new(), waste: 0 }
    }
}

impl Numbers {
    pub fn put(&mut self, slot: u32, numbers: &str) {
        if !numbers.is_empty() {
            self.starts.push((self.text.len() as u32, slot));
            self.text.push_str(numbers);
        }
    }

    pub fn remove(&mut self, slot: u32, numbers: &str) {
        if let Some(place) = self.starts.iter_mut().find(|(_, s)| *s == slot).filter(|_| !numbers.is_empty()) {
            place.1 = GONE;
            self.waste += numbers.len();
        }
        if self.waste * 2 > self.text.len() && self.waste > 4096 {
            self.compact();
        }
    }

    /// Calls `note` with each slot that holds the digits, and whether they stand at a number's beginning and end.
    /// One or two digits count at the beginning only: everybody has them somewhere.
    pub fn find(&self, digits: &str, mut note: impl FnMut(u32, bool, bool)) {
        let bytes = self.text.as_bytes();
        let mut place = 0;
        let short = digits.len() < 3;
        let needle = if short { format!(" {digits}") } else { digits.to_owned() };
        for (found, _) in self.text.match_indices(needle.as_str()) {
            let at = found + usize::from(short);
            while self.starts.get(place + 1).is_some_and(|(start, _)| *start as usize <= at) {
                place += 1;
            }
            let starts = bytes[at - 1] == b' ';
            let ends = bytes.get(at + digits.len()) == Some(&b' ');
            if let Some((_, slot)) = self.starts.get(place).filter(|(_, slot)| *slot != GONE) {
                note(*slot, starts, ends);
            }
        }
    }

    fn compact(&mut self) {
        let mut text = String::with_capacity(self.text.len() - self.waste);
        text.push(' ');
        let mut starts = Vec::new();
        for (i, (start, slot)) in self.starts.iter().enumerate().filter(|(_, (_, slot))| *slot != GONE) {
            let end = self.starts.get(i + 1).map_or(self.text.len(), |(next, _)| *next as usize);
            starts.push((text.len() as u32, *slot));
            text.push_str(&self.text[*start as usize..end]);
        }
        *self = Numbers { text, starts, waste: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_found_in_the_slot_that_holds_them_even_after_many_have_gone() {
        let mut numbers = Numbers::default();
        for slot in 0..1_000u32 {
            numbers.put(slot, &format!("0812{slot:06} 99{slot:04} "));
        }
        for slot in 0..900u32 {
            numbers.remove(slot, &format!("0812{slot:06} 99{slot:04} "));
        }
        let mut seen = Vec::new();
        numbers.find("000950", |slot, starts, ends| seen.push((slot, starts, ends)));
        numbers.find("990901", |slot, starts, ends| seen.push((slot, starts, ends)));
        numbers.find("000100", |slot, starts, ends| seen.push((slot, starts, ends)));
        assert_eq!(seen, [(950, false, true), (901, true, true)]);
    }
}
