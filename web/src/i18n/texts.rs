//! The Fluent files, compiled in: one list a language, one file a place.

use super::Lang;

macro_rules! texts {
    ($($place:literal),* $(,)?) => {
        pub(super) fn of(lang: Lang) -> &'static [&'static str] {
            match lang {
                Lang::En => &[$(include_str!(concat!("../locales/en/", $place, ".ftl"))),*],
                Lang::Id => &[$(include_str!(concat!("../locales/id/", $place, ".ftl"))),*],
            }
        }
    };
}

texts![
    "common",
    "faults",
    "fields",
    "shell",
    "welcome",
    "lock",
    "today",
    "find",
    "register",
    "devices",
    "settings",
    "chart",
    "visit",
    "exchange",
    "conflicts",
    "audit",
];
