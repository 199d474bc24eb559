//! How well one patient of an image fits a query, and who of them may fit at all. The rarest fragment says who is looked
//! at; the others are held against their words, which the image knows as numbers.

use std::cell::RefCell;
use std::ops::Range;

use super::image::{Dict, Image, Names, NamesOf, packed_birth};
use super::points::{EXACT, ID_EXACT, ID_PREFIX, JOINED, begun, begun_joined, placed};
use super::query::{Birth, Number, Query};
use super::slips::Slips;

const UNSEEN: i32 = 0;
const FAR: i32 = -1;
/// Of so many identifiers on, a column is quicker than a sorted list.
const MANY: usize = 1024;

pub(super) struct Fit<'a> {
    image: &'a Image,
    names: Names<'a>,
    words: Vec<Word<'a>>,
    /// Names that begin with all words, unspaced.
    unspaced: Range<usize>,
    identified: Identified,
    numbers: Vec<Digits<'a>>,
    birth: Option<Asked>,
}

/// One word of the query, in the image's terms.
struct Word<'a> {
    text: &'a [u8],
    /// Words of names that begin so.
    names: Range<usize>,
    /// The whole word, if it is known.
    exact: Option<usize>,
    /// Known words with which it begins: only a name whose first word is one of them may go on with the rest of it.
    shorter: Vec<usize>,
    /// Whole names that begin so.
    joined: Range<usize>,
    slips: Option<Near>,
}

/// Slips in one word, and what each known word was seen to be worth: names are shared by many.
struct Near {
    slips: Slips,
    /// For each known word its points, `UNSEEN` or `FAR`.
    seen: RefCell<Vec<i32>>,
}

struct Digits<'a> {
    number: &'a Number,
    identified: Identified,
    birth: Option<Asked>,
}

/// Which fragment says who is looked at.
#[derive(Clone, Copy)]
enum Driver {
    Word(usize),
    Number(usize),
    Birth,
}

