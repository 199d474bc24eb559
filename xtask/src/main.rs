//! `cargo xtask …`: every chore of the house in one program, so that a clone needs nothing but Rust, Node and a browser.
//! This file only hands the words on the command line to the module that does the work.

mod assets;
mod bench;
mod bindgen;
mod brotli;
mod budget;
mod dictionary;
mod edge;
mod judge;
mod layers;
mod paths;
mod run;
mod serve;
mod setup;
mod stamp;
mod tally;
mod test;
mod tidy;
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
  setup                                   install what the chores above need

  test-native | test-wasm [words] | test-edge [--dev]
  test-browser [--dev] [--no-build] [words for Playwright]
  judge FILE…                             FHIR validators that are not ours, over .json and .ndjson
  bench [--no-build] [--sizes 1k,10k] [--only lucerna,dexie] [--rounds N] [peers] [words]
                                          measure the release, alone and beside its peers; target/bench.json
  screens [--dev] [--no-build] [words]    pictures of every screen into target/screens
  dictionary make BYTES FILE | weigh FILE…  the dictionary that bodies are packed with: a candidate, or its worth
  layers                                  check who may speak of whom
  tidy                                    formatting, warnings, file lengths, headers
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
        "serve" => serve::serve(rest),
        "test" | "ci" => test::everything(),
        "build" => web::build(web::Flavour::from_flags(rest)).map(drop),
        "build-edge" => edge::build_edge(web::Flavour::from_flags(rest) == web::Flavour::Release).map(drop),
        "setup" => setup::everything(),
        "test-native" => done(test::native()?),
        "test-wasm" => done(test::wasm(rest)?),
        "test-edge" => done(test::edge(rest)?),
        "test-browser" => done(test::playwright("tests", rest)?),
        "screens" => done(test::playwright("screens", rest)?),
        "bench" => bench::run(rest),
        "judge" => done(judge::files(rest)?),
        "dictionary" => dictionary::run(rest),
        "layers" => done(layers::check()?),
        "tidy" => done(tidy::everything()?),
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
