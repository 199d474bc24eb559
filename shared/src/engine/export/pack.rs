//! One file of an export, packed: a zip of one, to be copied as it is into the zip of all. Pure, so that any thread may
//! do it.

use std::cell::RefCell;
use std::io::Write as _;
use std::rc::Rc;

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

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
    zip: ZipWriter<StreamWriter<Sink>>,
    sink: Sink,
    rest: &'b [u8],
}

impl<'b> Packing<'b> {
    pub fn begin(job: &'b [u8]) -> Option<Packing<'b>> {
        let Job { name, text } = minicbor::decode(job).ok()?;
        let sink = Sink::default();
        let mut zip = ZipWriter::new_stream(sink.clone());
        let quickest = SimpleFileOptions::default().compression_level(Some(1));
        zip.start_file(name, quickest).ok()?;
        Some(Packing { zip, sink, rest: text })
    }

    /// Packs a piece; whether there is more.
    pub fn step(&mut self) -> Option<bool> {
        let (piece, rest) = self.rest.split_at(self.rest.len().min(PIECE));
        self.zip.write_all(piece).ok()?;
        self.rest = rest;
        Some(!rest.is_empty())
    }

    pub fn end(self) -> Option<Vec<u8>> {
        drop(self.zip.finish().ok()?);
        Some(self.sink.take())
    }
}

pub(super) fn zip_fault() -> Fault {
    Fault::Refused { detail: "the zip file could not be written".into() }
}

/// Collects what a zip writer gives. For one file and for all the same, or each would bring a writer of its own into the
/// module, sixty kilobytes of it.
#[derive(Clone, Default)]
pub(super) struct Sink(Rc<RefCell<Vec<u8>>>);

impl Sink {
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
