//! The access log: of the clinic on its own page, of one patient inside the chart; and the check of its chain.

use lucerna_shared::clinic::patient::PatientIdText;
use lucerna_shared::engine::api::{self, AuditRow};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Check, Effect, Event, Log, Model};
use crate::i18n::fault::fault_text;
use crate::i18n::{date, knows, number, t, t_args};
use crate::platform::client::{EngineClient, Subscription};
use crate::session::held;
use crate::ui::{Button, FaultNote, Kind, Nothing, Notice, PatientLine, Sign, Tone, Waiting, clock};

/// The clinic's log with its own heading.
#[component]
pub fn AuditPage() -> Html {
    html! {
        <div class="audit">
            <h1>{ t("audit-title") }</h1>
            <p class="lead">{ t("audit-lead") }</p>
            <AuditLogView />
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct AuditProps {
    /// Only what touched this patient.
    #[prop_or_default]
    pub patient: Option<PatientIdText>,
}

pub struct AuditLogView {
    model: Model,
    engine: EngineClient,
    _heard: Subscription,
}

impl Component for AuditLogView {
    type Message = Event;
    type Properties = AuditProps;

    fn create(ctx: &Context<Self>) -> Self {
        let engine = held::engine(ctx.link());
        let link = ctx.link().clone();
        let heard = engine.subscribe(move |event| {
            if matches!(event, api::Event::Changed { .. }) {
                link.send_message(Event::Changed);
            }
        });
        ctx.link().send_message(Event::Changed);
        AuditLogView { model: Model::default(), engine, _heard: heard }
    }

    fn update(&mut self, ctx: &Context<Self>, event: Event) -> bool {
        for effect in self.model.update(event) {
            self.obey(ctx, effect);
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let send = ctx.link().callback(|event: Event| event);
        html! {
            <div class="audit-log">
                { check(&self.model.check, &send) }
                { match &self.model.log {
                    Log::Waiting => html! { <Waiting /> },
                    Log::Failed(fault) => html! { <FaultNote fault={fault.clone()} retry={send.reform(|()| Event::Changed)} /> },
                    Log::Ready(rows) if rows.is_empty() => html! { <Nothing text_key="audit-none" /> },
                    Log::Ready(rows) => table(rows, ctx.props().patient.is_none()),
                } }
                if self.model.may_have_more() {
                    <div class="list-more"><Button label={t("audit-more")} onclick={send.reform(|()| Event::More)} /></div>
                }
            </div>
        }
    }
}

impl AuditLogView {
    fn obey(&mut self, ctx: &Context<Self>, effect: Effect) {
        let (link, engine) = (ctx.link().clone(), self.engine.clone());
        match effect {
            Effect::Load { limit } => {
                let patient = ctx.props().patient.clone();
                spawn_local(async move {
                    link.send_message(match engine.call(api::AuditLog { patient, limit }).await {
                        Ok(rows) => Event::Loaded(rows),
                        Err(fault) => Event::LoadFailed(fault),
                    });
                });
            }
            Effect::Verify => spawn_local(async move {
                link.send_message(match engine.call(api::VerifyAudit {}).await {
                    Ok(verdict) => Event::Verified(verdict),
                    Err(fault) => Event::VerifyFailed(fault),
                });
            }),
        }
    }
}

fn check(check: &Check, send: &Callback<Event>) -> Html {
    let button = |label: String| {
        html! { <Button {label} icon={Sign::Shield} kind={Kind::Plain} busy={*check == Check::Running} onclick={send.reform(|()| Event::Verify)} /> }
    };
    let (tone, words) = match check {
        Check::NotRun => {
            return html! { <div class="audit-check">{ button(t("audit-verify")) }<span class="hint">{ t("audit-verify-hint") }</span></div> };
        }
        Check::Running => {
            return html! { <div class="audit-check" role="status">{ button(t("audit-verifying")) }</div> };
        }
        Check::Whole { entries } => (Tone::Good, t_args("audit-whole", [("count", number::count(*entries).into())])),
        Check::Broken { at, entries } => (
            Tone::Bad,
            t_args("audit-broken", [("at", number::count(*at).into()), ("count", number::count(*entries).into())]),
        ),
        Check::CouldNotRun(None) => (Tone::Warning, t("audit-nothing-to-check")),
        Check::CouldNotRun(Some(fault)) => {
            (Tone::Warning, t_args("audit-could-not-run", [("why", fault_text(fault).into())]))
        }
    };
    html! { <div role="status"><Notice {tone} actions={button(t("audit-verify-again"))}>{ words }</Notice></div> }
}

fn table(rows: &[AuditRow], with_patient: bool) -> Html {
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label={t("audit-title")}>
            // On a narrow screen its rows are laid out as blocks, which would take from a screen reader that it is a table.
            <table class="audit-table" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">{ t("audit-when") }</th>
                        <th role="columnheader" scope="col">{ t("audit-who") }</th>
                        <th role="columnheader" scope="col">{ t("audit-what") }</th>
                        if with_patient { <th role="columnheader" scope="col">{ t("audit-patient") }</th> }
                        <th role="columnheader" scope="col">{ t("audit-where") }</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{ for rows.iter().map(|row| one(row, with_patient)) }</tbody>
            </table>
        </div>
    }
}

fn one(row: &AuditRow, with_patient: bool) -> Html {
    html! {
        <tr role="row">
            <td role="cell" class="audit-when">{ date::day_and_clock(row.at, clock::offset(row.at)) }</td>
            <td role="cell" class="audit-who">{ &row.by }</td>
            <td role="cell" class="audit-what">{ action(&row.action) }</td>
            if with_patient {
                <td role="cell" class="audit-patient">
                    if let Some(patient) = &row.patient { <PatientLine row={patient.clone()} /> }
                </td>
            }
            <td role="cell" class="audit-where">{ &row.device }</td>
        </tr>
    }
}

/// What was done, in words; a deed of a newer version keeps its name.
fn action(key: &str) -> String {
    if knows(key) { t(key) } else { key.trim_start_matches("audit-").replace('-', " ") }
}
