//! Whether the code looks like this house's code: formatted, without warnings, in files of a readable length that say what they are for.
//! Taste stays with the reader; only what can be counted is checked here.

use crate::tally::Tally;
use crate::{paths, run, setup, stamp};
use anyhow::Result;
use std::fs;

/// Think at this many lines; past the second a file must be split.
const LONG: usize = 400;
const TOO_LONG: usize = 800;

/// `cargo xtask tidy`: everything, which takes as long as a compile.
pub fn everything() -> Result<Tally> {
    let mut tally = files()?;
    let root = paths::root();
    let native = ["--package", "lucerna-shared", "--package", "xtask", "--all-targets"];
    let browser = [
        "-p",
        "lucerna-web",
        "-p",
        "lucerna-page",
        "-p",
        "lucerna-engine",
        "-p",
        "lucerna-edge",
        "--target",
        "wasm32-unknown-unknown",
    ];
    let mut chores = [run::cargo(&root), run::cargo(&root), run::cargo(&root)];
    chores[0].args(["fmt", "--all", "--check"]);
    chores[1].args(["clippy", "--quiet"]).args(native).args(["--", "--deny", "warnings"]);
    chores[2].args(["clippy", "--quiet"]).args(browser).args(["--", "--deny", "warnings"]);
    for chore in &mut chores {
        tally.count(run::status(chore)?.success());
    }
    for folder in ["tests/browser", "tests/bench"].map(|folder| root.join(folder)) {
        setup::npm(&folder)?;
        let mut types = run::command("node", &folder);
        tally.count(run::status(types.args(["node_modules/typescript/bin/tsc", "--noEmit"]))?.success());
    }
    Ok(tally)
}

/// The cheap part: every Rust file opens with its purpose, and none has grown past reading.
pub fn files() -> Result<Tally> {
    let root = paths::root();
    let (mut nameless, mut too_long) = (Vec::new(), Vec::new());
    for part in ["shared", "web", "web/page", "web/engine", "edge", "xtask"] {
        for path in stamp::files_below(&root.join(part).join("src"))? {
            if path.extension().is_none_or(|ending| ending != "rs") {
                continue;
            }
            let text = fs::read_to_string(root.join(part).join("src").join(&path))?;
            let (name, lines) = (format!("{part}/src/{}", path.display()), text.lines().count());
            if !says_its_purpose(&text) {
                println!("{name}: opens without a `//!` line that says what it is for");
                nameless.push(name);
            } else if lines > TOO_LONG {
                println!("{name}: {lines} lines; split it");
                too_long.push(name);
            } else if lines > LONG {
                println!("{name}: {lines} lines, think about a split (no failure)");
            }
        }
    }
    let mut tally = Tally::default();
    tally.count(nameless.is_empty());
    tally.count(too_long.is_empty());
    Ok(tally)
}

fn says_its_purpose(text: &str) -> bool {
    let mut lines = text.lines().skip_while(|line| line.starts_with("#!["));
    lines.next().is_some_and(|line| line.starts_with("//! ") && line.len() > 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_opens_with_code_or_with_a_mumble_has_no_purpose() {
        assert!(says_its_purpose("//! Whether the patient is who they say.\nuse x;"));
        assert!(says_its_purpose("#![cfg(test)]\n//! Whether the patient is who they say."));
        assert!(!says_its_purpose("use x;") && !says_its_purpose("//! x") && !says_its_purpose(""));
    }
}
