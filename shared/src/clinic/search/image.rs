//! Many patients, searchable, in one flat row of bytes: built once, then used in place, so that loading it is reading
//! it. What changes later stands in a newer image. Opening checks every bound; nothing in it is believed unchecked.

mod build;
mod dict;
mod digits;
mod names;
mod tops;

use std::ops::Range;

use crate::base::PatientId;
use crate::base::date::PartialDate;
use crate::clinic::patient::PatientRow;

pub use build::Builder;
pub(super) use dict::Dict;
pub(super) use digits::{Digits, Place};
pub(super) use names::{Names, NamesOf};
pub use tops::Listing;
pub(super) use tops::Top;
#[cfg(test)]
pub(super) use tops::Tops;

use super::entry::{IndexEntry, Shown};

/// `LSI` and the layout's version.
const MAGIC: &[u8; 4] = b"LSI\x02";
const ID: usize = PatientId::LEN;
/// No visit is known.
pub(super) const NEVER: i32 = i32::MIN;

/// The parts of an image, in their order.
#[derive(Clone, Copy)]
enum Part {
    /// Patients' ids, sorted; a patient's place among them is the slot.
    Ids,
    EntryStarts,
    /// Each patient's entry as CBOR.
    Entries,
    /// `year << 9 | month << 5 | day`, nought for what is unknown.
    Births,
    /// Minutes since 1970 of the last visit, or `NEVER`.
    Visits,
    /// The beginning of the normalised name, for putting equals in order.
    Orders,
    Words,
    /// For each word, how many bytes it shares with the word before.
    WordsShared = Part::Words as isize + DICT as isize,
    NameStarts,
    /// Each patient's words, as places among the words.
    Names,
    /// Whole names without spaces, sorted.
    Joined,
    Identifiers,
    NumberStarts = Part::Identifiers as isize + DICT as isize,
    /// Each patient's numbers, each after a byte with its length.
    Numbers,
    ListStarts,
    /// Which slots have three digits in a row.
    Lists,
    /// The best of those whom a short fragment finds.
    Tops,
}

/// Parts of one dictionary.
const DICT: usize = 4;
const PARTS: usize = Part::Tops as usize + DICT;
const TABLE: usize = MAGIC.len() + 4 + 4 * PARTS;

/// An opened image.
#[derive(Debug)]
pub struct Image {
    bytes: Vec<u8>,
    len: usize,
    ends: [usize; PARTS],
}

impl Image {
    /// `None` if these are not the bytes of an image of this version.
    pub fn open(bytes: Vec<u8>) -> Option<Image> {
        if bytes.get(..MAGIC.len())? != MAGIC {
            return None;
        }
        let len = u32_at(bytes.get(MAGIC.len()..)?, 0) as usize;
        let table = bytes.get(MAGIC.len() + 4..TABLE)?;
        let mut ends = [0; PARTS];
        let mut last = TABLE;
        for (i, end) in ends.iter_mut().enumerate() {
            *end = u32_at(table, i) as usize;
            if *end < last || *end > bytes.len() {
                return None;
            }
            last = *end;
        }
        let image = Image { bytes, len, ends };
        image.is_whole().then_some(image)
    }

    fn is_whole(&self) -> bool {
        let sizes = [
            (Part::Ids, ID * self.len),
            (Part::EntryStarts, 4 * (self.len + 1)),
            (Part::Births, 4 * self.len),
            (Part::Visits, 4 * self.len),
            (Part::Orders, 8 * self.len),
            (Part::WordsShared, self.words().len()),
            (Part::NumberStarts, 4 * (self.len + 1)),
        ];
        let dicts = [self.words(), self.identifiers()];
        self.ends.last() == Some(&self.bytes.len())
            && sizes.into_iter().all(|(part, size)| self.part(part).len() == size)
            && rises(self.part(Part::EntryStarts), self.part(Part::Entries).len())
            && dicts.into_iter().all(|dict| dict.is_whole(self.len))
            && self.names().is_whole(self.len)
            && self.tops().is_ordered()
            && self.digits().is_whole()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn id(&self, slot: u32) -> PatientId {
        let at = slot as usize * ID;
        self.part(Part::Ids).get(at..at + ID).and_then(PatientId::from_slice).unwrap_or(PatientId::ZERO)
    }

    pub fn ids(&self) -> impl Iterator<Item = PatientId> + '_ {
        self.part(Part::Ids).chunks_exact(ID).filter_map(PatientId::from_slice)
    }

