//! Joining a clinic: the code from another tablet, a name and passphrase for this one, then six digits to compare.

use lucerna_shared::engine::api::{Event, Fault, JoinClinic, PairingEvent, Secret, Session};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Secrets, device_name_key, digits, grouped, invitation_in};
use super::secret_fields::SecretFields;
use crate::i18n::t;
use crate::session::{use_client, use_engine_event};
use crate::ui::scan::{Scan, can_scan};
use crate::ui::{Button, FaultNote, Field, Kind, Notice, Sign, Tone, Waiting, dom};

#[derive(Properties, PartialEq)]
pub struct JoinProps {
    /// The code from a scanned link, if the page was opened by one.
    pub invitation: Option<String>,
    pub onopen: Callback<Session>,
    pub onback: Callback<()>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Asking,
    Calling,
    /// Both sides show these digits.
    Comparing(String),
}

#[component]
pub fn Join(props: &JoinProps) -> Html {
    let client = use_client();
    let invitation = use_state(|| props.invitation.clone());
    let code = use_state(String::new);
    let name = use_state(String::new);
    let device = use_state(|| t(device_name_key(&dom::user_agent())));
    let secrets = use_state(Secrets::default);
    let tried = use_state(|| false);
    let scanning = use_state(|| false);
    let step = use_state(|| Step::Asking);
    let fault = use_state(|| None::<Fault>);

    {
        let (step, fault, onopen) = (step.setter(), fault.setter(), props.onopen.clone());
        use_engine_event((), move |event| {
            let Event::Pairing(pairing) = event else { return };
            match pairing {
                PairingEvent::Verify { digits, .. } | PairingEvent::Asked { digits, .. } => {
                    step.set(Step::Comparing(digits.clone()))
                }
                PairingEvent::Done { session: Some(session) } => onopen.emit(session.clone()),
                PairingEvent::Done { session: None } => {}
                PairingEvent::Failed { fault: why } => {
                    step.set(Step::Asking);
                    fault.set(Some(why.clone()));
                }
            }
        });
    }
    let missing = |value: &str| (*tried && value.trim().is_empty()).then(|| AttrValue::from(t("field-required")));
    let into = |state: &UseStateHandle<String>| {
        let set = state.setter();
        Callback::from(move |value: String| set.set(value))
    };
    let whole = invitation.is_some() || code.len() == 12;

    let onsubmit = {
        let (invitation, code, name, device, secrets) =
            (invitation.clone(), code.clone(), name.clone(), device.clone(), secrets.clone());
        let (tried, step, fault) = (tried.setter(), step.clone(), fault.setter());
        move |event: SubmitEvent| {
            event.prevent_default();
            tried.set(true);
            if *step != Step::Asking || !whole || name.trim().is_empty() || device.trim().is_empty() || !secrets.fine()
            {
                dom::focus_first_fault();
                return;
            }
            step.set(Step::Calling);
            fault.set(None);
            let command = JoinClinic {
                code: Secret((*invitation).clone().unwrap_or_else(|| (*code).clone())),
                device_name: device.trim().to_owned(),
                staff_name: name.trim().to_owned(),
                passphrase: Secret(secrets.passphrase.clone()),
            };
            let (client, step, fault) = (client.clone(), step.setter(), fault.clone());
            spawn_local(async move {
                if let Err(why) = client.call(command).await {
                    step.set(Step::Asking);
                    fault.set(Some(why));
                }
            });
        }
    };
    let onread = {
        let (invitation, scanning) = (invitation.setter(), scanning.setter());
        Callback::from(move |text: String| {
            if let Some(code) = invitation_in(&text) {
                invitation.set(Some(code));
                scanning.set(false);
            }
        })
    };
    match &*step {
        Step::Calling => {
            html! { <div class="form"><h1>{ t("join-calling") }</h1><p>{ t("join-calling-text") }</p><Waiting lines={2} /></div> }
        }
        Step::Comparing(six) => html! {
            <div class="form" aria-live="polite">
                <h1>{ t("pair-compare") }</h1>
                <p>{ t("join-compare-text") }</p>
                <p class="big-digits" data-testid="verify-digits">{ spaced(six) }</p>
                <Waiting lines={1} />
            </div>
        },
        Step::Asking => html! {
            <form class="form" {onsubmit} novalidate=true>
                <h1>{ t("welcome-join") }</h1>
                if invitation.is_some() {
                    <Notice tone={Tone::Good}>{ t("join-invited") }</Notice>
                } else {
                    <p class="hint">{ t("join-how") }</p>
                    <Field
                        id="join-code" class="code" label={t("join-code")} value={grouped(&code)} inputmode="numeric" autofocus=true required=true
                        oninput={let set = code.setter(); move |typed: String| set.set(digits(&typed))}
                        error={(*tried && code.len() != 12).then(|| AttrValue::from(t("join-code-short")))}
                        placeholder="0000 0000 0000" maxlength="14"
                    />
                    if *scanning {
                        <Scan {onread} onstop={let set = scanning.setter(); move |()| set.set(false)} />
                    } else if can_scan() {
                        <Button label={t("join-scan")} icon={Sign::Camera} onclick={let set = scanning.setter(); move |()| set.set(true)} />
                    } else {
                        <p class="hint">{ t("join-camera-app") }</p>
                    }
                }
                <Field id="staff-name" label={t("your-name")} value={(*name).clone()} oninput={into(&name)} required=true autocomplete="name" error={missing(&name)} />
                <Field id="device-name" label={t("device-name")} value={(*device).clone()} oninput={into(&device)} required=true hint={AttrValue::from(t("device-name-hint"))} error={missing(&device)} />
                <SecretFields secrets={(*secrets).clone()} onchange={let set = secrets.setter(); move |s| set.set(s)} tried={*tried} />
                if let Some(fault) = &*fault { <FaultNote fault={fault.clone()} /> }
                <div class="form-actions">
                    <Button label={t("back")} icon={Sign::Back} kind={Kind::Quiet} onclick={props.onback.clone()} />
                    <Button label={t("welcome-join")} kind={Kind::Primary} submit=true />
                </div>
            </form>
        },
    }
}

/// `123 456`: read aloud in two breaths.
fn spaced(six: &str) -> String {
    six.chars().enumerate().map(|(i, c)| if i == 3 { format!(" {c}") } else { c.to_string() }).collect()
}
