//! The changes of an opened body read where they lie, without a copy of their texts: for whoever looks at each once. A chart
//! of an imported history is nothing but such changes, one a resource.

use minicbor::Decode;

use crate::base::{DeviceId, Hash, Hlc};
use crate::fhir::ResourceView;
use crate::fhir::resource::{RawJson, write_member};

use super::change::{Change, OpId};
use super::{BundleFault, PatientState};

/// `Body`, borrowed from its CBOR.
#[derive(Debug, Decode)]
pub struct BodyView<'b> {
    #[b(0)]
    pub changes: Vec<ChangeView<'b>>,
}

/// `Change`, borrowed. Its bytes are kept, for where it has to be read whole.
#[derive(Debug)]
pub struct ChangeView<'b> {
    pub resource: RefView<'b>,
    pub ops: Vec<OpView<'b>>,
    bytes: &'b [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Decode)]
pub struct RefView<'b> {
    #[b(0)]
    pub resource_type: &'b str,
    #[b(1)]
    pub id: &'b str,
}

/// `Op`, borrowed.
#[derive(Debug)]
pub struct OpView<'b> {
    pub element: &'b str,
    pub item: Option<&'b str>,
    pub value: Option<&'b str>,
    pub replaces: Vec<OpId>,
}

#[derive(Decode)]
struct OpFields<'b> {
    #[b(0)]
    element: &'b str,
    #[b(1)]
    item: Option<&'b str>,
    #[b(2)]
    value: Option<&'b str>,
    #[n(3)]
    replaces: Vec<OpId>,
}

impl<'b, C> Decode<'b, C> for OpView<'b> {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let from = d.position();
        if let Some((op, to)) = d.input().get(from..).and_then(usual_op) {
            d.set_position(from + to);
            return Ok(op);
        }
        let OpFields { element, item, value, replaces } = OpFields::decode(d, ctx)?;
        Ok(OpView { element, item, value, replaces })
    }
}

/// An op as nearly all are, and its length: four fields, of which only the element and its value say something. A history
/// has thousands of them, and a decoder made for everything takes most of the time that reading takes.
fn usual_op(bytes: &[u8]) -> Option<(OpView<'_>, usize)> {
    const FOUR: u8 = 0x84;
    const NULL: u8 = 0xf6;
    const NONE: u8 = 0x80;
    let (&FOUR, rest) = bytes.split_first()? else { return None };
    let (element, rest) = text(rest)?;
    let (&NULL, rest) = rest.split_first()? else { return None };
    let (value, rest) = text(rest)?;
    let (&NONE, rest) = rest.split_first()? else { return None };
    let op = OpView { element, item: None, value: Some(value), replaces: Vec::new() };
    Some((op, bytes.len() - rest.len()))
}

/// A text of up to 64 KiB in one piece (RFC 8949 §3.1, major type 3), and what follows it.
fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = match bytes {
        [short @ 0x60..=0x77, rest @ ..] => (usize::from(short - 0x60), rest),
        [0x78, length, rest @ ..] => (usize::from(*length), rest),
        [0x79, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    let (text, rest) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

#[derive(Decode)]
struct Fields<'b> {
    #[b(0)]
    resource: RefView<'b>,
    #[n(1)]
    _hlc: Hlc,
    #[b(2)]
    ops: Vec<OpView<'b>>,
    #[n(3)]
    _schema: u16,
}

impl<'b, C> Decode<'b, C> for ChangeView<'b> {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let from = d.position();
        let Fields { resource, ops, .. } = Fields::decode(d, ctx)?;
        let bytes = d.input().get(from..d.position()).unwrap_or_default();
        Ok(ChangeView { resource, ops, bytes })
    }
}

