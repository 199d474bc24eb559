//! The reader's preferences on this device: language, theme, how soon the clinic locks. Nothing about a patient or a clinic.

use yew::prelude::*;

use crate::i18n::{Lang, set_lang};
use crate::platform::prefs::{self, Pref};
use crate::ui::dom;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device says.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    pub fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn from_name(name: &str) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }
}

pub const IDLE_MINUTES: std::ops::RangeInclusive<u32> = 1..=30;
const IDLE_DEFAULT: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wishes {
    pub lang: Lang,
    pub theme: Theme,
    /// Minutes without a touch before the clinic locks.
    pub idle_minutes: u32,
}

impl Wishes {
    /// From what was stored, each falling back to a sensible choice.
    pub fn read(lang: Option<&str>, theme: Option<&str>, idle: Option<&str>, browser: &str) -> Wishes {
        Wishes {
            lang: lang.and_then(Lang::from_tag).or_else(|| Lang::from_tag(browser)).unwrap_or_default(),
            theme: theme.map(Theme::from_name).unwrap_or_default(),
            idle_minutes: idle
                .and_then(|t| t.parse().ok())
                .filter(|m| IDLE_MINUTES.contains(m))
                .unwrap_or(IDLE_DEFAULT),
        }
    }
}

/// The preferences and the way to change them.
#[derive(Clone, Debug, PartialEq)]
pub struct Prefs {
    pub wishes: Wishes,
    set: Callback<Wishes>,
}

impl Prefs {
    pub fn set(&self, wishes: Wishes) {
        self.set.emit(wishes);
    }
}

#[hook]
pub fn use_prefs() -> Prefs {
    let found = use_context::<Prefs>();
    #[allow(clippy::expect_used)]
    found.expect("a page stands below the preferences' provider")
}

#[derive(Properties, PartialEq)]
pub struct PrefsHostProps {
    pub children: Html,
}

/// Holds the preferences, keeps them, and puts them on `<html>`.
#[component]
pub fn PrefsHost(props: &PrefsHostProps) -> Html {
    let wishes = use_state(|| {
        let wishes = Wishes::read(
            prefs::get(Pref::Language).as_deref(),
            prefs::get(Pref::Theme).as_deref(),
            prefs::get(Pref::IdleMinutes).as_deref(),
            &dom::browser_language(),
        );
        apply(wishes);
        wishes
    });
    let set = use_callback((), {
        let setter = wishes.setter();
        move |wishes: Wishes, _: &()| {
            prefs::set(Pref::Language, Some(wishes.lang.tag()));
            prefs::set(Pref::Theme, (wishes.theme != Theme::Auto).then(|| wishes.theme.name()));
            prefs::set(Pref::IdleMinutes, Some(&wishes.idle_minutes.to_string()));
            apply(wishes);
            setter.set(wishes);
        }
    });
    html! {
        <ContextProvider<Prefs> context={Prefs { wishes: *wishes, set }}>{ props.children.clone() }</ContextProvider<Prefs>>
    }
}

fn apply(wishes: Wishes) {
    set_lang(wishes.lang);
    dom::set_root("lang", Some(wishes.lang.tag()));
    let theme = match wishes.theme {
        Theme::Auto => None,
        Theme::Light | Theme::Dark => Some(wishes.theme.name()),
    };
    dom::set_root("data-theme", theme);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_visit_speaks_the_browsers_language() {
        assert_eq!(Wishes::read(None, None, None, "id-ID").lang, Lang::Id);
        assert_eq!(Wishes::read(None, None, None, "fr").lang, Lang::En);
        assert_eq!(Wishes::read(Some("en"), None, None, "id").lang, Lang::En);
    }

    #[test]
    fn a_lock_time_out_of_range_falls_back_to_five_minutes() {
        assert_eq!(Wishes::read(None, None, Some("0"), "en").idle_minutes, 5);
        assert_eq!(Wishes::read(None, None, Some("30"), "en").idle_minutes, 30);
        assert_eq!(Wishes::read(None, None, Some("999"), "en").idle_minutes, 5);
    }
}
