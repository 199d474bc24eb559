//! The welcome screen: what this is, three ways in, the language.

use lucerna_shared::engine::api::{Event, Fault, OpenDemo, Session};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::create::Create;
use super::join::Join;
use super::model::invitation_in;
use crate::i18n::{t, t_args};
use crate::platform::history;
use crate::session::{use_client, use_engine_event};
use crate::ui::language::LanguageChoice;
use crate::ui::{FaultNote, Icon, Progress, Sign, dom};

#[derive(Properties, PartialEq)]
pub struct WelcomeProps {
    pub onopen: Callback<Session>,
}

#[derive(Clone, Debug, PartialEq)]
enum Face {
    Choosing,
    Creating,
    Joining(Option<String>),
    Demo,
}

#[component]
pub fn WelcomePage(props: &WelcomeProps) -> Html {
    let client = use_client();
    // The invitation leaves the address before anything is drawn.
    let face = use_state(|| match history::take_fragment().as_deref().and_then(invitation_in) {
        Some(code) => Face::Joining(Some(code)),
        None => Face::Choosing,
    });
    let progress = use_state(|| (0u64, 0u64));
    let fault = use_state(|| None::<Fault>);
    use_effect_with((), |()| dom::set_title(&format!("{} · {}", t("title-welcome"), t("app-name"))));
    {
        let progress = progress.setter();
        use_engine_event((), move |event| {
            if let Event::Progress { done, total, .. } = event {
                progress.set((*done, *total));
            }
        });
    }
    let choose = {
        let face = face.setter();
        Callback::from(move |()| face.set(Face::Choosing))
    };
    let to = |next: Face| {
        let face = face.setter();
        move |_: MouseEvent| face.set(next.clone())
    };
    let demo = {
        let (client, face, fault, onopen) = (client.clone(), face.setter(), fault.setter(), props.onopen.clone());
        move |_: MouseEvent| {
            face.set(Face::Demo);
            fault.set(None);
            let (client, face, fault, onopen) = (client.clone(), face.clone(), fault.clone(), onopen.clone());
            spawn_local(async move {
                match client.call(OpenDemo {}).await {
                    Ok(session) => onopen.emit(session),
                    Err(why) => {
                        face.set(Face::Choosing);
                        fault.set(Some(why));
                    }
                }
            });
        }
    };
    let inner = match &*face {
        Face::Creating => html! { <Create onopen={props.onopen.clone()} onback={choose} /> },
        Face::Joining(invitation) => {
            html! { <Join invitation={invitation.clone()} onopen={props.onopen.clone()} onback={choose} /> }
        }
        Face::Demo => html! {
            <div class="form" aria-live="polite">
                <h1>{ t("welcome-demo") }</h1>
                <Progress
                    label={t("demo-preparing")} done={progress.0} total={progress.1}
                    detail={(progress.1 > 0).then(|| AttrValue::from(t_args("demo-progress", [("done", progress.0.into()), ("total", progress.1.into())])))}
                />
            </div>
        },
        Face::Choosing => html! {
            <>
                <h1>{ t("welcome-title") }</h1>
                <p class="lead">{ t("welcome-lead") }</p>
                if let Some(fault) = &*fault { <FaultNote fault={fault.clone()} /> }
                <div class="ways">
                    { way("welcome-create", "welcome-create-text", Sign::Plus, true, to(Face::Creating)) }
                    { way("welcome-join", "welcome-join-text", Sign::Devices, false, to(Face::Joining(None))) }
                    { way("welcome-demo", "welcome-demo-text", Sign::Eye, false, demo) }
                </div>
            </>
        },
    };
    html! {
        <div class="welcome">
            <header class="welcome-head">
                <span class="brand"><Icon sign={Sign::Lamp} class="brand-mark" /><span class="brand-name">{ t("app-name") }</span></span>
                <LanguageChoice />
            </header>
            <main class="welcome-main" id="page">{ inner }</main>
            <footer class="welcome-foot"><Icon sign={Sign::Shield} /><p>{ t("welcome-promise") }</p></footer>
        </div>
    }
}

fn way(title: &str, text: &str, sign: Sign, first: bool, onclick: impl Fn(MouseEvent) + 'static) -> Html {
    html! {
        <button type="button" class={classes!("way", first.then_some("first"))} onclick={Callback::from(onclick)}>
            <Icon {sign} />
            <span class="way-words"><strong>{ t(title) }</strong><span>{ t(text) }</span></span>
            <Icon sign={Sign::Forward} class="way-go" />
        </button>
    }
}
