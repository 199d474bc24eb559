//! Creating a clinic: four things to name, one to keep secret.

use lucerna_shared::engine::api::{CreateClinic, Fault, Secret, Session};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Secrets, device_name_key};
use super::secret_fields::SecretFields;
use crate::i18n::t;
use crate::session::use_client;
use crate::ui::{Button, FaultNote, Field, Kind, Sign, dom};

#[derive(Properties, PartialEq)]
pub struct CreateProps {
    pub onopen: Callback<Session>,
    pub onback: Callback<()>,
}

#[component]
pub fn Create(props: &CreateProps) -> Html {
    let client = use_client();
    let clinic = use_state(String::new);
    let name = use_state(String::new);
    let device = use_state(|| t(device_name_key(&dom::user_agent())));
    let secrets = use_state(Secrets::default);
    let tried = use_state(|| false);
    let busy = use_state(|| false);
    let fault = use_state(|| None::<Fault>);

    let missing = |value: &str| (*tried && value.trim().is_empty()).then(|| AttrValue::from(t("field-required")));
    let into = |state: &UseStateHandle<String>| {
        let set = state.setter();
        Callback::from(move |value: String| set.set(value))
    };

    let onsubmit = {
        let (clinic, name, device, secrets) = (clinic.clone(), name.clone(), device.clone(), secrets.clone());
        let (tried, busy, fault, onopen) = (tried.setter(), busy.clone(), fault.setter(), props.onopen.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            tried.set(true);
            let named = [&clinic, &name, &device].iter().all(|field| !field.trim().is_empty());
            if *busy || !named || !secrets.fine() {
                dom::focus_first_fault();
                return;
            }
            busy.set(true);
            fault.set(None);
            let command = CreateClinic {
                clinic_name: clinic.trim().to_owned(),
                staff_name: name.trim().to_owned(),
                device_name: device.trim().to_owned(),
                passphrase: Secret(secrets.passphrase.clone()),
            };
            let (client, busy, fault, onopen) = (client.clone(), busy.setter(), fault.clone(), onopen.clone());
            spawn_local(async move {
                match client.call(command).await {
                    Ok(session) => onopen.emit(session),
                    Err(why) => {
                        busy.set(false);
                        fault.set(Some(why));
                    }
                }
            });
        }
    };
    html! {
        <form class="form" {onsubmit} novalidate=true>
            <h1>{ t("welcome-create") }</h1>
            <Field id="clinic-name" label={t("clinic-name")} value={(*clinic).clone()} oninput={into(&clinic)} required=true autofocus=true error={missing(&clinic)} />
            <Field id="staff-name" label={t("your-name")} value={(*name).clone()} oninput={into(&name)} required=true autocomplete="name" error={missing(&name)} />
            <Field id="device-name" label={t("device-name")} value={(*device).clone()} oninput={into(&device)} required=true hint={AttrValue::from(t("device-name-hint"))} error={missing(&device)} />
            <SecretFields secrets={(*secrets).clone()} onchange={let set = secrets.setter(); move |s| set.set(s)} tried={*tried} />
            <p class="plain-warning">{ t("passphrase-no-reset") }</p>
            if let Some(fault) = &*fault { <FaultNote fault={fault.clone()} /> }
            <div class="form-actions">
                <Button label={t("back")} icon={Sign::Back} kind={Kind::Quiet} onclick={props.onback.clone()} disabled={*busy} />
                <Button label={t(if *busy { "welcome-creating" } else { "welcome-create" })} kind={Kind::Primary} submit=true busy={*busy} />
            </div>
        </form>
    }
}
