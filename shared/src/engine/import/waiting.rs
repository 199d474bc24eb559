//! A resource as it waits: whose it is, where it stood, and its elements. It is written down once, when it is read, by
//! whichever thread reads it.

use minicbor::{Decoder, Encoder};

use crate::base::{Hlc, PatientId};
use crate::engine::api::Fault;
use crate::fhir::resource::{RawJson, Resource};
use crate::record::ResourceRef;
use crate::record::bundle::ReadyChanges;

/// One resource as it waits: its body is looked at only when it is needed.
pub(in crate::engine) struct Waiting<'p> {
    pub patient: PatientId,
    pub file: u32,
    pub path: &'p str,
    pub name: ResourceRef,
    /// Tells equal from different within one import; nothing hangs on it that a forger could want.
    pub print: u64,
    pub size: usize,
    /// Names and values in turn, each a text in CBOR.
    elements: &'p [u8],
    /// Just as it waits.
    pub record: &'p [u8],
}

/// Writes a resource down as it will wait, but for whose it is.
pub(in crate::engine) fn encode(out: &mut Vec<u8>, file: u32, path: &str, resource: &Resource) {
    let mut e = Encoder::new(out);
    // Writing to a vector never fails.
    let _ = (|| {
        e.u32(file)?.str(path)?.str(&resource.resource_type)?.str(&resource.id)?;
        e.u64(print(resource))?.u64(resource.json_len() as u64)?;
        e.bytes_len(resource.elements.iter().map(|(name, raw)| text_len(name) + text_len(raw.as_str())).sum())?;
        for (name, raw) in &resource.elements {
            e.str(name)?.str(raw.as_str())?;
        }
        Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
    })();
}

/// Bytes of a text in CBOR (RFC 8949 §3): they stand as one, so that whoever does not need them passes them at once.
fn text_len(text: &str) -> u64 {
    let length = text.len() as u64;
    let head = match length {
        0..0x18 => 1,
        0x18..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    };
    head + length
}

/// Puts what was written down to what waits for one patient.
pub(super) fn append(out: &mut Vec<u8>, patient: &PatientId, record: &[u8]) {
    // Writing to a vector never fails.
    let _ = Encoder::new(&mut *out).bytes(patient.as_bytes()).map(|_| ());
    out.extend_from_slice(record);
}

fn print(resource: &Resource) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for (name, raw) in &resource.elements {
        name.hash(&mut hasher);
        raw.as_str().hash(&mut hasher);
    }
    hasher.finish()
}

/// The resources of one opened piece, in the order in which they came.
pub(in crate::engine) fn waiting(piece: &[u8]) -> impl Iterator<Item = Result<Waiting<'_>, Fault>> {
    let mut d = Decoder::new(piece);
    std::iter::from_fn(move || (d.position() < piece.len()).then(|| read(piece, &mut d).map_err(|_| spoilt())))
}

fn read<'p>(piece: &'p [u8], d: &mut Decoder<'p>) -> Result<Waiting<'p>, minicbor::decode::Error> {
    let start = d.position();
    let patient = d.bytes()?.try_into().map_err(|_| minicbor::decode::Error::message("patient"))?;
    let (file, path) = (d.u32()?, d.str()?);
    let name = ResourceRef::new(d.str()?, d.str()?);
    let (print, size) = (d.u64()?, d.u64()? as usize);
    let elements = d.bytes()?;
    let record = piece.get(start..d.position()).unwrap_or_default();
    Ok(Waiting { patient: PatientId(patient), file, path, name, print, size, elements, record })
}

impl Waiting<'_> {
    pub fn resource(&self) -> Result<Resource, Fault> {
        let mut elements = Vec::with_capacity(16);
        for pair in self.pairs() {
            let (name, value) = pair?;
            elements.push((name.to_owned(), RawJson::proven(value)));
        }
        Ok(Resource { resource_type: self.name.resource_type.clone(), id: self.name.id.clone(), elements })
    }

    /// One element alone, as it is written.
    pub fn element(&self, name: &str) -> Result<Option<&str>, Fault> {
        let found = self.pairs().find(|pair| pair.as_ref().map_or(true, |(element, _)| *element == name));
        found.transpose().map(|pair| pair.map(|(_, value)| value))
    }

    fn pairs(&self) -> impl Iterator<Item = Result<(&str, &str), Fault>> {
        let (mut d, end) = (Decoder::new(self.elements), self.elements.len());
        std::iter::from_fn(move || {
            (d.position() < end).then(|| match (d.str(), d.str()) {
                (Ok(name), Ok(value)) => Ok((name, value)),
                _ => Err(spoilt()),
            })
        })
    }

    /// Adds the change that brings it into being, from its text as it waits.
    pub fn write_to(&self, changes: &mut ReadyChanges, hlc: Hlc) -> Result<(), Fault> {
        changes.push_new(&self.name, hlc, self.elements).ok_or_else(spoilt)
    }
}

pub(super) fn spoilt() -> Fault {
    Fault::damaged("what was kept of an import")
}
