//! A part of the search index on disk: one image in sealed chunks, each under a key used once. A part counts only
//! while the manifest names it, so that many chunks become visible by one small write.

use futures::future::{join_all, try_join_all};
use minicbor::{Decode, Encode};

use crate::base::{KeyId, PatientId, order};
use crate::clinic::search::{Builder, Image, IndexEntry, Listing};
use crate::crypto::kdf::derive;
use crate::crypto::{Compartment, Context, Key32};
use crate::engine::Engine;
use crate::engine::api::Fault;
use crate::engine::open::Open;
use crate::port::{BulkAead, Port, Space, Store, Write};
use crate::record::bundle::to_cbor;

/// Bytes of an image in one chunk.
const CHUNK: usize = 1 << 20;
/// Version of the seal and of what is in it.
const VERSION: u8 = 1;
pub(super) const MANIFEST: &[u8] = b"manifest";
/// Keys of chunks begin with this bit, keys of rows and the manifest's do not.
pub(super) const CHUNKS: u8 = 0x80;
/// Chunks that are read, and in memory twice, at once.
const AT_ONCE: usize = 8;
/// Fixed, since no key of a chunk ever seals twice.
const NONCE: [u8; 12] = [0; 12];
/// How many entries should be packed at once: what they take in memory meanwhile.
pub(in crate::engine) const PACK: usize = 8192;
/// So many of them are laid out before others have a turn.
const STEP: usize = 128;

/// Names a part, and is in every key that seals it: random, never used again.
pub(in crate::engine) type PartId = [u8; 16];

/// A part as the manifest, or an import under way, names it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(in crate::engine) struct Part {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: PartId,
    #[n(1)]
    pub patients: u32,
    /// Of the whole image.
    #[n(2)]
    pub bytes: u32,
}

/// The parts that count, older ones first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(in crate::engine) struct Manifest {
    #[n(0)]
    pub parts: Vec<Part>,
    /// Patients are missing: the index is being made again from the log.
    #[n(1)]
    pub lacking: bool,
}

/// A part that no manifest names yet.
#[derive(Debug)]
pub(in crate::engine) struct Packed {
    pub part: Part,
    pub writes: Vec<Write>,
}

/// Parts that are read and wait for their manifest to be on disk.
#[derive(Debug)]
pub(in crate::engine) struct Adoption {
    /// The manifest.
    pub write: Write,
    parts: Vec<(Part, Image)>,
}

impl Part {
    fn keys(&self) -> Vec<Vec<u8>> {
        let chunks = self.bytes.div_ceil(CHUNK as u32);
        (0..chunks).map(|n| [self.id.as_slice(), &n.to_be_bytes()].concat()).collect()
    }

    /// Removes it from the disk.
    pub fn forget(&self) -> Vec<Write> {
        self.keys().into_iter().map(|key| Write::delete(Space::Index, key)).collect()
    }
}

/// Key and associated data of a chunk. The key is derived from its name, and a name is used once.
fn chunk_seal(open: &Open, name: &[u8]) -> (Key32, Vec<u8>) {
    let context = Context {
        clinic: open.clinic,
        compartment: Compartment::Governance,
        space: Space::Index.name(),
        key: name,
        patient: PatientId::ZERO,
        key_id: KeyId::ZERO,
        epoch: 0,
        version: VERSION,
    };
    (derive(&open.keys.index, "index-chunk", name), context.aad())
}

impl<P: Port> Engine<P> {
    /// Entries of an import, in any order and `PACK` of them at most, as a part that no manifest names yet: what to
    /// write, and what will adopt it. Of two entries for one patient the later one counts.
    pub(in crate::engine) async fn pack_index(
        &self,
        open: &Open,
        mut entries: Vec<(PatientId, IndexEntry)>,
    ) -> Result<Packed, Fault> {
        entries.reverse();
        order::sort_by_key(&mut entries, |(patient, _)| *patient);
        entries.dedup_by_key(|(patient, _)| *patient);
        let image = self.image_of(entries).await?;
        self.seal_part(open, &image).await
    }

