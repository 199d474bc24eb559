//! Installs what the chores need and a clone does not bring: the wasm target, a browser, the npm packages.
//! Every missing thing that it cannot mend is named with the command that would.

use crate::{paths, run, stamp};
use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";

/// All of it, for tests and for serving.
pub fn everything() -> Result<()> {
    wasm_target()?;
    browser()?;
    tools()?;
    for folder in ["edge", "tests/browser", "tests/judges"] {
        npm(&paths::root().join(folder))?;
    }
    Ok(())
}

/// What `serve` needs: the build, and the Worker's runtime.
pub fn for_serve() -> Result<()> {
    for_build()?;
    npm(&paths::root().join("edge"))
}

/// What `build` needs, and nothing more.
pub fn for_build() -> Result<()> {
    wasm_target()?;
    tools().map(drop)
}

/// The npm packages of the build itself; the folder they are installed in.
pub fn tools() -> Result<PathBuf> {
    let folder = paths::root().join("xtask/tools");
    npm(&folder)?;
    Ok(folder)
}

pub fn wasm_target() -> Result<()> {
    let here = paths::root();
    let sysroot = run::output(run::command("rustc", &here).args(["--print", "sysroot"])).unwrap_or_default();
    if Path::new(sysroot.trim()).join("lib/rustlib/wasm32-unknown-unknown/lib").is_dir() {
        return Ok(());
    }
    if !run::found("rustup") {
        bail!("this Rust has no wasm32-unknown-unknown target; install it, or install Rust through https://rustup.rs");
    }
    run::run(run::command("rustup", &here).args(["target", "add", "wasm32-unknown-unknown"]))
}

/// Chromium and its driver, from the distribution.
pub fn browser() -> Result<()> {
    if Path::new(CHROMIUM).exists() && Path::new(DRIVER).exists() {
        return Ok(());
    }
    let mend = "apt-get update && apt-get install -y chromium chromium-driver";
    let here = paths::root();
    let root = run::output(run::command("id", &here).arg("-u")).is_some_and(|id| id.trim() == "0");
    if !root || !run::found("apt-get") {
        bail!("the browser tests need {CHROMIUM} and {DRIVER}; as root: {mend}");
    }
    let apt = || {
        let mut command = run::command("apt-get", &here);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run::run(apt().args(["update", "-q"]))?;
    run::run(apt().args(["install", "-y", "-q", "--no-install-recommends", "chromium", "chromium-driver"]))
}

/// Installs a folder's locked packages, unless the lock is the one last installed.
pub fn npm(folder: &Path) -> Result<()> {
    let Ok(lock) = fs::read(folder.join("package-lock.json")) else {
        return Ok(());
    };
    if !run::found("npm") {
        bail!("npm is missing; install Node 20 or later (Debian: apt-get install nodejs npm)");
    }
    let installed = folder.join("node_modules");
    stamp::unless_fresh(&installed.join(".lucerna-stamp"), &stamp::sha256(&lock), || {
        println!("npm ci in {}", folder.display());
        let mut command = run::command("npm", folder);
        // Browsers come from the distribution: a download by a package would be a second, unpinned one.
        command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").args([
            "ci",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
        run::run(&mut command)
    })
}
