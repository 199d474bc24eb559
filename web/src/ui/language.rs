//! The choice of language, each in its own words.

use yew::prelude::*;

use super::toggle::{Choice, Toggle};
use crate::i18n::{Lang, t};
use crate::session::prefs::{Wishes, use_prefs};

#[component]
pub fn LanguageChoice() -> Html {
    let prefs = use_prefs();
    let choices: Vec<Choice> = Lang::ALL.iter().map(|l| Choice::new(l.tag(), l.own_name())).collect();
    let value = prefs.wishes.lang.tag();
    let onchange = Callback::from(move |tag: AttrValue| {
        if let Some(lang) = Lang::from_tag(&tag) {
            prefs.set(Wishes { lang, ..prefs.wishes });
        }
    });
    html! { <Toggle id="lang" label={t("language")} bare=true {choices} {value} {onchange} class="languages" /> }
}
