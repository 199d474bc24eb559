//! The exchange page: holds the files, obeys the model, hears progress.

use lucerna_shared::engine::api::{self, Fault, ImportReport};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Effect, Event, Model};
use super::{export, import};
use crate::i18n::{t, t_args};
use crate::platform::client::{EngineClient, Subscription};
use crate::platform::files;
use crate::session::held;
use crate::ui::{Toasts, clock, dom};

pub enum Msg {
    Exchange(Event),
    /// Opens the browser's file dialog.
    Pick,
    Files(Vec<files::File>),
    Dragging(bool),
    /// The report as a FHIR OperationOutcome.
    SaveOutcome(String),
}

pub struct ExchangePage {
    model: Model,
    dragging: bool,
    engine: EngineClient,
    toasts: Toasts,
    _heard: Subscription,
}

impl Component for ExchangePage {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let engine = held::engine(ctx.link());
        let link = ctx.link().clone();
        let heard = engine.subscribe(move |event| {
            if let api::Event::Progress { job, phase, done, total } = event {
                link.send_message(Msg::Exchange(Event::Progress {
                    job: *job,
                    phase: *phase,
                    done: *done,
                    total: *total,
                }));
            }
        });
        let page = ExchangePage {
            model: Model::starting_at(clock::now() as u32),
            dragging: false,
            engine,
            toasts: held::toasts(ctx.link()),
            _heard: heard,
        };
        page.obey(ctx, Effect::LookBack, Vec::new());
        page
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Exchange(event) => self.tell(ctx, event, Vec::new()),
            Msg::Pick => {
                let link = ctx.link().clone();
                spawn_local(async move {
                    let chosen = files::pick(
                        ".json,.ndjson,.zip,application/json,application/fhir+json,application/fhir+ndjson,application/zip",
                        true,
                    )
                    .await;
                    link.send_message(Msg::Files(chosen));
                });
            }
            Msg::Dragging(over) => {
                let changed = self.dragging != over;
                self.dragging = over;
                return changed;
            }
            Msg::SaveOutcome(outcome) => {
                files::download_text(&outcome, "application/fhir+json", "import-report.json");
            }
            Msg::Files(chosen) => {
                self.dragging = false;
                self.tell(ctx, Event::Chosen { files: chosen.len() }, chosen);
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        html! {
            <div class="exchange">
                <h1>{ t("exchange-title") }</h1>
                { import::import(&self.model, self.dragging, link) }
                { export::export(&self.model, &link.callback(Msg::Exchange)) }
            </div>
        }
    }

    fn destroy(&mut self, _ctx: &Context<Self>) {
        if let Some(Effect::Cancel { job }) = self.model.abandon() {
            let engine = self.engine.clone();
            spawn_local(async move {
                let _ = engine.call(api::CancelJob { job }).await;
            });
        }
    }
}

/// Said even when the page is gone: the write goes on without it.
fn written(outcome: Result<ImportReport, Fault>, toasts: &Toasts) -> Event {
    match outcome {
        Ok(report) => {
            toasts.say(t_args("import-done", [("count", report.resources.into())]));
            Event::Committed(report)
        }
        Err(fault) => Event::CommitFailed(fault),
    }
}

impl ExchangePage {
    fn tell(&mut self, ctx: &Context<Self>, event: Event, mut files: Vec<files::File>) {
        for effect in self.model.update(event, clock::now()) {
            self.obey(ctx, effect, std::mem::take(&mut files));
        }
    }

    fn obey(&self, ctx: &Context<Self>, effect: Effect, files: Vec<files::File>) {
        let (link, engine, toasts) = (ctx.link().clone(), self.engine.clone(), self.toasts.clone());
        let say = move |event| link.send_message(Msg::Exchange(event));
        match effect {
            Effect::Preview { job } => spawn_local(async move {
                say(match engine.call_with_files(api::PreviewImport { job }, files).await {
                    Ok(preview) => Event::Previewed(preview),
                    Err(fault) => Event::PreviewFailed(fault),
                });
            }),
            Effect::LookBack => spawn_local(async move {
                // Without an answer there is nothing to ask; the next visit looks again.
                if let Ok(standing) = engine.call(api::Imports {}).await {
                    say(Event::Standing(standing));
                }
            }),
            Effect::Commit { job } => spawn_local(async move {
                say(written(engine.call(api::CommitImport { job }).await, &toasts));
            }),
            Effect::Resume { job } => spawn_local(async move {
                say(written(engine.call(api::ResumeImport { job }).await, &toasts));
            }),
            Effect::Undo { job } => spawn_local(async move {
                say(match engine.call(api::UndoImport { job }).await {
                    Ok(()) => Event::Undone,
                    Err(fault) => Event::UndoFailed(fault),
                });
            }),
            Effect::Export { job } => spawn_local(async move {
                say(match engine.call_for_file(api::ExportClinic { job }).await {
                    Ok((report, Some(file))) => {
                        files::download(&file, &report.file_name);
                        Event::Exported(report)
                    }
                    Ok((_, None)) => Event::ExportFailed(Fault::Refused { detail: t("export-no-file") }),
                    Err(fault) => Event::ExportFailed(fault),
                });
            }),
            Effect::Cancel { job } => spawn_local(async move {
                let _ = engine.call(api::CancelJob { job }).await;
            }),
            Effect::FocusResult => {
                let soon = gloo::timers::callback::Timeout::new(30, || {
                    dom::focus_id("exchange-result");
                });
                soon.forget();
            }
        }
    }
}
