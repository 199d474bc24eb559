//! What may be done with an open resource: write an addendum to a signed note, mark it as entered in error with a reason.

use lucerna_shared::clinic::chart::Line;
use lucerna_shared::engine::api;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::i18n::fault::fault_text;
use crate::i18n::{t, t_args};
use crate::session::use_client;
use crate::ui::{Button, Dialog, Kind, Notice, Sign, TextArea, Tone, clock, use_toasts};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Addendum,
    MarkError,
}

impl Act {
    fn label(self) -> String {
        match self {
            Act::Addendum => t("chart-add-addendum"),
            Act::MarkError => t("chart-mark-error"),
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct ActingProps {
    pub patient: String,
    pub line: Line,
    pub acts: Vec<Act>,
}

#[component]
pub fn Acting(props: &ActingProps) -> Html {
    let (client, toasts) = (use_client(), use_toasts());
    let chosen = use_state(|| None::<Act>);
    let text = use_state(String::new);
    let busy = use_state(|| false);
    let failed = use_state(|| None::<String>);
    let close = {
        let (chosen, text, failed) = (chosen.setter(), text.setter(), failed.setter());
        Callback::from(move |()| {
            chosen.set(None);
            text.set(String::new());
            failed.set(None);
        })
    };
    let submit = {
        let (act, words, patient, line) = (*chosen, text.trim().to_owned(), props.patient.clone(), props.line.clone());
        let (busy, failed, close) = (busy.setter(), failed.setter(), close.clone());
        Callback::from(move |()| {
            let Some(act) = act else { return };
            busy.set(true);
            let (client, toasts, busy, failed, close) =
                (client.clone(), toasts.clone(), busy.clone(), failed.clone(), close.clone());
            let (patient, line, words) = (patient.clone(), line.clone(), words.clone());
            spawn_local(async move {
                let done = match act {
                    Act::Addendum => client.call(api::AddAddendum { patient, note: line.id, text: words }).await,
                    Act::MarkError => {
                        client
                            .call(api::MarkError {
                                patient,
                                resource_type: line.resource_type,
                                id: line.id,
                                reason: words,
                            })
                            .await
                    }
                };
                busy.set(false);
                match done {
                    Ok(saved) => {
                        toasts.say(t_args("chart-saved", [("time", clock::when(saved.at).into())]));
                        close.emit(());
                    }
                    Err(fault) => failed.set(Some(fault_text(&fault))),
                }
            });
        })
    };
    if props.acts.is_empty() {
        return html! {};
    }
    html! {
        <footer class="panel-acts">
            { for props.acts.iter().map(|act| {
                let (act, chosen) = (*act, chosen.setter());
                let icon = if act == Act::Addendum { Sign::Plus } else { Sign::Warning };
                let kind = if act == Act::Addendum { Kind::Plain } else { Kind::Quiet };
                html! { <Button label={act.label()} {icon} {kind} onclick={move |()| chosen.set(Some(act))} /> }
            }) }
            if let Some(act) = *chosen {
                { dialog(act, &text, *busy, &failed, close, submit) }
            }
        </footer>
    }
}

fn dialog(
    act: Act,
    text: &UseStateHandle<String>,
    busy: bool,
    failed: &Option<String>,
    close: Callback<()>,
    submit: Callback<()>,
) -> Html {
    let (label, hint, go) = match act {
        Act::Addendum => (t("chart-addendum-text"), t("chart-addendum-hint"), t("chart-addendum-sign")),
        Act::MarkError => (t("chart-error-reason"), t("chart-error-hint"), t("chart-mark-error")),
    };
    let oninput = {
        let text = text.setter();
        move |words: String| text.set(words)
    };
    let actions = html! {
        <>
            <Button label={t("cancel")} onclick={close.clone()} />
            <Button label={go} kind={if act == Act::MarkError { Kind::Danger } else { Kind::Primary }} {busy} disabled={text.trim().is_empty()} onclick={submit} />
        </>
    };
    html! {
        <Dialog id="chart-act" title={act.label()} onclose={close} {actions}>
            if let Some(why) = failed { <Notice tone={Tone::Bad} alert=true>{ why }</Notice> }
            <TextArea id="chart-act-text" {label} {hint} value={(**text).clone()} {oninput} rows="4" autofocus=true required=true />
        </Dialog>
    }
}
