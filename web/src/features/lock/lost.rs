//! The browser has lost the clinic's database: says so, and what to do. Asks the engine to look again, and gives the
//! clinic up only when told to twice.

use lucerna_shared::engine::api::{AppStatus, Status};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::i18n::t;
use crate::session::use_client;
use crate::ui::language::LanguageChoice;
use crate::ui::{Button, Confirm, Kind, Notice, Tone, dom};

#[derive(Properties, PartialEq)]
pub struct LostProps {
    /// Something other than the loss may now be true: the records are there again, or they were given up.
    pub onchanged: Callback<()>,
}

#[component]
pub fn LostPage(props: &LostProps) -> Html {
    let client = use_client();
    let (busy, asking) = (use_state(|| false), use_state(|| false));
    // Tried again in vain: a button that seems to do nothing would be pressed for ever.
    let in_vain = use_state(|| false);
    use_effect_with((), |()| dom::set_title(&format!("{} · {}", t("lost-title"), t("app-name"))));
    let retry = {
        let (client, onchanged) = (client.clone(), props.onchanged.clone());
        let (busy, in_vain) = (busy.setter(), in_vain.setter());
        move |()| {
            busy.set(true);
            in_vain.set(false);
            let (client, onchanged, busy, in_vain) = (client.clone(), onchanged.clone(), busy.clone(), in_vain.clone());
            spawn_local(async move {
                if matches!(client.call(Status {}).await, Ok(AppStatus::Missing)) {
                    busy.set(false);
                    in_vain.set(true);
                } else {
                    onchanged.emit(());
                }
            });
        }
    };
    let set_up = {
        let (onchanged, busy, asking) = (props.onchanged.clone(), busy.setter(), asking.setter());
        move |()| {
            asking.set(false);
            busy.set(true);
            let (client, onchanged) = (client.clone(), onchanged.clone());
            spawn_local(async move {
                client.give_up_lost_clinic().await;
                onchanged.emit(());
            });
        }
    };
    let ask = |open: bool| {
        let asking = asking.setter();
        move |()| asking.set(open)
    };
    html! {
        <div class="lock">
            <main class="lock-card" id="page">
                <h1>{ t("lost-title") }</h1>
                <Notice tone={Tone::Warning} alert=true>{ t("lost-text") }</Notice>
                <p>{ t("lost-others") }</p>
                <ol class="steps">
                    <li>{ t("lost-try") }</li>
                    <li>{ t("lost-join") }</li>
                    <li>{ t("lost-found") }</li>
                </ol>
                <Button class="wide" kind={Kind::Primary} label={t("retry")} busy={*busy} onclick={retry} />
                <Button class="wide" label={t("lost-set-up")} disabled={*busy} onclick={ask(true)} />
                <p class="hint" role="status">{ if *in_vain { t("lost-still") } else { String::new() } }</p>
            </main>
            <footer class="lock-foot"><LanguageChoice /></footer>
            if *asking {
                <Confirm
                    id="lost-set-up" title={t("lost-set-up-title")} text={t("lost-set-up-text")} confirm={t("lost-set-up")}
                    onconfirm={set_up} oncancel={ask(false)}
                />
            }
        </div>
    }
}
