//! The words of the screens, in Fluent: one bundle a language, chosen for the whole page.
//! Knows no screen; a key that nobody wrote shows as itself, and a test finds it first.

use std::cell::{Cell, OnceCell};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

pub mod date;
pub mod fault;
pub mod number;
mod texts;
pub mod unit;

/// A value put into a message: `t_args("age-years", [("count", 3.into())])`.
pub type Arg<'a> = FluentValue<'a>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
    Id,
}

impl Lang {
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Id];

    /// The BCP 47 tag, for `<html lang>` and for storing the choice.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Id => "id",
        }
    }

    /// The language's own name for itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Id => "Bahasa Indonesia",
        }
    }

    /// The language for a tag such as `id-ID`; `in` is the old code for Indonesian, still sent by some Androids.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        match tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Some(Lang::En),
            "id" | "in" => Some(Lang::Id),
            _ => None,
        }
    }

    fn identifier(self) -> LanguageIdentifier {
        match self {
            Lang::En => langid!("en"),
            Lang::Id => langid!("id"),
        }
    }
}

type Bundle = FluentBundle<FluentResource>;

thread_local! {
    static CHOSEN: Cell<Lang> = const { Cell::new(Lang::En) };
    static ENGLISH: OnceCell<Bundle> = const { OnceCell::new() };
    static INDONESIAN: OnceCell<Bundle> = const { OnceCell::new() };
}

/// The language of the page. Whoever changes it draws the page anew.
pub fn set_lang(lang: Lang) {
    CHOSEN.set(lang);
}

pub fn lang() -> Lang {
    CHOSEN.get()
}

/// The message with this key, in the page's language.
pub fn t(key: &str) -> String {
    format(lang(), key, None)
}

/// The message with this key and values put in.
pub fn t_args<'a>(key: &str, args: impl IntoIterator<Item = (&'a str, Arg<'a>)>) -> String {
    let args: FluentArgs<'_> = args.into_iter().collect();
    format(lang(), key, Some(&args))
}

/// Whether anybody wrote this key: for keys that come from data.
pub fn knows(key: &str) -> bool {
    with_bundle(lang(), |bundle| bundle.has_message(key)) || with_bundle(Lang::En, |bundle| bundle.has_message(key))
}

fn format(lang: Lang, key: &str, args: Option<&FluentArgs<'_>>) -> String {
    one(lang, key, args).or_else(|| one(Lang::En, key, args)).unwrap_or_else(|| key.to_owned())
}

fn one(lang: Lang, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
    with_bundle(lang, |bundle| {
        let pattern = bundle.get_message(key)?.value()?;
        let mut faults = Vec::new();
        Some(bundle.format_pattern(pattern, args, &mut faults).into_owned())
    })
}

fn with_bundle<T>(lang: Lang, read: impl FnOnce(&Bundle) -> T) -> T {
    let cell = match lang {
        Lang::En => &ENGLISH,
        Lang::Id => &INDONESIAN,
    };
    cell.with(|cell| read(cell.get_or_init(|| build(lang))))
}

fn build(lang: Lang) -> Bundle {
    let mut bundle = FluentBundle::new(vec![lang.identifier()]);
    // Isolation marks would end up in printed and copied text; names here are never right-to-left inside left-to-right yet.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match lang {
        Lang::En => |value, _| plain_number(value, Lang::En),
        Lang::Id => |value, _| plain_number(value, Lang::Id),
    }));
    for text in texts::of(lang) {
        // A file with a fault still gives every message that could be read; the tests refuse the fault.
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(read, _)| read);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn plain_number(value: &FluentValue<'_>, lang: Lang) -> Option<String> {
    match value {
        FluentValue::Number(n) => Some(number::in_lang(n.as_string().as_ref(), lang)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
