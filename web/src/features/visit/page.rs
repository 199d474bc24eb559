//! The visit's workspace: S, O, A and P in one scroll beside the chart, a bar that says what is saved, and the review.
//! Obeys the model's effects; the banner stays above it, drawn by the chart.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use lucerna_shared::base::date::{Age, PartialDate};
use lucerna_shared::clinic::chart::Banner;
use lucerna_shared::clinic::note::VisitDraft;
use lucerna_shared::clinic::patient::PatientIdText;
use lucerna_shared::engine::api::{self, Fault, Saved};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Effect, Event, Place, Question, Stage, Text, Visit};
use super::{bar, diagnoses, follow_up, review, strip};
use crate::i18n::{date, t, t_args};
use crate::platform::client::{EngineClient, Subscription};
use crate::ui::leaving::Leaving;
use crate::ui::{
    Button, Confirm, Dialog, FaultNote, Kind, Notice, Sign, TextArea, Toasts, Tone, Waiting, clock, dom, next_field,
};

const FIRST_ID: &str = "visit-subjective";
/// Diagnoses offered at a time: a bounded list, not a catalogue.
const HITS: u32 = 20;

#[derive(Properties, PartialEq)]
pub struct VisitProps {
    pub patient: PatientIdText,
    pub banner: Banner,
    pub onclose: Callback<()>,
    /// The note stands: its Composition's id.
    #[prop_or_default]
    pub onsigned: Callback<Saved>,
    /// A draft came or went outside of the page (undo of a discard).
    #[prop_or_default]
    pub ondraft: Callback<()>,
}

pub struct VisitPage {
    visit: Visit,
    engine: EngineClient,
    toasts: Toasts,
    timer: Option<Timeout>,
    /// What no finished write holds, for the moment of a lock.
    unsaved: Rc<RefCell<Option<VisitDraft>>>,
    _leaving: Leaving,
    _before_lock: Subscription,
}

impl Component for VisitPage {
    type Message = Event;
    type Properties = VisitProps;

    fn create(ctx: &Context<Self>) -> Self {
        let visit = Visit::of(ctx.props().patient.clone());
        let engine = crate::session::held::engine(ctx.link());
        let toasts = crate::session::held::toasts(ctx.link());
        let link = ctx.link().clone();
        let asked = engine.clone();
        let patient = visit.patient().clone();
        spawn_local(async move { link.send_message(load(&asked, patient).await) });
        let leaving = Leaving::listen(ctx.link().callback(|()| Event::Flush));
        let unsaved = Rc::new(RefCell::new(None));
        let before_lock = engine.before_lock(last_word(&engine, visit.patient(), &unsaved));
        VisitPage { visit, engine, toasts, timer: None, unsaved, _leaving: leaving, _before_lock: before_lock }
    }

    fn update(&mut self, ctx: &Context<Self>, event: Event) -> bool {
        let effects = self.visit.update(event, clock::now());
        for effect in effects {
            self.obey(ctx, effect);
        }
        let waits = self.visit.save.dirty() && self.visit.stage != Stage::Closed;
        self.unsaved.replace(waits.then(|| self.visit.draft.clone()));
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let send = ctx.link().callback(|event: Event| event);
        let age = age_of(&ctx.props().banner.row.birth_date);
        html! {
            <aside class="visit" aria-label={t("visit-title")} onkeydown={keys(&send, self.visit.stage)}>
                { head(&self.visit, &send) }
                <div class="visit-scroll">
                    { match self.visit.stage {
                        Stage::Opening => self.opening(&send),
                        Stage::Writing | Stage::Closed => self.writing(age, &send),
                        Stage::Reviewing | Stage::Signing => review::review(&self.visit, &ctx.props().banner, age, &send),
                    } }
                </div>
                if self.visit.stage != Stage::Opening { { bar::bar(&self.visit, &send) } }
                { question(&self.visit, &send) }
            </aside>
        }
    }

    fn destroy(&mut self, _ctx: &Context<Self>) {
        // Gone without a word (route change, lock): what was typed is written all the same.
        for effect in self.visit.update(Event::Flush, clock::now()) {
            if let Effect::Save(draft) = effect {
                let (engine, patient) = (self.engine.clone(), self.visit.patient().clone());
                spawn_local(async move {
                    let _ = engine.call(api::SaveDraft { patient, draft: *draft }).await;
                });
            }
        }
    }
}

impl VisitPage {
    fn opening(&self, _send: &Callback<Event>) -> Html {
        match &self.visit.fault {
            Some(fault) => html! { <FaultNote fault={fault.clone()} /> },
            None => html! { <Waiting lines={6} /> },
        }
    }

