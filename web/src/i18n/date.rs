//! Dates as the clinic reads them: `14-Jul-1961`, months in words so that day and month are never swapped.
//! FHIR partial dates keep their precision; instants take the offset of the reader's clock as an argument.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, Unit};

use super::{t, t_args};

/// A FHIR date or dateTime, as precise as it is: `1961`, `Jul-1961`, `14-Jul-1961`. Anything else comes back as it is.
pub fn date(fhir: &str) -> String {
    match parts(fhir) {
        Some((year, None, _)) => year.to_string(),
        Some((year, Some(month), None)) => format!("{}-{year}", month_name(month)),
        Some((year, Some(month), Some(day))) => format!("{day:02}-{}-{year}", month_name(month)),
        None => fhir.to_owned(),
    }
}

/// A value with its FHIR dates and times written as people read them; everything else as it stands.
pub fn dates_within(value: &str) -> String {
    if !value.contains('-') {
        return value.to_owned();
    }
    value.split(' ').map(date_words).collect::<Vec<_>>().join(" ")
}

/// `2020-08-01T13:01:46+00:00` → 01-Aug-2020 13:01, by the clock that wrote it.
fn date_words(word: &str) -> String {
    let (day, time) = word.split_once('T').unwrap_or((word, ""));
    let is_day = day.len() == 10
        && day.bytes().enumerate().all(|(n, b)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() });
    match (is_day, time.get(..5)) {
        (false, _) => word.to_owned(),
        (true, Some(clock)) => format!("{} {clock}", date(day)),
        (true, None) => date(day),
    }
}

/// The day of an instant, for the reader whose clock is `offset` minutes ahead of UTC.
pub fn day(millis: i64, offset: i32) -> String {
    local(millis, offset).map(|at| date(&at.date().to_string())).unwrap_or_default()
}

/// `10:41`.
pub fn clock(millis: i64, offset: i32) -> String {
    local(millis, offset).map(|at| format!("{:02}:{:02}", at.hour(), at.minute())).unwrap_or_default()
}

/// `14-Jul-2026 10:41`.
pub fn day_and_clock(millis: i64, offset: i32) -> String {
    format!("{} {}", day(millis, offset), clock(millis, offset))
}

/// Today's time alone when it is today; else day and time.
pub fn when(millis: i64, now: i64, offset: i32) -> String {
    let same = local(millis, offset).map(|at| at.date()) == local(now, offset).map(|at| at.date());
    if same { clock(millis, offset) } else { day_and_clock(millis, offset) }
}

/// Today as `YYYY-MM-DD` by the reader's clock.
pub fn today(now: i64, offset: i32) -> String {
    local(now, offset).map(|at| at.date().to_string()).unwrap_or_default()
}

/// The age in words for a partial date of birth: days, weeks, months, then years. Empty when it cannot be known.
pub fn age(birth: &str, today: &str) -> String {
    let Some((year, month, day)) = parts(birth) else { return String::new() };
    let Ok(today) = today.parse::<Date>() else { return String::new() };
    let (Some(month), Some(day)) = (month, day) else {
        let years = i32::from(today.year()) - i32::from(year);
        return if years < 0 { String::new() } else { t_args("age-about-years", [("count", years.into())]) };
    };
    let Ok(born) = Date::new(year, month, day) else { return String::new() };
    let Ok(lived) = born.until((Unit::Year, today)) else { return String::new() };
    let days = born.until((Unit::Day, today)).map(|span| span.get_days()).unwrap_or_default();
    match (days, i32::from(lived.get_years()), lived.get_months()) {
        (..0, _, _) => String::new(),
        (0..28, _, _) => t_args("age-days", [("count", days.into())]),
        (_, 0, 0..3) => t_args("age-weeks", [("count", (days / 7).into())]),
        (_, 0, months) => t_args("age-months", [("count", months.into())]),
        (_, 1, months) => t_args("age-months", [("count", (12 + months).into())]),
        (_, years, _) => t_args("age-years", [("count", years.into())]),
    }
}

/// Years lived for a partial date of birth, if they can be known.
pub fn years(birth: &str, today: &str) -> Option<i32> {
    let (year, month, day) = parts(birth)?;
    let today: Date = today.parse().ok()?;
    let whole = i32::from(today.year()) - i32::from(year);
    let before = month.is_some_and(|m| (today.month(), today.day()) < (m, day.unwrap_or(1)));
    Some(whole - i32::from(before))
}

fn month_name(month: i8) -> String {
    t(MONTHS.get(month as usize - 1).copied().unwrap_or("month-1"))
}

const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8", "month-9", "month-10",
    "month-11", "month-12",
];

fn local(millis: i64, offset: i32) -> Option<DateTime> {
    let offset = Offset::from_seconds(offset.checked_mul(60)?).ok()?;
    Some(offset.to_datetime(Timestamp::from_millisecond(millis).ok()?))
}

/// Year, month, day of a FHIR date or dateTime, each as far as it is there and possible.
fn parts(fhir: &str) -> Option<(i16, Option<i8>, Option<i8>)> {
    let mut pieces = fhir.split('T').next()?.split('-');
    let year: i16 = pieces.next().filter(|p| p.len() == 4)?.parse().ok()?;
    let month = match pieces.next() {
        None => None,
        Some(text) => Some(text.parse::<i8>().ok().filter(|m| (1..=12).contains(m))?),
    };
    let day = match pieces.next() {
        None => None,
        Some(text) => Some(text.parse::<i8>().ok().filter(|d| (1..=31).contains(d))?),
    };
    Some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::super::{Lang, set_lang};
    use super::*;

    #[test]
    fn a_partial_date_shows_what_is_known_and_no_more() {
        set_lang(Lang::En);
        assert_eq!(date("1961"), "1961");
        assert_eq!(date("1961-07"), "Jul-1961");
        assert_eq!(date("1961-07-14"), "14-Jul-1961");
        assert_eq!(date("2026-07-14T10:41:00+07:00"), "14-Jul-2026");
        assert_eq!(date("soon"), "soon");
    }

    #[test]
    fn dates_inside_a_value_are_written_in_words_and_nothing_else_is_touched() {
        set_lang(Lang::En);
        assert_eq!(dates_within("2020-08-01T13:01:46+00:00 – 2020-08-02"), "01-Aug-2020 13:01 – 02-Aug-2020");
        assert_eq!(dates_within("urn:uuid:0af711aa-5601-49cd"), "urn:uuid:0af711aa-5601-49cd");
    }

    #[test]
    fn months_speak_the_readers_language() {
        set_lang(Lang::Id);
        assert_eq!(date("1961-08-17"), "17-Agu-1961");
        set_lang(Lang::En);
    }

    #[test]
    fn an_instant_is_shown_by_the_readers_clock() {
        // 2026-07-14T23:30:00Z is already the 15th in Jakarta.
        assert_eq!(day(1_784_071_800_000, 420), "15-Jul-2026");
        assert_eq!(clock(1_784_071_800_000, 420), "06:30");
    }

    #[test]
    fn an_age_is_told_in_the_unit_that_matters() {
        set_lang(Lang::En);
        assert_eq!(age("1961-07-14", "2026-07-14"), "65 years");
        assert_eq!(age("1961-07-15", "2026-07-14"), "64 years");
        assert_eq!(age("2026-07-10", "2026-07-14"), "4 days");
        assert_eq!(age("2025-05-14", "2026-07-14"), "14 months");
        assert_eq!(age("1961", "2026-07-14"), "about 65 years");
        assert_eq!(age("", "2026-07-14"), "");
        assert_eq!(age("2030-01-01", "2026-07-14"), "");
    }
}
