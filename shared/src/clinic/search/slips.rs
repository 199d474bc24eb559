//! Words that are nearly the one that was typed. One number holds all beginnings of it that are near what was read so
//! far (Wu and Manber 1992), and a byte moves them all at once. The sorted words are walked as the tree that they are:
//! what two share is read once, and a beginning that is already too far off is left with all that follows.

use super::image::Dict;
use super::points::slipped;

/// Words of more bytes are not compared: their beginnings, and none, must fit into one number.
const LONGEST: usize = 63;
const MOST: usize = 2;
const FAR: u8 = u8::MAX;

/// A typed word in which slips are forgiven.
#[derive(Debug)]
pub(super) struct Slips {
    /// Where each byte stands in it.
    places: Box<[u64; 256]>,
    /// All of its beginnings, and only the last.
    all: u64,
    last: u64,
    most: u8,
}

/// For none, one and two slips: the beginnings of the typed word that are within them of what was read.
#[derive(Clone, Copy, Debug)]
struct State {
    near: [u64; MOST + 1],
    /// The fewest slips in which all of the typed word was a beginning of what was read.
    least: u8,
}

impl Slips {
    /// One slip in words from four letters on, two from six on; `None` for words that are too short, or too long.
    pub fn of(word: &str) -> Option<Slips> {
        let most = match word.len() {
            0..=3 => return None,
            4..=5 => 1,
            6..=LONGEST => 2,
            _ => return None,
        };
        let mut places = Box::new([0u64; 256]);
        word.bytes().zip(0..).for_each(|(byte, n)| places[usize::from(byte)] |= 1u64 << n);
        let last = 1u64 << word.len();
        Some(Slips { places, all: last | (last - 1), last, most })
    }

    pub fn most(&self) -> u8 {
        self.most
    }

    /// What a known word is worth that is near, but neither equal nor a continuation.
    pub fn points(&self, known: &[u8]) -> Option<i32> {
        let mut state = self.start();
        for byte in known {
            state = self.step(state, *byte);
            if self.is_lost(&state) {
                break;
            }
        }
        self.is_near(&state).then(|| slipped(state.least, state.near[usize::from(self.most)] & self.last != 0))
    }

    /// Calls `note` with the place of each word that is worth something. `shared` says how many bytes each shares with
    /// the one before.
    pub fn walk(&self, words: Dict<'_>, shared: &[u8], mut note: impl FnMut(usize)) {
        let mut path = vec![self.start()];
        let mut lost = false;
        for (n, same) in shared.iter().enumerate() {
            let same = usize::from(*same);
            // One more byte than was read is shared with what was lost.
            if !(lost && same >= path.len() - 1) {
                path.truncate(same + 1);
                lost = self.follow(&mut path, words.key(n));
            }
            if path.last().is_some_and(|state| self.is_near(state)) {
                note(n);
            }
        }
    }

    /// Reads on from where the path stands; whether nothing that goes on from its end can be near.
    fn follow(&self, path: &mut Vec<State>, key: &[u8]) -> bool {
        let Some(mut state) = path.last().copied() else { return true };
        for byte in key.iter().skip(path.len() - 1) {
            state = self.step(state, *byte);
            path.push(state);
            if self.is_lost(&state) {
                return true;
            }
        }
        false
    }

    fn start(&self) -> State {
        let near = std::array::from_fn(|slips| (2u64 << slips) - 1);
        State { near, least: FAR }
    }

    fn step(&self, State { near: old, least }: State, byte: u8) -> State {
        let places = self.places[usize::from(byte)];
        let right = |near: u64| (near & places) << 1;
        let none = right(old[0]) & self.all;
        // A byte too many, another byte, a byte that was left out.
        let one = (right(old[1]) | old[0] | old[0] << 1 | none << 1) & self.all;
        let two = (right(old[2]) | old[1] | old[1] << 1 | one << 1) & self.all;
        let near = [none, one, two];
        let whole = near.iter().zip(0..=self.most).find(|(near, _)| *near & self.last != 0);
        State { near, least: whole.map_or(least, |(_, slips)| least.min(slips)) }
    }

    fn is_lost(&self, state: &State) -> bool {
        state.near[usize::from(self.most)] == 0
    }

    fn is_near(&self, state: &State) -> bool {
        (1..=self.most).contains(&state.least)
    }
}
