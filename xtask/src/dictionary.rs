//! The dictionary that bodies are packed with: made from the demo clinic and Synthea's fixtures, and weighed.
//! How stands in `shared/examples/dictionary`.

use crate::{paths, run};
use anyhow::Result;

/// `cargo xtask dictionary make BYTES FILE | weigh FILE…`.
pub fn run(words: &[String]) -> Result<()> {
    let mut cargo = run::cargo(&paths::root());
    cargo.args(["run", "--quiet", "--release", "-p", "lucerna-shared", "--example", "dictionary", "--"]).args(words);
    run::run(&mut cargo)
}
