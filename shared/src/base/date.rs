//! FHIR partial dates (`YYYY`, `YYYY-MM`, `YYYY-MM-DD`), typed dates, FHIR dateTimes and ages, over jiff civil dates.
//! Reads no clock: today is always an argument. Shows nothing: words for dates belong to the pages.

use std::fmt;

pub use jiff::civil::Date;

use super::time::Timestamp;

/// A date known to the year, the month or the day, as FHIR's `date` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialDate {
    Year(i16),
    Month(i16, i8),
    Day(Date),
}

/// Completed years, and the months and days beyond them, for showing the ages of children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    pub years: i32,
    /// Months in all since birth.
    pub months: i32,
    /// Days in all since birth.
    pub days: i32,
}

impl PartialDate {
    /// The strict FHIR form; also takes the date part of a dateTime.
    pub fn parse(text: &str) -> Option<PartialDate> {
        let text = text.split_once('T').map_or(text, |(date, _)| date);
        if !text.is_ascii() || !matches!(text.len(), 4 | 7 | 10) {
            return None;
        }
        let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i16>().ok()).flatten();
        let year = number(&text[..4])?;
        if text.len() == 4 {
            return (year > 0).then_some(PartialDate::Year(year));
        }
        let month = number(&text[5..7])? as i8;
        if &text[4..5] != "-" || year == 0 || !(1..=12).contains(&month) {
            return None;
        }
        if text.len() == 7 {
            return Some(PartialDate::Month(year, month));
        }
        let day = number(&text[8..])? as i8;
        if &text[7..8] != "-" { None } else { Date::new(year, month, day).ok().map(PartialDate::Day) }
    }

    pub fn year(self) -> i16 {
        match self {
            PartialDate::Year(year) | PartialDate::Month(year, _) => year,
            PartialDate::Day(date) => date.year(),
        }
    }

    /// The first day that it may mean.
    pub fn first_day(self) -> Date {
        match self {
            PartialDate::Year(year) => civil(year, 1, 1),
            PartialDate::Month(year, month) => civil(year, month, 1),
            PartialDate::Day(date) => date,
        }
    }

    /// The last day that it may mean.
    pub fn last_day(self) -> Date {
        match self {
            PartialDate::Year(year) => civil(year, 12, 31),
            PartialDate::Month(year, month) => civil(year, month, 1).last_of_month(),
            PartialDate::Day(date) => date,
        }
    }

    /// Whether both may mean the same day.
    pub fn overlaps(self, other: PartialDate) -> bool {
        self.first_day() <= other.last_day() && other.first_day() <= self.last_day()
    }

    /// Age on a day, counted from the middle of what is known; `None` before birth.
    pub fn age_on(self, today: Date) -> Option<Age> {
        let born = match self {
            PartialDate::Year(year) => civil(year, 7, 1).min(today.max(self.first_day())),
            PartialDate::Month(year, month) => civil(year, month, 15).min(today.max(self.first_day())),
            PartialDate::Day(date) => date,
        };
        let days = days_between(born, today);
        if days < 0 {
            return None;
        }
        let whole_months =
            (i32::from(today.year()) - i32::from(born.year())) * 12 + i32::from(today.month() - born.month());
        let months = whole_months - i32::from(today.day() < born.day());
        Some(Age { years: months / 12, months, days })
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartialDate::Year(year) => write!(f, "{year:04}"),
            PartialDate::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            PartialDate::Day(d) => write!(f, "{:04}-{:02}-{:02}", d.year(), d.month(), d.day()),
        }
    }
}

/// Days from one date to another; negative when `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i32 {
    epoch_day(to) - epoch_day(from)
}

/// Reads a date as people type it, day before month: `14/7/1961`, `14-07-61`, `14 Jul 1961`, `14 Juli 1961`,
/// `14071961`, `Jul 1961`, `7/1961`, `1961`, and the FHIR forms. Two-digit years are taken as past ones.
pub fn parse_typed(text: &str, today: Date) -> Option<PartialDate> {
    let text = text.trim();
    if let Some(date) = PartialDate::parse(text).filter(|d| plausible(d.year()).is_some()) {
        return Some(date);
    }
    let tokens = tokens(text)?;
    let year = |t: &Token| match t {
        Token::Number(n, 4) => plausible(*n as i16),
        Token::Number(n, 2) => Some(full_year(*n as i16, today)),
        _ => None,
    };
    let month = |t: &Token| match t {
        Token::Month(m) => Some(*m),
        Token::Number(n @ 1..=12, 1 | 2) => Some(*n as i8),
        _ => None,
    };
    let day = |t: &Token| match t {
        Token::Number(n @ 1..=31, 1 | 2) => Some(*n as i8),
        _ => None,
    };
    let date = |y: i16, m: i8, d: i8| Date::new(y, m, d).ok().map(PartialDate::Day);
    match tokens.as_slice() {
        [Token::Number(n, 8)] => {
            let (first, middle, last) = (*n / 1_000_000, *n / 10_000 % 100, *n % 10_000);
            let day_first = plausible(last as i16).and_then(|y| date(y, middle as i8, first as i8));
            let year_first = || {
                let (y, m, d) = (*n / 10_000, *n / 100 % 100, *n % 100);
                plausible(y as i16).and_then(|y| date(y, m as i8, d as i8))
            };
            day_first.or_else(year_first)
        }
        [only @ Token::Number(_, 4)] => year(only).map(PartialDate::Year),
        [y @ Token::Number(_, 4), m] => Some(PartialDate::Month(year(y)?, month(m)?)),
        [m, y @ Token::Number(_, 4)] => Some(PartialDate::Month(year(y)?, month(m)?)),
        [y @ Token::Number(_, 4), m, d] => date(year(y)?, month(m)?, day(d)?),
        [m @ Token::Month(_), d, y] => date(year(y)?, month(m)?, day(d)?),
        [d, m, y] => date(year(y)?, month(m)?, day(d)?),
        _ => None,
    }
}

