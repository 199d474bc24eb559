//! The form for an allergy, or for the recorded fact that none is known.

use lucerna_shared::clinic::allergy::AllergyForm;
use lucerna_shared::engine::api::{self, Fault};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::detail::PANEL_ID;
use super::model::Form;
use crate::i18n::fault::fault_text;
use crate::i18n::{t, t_args};
use crate::session::use_client;
use crate::ui::{Button, Choice, Field, Kind, Notice, Sign, Toggle, Tone, clock, use_toasts};

#[derive(Properties, PartialEq)]
pub struct AllergyFormProps {
    pub patient: String,
    pub form: Form,
    pub onclose: Callback<()>,
}

#[component]
pub fn AllergyFormPanel(props: &AllergyFormProps) -> Html {
    let (client, toasts) = (use_client(), use_toasts());
    let none_known = props.form == Form::NoKnownAllergies;
    let form = use_state(|| AllergyForm { none_known, ..AllergyForm::default() });
    let busy = use_state(|| false);
    let fault = use_state(|| None::<Fault>);
    let save = {
        let (patient, call_form, onclose) = (props.patient.clone(), (*form).clone(), props.onclose.clone());
        let (busy, fault) = (busy.setter(), fault.setter());
        Callback::from(move |()| {
            busy.set(true);
            let call = api::RecordAllergy { patient: patient.clone(), form: call_form.clone() };
            let (client, toasts, onclose, busy, fault) =
                (client.clone(), toasts.clone(), onclose.clone(), busy.clone(), fault.clone());
            spawn_local(async move {
                let done = client.call(call).await;
                busy.set(false);
                match done {
                    Ok(saved) => {
                        toasts.say(t_args("chart-saved", [("time", clock::when(saved.at).into())]));
                        onclose.emit(());
                    }
                    Err(why) => fault.set(Some(why)),
                }
            });
        })
    };
    let onsubmit = {
        let (save, blank) = (save.clone(), !none_known && form.substance.trim().is_empty());
        Callback::from(move |e: SubmitEvent| {
            e.prevent_default();
            if !blank {
                save.emit(());
            }
        })
    };
    let edit = |change: fn(&mut AllergyForm, String)| {
        let form = form.clone();
        Callback::from(move |text: String| {
            let mut next = (*form).clone();
            change(&mut next, text);
            form.set(next);
        })
    };
    let title = t(if none_known { "chart-no-known-allergies" } else { "chart-add-allergy" });
    html! {
        <aside class="chart-panel" aria-labelledby={PANEL_ID}>
            <header class="panel-head">
                <h2 id={PANEL_ID} tabindex="-1">{ title.clone() }</h2>
                <Button label={t("close")} kind={Kind::Quiet} icon={Sign::Close} icon_only=true onclick={props.onclose.clone()} />
            </header>
            <form class="panel-body panel-form" {onsubmit}>
                if let Some(why) = &*fault { <Notice tone={Tone::Bad} alert=true>{ problem(why) }</Notice> }
                if none_known {
                    <p>{ t("chart-none-known-text") }</p>
                } else {
                    <Field id="allergy-substance" label={t("allergy-substance")} hint={t("allergy-substance-hint")} required=true autofocus=true
                        value={form.substance.clone()} oninput={edit(|f, text| f.substance = text)} />
                    <Field id="allergy-reaction" label={t("allergy-reaction")} hint={t("allergy-reaction-hint")}
                        value={form.reaction.clone()} oninput={edit(|f, text| f.reaction = text)} />
                    <Toggle id="allergy-severity" label={t("allergy-severity")} value={form.severity.clone()}
                        choices={choices("allergy-severity", &["mild", "moderate", "severe"])}
                        onchange={edit(|f, text| f.severity = text).reform(|v: AttrValue| v.to_string())} />
                    <Toggle id="allergy-criticality" label={t("allergy-criticality")} value={form.criticality.clone()}
                        choices={choices("allergy-criticality", &["low", "high", "unable-to-assess"])}
                        onchange={edit(|f, text| f.criticality = text).reform(|v: AttrValue| v.to_string())} />
                }
                <div class="panel-form-foot">
                    <Button label={t("cancel")} onclick={props.onclose.clone()} />
                    <Button label={t("save")} kind={Kind::Primary} submit=true busy={*busy} disabled={!none_known && form.substance.trim().is_empty()} />
                </div>
            </form>
        </aside>
    }
}

fn choices(stem: &str, values: &'static [&'static str]) -> Vec<Choice> {
    values.iter().map(|value| Choice::new(*value, t(&format!("{stem}-{value}")))).collect()
}

fn problem(fault: &Fault) -> String {
    match fault {
        Fault::Fields { problems } => problems.iter().map(|p| t(&p.message)).collect::<Vec<_>>().join(" "),
        other => fault_text(other),
    }
}
