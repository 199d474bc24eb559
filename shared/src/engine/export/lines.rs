//! Opened bodies made into NDJSON by type. Pure, so that any thread may do it: it is handed what was sealed and no key.

use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode, Encoder};

use crate::base::{DeviceId, Hash};
use crate::engine::api::Fault;
use crate::engine::log::{Unfolded, Unsealed};
use crate::record::bundle::to_cbor;
use crate::record::view::once_or_folded;

/// Bytes of bodies that are written down at once, unless one patient has more. The text is some eight times as long.
const BATCH: usize = 64 * 1024;

/// Patients whose bodies are open, one after the other.
#[derive(Default)]
pub(super) struct Batch {
    patients: Vec<Vec<Unsealed>>,
    bytes: usize,
}

/// A body as it lay sealed, and where its changes stand in their author's log.
#[derive(Encode, Decode)]
struct Packed<'b> {
    #[n(0)]
    author: DeviceId,
    #[n(1)]
    first_seq: u64,
    #[n(2)]
    control_head: Hash,
    #[n(3)]
    count: u32,
    #[b(4)]
    body: &'b ByteSlice,
}

/// Text by type. There are few types, and the usual ones come early.
type Files = Vec<(String, String)>;

/// What came of a batch.
#[derive(Default, Encode, Decode)]
pub(super) struct Lines<'b> {
    /// Types and their lines.
    #[b(0)]
    pub files: Vec<(&'b str, &'b ByteSlice)>,
    #[n(1)]
    pub resources: u64,
    /// A body was not what it should be.
    #[n(2)]
    pub spoilt: bool,
}

impl<'b> Packed<'b> {
    fn of(one: &'b Unsealed) -> Packed<'b> {
        let Unsealed { author, first_seq, control_head, count, body } = one;
        let (author, first_seq, control_head, count) = (*author, *first_seq, *control_head, *count);
        Packed { author, first_seq, control_head, count, body: body.as_slice().into() }
    }

    fn unwrapped(&self) -> Option<Unfolded> {
        let Packed { author, first_seq, control_head, count, body } = *self;
        Unsealed { author, first_seq, control_head, count, body: body.to_vec() }.unwrapped().ok()
    }
}

impl Batch {
    pub fn add(&mut self, patient: Vec<Unsealed>) {
        self.bytes += patient.iter().map(|one| one.body.len()).sum::<usize>();
        self.patients.push(patient);
    }

    pub fn is_full(&self) -> bool {
        self.bytes >= BATCH
    }

    pub fn is_empty(&self) -> bool {
        self.patients.is_empty()
    }

    /// As a piece of work for `write`, which leaves the batch empty.
    pub fn job(&mut self) -> Vec<u8> {
        let Batch { patients, bytes } = std::mem::take(self);
        let mut job = Vec::with_capacity(bytes + 128 * patients.len());
        let mut e = Encoder::new(&mut job);
        // Writing to a vector never fails.
        let _ = e.array(patients.len() as u64);
        for patient in &patients {
            let _ = e.encode(patient.iter().map(Packed::of).collect::<Vec<_>>());
        }
        job
    }
}

/// Writes a batch down. `None` when it is none.
pub(in crate::engine) fn write(job: &[u8]) -> Option<Vec<u8>> {
    let patients: Vec<Vec<Packed<'_>>> = minicbor::decode(job).ok()?;
    let mut files = Files::new();
    let mut resources = 0;
    for bodies in &patients {
        let Some(written) = write_patient(bodies, &mut files) else {
            return Some(to_cbor(&Lines { spoilt: true, ..Lines::default() }));
        };
        resources += written;
    }
    let files = files.iter().map(|(kind, text)| (kind.as_str(), text.as_bytes().into())).collect();
    Some(to_cbor(&Lines { files, resources, spoilt: false }))
}

/// What stands of one patient, a line each. `None` if a body is not what it should be.
fn write_patient(bodies: &[Packed<'_>], files: &mut Files) -> Option<u64> {
    let opened: Vec<Unfolded> = bodies.iter().map(Packed::unwrapped).collect::<Option<_>>()?;
    let mut told = Vec::new();
    for body in &opened {
        told.extend(body.told().ok()?);
    }
    let (once, folded) = once_or_folded(told).ok()?;
    for one in &once {
        let text = file(files, one.change.resource.resource_type);
        one.change.write_json(text);
        text.push('\n');
    }
    let mut written = once.len() as u64;
    for (_, _, resource) in folded.all() {
        let text = file(files, &resource.resource_type);
        resource.write_json(text);
        text.push('\n');
        written += 1;
    }
    Some(written)
}

fn file<'f>(files: &'f mut Files, kind: &str) -> &'f mut String {
    let at = files.iter().position(|(known, _)| known == kind).unwrap_or(files.len());
    if at == files.len() {
        files.push((kind.to_owned(), String::new()));
    }
    &mut files[at].1
}

/// What `write` made, wherever it was made.
pub(super) fn written(bytes: &[u8]) -> Result<Lines<'_>, Fault> {
    let lines: Option<Lines<'_>> = minicbor::decode(bytes).ok();
    lines.filter(|lines| !lines.spoilt).ok_or_else(|| Fault::damaged("a bundle's body"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hlc;
    use crate::fhir::resource::Resource;
    use crate::record::{Body, Change};

    #[test]
    fn a_body_that_is_not_what_its_header_says_is_not_written() {
        let resource = Resource::new("Basic", "a").with("code", serde_json::json!({"text": "é"}));
        let change = Change::create(&resource, Hlc::new(5, 0));
        let body = Body { changes: vec![change] }.pack().expect("packs");
        let job = |count: u32, body: &[u8]| {
            let place = (DeviceId::ZERO, 1, Hash::ZERO);
            let (author, first_seq, control_head) = place;
            to_cbor(&vec![vec![Packed { author, first_seq, control_head, count, body: body.into() }]])
        };
        let of = |job: &[u8]| {
            let bytes = write(job).expect("a job");
            let lines = written(&bytes)?;
            let text = |(kind, text): &(&str, &ByteSlice)| format!("{kind}: {}", String::from_utf8_lossy(text));
            Ok::<_, Fault>((lines.files.iter().map(text).collect::<String>(), lines.resources))
        };
        assert_eq!(of(&job(1, &body)), Ok((format!("Basic: {}\n", resource.to_json()), 1)));
        assert!(of(&job(2, &body)).is_err());
        assert!(of(&job(1, &body[1..])).is_err());
        assert_eq!(write(b"\x01"), None);
    }
}
