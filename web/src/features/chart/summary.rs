//! Draws the summary: what a clinician needs before saying good morning, on one screen without scrolling.

use lucerna_shared::clinic::chart::{Chart, Line};
use yew::prelude::*;

use super::lines::{Style, line};
use super::model::{Event, Form};
use super::vitals::cards;
use crate::i18n::{t, t_args};
use crate::route::Section;
use crate::ui::{Button, Icon, Kind, Notice, Sign, Tone, clock};
use lucerna_shared::clinic::allergy::AllergyLabel;

/// Lines of a card before "and 4 more".
const LINES: usize = 5;
const VISITS: usize = 3;

/// What the summary leads to outside of the chart.
#[derive(Clone, PartialEq)]
pub struct Ways {
    pub conflicts: Callback<()>,
}

pub fn summary(chart: &Chart, ways: &Ways, send: &Callback<Event>) -> Html {
    let active = |list: &[u32]| once(chart.lines(list).into_iter().filter(|l| l.active));
    html! {
        <div class="summary">
            { waiting(chart, ways) }
            <div class="summary-cards">
                { allergies(chart, send) }
                { card(Section::Problems, Sign::Problem, &without_numbers(active(&chart.problems)), LINES, "chart-no-problems", send) }
                { card(Section::Medications, Sign::Pill, &active(&chart.medications), LINES, "chart-no-medications", send) }
                <section class="card summary-vitals" aria-labelledby="summary-vitals">
                    { card_head("summary-vitals", Section::Vitals, Sign::Heart, None, send) }
                    { cards(&chart.vitals) }
                </section>
                { card(Section::Encounters, Sign::Visit, &why_first(chart.lines(&chart.encounters)), VISITS, "chart-no-encounters", send) }
            </div>
        </div>
    }
}

/// Each once: a medicine that is both ordered and stated as taken is one medicine to the eye. The section lists all.
fn once<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<Line> {
    let mut seen = Vec::<Line>::new();
    for line in lines {
        if !seen.iter().any(|s| (&s.title, &s.detail, s.conflict) == (&line.title, &line.detail, line.conflict)) {
            seen.push(line.clone());
        }
    }
    seen
}

/// ICD-10 codes are read by people; SNOMED's numbers are not, and take a line each.
fn without_numbers(lines: Vec<Line>) -> Vec<Line> {
    let bare = |line: &Line| !line.detail.is_empty() && line.detail.bytes().all(|b| b.is_ascii_digit());
    lines.into_iter().map(|line| if bare(&line) { Line { detail: String::new(), ..line } } else { line }).collect()
}

/// A visit in one line: its reason where it has one, else what kind of visit it was.
fn why_first(visits: Vec<&Line>) -> Vec<Line> {
    let short = |visit: &Line| {
        let reason = visit.detail.clone();
        let title = if reason.is_empty() { visit.title.clone() } else { reason };
        Line { title, detail: String::new(), ..visit.clone() }
    };
    visits.into_iter().map(short).collect()
}

/// What waits for somebody: my draft, and conflicts.
fn waiting(chart: &Chart, ways: &Ways) -> Html {
    let conflicts = chart.conflicts.iter().filter(|c| c.needs_clinician).count();
    html! {
        <>
            if let Some(draft) = &chart.my_draft {
                // The way on stands above: the main button resumes it.
                <p class="summary-draft">{ t_args("chart-draft-waits", [("time", clock::when(draft.saved).into())]) }</p>
            }
            if conflicts > 0 {
                <Notice tone={Tone::Warning} actions={html! { <Button label={t("chart-settle")} onclick={ways.conflicts.clone()} /> }}>
                    { t_args("chart-conflicts-wait", [("count", conflicts.into())]) }
                </Notice>
            }
        </>
    }
}

fn allergies(chart: &Chart, send: &Callback<Event>) -> Html {
    let unasked = chart.banner.allergies == AllergyLabel::NotRecorded;
    let active: Vec<_> = chart.lines(&chart.allergies).into_iter().filter(|l| l.active).collect();
    html! {
        <section class="card" aria-labelledby="summary-allergies">
            { card_head("summary-allergies", Section::Allergies, Sign::Allergy, Some(active.len()), send) }
            if active.is_empty() {
                <p class="card-empty">{ t(empty_allergies(&chart.banner.allergies)) }</p>
            } else {
                <ul class="lines">{ for active.iter().take(LINES).map(|l| line(l, Style { tight: true, ..Style::default() }, send)) }</ul>
            }
            <div class="card-foot">
                <Button label={t("chart-add-allergy")} icon={Sign::Plus} kind={Kind::Quiet} class="small" onclick={send.reform(|()| Event::OpenForm(Form::Allergy))} />
                if unasked {
                    <Button label={t("chart-no-known-allergies")} icon={Sign::Check} kind={Kind::Quiet} class="small"
                        onclick={send.reform(|()| Event::OpenForm(Form::NoKnownAllergies))} />
                }
            </div>
        </section>
    }
}

/// "No allergies" is never said for "nobody asked".
pub fn empty_allergies(label: &AllergyLabel) -> &'static str {
    match label {
        AllergyLabel::NoneKnown => "allergies-none-known",
        AllergyLabel::NotRecorded => "allergies-not-recorded",
        AllergyLabel::Unavailable => "allergies-unavailable",
        AllergyLabel::Known { .. } => "allergies-known",
    }
}

fn card(section: Section, sign: Sign, lines: &[Line], shown: usize, empty_key: &str, send: &Callback<Event>) -> Html {
    let id = format!("summary-{}", section.letter());
    let style = Style { tight: true, dated: section == Section::Encounters, ..Style::default() };
    let more = lines.len().saturating_sub(shown);
    html! {
        <section class="card" aria-labelledby={id.clone()}>
            { card_head(&id, section, sign, Some(lines.len()), send) }
            if lines.is_empty() { <p class="card-empty">{ t(empty_key) }</p> }
            <ul class="lines">{ for lines.iter().take(shown).map(|l| line(l, style, send)) }</ul>
            if more > 0 {
                <button type="button" class="card-more" onclick={send.reform(move |_: MouseEvent| Event::Go(section))}>
                    { t_args("chart-and-more", [("count", more.into())]) }
                </button>
            }
        </section>
    }
}

fn card_head(id: &str, section: Section, sign: Sign, count: Option<usize>, send: &Callback<Event>) -> Html {
    html! {
        <h3 class="card-head" id={id.to_owned()}>
            <button type="button" class="card-link" onclick={send.reform(move |_: MouseEvent| Event::Go(section))}>
                <Icon {sign} /><span>{ t(super::section_key(section)) }</span>
                if let Some(count) = count.filter(|c| *c > 0) { <span class="count">{ count }</span> }
                <Icon sign={Sign::Forward} class="card-go" />
            </button>
        </h3>
    }
}
