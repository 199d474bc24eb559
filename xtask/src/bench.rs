//! Measures the built app in a real browser and prints one table; the numbers also go to `target/bench.json`.
//! What is measured, and how, stands in `tests/browser/bench`.

use crate::{paths, test};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;

/// One measured figure.
#[derive(Debug, Serialize, Deserialize)]
struct Figure {
    what: String,
    value: f64,
    unit: String,
    /// What a reader must know to compare it: counts, conditions, the run it is a ratio to.
    #[serde(default)]
    note: String,
}

/// `cargo xtask bench [--no-build] [words for Playwright]`.
pub fn run(words: &[String]) -> Result<()> {
    let lines = paths::root().join("target/bench.jsonl");
    let _ = fs::remove_file(&lines);
    let tally = test::playwright("bench", words)?;
    let mut figures = sizes()?;
    for line in fs::read_to_string(&lines).context("the benchmark measured nothing")?.lines() {
        figures.push(serde_json::from_str(line)?);
    }
    print!("{}", table(&figures));
    fs::write(paths::root().join("target/bench.json"), serde_json::to_string_pretty(&figures)?)?;
    if tally.failed > 0 { bail!("{} of the measurements failed", tally.failed) } else { Ok(()) }
}

/// What a tablet downloads, from the release folder itself.
fn sizes() -> Result<Vec<Figure>> {
    let mut by_kind: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for path in crate::stamp::files_below(&paths::dist())? {
        let full = paths::dist().join(&path);
        let name = path.to_string_lossy().into_owned();
        if name.ends_with(".br") {
            continue;
        }
        let raw = fs::metadata(&full)?.len();
        let small = fs::metadata(format!("{}.br", full.display())).map_or(raw, |meta| meta.len());
        let kinds: &[&str] = if name.ends_with(".wasm") { &["WASM", "whole app"] } else { &["whole app"] };
        for kind in kinds {
            let sum = by_kind.entry(kind).or_default();
            *sum = (sum.0 + raw, sum.1 + small);
        }
    }
    let rows = by_kind
        .into_iter()
        .flat_map(|(kind, (raw, small))| [(format!("{kind}, raw"), raw), (format!("{kind}, brotli"), small)]);
    let figure = |(what, bytes): (String, u64)| Figure {
        what,
        value: bytes as f64 / 1000.0,
        unit: "kB".into(),
        note: String::new(),
    };
    Ok(rows.map(figure).collect())
}

fn table(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.what.chars().count()).max().unwrap_or(0);
    let row = |figure: &Figure| {
        format!("{:<width$}  {:>12.2} {:<8} {}\n", figure.what, figure.value, figure.unit, figure.note)
    };
    figures.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lines_up() {
        let figure = |what: &str, value| Figure { what: what.into(), value, unit: "ms".into(), note: String::new() };
        let table = table(&[figure("chart open", 12.5), figure("x", 1000.0)]);
        let columns: Vec<usize> = table.lines().map(|line| line.find("ms").unwrap()).collect();
        assert_eq!(columns[0], columns[1]);
    }
}
