//! The files of an import, read slice by slice, and those within zips as if they had been chosen one by one.
//! Refuses zips that are made to burst; knows nothing of what the files say.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::engine::FileSource;
use crate::fhir::issue::{Issue, Severity};

/// Bytes read from a file at once.
pub(super) const SLICE: u64 = 1024 * 1024;
/// What is asked of a zip at once; the browser reads it while the worker waits.
const WINDOW: u64 = 256 * 1024;
/// Files in one zip.
const MAX_FILES: usize = 100_000;
/// What a zip's list of files may take.
const MAX_DIRECTORY: u64 = 32 * 1024 * 1024;
/// Bytes that all files of a zip unpack to.
const MAX_UNPACKED: u64 = 32 * 1024 * 1024 * 1024;
/// How much larger than packed a file may be. Records pack to a tenth, lists of equal ones to a hundredth.
const MAX_RATIO: u64 = 250;
/// Below this nothing is a bomb.
const HARMLESS: u64 = 16 * 1024 * 1024;

/// One file of many, as something that reads and seeks.
pub(super) struct Slices {
    files: Rc<dyn FileSource>,
    index: usize,
    len: u64,
    pos: u64,
    window: Vec<u8>,
    window_at: u64,
    /// Bytes that may still be asked for, while a zip's list of files is read.
    allowance: Rc<Cell<Option<u64>>>,
}

impl Slices {
    fn new(files: Rc<dyn FileSource>, index: usize, allowance: Rc<Cell<Option<u64>>>) -> Slices {
        let len = files.size(index);
        Slices { files, index, len, pos: 0, window: Vec::new(), window_at: 0, allowance }
    }

    fn look(&mut self) -> io::Result<&[u8]> {
        let inside = self.pos.checked_sub(self.window_at).filter(|at| *at < self.window.len() as u64);
        let at = match inside {
            Some(at) => at as usize,
            None => {
                let want = WINDOW.min(self.len.saturating_sub(self.pos));
                if let Some(left) = self.allowance.get() {
                    let left = left.checked_sub(want).ok_or_else(|| io::Error::other("too much to list"))?;
                    self.allowance.set(Some(left));
                }
                self.window = self.files.slice_now(self.index, self.pos, want).map_err(io::Error::other)?;
                self.window_at = self.pos;
                0
            }
        };
        Ok(self.window.get(at..).unwrap_or_default())
    }
}

/// A zip, wherever it is read from: one type, or each would bring a reader of its own into the module.
pub(in crate::engine) trait ZipBytes: Read + Seek {}
impl<T: Read + Seek> ZipBytes for T {}
pub(in crate::engine) type AnyZip = ZipArchive<Box<dyn ZipBytes>>;

impl Read for Slices {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.pos >= self.len || out.is_empty() {
            return Ok(0);
        }
        let read = self.look()?.read(out)?;
        self.pos += read as u64;
        Ok(read)
    }
}

impl Seek for Slices {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.pos.checked_add_signed(by),
        };
        self.pos = to.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.pos)
    }
}

/// By what stands at its head, not by its name.
pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// A zip whose list of files has been read and found harmless.
pub(super) struct Zip {
    archive: AnyZip,
    pub len: usize,
}

/// What is to be done with one file of a zip.
pub(super) enum Member {
    Read {
        name: String,
        packed: u64,
    },
    /// A folder, or what an archiver adds of its own.
    Nothing,
    /// Named, and not read.
    Refused(String, Issue),
}

impl Zip {
    pub fn open(files: Rc<dyn FileSource>, index: usize) -> Result<Zip, Issue> {
        let allowance = Rc::new(Cell::new(Some(MAX_DIRECTORY)));
        let slices = Slices::new(files, index, allowance.clone());
        let archive = AnyZip::new(Box::new(slices)).map_err(|_| broken())?;
        // From here on it is read as far as its files go.
        allowance.set(None);
        let len = archive.len();
        let unpacked = archive.decompressed_size().unwrap_or(u128::MAX);
        if len > MAX_FILES || unpacked > u128::from(MAX_UNPACKED) {
            return Err(refused("the zip holds more than is read at once"));
        }
        if archive.has_duplicate_names() {
            return Err(refused("two files in the zip have one name"));
        }
        Ok(Zip { archive, len })
    }

    pub fn member(&mut self, at: usize) -> Member {
        let file = match self.archive.by_index_raw(at) {
            Ok(file) => file,
            Err(_) => return Member::Refused(String::new(), broken()),
        };
        let name = file.name().map(|name| name.into_owned()).unwrap_or_default();
        let lower = name.to_lowercase();
        if file.is_dir()
            || lower.starts_with("__macosx/")
            || lower.rsplit('/').next().is_some_and(|n| n.starts_with('.'))
        {
            return Member::Nothing;
        }
        if file.encrypted() {
            return Member::Refused(name, refused("the file in the zip is locked with a password"));
        }
        if lower.ends_with(".zip") {
            return Member::Refused(name, refused("a zip within a zip is not read"));
        }
        if ![".json", ".ndjson", ".jsonl"].iter().any(|end| lower.ends_with(end)) {
            let text = "not read: neither .json nor .ndjson";
            return Member::Refused(name, Issue::new(Severity::Information, "informational", "", text));
        }
        if file.size() > HARMLESS && file.size() / file.compressed_size().max(1) > MAX_RATIO {
            return Member::Refused(name, refused("the file unpacks to far more than a record would"));
        }
        Member::Read { name, packed: file.compressed_size() }
    }

    pub fn read(&mut self, at: usize) -> Result<Unpacking<'_>, Issue> {
        let file = self.archive.by_index(at).map_err(|why| match why {
            ZipError::UnsupportedArchive(_) => refused("the file is packed in a way that is not known here"),
            _ => broken(),
        })?;
        let left = file.size();
        Ok(Unpacking { file, left })
    }
}

/// One file of a zip as it is unpacked.
pub(super) struct Unpacking<'z> {
    file: zip::read::ZipFile<'z, Box<dyn ZipBytes>>,
    /// As many bytes as the zip says there are, and not one more.
    left: u64,
}

impl Unpacking<'_> {
    /// Fills the buffer as far as the file goes; nothing at its end. What was read as far is no use when the end is bad.
    pub fn next<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], Issue> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read(rest).map_err(|_| broken())? {
                0 => break,
                read => filled += read,
            }
        }
        self.left = self.left.checked_sub(filled as u64).ok_or_else(broken)?;
        Ok(buffer.get(..filled).unwrap_or_default())
    }
}

fn refused(text: &str) -> Issue {
    Issue::new(Severity::Error, "too-costly", "", text)
}

fn broken() -> Issue {
    Issue::new(Severity::Fatal, "structure", "", "the zip is broken")
}
