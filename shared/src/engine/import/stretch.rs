//! Cuts a file of lines into stretches of whole lines, each of which can be read by itself, before or beside the others.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};

use crate::fhir::read::MAX_LINE;
use crate::record::bundle::to_cbor;

use super::check::{Fill, Findings, check_lines};

/// Bytes of a stretch, unless a line is longer.
const STRETCH: usize = 256 * 1024;

/// A file of lines as it arrives.
pub(super) struct Stretches {
    file: u32,
    held: Vec<u8>,
    /// Where in `held` the next stretch begins.
    start: usize,
    /// What stands in the file before that.
    lines: u64,
    bytes: u64,
    /// The rest of a line that was too long is let go as it comes.
    skipping: bool,
}

/// Whole lines of a file, and how many lines and bytes stand before them.
#[derive(Encode, Decode)]
struct Stretch<'a> {
    #[n(0)]
    file: u32,
    #[n(1)]
    lines: u64,
    #[n(2)]
    bytes: u64,
    #[b(3)]
    text: &'a ByteSlice,
}

impl Stretches {
    pub fn new(file: u32) -> Stretches {
        Stretches { file, held: Vec::new(), start: 0, lines: 0, bytes: 0, skipping: false }
    }

    pub fn feed(&mut self, piece: &[u8]) {
        self.held.drain(..self.start);
        self.start = 0;
        self.held.extend_from_slice(piece);
        if self.skipping {
            let gone = end_of_line(&self.held).unwrap_or(self.held.len());
            self.skipping = self.held.get(gone.wrapping_sub(1)).is_none_or(|byte| *byte != b'\n');
            self.bytes += gone as u64;
            self.start = gone;
        }
    }

    /// The next stretch, when there is a whole one; `end` when the file has no more pieces. As a piece of work for
    /// `read_stretch`.
    pub fn cut(&mut self, end: bool) -> Option<Vec<u8>> {
        let rest = self.held.get(self.start..).unwrap_or_default();
        let long = rest.len() > MAX_LINE;
        let whole = match rest.get(STRETCH..) {
            // It may be a little longer, so that lines stay whole.
            Some(beyond) => end_of_line(beyond).map(|more| STRETCH + more),
            None => None,
        };
        let length = match whole {
            Some(length) => length,
            None if end && !rest.is_empty() => rest.len(),
            None if long => {
                // Whole lines before one that has no end yet, or as much of that as shows that it is too long.
                let lines = rest.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
                self.skipping = lines.is_none();
                lines.unwrap_or(rest.len())
            }
            None => return None,
        };
        let text = rest.get(..length)?;
        let job = to_cbor(&Stretch { file: self.file, lines: self.lines, bytes: self.bytes, text: text.into() });
        let ended = text.iter().filter(|byte| **byte == b'\n').count() as u64;
        // A line that is let go has its number all the same.
        self.lines += ended + u64::from(self.skipping);
        self.bytes += length as u64;
        self.start += length;
        Some(job)
    }
}

/// Up to and with the first line feed.
fn end_of_line(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1)
}

/// Reads and checks a stretch. `None` when it is none.
pub(super) fn read_stretch(job: &[u8], fill: Fill<'_>) -> Option<Findings> {
    let Stretch { file, lines, bytes, text } = minicbor::decode(job).ok()?;
    Some(check_lines(file, lines, bytes, text, fill))
}

#[cfg(test)]
mod tests {
    use super::super::check::{Found, found};
    use super::*;

    /// The text read in pieces of so many bytes: what was found, and in how many stretches.
    fn read(text: &[u8], piece: usize) -> (Vec<String>, usize) {
        let (mut stretches, mut seen, mut count) = (Stretches::new(0), Vec::new(), 0);
        let mut take = |job: Vec<u8>| {
            count += 1;
            let findings = read_stretch(&job, &mut |_| {}).expect("a stretch");
            for one in found(&findings.0) {
                seen.push(match one.expect("a finding") {
                    Found::Issue(issue) => format!("{} {}", issue.path, issue.text),
                    Found::Resource { read, owner, record } => format!("{read} {owner} {record:?}"),
                });
            }
        };
        for piece in text.chunks(piece) {
            stretches.feed(piece);
            while let Some(job) = stretches.cut(false) {
                take(job);
            }
        }
        while let Some(job) = stretches.cut(true) {
            take(job);
        }
        (seen, count)
    }

    fn line(id: usize) -> String {
        format!(r#"{{"resourceType":"Basic","id":"b{id}","code":{{"text":"{}"}}}}"#, "x".repeat(1 + id * 37 % 5000))
    }

    #[test]
    fn however_a_file_is_cut_the_same_is_found_in_it() {
        let mut lines: Vec<String> = (0..400).map(line).collect();
        lines.insert(7, "{".into());
        lines.insert(300, "  ".into());
        let text = lines.join("\r\n").into_bytes();
        let whole = check_lines(0, 0, 0, &text, &mut |_| {}).0;
        let (one, several) = (read(&text, text.len()), read(&text, 70_001));
        assert!(one.1 > 2);
        assert!(one.0 == several.0);
        let expected = found(&whole).count();
        assert_eq!((one.0.len(), expected), (401, 401));
        assert!(one.0[7].starts_with("line 8 "));
        let last = lines.last().expect("a line");
        assert!(one.0[400].starts_with(&format!("{} ", text.len())), "{last}");
    }

    #[test]
    fn a_line_that_is_too_long_is_named_once_and_the_next_has_its_own_number() {
        let long = "x".repeat(2 * MAX_LINE + 100);
        let text = format!("{}\n{long}\n{}\n{}", line(1), line(2), line(3)).into_bytes();
        let (seen, _) = read(&text, 1 << 20);
        assert_eq!(seen.len(), 4);
        assert_eq!(seen[1], "line 2 a line may be 16 MiB at most");
        let (last, _) = read(format!("{}\n{{", line(1)).as_bytes(), 10);
        assert!(last[1].starts_with("line 2"));
        let (after, _) = read(format!("{long}\n{{").as_bytes(), 1 << 20);
        assert!(after[1].starts_with("line 2"), "{after:?}");
    }
}
