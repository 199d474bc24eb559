//! What the changes of one patient come to, for whoever only wants to write it down: most resources were written once
//! and never touched again, and are what their one change says.

use crate::base::{DeviceId, Hash};
use crate::fhir::resource::{RawJson, Resource, write_member};
use crate::record::change::{Change, Op, ResourceRef};

use super::PatientState;

/// A change and where it stands in its author's log.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'c> {
    pub author: DeviceId,
    pub seq: u64,
    pub control_head: Hash,
    pub change: &'c Change,
}

/// A resource that stands.
#[derive(Debug)]
pub enum Standing<'c> {
    /// As its one change made it.
    Once(&'c Change),
    Folded(Resource),
}

/// All resources that stand, in order of type and id: what `PatientState::all` gives after all these were applied.
pub fn standing(mut placed: Vec<Placed<'_>>) -> Vec<Standing<'_>> {
    placed.sort_by(|a, b| a.change.resource.cmp(&b.change.resource));
    placed.chunk_by(|a, b| a.change.resource == b.change.resource).filter_map(of_resource).collect()
}

fn of_resource<'c>(placed: &[Placed<'c>]) -> Option<Standing<'c>> {
    if let [only] = placed
        && is_plain(&only.change.ops)
    {
        return Some(Standing::Once(only.change));
    }
    let mut state = PatientState::default();
    for Placed { author, seq, control_head, change } in placed {
        state.apply(*author, *seq, *control_head, change);
    }
    state.resource(&placed.first()?.change.resource).map(Standing::Folded)
}

/// Every element is set once, whole, in place of nothing.
fn is_plain(ops: &[Op]) -> bool {
    let plain = |op: &Op| op.item.is_none() && op.value.is_some() && op.replaces.is_empty();
    let twice = |(at, op): (usize, &Op)| ops.iter().take(at).any(|earlier| earlier.element == op.element);
    !ops.is_empty() && ops.len() <= 64 && ops.iter().all(plain) && !ops.iter().enumerate().any(twice)
}

impl Standing<'_> {
    pub fn resource_type(&self) -> &str {
        match self {
            Standing::Once(change) => &change.resource.resource_type,
            Standing::Folded(resource) => &resource.resource_type,
        }
    }

    pub fn write_json(&self, out: &mut String) {
        match self {
            Standing::Once(change) => write_once(change, out),
            Standing::Folded(resource) => resource.write_json(out),
        }
    }
}

fn write_once(change: &Change, out: &mut String) {
    let ResourceRef { resource_type, id } = &change.resource;
    out.push('{');
    write_member("resourceType", RawJson::text(resource_type).as_str(), out);
    out.push(',');
    write_member("id", RawJson::text(id).as_str(), out);
    for op in change.ops.iter().filter(|op| op.element != "resourceType" && op.element != "id") {
        out.push(',');
        write_member(&op.element, op.value.as_deref().unwrap_or_default(), out);
    }
    out.push('}');
}
