//! A change: what one person did to one resource, as ops on its elements. Each op names the ops it replaces,
//! so that merging needs no clock and no order.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use crate::base::{DeviceId, Hlc};
use crate::fhir::resource::{RawJson, Resource};

/// The schema number written into every change; raised when the meaning of elements changes.
pub const SCHEMA: u16 = 1;

/// FHIR type and logical id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ResourceRef {
    #[n(0)]
    pub resource_type: String,
    #[n(1)]
    pub id: String,
}

impl ResourceRef {
    pub fn new(resource_type: impl Into<String>, id: impl Into<String>) -> ResourceRef {
        ResourceRef { resource_type: resource_type.into(), id: id.into() }
    }

    pub fn of(resource: &Resource) -> ResourceRef {
        ResourceRef::new(resource.resource_type.clone(), resource.id.clone())
    }
}

/// Names one op for ever: the change's place in its author's log, and the op's place in the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct OpId {
    #[n(0)]
    pub author: DeviceId,
    #[n(1)]
    pub seq: u64,
    #[n(2)]
    pub index: u32,
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.author, self.seq, self.index)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an op")]
pub struct BadOpId;

impl FromStr for OpId {
    type Err = BadOpId;
    fn from_str(text: &str) -> Result<OpId, BadOpId> {
        let mut parts = text.split(':');
        let (Some(author), Some(seq), Some(index), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(BadOpId);
        };
        Ok(OpId {
            author: author.parse().map_err(|_| BadOpId)?,
            seq: seq.parse().map_err(|_| BadOpId)?,
            index: index.parse().map_err(|_| BadOpId)?,
        })
    }
}

/// Sets (`Some`) or retracts (`None`) one element of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Op {
    /// Top-level FHIR element, e.g. `telecom`, `_birthDate`.
    #[n(0)]
    pub element: String,
    /// Stable id of a list item within the element; never a position.
    #[n(1)]
    pub item: Option<String>,
    /// Minified JSON text.
    #[n(2)]
    pub value: Option<RawJson>,
    #[n(3)]
    pub replaces: Vec<OpId>,
}

impl Op {
    pub fn set(element: impl Into<String>, value: &RawJson, replaces: Vec<OpId>) -> Op {
        Op { element: element.into(), item: None, value: Some(value.clone()), replaces }
    }

    pub fn retract(element: impl Into<String>, replaces: Vec<OpId>) -> Op {
        Op { element: element.into(), item: None, value: None, replaces }
    }
}

/// All ops of one act on one resource. Its author and sequence number stand in the bundle's header.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Change {
    #[n(0)]
    pub resource: ResourceRef,
    #[n(1)]
    pub hlc: Hlc,
    #[n(2)]
    pub ops: Vec<Op>,
    #[n(3)]
    pub schema: u16,
}

impl Change {
    /// The change that brings a whole new resource into being.
    pub fn create(resource: &Resource, hlc: Hlc) -> Change {
        let mut ops: Vec<Op> = resource
            .elements
            .iter()
            .filter(|(name, _)| name != "resourceType" && name != "id")
            .map(|(name, value)| Op::set(name.as_str(), value, Vec::new()))
            .collect();
        if ops.is_empty() {
            // A resource of nothing but type and id still has to exist.
            ops.push(Op {
                element: "resourceType".into(),
                item: None,
                value: Some(RawJson::text(&resource.resource_type)),
                replaces: vec![],
            });
        }
        Change { resource: ResourceRef::of(resource), hlc, ops, schema: SCHEMA }
    }
}