    fn writing(&self, age: Option<Age>, send: &Callback<Event>) -> Html {
        let visit = &self.visit;
        html! {
            <form class="visit-form" autocomplete="off" onkeydown={|e: KeyboardEvent| next_field::on_enter(&e)}
                onsubmit={|e: SubmitEvent| e.prevent_default()} onfocusout={send.reform(|_: FocusEvent| Event::Flush)}>
                { review::problems(visit) }
                if visit.resumed { <Notice tone={Tone::Quiet}>{ t("visit-resumed") }</Notice> }
                { text_area(visit, Text::Subjective, send) }
                { strip::strip(visit, age, send) }
                { text_area(visit, Text::Objective, send) }
                { text_area(visit, Text::Assessment, send) }
                { diagnoses::diagnoses(visit, send) }
                { text_area(visit, Text::Plan, send) }
                { follow_up::follow_up(visit, send) }
            </form>
        }
    }

    fn obey(&mut self, ctx: &Context<Self>, effect: Effect) {
        let patient = self.visit.patient().clone();
        let link = ctx.link().clone();
        let engine = self.engine.clone();
        match effect {
            Effect::Save(draft) => spawn_local(async move {
                link.send_message(stored(engine.call(api::SaveDraft { patient, draft: *draft }).await));
            }),
            Effect::Wait(millis) => {
                let millis = u32::try_from(millis).unwrap_or(0);
                self.timer = Some(Timeout::new(millis, move || link.send_message(Event::Timer)));
            }
            Effect::Search { query, asked } => spawn_local(async move {
                let hits = engine.call(api::SearchDiagnosis { query, limit: HITS }).await.unwrap_or_default();
                link.send_message(Event::Hits { asked, hits });
            }),
            Effect::Sign(draft) => spawn_local(async move {
                link.send_message(match engine.call(api::SignVisit { patient, draft: *draft }).await {
                    Ok(saved) => Event::Signed(saved),
                    Err(fault) => Event::SignFailed(fault),
                });
            }),
            Effect::Discard(draft) => {
                let (toasts, ondraft) = (self.toasts.clone(), ctx.props().ondraft.clone());
                spawn_local(discard(engine, toasts, ondraft, patient, *draft));
            }
            Effect::DropBlank => {
                let ondraft = ctx.props().ondraft.clone();
                spawn_local(async move {
                    let _ = engine.call(api::DiscardDraft { patient }).await;
                    ondraft.emit(());
                });
            }
            Effect::Focus(place) => focus_soon(place),
            Effect::Reveal => {
                let at = self.visit.diagnosis.highlighted;
                Timeout::new(30, move || diagnoses::reveal(at)).forget();
            }
            Effect::Finished(saved) => {
                self.toasts.say(t_args("visit-signed", [("time", clock::when(saved.at).into())]));
                ctx.props().onsigned.emit(saved);
            }
            Effect::Close => {
                self.timer = None;
                ctx.props().onclose.emit(());
            }
        }
    }
}

/// Run as a lock begins: the last second's typing is written before the keys go.
fn last_word(
    engine: &EngineClient,
    patient: &PatientIdText,
    unsaved: &Rc<RefCell<Option<VisitDraft>>>,
) -> impl Fn() + 'static {
    let (engine, patient, unsaved) = (engine.clone(), patient.clone(), unsaved.clone());
    move || {
        if let Some(draft) = unsaved.take() {
            let (engine, patient) = (engine.clone(), patient.clone());
            spawn_local(async move {
                let _ = engine.call(api::SaveDraft { patient, draft }).await;
            });
        }
    }
}

async fn load(engine: &EngineClient, patient: PatientIdText) -> Event {
    let draft = match engine.call(api::LoadDraft { patient: patient.clone() }).await {
        Ok(draft) => draft,
        Err(fault) => return Event::LoadFailed(fault),
    };
    let mut saved = 0;
    if draft.is_some() {
        let rows = engine.call(api::Drafts {}).await.unwrap_or_default();
        saved = rows.iter().find(|d| d.row.patient == patient).map_or(0, |d| d.saved);
    }
    Event::Loaded { draft, saved }
}

fn stored(result: Result<Saved, Fault>) -> Event {
    match result {
        Ok(saved) => Event::Stored(saved.at),
        Err(fault) => Event::StoreFailed(fault),
    }
}