impl<'a> Fit<'a> {
    pub fn new(image: &'a Image, query: &'a Query, with_slips: bool) -> Fit<'a> {
        let (names, dict) = (image.names(), image.words());
        let near = |word: &str| {
            let slips = Slips::of(word).filter(|_| with_slips)?;
            Some(Near { slips, seen: RefCell::new(vec![UNSEEN; dict.len()]) })
        };
        let words = query.words.iter().map(|word| {
            let text = word.as_bytes();
            let (known, shorter) = dict.along(text);
            let exact = Some(known.start).filter(|n| !known.is_empty() && dict.key_len(*n) == text.len());
            let joined = if shorter.is_empty() { 0..0 } else { names.joined_beginning(text) };
            Word { text, names: known, exact, shorter, joined, slips: near(word) }
        });
        // Spaces do not count: "siti aminah" also finds "Sitiaminah".
        let spaced = with_slips && query.words.len() > 1;
        let unspaced = if spaced { dict.beginning(query.joined.as_bytes()) } else { 0..0 };
        let coded = query.joined.contains(|c: char| c.is_ascii_digit());
        let numbers = query.numbers.iter().map(|number| Digits {
            number,
            identified: Identified::by(image, number.digits.as_bytes()),
            birth: number.birth.map(|birth| Asked::new(Birth::Date(birth))),
        });
        Fit {
            image,
            names,
            words: words.collect(),
            unspaced,
            identified: if coded { Identified::by(image, query.joined.as_bytes()) } else { Identified::default() },
            numbers: numbers.collect(),
            birth: query.birth.map(Asked::new),
        }
    }

    /// Calls `take` once with each slot that fits, and its points.
    pub fn each(&self, mut take: impl FnMut(u32, i32)) {
        let mut seen = vec![0u64; self.image.len().div_ceil(64)];
        self.likely(|slot| {
            let bit = 1u64 << (slot % 64);
            let Some(bits) = seen.get_mut(slot as usize / 64).filter(|bits| **bits & bit == 0) else { return };
            *bits |= bit;
            if let Some(points) = self.points(slot) {
                take(slot, points);
            }
        });
    }

    /// Points but for recency.
    fn points(&self, slot: u32) -> Option<i32> {
        let mut sum = 0;
        if !self.words.is_empty() {
            let names = self.names.of(slot);
            let all = self.words.iter().map(|word| word.points(&self.names, names)).sum::<Option<i32>>();
            let unspaced = || names.words().any(|n| self.unspaced.contains(&(n as usize))).then_some(JOINED);
            sum = all.or_else(unspaced).or_else(|| self.identified.points(slot))?;
            // The whole name, and nothing but it.
            if names.shown().map(|n| Some(n as usize)).eq(self.words.iter().map(|word| word.exact)) {
                sum += EXACT;
            }
        }
        for digits in &self.numbers {
            sum += digits.points(self.image, slot)?;
        }
        match self.birth {
            Some(birth) => birth.fits(self.image.birth(slot)).then_some(sum + EXACT),
            None => Some(sum),
        }
    }

    /// Everybody who may fit, some more than once.
    fn likely(&self, mut look: impl FnMut(u32)) {
        match self.driver() {
            Some(Driver::Word(n)) => {
                let Some(word) = self.words.get(n) else { return };
                let dict = self.image.words();
                dict.slots(word.names.clone()).for_each(&mut look);
                word.joined.clone().for_each(|n| look(self.names.joined_slot(n)));
                if let Some(Near { slips, .. }) = &word.slips {
                    slips.walk(dict, self.image.words_shared(), |n| dict.slots(n..n + 1).for_each(&mut look));
                }
                dict.slots(self.unspaced.clone()).for_each(&mut look);
                self.identified.each(look);
            }
            Some(Driver::Number(n)) => {
                let Some(digits) = self.numbers.get(n) else { return };
                self.image.digits().find(&digits.number.digits, &mut look);
                digits.identified.each(&mut look);
                digits.birth.into_iter().for_each(|birth| birth.slots(self.image).for_each(&mut look));
            }
            Some(Driver::Birth) => self.birth.into_iter().for_each(|birth| birth.slots(self.image).for_each(&mut look)),
            None => {}
        }
    }

    /// The fragment by which the fewest have to be looked at.
    fn driver(&self) -> Option<Driver> {
        let dict = self.image.words();
        // To walk the words costs the more, the more slips are forgiven.
        let walk = |word: &Word| word.slips.as_ref().map_or(0, |near| usize::from(near.slips.most()) * dict.len() / 4);
        let words = self.words.iter().map(|word| dict.count(&word.names) + word.joined.len() + walk(word));
        let words = words.enumerate().map(|(n, cost)| (cost, Driver::Word(n)));
        // A column of birth dates is read quickly.
        let column = self.image.len() / 8;
        let numbers = self.numbers.iter().map(|digits| {
            let born = if digits.birth.is_some() { column } else { 0 };
            self.image.digits().estimate(&digits.number.digits) + digits.identified.len() + born
        });
        let numbers = numbers.enumerate().map(|(n, cost)| (cost, Driver::Number(n)));
        let birth = self.birth.map(|_| (column, Driver::Birth));
        words.chain(numbers).chain(birth).min_by_key(|(cost, _)| *cost).map(|(_, driver)| driver)
    }
}

impl Word<'_> {
    fn points(&self, known: &Names<'_>, names: NamesOf<'_>) -> Option<i32> {
        let dict = known.words;
        let words = names.words().map(|n| n as usize);
        let begin = words.clone().filter(|n| self.names.contains(n));
        let best = begin.map(|n| begun(dict.key_len(n), self.text.len())).max();
        // Where the first word begins so, it is worth more than the whole name.
        let goes_on =
            |turned: &bool| names.turned(*turned).next().is_some_and(|n| self.shorter.contains(&(n as usize)));
        let joined = || {
            let orders = names.orders().filter(goes_on);
            let orders = orders.filter_map(|turned| known.joined_with(names, turned, self.text));
            orders.map(|len| begun_joined(len, self.text.len())).max()
        };
        let best = if self.joined.is_empty() { best } else { best.max(joined()) };
        let Some(near) = &self.slips else { return best };
        best.max(words.filter_map(|n| near.points(dict, n)).max())
    }
}

