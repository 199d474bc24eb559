//! The conflicts page: lists what waits, writes one decision at a time, moves on to the next.

use lucerna_shared::engine::api;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Effect, Event, List, Model};
use super::parts;
use crate::i18n::t;
use crate::platform::client::{EngineClient, Subscription};
use crate::session::{Nav, held};
use crate::ui::{FaultNote, Nothing, Toasts, Waiting, dom};

pub struct ConflictsPage {
    model: Model,
    engine: EngineClient,
    toasts: Toasts,
    nav: Nav,
    _heard: Subscription,
}

impl Component for ConflictsPage {
    type Message = Event;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let engine = held::engine(ctx.link());
        let link = ctx.link().clone();
        let heard = engine.subscribe(move |event| {
            if matches!(event, api::Event::Changed { .. }) {
                link.send_message(Event::Changed);
            }
        });
        ctx.link().send_message(Event::Changed);
        let (toasts, nav) = (held::toasts(ctx.link()), held::nav(ctx.link()));
        ConflictsPage { model: Model::default(), engine, toasts, nav, _heard: heard }
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
            <div class="conflicts">
                <h1 id="conflicts-title" tabindex="-1">{ t("conflicts-title") }</h1>
                { match &self.model.list {
                    List::Waiting => html! { <Waiting /> },
                    List::Failed(fault) => html! { <FaultNote fault={fault.clone()} retry={send.reform(|()| Event::Changed)} /> },
                    List::Ready(all) if all.is_empty() => html! { <Nothing text_key="conflicts-none" /> },
                    List::Ready(all) => html! { <>
                        <p class="lead">{ t("conflicts-lead") }</p>
                        { parts::patients(&self.model, all, &self.nav, &send) }
                    </> },
                } }
            </div>
        }
    }
}

impl ConflictsPage {
    fn obey(&mut self, ctx: &Context<Self>, effect: Effect) {
        let (link, engine) = (ctx.link().clone(), self.engine.clone());
        match effect {
            Effect::Load => spawn_local(async move {
                link.send_message(match engine.call(api::Conflicts {}).await {
                    Ok(all) => Event::Loaded(all),
                    Err(fault) => Event::LoadFailed(fault),
                });
            }),
            Effect::Settle { of, keep } => spawn_local(async move {
                let (patient, resource_type, id, element) =
                    (of.patient.clone(), of.resource_type.clone(), of.id.clone(), of.element.clone());
                link.send_message(match engine.call(api::Settle { patient, resource_type, id, element, keep }).await {
                    Ok(_) => Event::Settled(of),
                    Err(fault) => Event::SettleFailed(of, fault),
                });
            }),
            Effect::Said => {
                self.toasts.say(t("conflicts-settled"));
                gloo::timers::callback::Timeout::new(30, || {
                    dom::focus_id("conflicts-title");
                })
                .forget();
            }
        }
    }
}
