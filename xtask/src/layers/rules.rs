//! The rules themselves: each looks at one file and says what breaks it.
//! A new module of `shared` takes its place in `ORDER`; a new rule takes its place in `ALL`, with a test.

use super::{Breach, Source};

/// The modules of `shared`, each of which may use only those before it.
const ORDER: &[&str] = &["base", "wire", "crypto", "fhir", "record", "clinic", "exchange", "sync", "port", "engine"];

/// Words that read a clock or make randomness.
const IMPURE: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom",
    "OsRng",
    "SysRng",
    "thread_rng",
    "rand::",
    "js_sys",
    "web_sys",
];

pub type Rule = fn(&Source) -> Vec<Breach>;

pub const ALL: &[(&str, Rule)] = &[
    ("shared uses only what stands above", shared_order),
    ("shared reads no clock and makes no randomness", shared_is_pure),
    ("edge knows base and wire only", edge_is_narrow),
    ("the browser is touched in platform, ui and the engine worker only", browser_has_doors),
    ("no model names Yew", models_know_no_yew),
    ("features never import each other", features_stand_apart),
];

fn shared_order(source: &Source) -> Vec<Breach> {
    let Some(own) = module_of(source, "shared/src/") else { return Vec::new() };
    let Some(rank) = rank_of(own) else { return Vec::new() };
    let forbidden = |name: &str| match rank_of(name) {
        // The doors to the world are the engine's alone: everything else is given bytes and times.
        Some(_) if name == "port" => !matches!(own, "port" | "engine"),
        Some(other) => other > rank,
        None => false,
    };
    let used = source.names_after("crate").into_iter().filter(|(name, _)| forbidden(name));
    used.map(|(name, line)| breach(source, line, format!("`{own}` stands above `{name}` and may not use it"))).collect()
}

fn shared_is_pure(source: &Source) -> Vec<Breach> {
    if !source.path.starts_with("shared/src/") {
        return Vec::new();
    }
    words(source, IMPURE, |word| format!("`{word}` in shared: take time and entropy through `port`"))
}

fn edge_is_narrow(source: &Source) -> Vec<Breach> {
    if !source.path.starts_with("edge/src/") {
        return Vec::new();
    }
    let used = source.names_after("lucerna_shared").into_iter().filter(|(name, _)| name != "base" && name != "wire");
    used.map(|(name, line)| breach(source, line, format!("edge may not know `{name}`"))).collect()
}

fn browser_has_doors(source: &Source) -> Vec<Breach> {
    let door = ["platform", "ui", "engine_worker"].iter().any(|name| module_of(source, "web/src/") == Some(*name));
    if door || !source.path.starts_with("web/src/") {
        return Vec::new();
    }
    words(source, &["web_sys", "js_sys"], |word| format!("`{word}` outside platform, ui and the engine worker"))
}

fn models_know_no_yew(source: &Source) -> Vec<Breach> {
    if !source.path.ends_with("/model.rs") && !source.path.contains("/model/") {
        return Vec::new();
    }
    words(source, &["yew"], |_| "a model thinks; it does not draw".to_owned())
}

fn features_stand_apart(source: &Source) -> Vec<Breach> {
    let Some(rest) = source.path.strip_prefix("web/src/features/") else { return Vec::new() };
    let Some(own) = module_of(source, "web/src/features/") else { return Vec::new() };
    // As many steps up as the file lies deep lead to `features`, where the neighbours are.
    let outwards = vec!["super"; rest.split('/').count()].join("::");
    let named = source.names_after("features").into_iter().chain(source.names_after(&outwards));
    let foreign = named.filter(|(name, _)| name != own && name != "super");
    foreign
        .map(|(name, line)| breach(source, line, format!("feature `{own}` may not import feature `{name}`")))
        .collect()
}

/// The first folder or file name below `prefix`.
fn module_of<'a>(source: &'a Source, prefix: &str) -> Option<&'a str> {
    let rest = source.path.strip_prefix(prefix)?;
    let first = rest.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

fn rank_of(module: &str) -> Option<usize> {
    ORDER.iter().position(|name| *name == module)
}

fn words(source: &Source, forbidden: &[&str], why: impl Fn(&str) -> String) -> Vec<Breach> {
    let hits = |word: &&str| {
        source.lines_with(word).into_iter().map(|line| breach(source, line, why(word))).collect::<Vec<_>>()
    };
    forbidden.iter().flat_map(hits).collect()
}

fn breach(source: &Source, line: usize, why: String) -> Breach {
    Breach { file: source.path.clone(), line, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many breaches all rules together find in one file.
    fn breaches(path: &str, code: &str) -> usize {
        let source = Source::new(path, code);
        ALL.iter().flat_map(|(_, rule)| rule(&source)).count()
    }

    #[test]
    fn a_module_may_look_up_but_not_down() {
        assert_eq!(breaches("shared/src/record/change.rs", "use crate::{base::Id, fhir};"), 0);
        assert_eq!(breaches("shared/src/fhir.rs", "use crate::record::Change;"), 1);
        assert_eq!(breaches("shared/src/wire.rs", "use crate::{base, crypto::Key};"), 1);
    }

    #[test]
    fn only_the_engine_opens_the_doors_to_the_world() {
        assert_eq!(breaches("shared/src/engine/open.rs", "use crate::port::Store;"), 0);
        assert_eq!(breaches("shared/src/sync.rs", "use crate::port::Store;"), 1);
    }

    #[test]
    fn shared_reads_no_clock_and_throws_no_dice() {
        assert_eq!(breaches("shared/src/clinic/note.rs", "let now = std::time::SystemTime::now();"), 1);
        assert_eq!(breaches("shared/src/crypto/seal.rs", "getrandom::fill(&mut nonce);"), 1);
        assert_eq!(breaches("shared/src/crypto/seal.rs", "#[cfg(test)] mod tests { use getrandom; }"), 0);
    }

    #[test]
    fn the_edge_cannot_name_a_record() {
        assert_eq!(breaches("edge/src/room.rs", "use lucerna_shared::wire::room;"), 0);
        assert_eq!(breaches("edge/src/room.rs", "use lucerna_shared::{base, record::Change};"), 1);
    }

    #[test]
    fn pages_reach_the_browser_through_the_platform() {
        assert_eq!(breaches("web/src/platform/idb.rs", "use web_sys::IdbFactory;"), 0);
        assert_eq!(breaches("web/src/features/find/page.rs", "use web_sys::HtmlInputElement;"), 1);
    }

    #[test]
    fn a_model_that_names_yew_is_caught() {
        assert_eq!(breaches("web/src/features/find/model.rs", "use yew::prelude::*;"), 1);
        assert_eq!(breaches("web/src/features/find/page.rs", "use yew::prelude::*;"), 0);
    }

    #[test]
    fn one_feature_cannot_reach_into_another() {
        assert_eq!(breaches("web/src/features/find/page.rs", "use crate::features::find::model::Model;"), 0);
        assert_eq!(breaches("web/src/features/find/page.rs", "use crate::features::chart::page::Chart;"), 1);
        assert_eq!(breaches("web/src/features/find/page.rs", "use super::super::chart::Chart;"), 1);
        assert_eq!(breaches("web/src/features/find/parts/row.rs", "use super::super::model::Model;"), 0);
        assert_eq!(breaches("web/src/app.rs", "use crate::features::{chart, find};"), 0);
    }
}
