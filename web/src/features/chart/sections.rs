//! Draws the section that the rail chose: the summary, the timeline, or a list of one kind.

use lucerna_shared::base::order;
use lucerna_shared::clinic::chart::{Chart, Line};
use yew::prelude::*;

use super::lines::{Style, line};
use super::model::{Event, Form, Model};
use super::summary::{self, Ways, empty_allergies};
use super::timeline::{self, Month};
use super::vitals;
use super::words::type_name;
use crate::i18n::{date, number, t, t_args};
use crate::route::Section;
use crate::ui::{Button, Kind, Nothing, Sign};

pub fn section(model: &Model, chart: &Chart, ways: &Ways, access_log: &Html, send: &Callback<Event>) -> Html {
    match model.section {
        Section::Summary => summary::summary(chart, ways, send),
        Section::Timeline => whole_timeline(model, chart, send),
        Section::Problems => list(model, chart.lines(&chart.problems), "chart-no-problems", send),
        Section::Allergies => allergies(model, chart, send),
        Section::Medications => list(model, chart.lines(&chart.medications), "chart-no-medications", send),
        Section::Vitals => vitals::charts(&chart.vitals),
        Section::Results => list(model, chart.lines(&chart.results), "chart-no-results", send),
        Section::Encounters => list(model, chart.lines(&chart.encounters), "chart-no-encounters", send),
        Section::Immunizations => list(model, chart.lines(&chart.immunizations), "chart-no-immunizations", send),
        Section::Documents => list(model, chart.lines(&chart.documents), "chart-no-documents", send),
        Section::AccessLog => access_log.clone(),
    }
}

/// What counts now first, then what is past.
fn list(model: &Model, lines: Vec<&Line>, empty_key: &str, send: &Callback<Event>) -> Html {
    if lines.is_empty() {
        return html! { <Nothing text_key={empty_key.to_owned()} /> };
    }
    let style = Style { dated: true, ..Style::default() };
    let all = lines.len();
    let (active, past): (Vec<&Line>, Vec<&Line>) = lines.into_iter().partition(|l| l.active);
    let room = model.lines_shown.saturating_sub(active.len());
    html! {
        <>
            if !active.is_empty() {
                <ul class="lines list">{ for active.iter().take(model.lines_shown).map(|l| line(l, style, send)) }</ul>
            }
            if !past.is_empty() && room > 0 {
                <h3 class="list-head">{ t("chart-past") }</h3>
                <ul class="lines list">{ for past.iter().take(room).map(|l| line(l, style, send)) }</ul>
            }
            { more(model.lines_shown, all, send) }
        </>
    }
}

fn allergies(model: &Model, chart: &Chart, send: &Callback<Event>) -> Html {
    let any = chart.lines(&chart.allergies).iter().any(|l| l.active);
    html! {
        <>
            <div class="section-acts">
                <Button label={t("chart-add-allergy")} icon={Sign::Plus} onclick={send.reform(|()| Event::OpenForm(Form::Allergy))} />
                if !any {
                    <Button label={t("chart-no-known-allergies")} icon={Sign::Check} kind={Kind::Quiet}
                        onclick={send.reform(|()| Event::OpenForm(Form::NoKnownAllergies))} />
                }
            </div>
            { list(model, chart.lines(&chart.allergies), empty_allergies(&chart.banner.allergies), send) }
        </>
    }
}

fn whole_timeline(model: &Model, chart: &Chart, send: &Callback<Event>) -> Html {
    let (months, total) = timeline::window(&chart.timeline, model.filter.as_deref(), model.lines_shown);
    html! {
        <>
            { filters(model, chart, send) }
            if total == 0 { <Nothing text_key="chart-no-lines" /> }
            { for months.iter().map(|m| month(m, send)) }
            { more(model.lines_shown, total, send) }
        </>
    }
}

/// One chip for each type that the chart holds, the most frequent first.
fn filters(model: &Model, chart: &Chart, send: &Callback<Event>) -> Html {
    let mut counts: Vec<&(String, u32)> = chart.counts.iter().filter(|(_, n)| *n > 0).collect();
    order::sort_by(&mut counts, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let chip = |label: String, count: u64, filter: Option<String>| {
        let pressed = model.filter == filter;
        html! {
            <button type="button" class="chip" aria-pressed={pressed.to_string()} onclick={send.reform(move |_: MouseEvent| Event::Filter(filter.clone()))}>
                { label }<span class="count">{ number::count(count) }</span>
            </button>
        }
    };
    html! {
        <div class="chips" role="group" aria-label={t("chart-filter")}>
            { chip(t("chart-all"), chart.timeline.len() as u64, None) }
            { for counts.iter().map(|(kind, count)| chip(type_name(kind), u64::from(*count), Some(kind.clone()))) }
        </div>
    }
}

fn month(month: &Month<'_>, send: &Callback<Event>) -> Html {
    let style = Style { typed: true, ..Style::default() };
    let name = if month.month.is_empty() { t("chart-undated") } else { date::date(month.month) };
    html! {
        <section class="month" key={month.month.to_owned()}>
            <h3 class="month-name">{ name }</h3>
            { for month.days.iter().map(|day| html! {
                <div class="day" key={day.date.to_owned()}>
                    <p class="day-date">{ date::date(day.date) }</p>
                    <ul class="lines">{ for day.lines.iter().map(|l| line(l, style, send)) }</ul>
                </div>
            }) }
        </section>
    }
}

fn more(shown: usize, total: usize, send: &Callback<Event>) -> Html {
    if total <= shown {
        return html! {};
    }
    let words = t_args("showing-of", [("shown", shown.into()), ("total", total.into())]);
    html! {
        <div class="list-more">
            <span class="hint">{ words }</span>
            <Button label={t("chart-show-more")} onclick={send.reform(|()| Event::More)} />
        </div>
    }
}
