//! Draws one resource beside the list: its values in words, its JSON, who wrote what and when; and what may be done
//! with it: an addendum to a signed note, marking it as entered in error.

use std::rc::Rc;

use lucerna_shared::clinic::chart::{Chart, Detail, DetailRow, HistoryRow};
use yew::prelude::*;

use super::act::{Act, Acting};
use super::lines::title;
use super::model::{DetailTab, Event, Face, Opened};
use super::note;
use super::words::{path_name, status_name, type_name};
use crate::i18n::{date, t};
use crate::ui::{Button, FaultNote, Kind, Sign, Waiting, clock};

pub const PANEL_ID: &str = "chart-panel";

pub fn panel(opened: &Opened, chart: &Chart, send: &Callback<Event>) -> Html {
    let heading = match &opened.detail {
        Face::Ready(detail) => title(&detail.line),
        Face::Waiting | Face::Failed(_) => type_name(&opened.of.resource_type),
    };
    html! {
        <aside class="chart-panel" aria-labelledby={PANEL_ID}>
            <header class="panel-head">
                <div>
                    <p class="panel-kind">{ type_name(&opened.of.resource_type) }</p>
                    <h2 id={PANEL_ID} tabindex="-1">{ heading }</h2>
                </div>
                <Button label={t("close")} kind={Kind::Quiet} icon={Sign::Close} icon_only=true onclick={send.reform(|()| Event::ClosePanel)} />
            </header>
            { match &opened.detail {
                Face::Waiting => html! { <Waiting lines={6} /> },
                Face::Failed(fault) => html! { <FaultNote fault={fault.clone()} /> },
                Face::Ready(detail) => ready(detail, opened.tab, chart, send),
            } }
        </aside>
    }
}

fn ready(detail: &Rc<Detail>, tab: DetailTab, chart: &Chart, send: &Callback<Event>) -> Html {
    html! {
        <>
            <div class="panel-tabs" role="group" aria-label={t("chart-panel-views")}>
                { tab_button(DetailTab::Read, "chart-tab-read", tab, send) }
                { tab_button(DetailTab::History, "chart-tab-history", tab, send) }
                { tab_button(DetailTab::Json, "chart-tab-json", tab, send) }
            </div>
            <div class="panel-body">
                { match tab {
                    DetailTab::Read => read(detail, chart),
                    DetailTab::Json => html! { <pre class="panel-json" tabindex="0" aria-label={t("chart-tab-json")}>{ &detail.json }</pre> },
                    DetailTab::History => history(&detail.history),
                } }
            </div>
            <Acting key={format!("{}/{}", detail.line.resource_type, detail.line.id)} patient={chart.patient.clone()} line={detail.line.clone()} acts={acts(detail)} />
        </>
    }
}

fn tab_button(tab: DetailTab, key: &str, current: DetailTab, send: &Callback<Event>) -> Html {
    html! {
        <button type="button" class="chip" aria-pressed={(tab == current).to_string()} onclick={send.reform(move |_: MouseEvent| Event::Tab(tab))}>
            { t(key) }
        </button>
    }
}

/// A signed note takes only addenda; anything else of the record may be marked as an error, never deleted.
fn acts(detail: &Detail) -> Vec<Act> {
    let line = &detail.line;
    if line.status == "entered-in-error"
        || matches!(line.resource_type.as_str(), "Patient" | "Practitioner" | "Organization")
    {
        return Vec::new();
    }
    if line.signed { vec![Act::Addendum, Act::MarkError] } else { vec![Act::MarkError] }
}

fn read(detail: &Detail, chart: &Chart) -> Html {
    if detail.line.resource_type == "Composition" {
        return note::note(detail, &chart.patient, chart);
    }
    html! {
        <>
            { facts(detail) }
            { rows(&detail.rows) }
        </>
    }
}

pub fn facts(detail: &Detail) -> Html {
    let line = &detail.line;
    html! {
        <p class="panel-facts">
            if !line.date.is_empty() { <span>{ date::date(&line.date) }</span> }
            if !line.status.is_empty() { <span class={classes!("tag", (line.status == "entered-in-error").then_some("bad"))}>{ status_name(&line.status) }</span> }
            if !line.by.is_empty() { <span>{ &line.by }</span> }
        </p>
    }
}

pub fn rows(rows: &[DetailRow]) -> Html {
    html! {
        <dl class="panel-rows">
            { for rows.iter().map(|row| html! { <><dt>{ path_name(&row.path) }</dt><dd>{ date::dates_within(&row.value) }</dd></> }) }
        </dl>
    }
}

fn history(rows: &[HistoryRow]) -> Html {
    if rows.is_empty() {
        return html! { <p class="hint">{ t("chart-no-history") }</p> };
    }
    html! {
        <ol class="panel-history">
            { for rows.iter().map(|row| html! {
                <li>
                    <span class="panel-history-when">{ date::day_and_clock(row.at, clock::offset(row.at)) }</span>
                    <span>{ &row.by }{ " · " }{ &row.device }</span>
                    <span class="hint">{ row.elements.iter().map(|e| path_name(e)).collect::<Vec<_>>().join(", ") }</span>
                </li>
            }) }
        </ol>
    }
}
