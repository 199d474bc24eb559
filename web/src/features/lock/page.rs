//! The lock screen and its neighbours: draws the model, asks the engine to unlock.

use std::rc::Rc;

use lucerna_shared::engine::api::{LockReason, LockView, Secret, Session, Unlock};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Event, Model, reason_key};
use super::remove::RemoveClinic;
use crate::i18n::fault::fault_text;
use crate::i18n::{t, t_args};
use crate::session::use_client;
use crate::ui::language::LanguageChoice;
use crate::ui::patient_line::role_text;
use crate::ui::{Button, Field, Icon, Kind, Notice, Sign, Tone, clock, dom};

/// The demo clinic's passphrase is no secret: all its people are invented.
const DEMO_PASSPHRASE: &str = "lucerna-demo";

#[derive(Default)]
struct State(Model);

impl Reducible for State {
    type Action = Event;
    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        Rc::new(State(self.0.clone().update(event)))
    }
}

#[derive(Properties, PartialEq)]
pub struct LockProps {
    pub view: LockView,
    pub why: Option<LockReason>,
    pub onopen: Callback<Session>,
    /// The clinic was removed from this device.
    pub onchanged: Callback<()>,
}

#[component]
pub fn LockPage(props: &LockProps) -> Html {
    let client = use_client();
    let view = props.view.clone();
    let state = use_reducer(|| State(Model::start(&view)));
    let now = clock::use_now(500);
    let removing = use_state(|| false);
    let field = use_node_ref();
    let model = &state.0;
    use_effect_with((), |()| dom::set_title(&format!("{} · {}", t("title-lock"), t("app-name"))));
    {
        let field = field.clone();
        use_effect_with(model.staff.clone(), move |_| dom::focus(&field));
    }
    let send = state.dispatcher();
    let onsubmit = {
        let (model, send, onopen) = (model.clone(), send.clone(), props.onopen.clone());
        let field = field.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if !model.may_try(clock::now()) {
                return;
            }
            send.dispatch(Event::Tried);
            let command = Unlock { staff: model.staff.clone(), passphrase: Secret(model.passphrase.clone()) };
            let (client, send, onopen, field) = (client.clone(), send.clone(), onopen.clone(), field.clone());
            spawn_local(async move {
                match client.call(command).await {
                    Ok(session) => onopen.emit(session),
                    Err(fault) => {
                        send.dispatch(Event::Refused(fault));
                        dom::focus(&field);
                    }
                }
            });
        }
    };
    let wait = model.wait(now);
    let error = match (wait, &model.fault) {
        (1.., _) => Some(AttrValue::from(t_args("lock-wait", [("seconds", wait.into())]))),
        (_, Some(fault)) => Some(AttrValue::from(fault_text(fault))),
        (_, None) => None,
    };
    let oncaps = {
        let (send, on) = (send.clone(), model.caps);
        move |event: KeyboardEvent| {
            let now_on = event.get_modifier_state("CapsLock");
            if now_on != on {
                send.dispatch(Event::Caps(now_on));
            }
        }
    };
    html! {
        <div class="lock">
            <main class="lock-card" id="page">
                <span class="lock-lamp"><Icon sign={Sign::Lamp} class="brand-mark" /></span>
                <h1>{ view.clinic_name.clone() }</h1>
                if let Some(key) = reason_key(props.why) { <p class="hint" role="status">{ t(key) }</p> }
                if view.demo { <Notice>{ t_args("lock-demo", [("passphrase", DEMO_PASSPHRASE.into())]) }</Notice> }
                <form {onsubmit}>
                    { tiles(&view, model, &send) }
                    if !model.staff.is_empty() {
                        <Field
                            id="unlock-passphrase" label={t("passphrase")} kind={if model.shown { "text" } else { "password" }}
                            autocomplete="current-password" value={model.passphrase.clone()} node={field}
                            oninput={let send = send.clone(); move |typed| send.dispatch(Event::Typed(typed))} onkeydown={oncaps} {error}
                            warning={model.caps.then(|| AttrValue::from(t("lock-caps")))}
                        >
                            <Button
                                label={t(if model.shown { "hide" } else { "show" })} kind={Kind::Quiet} icon_only=true
                                icon={if model.shown { Sign::EyeOff } else { Sign::Eye }} pressed={model.shown}
                                onclick={let send = send.clone(); move |()| send.dispatch(Event::ShowToggled)}
                            />
                        </Field>
                        <Button
                            class="wide" kind={Kind::Primary} submit=true busy={model.busy} disabled={wait > 0}
                            label={t(if model.busy { "lock-opening" } else { "lock-open" })} icon={Sign::Lock}
                        />
                    }
                </form>
            </main>
            <footer class="lock-foot">
                <LanguageChoice />
                <Button label={t("lock-remove")} kind={Kind::Quiet} icon={Sign::Trash} onclick={let removing = removing.setter(); move |()| removing.set(true)} />
            </footer>
            if *removing {
                <RemoveClinic {view} onclose={let removing = removing.setter(); move |()| removing.set(false)} onremoved={props.onchanged.clone()} />
            }
        </div>
    }
}

fn tiles(view: &LockView, model: &Model, send: &UseReducerDispatcher<State>) -> Html {
    html! {
        <fieldset class="tiles">
            <legend class={classes!((view.staff.len() == 1).then_some("unseen"))}>{ t("lock-who") }</legend>
            for tile in view.staff.clone() {
                <label class="tile" key={tile.staff.clone()}>
                    <input
                        type="radio" name="staff" value={tile.staff.clone()} checked={tile.staff == model.staff}
                        onchange={let send = send.clone(); let staff = tile.staff.clone(); move |_: yew::events::Event| send.dispatch(Event::Chosen(staff.clone()))}
                    />
                    <span class="avatar" aria-hidden="true">{ initials(&tile.name) }</span>
                    <span class="tile-words"><strong>{ tile.name.clone() }</strong><span>{ role_text(tile.role) }</span></span>
                </label>
            }
        </fieldset>
    }
}

fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphabetic()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect()
}

#[derive(Properties, PartialEq)]
pub struct AnotherTabProps {
    pub take_over: Callback<()>,
}

#[component]
pub fn AnotherTabPage(props: &AnotherTabProps) -> Html {
    html! {
        <div class="lock">
            <main class="lock-card" id="page">
                <span class="lock-lamp"><Icon sign={Sign::Lamp} class="brand-mark" /></span>
                <h1>{ t("other-tab-title") }</h1>
                <p>{ t("other-tab-text") }</p>
                <Button class="wide" kind={Kind::Primary} label={t("other-tab-take")} onclick={props.take_over.clone()} />
            </main>
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct DamagedProps {
    pub reason: String,
    pub retry: Callback<()>,
}

/// The database is there and does not open: says what to do, and never starts a blank clinic over it.
#[component]
pub fn DamagedPage(props: &DamagedProps) -> Html {
    html! {
        <div class="lock">
            <main class="lock-card" id="page">
                <h1>{ t("damaged-title") }</h1>
                <Notice tone={Tone::Bad} alert=true>{ t("damaged-text") }</Notice>
                <ol class="steps">
                    <li>{ t("damaged-step-reload") }</li>
                    <li>{ t("damaged-step-other") }</li>
                    <li>{ t("damaged-step-keep") }</li>
                </ol>
                <details><summary>{ t("damaged-detail") }</summary><p class="hint">{ props.reason.clone() }</p></details>
                <Button class="wide" kind={Kind::Primary} label={t("retry")} onclick={props.retry.clone()} />
            </main>
        </div>
    }
}
