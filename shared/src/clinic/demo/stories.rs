//! The histories themselves: which visits a person had, what was said, measured, found and given.
//! Plausible, not exemplary: nobody should learn medicine here.

mod acute;
mod chronic;
mod family;
mod lungs;

use crate::base::date::{Date, days_between};
use crate::clinic::vital::VitalKind;

use super::build::Chart;
use super::catalog::COVID;
use super::people::Story;

/// Writes the whole history of the chart's person.
pub fn tell(chart: &mut Chart<'_>) {
    let story = chart.person.story;
    match story {
        Story::Chronic { pressure, sugar, lipids, gout } => {
            chronic::tell(chart, chronic::Ills { pressure, sugar, lipids, gout });
        }
        Story::Asthma => lungs::asthma(chart),
        Story::Tuberculosis { days } => lungs::tuberculosis(chart, days),
        Story::Antenatal { weeks } => family::antenatal(chart, weeks),
        Story::Child => family::child(chart),
        Story::Acute => acute::tell(chart),
    }
    covid(chart);
}

/// Two doses in the summer of 2021, for most who were grown up by then.
fn covid(chart: &mut Chart<'_>) {
    let first = Date::new(2021, 7, 5).map(|date| i64::from(days_between(date, chart.day(0)))).unwrap_or(0);
    if first < chart.until + 28 || chart.years_at(first) < 18 || !chart.random.percent(70) {
        return;
    }
    let at = chart.noon(first);
    chart.immunize(at, "", COVID, 1);
    let at = chart.noon(first - 28);
    chart.immunize(at, "", COVID, 2);
}

/// The vital signs of someone who is not ill, as a nurse takes them.
fn quiet_vitals(chart: &mut Chart<'_>, systolic: f64, diastolic: f64) -> Vec<(VitalKind, f64)> {
    let random = &mut chart.random;
    vec![
        (VitalKind::Systolic, even(random.near(systolic, 9.0))),
        (VitalKind::Diastolic, even(random.near(diastolic, 6.0))),
        (VitalKind::HeartRate, random.near(77.0, 12.0)),
    ]
}

/// Pressures are read off in steps of two.
fn even(value: f64) -> f64 {
    (value / 2.0).round() * 2.0
}
