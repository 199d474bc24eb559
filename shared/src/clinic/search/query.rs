//! What a typed query asks for: words of a name, a birth date, digits of some number.

use crate::base::date::{Date, PartialDate, parse_typed};

use super::text::{digits, normal, phone_digits};

#[derive(Debug, Default)]
pub(super) struct Query {
    /// Words of a name or identifier, normalised.
    pub words: Vec<String>,
    pub birth: Option<Birth>,
    /// Runs of digits that may stand anywhere in a phone, NIK or record number.
    pub numbers: Vec<Number>,
    /// All words without spaces.
    pub joined: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Birth {
    Date(PartialDate),
    /// Day and month, the year being still untyped.
    Day(i8, i8),
}

#[derive(Debug)]
pub(super) struct Number {
    pub digits: String,
    /// The digits may be a birth date as well; either will do.
    pub birth: Option<PartialDate>,
}

impl Query {
    pub fn parse(typed: &str, today: Date) -> Query {
        let typed: String = typed.chars().take(120).collect();
        let parts: Vec<&str> = typed.split_whitespace().take(8).collect();
        let mut query = Query::default();
        let mut at = 0;
        while at < parts.len() {
            at += query.take_date(&parts[at..], today).unwrap_or_else(|| query.take(&parts[at..], today));
        }
        query.joined = query.words.concat();
        query
    }

    /// One word alone.
    pub fn of_word(word: &str) -> Query {
        Query { words: vec![word.to_owned()], joined: word.to_owned(), ..Query::default() }
    }

    pub fn of_number(number: Number) -> Query {
        Query { numbers: vec![number], ..Query::default() }
    }

    /// How the lists of the best name it, if it is one word or one number and nothing else.
    pub fn fragment(&self) -> Option<Vec<u8>> {
        match (self.words.as_slice(), self.numbers.as_slice(), self.birth) {
            ([word], [], None) => Some(word.clone().into_bytes()),
            ([], [number], None) if number.birth.is_none() => Some([b"\0", number.digits.as_bytes()].concat()),
            _ => None,
        }
    }

    pub fn is_blank(&self) -> bool {
        self.words.is_empty() && self.birth.is_none() && self.numbers.is_empty()
    }

    /// A date over one to three parts, the longest first: `14 Jul 1961`, `Jul 1961`, `14/7/61`.
    fn take_date(&mut self, parts: &[&str], today: Date) -> Option<usize> {
        if self.birth.is_some() {
            return None;
        }
        for count in (1..=parts.len().min(3)).rev() {
            let text = parts[..count].join(" ");
            // Digits alone may be part of a phone or record number too, and a part of a date is always some digits.
            let bare = text.chars().all(|c| c.is_ascii_digit() || c == ' ');
            if (bare && count != 3) || !text.contains(|c: char| c.is_ascii_digit()) || is_phone_like(&text) {
                continue;
            }
            let found = parse_typed(&text, today).map(Birth::Date).or_else(|| day_and_month(&text));
            if found.is_some() {
                self.birth = found;
                return Some(count);
            }
        }
        None
    }

    /// A number over all following parts that are digits and signs, else one part's words.
    fn take(&mut self, parts: &[&str], today: Date) -> usize {
        let numeric = |part: &&&str| part.chars().all(|c| c.is_ascii_digit() || "+-().".contains(c));
        let count = parts.iter().take_while(numeric).count();
        if count == 0 {
            self.words.extend(normal(parts[0]).split(' ').filter(|w| !w.is_empty()).map(str::to_owned));
            return 1;
        }
        let text = parts[..count].concat();
        let found = digits(&text);
        if found.is_empty() {
            return count;
        }
        let birth = if matches!(found.len(), 4 | 8) && count == 1 { parse_typed(&found, today) } else { None };
        let digits = if found.len() == 16 { found } else { phone_digits(&text) };
        self.numbers.push(Number { digits, birth });
        count
    }
}

/// `14/7` or `14 Jul`: a birthday whose year is still to come.
fn day_and_month(text: &str) -> Option<Birth> {
    let with_year = |year: i16| {
        let padded = format!("{text} {year}");
        Date::new(year, 1, 1).ok().and_then(|today| parse_typed(&padded, today))
    };
    match with_year(2000) {
        Some(PartialDate::Day(date)) => Some(Birth::Day(date.day(), date.month())),
        _ => None,
    }
}

fn is_phone_like(text: &str) -> bool {
    text.starts_with('+') || (text.starts_with('0') && text.chars().filter(char::is_ascii_digit).count() > 8)
}
