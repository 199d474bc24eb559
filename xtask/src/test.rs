//! Every check there is, stage after stage, and one true sum at the end.
//! A stage that cannot run is a failure; the stages after it run all the same, so that one look shows everything.

use crate::tally::Tally;
use crate::{bench, edge, judge, layers, paths, run, setup, tidy, web};
use anyhow::{Result, bail};
use std::fs;
use std::process::Command;
use std::time::Instant;

type Stage = (&'static str, fn() -> Result<Tally>);

const ALL: &[Stage] = &[
    ("setup", || setup::everything().map(|()| Tally::default())),
    ("layers", layers::check),
    ("native", native),
    ("judges", judges),
    ("build", build),
    ("edge", || edge(&[])),
    ("wasm", || wasm(&[])),
    ("browser", || browser_tests("tests", &[])),
    ("bench", bench::smoke),
    ("exports", judge::exports),
    // Last: it compiles the workspace once more, in its own way.
    ("tidy", tidy::everything),
];

/// `cargo xtask test`.
pub fn everything() -> Result<()> {
    let begun = Instant::now();
    // Exports of an earlier run would be judged as if they were of this one.
    let _ = fs::remove_dir_all(paths::exports());
    let mut sum = Tally::default();
    let mut rows = Vec::new();
    for (name, stage) in ALL {
        println!("\n== {name}");
        let start = Instant::now();
        let tally = stage().unwrap_or_else(|fault| {
            println!("{name} FAILED: {fault:#}");
            Tally { failed: 1, ..Tally::default() }
        });
        rows.push(format!("{name:<18} {tally}  {:>6.0} s", start.elapsed().as_secs_f32()));
        sum += tally;
    }
    println!("\n{}", rows.join("\n"));
    println!("{:<18} {sum}  {:>6.0} s", "all", begun.elapsed().as_secs_f32());
    println!("{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed > 0 { bail!("{} tests failed", sum.failed) } else { Ok(()) }
}

/// Rules, formats, merging, and the models of the screens, without a browser.
pub fn native() -> Result<Tally> {
    let mut cargo = run::cargo(&paths::root());
    cargo.args(["test", "--no-fail-fast", "--package", "lucerna-shared", "--package", "xtask"]);
    let mut models = run::cargo(&paths::root());
    models.args(["test", "--no-fail-fast", "--package", "lucerna-web", "--lib"]);
    Ok(counted(&mut cargo)? + counted(&mut models)?)
}

/// The browser's adapters in a real browser.
pub fn wasm(words: &[String]) -> Result<Tally> {
    setup::wasm_target()?;
    setup::browser()?;
    let mut cargo = run::cargo(&paths::root());
    cargo.args(["test", "--no-fail-fast", "--package", "lucerna-web", "--target", "wasm32-unknown-unknown"]);
    counted(cargo.args(words).env("CI", "true"))
}

/// `cargo xtask test-edge [--dev]`: the Worker in workerd.
pub fn edge(words: &[String]) -> Result<Tally> {
    edge::build_edge(web::Flavour::from_flags(words) == web::Flavour::Release)?;
    counted(&mut edge::test_command()?)
}

/// The judges judged.
fn judges() -> Result<Tally> {
    let mut node = run::command("node", &paths::root());
    counted(node.args(["--test", "tests/judges/judge.test.mjs"]))
}

/// The PWA and the Worker as releases: what the later stages run against.
fn build() -> Result<Tally> {
    web::build(web::Flavour::Release)?;
    edge::build_edge(true)?;
    Ok(Tally { passed: 1, ..Tally::default() })
}

/// `cargo xtask test-browser | screens [--dev] [--no-build] [words for Playwright]`: builds, then runs one project.
pub fn playwright(project: &str, words: &[String]) -> Result<Tally> {
    let (own, rest): (Vec<_>, Vec<_>) = words.iter().cloned().partition(|word| word == "--dev" || word == "--no-build");
    if !own.iter().any(|word| word == "--no-build") {
        setup::everything()?;
        let flavour = web::Flavour::from_flags(&own);
        web::build(flavour)?;
        edge::build_edge(flavour == web::Flavour::Release)?;
    }
    browser_tests(project, &rest)
}

fn browser_tests(project: &str, words: &[String]) -> Result<Tally> {
    let folder = paths::root().join("tests/browser");
    let mut node = run::command("node", &folder);
    node.arg("node_modules/@playwright/test/cli.js").arg("test").arg(format!("--project={project}")).args(words);
    // Each test starts servers of its own through the task runner that is running now.
    counted(node.env("LUCERNA_XTASK", std::env::current_exe()?))
}

/// Runs a test runner and counts what it prints. Failing without a failed test is a failure too.
fn counted(command: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    let status = run::run_reading(command.env("NO_COLOR", "1").env_remove("FORCE_COLOR"), |line| tally.read(line))?;
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}
