//! The chart of one patient: banner on top, rail at the left, the section, a panel for one resource, and the visit's
//! workspace handed in from outside. Refreshes in place when the patient changes anywhere.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use lucerna_shared::clinic::chart::{Banner, Chart};
use lucerna_shared::clinic::patient::PatientIdText;
use lucerna_shared::engine::api;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::allergy_form::AllergyFormPanel;
use super::export::ExportDialog;
use super::model::{Effect, Event, Face, Model, Notice};
use super::summary::Ways;
use super::{banner, detail, rail, sections};
use crate::i18n::t;
use crate::platform::client::{EngineClient, Subscription};
use crate::route::{Route, Section};
use crate::session::{Nav, held};
use crate::ui::{Button, FaultNote, Kind, Sign, Waiting, dom};

/// How long "updated from another tablet" stays.
const NOTICE_MS: u32 = 6_000;

#[derive(Properties, PartialEq)]
pub struct ChartProps {
    pub patient: PatientIdText,
    pub section: Section,
    /// Draws the visit beside the chart, given the banner's facts; none when no visit is open.
    #[prop_or_default]
    pub workspace: Option<Callback<Banner, Html>>,
    /// The patient's access log, drawn by the place that knows it.
    pub access_log: Html,
    /// Changes when the chart should be asked for again.
    #[prop_or_default]
    pub fresh: u32,
}

pub enum Msg {
    Chart(Event),
    Export(bool),
}

pub struct ChartPage {
    model: Model,
    exporting: bool,
    engine: EngineClient,
    nav: Nav,
    notice: Option<Timeout>,
    _heard: Subscription,
}

impl Component for ChartPage {
    type Message = Msg;
    type Properties = ChartProps;

    fn create(ctx: &Context<Self>) -> Self {
        let engine = held::engine(ctx.link());
        let link = ctx.link().clone();
        let heard = engine.subscribe(move |event| {
            if let api::Event::Changed { patients, remote } = event {
                link.send_message(Msg::Chart(Event::Changed { patients: patients.clone(), remote: *remote }));
            }
        });
        let (model, effects) = Model::open(ctx.props().patient.clone(), ctx.props().section);
        let mut page =
            ChartPage { model, exporting: false, engine, nav: held::nav(ctx.link()), notice: None, _heard: heard };
        effects.into_iter().for_each(|effect| page.obey(ctx, effect));
        page
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &ChartProps) -> bool {
        let props = ctx.props();
        let mut effects = Vec::new();
        if props.section != old.section {
            effects.extend(self.model.update(Event::Go(props.section)));
        }
        if props.fresh != old.fresh {
            effects.extend(self.model.update(Event::Changed { patients: vec![props.patient.clone()], remote: false }));
        }
        effects.into_iter().for_each(|effect| self.obey(ctx, effect));
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Export(open) => self.exporting = open,
            // A section is a place: Back returns to the one before. With a visit open, only what is beside it changes.
            Msg::Chart(Event::Go(section)) if ctx.props().workspace.is_none() => {
                let patient = self.model.patient.clone();
                self.nav.go(Route::Chart { patient, section });
            }
            Msg::Chart(event) => {
                let effects = self.model.update(event);
                effects.into_iter().for_each(|effect| self.obey(ctx, effect));
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        match &self.model.chart {
            Face::Waiting => {
                html! { <div class="chart"><h1 class="unseen">{ t("title-chart") }</h1><Waiting lines={8} /></div> }
            }
            Face::Failed(fault) => html! {
                <div class="chart"><h1 class="unseen">{ t("title-chart") }</h1><FaultNote fault={fault.clone()} /></div>
            },
            Face::Ready(chart) => self.ready(ctx, chart),
        }
    }
}

impl ChartPage {
    fn ready(&self, ctx: &Context<Self>, chart: &Rc<Chart>) -> Html {
        let send = ctx.link().callback(Msg::Chart);
        let workspace = ctx.props().workspace.as_ref().map(|draw| draw.emit(chart.banner.clone()));
        let class =
            classes!("chart", workspace.is_some().then_some("with-visit"), self.has_panel().then_some("with-panel"));
        html! {
            <div {class}>
                { banner::banner(&chart.banner, &send) }
                { self.quiet_notice() }
                <div class="chart-body">
                    { rail::rail(chart, self.model.section, &send) }
                    <div class="chart-content">
                        { self.head(ctx, chart) }
                        { sections::section(&self.model, chart, &self.ways(), &ctx.props().access_log, &send) }
                    </div>
                    { self.side(chart, &send) }
                    { workspace.unwrap_or_default() }
                </div>
                if self.exporting {
                    <ExportDialog row={chart.banner.row.clone()} onclose={ctx.link().callback(|()| Msg::Export(false))} />
                }
            </div>
        }
    }

