//! Where things stand: the repository, and what builds and tests leave behind.
//! It creates nothing; whoever writes into a folder makes it.

use std::env;
use std::path::PathBuf;

/// The repository's root. Cargo names the task runner's own folder at run time, so a moved clone still finds itself.
pub fn root() -> PathBuf {
    let own =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    // Under `cargo test` of another crate the variable names that crate; both stand one step below the root.
    own.parent().map_or(own.clone(), PathBuf::from)
}

/// What the browser downloads.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Cargo's own target folder, wherever the developer keeps it.
pub fn cargo_target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Intermediate results of the task runner. Always inside the clone, even when several clones share one cargo target.
pub fn work() -> PathBuf {
    root().join("target").join("xtask")
}

/// Where browser tests leave the FHIR files that the judges then read.
pub fn exports() -> PathBuf {
    root().join("target").join("exports")
}
