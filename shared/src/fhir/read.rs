//! Reads what a clinician drops on the app: a Bundle of any type, one resource, or NDJSON; gives its resources one by one.
//! Takes a file in pieces and works in small steps. Checks the JSON only: malformed input ends in issues, never in a panic;
//! whether to import is decided elsewhere.

mod document;
mod lines;
mod split;

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::issue::{Issue, Severity};
use super::json::Scanner;
use super::refs::RefIndex;
use super::resource::{ParseFault, RawJson, Resource, Why};
use document::Document;
use lines::{Line, Lines};

pub use lines::MAX_LINE;

/// Largest file that is held whole, which every file is that is not NDJSON.
pub const MAX_DOCUMENT: usize = 128 * 1024 * 1024;
/// Largest single resource that is tried.
const MAX_RESOURCE: usize = MAX_LINE;
/// So much of a file tells whether it is NDJSON, unless its first line is longer.
const SNIFF: usize = 256 * 1024;

/// One resource of a file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `Bundle.entry[3].resource`, `line 12: Patient`, or the type of a single resource.
    pub path: String,
    /// `Bundle.entry.fullUrl`, or empty.
    pub full_url: String,
    pub resource: Resource,
    /// How many bytes of the file have been read, for progress.
    pub read: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// With `Bundle.type`, empty when it is missing.
    Bundle(String),
    Resource,
    Ndjson,
    Unreadable,
}

#[derive(Clone, Debug)]
pub struct FileReport {
    pub kind: FileKind,
    pub entries: u64,
    pub issues: Vec<Issue>,
    /// `on_entry` broke off.
    pub stopped: bool,
}

/// What `FileReader::next` came to.
#[derive(Clone, Debug)]
pub enum Step {
    Entry(Entry),
    Issue(Issue),
    /// Did some work and has more of it: a good moment to let others have a turn.
    Working,
    /// Wants the next piece, or the word that there is none.
    Hungry,
    /// Nothing more comes of this file, whatever may still be fed.
    End,
}

/// Reads one file: `feed` it pieces and `end` it; `next` gives what there is. Does no I/O.
#[derive(Debug)]
pub struct FileReader {
    form: Form,
    kind: FileKind,
    out: VecDeque<Step>,
    given: u64,
    faults: u64,
    nobody: RefIndex,
}

#[derive(Debug)]
enum Form {
    /// Not long enough yet to tell.
    Unknown(Vec<u8>),
    Lines(Lines),
    /// A line that is a Bundle, and the lines after it.
    Within(Lines, Document),
    /// Being held until it is whole.
    Whole(Vec<u8>),
    Document(Document),
    Done,
}

impl FileReader {
    /// The name only helps to recognise NDJSON.
    pub fn new(name: &str) -> FileReader {
        let (form, kind) = if is_named_lines(name) {
            (Form::Lines(Lines::default()), FileKind::Ndjson)
        } else {
            (Form::Unknown(Vec::new()), FileKind::Unreadable)
        };
        FileReader { form, kind, out: VecDeque::new(), given: 0, faults: 0, nobody: RefIndex::new() }
    }

    /// Reads whole lines out of the middle of an NDJSON file: so many lines and bytes stand before them. That there is
    /// nothing in them is no fault.
    pub fn of_lines(lines: u64, bytes: u64) -> FileReader {
        let form = Form::Lines(Lines::after(lines, bytes));
        FileReader { form, kind: FileKind::Ndjson, out: VecDeque::new(), given: 1, faults: 0, nobody: RefIndex::new() }
    }

    pub fn feed(&mut self, piece: &[u8]) {
        match &mut self.form {
            Form::Unknown(head) => {
                head.extend_from_slice(piece);
                if head.len() >= SNIFF {
                    let head = std::mem::take(head);
                    self.know(head);
                }
            }
            Form::Whole(bytes) if bytes.len() + piece.len() > MAX_DOCUMENT => {
                let text = "a Bundle may be 128 MiB at most; ask for NDJSON, or for several Bundles";
                self.out.push_back(Step::Issue(Issue::new(Severity::Fatal, "too-costly", "", text)));
                self.form = Form::Done;
            }
            Form::Whole(bytes) => bytes.extend_from_slice(piece),
            Form::Lines(lines) | Form::Within(lines, _) => lines.feed(piece),
            Form::Document(_) | Form::Done => {}
        }
    }

    /// The file has no more pieces.
    pub fn end(&mut self) {
        match std::mem::replace(&mut self.form, Form::Done) {
            Form::Unknown(bytes) | Form::Whole(bytes) => {
                if is_ndjson(&bytes) {
                    self.begin_lines(&bytes);
                    return self.end();
                }
                let bytes = without_mark(bytes);
                self.form = Form::Document(Document::new(bytes, "", 0));
            }
            Form::Lines(mut lines) => {
                lines.end();
                self.form = Form::Lines(lines);
            }
            Form::Within(mut lines, document) => {
                lines.end();
                self.form = Form::Within(lines, document);
            }
            other => self.form = other,
        }
    }

