//! wasm-bindgen as a library, locked by Cargo.lock to the very version the crates use.
//! No command-line tool has to be installed, and none can drift.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// Writes `<name>.js`, `<name>_bg.wasm` and any snippets for browsers into `into`.
pub fn for_browsers(wasm: &Path, into: &Path, name: &str, release: bool) -> Result<()> {
    if into.exists() {
        fs::remove_dir_all(into)?;
    }
    let mut words: Vec<OsString> =
        ["wasm-bindgen", "--target", "web", "--no-typescript", "--out-name", name].map(OsString::from).into();
    if release {
        words.extend(["--remove-name-section", "--remove-producers-section"].map(OsString::from));
    }
    words.extend([OsString::from("--out-dir"), into.into(), wasm.into()]);
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(words).context("wasm-bindgen")
}

/// Cargo's runner for wasm32 tests: a headless Chromium through chromedriver. `.cargo/config.toml` sets its variables.
pub fn run_tests(words: &[String]) -> Result<()> {
    let own = std::iter::once(OsString::from("wasm-bindgen-test-runner"));
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(own.chain(words.iter().map(OsString::from)))
}
