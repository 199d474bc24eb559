//! `cargo xtask …`: every chore of the house in one program, so that a clone needs nothing but Rust, Node and a browser.
//! This file only hands the words on the command line to the module that does the work.

mod assets;
mod bindgen;
mod brotli;
mod edge;
mod layers;
mod paths;
mod run;
mod setup;
mod stamp;
mod tally;
mod web;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <chore>

  serve [--port N] [--dev] [--no-build]   build everything, run it in workerd, print the address
  test                                    every check there is; the last line is the sum
  ci                                      what the build machine runs: the same as `test`
  build [--dev]                           the PWA into dist/
  build-edge [--dev]                      the Worker
  layers                                  check who may speak of whom
  setup                                   install what the chores above need
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (chore, rest) = words.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    match dispatch(chore, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("xtask {chore}: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(chore: &str, rest: &[String]) -> Result<()> {
    match chore {
        "build" => web::build(web::Flavour::from_flags(rest)).map(drop),
        "build-edge" => edge::build_edge(!rest.iter().any(|flag| flag == "--dev")).map(drop),
        "test-edge" => edge::build_edge(true).and_then(|_| run::run(&mut edge::test_command()?)),
        "layers" => done(layers::check()?),
        "setup" => setup::everything(),
        "wasm-test-runner" => bindgen::run_tests(rest),
        "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("there is no chore named `{other}`\n\n{HELP}"),
    }
}

/// A chore that counts succeeds when nothing it counted failed.
fn done(tally: tally::Tally) -> Result<()> {
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 { bail!("{} failed", tally.failed) } else { Ok(()) }
}
