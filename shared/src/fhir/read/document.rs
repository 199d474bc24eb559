//! One JSON text, held whole: a Bundle, given entry by entry in small steps, or a single resource.

use std::collections::{HashSet, VecDeque};

use crate::fhir::issue::{Issue, Severity, joined};
use crate::fhir::json::Scanner;
use crate::fhir::refs::RefIndex;
use crate::fhir::resource::{ParseFault, Resource, Why};

use super::split::Splitter;
use super::{Entry, FileKind, MAX_RESOURCE, Step, text_value};

/// Bytes looked at in one step.
const BUDGET: usize = 256 * 1024;

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

#[derive(Debug)]
pub(super) struct Document {
    bytes: Vec<u8>,
    /// `Bundle`, or `line 3: Bundle`.
    path: String,
    /// Before the text itself, in the file.
    offset: u64,
    stage: Stage,
    splitter: Splitter,
    kind: String,
    /// What is wrong around the entries; said after them.
    frame_fault: Option<ParseFault>,
    /// A history may hold many versions of one resource, newest first: only the first is the record.
    seen: HashSet<String>,
    pub refs: RefIndex,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Splitting,
    /// Full URLs first: an entry may refer to one that stands further down.
    Naming(usize),
    Reading(usize),
    Done,
}

impl Document {
    pub fn new(bytes: Vec<u8>, line: &str, offset: u64) -> Document {
        let path = if line.is_empty() { "Bundle".to_owned() } else { format!("{line}: Bundle") };
        Document {
            bytes,
            path,
            offset,
            stage: Stage::Splitting,
            splitter: Splitter::default(),
            kind: String::new(),
            frame_fault: None,
            seen: HashSet::new(),
            refs: RefIndex::new(),
        }
    }

    /// Works a little; what comes of it goes to `out`. False when there was nothing left to do.
    pub fn step(&mut self, kind: &mut FileKind, out: &mut VecDeque<Step>) -> bool {
        match self.stage {
            Stage::Splitting => {
                if self.splitter.step(&self.bytes, BUDGET) {
                    self.stage = self.begin(kind, out);
                }
            }
            Stage::Naming(from) => self.name(from),
            Stage::Reading(at) => self.read(at, out),
            Stage::Done => return false,
        }
        true
    }

    /// The text is split: is it a Bundle, and is what stands round its entries JSON?
    fn begin(&mut self, kind: &mut FileKind, out: &mut VecDeque<Step>) -> Stage {
        let around = if self.splitter.frame.is_empty() { &self.bytes } else { &self.splitter.frame };
        let Ok(text) = std::str::from_utf8(around) else {
            out.push_back(fatal("", Why::NotUtf8));
            return Stage::Done;
        };
        if text.trim().is_empty() {
            out.push_back(fatal("", Why::Truncated));
            return Stage::Done;
        }
        let whole = self.splitter.frame.is_empty();
        match type_of(text).as_deref() {
            Some("Bundle") => {}
            None if !whole && self.bytes.len() > MAX_RESOURCE => {
                let fault = Scanner::new(text).value().err().unwrap_or_else(|| ParseFault::here(Why::NoResourceType));
                out.push_back(Step::Issue(Issue::of_fault(Severity::Fatal, "", &fault)));
                return Stage::Done;
            }
            _ => {
                *kind = self.single(out);
                return Stage::Done;
            }
        }
        let mut faults = Vec::new();
        let (mut named, path) = (String::new(), &self.path);
        let mut scanner = Scanner::new(text);
        let passed = scanner.object(&mut |s, key| match key {
            "type" => text_value(s).map(|text| named = text),
            "entry" if s.peek() != Some(b'[') => {
                faults.push(Issue::new(Severity::Error, "structure", joined(path, "entry"), "not a list"));
                s.value()
            }
            _ => s.value(),
        });
        self.frame_fault = passed.and_then(|()| scanner.end()).err();
        self.kind = named;
        *kind = FileKind::Bundle(self.kind.clone());
        out.extend(faults.into_iter().map(Step::Issue));
        Stage::Naming(0)
    }

    fn single(&self, out: &mut VecDeque<Step>) -> FileKind {
        if self.bytes.len() > MAX_RESOURCE {
            let text = "one resource may be 16 MiB at most";
            out.push_back(Step::Issue(Issue::new(Severity::Fatal, "too-costly", "", text)));
            return FileKind::Unreadable;
        }
        match Resource::parse_bytes(&self.bytes) {
            Ok(resource) => {
                let (path, read) = (resource.resource_type.clone(), self.offset + self.bytes.len() as u64);
                out.push_back(Step::Entry(Entry { path, full_url: String::new(), resource, read }));
                FileKind::Resource
            }
            Err(fault) => {
                out.push_back(Step::Issue(Issue::of_fault(Severity::Fatal, "", &fault)));
                FileKind::Unreadable
            }
        }
    }

    fn name(&mut self, from: usize) {
        let (mut at, mut looked) = (from, 0);
        while looked < BUDGET
            && let Some(range) = self.splitter.items.get(at)
        {
            let text = self.bytes.get(range.clone()).unwrap_or_default();
            if let Ok(text) = std::str::from_utf8(text) {
                let (full_url, resource_type, id) = names_of(text);
                self.refs.add_named(&full_url, &resource_type, &id);
            }
            looked += range.len().min(BUDGET / 64);
            at += 1;
        }
        self.stage = if at < self.splitter.items.len() { Stage::Naming(at) } else { Stage::Reading(0) };
    }

