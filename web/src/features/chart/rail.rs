//! Draws the chart's rail: its sections, how much stands in each, and the key that leads there.

use lucerna_shared::clinic::chart::Chart;
use yew::prelude::*;

use super::model::Event;
use crate::i18n::t;
use crate::route::Section;
use crate::ui::Sign;
use crate::ui::tabs::{Rail, Tab};

pub fn rail(chart: &Chart, current: Section, send: &Callback<Event>) -> Html {
    let tabs = Section::ALL
        .into_iter()
        .map(|section| Tab {
            id: section.letter().to_string().into(),
            label: t(super::section_key(section)).into(),
            icon: Some(sign(section)),
            count: count(chart, section),
        })
        .collect::<Vec<_>>();
    let onchoose = send.reform(|id: AttrValue| Event::Go(from_letter(&id)));
    html! { <Rail class="chart-rail" label={t("chart-sections")} {tabs} current={current.letter().to_string()} {onchoose} /> }
}

fn from_letter(id: &str) -> Section {
    Section::ALL.into_iter().find(|s| id.starts_with(s.letter())).unwrap_or_default()
}

fn count(chart: &Chart, section: Section) -> u64 {
    let active = |list: &[u32]| chart.lines(list).iter().filter(|l| l.active).count();
    let count = match section {
        Section::Problems => active(&chart.problems),
        Section::Allergies => active(&chart.allergies),
        Section::Medications => active(&chart.medications),
        Section::Results => chart.results.len(),
        Section::Encounters => chart.encounters.len(),
        Section::Immunizations => chart.immunizations.len(),
        Section::Documents => chart.documents.len(),
        Section::Timeline => chart.timeline.len(),
        Section::Summary | Section::Vitals | Section::AccessLog => 0,
    };
    count as u64
}

fn sign(section: Section) -> Sign {
    match section {
        Section::Summary => Sign::Chart,
        Section::Timeline => Sign::Timeline,
        Section::Problems => Sign::Problem,
        Section::Allergies => Sign::Allergy,
        Section::Medications => Sign::Pill,
        Section::Vitals => Sign::Heart,
        Section::Results => Sign::Flask,
        Section::Encounters => Sign::Visit,
        Section::Immunizations => Sign::Syringe,
        Section::Documents => Sign::Document,
        Section::AccessLog => Sign::Eye,
    }
}
