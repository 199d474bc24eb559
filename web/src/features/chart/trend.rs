//! Vital signs as the summary shows them: the last value, which way it moved, and the points of its line.
//! Blood pressure is one card of two series.

use lucerna_shared::clinic::vital::{Flag, VitalKind, VitalSeries};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrow {
    Up,
    Down,
    Level,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Card<'a> {
    pub kind: VitalKind,
    /// Plain decimal text, or two joined by a slash.
    pub value: String,
    pub unit: &'a str,
    pub flag: Flag,
    /// FHIR dateTime of the last point.
    pub at: &'a str,
    /// Against the value before it; none for a first value.
    pub arrow: Option<Arrow>,
    /// One series, or two for blood pressure: systolic first.
    pub series: Vec<&'a VitalSeries>,
}

/// The order in which a clinician reads them.
const ORDER: [VitalKind; 9] = [
    VitalKind::Systolic,
    VitalKind::HeartRate,
    VitalKind::RespiratoryRate,
    VitalKind::Temperature,
    VitalKind::OxygenSaturation,
    VitalKind::Weight,
    VitalKind::Height,
    VitalKind::Bmi,
    VitalKind::Pain,
];

pub fn cards(all: &[VitalSeries]) -> Vec<Card<'_>> {
    ORDER.iter().filter_map(|kind| card(all, *kind)).collect()
}

fn card(all: &[VitalSeries], kind: VitalKind) -> Option<Card<'_>> {
    let find = |kind| all.iter().find(|s| s.kind == kind && !s.points.is_empty());
    let first = find(kind)?;
    let last = first.points.last()?;
    let mut card = Card {
        kind,
        value: shown(kind, last.value),
        unit: &first.unit,
        flag: last.flag,
        at: &last.at,
        arrow: arrow(first),
        series: vec![first],
    };
    if kind == VitalKind::Systolic
        && let Some(diastolic) = find(VitalKind::Diastolic)
        && let Some(low) = diastolic.points.last().filter(|p| p.at == last.at)
    {
        card.value = format!("{}/{}", shown(kind, last.value), shown(VitalKind::Diastolic, low.value));
        card.flag = graver(last.flag, low.flag);
        card.series.push(diastolic);
    }
    Some(card)
}

fn arrow(series: &VitalSeries) -> Option<Arrow> {
    let [.., before, last] = &series.points[..] else { return None };
    Some(match last.value.partial_cmp(&before.value)? {
        std::cmp::Ordering::Greater => Arrow::Up,
        std::cmp::Ordering::Less => Arrow::Down,
        std::cmp::Ordering::Equal => Arrow::Level,
    })
}

/// The one of two flags that a clinician must not miss.
fn graver(a: Flag, b: Flag) -> Flag {
    let weight = |f: Flag| match f {
        Flag::None => 0,
        Flag::Low | Flag::High => 1,
        Flag::Implausible => 2,
        Flag::CriticalLow | Flag::CriticalHigh => 3,
    };
    if weight(b) > weight(a) { b } else { a }
}

/// Where a FHIR date or dateTime stands on the axis of time, in milliseconds; a day without a time is its midnight UTC.
pub fn millis(fhir: &str) -> Option<f64> {
    if let Ok(at) = fhir.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond() as f64);
    }
    let day = match fhir.len() {
        4 => format!("{fhir}-01-01"),
        7 => format!("{fhir}-01"),
        _ => fhir.get(..10)?.to_owned(),
    };
    let day: jiff::civil::Date = day.parse().ok()?;
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond() as f64)
}

/// As many decimals as the kind is told with, no trailing zero: 36.8, 129.
fn shown(kind: VitalKind, value: f64) -> String {
    let text = format!("{value:.*}", kind.decimals());
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use lucerna_shared::clinic::vital::VitalPoint;

    use super::*;

    fn series(kind: VitalKind, values: &[f64]) -> VitalSeries {
        let points = values
            .iter()
            .enumerate()
            .map(|(n, value)| VitalPoint { at: format!("2026-07-{:02}", n + 1), value: *value, flag: Flag::None })
            .collect();
        VitalSeries { kind, unit: "mm[Hg]".into(), points }
    }

    #[test]
    fn blood_pressure_is_one_card_of_two_series() {
        let all = [series(VitalKind::Diastolic, &[80.0, 92.0]), series(VitalKind::Systolic, &[120.0, 148.0])];
        let cards = cards(&all);
        assert_eq!(cards.len(), 1);
        assert_eq!((cards[0].value.as_str(), cards[0].arrow, cards[0].series.len()), ("148/92", Some(Arrow::Up), 2));
    }

    #[test]
    fn a_diastolic_of_another_day_is_not_joined_to_this_systolic() {
        let all = [series(VitalKind::Systolic, &[120.0, 148.0]), series(VitalKind::Diastolic, &[80.0])];
        assert_eq!(cards(&all)[0].value, "148");
    }

    #[test]
    fn partial_dates_have_a_place_on_the_axis() {
        assert_eq!(millis("1970-01-02"), Some(86_400_000.0));
        assert_eq!(millis("1970-01-01T01:00:00+01:00"), Some(0.0));
        assert_eq!(millis("1970"), Some(0.0));
        assert_eq!(millis("soon"), None);
    }

    #[test]
    fn a_first_value_has_no_arrow_and_no_trailing_zero() {
        let all = [series(VitalKind::Temperature, &[37.0])];
        let card = &cards(&all)[0];
        assert_eq!((card.value.as_str(), card.arrow), ("37", None));
    }
}
