//! Builds the Worker and runs it on bare workerd: cargo, wasm-bindgen as a library, our own entry, esbuild.
//! It knows nothing of rooms or frames; those are `edge` and `shared::wire`.

use crate::{paths, run, setup, stamp};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the Worker; the folder that holds `index.js` and `index_bg.wasm`.
pub fn build_edge(release: bool) -> Result<PathBuf> {
    setup::wasm_target()?;
    setup::npm(&source())?;
    let profile = if release { "edge" } else { "dev" };
    let root = paths::root();
    let mut cargo = run::cargo(&root);
    cargo.args(["build", "--quiet", "--package", "lucerna-edge", "--target", "wasm32-unknown-unknown"]);
    run::run(cargo.args(["--profile", profile]))?;
    let folder = if release { "edge" } else { "debug" };
    let wasm = paths::cargo_target().join("wasm32-unknown-unknown").join(folder).join("lucerna_edge.wasm");
    let shim = fs::read(source().join("shim.js")).context("edge/shim.js")?;
    let module = fs::read(&wasm).with_context(|| format!("{}", wasm.display()))?;
    let out = built();
    let inputs = stamp::sha256_of([("wasm", module.as_slice()), ("shim", shim.as_slice())]);
    stamp::unless_fresh(&out.join(".stamp"), &inputs, || bundle(&wasm, &out))?;
    Ok(out)
}

/// Where `build_edge` leaves its result; `edge/wrangler.toml` names the same place.
pub fn built() -> PathBuf {
    paths::work().join("edge")
}

/// Writes what workerd needs to serve `assets` on `port` of this machine into `state`; the configuration's path.
/// One running workerd per state folder.
pub fn write_workerd_config(assets: &Path, state: &Path, port: u16) -> Result<PathBuf> {
    let date = compatibility_date()?;
    // State written by one version of the runtime is never shown to another.
    let rooms = state.join(format!("rooms-{date}"));
    fs::create_dir_all(&rooms)?;
    for file in ["index.js", "index_bg.wasm"] {
        fs::copy(built().join(file), state.join(file)).with_context(|| format!("build the Worker first: {file}"))?;
    }
    let mut config = fs::read_to_string(source().join("config.capnp.tmpl"))?;
    for (name, value) in [
        ("ASSETS", quotable(&fs::canonicalize(assets)?)?),
        ("ROOMS", quotable(&fs::canonicalize(&rooms)?)?),
        ("ADDRESS", format!("127.0.0.1:{port}")),
        ("DATE", date),
    ] {
        config = config.replace(&format!("{{{{{name}}}}}"), &value);
    }
    let path = state.join("config.capnp");
    fs::write(&path, config)?;
    Ok(path)
}

/// The runtime, ready to be started on a configuration. It ignores SIGTERM while requests hang: end it with SIGKILL.
pub fn workerd_command(config: &Path) -> Result<Command> {
    setup::npm(&source())?;
    let mut command = run::command(workerd()?, &paths::root());
    command.arg("serve").arg(config);
    Ok(command)
}

/// Node's own test runner over `tests/edge`, against the Worker as built. Build it first.
pub fn test_command() -> Result<Command> {
    let folder = paths::root().join("tests/edge");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    let mut command = run::command("node", &paths::root());
    command.env("LUCERNA_EDGE", built()).args(["--test", "--test-concurrency=1"]).args(files);
    Ok(command)
}

/// The runtime's own binary, not the script in front of it: a signal must reach the one that listens.
fn workerd() -> Result<PathBuf> {
    let packages = source().join("node_modules/@cloudflare");
    let entries = fs::read_dir(&packages).with_context(|| format!("run `npm ci` in {}", source().display()))?;
    let binaries = entries.filter_map(|entry| entry.ok().map(|e| e.path().join("bin/workerd")));
    binaries.into_iter().find(|path| path.is_file()).context("npm has no workerd for this machine")
}

fn source() -> PathBuf {
    paths::root().join("edge")
}

fn bundle(wasm: &Path, out: &Path) -> Result<()> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    // Without the reset function a trap could never be recovered from; the handler is what notices one.
    let mut words: Vec<OsString> = ["wasm-bindgen", "--target", "module", "--no-typescript", "--out-name", "index"]
        .iter()
        .chain(&["--experimental-reset-state-function", "--force-enable-abort-handler"])
        .map(OsString::from)
        .collect();
    words.extend([OsString::from("--out-dir"), out.into(), wasm.into()]);
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(words).context("wasm-bindgen")?;
    fs::copy(source().join("shim.js"), out.join("shim.js"))?;

    let esbuild = source().join("node_modules/esbuild/bin/esbuild");
    let mut command = run::command(esbuild, out);
    command.args(["--bundle", "./shim.js", "--format=esm", "--minify", "--log-level=warning"]);
    command.args(["--external:./index_bg.wasm", "--external:cloudflare:*"]);
    run::run(command.args(["--outfile=index.js", "--allow-overwrite"]))?;

    // workerd takes a compiled module from a plain import; source-phase imports it does not know yet.
    let entry = out.join("index.js");
    let text = fs::read_to_string(&entry)?.replace("import source ", "import ");
    fs::write(&entry, text)?;
    fs::remove_file(out.join("shim.js"))?;
    fs::remove_dir_all(out.join("snippets")).or_else(|fault| match fault.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(fault),
    })?;
    Ok(())
}

/// From `wrangler.toml`, so that the local runtime behaves as the deployed one.
fn compatibility_date() -> Result<String> {
    let text = fs::read_to_string(source().join("wrangler.toml"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("compatibility_date"));
    let date =
        line.and_then(|rest| rest.split('"').nth(1)).context("edge/wrangler.toml names no compatibility_date")?;
    Ok(date.to_owned())
}

/// A path as it may stand between quotes in a configuration.
fn quotable(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) if !text.contains(['"', '\\', '\n']) => Ok(text.to_owned()),
        _ => bail!("workerd cannot be given the path {}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_runtime_is_not_older_than_the_date_it_is_asked_to_behave_like() {
        let date = compatibility_date().unwrap().replace('-', "");
        let packages = fs::read_to_string(source().join("package.json")).unwrap();
        let version = packages.split("\"workerd\": \"1.").nth(1).and_then(|rest| rest.get(..8)).unwrap();
        assert!(date.as_str() <= version, "{date} is later than {version}");
    }

    #[test]
    fn a_path_that_would_end_its_quotes_is_refused() {
        assert!(quotable(Path::new("/a\"b")).is_err());
        assert_eq!(quotable(Path::new("/a b")).unwrap(), "/a b");
    }
}
