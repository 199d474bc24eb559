//! The house's invariants as checks on the source text: which part may speak of which.
//! It reads words, not types; what it forbids is written in `docs` and ARCHITECTURE.md, and each rule has a test that breaks it.

mod rules;
mod source;

use crate::tally::Tally;
use crate::{paths, stamp};
use anyhow::Result;
use source::Source;
use std::path::Path;

/// One forbidden word in one place.
#[derive(Debug, PartialEq, Eq)]
pub struct Breach {
    pub file: String,
    pub line: usize,
    pub why: String,
}

/// Checks every rule, prints what breaks it, and counts one test a rule.
pub fn check() -> Result<Tally> {
    let sources = read(&paths::root())?;
    let mut tally = Tally::default();
    for (name, rule) in rules::ALL {
        let breaches: Vec<Breach> = sources.iter().flat_map(rule).collect();
        for breach in &breaches {
            println!("{}:{}: {}", breach.file, breach.line, breach.why);
        }
        println!("layer {} ... {}", name, if breaches.is_empty() { "ok" } else { "FAILED" });
        tally.count(breaches.is_empty());
    }
    Ok(tally)
}

fn read(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for part in ["shared/src", "web/src", "edge/src"] {
        for path in stamp::files_below(&root.join(part))? {
            if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(root.join(part).join(&path))?;
                sources.push(Source::new(&format!("{part}/{}", path.display()), &text));
            }
        }
    }
    Ok(sources)
}
