//! Changes on their way into bodies, encoded already: what an import brings is written once, from the text that waits,
//! and no change is built of it in between. The bytes are those that `Body` gives; a test holds them to it.

use std::convert::Infallible;

use minicbor::encode::Error;
use minicbor::{Decode, Encode, Encoder};

use crate::base::Hlc;
use crate::record::ResourceRef;
use crate::record::change::{Change, SCHEMA};

use super::body::pack_plain;
use super::{BundleFault, TARGET_SEALED};

/// Elements that a change names elsewhere: the whole CBOR of their names.
const NAMED_APART: [&[u8]; 2] = [b"\x6cresourceType", b"\x62id"];

/// Changes of one patient in one compartment, one after the other as a body holds them.
#[derive(Debug, Default)]
pub struct ReadyChanges {
    bytes: Vec<u8>,
    /// Where each of them ends, and when it was made.
    ends: Vec<(usize, Hlc)>,
}

/// What one body holds, packed, and how many changes that is.
#[derive(Debug, Encode, Decode)]
pub struct ReadyBody {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub packed: Vec<u8>,
    #[n(1)]
    pub count: u32,
    /// The latest clock reading within.
    #[n(2)]
    pub hlc: Hlc,
}

impl ReadyChanges {
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn push(&mut self, change: &Change) {
        // Writing to a vector never fails.
        let _ = minicbor::encode(change, &mut self.bytes);
        self.end(change.hlc);
    }

    /// The change that brings a whole new resource into being: what `Change::create` makes. `elements` are names and
    /// values in turn, each a text in CBOR. `None`, and nothing added, if they are something else.
    pub fn push_new(&mut self, name: &ResourceRef, hlc: Hlc, elements: &[u8]) -> Option<()> {
        let start = self.bytes.len();
        let written = self.write_new(name, hlc, elements);
        match written {
            Some(()) => self.end(hlc),
            None => self.bytes.truncate(start),
        }
        written
    }

    fn write_new(&mut self, name: &ResourceRef, hlc: Hlc, elements: &[u8]) -> Option<()> {
        let mut ops = 0;
        for_each_pair(elements, |_, _| ops += 1)?;
        let mut e = Encoder::new(&mut self.bytes);
        begin(&mut e, name, hlc, ops).ok()?;
        let bytes = &mut self.bytes;
        for_each_pair(elements, |element, value| {
            // An op of four: the element, no item, its value, nothing replaced.
            bytes.push(0x84);
            bytes.extend_from_slice(element);
            bytes.push(0xf6);
            bytes.extend_from_slice(value);
            bytes.push(0x80);
        })?;
        if ops == 0 {
            // A resource of nothing but type and id still has to exist.
            let only = serde_json::Value::from(name.resource_type.as_str()).to_string();
            let mut e = Encoder::new(&mut self.bytes);
            e.array(4).ok()?.str("resourceType").ok()?.null().ok()?.str(&only).ok()?.array(0).ok()?;
        }
        Encoder::new(&mut self.bytes).u16(SCHEMA).ok().map(drop)
    }

    fn end(&mut self, hlc: Hlc) {
        self.ends.push((self.bytes.len(), hlc));
    }

    /// Splits them into bodies near the target size, in their order, as `split` does.
    pub fn split(&self) -> Result<Vec<ReadyBody>, BundleFault> {
        let mut out = Vec::new();
        let mut first = 0;
        let start = |at: usize| at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(end, _)| *end);
        while first < self.ends.len() {
            let from = start(first);
            let rest = self.ends.get(first..).unwrap_or_default();
            // FHIR text packs to about a third or better; start from there and halve what turns out too large.
            let mut count =
                rest.partition_point(|(end, _)| end - from < TARGET_SEALED * 3).saturating_add(1).min(rest.len());
            loop {
                let body = self.bytes.get(from..start(first + count)).unwrap_or_default();
                match pack_plain(&with_head(count, body)) {
                    Ok(packed) if packed.len() + 16 <= TARGET_SEALED || count == 1 => {
                        let hlc = rest.iter().take(count).map(|(_, hlc)| *hlc).max().unwrap_or_default();
                        out.push(ReadyBody { packed, count: count as u32, hlc });
                        break;
                    }
                    Err(fault) if count == 1 => return Err(fault),
                    Ok(_) | Err(_) => count = count.div_ceil(2),
                }
            }
            first += count;
        }
        Ok(out)
    }
}

fn begin(e: &mut Encoder<&mut Vec<u8>>, name: &ResourceRef, hlc: Hlc, ops: u64) -> Result<(), Error<Infallible>> {
    e.array(4)?;
    name.encode(e, &mut ())?;
    hlc.encode(e, &mut ())?;
    e.array(ops.max(1))?.ok()
}

