//! An import on its way into the record: written in many transactions, seen in one. Until it is finished its rows bear
//! its tag and nobody reads them, its lane is named by no head and nobody is sent it. Knows nothing of files.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use minicbor::{Decode, Encode};

use crate::base::{Hash, Hlc, PatientId};
use crate::port::{Port, Space, Store, Write, prefix_end};
use crate::record::bundle::{Lane, lane_author, to_cbor};
use crate::sync::{Advance, Head};

use super::chain::decode_links;
use super::segment::Tag;
use super::{Engine, Parcel};
use crate::engine::api::{Event, Fault, Saved};
use crate::engine::audit::Act;
use crate::engine::index::Part;
use crate::engine::open::{HeldKey, Open};
use crate::engine::vault::Unshared;

const PREFIX: &[u8] = b"stage/";
/// Rows of links, of up to 64 bundles each, that are undone in one transaction.
const UNDONE_TOGETHER: u32 = 8;

/// How far an import has come. Its row in `Space::Meta` stands as long as the import is unfinished.
pub(in crate::engine) struct Stage {
    at: Place,
    /// Keys of the patients of the last call, who may come again in the next.
    met: HashMap<PatientId, Vec<HeldKey>>,
}

/// The row of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(in crate::engine) struct Place {
    #[n(0)]
    pub version: u8,
    /// Names the import, marks its rows, and is its lane.
    #[n(1)]
    pub lane: Lane,
    /// The end of its lane.
    #[n(2)]
    pub head: Head,
    #[n(3)]
    pub bundles: u64,
    /// The latest clock reading within.
    #[n(4)]
    pub hlc: Hlc,
}

/// What becomes visible together with a stage.
#[derive(Default)]
pub(in crate::engine) struct Finish {
    pub acts: Vec<Act>,
    /// Parts of the search index that the import has packed.
    pub parts: Vec<Part>,
    /// The end of the import's own rows.
    pub writes: Vec<Write>,
}

impl Stage {
    pub fn tag(&self) -> Tag {
        *self.at.lane.as_bytes()
    }

    /// Bundles written so far.
    pub fn bundles(&self) -> u64 {
        self.at.bundles
    }
}

fn stage_key(tag: &Tag) -> Vec<u8> {
    [PREFIX, tag].concat()
}

impl<P: Port> Engine<P> {
    fn stage_write(&self, open: &Open, place: &Place) -> Result<Write, Fault> {
        let key = stage_key(place.lane.as_bytes());
        let sealed = self.seal_row(open, &open.keys.config, Space::Meta, &key, &to_cbor(place))?;
        Ok(Write::put(Space::Meta, key, sealed))
    }

    /// Begins an import under a random tag. `extra` is written with the stage's row.
    pub(in crate::engine) async fn begin_stage(
        &self,
        open: &Open,
        tag: Tag,
        extra: Vec<Write>,
    ) -> Result<Stage, Fault> {
        let lane = Lane::new(tag).ok_or_else(|| Fault::damaged("the name of an import"))?;
        let head = Head { author: lane_author(&open.device, lane), seq: 0, hash: Hash::ZERO };
        let at = Place { version: 1, lane, head, bundles: 0, hlc: Hlc::default() };
        let mut writes = extra;
        writes.push(self.stage_write(open, &at)?);
        open.staged.borrow_mut().insert(tag);
        self.commit_rows(open, writes).await?;
        Ok(Stage { at, met: HashMap::new() })
    }

    /// The imports that are not finished: one that was interrupted goes on from where its last `stage` ended, or is
    /// dropped.
    pub(in crate::engine) async fn stages(&self, open: &Open) -> Result<Vec<Stage>, Fault> {
        let rows = self.port.store().range(Space::Meta, PREFIX, prefix_end(PREFIX).as_deref(), None).await?;
        let mut stages = Vec::with_capacity(rows.len());
        for row in rows {
            let plain = self.open_row(open, &open.keys.config, Space::Meta, &row.key, &row.value)?;
            let at: Place = minicbor::decode(&plain).map_err(|_| Fault::damaged("an unfinished import"))?;
            if at.version != 1 {
                return Err(Fault::damaged("an import that a newer version of the app began"));
            }
            stages.push(Stage { at, met: HashMap::new() });
        }
        Ok(stages)
    }

    /// Seals, numbers, signs and writes what was decided, out of sight, together with `extra`: one strict transaction.
    /// Memory is bounded by what is given. If it fails, nothing was written and the stage stands where it stood.
    #[cfg(test)]
    pub(in crate::engine) async fn stage(
        &self,
        open: &Open,
        stage: &mut Stage,
        parcels: Vec<Parcel>,
        extra: Vec<Write>,
    ) -> Result<(), Fault> {
        let before = stage.at.clone();
        let writes = self.prepare_stage(open, stage, parcels, extra).await?;
        let outcome = self.put_stage(open, writes).await;
        if outcome.is_err() {
            stage.at = before;
        }
        outcome
    }