impl<'b> BodyView<'b> {
    /// Takes what `Body::unwrapped` gave.
    pub fn read(plain: &'b [u8]) -> Result<BodyView<'b>, BundleFault> {
        minicbor::decode(plain).map_err(|_| BundleFault::Malformed)
    }
}

impl<'b> ChangeView<'b> {
    /// Every element is set once, whole, in place of nothing: alone, such a change is the resource.
    pub fn is_plain(&self) -> bool {
        let plain = |op: &OpView<'_>| op.item.is_none() && op.value.is_some() && op.replaces.is_empty();
        let twice =
            |(at, op): (usize, &OpView<'_>)| self.ops.iter().take(at).any(|earlier| earlier.element == op.element);
        let few = (1..=64).contains(&self.ops.len());
        few && self.ops.iter().all(plain) && !self.ops.iter().enumerate().any(twice)
    }

    /// What a plain change alone comes to.
    pub fn resource(&self) -> ResourceView<'b> {
        let elements = self.ops.iter().filter(|op| op.element != "resourceType" && op.element != "id");
        let elements = elements.map(|op| (op.element, op.value.unwrap_or_default()));
        ResourceView::new(self.resource.resource_type, self.resource.id, elements)
    }

    /// The same as text: what `Resource::write_json` writes of it.
    pub fn write_json(&self, out: &mut String) {
        out.push('{');
        write_member("resourceType", &quoted(self.resource.resource_type), out);
        out.push(',');
        write_member("id", &quoted(self.resource.id), out);
        for op in self.ops.iter().filter(|op| op.element != "resourceType" && op.element != "id") {
            out.push(',');
            write_member(op.element, op.value.unwrap_or_default(), out);
        }
        out.push('}');
    }
}

/// Types and ids are such words, but for what somebody else's app may have written.
fn quoted(words: &str) -> String {
    match words.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        true => ["\"", words, "\""].concat(),
        false => RawJson::text(words).as_str().to_owned(),
    }
}

/// A change read where it lies, and where it stands in its author's log.
#[derive(Debug)]
pub struct Told<'b> {
    pub author: DeviceId,
    pub seq: u64,
    pub control_head: Hash,
    pub change: ChangeView<'b>,
}

