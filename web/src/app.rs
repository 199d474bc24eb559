//! The root: holds engine, preferences and toasts for everything below, and decides between welcome, lock and clinic.
//! Knows which page stands at which place; draws none of them itself.

use yew::prelude::*;

use crate::platform::client::EngineClient;
use crate::session::nav::NavHost;
use crate::session::prefs::{PrefsHost, use_prefs};
use crate::ui::dom;
use crate::ui::toast::ToastHost;

mod gate;
mod pages;
mod patient;

use gate::Gate;

#[derive(Properties, PartialEq)]
pub struct AppProps {
    pub client: EngineClient,
}

#[component]
pub fn App(props: &AppProps) -> Html {
    html! {
        <ContextProvider<EngineClient> context={props.client.clone()}>
            <PrefsHost><ToastHost><Spoken /></ToastHost></PrefsHost>
        </ContextProvider<EngineClient>>
    }
}

/// Everything that speaks a language: a change of language draws it anew, and puts focus back on the choice.
#[component]
fn Spoken() -> Html {
    let lang = use_prefs().wishes.lang;
    let first = use_mut_ref(|| true);
    use_effect_with(lang, move |lang| {
        if !std::mem::replace(&mut *first.borrow_mut(), false) {
            dom::focus_id(&format!("lang-{}", lang.tag()));
        }
    });
    html! { <NavHost key={lang.tag()}><Gate /></NavHost> }
}
