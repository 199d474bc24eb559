//! Folding: from a set of changes to what a patient's record is now. Order-free and idempotent:
//! the value of an element is what no other op replaces.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use crate::base::{DeviceId, Hlc};
use crate::fhir::resource::{RawJson, Resource};

use super::change::{Change, Op, OpId, ResourceRef, SCHEMA};
use super::policy::{Rule, rule};

/// One value that stands for an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pub id: OpId,
    pub hlc: Hlc,
    /// `None` means the element was removed.
    pub value: Option<RawJson>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElementState {
    /// Every op that nobody replaces, sorted by op id.
    pub live: Vec<Live>,
    /// Ops of this element that another op of this element names as replaced, arrived or not.
    replaced: HashSet<OpId>,
}

impl ElementState {
    /// The value shown: among different values the later edit by clock; an edit beats a removal.
    pub fn shown(&self) -> Option<&Live> {
        self.live.iter().max_by_key(|l| (l.value.is_some(), l.hlc, l.id))
    }

    /// More than one distinct value stands.
    pub fn contested(&self) -> bool {
        self.live.windows(2).any(|pair| matches!(pair, [a, b] if a.value != b.value))
    }

    pub fn ids(&self) -> Vec<OpId> {
        self.live.iter().map(|l| l.id).collect()
    }
}

/// Element name and, for items of a list, the item's stable id.
pub type ElementKey = (String, Option<String>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceState {
    pub elements: BTreeMap<ElementKey, ElementState>,
    /// Sequence of authorship for history: (clock, author device, seq, elements).
    pub history: Vec<Touch>,
}

/// Who touched a resource, when, and which elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    pub hlc: Hlc,
    pub author: DeviceId,
    pub seq: u64,
    pub control_head: crate::base::Hash,
    pub elements: Vec<String>,
}

impl ResourceState {
    /// The resource as it stands, or `None` when every element was retracted.
    pub fn resource(&self, name: &ResourceRef) -> Option<Resource> {
        let mut standing: Vec<(&ElementKey, &Live)> = self
            .elements
            .iter()
            .filter_map(|(key, state)| state.shown().filter(|l| l.value.is_some()).map(|l| (key, l)))
            .collect();
        if standing.is_empty() {
            return None;
        }
        standing.sort_by_key(|(_, live)| (live.hlc, live.id));
        let mut elements: Vec<(String, RawJson)> = vec![
            ("resourceType".to_owned(), RawJson::text(&name.resource_type)),
            ("id".to_owned(), RawJson::text(&name.id)),
        ];
        let mut items: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for ((element, item), live) in &standing {
            let Some(value) = &live.value else { continue };
            if element == "resourceType" || element == "id" {
                continue;
            }
            match item {
                None => elements.push((element.clone(), value.clone())),
                Some(_) => items.entry(element.as_str()).or_default().push(value),
            }
        }
        for (element, values) in items {
            let joined = values.join(",");
            match elements.iter_mut().find(|(name, _)| name == element) {
                // A whole-list value from an import, with items added since.
                Some((_, whole)) => {
                    let inner =
                        whole.as_str().strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(whole.as_str());
                    let text = if inner.is_empty() { format!("[{joined}]") } else { format!("[{inner},{joined}]") };
                    *whole = RawJson::from_stored(text);
                }
                None => elements.push((element.to_owned(), RawJson::from_stored(format!("[{joined}]")))),
            }
        }
        Some(Resource { resource_type: name.resource_type.clone(), id: name.id.clone(), elements })
    }

    /// Elements with more than one distinct live value, with the rule that governs them.
    pub fn contested(&self, resource_type: &str) -> Vec<(&ElementKey, &ElementState, Rule)> {
        self.elements
            .iter()
            .filter(|(_, state)| state.contested())
            .map(|(key, state)| (key, state, rule(resource_type, &key.0)))
            .collect()
    }