    pub fn slot_of(&self, id: &PatientId) -> Option<u32> {
        let found = partition(self.len, |slot| self.id(slot as u32) < *id);
        (found < self.len && self.id(found as u32) == *id).then_some(found as u32)
    }

    pub fn entry(&self, slot: u32) -> Option<IndexEntry> {
        minicbor::decode(self.entry_bytes(slot)?).ok()
    }

    /// As a list shows them.
    pub fn row(&self, slot: u32) -> Option<PatientRow> {
        minicbor::decode(self.entry_bytes(slot)?).ok().map(|shown: Shown| shown.into_row(self.id(slot)))
    }

    fn entry_bytes(&self, slot: u32) -> Option<&[u8]> {
        self.part(Part::Entries).get(span_at(self.part(Part::EntryStarts), slot as usize))
    }

    pub(super) fn births(&self) -> impl Iterator<Item = u32> + '_ {
        self.part(Part::Births).chunks_exact(4).map(|b| u32_at(b, 0))
    }

    pub(super) fn birth(&self, slot: u32) -> u32 {
        u32_at(self.part(Part::Births), slot as usize)
    }

    pub(super) fn visit(&self, slot: u32) -> i32 {
        u32_at(self.part(Part::Visits), slot as usize) as i32
    }

    pub(super) fn order(&self, slot: u32) -> u64 {
        let at = slot as usize * 8;
        let bytes = self.part(Part::Orders).get(at..at + 8).and_then(|b| b.try_into().ok());
        bytes.map_or(0, u64::from_be_bytes)
    }

    pub(super) fn words(&self) -> Dict<'_> {
        self.dict(Part::Words)
    }

    /// How many bytes each word shares with the one before, 255 at most.
    pub(super) fn words_shared(&self) -> &[u8] {
        self.part(Part::WordsShared)
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names {
            words: self.words(),
            starts: self.part(Part::NameStarts),
            lists: self.part(Part::Names),
            joined: self.part(Part::Joined),
        }
    }

    fn tops(&self) -> Dict<'_> {
        self.dict(Part::Tops)
    }

    /// Identifiers without signs.
    pub(super) fn identifiers(&self) -> Dict<'_> {
        self.dict(Part::Identifiers)
    }

    pub(super) fn digits(&self) -> Digits<'_> {
        Digits {
            starts: self.part(Part::NumberStarts),
            numbers: self.part(Part::Numbers),
            list_starts: self.part(Part::ListStarts),
            lists: self.part(Part::Lists),
            len: self.len,
        }
    }

    fn dict(&self, first: Part) -> Dict<'_> {
        let [starts, keys, post_starts, posts] = std::array::from_fn(|i| self.nth(first as usize + i));
        Dict { starts, keys, post_starts, posts }
    }

    fn part(&self, part: Part) -> &[u8] {
        self.nth(part as usize)
    }

    fn nth(&self, part: usize) -> &[u8] {
        let start = part.checked_sub(1).map_or(TABLE, |before| self.ends[before]);
        self.bytes.get(start..self.ends[part]).unwrap_or_default()
    }
}

impl Default for Image {
    /// Nobody.
    fn default() -> Image {
        Image { bytes: Vec::new(), len: 0, ends: [0; PARTS] }
    }
}

/// The n-th number of a row of little-endian numbers; nought beyond its end.
fn u32_at(bytes: &[u8], n: usize) -> u32 {
    bytes.get(4 * n..4 * n + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn span_at(starts: &[u8], n: usize) -> Range<usize> {
    u32_at(starts, n) as usize..u32_at(starts, n + 1) as usize
}

/// Whether these are starts of spans, one after the other, that end where `end` is.
fn rises(starts: &[u8], end: usize) -> bool {
    let mut last = 0;
    let rising = starts.chunks_exact(4).all(|b| {
        let start = u32_at(b, 0);
        let fine = last <= start;
        last = start;
        fine
    });
    rising && !starts.is_empty() && starts.len().is_multiple_of(4) && u32_at(starts, 0) == 0 && last as usize == end
}

/// How many of the first `len` places come before the wanted one.
fn partition(len: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// A birth date in one number. Two dates may be the same day when they agree in all that both know.
pub(super) fn packed_birth(birth: Option<PartialDate>) -> u32 {
    let pack = |year: i16, month: i8, day: i8| (year.max(0) as u32) << 9 | (month as u32) << 5 | day as u32;
    match birth {
        None => 0,
        Some(PartialDate::Year(year)) => pack(year, 0, 0),
        Some(PartialDate::Month(year, month)) => pack(year, month, 0),
        Some(PartialDate::Day(date)) => pack(date.year(), date.month(), date.day()),
    }
}
