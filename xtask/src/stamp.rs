//! Remembers what a step was last made from, so that a step with unchanged inputs is skipped.
//! A stamp is a hash of the inputs, written only after the step succeeded.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// SHA-256 as lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// One hash over several named pieces; moving a byte from one piece to the next changes it.
pub fn sha256_of<'a>(pieces: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    for (name, bytes) in pieces {
        for part in [name.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hex(&hash.finalize())
}

/// Runs `step` unless the stamp at `at` already says `inputs`.
pub fn unless_fresh(at: &Path, inputs: &str, step: impl FnOnce() -> Result<()>) -> Result<()> {
    if fs::read_to_string(at).is_ok_and(|old| old == inputs) {
        return Ok(());
    }
    step()?;
    write(at, inputs.as_bytes())
}

/// Writes a file, making its folder, and leaves an equal one untouched.
pub fn write(at: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(at).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = at.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(at, bytes).with_context(|| format!("cannot write {}", at.display()))
}

/// Every file below `folder`, as sorted paths relative to it. A missing folder has none.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(dir) = todo.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                todo.push(path);
            } else if let Ok(relative) = path.strip_prefix(folder) {
                found.push(relative.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_moves_between_pieces_changes_the_hash() {
        let one = sha256_of([("a", b"xy".as_slice()), ("b", b"z".as_slice())]);
        let other = sha256_of([("a", b"x".as_slice()), ("b", b"yz".as_slice())]);
        assert_ne!(one, other);
    }

    #[test]
    fn a_fresh_step_is_skipped_and_a_failed_one_is_tried_again() {
        let at = std::env::temp_dir().join(format!("lucerna-stamp-{}", std::process::id()));
        let _ = fs::remove_file(&at);
        assert!(unless_fresh(&at, "1", || anyhow::bail!("no")).is_err());
        let mut ran = 0;
        for _ in 0..2 {
            unless_fresh(&at, "1", || {
                ran += 1;
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(ran, 1);
        fs::remove_file(&at).unwrap();
    }
}
