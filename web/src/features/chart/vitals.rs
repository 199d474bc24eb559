//! Draws vital signs: cards of last values with arrows and small lines, and one large chart for each kind.

use lucerna_shared::clinic::vital::{Flag, VitalKind, VitalSeries};
use yew::prelude::*;

use super::trend::{self, Arrow, Card, millis};
use crate::i18n::number::number;
use crate::i18n::unit::unit;
use crate::i18n::{date, t};
use crate::ui::Nothing;
use crate::ui::trend::{Mark, Series, Sparkline, Trend};

/// The points of a small line: more than these do not fit into its width.
const SPARK_POINTS: usize = 24;

pub fn cards(all: &[VitalSeries]) -> Html {
    let cards = trend::cards(all);
    if cards.is_empty() {
        return html! { <p class="card-empty">{ t("chart-no-vitals") }</p> };
    }
    html! { <ul class="vital-cards">{ for cards.iter().map(card) }</ul> }
}

fn card(card: &Card<'_>) -> Html {
    let marks = card.series.first().map(|s| marks(s, SPARK_POINTS)).unwrap_or_default();
    let flag = flag_key(card.flag);
    html! {
        <li class={classes!("vital-card", flag.map(|_| "flagged"))}>
            <span class="vital-card-name">
                <abbr title={t(name_key(card.kind))}>{ t(short_key(card.kind)) }</abbr>
                if let Some(key) = flag { <span class="tag warning">{ t(key) }</span> }
            </span>
            <span class="vital-card-value">
                <b>{ written(&card.value) }</b>
                <span class="vital-card-unit">{ unit(card.unit).to_owned() }</span>
                { arrow(card.arrow) }
            </span>
            <Sparkline {marks} />
            <span class="vital-card-foot">{ date::date(card.at) }</span>
        </li>
    }
}

/// One large chart for each kind, with its table for screen readers.
pub fn charts(all: &[VitalSeries]) -> Html {
    let cards = trend::cards(all);
    if cards.is_empty() {
        return html! { <Nothing text_key="chart-no-vitals" /> };
    }
    html! {
        <div class="vital-charts">
            { for cards.iter().map(|card| {
                let series: Vec<Series> = card.series.iter().map(|s| Series { name: t(name_of(s.kind)).into(), marks: marks(s, usize::MAX) }).collect();
                html! {
                    <section class="card vital-chart" key={name_key(card.kind)}>
                        <Trend title={t(name_key(card.kind))} unit={unit(card.unit).to_owned()} {series} />
                    </section>
                }
            }) }
        </div>
    }
}

fn marks(series: &VitalSeries, last: usize) -> Vec<Mark> {
    let skip = series.points.len().saturating_sub(last);
    let points = series.points.iter().skip(skip);
    points
        .filter_map(|p| {
            Some(Mark { at: p.at.clone().into(), t: millis(&p.at)?, value: p.value, flagged: p.flag != Flag::None })
        })
        .collect()
}

/// Words for screen readers, a glyph for eyes.
fn arrow(arrow: Option<Arrow>) -> Html {
    let (glyph, key) = match arrow {
        None => return html! {},
        Some(Arrow::Up) => ("↑", "chart-rising"),
        Some(Arrow::Down) => ("↓", "chart-falling"),
        Some(Arrow::Level) => ("→", "chart-level"),
    };
    html! { <span class="vital-card-arrow"><span aria-hidden="true">{ glyph }</span><span class="unseen">{ t(key) }</span></span> }
}

/// `148/92` keeps its slash; each part is written in the page's language.
fn written(value: &str) -> String {
    value.split('/').map(number).collect::<Vec<_>>().join("/")
}

/// Nothing for a value in its range.
fn flag_key(flag: Flag) -> Option<&'static str> {
    match flag {
        Flag::None => None,
        Flag::Low => Some("flag-low"),
        Flag::High => Some("flag-high"),
        Flag::CriticalLow => Some("flag-critical-low"),
        Flag::CriticalHigh => Some("flag-critical-high"),
        Flag::Implausible => Some("flag-implausible"),
    }
}

/// The card's name: blood pressure for the two that stand on one card.
fn name_key(kind: VitalKind) -> &'static str {
    match kind {
        VitalKind::Systolic | VitalKind::Diastolic => "vital-blood-pressure",
        other => name_of(other),
    }
}

/// The name as clinicians abbreviate it.
fn short_key(kind: VitalKind) -> &'static str {
    match kind {
        VitalKind::Systolic | VitalKind::Diastolic => "vital-short-blood-pressure",
        VitalKind::HeartRate => "vital-short-heart-rate",
        VitalKind::RespiratoryRate => "vital-short-respiratory-rate",
        VitalKind::Temperature => "vital-short-temperature",
        VitalKind::OxygenSaturation => "vital-short-oxygen-saturation",
        VitalKind::Weight => "vital-short-weight",
        VitalKind::Height => "vital-short-height",
        VitalKind::Bmi => "vital-short-bmi",
        VitalKind::Pain => "vital-short-pain",
    }
}

fn name_of(kind: VitalKind) -> &'static str {
    match kind {
        VitalKind::Systolic => "vital-systolic",
        VitalKind::Diastolic => "vital-diastolic",
        VitalKind::HeartRate => "vital-heart-rate",
        VitalKind::RespiratoryRate => "vital-respiratory-rate",
        VitalKind::Temperature => "vital-temperature",
        VitalKind::OxygenSaturation => "vital-oxygen-saturation",
        VitalKind::Weight => "vital-weight",
        VitalKind::Height => "vital-height",
        VitalKind::Bmi => "vital-bmi",
        VitalKind::Pain => "vital-pain",
    }
}