impl Near {
    fn points(&self, words: Dict<'_>, n: usize) -> Option<i32> {
        let mut seen = self.seen.borrow_mut();
        let known = seen.get_mut(n)?;
        if *known == UNSEEN {
            *known = self.slips.points(words.key(n)).unwrap_or(FAR);
        }
        Some(*known).filter(|points| *points != FAR)
    }
}

impl Digits<'_> {
    fn points(&self, image: &Image, slot: u32) -> Option<i32> {
        let place = image.digits().place(slot, self.number.digits.as_bytes()).map(placed);
        let best = place.max(self.identified.points(slot));
        // Digits that may be a birth date as well; either will do.
        let born = self.birth.filter(|birth| birth.fits(image.birth(slot))).map(|_| EXACT);
        if best.is_none() && born.is_none() { None } else { Some(best.unwrap_or(0) + born.unwrap_or(0)) }
    }
}

/// Who has an identifier that begins in some way.
#[derive(Default)]
struct Identified {
    /// Few, sorted.
    few: Vec<(u32, i32)>,
    /// Many: by slot, 1 for a beginning and 2 for the whole.
    many: Vec<u8>,
    len: usize,
}

impl Identified {
    fn by(image: &Image, begin: &[u8]) -> Identified {
        let dict = image.identifiers();
        let keys = dict.beginning(begin);
        let whole = if !keys.is_empty() && dict.key_len(keys.start) == begin.len() { 1 } else { 0 };
        let (exact, longer) = (keys.start..keys.start + whole, keys.start + whole..keys.end);
        let len = dict.count(&keys);
        if len <= MANY {
            let exact = dict.slots(exact).map(|slot| (slot, ID_EXACT));
            let mut few: Vec<(u32, i32)> = exact.chain(dict.slots(longer).map(|slot| (slot, ID_PREFIX))).collect();
            few.sort_unstable_by_key(|(slot, points)| (*slot, -points));
            few.dedup_by_key(|(slot, _)| *slot);
            return Identified { few, many: Vec::new(), len };
        }
        let mut many = vec![0; image.len()];
        let mut mark = |slots: Range<usize>, mark: u8| {
            dict.slots(slots).for_each(|slot| many.get_mut(slot as usize).into_iter().for_each(|place| *place = mark));
        };
        mark(longer, 1);
        mark(exact, 2);
        Identified { few: Vec::new(), many, len }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn points(&self, slot: u32) -> Option<i32> {
        match self.many.get(slot as usize) {
            Some(2) => Some(ID_EXACT),
            Some(1) => Some(ID_PREFIX),
            _ => {
                self.few.binary_search_by_key(&slot, |(slot, _)| *slot).ok().and_then(|n| self.few.get(n)).map(|f| f.1)
            }
        }
    }

    fn each(&self, mut look: impl FnMut(u32)) {
        self.few.iter().for_each(|(slot, _)| look(*slot));
        (0u32..).zip(&self.many).filter(|(_, mark)| **mark > 0).for_each(|(slot, _)| look(slot));
    }
}

/// A birth date asked for, compared by its bits with packed ones.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    year: u32,
    month: u32,
    day: u32,
    exactly: bool,
}

impl Asked {
    pub fn new(birth: Birth) -> Asked {
        let (packed, exactly) = match birth {
            Birth::Date(date) => (packed_birth(Some(date)), false),
            Birth::Day(day, month) => ((month as u32) << 5 | day as u32, true),
        };
        Asked { year: packed >> 9, month: packed >> 5 & 15, day: packed & 31, exactly }
    }

    /// Both may be the same day if they agree in all that both know; a birthday must be known to the day.
    fn fits(self, born: u32) -> bool {
        let (year, month, day) = (born >> 9, born >> 5 & 15, born & 31);
        if self.exactly {
            return (month, day) == (self.month, self.day);
        }
        let agree = |a: u32, b: u32| a == b || a == 0 || b == 0;
        year != 0 && year == self.year && agree(month, self.month) && agree(day, self.day)
    }

    pub fn slots(self, image: &Image) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(image.births()).filter(move |(_, born)| self.fits(*born)).map(|(slot, _)| slot)
    }
}