/// The resources that are what their one change says, in order of type and id, and the others folded. Both together are
/// what `PatientState` holds after all these were applied.
pub fn once_or_folded(mut told: Vec<Told<'_>>) -> Result<(Vec<Told<'_>>, PatientState), BundleFault> {
    told.sort_by(|a, b| a.change.resource.cmp(&b.change.resource));
    let alone = |at: usize, told: &[Told<'_>]| {
        let name = |at: Option<usize>| Some(told.get(at?)?.change.resource);
        let own = name(Some(at));
        own != name(at.checked_sub(1)) && own != name(at.checked_add(1))
    };
    let once: Vec<bool> = told.iter().enumerate().map(|(at, one)| alone(at, &told) && one.change.is_plain()).collect();
    let mut state = PatientState::default();
    for (Told { author, seq, control_head, change }, _) in told.iter().zip(&once).filter(|(_, once)| !**once) {
        let change: Change = minicbor::decode(change.bytes).map_err(|_| BundleFault::Malformed)?;
        state.apply(*author, *seq, *control_head, &change);
    }
    let mut once = once.into_iter();
    told.retain(|_| once.next().unwrap_or_default());
    Ok((told, state))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Resource;
    use crate::record::bundle::to_cbor;
    use crate::record::{Body, Op, ResourceRef};
    use proptest::prelude::*;

    fn change(id: u8, ops: Vec<Op>) -> Change {
        Change { resource: ResourceRef::new("Basic", format!("b{id}")), hlc: Hlc::new(1, 0), ops, schema: 1 }
    }

    fn set(element: &str, value: u8) -> Op {
        Op::set(element, &RawJson::from_stored(value.to_string()), vec![])
    }

    /// What both ways make of these changes, one after the other by one author.
    fn check(changes: Vec<Change>) {
        let mut whole = PatientState::default();
        for (seq, change) in (1..).zip(&changes) {
            whole.apply(DeviceId([1; 16]), seq, Hash::ZERO, change);
        }
        let plain = to_cbor(&Body { changes });
        let told = (1..).zip(BodyView::read(&plain).expect("reads").changes);
        let told = told.map(|(seq, change)| Told { author: DeviceId([1; 16]), seq, control_head: Hash::ZERO, change });
        let (once, state) = once_or_folded(told.collect()).expect("reads");
        let mut seen: Vec<Resource> = once.iter().map(|told| told.change.resource().owned()).collect();
        seen.extend(state.all().map(|(_, _, resource)| resource));
        seen.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(seen, whole.all().map(|(_, _, resource)| resource).collect::<Vec<_>>());
        assert_eq!(once.len() + state.resources.len(), whole.resources.len());
        assert!(once.iter().all(|told| !state.resources.contains_key(&told.change.resource().named())));
    }

    impl ResourceView<'_> {
        fn named(&self) -> ResourceRef {
            ResourceRef::new(self.resource_type, self.id)
        }
    }

    #[test]
    fn only_what_one_plain_change_says_is_taken_from_it() {
        let gone = OpId { author: DeviceId([1; 16]), seq: 1, index: 0 };
        let retracted = Op { replaces: vec![gone], ..Op::retract("code", vec![]) };
        let item = Op { item: Some("i".into()), ..set("telecom", 1) };
        check(vec![change(1, vec![set("code", 1), set("x", 2)]), change(2, vec![set("code", 1)])]);
        check(vec![change(1, vec![set("code", 1)]), change(1, vec![retracted])]);
        check(vec![change(1, vec![item]), change(2, vec![set("a", 1), set("a", 2)]), change(3, vec![])]);
        check(vec![change(1, vec![set("resourceType", 1)]), change(2, vec![set("id", 1), set("b", 1)])]);
    }

    #[test]
    fn texts_of_every_length_are_read_as_they_are() {
        for length in [0, 23, 24, 255, 256, 65_535, 65_536] {
            let value = RawJson::from_stored("x".repeat(length));
            let ops = vec![Op::set("code", &value, vec![]), set("b", 1)];
            let plain = to_cbor(&Body { changes: vec![change(1, ops)] });
            let seen = BodyView::read(&plain).expect("reads");
            let values: Vec<_> = seen.changes[0].ops.iter().map(|op| (op.element, op.value)).collect();
            assert_eq!(values, [("code", Some(value.as_str())), ("b", Some("1"))]);
        }
    }

    #[test]
    fn what_is_no_body_is_refused() {
        assert_eq!(BodyView::read(b"nonsense").map(drop), Err(BundleFault::Malformed));
        let text = to_cbor(&Body { changes: vec![change(1, vec![set("code", 1)])] });
        assert_eq!(BodyView::read(&text[..text.len() - 1]).map(drop), Err(BundleFault::Malformed));
    }

    proptest! {
        #[test]
        fn what_one_reader_takes_the_other_takes(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let item = Op { item: Some("i".into()), ..set("telecom", 1) };
            let ops = vec![set("code", 1), item, Op::retract("x", vec![OpId { author: DeviceId([1; 16]), seq: 1, index: 0 }])];
            let mut plain = to_cbor(&Body { changes: vec![change(1, ops)] });
            let at = at.index(plain.len());
            plain[at] = byte;
            prop_assert_eq!(BodyView::read(&plain).is_ok(), Body::read(&plain).is_ok());
        }

        #[test]
        fn both_ways_come_to_the_same(
            changes in prop::collection::vec((0u8..6, prop::collection::vec((0u8..4, any::<bool>()), 0..4)), 0..12)
        ) {
            let op = |(name, kept): (u8, bool)| {
                let name = ["code", "x", "resourceType", "id"][name as usize];
                if kept { set(name, 7) } else { Op::retract(name, vec![]) }
            };
            check(changes.into_iter().map(|(id, ops)| change(id, ops.into_iter().map(op).collect())).collect());
        }
    }
}
