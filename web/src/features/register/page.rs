//! The registration and edit pages: wire the model to the engine, guard what is typed, go to the chart when saved.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use jiff::civil::Date;
use lucerna_shared::clinic::patient::{PatientForm, PatientIdText, PatientRow};
use lucerna_shared::engine::api::{CheckPatient, EditPatient, Fault, PatientToEdit, RegisterPatient};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::fields::Fields;
use super::model::{Event, Model};
use super::parts::Duplicates;
use crate::i18n::t;
use crate::route::Route;
use crate::session::query::never;
use crate::session::{use_client, use_guard, use_nav, use_query};
use crate::ui::patient_line::full_name;
use crate::ui::{Button, FaultNote, Kind, clock, dom, faces, use_toasts};

/// Long enough not to ask at every key, short enough to feel immediate.
const CHECK_AFTER_MS: u32 = 120;

#[derive(Properties, PartialEq)]
pub struct RegisterProps {
    pub typed: String,
}

#[component]
pub fn RegisterPage(props: &RegisterProps) -> Html {
    html! { <FormPage start={Model::carrying(&props.typed, today())} /> }
}

#[derive(Properties, PartialEq)]
pub struct EditProps {
    pub patient: PatientIdText,
}

#[component]
pub fn EditPage(props: &EditProps) -> Html {
    let form = use_query(PatientToEdit { patient: props.patient.clone() }, never);
    faces(
        &form.loaded,
        Html::default,
        |form| html! { <FormPage start={Model::start(form.clone())} patient={props.patient.clone()} /> },
    )
}

#[derive(Properties, PartialEq)]
struct FormPageProps {
    start: Model,
    /// The patient that is edited; none for a new one.
    #[prop_or_default]
    patient: Option<PatientIdText>,
}

struct State(Model);

impl Reducible for State {
    type Action = Event;
    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        Rc::new(State(self.0.clone().update(event)))
    }
}

#[component]
fn FormPage(props: &FormPageProps) -> Html {
    let (client, nav, toasts) = (use_client(), use_nav(), use_toasts());
    let state = use_reducer(|| State(props.start.clone()));
    let (model, send) = (&state.0, state.dispatcher());
    let patient = props.patient.clone();
    use_guard(model.unsaved());
    {
        let (client, send, patient) = (client.clone(), send.clone(), patient.clone());
        use_effect_with(model.form.clone(), move |form| {
            let form = form.clone();
            let waiting = Timeout::new(CHECK_AFTER_MS, move || {
                spawn_local(async move {
                    // A check that fails says nothing: saving checks again and says why.
                    if let Ok(check) = client.call(CheckPatient { form: form.clone(), patient }).await {
                        send.dispatch(Event::Checked { form, check });
                    }
                });
            });
            move || drop(waiting)
        });
    }
    let saved = {
        let nav = nav.clone();
        move |row: PatientRow, key: &str| {
            toasts.say(format!("{} · {}", t(key), full_name(&row)));
            nav.leave(Route::chart(row.patient));
        }
    };
    let onsubmit = {
        let (model, send, patient) = (model.clone(), send.clone(), patient.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            send.dispatch(Event::Tried);
            if model.busy || model.blocked() {
                dom::focus_first_fault();
                return;
            }
            send.dispatch(Event::Saving);
            let (client, send, model, patient, saved) =
                (client.clone(), send.clone(), model.clone(), patient.clone(), saved.clone());
            spawn_local(async move {
                let (answer, key) = save(&client, patient, model).await;
                match answer {
                    Ok(row) => saved(row, key),
                    Err(fault) => {
                        send.dispatch(Event::Refused(fault));
                        dom::focus_first_fault();
                    }
                }
            });
        }
    };
    let back = match &patient {
        Some(patient) => nav.to(Route::chart(patient.clone())),
        None => nav.to(Route::Find),
    };
    let title = if patient.is_some() { "title-edit" } else { "title-register" };
    let onedit = {
        let send = send.clone();
        move |form: PatientForm| send.dispatch(Event::Edited(form))
    };
    let onopen = {
        let nav = nav.clone();
        move |id: String| nav.go(Route::chart(id))
    };
    html! {
        <div class="register">
            <form class="form" {onsubmit} novalidate=true autocomplete="off">
                <h1>{ t(title) }</h1>
                <p class="hint">{ t("form-required-hint") }</p>
                <Fields model={model.clone()} today={today()} {onedit} />
                if let Some(fault) = &model.fault { <FaultNote fault={fault.clone()} /> }
                <div class="form-actions sticky">
                    <Button label={t("cancel")} kind={Kind::Quiet} onclick={back} />
                    <Button label={t(if patient.is_some() { "save" } else { "register-save" })} kind={Kind::Primary} submit=true busy={model.busy} />
                </div>
            </form>
            if patient.is_none() { <Duplicates found={model.duplicates.clone()} {onopen} /> }
        </div>
    }
}

async fn save(
    client: &crate::platform::client::EngineClient,
    patient: Option<PatientIdText>,
    model: Model,
) -> (Result<PatientRow, Fault>, &'static str) {
    match patient {
        Some(patient) => {
            let edit = EditPatient { patient, before: model.start, after: model.form };
            (client.call(edit).await, "edit-saved")
        }
        None => (client.call(RegisterPatient { form: model.form }).await, "register-saved"),
    }
}

fn today() -> Date {
    clock::today().parse().unwrap_or_default()
}