/// The civil date of an instant at an offset from UTC.
pub fn civil_date(at: Timestamp, offset_minutes: i32) -> Date {
    from_epoch_day(local_millis(at, offset_minutes).div_euclid(DAY_MS))
}

/// A FHIR dateTime with seconds and offset, e.g. `2026-03-12T10:42:00+07:00`.
pub fn fhir_datetime(at: Timestamp, offset_minutes: i32) -> String {
    let local = local_millis(at, offset_minutes);
    let seconds = local.rem_euclid(DAY_MS) / 1000;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let date = PartialDate::Day(civil_date(at, offset_minutes));
    let (sign, offset) = if offset_minutes < 0 { ('-', -offset_minutes) } else { ('+', offset_minutes) };
    format!("{date}T{h:02}:{m:02}:{s:02}{sign}{:02}:{:02}", offset / 60, offset % 60)
}

/// A FHIR instant in UTC with milliseconds.
pub fn fhir_instant(at: Timestamp) -> String {
    let text = fhir_datetime(at, 0);
    format!("{}.{:03}Z", text.trim_end_matches("+00:00"), at.0.rem_euclid(1000))
}

/// The instant that a FHIR date, dateTime or instant begins; dates without a time count from midnight UTC.
pub fn instant_of(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let day = i64::from(epoch_day(PartialDate::parse(date)?.first_day())) * DAY_MS;
    let Some(time) = time else { return Some(Timestamp(day)) };
    let number = |range: std::ops::Range<usize>| time.get(range).and_then(|t| t.parse::<i64>().ok());
    let seconds = number(0..2)? * 3600 + number(3..5)? * 60 + number(6..8).unwrap_or(0);
    let rest = time.get(5..)?;
    let millis = rest.split_once('.').map_or(0, |(_, fraction)| {
        let digits: String = fraction.chars().take_while(char::is_ascii_digit).chain("000".chars()).take(3).collect();
        digits.parse::<i64>().unwrap_or(0)
    });
    let zone = rest.find(['+', '-']).and_then(|at| rest.get(at..));
    let offset = match zone {
        Some(zone) => {
            let minutes = zone.get(1..3)?.parse::<i64>().ok()? * 60 + zone.get(4..6)?.parse::<i64>().ok()?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
        None => 0,
    };
    Some(Timestamp(day + seconds * 1000 + millis - offset * 60_000))
}

/// Days since 1970-01-01.
pub fn epoch_day(date: Date) -> i32 {
    // Hinnant's days_from_civil: exact for the proleptic Gregorian calendar.
    let (y, m, d) = (i32::from(date.year()), i32::from(date.month()), i32::from(date.day()));
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let day_of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    let year_of_era = y.rem_euclid(400);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date so many days after 1970-01-01, held within what jiff can say.
pub fn from_epoch_day(day: i64) -> Date {
    let z = day.clamp(-4_371_587, 2_932_896) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (d, m) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    civil((yoe + era * 400 + i64::from(m <= 2)) as i16, m as i8, d as i8)
}

const DAY_MS: i64 = 86_400_000;

fn local_millis(at: Timestamp, offset_minutes: i32) -> i64 {
    at.0.saturating_add(i64::from(offset_minutes) * 60_000)
}

/// For numbers known to be a date; never reached otherwise.
fn civil(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap_or(Date::ZERO)
}

enum Token {
    /// A number and how many digits it was written with.
    Number(u32, usize),
    Month(i8),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = |c: char| {
            if c.is_ascii_digit() {
                1
            } else if c.is_alphabetic() {
                2
            } else {
                0
            }
        };
        let end = rest.find(|c| class(c) != class(first)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        rest = after;
        match class(first) {
            1 if token.len() <= 8 => tokens.push(Token::Number(token.parse().ok()?, token.len())),
            2 => tokens.push(Token::Month(month_named(token)?)),
            0 if token.chars().all(|c| " /-.,".contains(c)) => {}
            _ => return None,
        }
        if tokens.len() > 3 {
            return None;
        }
    }
    Some(tokens)
}

/// English and Indonesian month names, whole or from three letters on.
fn month_named(word: &str) -> Option<i8> {
    const NAMES: [&[&str]; 12] = [
        &["january", "januari"],
        &["february", "februari", "pebruari"],
        &["march", "maret"],
        &["april"],
        &["may", "mei"],
        &["june", "juni"],
        &["july", "juli"],
        &["august", "agustus", "agt", "ags"],
        &["september"],
        &["october", "oktober"],
        &["november", "nopember"],
        &["december", "desember"],
    ];
    let word = word.to_lowercase();
    if word.len() < 3 {
        return None;
    }
    NAMES.iter().position(|names| names.iter().any(|name| name.starts_with(&word))).map(|i| i as i8 + 1)
}

fn plausible(year: i16) -> Option<i16> {
    (1850..=2150).contains(&year).then_some(year)
}

fn full_year(two_digits: i16, today: Date) -> i16 {
    let this_century = today.year() / 100 * 100 + two_digits;
    if this_century > today.year() { this_century - 100 } else { this_century }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    fn typed(text: &str) -> String {
        parse_typed(text, TODAY).map(|d| d.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_usual_typed_form_of_a_day_is_read_day_first() {
        for text in [
            "14/7/1961",
            "14-07-61",
            "14.7.1961",
            "14 Jul 1961",
            "14 Juli 1961",
            "1961-07-14",
            "14071961",
            "19610714",
            "14jul61",
            "July 14, 1961",
        ] {
            assert_eq!(typed(text), "1961-07-14", "{text}");
        }
        assert_eq!(typed("1961"), "1961");
        assert_eq!(typed("7/1961"), "1961-07");
        assert_eq!(typed("Agt 1961"), "1961-08");
        assert_eq!(typed("1-2-26"), "2026-02-01");
        assert_eq!(typed("1-2-27"), "1927-02-01");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "31/2/1961", "07/14/1961", "14/7/61/2", "Siti", "12", "081234567", "1961-13", "14/7/0061", "０"]
        {
            assert_eq!(typed(text), "", "{text}");
        }
    }

    #[test]
    fn an_age_is_counted_in_full_years_and_in_days_for_babies() {
        let age =
            |born: &str| PartialDate::parse(born).and_then(|d| d.age_on(TODAY)).map(|a| (a.years, a.months, a.days));
        assert_eq!(age("1961-11-22").map(|a| a.0), Some(65));
        assert_eq!(age("1961-11-23").map(|a| a.0), Some(64));
        assert_eq!(age("2026-11-20"), Some((0, 0, 2)));
        assert_eq!(age("2025-12-22"), Some((0, 11, 335)));
        assert_eq!(age("1986").map(|a| a.0), Some(40));
        assert_eq!(age("2026"), Some((0, 4, 144)));
        assert_eq!(age("2027-01-01"), None);
    }

    #[test]
    fn a_datetime_reads_back_to_its_instant() {
        assert_eq!(fhir_datetime(Timestamp(1_773_286_920_000), 420), "2026-03-12T10:42:00+07:00");
        assert_eq!(instant_of("2026-03-12T10:42:00+07:00"), Some(Timestamp(1_773_286_920_000)));
        assert_eq!(fhir_instant(Timestamp(1_773_286_920_045)), "2026-03-12T03:42:00.045Z");
        assert_eq!(instant_of("2026-03-12T03:42:00.045Z"), Some(Timestamp(1_773_286_920_045)));
        assert_eq!(instant_of("2026-03"), instant_of("2026-03-01"));
        assert_eq!(instant_of("nonsense"), None);
    }

    proptest! {
        #[test]
        fn days_and_instants_go_there_and_back(day in -200_000i64..200_000, offset in -840i32..=840, ms in 0i64..86_400_000) {
            let date = from_epoch_day(day);
            prop_assert_eq!(i64::from(epoch_day(date)), day);
            prop_assert_eq!(date.checked_add(jiff::Span::new().days(1)).ok(), Some(from_epoch_day(day + 1)));
            let at = Timestamp((day * 86_400_000 + ms) / 1000 * 1000);
            prop_assert_eq!(instant_of(&fhir_datetime(at, offset)), Some(at));
            let partial = PartialDate::Day(date);
            prop_assert_eq!(PartialDate::parse(&partial.to_string()), Some(partial));
            if (1850..=2026).contains(&date.year()) {
                let text = format!("{}/{}/{}", date.day(), date.month(), date.year());
                prop_assert_eq!(parse_typed(&text, TODAY), Some(partial));
            }
        }

        #[test]
        fn reading_dates_never_panics(text in "\\PC{0,24}") {
            let _ = (PartialDate::parse(&text), parse_typed(&text, TODAY), instant_of(&text));
        }
    }
}
