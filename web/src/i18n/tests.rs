//! Both languages say everything, with the same values put in, and every key that the code names exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;

/// Message → the variables it uses.
fn messages(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for text in texts::of(lang) {
        let mut current = String::new();
        for line in text.lines() {
            if line.trim_start().starts_with('#') {
                continue;
            }
            if let Some((key, _)) = line.split_once('=').filter(|(key, _)| is_key(key.trim_end())) {
                current = key.trim_end().to_owned();
                assert!(
                    found.insert(current.clone(), BTreeSet::new()).is_none(),
                    "{current} is written twice in {}",
                    lang.tag()
                );
            }
            for piece in line.split('$').skip(1) {
                let name: String =
                    piece.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').collect();
                found.entry(current.clone()).or_default().insert(name);
            }
        }
    }
    found
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// The string that follows each of `marks` in a source text: `t("…")`, `label_key="…"`.
fn keys_after<'a>(source: &'a str, marks: &[&str]) -> Vec<&'a str> {
    let mut keys = Vec::new();
    for mark in marks {
        for (at, _) in source.match_indices(mark) {
            let before = source[..at].chars().next_back().unwrap_or(' ');
            if mark.starts_with('t') && (before.is_alphanumeric() || before == '_' || before == '.') {
                continue;
            }
            let rest = source[at + mark.len()..].trim_start();
            if let Some((key, _)) = rest.strip_prefix('"').and_then(|r| r.split_once('"')) {
                keys.push(key);
            }
        }
    }
    keys
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_values() {
    let (english, indonesian) = (messages(Lang::En), messages(Lang::Id));
    let missing: Vec<_> = english.keys().filter(|k| !indonesian.contains_key(*k)).collect();
    let extra: Vec<_> = indonesian.keys().filter(|k| !english.contains_key(*k)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "Indonesian lacks {missing:?}, English lacks {extra:?}");
    for (key, values) in &english {
        assert_eq!(indonesian.get(key), Some(values), "the values of {key} differ");
    }
}

#[test]
fn every_file_is_fluent_without_faults() {
    for lang in Lang::ALL {
        for text in texts::of(lang) {
            let read = FluentResource::try_new((*text).to_owned());
            assert!(read.is_ok(), "{}: {:?}", lang.tag(), read.err().map(|(_, faults)| faults));
        }
    }
}

#[test]
fn every_key_named_in_the_code_is_written() {
    let known = messages(Lang::En);
    let mut files = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut files);
    assert!(files.len() > 5);
    let mut missing = BTreeSet::new();
    for file in files.iter().filter(|f| !f.starts_with(concat!(env!("CARGO_MANIFEST_DIR"), "/src/i18n"))) {
        let source = std::fs::read_to_string(file).unwrap_or_default();
        for key in keys_after(&source, &["t(", "t_args(", "_key="]) {
            if is_key(key) && !known.contains_key(key) {
                missing.insert(format!("{key} ({})", file.file_name().unwrap_or_default().to_string_lossy()));
            }
        }
    }
    assert!(missing.is_empty(), "not written: {missing:#?}");
}

#[test]
fn every_message_that_the_rules_name_for_a_form_is_written() {
    let known = messages(Lang::En);
    let rules = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/src/clinic"));
    let mut files = vec![rules.join("patient.rs"), rules.join("nik.rs")];
    sources(&rules.join("patient"), &mut files);
    let mut missing = BTreeSet::new();
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap_or_default();
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        for text in code.split('"').skip(1).step_by(2) {
            if is_key(text) && text.contains('-') && text != "kebab-case" && !known.contains_key(text) {
                missing.insert(text.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "not written: {missing:#?}");
}

#[test]
fn every_message_that_a_check_of_the_clinic_gives_is_written() {
    let known = messages(Lang::En);
    let mut files = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/src/clinic")), &mut files);
    let (mut missing, mut seen) = (BTreeSet::new(), 0);
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap_or_default();
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        for mark in ["add(", "problem(", "reason("] {
            for (at, _) in code.match_indices(mark) {
                let call = code[at..].split([';', '}']).next().unwrap_or_default();
                let texts = call.split('"').skip(1).step_by(2).filter(|text| is_key(text) && text.contains('-'));
                for text in texts {
                    seen += 1;
                    if !known.contains_key(text) {
                        missing.insert(text.to_owned());
                    }
                }
            }
        }
    }
    assert!(seen > 20, "the checks are not where this test looks");
    assert!(missing.is_empty(), "not written: {missing:#?}");
}

#[test]
fn plurals_follow_each_language() {
    set_lang(Lang::En);
    assert_eq!(t_args("age-years", [("count", 1.into())]), "1 year");
    assert_eq!(t_args("age-years", [("count", 2.into())]), "2 years");
    set_lang(Lang::Id);
    assert_eq!(t_args("age-years", [("count", 2.into())]), "2 tahun");
    set_lang(Lang::En);
}
