//! wasm-bindgen as a library, locked by Cargo.lock to the very version the crates use, and `wasm-opt` after it.
//! No command-line tool has to be installed, and none can drift.

use crate::{paths, run, setup};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// Binaryen must know the features that rustc already used, or it refuses the module.
const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-call-indirect-overlong",
];

/// Writes `app.js`, `app_bg.wasm` and any snippets for browsers into `into`.
pub fn for_browsers(wasm: &Path, into: &Path, release: bool) -> Result<()> {
    if into.exists() {
        fs::remove_dir_all(into)?;
    }
    let mut words: Vec<OsString> =
        ["wasm-bindgen", "--target", "web", "--no-typescript", "--out-name", "app"].map(OsString::from).into();
    if release {
        words.extend(["--remove-name-section", "--remove-producers-section"].map(OsString::from));
    }
    words.extend([OsString::from("--out-dir"), into.into(), wasm.into()]);
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(words).context("wasm-bindgen")
}

/// Shrinks a module in place.
pub fn optimise(wasm: &Path) -> Result<()> {
    let tools = setup::tools()?;
    let small = wasm.with_extension("small");
    let mut command = run::command("node", &paths::root());
    command.arg(tools.join("node_modules/binaryen/bin/wasm-opt")).arg("-Oz").args(WASM_FEATURES);
    run::run(command.arg(wasm).arg("-o").arg(&small))?;
    Ok(fs::rename(small, wasm)?)
}

/// Cargo's runner for wasm32 tests: a headless Chromium through chromedriver. `.cargo/config.toml` sets its variables.
pub fn run_tests(words: &[String]) -> Result<()> {
    let own = std::iter::once(OsString::from("wasm-bindgen-test-runner"));
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(own.chain(words.iter().map(OsString::from)))
}
