//! What is done with a resource before anybody knows whose it is: it is checked, given an id where it has none, its owner
//! is found, and it is written down as it will wait. Pure: it sees no key and no store, so that any thread may do it.

use minicbor::{Decoder, Encoder};

use crate::engine::api::Fault;
use crate::engine::patient::id_from;
use crate::fhir::issue::{Issue, Severity};
use crate::fhir::read::{Entry, FileReader, Step};
use crate::fhir::refs::{Owner, RefIndex, id_in_url, owner};
use crate::fhir::resource::{RawJson, Resource};
use crate::fhir::validate::validate;
use crate::record::Change;
use crate::record::accept::acceptable_new;
use crate::record::bundle::{Body, MAX_SEALED};

use super::waiting::encode;

/// Draws randomness, for ids.
pub(super) type Fill<'a> = &'a mut dyn FnMut(&mut [u8]);

/// What came of a file, one after the other.
pub(super) enum Found<'a> {
    Issue(Issue),
    Resource {
        /// Bytes of the file that have been read.
        read: u64,
        /// The FHIR id of the patient; empty for the clinic's own.
        owner: &'a str,
        record: &'a [u8],
    },
}

/// What was found, in its order, as one thread hands it to the other.
#[derive(Default)]
pub(super) struct Findings(pub Vec<u8>);

impl Findings {
    pub fn issue(&mut self, issue: &Issue) {
        let Issue { severity, code, path, text } = issue;
        // Writing to a vector never fails.
        let _ = (|| {
            let mut e = Encoder::new(&mut self.0);
            e.u8(0)?.u8(*severity as u8)?.str(code)?.str(path)?.str(text)?;
            Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
        })();
    }

    fn resource(&mut self, read: u64, owner: &str, record: &[u8]) {
        // The same.
        let _ = (|| {
            Encoder::new(&mut self.0).u8(1)?.u64(read)?.str(owner)?.bytes(record)?;
            Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
        })();
    }
}

/// Reads findings again.
pub(super) fn found(findings: &[u8]) -> impl Iterator<Item = Result<Found<'_>, Fault>> {
    let mut d = Decoder::new(findings);
    let one = |d: &mut Decoder<'_>| -> Option<Issue> {
        let severity = Severity::ALL.get(usize::from(d.u8().ok()?)).copied()?;
        let code = crate::fhir::issue::code(d.str().ok()?)?;
        Some(Issue::new(severity, code, d.str().ok()?, d.str().ok()?))
    };
    std::iter::from_fn(move || {
        let next = |d: &mut Decoder<'_>| d.u8().ok();
        (d.position() < findings.len()).then(|| {
            let found = match next(&mut d) {
                Some(0) => one(&mut d).map(Found::Issue),
                Some(1) => resource(&mut d),
                Some(_) | None => None,
            };
            found.ok_or_else(|| Fault::damaged("what was read of a file"))
        })
    })
}

fn resource<'a>(d: &mut Decoder<'a>) -> Option<Found<'a>> {
    Some(Found::Resource { read: d.u64().ok()?, owner: d.str().ok()?, record: d.bytes().ok()? })
}

/// Reads whole lines out of an NDJSON file, before which there stand so many lines and bytes.
pub(super) fn check_lines(file: u32, lines: u64, bytes: u64, text: &[u8], fill: Fill<'_>) -> Findings {
    let mut reader = FileReader::of_lines(lines, bytes);
    // What is found is about as long as the text.
    let mut findings = Findings(Vec::with_capacity(text.len() + text.len() / 8));
    let mut record = Vec::new();
    reader.feed(text);
    reader.end();
    loop {
        match reader.step() {
            Step::Entry(entry) => check(entry, reader.refs(), file, fill, &mut record, &mut findings),
            Step::Issue(issue) => findings.issue(&issue),
            Step::Working => {}
            Step::Hungry | Step::End => return findings,
        }
    }
}

/// Checks one entry. `record` is room to write in.
pub(super) fn check(
    mut entry: Entry,
    refs: &RefIndex,
    file: u32,
    fill: Fill<'_>,
    record: &mut Vec<u8>,
    findings: &mut Findings,
) {
    if entry.resource.id.is_empty() {
        let named = id_in_url(&entry.full_url);
        let id = if named.is_empty() { id_from(fill) } else { named };
        entry.resource.set("id", Some(RawJson::text(&id)));
        let text = "the resource had no id; it was given one";
        findings.issue(&Issue::new(Severity::Information, "required", entry.path.clone(), text));
    }
    validate(&entry.resource, &entry.path).iter().for_each(|issue| findings.issue(issue));
    if let Some(issue) = unfit(&entry.resource, &entry.path) {
        return findings.issue(&issue);
    }
    let owner = match owner(&entry.resource, &entry.full_url, refs) {
        Owner::Patient(id) => id,
        Owner::Commons => String::new(),
        Owner::Unresolved { element } => {
            let path = format!("{}.{element}", entry.path);
            let text = "the reference names nobody in this file; the resource is kept with the clinic's own";
            findings.issue(&Issue::new(Severity::Warning, "not-found", path, text));
            String::new()
        }
    };
    record.clear();
    encode(record, file, &entry.path, &entry.resource);
    findings.resource(entry.read, &owner, record);
}

/// Why a resource could be neither stored nor sent.
fn unfit(resource: &Resource, path: &str) -> Option<Issue> {
    if let Err(why) = acceptable_new(resource) {
        return Some(Issue::new(Severity::Error, "structure", path, why.to_string()));
    }
    // Text packs; only what is large as it stands has to be tried.
    let too_large = resource.json_len() > MAX_SEALED / 2 && {
        let change = Change::create(resource, Default::default());
        Body { changes: vec![change] }.pack().is_err()
    };
    too_large.then(|| Issue::new(Severity::Error, "too-long", path, "the resource is larger than can be kept"))
}