    /// The ops that turn this state into `wanted`, touching only what differs. Contested elements that `wanted`
    /// does not mention otherwise stay contested unless their shown value is changed.
    pub fn difference(&self, wanted: &Resource) -> Vec<Op> {
        let mut ops = Vec::new();
        for (name, value) in &wanted.elements {
            if name == "resourceType" || name == "id" {
                continue;
            }
            let state = self.elements.get(&(name.clone(), None));
            let same = state.and_then(ElementState::shown).and_then(|l| l.value.as_deref()) == Some(value.as_str());
            if !same {
                ops.push(Op::set(name.as_str(), value, state.map(ElementState::ids).unwrap_or_default()));
            }
        }
        for ((name, item), state) in &self.elements {
            let stands = state.shown().is_some_and(|l| l.value.is_some());
            if stands && item.is_none() && name != "resourceType" && wanted.get(name).is_none() {
                ops.push(Op::retract(name.as_str(), state.ids()));
            }
        }
        ops
    }

    /// Sets or retracts named elements, replacing whatever stands for them.
    pub fn assign(&self, values: &[(String, Option<RawJson>)]) -> Vec<Op> {
        values
            .iter()
            .filter_map(|(name, value)| {
                let state = self.elements.get(&(name.clone(), None));
                let shown = state.and_then(ElementState::shown).and_then(|l| l.value.as_deref());
                let replaces = state.map(ElementState::ids).unwrap_or_default();
                match value {
                    Some(value) if shown == Some(value.as_str()) => None,
                    Some(value) => Some(Op::set(name.as_str(), value, replaces)),
                    None if shown.is_none() => None,
                    None => Some(Op::retract(name.as_str(), replaces)),
                }
            })
            .collect()
    }
}

/// Everything known of one patient (or of the clinic's commons).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatientState {
    /// Shared with earlier copies of this state until they change: a copy costs little.
    pub resources: BTreeMap<ResourceRef, Rc<ResourceState>>,
    seen: HashSet<(DeviceId, u64)>,
}

impl PatientState {
    /// Takes one change in; a change already taken changes nothing. Changes of a newer schema are taken as they are.
    pub fn apply(&mut self, author: DeviceId, seq: u64, control_head: crate::base::Hash, change: &Change) {
        if !self.seen.insert((author, seq)) {
            return;
        }
        let state = Rc::make_mut(self.resources.entry(change.resource.clone()).or_default());
        for (index, op) in change.ops.iter().enumerate() {
            let id = OpId { author, seq, index: index as u32 };
            let slot = state.elements.entry((op.element.clone(), op.item.clone())).or_default();
            for gone in &op.replaces {
                slot.replaced.insert(*gone);
                if let Ok(at) = slot.live.binary_search_by_key(gone, |l| l.id) {
                    slot.live.remove(at);
                }
            }
            if !slot.replaced.contains(&id) {
                let at = slot.live.partition_point(|l| l.id < id);
                slot.live.insert(at, Live { id, hlc: change.hlc, value: op.value.clone() });
            }
        }
        let mut elements: Vec<String> = change.ops.iter().map(|op| op.element.clone()).collect();
        elements.dedup();
        let touch = Touch { hlc: change.hlc, author, seq, control_head, elements };
        let at = state.history.partition_point(|t| (t.hlc, t.author, t.seq) < (touch.hlc, touch.author, touch.seq));
        state.history.insert(at, touch);
    }

    pub fn get(&self, name: &ResourceRef) -> Option<&ResourceState> {
        self.resources.get(name).map(Rc::as_ref)
    }

    pub fn resource(&self, name: &ResourceRef) -> Option<Resource> {
        self.resources.get(name).and_then(|state| state.resource(name))
    }

    /// All resources that stand, in order of type and id.
    pub fn all(&self) -> impl Iterator<Item = (&ResourceRef, &ResourceState, Resource)> {
        self.resources.iter().filter_map(|(name, state)| state.resource(name).map(|r| (name, state.as_ref(), r)))
    }

    /// How many elements wait for a clinician.
    pub fn waiting(&self) -> usize {
        self.resources
            .iter()
            .flat_map(|(name, state)| state.contested(&name.resource_type))
            .filter(|(_, _, rule)| *rule == Rule::Clinician)
            .count()
    }

    /// The change that sets `wanted` where it differs from what stands; `None` if nothing differs.
    pub fn change_to(&self, wanted: &Resource, hlc: Hlc) -> Option<Change> {
        let name = ResourceRef::of(wanted);
        match self.resources.get(&name) {
            None => Some(Change::create(wanted, hlc)),
            Some(state) => {
                let ops = state.difference(wanted);
                (!ops.is_empty()).then_some(Change { resource: name, hlc, ops, schema: SCHEMA })
            }
        }
    }
}

#[cfg(test)]
mod tests;
