//! Keeping the index in order while nobody waits: rows are gathered into parts, small parts into larger ones, and
//! what no manifest names is removed. Looks up between steps; a lock ends it at the next.

use std::ops::Range;
use std::rc::Rc;

use crate::base::PatientId;
use crate::clinic::search::{Builder, Image, Listing};
use crate::engine::Engine;
use crate::engine::api::Fault;
use crate::engine::open::Open;
use crate::port::{Port, Space, Store, Write, prefix_end};

use super::part::{CHUNKS, Packed};
use super::{Kept, PatientIndex};

/// Entries between two looks up.
const STEP: usize = 64;
/// A step waits for the answer that somebody waits for, and a moment for the next question; not for an import.
const MOMENT_MS: u32 = 4;
const PATIENCE: usize = 25;
/// Chunks in one transaction.
const AT_ONCE: usize = 4;
/// Meta rows of imports under way begin so; the parts they name look like nobody's.
const STAGES: &[u8] = b"stage/";

impl<P: Port> Engine<P> {
    /// Puts the search index in order, as long as there is something to do. Call it after unlock and after a change.
    pub(in crate::engine) async fn tend_index(&self, open: &Rc<Open>) -> Result<(), Fault> {
        self.rebuild_index(open).await?;
        self.sweep_index(open).await?;
        {
            // What a commit under way brought may yet be taken back.
            let _turn = self.writer.lock().await;
            open.index.borrow_mut().settle_if_many();
        }
        while self.gather_index(open).await? {}
        Ok(())
    }

    /// Gathers some tiers into one part. False if there was nothing to gather.
    async fn gather_index(&self, open: &Rc<Open>) -> Result<bool, Fault> {
        let (place, edition, tiers) = {
            let index = open.index.borrow();
            let Some(place) = index.due().filter(|_| !index.lacking) else { return Ok(false) };
            let tiers: Vec<Rc<Image>> =
                (0..index.search.tiers()).filter_map(|n| index.search.tier(n)).map(|t| t.0).collect();
            (place, index.edition, tiers)
        };
        let image = self.merge(open, &tiers, place.clone()).await?;
        drop(tiers);
        let Packed { part, writes } = self.seal_part(open, &image).await?;
        self.write_apart(open, writes).await?;
        let _turn = self.writer.lock().await;
        if open.index.borrow().edition != edition {
            // An import was finished meanwhile: its parts stand where these were.
            self.commit_rows(open, part.forget()).await?;
            return Ok(true);
        }
        let (manifest, mut writes) = open.index.borrow().gathered(place.clone(), &part);
        writes.push(self.manifest_write(open, &manifest)?);
        self.commit_rows(open, writes).await?;
        open.index.borrow_mut().replace(place, part, Rc::new(image));
        Ok(true)
    }

    /// One image of all that these tiers say and no newer one says otherwise.
    async fn merge(&self, open: &Open, tiers: &[Rc<Image>], place: Range<usize>) -> Result<Image, Fault> {
        let mut order: Vec<(PatientId, usize, u32)> = Vec::new();
        for n in place {
            let (Some(image), newer) = (tiers.get(n), tiers.get(n + 1..).unwrap_or_default()) else { continue };
            for (slot, id) in (0u32..).zip(image.ids()) {
                if newer.iter().all(|newer| newer.slot_of(&id).is_none()) {
                    order.push((id, n, slot));
                }
            }
            self.give_way(open).await?;
        }
        order.sort_unstable();
        self.give_way(open).await?;
        let mut builder = Builder::default();
        for step in order.chunks(STEP) {
            for (id, tier, slot) in step {
                if let Some(entry) = tiers.get(*tier).and_then(|image| image.entry(*slot)) {
                    builder.push(*id, &entry);
                }
            }
            self.give_way(open).await?;
        }
        for dictionary in Builder::DICTIONARIES {
            builder.sort(dictionary);
            self.give_way(open).await?;
        }
        let damaged = || Fault::damaged("the search index");
        let image = builder.assemble().ok_or_else(damaged)?;
        self.give_way(open).await?;
        let mut listing = Listing::of(image);
        while listing.step() {
            self.give_way(open).await?;
        }
        listing.finish().ok_or_else(damaged)
    }

    /// Chunks that nobody names yet need not come in one transaction.
    pub(super) async fn write_apart(&self, open: &Open, writes: Vec<Write>) -> Result<(), Fault> {
        let mut writes = writes.into_iter().peekable();
        while writes.peek().is_some() {
            self.commit_rows(open, writes.by_ref().take(AT_ONCE).collect()).await?;
            self.give_way(open).await?;
        }
        Ok(())
    }

    /// Lets others work, and whoever asked for something go first; an error when the session is over.
    pub(super) async fn give_way(&self, open: &Open) -> Result<(), Fault> {
        self.port.yield_now().await;
        for _ in 0..PATIENCE {
            if self.traffic.is_quiet() {
                break;
            }
            self.port.sleep(MOMENT_MS).await;
        }
        let same = self.open.borrow().as_ref().is_some_and(|now| std::ptr::eq(&**now, open));
        if same && !open.closed.get() { Ok(()) } else { Err(Fault::Locked) }
    }

    /// Removes, once after unlock, the chunks of parts that never came to be named.
    async fn sweep_index(&self, open: &Open) -> Result<(), Fault> {
        if open.index.borrow().swept || open.index.borrow().lacking {
            return Ok(());
        }
        let store = self.port.store();
        if !store.keys(Space::Meta, STAGES, prefix_end(STAGES).as_deref(), Some(1)).await?.is_empty() {
            return Ok(());
        }
        let _turn = self.writer.lock().await;
        let chunks = store.keys(Space::Index, &[CHUNKS], None, None).await?;
        let strays: Vec<Write> = {
            let index = open.index.borrow();
            let named = |key: &[u8]| index.parts().any(|part| key.starts_with(&part.id));
            chunks.into_iter().filter(|key| !named(key)).map(|key| Write::delete(Space::Index, key)).collect()
        };
        if !strays.is_empty() {
            self.commit_rows(open, strays).await?;
        }
        open.index.borrow_mut().swept = true;
        Ok(())
    }
}

impl PatientIndex {
    /// The manifest once a part stands in the place of some tiers, and what is then to be removed.
    fn gathered(&self, place: Range<usize>, part: &super::Part) -> (super::Manifest, Vec<Write>) {
        let mut manifest = self.manifest();
        let replaced = self.kept.get(place.clone()).unwrap_or_default();
        let parts = replaced.iter().filter(|kept| matches!(kept, Kept::Part(_))).count();
        let start = place.start.min(manifest.parts.len());
        manifest.parts.splice(start..start + parts, [part.clone()]);
        let gone = replaced.iter().flat_map(|kept| match kept {
            Kept::Part(part) => part.forget(),
            Kept::Rows(rows) => rows.iter().map(|row| Write::delete(Space::Index, PatientIndex::key(*row))).collect(),
        });
        (manifest, gone.collect())
    }
}
