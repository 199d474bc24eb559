//! Measures the built app in a real browser, alone (`tests/browser/bench`) and beside what a developer would pick instead
//! (`tests/bench`). Prints tables, writes `target/bench.json`, and after a whole run the figures in `docs/performance.md`.

mod maths;
mod raw;
mod report;
mod targets;
mod wish;

use crate::{edge, paths, run, setup, test, web};
use anyhow::{Context, Result, bail};
use raw::Raw;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use wish::Wish;

/// One measured figure of the app on its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figure {
    what: String,
    value: f64,
    unit: String,
    /// What a reader must know to compare it: counts, conditions, the run it is a ratio to.
    #[serde(default)]
    note: String,
}

/// `cargo xtask bench [--no-build] [--sizes 1k,10k] [--only lucerna,dexie] [--rounds N] [--minutes N] [peers] [words for Playwright]`.
pub fn run(words: &[String]) -> Result<()> {
    let wish = Wish::read(words)?;
    let command = ["cargo xtask bench".to_owned()].iter().chain(words).cloned().collect::<Vec<_>>().join(" ");
    if wish.build {
        setup::everything()?;
        web::build(web::Flavour::Release)?;
        edge::build_edge(true)?;
    }
    let raw = if wish.peers { peers(&wish, &command)? } else { Raw::default() };
    let (figures, failed) = if wish.alone { alone(&wish)? } else { (Vec::new(), 0) };
    if wish.peers {
        print!("\n{}", report::comparison(&raw));
    }
    if wish.alone {
        print!("\n{}", report::singles(&figures));
    }
    let all = serde_json::json!({
        "whole": wish.is_whole(),
        "command": command,
        "targets": targets::verdicts(&raw),
        "alone": figures,
        "comparison": raw,
    });
    fs::write(paths::root().join("target/bench.json"), serde_json::to_string_pretty(&all)?)?;
    if failed > 0 {
        bail!("{failed} of the measurements failed");
    }
    if !wish.is_whole() {
        println!("\nThis was a part of the benchmark: docs/performance.md stays as it is.");
        return Ok(());
    }
    let page = paths::root().join("docs/performance.md");
    let text = report::between_marks(&fs::read_to_string(&page)?, "comparison", &report::comparison(&raw))?;
    fs::write(&page, report::between_marks(&text, "alone", &report::singles(&figures))?)?;
    println!("\nThe figures in docs/performance.md are those of this run.");
    Ok(())
}

/// What fifty patients hash to, from either source. The same data everywhere is half of a comparison; whoever changes
/// the generator raises its version and writes these anew.
const SAME_DATA: [(&str, &str); 2] = [
    ("Synthea, 20 patients", "b4a975c3d7ca0c0389658c6beb2dfaae340c5b52fedc810b4ca40eb6fee74c6d"),
    ("Synthea, the two patients", "352b371366bb1d39752cc7dc2e4ca84ba6eaed61d3fb427bfda60b5b9cc860a4"),
];

/// A handful of patients through every candidate, to see that the comparison still runs. Its times say nothing.
pub fn smoke() -> Result<crate::tally::Tally> {
    let wish = Wish { sizes: vec![50], rounds: 1, minutes: 1, ..Wish::whole() };
    let raw = peers(&wish, "cargo xtask test")?;
    let mut tally = crate::tally::Tally::default();
    let known =
        |data: &raw::Data| SAME_DATA.iter().any(|(from, hash)| data.source.starts_with(from) && data.sha256 == *hash);
    if !raw.data.iter().all(known) {
        println!("the benchmark's data is not what it was");
    }
    tally.count(raw.data.iter().all(known));
    for candidate in raw.candidates() {
        let ran = raw.figure(candidate, 50, raw::Figure::Export).is_some_and(|(_, stopped)| !stopped);
        if !ran {
            println!("{candidate} did not come through the benchmark's jobs");
        }
        tally.count(ran);
    }
    Ok(tally)
}

/// The comparison: `tests/bench` drives one browser and leaves a line a measurement.
fn peers(wish: &Wish, command: &str) -> Result<Raw> {
    setup::browser()?;
    let folder = paths::root().join("tests/bench");
    setup::npm(&folder)?;
    let program = bundled(&folder)?;
    let lines = paths::root().join("target/bench-peers.jsonl");
    let mut node = run::command("node", &folder);
    let sizes: Vec<String> = wish.sizes.iter().map(u64::to_string).collect();
    node.arg(program).arg("--root").arg(paths::root()).arg("--dist").arg(paths::dist()).arg("--out").arg(&lines);
    node.args(["--sizes", &sizes.join(","), "--rounds", &wish.rounds.to_string()]);
    node.args(["--minutes", &wish.minutes.to_string(), "--command", command]);
    if !wish.only.is_empty() {
        node.args(["--only", &wish.only.join(",")]);
    }
    run::run(&mut node)?;
    Raw::read(&fs::read_to_string(&lines).context("the comparison measured nothing")?)
}

/// The driver as one script, beside the packages that it needs.
fn bundled(folder: &std::path::Path) -> Result<PathBuf> {
    let script = folder.join("node_modules/.lucerna/run.mjs");
    // Installed, it is a program or a script, as npm was allowed to run the package's own step or not.
    let mut esbuild = run::command(folder.join("node_modules/.bin/esbuild"), folder);
    esbuild.args(["driver/run.ts", "--bundle", "--platform=node", "--format=esm", "--packages=external"]);
    esbuild.arg("--log-level=warning").arg(format!("--outfile={}", script.display()));
    run::run(&mut esbuild)?;
    Ok(script)
}

/// The app on its own: start, day and sync, and how many of these failed.
fn alone(wish: &Wish) -> Result<(Vec<Figure>, usize)> {
    let lines = paths::root().join("target/bench.jsonl");
    let _ = fs::remove_file(&lines);
    let words: Vec<String> = ["--no-build".to_owned()].iter().chain(&wish.words).cloned().collect();
    let tally = test::playwright("bench", &words)?;
    let mut figures = sizes()?;
    for line in fs::read_to_string(&lines).context("the benchmark measured nothing")?.lines() {
        figures.push(serde_json::from_str(line)?);
    }
    Ok((figures, tally.failed))
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
