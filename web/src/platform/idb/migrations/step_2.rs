//! Version 2: the pieces of an import that waits to be written.

use lucerna_shared::port::Space;
use rexie::{ObjectStore, RexieBuilder};

pub(super) fn object_stores(builder: RexieBuilder) -> RexieBuilder {
    builder.add_object_store(ObjectStore::new(Space::Spool.name()))
}