    /// Seals, numbers and signs what was decided; what comes of it is for one `put_stage`, each in its turn. The next may
    /// be prepared while this one is still being written: when one is not written, none that follows may be.
    pub(in crate::engine) async fn prepare_stage(
        &self,
        open: &Open,
        stage: &mut Stage,
        parcels: Vec<Parcel>,
        extra: Vec<Write>,
    ) -> Result<Vec<Write>, Fault> {
        let bodies = self.seal_new(open, parcels, &mut stage.met).await?;
        let mut at = stage.at.clone();
        let mut bundles = Vec::with_capacity(bodies.len());
        for (bundle, _) in self.number(open, bodies, &mut at.head, Some(at.lane)).await {
            at.hlc = at.hlc.max(bundle.header.hlc);
            at.bundles += 1;
            bundles.push(bundle);
        }
        let mut writes = self.bundle_writes(open, bundles, vec![], Some(at.lane.as_bytes())).await?;
        writes.push(self.stage_write(open, &at)?);
        writes.extend(extra);
        stage.at = at;
        Ok(writes)
    }

    /// One strict transaction, out of sight.
    pub(in crate::engine) async fn put_stage(&self, open: &Open, writes: Vec<Write>) -> Result<(), Fault> {
        // The numbers are the stage's own, so that nobody has to wait for what came before this line.
        let _turn = self.writer.lock().await;
        self.commit_rows(open, writes).await
    }

    /// Makes all of it part of the record, in one strict transaction with its audit and the search index of those who are
    /// new. Whoever stood here before is left to `reckon_met`.
    pub(in crate::engine) async fn finish_stage(
        &self,
        open: &Rc<Open>,
        stage: Stage,
        finish: Finish,
    ) -> Result<Saved, Fault> {
        let _turn = self.writer.lock().await;
        let Finish { acts, parts, mut writes } = finish;
        // Under the writer's turn, so that the manifest is still true when it is written.
        let adoption = self.adopt_index(open, &parts).await?;
        writes.push(adoption.write.clone());
        let now = self.port.clock().now();
        if open.closed.get() {
            return Err(Fault::Locked);
        }
        let (tag, Place { head, hlc, .. }) = (stage.tag(), stage.at);
        let heads: Vec<Head> = (head.seq > 0).then_some(head).into_iter().collect();
        writes.push(Write::delete(Space::Meta, stage_key(&tag)));
        for head in &heads {
            writes.push(self.head_write(open, head)?);
        }
        let (audit, audit_head) = self.audit_writes(open, &acts, now)?;
        writes.extend(audit);
        let before = open.unshared.borrow().clone();
        let import = |head: &Head| Unshared { author: head.author, seq: head.seq, witnessed: 0 };
        open.unshared.borrow_mut().extend(heads.iter().map(import));
        writes.push(self.counters_write(open)?);
        if let Err(fault) = self.port.store().commit(writes).await {
            *open.unshared.borrow_mut() = before;
            return Err(fault.into());
        }

        self.adopted(open, adoption);
        open.staged.borrow_mut().remove(&tag);
        open.forget_patients();
        open.hlc.set(open.hlc.get().witness(hlc, now));
        open.heads.borrow_mut().extend(heads.iter().map(|head| (head.author, *head)));
        *open.audit.borrow_mut() = audit_head;
        self.committed(Advance { heads, control: vec![], forked: vec![] });
        self.emit(&Event::Changed { patients: vec![], remote: false });
        Ok(Saved { at: now.0, id: String::new() })
    }

    /// Deletes all that a stage wrote, in slices; its own row goes last, so that what is interrupted can be gone on
    /// with. `extra` goes with the last. `told` hears how many bundles are gone.
    pub(in crate::engine) async fn drop_stage(
        &self,
        open: &Open,
        stage: Stage,
        extra: Vec<Write>,
        mut told: impl FnMut(u64),
    ) -> Result<(), Fault> {
        let (tag, author) = (stage.tag(), stage.at.head.author);
        let mut gone = 0;
        loop {
            let rows = self.chain_rows(open, &author, 0, UNDONE_TOGETHER).await?;
            if rows.is_empty() {
                break;
            }
            let (mut writes, mut segments) = (Vec::new(), BTreeSet::new());
            for row in rows {
                let links = decode_links(&row)?;
                gone += links.len() as u64;
                segments.extend(links.iter().map(|link| link.row().to_vec()));
                writes.push(Write::delete(Space::Chain, row.key));
            }
            writes.extend(segments.into_iter().map(|key| Write::delete(Space::Log, key)));
            self.commit_rows(open, writes).await?;
            told(gone);
            self.port.yield_now().await;
        }
        let mut writes = extra;
        writes.push(Write::delete(Space::Meta, stage_key(&tag)));
        self.commit_rows(open, writes).await?;
        open.staged.borrow_mut().remove(&tag);
        Ok(())
    }
}
