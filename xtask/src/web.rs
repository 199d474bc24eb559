//! Builds the PWA: cargo, wasm-bindgen, then the release folder `dist/`.
//! The order of the steps is all this file decides.

use crate::assets::{self, Release};
use crate::{bindgen, budget, paths, run, setup, stamp};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

/// A release as tablets get it, or a quick build for the person at the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    Release,
    Dev,
}

impl Flavour {
    pub fn from_flags(flags: &[String]) -> Self {
        if flags.iter().any(|flag| flag == "--dev") { Self::Dev } else { Self::Release }
    }

    /// Cargo's profile and the folder it writes to.
    fn profile(self) -> (&'static str, &'static str) {
        match self {
            Self::Release => ("release", "release"),
            // The profile that the wasm tests use too, so that nothing is compiled a third time.
            Self::Dev => ("dev", "debug"),
        }
    }
}

/// Brings `dist/` up to date and tells the sizes. A release that is too heavy to download is refused.
pub fn build(flavour: Flavour) -> Result<PathBuf> {
    let begun = Instant::now();
    setup::for_build()?;
    let module = compile(flavour)?;
    let bound = bind(flavour, &module)?;
    let release = Release::gather(&paths::root().join("web"), &bound, flavour == Flavour::Dev)?;
    let dist = paths::dist();
    let sizes = assets::lay_out(&release, &dist, flavour == Flavour::Release)?;
    println!("{sizes}built {} in {:.1} s", dist.display(), begun.elapsed().as_secs_f32());
    if flavour == Flavour::Release {
        sizes.within(budget::CAP)?;
    }
    Ok(dist)
}

fn compile(flavour: Flavour) -> Result<PathBuf> {
    let (profile, folder) = flavour.profile();
    let mut cargo = run::cargo(&paths::root());
    cargo.args(["build", "--quiet", "--lib", "--package", "lucerna-web", "--target", "wasm32-unknown-unknown"]);
    run::run(cargo.args(["--profile", profile]))?;
    Ok(paths::cargo_target().join("wasm32-unknown-unknown").join(folder).join("lucerna_web.wasm"))
}

fn bind(flavour: Flavour, module: &PathBuf) -> Result<PathBuf> {
    let (profile, _) = flavour.profile();
    let folder = paths::work().join("web").join(profile);
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    stamp::unless_fresh(&folder.join("stamp"), &stamp::sha256(&bytes), || {
        let out = folder.join("bound");
        // No wasm-opt after it: LLVM has done its work, and what binaryen leaves is smaller unpacked and larger packed (ADR 0028).
        bindgen::for_browsers(module, &out, flavour == Flavour::Release)
    })?;
    Ok(folder.join("bound"))
}
