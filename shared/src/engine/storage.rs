//! How much room each kind of thing takes on this device. Reads every key, but of many rows only some values.

use std::collections::BTreeMap;

use crate::port::{Port, Scratch, Space, Store};

use super::Engine;
use super::api::{Fault, KindUse, StorageKind};
use super::open::Open;

/// Values looked at in one space; with fewer rows than twice as many, all of them.
const LOOKED_AT: usize = 512;
/// Keys read at once, and values.
const KEYS: u32 = 4096;
const VALUES: usize = 16;

/// Every kind is shown, empty ones too.
const KINDS: [StorageKind; 7] = [
    StorageKind::Records,
    StorageKind::Search,
    StorageKind::Drafts,
    StorageKind::Audit,
    StorageKind::Keys,
    StorageKind::Waiting,
    StorageKind::Import,
];

fn kind_of(open: &Open, space: Space, key: &[u8]) -> StorageKind {
    match space {
        Space::Log if open.is_staged(key) => StorageKind::Import,
        Space::Log | Space::Chain => StorageKind::Records,
        Space::Index => StorageKind::Search,
        Space::Drafts => StorageKind::Drafts,
        Space::Audit => StorageKind::Audit,
        Space::Meta | Space::Keys | Space::Control => StorageKind::Keys,
        Space::Quarantine => StorageKind::Waiting,
        Space::Spool => StorageKind::Import,
    }
}

impl<P: Port> Engine<P> {
    pub(super) async fn storage_kinds(&self, open: &Open) -> Result<Vec<KindUse>, Fault> {
        let mut uses: BTreeMap<StorageKind, (u64, bool)> = KINDS.map(|kind| (kind, (0, false))).into();
        for space in Space::ALL {
            self.room_of(open, space, &mut uses).await?;
        }
        uses.entry(StorageKind::Import).or_default().0 += self.port.scratch().room().await?;
        Ok(uses.into_iter().map(|(kind, (bytes, about))| KindUse { kind, bytes, about }).collect())
    }

    async fn room_of(
        &self,
        open: &Open,
        space: Space,
        uses: &mut BTreeMap<StorageKind, (u64, bool)>,
    ) -> Result<(), Fault> {
        // Every so many rows; each stands for as many.
        let every = (self.port.store().count(space).await? as usize / LOOKED_AT).max(1);
        let (mut from, mut at) = (Vec::new(), 0usize);
        loop {
            let keys = self.port.store().keys(space, &from, None, Some(KEYS)).await?;
            let Some(last) = keys.last() else { return Ok(()) };
            from = [last.as_slice(), &[0]].concat();
            let mut looked_at = Vec::new();
            for key in keys {
                uses.entry(kind_of(open, space, &key)).or_default().0 += key.len() as u64;
                if at.is_multiple_of(every) {
                    looked_at.push(key);
                }
                at += 1;
            }
            for keys in looked_at.chunks(VALUES) {
                let values = self.port.store().get_many(space, keys).await?;
                for (key, value) in keys.iter().zip(values) {
                    let (bytes, about) = uses.entry(kind_of(open, space, key)).or_default();
                    *bytes += (value.map_or(0, |value| value.len()) * every) as u64;
                    *about |= every > 1;
                }
                self.port.yield_now().await;
            }
        }
    }
}
