//! What a person chose for this device's screen, in localStorage. A closed list of names, so that nothing about a
//! patient or a clinic can be put here.

use gloo::utils::window;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pref {
    /// `light` or `dark`; nothing for the system's own.
    Theme,
    /// A language tag.
    Language,
    /// Minutes without use after which the clinic locks.
    IdleMinutes,
}

impl Pref {
    fn key(self) -> &'static str {
        match self {
            Pref::Theme => "lucerna-theme",
            Pref::Language => "lucerna-language",
            Pref::IdleMinutes => "lucerna-idle-minutes",
        }
    }
}

pub fn get(pref: Pref) -> Option<String> {
    read(pref.key())
}

/// `None` goes back to the default.
pub fn set(pref: Pref, value: Option<&str>) {
    write(pref.key(), value);
}

/// Private windows may refuse storage: then every preference is the default.
pub(super) fn read(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

pub(super) fn write(key: &str, value: Option<&str>) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
    }
}
