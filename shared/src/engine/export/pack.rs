//! One file of an export, packed: a zip of one, to be copied as it is into the zip of all. Pure, so that any thread may
//! do it.

use std::io::{Cursor, Write as _};

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::engine::api::Fault;
use crate::engine::import::ZIP;

/// Text packed before others have a turn.
const PIECE: usize = 256 * 1024;

#[derive(Encode, Decode)]
struct Job<'b> {
    #[b(0)]
    name: &'b str,
    #[b(1)]
    text: &'b ByteSlice,
}

/// As a piece of work for `pack`.
pub(super) fn job(name: &str, text: &[u8]) -> Vec<u8> {
    let mut job = Vec::with_capacity(text.len() + name.len() + 16);
    job.push(ZIP);
    // Writing to a vector never fails.
    let _ = minicbor::encode(Job { name, text: text.into() }, &mut job);
    job
}

/// Packs a file in one go. `None` when it is none.
pub(in crate::engine) fn pack(job: &[u8]) -> Option<Vec<u8>> {
    let mut packing = Packing::begin(job)?;
    while packing.step()? {}
    packing.end()
}

/// A file that is packed step by step, where others want their turn.
pub(super) struct Packing<'b> {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    rest: &'b [u8],
}

impl<'b> Packing<'b> {
    pub fn begin(job: &'b [u8]) -> Option<Packing<'b>> {
        let Job { name, text } = minicbor::decode(job).ok()?;
        let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(text.len() / 4)));
        let quickest = SimpleFileOptions::default().compression_level(Some(1));
        zip.start_file(name, quickest).ok()?;
        Some(Packing { zip, rest: text })
    }

    /// Packs a piece; whether there is more.
    pub fn step(&mut self) -> Option<bool> {
        let (piece, rest) = self.rest.split_at(self.rest.len().min(PIECE));
        self.zip.write_all(piece).ok()?;
        self.rest = rest;
        Some(!rest.is_empty())
    }

    pub fn end(self) -> Option<Vec<u8>> {
        Some(self.zip.finish().ok()?.into_inner())
    }
}

pub(super) fn zip_fault() -> Fault {
    Fault::Refused { detail: "the zip file could not be written".into() }
}
