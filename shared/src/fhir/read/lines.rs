//! The lines of a file that arrives in pieces. Holds what one line needs, and no line longer than the cap.

use std::ops::Range;

/// Longest line that is read, in bytes.
pub const MAX_LINE: usize = 16 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Lines {
    held: Vec<u8>,
    /// Where the next line begins in `held`.
    start: usize,
    /// No line ends before this.
    looked: usize,
    number: u64,
    /// Bytes of the file that stand before `held`.
    passed: u64,
    /// The rest of a line that was too long is let go as it comes.
    skipping: bool,
    ended: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Where it lies, without white space round it.
    Text(Range<usize>),
    TooLong,
}

impl Lines {
    /// Of a file before whose held part there stand so many lines and bytes.
    pub fn after(number: u64, passed: u64) -> Lines {
        Lines { number, passed, ..Lines::default() }
    }

    pub fn feed(&mut self, piece: &[u8]) {
        self.held.drain(..self.start);
        self.passed += self.start as u64;
        self.looked -= self.start;
        self.start = 0;
        self.held.extend_from_slice(piece);
    }

    pub fn end(&mut self) {
        self.ended = true;
    }

    pub fn ended(&self) -> bool {
        self.ended
    }

    /// The next line that is not empty, with its number; `None` until more is fed.
    pub fn next(&mut self) -> Option<(u64, Line)> {
        loop {
            let end = self.held[self.looked..].iter().position(|b| *b == b'\n').map(|at| self.looked + at);
            let (end, after) = match end {
                Some(end) => (end, end + 1),
                None if self.ended && self.start < self.held.len() => (self.held.len(), self.held.len()),
                None => {
                    self.looked = self.held.len();
                    return self.too_long_already();
                }
            };
            let line = self.start..end;
            (self.start, self.looked) = (after, after);
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            self.number += 1;
            if line.len() > MAX_LINE {
                return Some((self.number, Line::TooLong));
            }
            let line = trimmed(&self.held, line);
            if !line.is_empty() {
                return Some((self.number, Line::Text(line)));
            }
        }
    }

    /// A line is given up as soon as it is too long, not when it ends.
    fn too_long_already(&mut self) -> Option<(u64, Line)> {
        let long = self.held.len() - self.start > MAX_LINE;
        if long || self.skipping {
            self.start = self.held.len();
        }
        if !long || std::mem::replace(&mut self.skipping, true) {
            return None;
        }
        self.number += 1;
        Some((self.number, Line::TooLong))
    }

    pub fn text(&self, line: Range<usize>) -> &[u8] {
        self.held.get(line).unwrap_or_default()
    }

    /// Bytes of the file that the lines given so far took.
    pub fn read(&self) -> u64 {
        self.passed + self.start as u64
    }
}

fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let line = &bytes[range.clone()];
    let start = range.start + line.len() - line.trim_ascii_start().len();
    start..(start + line.trim_ascii().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<(u64, Option<String>)> {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        let mut drain = |lines: &mut Lines| {
            while let Some((number, line)) = lines.next() {
                let text = match line {
                    Line::Text(range) => Some(String::from_utf8_lossy(lines.text(range)).into_owned()),
                    Line::TooLong => None,
                };
                out.push((number, text));
            }
        };
        for piece in pieces {
            lines.feed(piece);
            drain(&mut lines);
        }
        lines.end();
        drain(&mut lines);
        out
    }

    #[test]
    fn however_a_file_is_cut_its_lines_are_the_same() {
        let text = b"one\r\n\n  two \nthree";
        let whole = all(&[text]);
        assert_eq!(whole, [(1, Some("one".into())), (3, Some("two".into())), (4, Some("three".into()))]);
        for cut in 0..text.len() {
            assert_eq!(all(&[&text[..cut], &text[cut..]]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_named_once_and_the_next_is_read() {
        let long = vec![b'x'; MAX_LINE / 2 + 1];
        let lines = all(&[b"a\n", &long, &long, &long, b"\nb\n"]);
        assert_eq!(lines, [(1, Some("a".into())), (2, None), (3, Some("b".into()))]);
    }
}
