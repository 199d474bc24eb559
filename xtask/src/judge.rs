//! FHIR judges that are not ours, over files or over what the browser tests exported.
//! What they check is written in `tests/judges`; here they are only called and counted.

use crate::tally::Tally;
use crate::{paths, run, setup};
use anyhow::{Result, bail};
use std::path::PathBuf;

/// Judges the named files; a fault in any of them is a failure.
pub fn files(words: &[String]) -> Result<Tally> {
    if words.is_empty() {
        bail!("judge which files? .json, .ndjson, or a folder of them");
    }
    // The judges run from the root, so that the faults name files as a reader would.
    let here = std::env::current_dir()?;
    run_judges(words.iter().map(|word| here.join(word)).collect())
}

/// Judges everything the browser tests left. No exports at all is a failure: it would be a silent pass.
pub fn exports() -> Result<Tally> {
    if !paths::exports().is_dir() {
        bail!("no test left an export in {}", paths::exports().display());
    }
    run_judges(vec![paths::exports()])
}

fn run_judges(files: Vec<PathBuf>) -> Result<Tally> {
    let judges = paths::root().join("tests/judges");
    setup::npm(&judges)?;
    let mut tally = Tally::default();
    let mut node = run::command("node", &paths::root());
    // A clinic's export is large, and three validators hold it at once.
    let status =
        run::run_reading(node.arg("--max-old-space-size=4096").arg(judges.join("judge.mjs")).args(files), |line| {
            tally.read(line)
        })?;
    if !status.success() && tally.failed == 0 {
        bail!("the judges ended with {status}");
    }
    Ok(tally)
}
