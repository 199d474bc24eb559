//! Reads what a clinician drops on the app: a Bundle of any type, one resource, or NDJSON; gives its resources one by one.
//! Checks the JSON only. Malformed input ends in issues, never in a panic; whether to import is decided elsewhere.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::issue::{Issue, Severity, joined};
use super::json::Scanner;
use super::resource::{ParseFault, RawJson, Resource, Why};

/// One resource of a file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `Bundle.entry[3].resource`, `line 12: Patient`, or the type of a single resource.
    pub path: String,
    /// `Bundle.entry.fullUrl`, or empty.
    pub full_url: String,
    pub resource: Resource,
    /// How many bytes of the file have been read, for progress.
    pub read: usize,
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

/// Reads a file by its content; the name only helps to recognise NDJSON.
pub fn read_file(name: &str, bytes: &[u8], on_entry: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> FileReport {
    let mut reader = Reader {
        on_entry,
        report: FileReport { kind: FileKind::Unreadable, entries: 0, issues: Vec::new(), stopped: false },
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if is_ndjson(name, bytes) {
        reader.report.kind = FileKind::Ndjson;
        reader.lines(bytes);
    } else {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.trim().is_empty() => reader.fatal("", Why::Truncated),
            Ok(text) => reader.report.kind = reader.one(text, "", 0),
            Err(_) => reader.fatal("", Why::NotUtf8),
        }
    }
    reader.report
}

fn is_ndjson(name: &str, bytes: &[u8]) -> bool {
    if name.ends_with(".ndjson") || name.ends_with(".jsonl") {
        return true;
    }
    let mut lines = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    first.starts_with(b"{") && first.ends_with(b"}") && lines.next().is_some_and(|line| line.starts_with(b"{"))
}

struct Reader<'f> {
    on_entry: &'f mut dyn FnMut(Entry) -> ControlFlow<()>,
    report: FileReport,
}