    fn read(&mut self, at: usize, out: &mut VecDeque<Step>) {
        let Some(range) = self.splitter.items.get(at).cloned() else {
            self.stage = Stage::Done;
            if let Some(fault) = self.frame_fault.take() {
                out.push_back(Step::Issue(Issue::of_fault(Severity::Fatal, &self.path, &fault)));
            }
            if !TYPES.contains(&self.kind.as_str()) {
                let path = joined(&self.path, "type");
                let text = "the Bundle has no known type";
                out.push_back(Step::Issue(Issue::new(Severity::Warning, "code-invalid", path, text)));
            }
            return;
        };
        self.stage = Stage::Reading(at + 1);
        let place = format!("{}.entry[{at}]", self.path);
        let read = self.offset + range.end as u64;
        // Taken for the call, so that the item can be read while what was seen grows.
        let bytes = std::mem::take(&mut self.bytes);
        let item = bytes.get(range).unwrap_or_default();
        let passed = match std::str::from_utf8(item) {
            Ok(text) => self.entry(text, &place, read, out),
            Err(_) => Err(ParseFault::here(Why::NotUtf8)),
        };
        self.bytes = bytes;
        if let Err(fault) = passed {
            // What follows a place that is no JSON cannot be trusted to be what it seems.
            out.push_back(Step::Issue(Issue::of_fault(Severity::Fatal, &place, &fault)));
            self.stage = Stage::Done;
        }
    }

    fn entry(&mut self, text: &str, at: &str, read: u64, out: &mut VecDeque<Step>) -> Result<(), ParseFault> {
        let mut issue = |severity, code, path: &str, text: &str| {
            out.push_back(Step::Issue(Issue::new(severity, code, path, text)));
        };
        let path = format!("{at}.resource");
        let mut scanner = Scanner::new(text);
        if scanner.peek() != Some(b'{') {
            issue(Severity::Error, "structure", at, "an entry is not an object");
            return scanner.value().and_then(|()| scanner.end());
        }
        let (mut full_url, mut method, mut mode) = (String::new(), String::new(), String::new());
        let mut found: Option<Resource> = None;
        let mut faulty = None;
        scanner.object(&mut |s, key| match key {
            "fullUrl" => text_value(s).map(|url| full_url = url),
            "resource" => match Resource::scan(s) {
                Ok(resource) => {
                    found = Some(resource);
                    Ok(())
                }
                // The object itself was whole, so the rest of the file can still be judged.
                Err(fault) if matches!(fault.why, Why::NoResourceType | Why::BadId) => {
                    faulty = Some(Issue::of_fault(Severity::Error, &path, &fault));
                    Ok(())
                }
                Err(fault) if fault.why == Why::NotAnObject && fault.path.is_empty() => {
                    faulty = Some(Issue::new(Severity::Error, "structure", path.clone(), "not an object"));
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
        scanner.end()?;
        let history = self.kind == "history";
        match (found, faulty) {
            (Some(resource), _)
                if mode == "outcome" || (self.kind == "searchset" && resource.resource_type == "OperationOutcome") =>
            {
                issue(Severity::Information, "informational", &path, "an outcome of the search is not imported");
            }
            (Some(resource), _) if history && !resource.id.is_empty() && !self.seen.insert(resource.reference()) => {
                issue(Severity::Information, "informational", &path, "an older version is not imported");
            }
            (Some(resource), _) => out.push_back(Step::Entry(Entry { path, full_url, resource, read })),
            (None, Some(faulty)) => out.push_back(Step::Issue(faulty)),
            (None, None) if method == "DELETE" => {
                issue(Severity::Warning, "not-supported", at, "deletions are not imported");
            }
            (None, None) => issue(Severity::Warning, "incomplete", at, "the entry has no resource"),
        }
        Ok(())
    }
}

pub(super) fn fatal(path: &str, why: Why) -> Step {
    Step::Issue(Issue::of_fault(Severity::Fatal, path, &ParseFault::here(why)))
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

/// An entry's full URL with the type and id of its resource; each empty when it is not there. Looks no further than it must.
fn names_of(text: &str) -> (String, String, String) {
    let (mut full_url, mut resource_type, mut id) = (String::new(), None, None);
    let mut within = false;
    let enough = || ParseFault::here(Why::TrailingText);
    let _ = Scanner::new(text).object(&mut |s, key| {
        match key {
            "fullUrl" => full_url = text_value(s)?,
            "resource" if s.peek() == Some(b'{') => {
                within = true;
                let passed = s.object(&mut |s, key| match key {
                    "resourceType" => text_value(s).map(|text| resource_type = Some(text)),
                    "id" => text_value(s).map(|text| id = Some(text)),
                    // Most write the full URL first, and type and id at the head of the resource.
                    _ if !full_url.is_empty() && resource_type.is_some() && id.is_some() => Err(enough()),
                    _ => s.value(),
                });
                passed?;
            }
            _ => s.value()?,
        }
        if within && !full_url.is_empty() { Err(enough()) } else { Ok(()) }
    });
    (full_url, resource_type.unwrap_or_default(), id.unwrap_or_default())
}
