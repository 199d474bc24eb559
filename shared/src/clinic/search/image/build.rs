//! Makes an image of entries that come in order of their ids. Works in steps, so that a long one can be laid aside.

use crate::base::PatientId;
use crate::record::bundle::to_cbor;

use super::dict::{DictBuilder, shared};
use super::digits::DigitsBuilder;
use super::names::NamesBuilder;
use super::tops::{Tops, USUAL};
use super::{Image, MAGIC, PARTS, Part, packed_birth};
use crate::clinic::search::entry::{IndexEntry, beginning};

#[derive(Debug)]
pub struct Builder {
    len: u32,
    parts: [Vec<u8>; PARTS],
    words: DictBuilder,
    names: NamesBuilder,
    joined: DictBuilder,
    identifiers: DictBuilder,
    digits: DigitsBuilder,
    tops: Tops,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            len: 0,
            parts: Default::default(),
            words: DictBuilder::default(),
            names: NamesBuilder::default(),
            joined: DictBuilder::default(),
            identifiers: DictBuilder::default(),
            digits: DigitsBuilder::new(),
            tops: USUAL,
        }
    }
}

impl Builder {
    /// What `sort` takes, one by one.
    pub const DICTIONARIES: [usize; 3] = [0, 1, 2];

    /// With other lists of the best than is usual.
    #[cfg(test)]
    pub(in super::super) fn with(tops: Tops) -> Builder {
        Builder { tops, ..Builder::default() }
    }

    /// The next patient; its id is above all before.
    pub fn push(&mut self, id: PatientId, entry: &IndexEntry) {
        let keys = entry.keys();
        let slot = self.len;
        self.len += 1;
        self.part(Part::Ids).extend_from_slice(id.as_bytes());
        let start = self.part(Part::Entries).len() as u32;
        self.part(Part::EntryStarts).extend_from_slice(&start.to_le_bytes());
        self.part(Part::Entries).extend_from_slice(&to_cbor(entry));
        self.part(Part::Births).extend_from_slice(&packed_birth(keys.birth).to_le_bytes());
        self.part(Part::Visits).extend_from_slice(&keys.last_visit.to_le_bytes());
        self.part(Part::Orders).extend_from_slice(&beginning(&keys.whole).to_be_bytes());
        keys.names.iter().for_each(|word| self.words.add(word, slot));
        self.names.add(keys.given, keys.family, keys.names.len());
        let turned = slot << 1 | 1;
        keys.joined.iter().zip([slot << 1, turned]).for_each(|(name, which)| self.joined.add(name, which));
        keys.ids.iter().for_each(|id| self.identifiers.add(id, slot));
        self.digits.add(slot, &keys.numbers);
    }

    pub fn len(&self) -> usize {
        self.len as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sorts one of the dictionaries: the long part of finishing.
    pub fn sort(&mut self, dictionary: usize) {
        match dictionary {
            0 => {
                let sorted = self.words.finish();
                *self.part(Part::WordsShared) = shared(&sorted.parts);
                let names = std::mem::take(&mut self.names).finish(&sorted.places);
                self.put(Part::Words, sorted.parts);
                self.put(Part::NameStarts, names);
            }
            1 => *self.part(Part::Joined) = self.joined.finish_slots(),
            _ => {
                let sorted = self.identifiers.finish();
                self.put(Part::Identifiers, sorted.parts);
            }
        }
    }

    /// All dictionaries at once.
    pub fn finish(mut self) -> Option<Image> {
        Builder::DICTIONARIES.into_iter().for_each(|dictionary| self.sort(dictionary));
        let tops = self.tops;
        self.assemble()?.with_tops(tops)
    }

    /// An image without lists of the best; `None` if it is larger than an image can be.
    pub fn assemble(mut self) -> Option<Image> {
        let end = self.part(Part::Entries).len() as u32;
        self.part(Part::EntryStarts).extend_from_slice(&end.to_le_bytes());
        let digits = std::mem::replace(&mut self.digits, DigitsBuilder::new()).finish();
        self.put(Part::NumberStarts, digits);
        self.put(Part::Tops, super::tops::none());
        let mut bytes = [MAGIC.as_slice(), &self.len.to_le_bytes()].concat();
        let mut end = super::TABLE;
        for part in &self.parts {
            end += part.len();
            bytes.extend_from_slice(&u32::try_from(end).ok()?.to_le_bytes());
        }
        bytes.reserve_exact(end - bytes.len());
        for part in self.parts {
            bytes.extend_from_slice(&part);
        }
        Image::open(bytes)
    }

    fn put<const N: usize>(&mut self, first: Part, parts: [Vec<u8>; N]) {
        let places = self.parts.iter_mut().skip(first as usize);
        places.zip(parts).for_each(|(place, part)| *place = part);
    }

    fn part(&mut self, part: Part) -> &mut Vec<u8> {
        &mut self.parts[part as usize]
    }
}
