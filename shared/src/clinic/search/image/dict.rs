//! Sorted keys, each with the slots that have it. Found by beginning with a binary search.

use std::ops::Range;

use super::{partition, rises, span_at, u32_at};

/// A dictionary inside an image.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Dict<'a> {
    pub(super) starts: &'a [u8],
    pub(super) keys: &'a [u8],
    pub(super) post_starts: &'a [u8],
    pub(super) posts: &'a [u8],
}

impl<'a> Dict<'a> {
    pub fn len(&self) -> usize {
        (self.starts.len() / 4).saturating_sub(1)
    }

    pub fn key(&self, n: usize) -> &'a [u8] {
        self.keys.get(span_at(self.starts, n)).unwrap_or_default()
    }

    pub fn key_len(&self, n: usize) -> usize {
        span_at(self.starts, n).len()
    }

    /// The slots of these keys, key by key.
    pub fn slots(&self, keys: Range<usize>) -> impl Iterator<Item = u32> + use<'a> {
        self.posts_in(keys).chunks_exact(4).map(|b| u32_at(b, 0))
    }

    pub(super) fn posts_of(&self, n: usize) -> &'a [u8] {
        self.posts_in(n..n + 1)
    }

    fn posts_in(&self, keys: Range<usize>) -> &'a [u8] {
        let span = u32_at(self.post_starts, keys.start) as usize..u32_at(self.post_starts, keys.end) as usize;
        self.posts.get(4 * span.start..4 * span.end).unwrap_or_default()
    }

    /// How many slots these keys have; one that has several of them counts several times.
    pub fn count(&self, keys: &Range<usize>) -> usize {
        (u32_at(self.post_starts, keys.end) as usize).saturating_sub(u32_at(self.post_starts, keys.start) as usize)
    }

    /// The place of this key.
    pub fn place(&self, key: &[u8]) -> Option<usize> {
        let first = partition(self.len(), |n| self.key(n) < key);
        (first < self.len() && self.key(first) == key).then_some(first)
    }

    /// The keys that begin so.
    pub fn beginning(&self, word: &[u8]) -> Range<usize> {
        let first = partition(self.len(), |n| self.key(n) < word);
        let rest = self.len() - first;
        first..first + partition(rest, |n| self.key(first + n).starts_with(word))
    }

    /// The keys that begin so, and the places of those keys with which it begins itself, without the whole of it.
    pub fn along(&self, word: &[u8]) -> (Range<usize>, Vec<usize>) {
        let (mut keys, mut shorter) = (0..self.len(), Vec::new());
        for (depth, byte) in word.iter().enumerate() {
            if depth > 0 && !keys.is_empty() && self.key_len(keys.start) == depth {
                shorter.push(keys.start);
            }
            let all = keys.clone();
            let next = |n: usize| self.key(all.start + n).get(depth);
            let start = partition(all.len(), |n| next(n) < Some(byte));
            let end = start + partition(all.len() - start, |n| next(start + n) == Some(byte));
            keys = all.start + start..all.start + end;
        }
        (keys, shorter)
    }

    pub(super) fn is_whole(&self, patients: usize) -> bool {
        self.is_ordered() && self.posts.chunks_exact(4).all(|b| (u32_at(b, 0) as usize) < patients)
    }

    /// As whole as one can be whose posts are not slots alone.
    pub(super) fn is_ordered(&self) -> bool {
        rises(self.starts, self.keys.len())
            && self.post_starts.len() == self.starts.len()
            && self.posts.len().is_multiple_of(4)
            && rises(self.post_starts, self.posts.len() / 4)
    }
}

/// Gathers keys in any order, and sorts them in the end.
#[derive(Debug, Default)]
pub(super) struct DictBuilder {
    text: Vec<u8>,
    items: Vec<Item>,
}

/// Sorted by its first bytes as one number, and by the rest only where these are the same.
#[derive(Clone, Copy, Debug)]
struct Item {
    begin: u64,
    start: u32,
    len: u32,
    slot: u32,
    /// How many were added before.
    nth: u32,
}

/// A sorted dictionary, and what only its making knows.
pub(super) struct Sorted {
    /// Where keys start, the keys, where their slots start, the slots.
    pub parts: [Vec<u8>; 4],
    /// The place of each key that was added, in the order of their coming.
    pub places: Vec<u32>,
}

impl DictBuilder {
    pub fn add(&mut self, key: &str, slot: u32) {
        let begin = super::super::entry::beginning(key);
        let (start, nth) = (self.text.len() as u32, self.items.len() as u32);
        self.items.push(Item { begin, start, len: key.len() as u32, slot, nth });
        self.text.extend_from_slice(key.as_bytes());
    }

    /// Slots in the order of their keys, for who needs no keys.
    pub fn finish_slots(&mut self) -> Vec<u8> {
        let (_, items) = self.take_sorted();
        items.iter().flat_map(|item| item.slot.to_le_bytes()).collect()
    }

    fn take_sorted(&mut self) -> (Vec<u8>, Vec<Item>) {
        let (text, mut items) = (std::mem::take(&mut self.text), std::mem::take(&mut self.items));
        items.sort_unstable_by(|a, b| {
            let by_key = || key_of(&text, a).cmp(key_of(&text, b));
            a.begin.cmp(&b.begin).then_with(by_key).then_with(|| a.slot.cmp(&b.slot))
        });
        (text, items)
    }

    pub fn finish(&mut self) -> Sorted {
        let (text, items) = self.take_sorted();
        let key = |item| key_of(&text, item);
        let mut places = vec![0; items.len()];
        let [mut starts, mut keys, mut post_starts, mut posts]: [Vec<u8>; 4] = Default::default();
        let number = |list: &mut Vec<u8>, n: usize| list.extend_from_slice(&(n as u32).to_le_bytes());
        let mut last: Option<&Item> = None;
        for item in &items {
            let same_key = last.is_some_and(|last| last.begin == item.begin && key(last) == key(item));
            if !same_key {
                number(&mut starts, keys.len());
                number(&mut post_starts, posts.len() / 4);
                keys.extend_from_slice(key(item));
            }
            if !(same_key && last.is_some_and(|last| last.slot == item.slot)) {
                posts.extend_from_slice(&item.slot.to_le_bytes());
            }
            if let Some(place) = places.get_mut(item.nth as usize) {
                *place = (starts.len() / 4) as u32 - 1;
            }
            last = Some(item);
        }
        number(&mut starts, keys.len());
        number(&mut post_starts, posts.len() / 4);
        Sorted { parts: [starts, keys, post_starts, posts], places }
    }
}

fn key_of<'a>(text: &'a [u8], item: &Item) -> &'a [u8] {
    text.get(item.start as usize..(item.start + item.len) as usize).unwrap_or_default()
}

/// How many bytes each key shares with the one before.
pub(super) fn shared([starts, keys, ..]: &[Vec<u8>; 4]) -> Vec<u8> {
    let mut last: &[u8] = &[];
    let count = (starts.len() / 4).saturating_sub(1);
    let each = (0..count).map(|n| {
        let key = keys.get(span_at(starts, n)).unwrap_or_default();
        let same = key.iter().zip(last).take_while(|(a, b)| a == b).count();
        last = key;
        same.min(usize::from(u8::MAX)) as u8
    });
    each.collect()
}
