//! Removing the clinic from this device: asked twice, the second time with a passphrase.

use lucerna_shared::engine::api::{Fault, LockView, RemoveClinic as Remove, Secret};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::i18n::{t, t_args};
use crate::session::use_client;
use crate::ui::toggle::{Choice, Toggle};
use crate::ui::{Button, Confirm, Dialog, FaultNote, Field, Kind};

#[derive(Properties, PartialEq)]
pub struct RemoveClinicProps {
    pub view: LockView,
    pub onclose: Callback<()>,
    pub onremoved: Callback<()>,
}

#[component]
pub fn RemoveClinic(props: &RemoveClinicProps) -> Html {
    let client = use_client();
    let sure = use_state(|| false);
    let staff = use_state(|| props.view.staff.first().map(|s| s.staff.clone()).unwrap_or_default());
    let passphrase = use_state(String::new);
    let busy = use_state(|| false);
    let fault = use_state(|| None::<Fault>);
    let name = || props.view.clinic_name.clone();
    if !*sure {
        return html! {
            <Confirm
                id="remove-first" title={t("remove-title")} text={t_args("remove-text", [("clinic", name().into())])} confirm={t("remove-go-on")}
                danger=true onconfirm={let sure = sure.setter(); move |()| sure.set(true)} oncancel={props.onclose.clone()}
            />
        };
    }
    let remove = {
        let (staff, passphrase, busy, fault) = (staff.clone(), passphrase.clone(), busy.clone(), fault.setter());
        let (onclose, onremoved) = (props.onclose.clone(), props.onremoved.clone());
        Callback::from(move |()| {
            busy.set(true);
            fault.set(None);
            let command = Remove { staff: (*staff).clone(), passphrase: Secret((*passphrase).clone()) };
            let (client, busy, fault) = (client.clone(), busy.setter(), fault.clone());
            let (onclose, onremoved) = (onclose.clone(), onremoved.clone());
            spawn_local(async move {
                match client.call(command).await {
                    Ok(()) => {
                        onclose.emit(());
                        onremoved.emit(());
                    }
                    Err(why) => {
                        busy.set(false);
                        fault.set(Some(why));
                    }
                }
            });
        })
    };
    let choices: Vec<Choice> = props.view.staff.iter().map(|s| Choice::new(s.staff.clone(), s.name.clone())).collect();
    let actions = html! {
        <>
            <Button label={t("cancel")} onclick={props.onclose.clone()} />
            <Button label={t("remove-now")} kind={Kind::Danger} busy={*busy} disabled={passphrase.is_empty()} onclick={remove} />
        </>
    };
    html! {
        <Dialog id="remove-second" title={t("remove-title")} onclose={props.onclose.clone()} {actions}>
            <p>{ t("remove-second-text") }</p>
            if choices.len() > 1 {
                <Toggle id="remove-staff" label={t("lock-who")} {choices} value={(*staff).clone()} onchange={let staff = staff.setter(); move |s: AttrValue| staff.set(s.to_string())} />
            }
            <Field
                id="remove-passphrase" label={t("passphrase")} kind="password" autocomplete="current-password" value={(*passphrase).clone()}
                oninput={let set = passphrase.setter(); move |typed| set.set(typed)} autofocus=true
            />
            if let Some(fault) = &*fault { <FaultNote fault={fault.clone()} /> }
        </Dialog>
    }
}
