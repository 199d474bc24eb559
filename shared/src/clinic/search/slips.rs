//! Words that are nearly the one that was typed. Walks the sorted words as the tree that they are: what two words share
//! is compared once, and a beginning that is already too far off is left with all that follows.

use super::image::Dict;

/// Words of more bytes are not compared.
const LONGEST: usize = 64;
const FAR: u8 = u8::MAX / 2;

type Row = [u8; LONGEST + 2];

/// How near a known word is: to what was typed, or to its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Near {
    /// Distance of the typed word to the nearest beginning of the known one.
    pub beginning: u8,
    /// The whole known word is within reach too.
    pub whole: bool,
}

/// One slip in words from four letters on, two from six on.
pub(super) fn allowed(word: &str) -> u8 {
    match word.len() {
        0..=3 => 0,
        4..=5 => 1,
        _ => 2,
    }
}

/// Calls `note` with each word that is near but neither equal nor a continuation. `shared` says how many bytes each
/// word shares with the one before.
pub(super) fn walk(words: Dict<'_>, shared: &[u8], word: &str, mut note: impl FnMut(usize, Near)) {
    let most = allowed(word);
    let typed = word.as_bytes();
    if most == 0 || typed.len() > LONGEST {
        return;
    }
    let mut path = Path::new(typed, most);
    for (n, same) in shared.iter().enumerate() {
        let same = usize::from(*same);
        if !path.is_lost_at(same) {
            path.follow(words.key(n), same);
        }
        let near = path.near();
        if (1..=most).contains(&near.beginning) {
            note(n, near);
        }
    }
}

/// The distances (Levenshtein's, in bytes) of all beginnings of what was typed to each beginning of the present word.
struct Path<'a> {
    typed: &'a [u8],
    most: u8,
    rows: Vec<Row>,
    /// The least distance of all that was typed to any beginning so far.
    least: Vec<u8>,
    /// How many bytes of the present word were compared.
    depth: usize,
    /// Nothing that goes on from here is near.
    lost: bool,
}

impl<'a> Path<'a> {
    fn new(typed: &'a [u8], most: u8) -> Path<'a> {
        let deepest = typed.len() + usize::from(most) + 2;
        let mut first = [FAR; LONGEST + 2];
        (0..=most).zip(&mut first).for_each(|(i, cell)| *cell = i);
        let mut rows = vec![[FAR; LONGEST + 2]; deepest + 1];
        let mut least = vec![FAR; deepest + 1];
        rows[0] = first;
        least[0] = first[typed.len()];
        Path { typed, most, rows, least, depth: 0, lost: false }
    }

    fn is_lost_at(&self, same: usize) -> bool {
        self.lost && same >= self.depth
    }

    fn follow(&mut self, key: &[u8], same: usize) {
        self.depth = self.depth.min(same);
        self.lost = false;
        for byte in key.iter().skip(self.depth) {
            self.step(*byte);
            if self.lost {
                return;
            }
        }
    }

    /// One more byte. Only cells near the diagonal can be near.
    fn step(&mut self, byte: u8) {
        let (len, most) = (self.typed.len(), usize::from(self.most));
        let depth = self.depth + 1;
        let (before, after) = self.rows.split_at_mut(depth);
        let (Some(old), Some(new)) = (before.last(), after.first_mut()) else {
            self.lost = true;
            return;
        };
        let (low, high) = (depth.saturating_sub(most), (depth + most).min(len));
        let mut nearest = FAR;
        if low > 0 {
            new[low - 1] = FAR;
        } else {
            new[0] = depth as u8;
            nearest = new[0];
        }
        for i in low.max(1)..=high {
            let change = old[i - 1] + u8::from(self.typed[i - 1] != byte);
            new[i] = change.min(old[i] + 1).min(new[i - 1] + 1).min(FAR);
            nearest = nearest.min(new[i]);
        }
        if high < len {
            new[high + 1] = FAR;
        }
        let reached = if high == len && low <= len { new[len] } else { FAR };
        self.least[depth] = self.least[depth - 1].min(reached);
        self.depth = depth;
        self.lost = nearest > self.most;
    }

    fn near(&self) -> Near {
        let last = self.rows[self.depth][self.typed.len()];
        Near { beginning: self.least[self.depth], whole: !self.lost && last <= self.most }
    }
}
