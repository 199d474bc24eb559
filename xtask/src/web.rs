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

/// The modules, one a door; `web/<door>` makes `<door>.js` and `<door>_bg.wasm`.
pub const DOORS: [&str; 2] = ["page", "engine"];

/// Brings `dist/` up to date and tells the sizes. A release that is too heavy to download is refused.
pub fn build(flavour: Flavour) -> Result<PathBuf> {
    let begun = Instant::now();
    setup::for_build()?;
    compile(flavour)?;
    let bound = DOORS.iter().map(|door| bind(flavour, door)).collect::<Result<Vec<PathBuf>>>()?;
    let release = Release::gather(&paths::root().join("web"), &bound, flavour == Flavour::Dev)?;
    let dist = paths::dist();
    let sizes = assets::lay_out(&release, &dist, flavour == Flavour::Release)?;
    println!("{sizes}built {} in {:.1} s", dist.display(), begun.elapsed().as_secs_f32());
    if flavour == Flavour::Release {
        sizes.within(budget::CAPS)?;
    }
    Ok(dist)
}

/// All modules in one go: what they share is compiled once.
fn compile(flavour: Flavour) -> Result<()> {
    let (profile, _) = flavour.profile();
    let mut cargo = run::cargo(&paths::root());
    cargo.args(["build", "--quiet", "--lib", "--target", "wasm32-unknown-unknown", "--profile", profile]);
    for door in DOORS {
        cargo.args(["--package", &format!("lucerna-{door}")]);
    }
    run::run(&mut cargo)
}

fn bind(flavour: Flavour, door: &str) -> Result<PathBuf> {
    let (profile, built) = flavour.profile();
    let module = paths::cargo_target().join("wasm32-unknown-unknown").join(built).join(format!("lucerna_{door}.wasm"));
    let folder = paths::work().join("web").join(profile).join(door);
    let bytes = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    stamp::unless_fresh(&folder.join("stamp"), &stamp::sha256(&bytes), || {
        let out = folder.join("bound");
        // No wasm-opt after it: LLVM has done its work, and what binaryen leaves is smaller unpacked and larger packed (ADR 0028).
        bindgen::for_browsers(&module, &out, door, flavour == Flavour::Release)
    })?;
    Ok(folder.join("bound"))
}