/// Deletes the stored draft and offers to put it back.
async fn discard(
    engine: EngineClient,
    toasts: Toasts,
    ondraft: Callback<()>,
    patient: PatientIdText,
    draft: VisitDraft,
) {
    if let Err(fault) = engine.call(api::DiscardDraft { patient: patient.clone() }).await {
        toasts.fail(crate::i18n::fault::fault_text(&fault));
        return;
    }
    ondraft.emit(());
    let again = toasts.clone();
    let undo = Callback::from(move |()| {
        let (engine, toasts, ondraft) = (engine.clone(), again.clone(), ondraft.clone());
        let call = api::SaveDraft { patient: patient.clone(), draft: draft.clone() };
        spawn_local(async move {
            match engine.call(call).await {
                Ok(_) => toasts.say(t("visit-undone")),
                Err(fault) => toasts.fail(crate::i18n::fault::fault_text(&fault)),
            }
            ondraft.emit(());
        });
    });
    toasts.say_with_undo(t("visit-discarded"), undo);
}

fn head(visit: &Visit, send: &Callback<Event>) -> Html {
    let started = visit.draft.started;
    let title = if started == 0 {
        t("visit-title")
    } else {
        t_args("visit-title-on", [("date", date::day(started, clock::offset(started)).into())])
    };
    html! {
        <header class="visit-head">
            <h2>{ title }</h2>
            <Button label={t("visit-leave")} kind={Kind::Quiet} icon={Sign::Close} icon_only=true
                onclick={send.reform(|()| Event::Leave)} />
        </header>
    }
}

fn text_area(visit: &Visit, which: Text, send: &Callback<Event>) -> Html {
    let (label, hint) = match which {
        Text::Subjective => (t("visit-subjective"), t("visit-subjective-hint")),
        Text::Objective => (t("visit-objective"), t("visit-objective-hint")),
        Text::Assessment => (t("visit-assessment"), t("visit-assessment-hint")),
        Text::Plan => (t("visit-plan"), t("visit-plan-hint")),
    };
    html! {
        <TextArea id={format!("visit-{}", which.key())} {label} {hint} value={visit.text(which).to_owned()} rows="2"
            class={classes!("visit-text")} oninput={send.reform(move |text: String| Event::Typed(which, text))} />
    }
}

/// Ctrl+Enter reviews, then signs; Esc asks whether to leave.
fn keys(send: &Callback<Event>, stage: Stage) -> Callback<KeyboardEvent> {
    let send = send.clone();
    Callback::from(move |event: KeyboardEvent| {
        let with_ctrl = event.ctrl_key() || event.meta_key();
        let told = match (event.key().as_str(), stage) {
            ("Enter", Stage::Writing) if with_ctrl => Event::Review,
            ("Enter", Stage::Reviewing) if with_ctrl => Event::Sign,
            ("Escape", Stage::Reviewing) => Event::BackToWriting,
            ("Escape", _) if !dom::dialog_is_open() => Event::Ask(Question::Leave),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        send.emit(told);
    })
}

fn question(visit: &Visit, send: &Callback<Event>) -> Html {
    let back = send.reform(|()| Event::Answered);
    match visit.question {
        None => html! {},
        Some(Question::Discard) => html! {
            <Confirm id="visit-ask-discard" title={t("visit-ask-discard")} text={t("visit-ask-discard-text")} confirm={t("visit-discard")}
                cancel={t("visit-return")} danger=true onconfirm={send.reform(|()| Event::Discard)} oncancel={back} />
        },
        Some(Question::Leave) => {
            let actions = html! {
                <>
                    <Button label={t("visit-discard")} kind={Kind::Danger} onclick={send.reform(|()| Event::Discard)} />
                    <Button label={t("visit-return")} onclick={back.clone()} />
                    <Button label={t("visit-leave")} kind={Kind::Primary} onclick={send.reform(|()| Event::Leave)} />
                </>
            };
            html! {
                <Dialog id="visit-ask-leave" title={t("visit-ask-leave")} onclose={back} {actions}>
                    <p>{ t("visit-ask-leave-text") }</p>
                </Dialog>
            }
        }
    }
}

/// After the next drawing: what is to be focused may not be on the screen yet.
fn focus_soon(place: Place) {
    let id = match place {
        Place::First => FIRST_ID,
        Place::Review => review::REVIEW_ID,
        Place::DiagnosisBox => diagnoses::BOX_ID,
        Place::Problems => "visit-problems",
    };
    Timeout::new(30, move || {
        dom::focus_id(id);
    })
    .forget();
}

fn age_of(birth: &str) -> Option<Age> {
    PartialDate::parse(birth)?.age_on(clock::today().parse().ok()?)
}
