//! Brotli beside every file worth it, made once for each content and remembered by its hash.
//! It does not know which files a release has.

use crate::{paths, stamp};
use anyhow::Result;
use std::fs;
use std::io::Write;

/// The compressed bytes, or nothing when the file is of a kind, or so small, that it gains nothing.
pub fn beside(name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    let worth = [".html", ".js", ".css", ".wasm", ".json", ".webmanifest", ".svg", ".txt", ".tsv", ".csv", ".ftl"];
    if bytes.len() < 512 || !worth.iter().any(|ending| name.ends_with(ending)) {
        return Ok(None);
    }
    let kept = paths::work().join("brotli").join(stamp::sha256(bytes));
    if let Ok(done) = fs::read(&kept) {
        return Ok(Some(done));
    }
    let small = compress(bytes)?;
    stamp::write(&kept, &small)?;
    Ok(Some(small))
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut small = Vec::new();
    // Quality 11 is what a release deserves: the work is done once and every tablet downloads the result.
    let mut writer = ::brotli::CompressorWriter::new(&mut small, 1 << 16, 11, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    drop(writer);
    Ok(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back_equal() {
        let text = "the walking clinic ".repeat(200);
        let small = compress(text.as_bytes()).unwrap();
        let mut back = Vec::new();
        ::brotli::BrotliDecompress(&mut small.as_slice(), &mut back).unwrap();
        assert_eq!(back, text.as_bytes());
        assert!(small.len() < text.len() / 10);
    }

    #[test]
    fn pictures_and_tiny_files_are_left_alone() {
        assert!(beside("icon.png", &[0; 4096]).unwrap().is_none());
        assert!(beside("boot.js", b"x").unwrap().is_none());
    }
}
