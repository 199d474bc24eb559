//! Choosing a passphrase: the field, how strong it is in words, and once more to be sure.

use yew::prelude::*;

use super::model::{SHORTEST, Secrets, strength};
use crate::i18n::{t, t_args};
use crate::ui::{Button, Field, Kind, Sign};

#[derive(Properties, PartialEq)]
pub struct SecretFieldsProps {
    pub secrets: Secrets,
    pub onchange: Callback<Secrets>,
    /// Whether to say what is wrong: after the first try.
    pub tried: bool,
}

#[component]
pub fn SecretFields(props: &SecretFieldsProps) -> Html {
    let shown = use_state(|| false);
    let secrets = &props.secrets;
    let (first_fault, second_fault) = if props.tried { secrets.problems() } else { (None, None) };
    let say =
        |key: Option<&'static str>| key.map(|k| AttrValue::from(t_args(k, [("count", (SHORTEST as u64).into())])));
    let first = {
        let (told, secrets) = (props.onchange.clone(), secrets.clone());
        move |passphrase: String| told.emit(Secrets { passphrase, ..secrets.clone() })
    };
    let second = {
        let (told, secrets) = (props.onchange.clone(), secrets.clone());
        move |again: String| told.emit(Secrets { again, ..secrets.clone() })
    };
    let kind = if *shown { "text" } else { "password" };
    let toggle = {
        let shown = shown.clone();
        move |()| shown.set(!*shown)
    };
    let strength = strength(&secrets.passphrase);
    html! {
        <>
            <Field
                id="passphrase" label={t("passphrase")} kind={kind} autocomplete="new-password" required=true
                value={secrets.passphrase.clone()} oninput={first}
                hint={AttrValue::from(t_args("passphrase-hint", [("count", (SHORTEST as u64).into())]))} error={say(first_fault)}
            >
                <Button label={t(if *shown { "hide" } else { "show" })} kind={Kind::Quiet} icon={if *shown { Sign::EyeOff } else { Sign::Eye }} icon_only=true onclick={toggle} />
            </Field>
            if !secrets.passphrase.is_empty() {
                <p class={classes!("strength", format!("strength-{}", strength.steps()))} aria-live="polite">
                    <span class="strength-meter" aria-hidden="true"><i /><i /><i /></span>
                    { t(strength.key()) }
                </p>
            }
            <Field
                id="passphrase-again" label={t("passphrase-again")} kind={kind} autocomplete="new-password" required=true
                value={secrets.again.clone()} oninput={second} error={say(second_fault)}
            />
        </>
    }
}
