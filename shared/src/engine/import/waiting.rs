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
    elements: Decoder<'p>,
    /// Where it begins in its piece, and where its elements end.
    start: usize,
    end: usize,
}

/// Writes a resource down as it will wait, but for whose it is.
pub(in crate::engine) fn encode(out: &mut Vec<u8>, file: u32, path: &str, resource: &Resource) {
    let mut e = Encoder::new(out);
    // Writing to a vector never fails.
    let _ = (|| {
        e.u32(file)?.str(path)?.str(&resource.resource_type)?.str(&resource.id)?;
        e.u64(print(resource))?.u64(resource.json_len() as u64)?;
        e.array(2 * resource.elements.len() as u64)?;
        for (name, raw) in &resource.elements {
            e.str(name)?.str(raw.as_str())?;
        }
        Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
    })();
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
    std::iter::from_fn(move || (d.position() < piece.len()).then(|| read(&mut d).map_err(|_| spoilt())))
}

fn read<'p>(d: &mut Decoder<'p>) -> Result<Waiting<'p>, minicbor::decode::Error> {
    let start = d.position();
    let patient = d.bytes()?.try_into().map_err(|_| minicbor::decode::Error::message("patient"))?;
    let (file, path) = (d.u32()?, d.str()?);
    let name = ResourceRef::new(d.str()?, d.str()?);
    let (print, size) = (d.u64()?, d.u64()? as usize);
    let elements = d.clone();
    d.skip()?;
    let end = d.position();
    Ok(Waiting { patient: PatientId(patient), file, path, name, print, size, elements, start, end })
}

impl Waiting<'_> {
    /// Just as it waits.
    pub fn record(&self) -> &[u8] {
        self.elements.input().get(self.start..self.end).unwrap_or_default()
    }

    pub fn resource(&self) -> Result<Resource, Fault> {
        let mut d = self.elements.clone();
        let read = (|| {
            let count = d.array()?.unwrap_or_default() / 2;
            let mut elements = Vec::with_capacity(count.min(4096) as usize);
            for _ in 0..count {
                elements.push((d.str()?.to_owned(), RawJson::proven(d.str()?)));
            }
            Ok::<_, minicbor::decode::Error>(elements)
        })();
        let elements = read.map_err(|_| spoilt())?;
        Ok(Resource { resource_type: self.name.resource_type.clone(), id: self.name.id.clone(), elements })
    }

    /// One element alone, as it is written.
    pub fn element(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut d = self.elements.clone();
        let read = (|| {
            for _ in 0..d.array()?.unwrap_or_default() / 2 {
                let (element, value) = (d.str()?, d.str()?);
                if element == name {
                    return Ok(Some(value));
                }
            }
            Ok::<_, minicbor::decode::Error>(None)
        })();
        read.map_err(|_| spoilt())
    }

    /// Adds the change that brings it into being, from its text as it waits.
    pub fn write_to(&self, changes: &mut ReadyChanges, hlc: Hlc) -> Result<(), Fault> {
        let mut d = self.elements.clone();
        let elements = d.array().ok().and_then(|_| d.input().get(d.position()..self.end)).ok_or_else(spoilt)?;
        changes.push_new(&self.name, hlc, elements).ok_or_else(spoilt)
    }
}

pub(super) fn spoilt() -> Fault {
    Fault::damaged("what was kept of an import")
}