/// A body of so many changes, which follow.
fn with_head(count: usize, changes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(10 + changes.len());
    let mut e = Encoder::new(&mut plain);
    let _ = e.array(1).and_then(|e| e.array(count as u64));
    plain.extend_from_slice(changes);
    plain
}

/// Names and values, but for those that a change names elsewhere.
fn for_each_pair(mut elements: &[u8], mut take: impl FnMut(&[u8], &[u8])) -> Option<()> {
    while !elements.is_empty() {
        let (name, rest) = text(elements)?;
        let (value, rest) = text(rest)?;
        elements = rest;
        if !NAMED_APART.contains(&name) {
            take(name, value);
        }
    }
    Some(())
}

/// The text in CBOR that stands first, head and all, and what follows it (RFC 8949 §3).
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first()?;
    let (size, length) = match head {
        0x60..=0x77 => (0, usize::from(head - 0x60)),
        0x78 => (1, usize::from(*rest.first()?)),
        0x79 => (2, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        0x7a => (4, u32::from_be_bytes(*rest.first_chunk()?) as usize),
        _ => return None,
    };
    bytes.split_at_checked(length.checked_add(1 + size)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Resource;
    use crate::record::bundle::{Body, split};
    use proptest::prelude::*;

    fn waiting(resource: &Resource) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut e = Encoder::new(&mut bytes);
        for (name, raw) in &resource.elements {
            e.str(name).and_then(|e| e.str(raw.as_str())).expect("written");
        }
        bytes
    }

    #[test]
    fn a_resource_of_nothing_but_its_name_comes_out_as_a_change_would_make_it() {
        let resource = Resource::new("Basic", "b");
        let change = Change::create(&resource, Hlc::new(1_795_000_000_000, 7));
        let mut ready = ReadyChanges::default();
        ready.push_new(&change.resource, change.hlc, &waiting(&resource)).expect("texts");
        let bodies = ready.split().expect("packs");
        assert_eq!(Body::unpack(&bodies[0].packed).expect("unpacks").changes, vec![change]);
    }

    #[test]
    fn what_is_no_row_of_texts_adds_nothing() {
        let mut ready = ReadyChanges::default();
        for elements in [&b"\x62id"[..], b"\x62id\x01", b"\x64name\x78", b"\x64name\x7b\0\0\0\0\0\0\0\x01x", b"\x64na"]
        {
            assert_eq!(ready.push_new(&ResourceRef::new("Basic", "b"), Hlc::new(1, 0), elements), None);
        }
        assert!(ready.is_empty() && ready.bytes.is_empty());
    }

    proptest! {
        #[test]
        fn ready_bodies_are_those_of_the_changes(sizes in prop::collection::vec((0usize..90_000, 0usize..12), 1..24)) {
            let resources: Vec<Resource> = sizes.iter().enumerate().map(|(i, (size, more))| {
                // Text that does not pack, so that some bodies turn out too large.
                let mut x = *size as u64 | 1;
                let noise: String = (0..*size).map(|_| { x = x.wrapping_mul(6364136223846793005).wrapping_add(1); char::from(b'0' + (x >> 59) as u8) }).collect();
                let resource = Resource::new("Basic", &format!("b{i}")).with("noise", noise.into());
                (0..*more).fold(resource, |r, m| r.with(&format!("e{m}"), serde_json::json!({"x": m, "\u{e9}": "\u{1f600}"})))
            }).collect();
            let changes: Vec<Change> = resources.iter().zip(0..).map(|(r, i)| Change::create(r, Hlc::new(5, i))).collect();
            let mut ready = ReadyChanges::default();
            for (at, (resource, change)) in resources.iter().zip(&changes).enumerate() {
                if at % 5 == 4 { ready.push(change) } else { ready.push_new(&change.resource, change.hlc, &waiting(resource)).expect("texts") }
            }
            let bodies = ready.split().expect("packs");
            let all: Vec<Change> = bodies.iter().flat_map(|body| {
                let opened = Body::unpack(&body.packed).expect("unpacks").changes;
                assert_eq!(opened.len(), body.count as usize);
                assert_eq!(opened.iter().map(|change| change.hlc).max(), Some(body.hlc));
                opened
            }).collect();
            prop_assert_eq!(&all, &changes);
            let packed: Vec<Vec<u8>> = split(changes).expect("packs").into_iter().map(|(_, packed)| packed).collect();
            prop_assert!(bodies.iter().all(|body| body.count == 1 || body.packed.len() + 16 <= TARGET_SEALED));
            prop_assert!(bodies.len() <= packed.len() + 1);
        }
    }
}