    fn has_panel(&self) -> bool {
        self.model.opened.is_some() || self.model.form.is_some()
    }

    fn head(&self, ctx: &Context<Self>, chart: &Chart) -> Html {
        let visit_key = if chart.my_draft.is_some() { "visit-resume" } else { "visit-new" };
        let visit = self.nav.to(Route::Visit { patient: self.model.patient.clone() });
        let edit = self.nav.to(Route::EditPatient { patient: self.model.patient.clone() });
        html! {
            <div class="chart-head">
                <h2 id="chart-section" tabindex="-1">{ t(super::section_key(self.model.section)) }</h2>
                <div class="chart-acts">
                    <Button label={t("chart-edit")} icon={Sign::Edit} kind={Kind::Quiet} onclick={edit} />
                    <Button label={t("chart-export")} icon={Sign::Export} kind={Kind::Quiet} onclick={ctx.link().callback(|()| Msg::Export(true))} />
                    if ctx.props().workspace.is_none() {
                        <Button id="chart-new-visit" label={t(visit_key)} icon={Sign::Visit} kind={Kind::Primary} onclick={visit} />
                    }
                </div>
            </div>
        }
    }

    fn side(&self, chart: &Chart, send: &Callback<Event>) -> Html {
        if let Some(form) = self.model.form {
            let patient = chart.patient.clone();
            return html! { <AllergyFormPanel {patient} {form} onclose={send.reform(|()| Event::CloseForm)} /> };
        }
        match &self.model.opened {
            Some(opened) => detail::panel(opened, chart, send),
            None => html! {},
        }
    }

    fn quiet_notice(&self) -> Html {
        let words = match self.model.notice {
            None => String::new(),
            Some(Notice::UpdatedHere) => t("chart-updated"),
            Some(Notice::UpdatedElsewhere) => t("chart-updated-elsewhere"),
        };
        let shown = self.model.notice == Some(Notice::UpdatedElsewhere);
        html! { <p class={classes!("chart-notice", (!shown).then_some("unseen"))} role="status">{ words }</p> }
    }

    fn ways(&self) -> Ways {
        Ways { conflicts: self.nav.to(Route::Conflicts) }
    }

    fn obey(&mut self, ctx: &Context<Self>, effect: Effect) {
        let (link, engine, patient) = (ctx.link().clone(), self.engine.clone(), self.model.patient.clone());
        match effect {
            Effect::Load => spawn_local(async move {
                link.send_message(Msg::Chart(match engine.call(api::OpenChart { patient }).await {
                    Ok(chart) => Event::Loaded(Rc::new(chart)),
                    Err(fault) => Event::LoadFailed(fault),
                }));
            }),
            Effect::LoadDetail(of) => spawn_local(async move {
                let call = api::OpenResource { patient, resource_type: of.resource_type.clone(), id: of.id.clone() };
                link.send_message(Msg::Chart(match engine.call(call).await {
                    Ok(detail) => Event::DetailLoaded(of, Rc::new(detail)),
                    Err(fault) => Event::DetailFailed(of, fault),
                }));
            }),
            Effect::FadeNotice => {
                self.notice = Some(Timeout::new(NOTICE_MS, move || link.send_message(Msg::Chart(Event::NoticeSeen))));
            }
            Effect::FocusPanel => focus_soon(detail::PANEL_ID),
            Effect::FocusContent => focus_soon("chart-section"),
        }
    }
}

/// After the next drawing: what is to be focused may not be on the screen yet.
fn focus_soon(id: &'static str) {
    Timeout::new(30, move || {
        dom::focus_id(id);
    })
    .forget();
}