    /// Whoever types meanwhile is answered between two steps: all of them in one take a fifth of a second on a quick
    /// machine.
    async fn image_of(&self, entries: Vec<(PatientId, IndexEntry)>) -> Result<Image, Fault> {
        let mut builder = Builder::default();
        for step in entries.chunks(STEP) {
            step.iter().for_each(|(patient, entry)| builder.push(*patient, entry));
            self.port.yield_now().await;
        }
        for dictionary in Builder::DICTIONARIES {
            builder.sort(dictionary);
            self.port.yield_now().await;
        }
        let damaged = || Fault::damaged("the search index");
        let image = builder.assemble().ok_or_else(damaged)?;
        self.port.yield_now().await;
        let mut listing = Listing::of(image);
        while listing.step() {
            self.port.yield_now().await;
        }
        listing.finish().ok_or_else(damaged)
    }

    pub(super) async fn seal_part(&self, open: &Open, image: &Image) -> Result<Packed, Fault> {
        let mut id: PartId = [0; 16];
        self.port.entropy().fill(&mut id);
        id[0] |= CHUNKS;
        let part = Part { id, patients: image.len() as u32, bytes: image.bytes().len() as u32 };
        let seals = part.keys().into_iter().zip(image.bytes().chunks(CHUNK)).map(|(name, chunk)| async move {
            let (key, aad) = chunk_seal(open, &name);
            let sealed = self.port.aead().seal(key.as_bytes(), &NONCE, &aad, chunk).await?;
            Ok::<_, Fault>(Write::put(Space::Index, name, sealed))
        });
        let writes = try_join_all(seals).await?;
        Ok(Packed { part, writes })
    }

    /// Reads parts that were packed, and makes the manifest that names them too. The caller holds the writer's turn
    /// until that is on disk and `adopted`.
    pub(in crate::engine) async fn adopt_index(&self, open: &Open, parts: &[Part]) -> Result<Adoption, Fault> {
        let mut whole = Vec::with_capacity(parts.len());
        for part in parts {
            let image = self.read_part(open, part).await?.ok_or_else(|| Fault::damaged("the search index"))?;
            whole.push((part.clone(), image));
            // The browser's cipher answers without one: many parts would be one long step.
            self.port.yield_now().await;
        }
        let mut manifest = open.index.borrow().manifest();
        manifest.parts.extend(parts.iter().cloned());
        Ok(Adoption { write: self.manifest_write(open, &manifest)?, parts: whole })
    }

    /// The manifest that names them is on disk: from now on they are found.
    pub(in crate::engine) fn adopted(&self, open: &Open, adoption: Adoption) {
        open.index.borrow_mut().install(adoption.parts);
    }

    /// The image of a part; `None` if a chunk is missing or does not open.
    pub(super) async fn read_part(&self, open: &Open, part: &Part) -> Result<Option<Image>, Fault> {
        let size = part.bytes as usize;
        let mut bytes = Vec::new();
        for names in part.keys().chunks(AT_ONCE) {
            let sealed = self.chunks(names).await?;
            let chunks = names.iter().zip(&sealed).map(|(name, sealed)| async move {
                let (key, aad) = chunk_seal(open, name);
                self.port.aead().open(key.as_bytes(), &NONCE, &aad, sealed.as_deref()?).await.ok()
            });
            for chunk in join_all(chunks).await {
                let Some(chunk) = chunk else { return Ok(None) };
                // Room for all of it only when some of it proved to be ours.
                bytes.reserve_exact(size.saturating_sub(bytes.len()).max(chunk.len()));
                bytes.extend(chunk);
            }
        }
        if bytes.len() != size {
            return Ok(None);
        }
        Ok(Image::open(bytes).filter(|image| image.len() == part.patients as usize))
    }

    /// Sealed chunks: those that were read ahead, and the others from the disk.
    async fn chunks(&self, names: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Fault> {
        let mut sealed: Vec<Option<Vec<u8>>> = names.iter().map(|name| self.foresight.take(name)).collect();
        let lacking = || names.iter().zip(&sealed).filter(|(_, sealed)| sealed.is_none()).map(|(name, _)| name.clone());
        let lacking: Vec<Vec<u8>> = lacking().collect();
        if !lacking.is_empty() {
            let mut read = self.port.store().get_many(Space::Index, &lacking).await?.into_iter();
            sealed.iter_mut().filter(|sealed| sealed.is_none()).for_each(|sealed| *sealed = read.next().flatten());
        }
        Ok(sealed)
    }

    pub(super) fn manifest_write(&self, open: &Open, manifest: &Manifest) -> Result<Write, Fault> {
        let sealed = self.seal_row(open, &open.keys.index, Space::Index, MANIFEST, &to_cbor(manifest))?;
        Ok(Write::put(Space::Index, MANIFEST, sealed))
    }
}