    fn know(&mut self, head: Vec<u8>) {
        if is_ndjson(&head) {
            self.begin_lines(&head);
        } else {
            self.form = Form::Whole(head);
        }
    }

    fn begin_lines(&mut self, bytes: &[u8]) {
        let mut lines = Lines::default();
        lines.feed(bytes);
        self.form = Form::Lines(lines);
        self.kind = FileKind::Ndjson;
    }

    pub fn step(&mut self) -> Step {
        if let Some(step) = self.out.pop_front() {
            match &step {
                Step::Entry(_) => self.given += 1,
                Step::Issue(_) => self.faults += 1,
                Step::Working | Step::Hungry | Step::End => {}
            }
            return step;
        }
        match std::mem::replace(&mut self.form, Form::Done) {
            Form::Done => return Step::End,
            Form::Lines(lines) => return self.line(lines),
            Form::Within(lines, mut document) => {
                // A Bundle in a line does not make the file one.
                let worked = document.step(&mut FileKind::Unreadable, &mut self.out);
                self.form = if worked { Form::Within(lines, document) } else { Form::Lines(lines) };
            }
            Form::Document(mut document) => {
                if document.step(&mut self.kind, &mut self.out) {
                    self.form = Form::Document(document);
                }
            }
            waiting @ (Form::Unknown(_) | Form::Whole(_)) => {
                self.form = waiting;
                return Step::Hungry;
            }
        }
        Step::Working
    }

    fn line(&mut self, mut lines: Lines) -> Step {
        let Some((number, line)) = lines.next() else {
            if !lines.ended() {
                self.form = Form::Lines(lines);
                return Step::Hungry;
            }
            // An empty file is no list of nothing; more likely something went wrong where it was written.
            if self.given == 0 && self.faults == 0 {
                self.out.push_back(Step::Issue(nothing_there()));
                return Step::Working;
            }
            return Step::End;
        };
        let path = format!("line {number}");
        let read = lines.read();
        let range = match line {
            Line::Text(range) => range,
            Line::TooLong => {
                let text = "a line may be 16 MiB at most";
                self.out.push_back(Step::Issue(Issue::new(Severity::Fatal, "too-costly", path, text)));
                self.form = Form::Lines(lines);
                return Step::Working;
            }
        };
        let text = lines.text(range);
        let text = text.strip_prefix(MARK).unwrap_or(text);
        let passed = Resource::parse_bytes(text);
        let bundle = matches!(&passed, Ok(resource) if resource.resource_type == "Bundle");
        if bundle {
            let document = Document::new(text.to_vec(), &path, read.saturating_sub(text.len() as u64));
            self.form = Form::Within(lines, document);
            return Step::Working;
        }
        self.form = Form::Lines(lines);
        self.out.push_back(match passed {
            Ok(resource) => {
                let path = format!("{path}: {}", resource.resource_type);
                Step::Entry(Entry { path, full_url: String::new(), resource, read })
            }
            Err(fault) => Step::Issue(Issue::of_fault(Severity::Fatal, &path, &fault)),
        });
        self.step()
    }

    /// What the references of the entry given last may point to, by full URL.
    pub fn refs(&self) -> &RefIndex {
        match &self.form {
            Form::Within(_, document) | Form::Document(document) => &document.refs,
            Form::Unknown(_) | Form::Lines(_) | Form::Whole(_) | Form::Done => &self.nobody,
        }
    }

    pub fn kind(&self) -> &FileKind {
        &self.kind
    }
}

