//! Version 1: one object store a space; the keys are ours and stand outside the values.

use lucerna_shared::port::Space;
use rexie::{ObjectStore, RexieBuilder};

/// Frozen: a later `Space` gets its object store in a later step.
const SPACES: [Space; 9] = [
    Space::Meta,
    Space::Log,
    Space::Chain,
    Space::Keys,
    Space::Control,
    Space::Index,
    Space::Drafts,
    Space::Audit,
    Space::Quarantine,
];

pub(super) fn object_stores(builder: RexieBuilder) -> RexieBuilder {
    SPACES.iter().fold(builder, |builder, space| builder.add_object_store(ObjectStore::new(space.name())))
}