impl Reader<'_> {
    fn fatal(&mut self, path: &str, why: Why) {
        self.report.issues.push(Issue::of_fault(Severity::Fatal, path, &ParseFault::here(why)));
    }

    fn issue(&mut self, severity: Severity, code: &'static str, path: &str, text: &str) {
        self.report.issues.push(Issue::new(severity, code, path, text));
    }

    fn lines(&mut self, bytes: &[u8]) {
        let mut offset = 0;
        for (index, line) in bytes.split(|b| *b == b'\n').enumerate() {
            offset += line.len() + 1;
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let path = format!("line {}", index + 1);
            match std::str::from_utf8(line) {
                Ok(text) => {
                    self.one(text, &path, offset);
                }
                Err(_) => self.fatal(&path, Why::NotUtf8),
            }
            if self.report.stopped {
                return;
            }
        }
        if self.report.entries == 0 && self.report.issues.is_empty() {
            self.fatal("", Why::Truncated);
        }
    }

    /// One JSON text: a Bundle or a resource.
    fn one(&mut self, text: &str, line: &str, read: usize) -> FileKind {
        if type_of(text).as_deref() == Some("Bundle") {
            let path = if line.is_empty() { "Bundle".to_owned() } else { format!("{line}: Bundle") };
            return self.bundle(text, &path);
        }
        match Resource::parse(text) {
            Ok(resource) => {
                let path = match line {
                    "" => resource.resource_type.clone(),
                    line => format!("{line}: {}", resource.resource_type),
                };
                let read = if line.is_empty() { text.len() } else { read };
                self.give(Entry { path, full_url: String::new(), resource, read });
                FileKind::Resource
            }
            Err(fault) => {
                self.report.issues.push(Issue::of_fault(Severity::Fatal, line, &fault));
                FileKind::Unreadable
            }
        }
    }

    fn bundle(&mut self, text: &str, path: &str) -> FileKind {
        let mut scanner = Scanner::new(text);
        let mut kind = String::new();
        // A history may hold many versions of one resource, newest first: only the first is the record.
        let mut seen = HashSet::new();
        let passed = scanner.object(&mut |s, key| match key {
            "type" => {
                kind = text_value(s)?;
                Ok(())
            }
            "entry" if s.peek() == Some(b'[') => s.array(&mut |s, index| {
                let at = format!("{path}.entry[{index}]");
                if s.peek() != Some(b'{') {
                    self.issue(Severity::Error, "structure", &at, "an entry is not an object");
                    return s.value();
                }
                self.entry(s, &at, &kind, &mut seen)
            }),
            "entry" => {
                self.issue(Severity::Error, "structure", &joined(path, "entry"), "not a list");
                s.value()
            }
            _ => s.value(),
        });
        let passed = passed.and_then(|()| scanner.end());
        match passed {
            Err(fault) if !self.report.stopped => {
                self.report.issues.push(Issue::of_fault(Severity::Fatal, path, &fault));
            }
            _ => {}
        }
        const TYPES: [&str; 9] = [
            "document",
            "message",
            "transaction",
            "transaction-response",
            "batch",
            "batch-response",
            "history",
            "searchset",
            "collection",
        ];
        if !TYPES.contains(&kind.as_str()) && !self.report.stopped {
            self.issue(Severity::Warning, "code-invalid", &joined(path, "type"), "the Bundle has no known type");
        }
        FileKind::Bundle(kind)
    }

    fn entry(
        &mut self,
        scanner: &mut Scanner<'_>,
        at: &str,
        kind: &str,
        seen: &mut HashSet<String>,
    ) -> Result<(), ParseFault> {
        let (mut full_url, mut method, mut mode) = (String::new(), String::new(), String::new());
        let mut found: Option<Resource> = None;
        let mut faulty = false;
        scanner.object(&mut |s, key| match key {
            "fullUrl" => text_value(s).map(|url| full_url = url),
            "resource" => match Resource::scan(s) {
                Ok(resource) => {
                    found = Some(resource);
                    Ok(())
                }
                // The object itself was whole, so the rest of the file can still be judged.
                Err(fault) if matches!(fault.why, Why::NoResourceType | Why::BadId) => {
                    faulty = true;
                    let path = format!("{at}.resource");
                    self.report.issues.push(Issue::of_fault(Severity::Error, &path, &fault));
                    Ok(())
                }
                Err(fault) if fault.why == Why::NotAnObject && fault.path.is_empty() => {
                    faulty = true;
                    self.issue(Severity::Error, "structure", &format!("{at}.resource"), "not an object");
                    s.value()
                }
                Err(fault) => Err(fault),
            },
            "request" if s.peek() == Some(b'{') => s.object(&mut |s, key| match key {
                "method" => text_value(s).map(|text| method = text),
                _ => s.value(),
            }),
            "search" if s.peek() == Some(b'{') => s.object(&mut |s, key| match key {
                "mode" => text_value(s).map(|text| mode = text),
                _ => s.value(),
            }),
            _ => s.value(),
        })?;
        let path = format!("{at}.resource");
        match found {
            Some(resource)
                if mode == "outcome" || (kind == "searchset" && resource.resource_type == "OperationOutcome") =>
            {
                self.issue(Severity::Information, "informational", &path, "an outcome of the search is not imported");
            }
            Some(resource) if kind == "history" && !resource.id.is_empty() && !seen.insert(resource.reference()) => {
                self.issue(Severity::Information, "informational", &path, "an older version is not imported");
            }
            Some(resource) => self.give(Entry { path, full_url, resource, read: scanner.pos() }),
            None if faulty => {}
            None if method == "DELETE" => {
                self.issue(Severity::Warning, "not-supported", at, "deletions are not imported");
            }
            None => self.issue(Severity::Warning, "incomplete", at, "the entry has no resource"),
        }
        if self.report.stopped { Err(ParseFault::here(Why::Truncated)) } else { Ok(()) }
    }

    fn give(&mut self, entry: Entry) {
        self.report.entries += 1;
        self.report.stopped = (self.on_entry)(entry).is_break();
    }
}

/// The resource type of an object, wherever among its members it stands; nothing is said about the rest.
fn type_of(text: &str) -> Option<String> {
    let mut scanner = Scanner::new(text);
    let mut found = None;
    // The object's end is not awaited: as soon as the type is known the pass is broken off.
    let _ = scanner.object(&mut |s, key| {
        if key == "resourceType" {
            found = Some(text_value(s)?);
            return Err(ParseFault::here(Why::TrailingText));
        }
        s.value()
    });
    found
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