/// Reads a file that is in memory already.
pub fn read_file(name: &str, bytes: &[u8], on_entry: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> FileReport {
    let mut reader = FileReader::new(name);
    let mut report = FileReport { kind: FileKind::Unreadable, entries: 0, issues: Vec::new(), stopped: false };
    reader.feed(bytes);
    reader.end();
    loop {
        match reader.step() {
            Step::Entry(entry) => {
                report.entries += 1;
                if on_entry(entry).is_break() {
                    report.stopped = true;
                    break;
                }
            }
            Step::Issue(issue) => report.issues.push(issue),
            Step::Working => {}
            Step::Hungry | Step::End => break,
        }
    }
    report.kind = reader.kind;
    report
}

/// What a file is told that has nothing in it.
pub fn nothing_there() -> Issue {
    Issue::of_fault(Severity::Fatal, "", &ParseFault::here(Why::Truncated))
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

fn without_mark(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    bytes
}

/// Whether a file is one of lines, by its name, or by how its first piece looks.
pub fn is_lines(name: &str, head: &[u8]) -> bool {
    is_named_lines(name) || is_ndjson(head)
}

fn is_named_lines(name: &str) -> bool {
    name.ends_with(".ndjson") || name.ends_with(".jsonl")
}

fn is_ndjson(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let mut lines = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    first.starts_with(b"{") && first.ends_with(b"}") && lines.next().is_some_and(|line| line.starts_with(b"{"))
}

/// Passes a value and returns it when it is a string.
fn text_value(scanner: &mut Scanner<'_>) -> Result<String, ParseFault> {
    let raw = RawJson::from_stored(scanner.take_value()?);
    Ok(raw.as_text().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(name: &str, text: &str) -> (FileReport, Vec<String>) {
        let mut seen = Vec::new();
        let report = read_file(name, text.as_bytes(), &mut |entry| {
            seen.push(format!("{} {} {}", entry.path, entry.resource.reference(), entry.full_url));
            ControlFlow::Continue(())
        });
        (report, seen)
    }

    #[test]
    fn a_bundle_gives_its_resources_with_path_and_full_url() {
        let text = r#" {"entry":[{"resource":{"id":"a","resourceType":"Patient"},"fullUrl":"urn:uuid:a"},{}, 7],
            "type":"collection","resourceType":"Bundle"}"#;
        let (report, seen) = read("x.json", text);
        assert_eq!(seen, ["Bundle.entry[0].resource Patient/a urn:uuid:a"]);
        assert_eq!(report.kind, FileKind::Bundle("collection".into()));
        let issues: Vec<_> = report.issues.iter().map(|i| (i.severity.as_str(), i.path.as_str())).collect();
        assert_eq!(issues, [("warning", "Bundle.entry[1]"), ("error", "Bundle.entry[2]")]);
    }

    #[test]
    fn ndjson_is_known_by_name_or_by_look_and_names_its_lines() {
        let text = "{\"resourceType\":\"Patient\",\"id\":\"a\"}\r\n\n{\"resourceType\":\"Patient\",\"id\":\"b\",}\n{\"resourceType\":\"Basic\",\"id\":\"c\"}";
        for name in ["x.ndjson", "x.txt"] {
            let (report, seen) = read(name, text);
            assert_eq!(report.kind, FileKind::Ndjson);
            assert_eq!(seen, ["line 1: Patient Patient/a ", "line 4: Basic Basic/c "]);
            assert_eq!(report.issues[0].path, "line 3");
            assert_eq!(report.issues[0].severity, Severity::Fatal);
        }
    }

    #[test]
    fn a_truncated_bundle_is_fatal_and_names_where_it_broke() {
        let (report, _) = read(
            "x.json",
            r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","name":[{"#,
        );
        let last = report.issues.last().expect("an issue");
        assert_eq!((last.severity, last.path.as_str()), (Severity::Fatal, "Bundle.entry[0].resource.name[0]"));
    }

    #[test]
    fn of_a_history_only_the_newest_version_is_taken() {
        let entry = |v: u8| format!(r#"{{"resource":{{"resourceType":"Patient","id":"a","x":{v}}}}}"#);
        let text = format!(r#"{{"resourceType":"Bundle","type":"history","entry":[{},{}]}}"#, entry(2), entry(1));
        let (report, seen) = read("x.json", &text);
        assert_eq!((seen.len(), report.issues[0].severity), (1, Severity::Information));
    }

    #[test]
    fn reading_stops_when_told_to() {
        let text = r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"A"}},{"resource":{"resourceType":"B"}}]}"#;
        let mut count = 0;
        let report = read_file("x.json", text.as_bytes(), &mut |_| {
            count += 1;
            ControlFlow::Break(())
        });
        assert_eq!((count, report.stopped, report.issues.len()), (1, true, 0));
    }

    #[test]
    fn empty_binary_and_bomb_files_are_fatal() {
        let bomb = "[".repeat(100_000);
        for bytes in
            [b"".as_slice(), b"\xef\xbb\xbf", b"\xff\xfe{\x00", b"\x89PNG\r\n", b"null", b"[]", bomb.as_bytes()]
        {
            let report = read_file("x.json", bytes, &mut |_| ControlFlow::Continue(()));
            assert_eq!(report.issues.first().map(|i| i.severity), Some(Severity::Fatal));
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes: Vec<u8>, cut: prop::sample::Index, at: prop::sample::Index, byte: u8) {
            let _ = read_file("x.json", &bytes, &mut |_| ControlFlow::Continue(()));
            let mut real = br#"{"resourceType":"Bundle","type":"history","entry":[{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Patient","id":"a","name":[{"text":"\ud83d\ude00"}]},"request":{"method":"PUT"}}]}"#.to_vec();
            let at = at.index(real.len());
            real[at] = byte;
            let _ = read_file("x", &real[..cut.index(real.len())], &mut |_| ControlFlow::Continue(()));
            let _ = read_file("x", &real, &mut |_| ControlFlow::Continue(()));
        }
    }
}
