//! An author's chain on disk: rows of links that say in which row of the log a bundle stands, so that sync can walk it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::base::{DeviceId, Hlc, PatientId, order};
use crate::port::{Port, Row, Space, Store, Write, prefix_end};
use crate::record::Packet;
use crate::record::bundle::to_cbor;

use super::Engine;
use super::segment::{PATIENT, Segment};
use crate::engine::api::Fault;
use crate::engine::open::Open;

/// First byte of a row of links. Rows of version 1 are a key and nothing else.
const VERSION: u8 = 2;
/// Links in one row.
const LINKS_MAX: usize = 64;
/// Bytes of a key in `Space::Log`, and of one in `Space::Quarantine`.
const LOG_KEY: usize = 32;
const QUARANTINE_KEY: usize = 16;

/// Where the bundle that ends with `seq` stands: by its length a key of the log or of the quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(in crate::engine) struct Link {
    #[n(0)]
    pub seq: u64,
    #[n(1)]
    row: ByteVec,
}

impl Link {
    pub fn new(seq: u64, row: Vec<u8>) -> Link {
        Link { seq, row: row.into() }
    }

    pub fn row(&self) -> &[u8] {
        &self.row
    }

    fn space(&self) -> Space {
        if self.row.len() == LOG_KEY { Space::Log } else { Space::Quarantine }
    }
}

fn chain_key(open: &Open, author: &DeviceId, last_seq: u64) -> Vec<u8> {
    [open.keys.row_hash("author", author.as_bytes()).as_slice(), &last_seq.to_be_bytes()].concat()
}

/// The value of a row of links.
pub(in crate::engine) fn encode_links(links: &[Link]) -> Vec<u8> {
    [vec![VERSION], to_cbor(&links)].concat()
}

/// The links of a row of either version, in their order.
pub(in crate::engine) fn decode_links(row: &Row) -> Result<Vec<Link>, Fault> {
    let damaged = || Fault::damaged("a row of the chain");
    match (row.value.len(), row.value.split_first()) {
        (LOG_KEY | QUARANTINE_KEY, _) => {
            let seq = row.key.last_chunk::<8>().ok_or_else(damaged)?;
            Ok(vec![Link::new(u64::from_be_bytes(*seq), row.value.clone())])
        }
        (_, Some((&VERSION, links))) => minicbor::decode(links).map_err(|_| damaged()),
        _ => Err(damaged()),
    }
}

/// Rows of links, each under the last number it leads to.
pub(super) fn link_writes(open: &Open, links: Vec<(DeviceId, Link)>) -> Vec<Write> {
    let mut by_author: BTreeMap<DeviceId, Vec<Link>> = BTreeMap::new();
    links.into_iter().for_each(|(author, link)| by_author.entry(author).or_default().push(link));
    let mut writes = Vec::new();
    for (author, mut links) in by_author {
        order::sort_by_key(&mut links, |link| link.seq);
        for links in links.chunks(LINKS_MAX) {
            let Some(last) = links.last() else { continue };
            writes.push(Write::put(Space::Chain, chain_key(open, &author, last.seq), encode_links(links)));
        }
    }
    writes
}

/// A bundle by its author and last number, the row it stood in, and the one it stands in now.
pub(in crate::engine) type Move = ((DeviceId, u64), Vec<u8>, Vec<u8>);

impl<P: Port> Engine<P> {
    /// The rows of links, leading to where bundles stand now. The caller holds the writer's turn.
    pub(in crate::engine) async fn relink(&self, open: &Open, moves: Vec<Move>) -> Result<Vec<Write>, Fault> {
        // Most often a bundle was the last of its commit, and its link has a row of its own name.
        let likely: Vec<Vec<u8>> = moves.iter().map(|((author, seq), ..)| chain_key(open, author, *seq)).collect();
        let found = self.port.store().get_many(Space::Chain, &likely).await?;
        let mut rows: BTreeMap<Vec<u8>, Vec<Link>> = BTreeMap::new();
        for ((((author, seq), from, to), key), value) in moves.into_iter().zip(likely).zip(found) {
            let row = match value {
                Some(value) => Row { key, value },
                None => match self.link(open, &author, seq).await? {
                    Some((row, _)) => row,
                    None => return Err(Fault::damaged("a bundle that no chain names")),
                },
            };
            let links = match rows.entry(row.key.clone()) {
                Entry::Occupied(links) => links.into_mut(),
                Entry::Vacant(place) => place.insert(decode_links(&row)?),
            };
            links.iter_mut().filter(|l| l.seq == seq && l.row() == from).for_each(|l| l.row = to.clone().into());
        }
        Ok(rows.into_iter().map(|(key, links)| Write::put(Space::Chain, key, encode_links(&links))).collect())
    }

    /// Rows of one author's chain that lead beyond `after`, in order.
    pub(in crate::engine) async fn chain_rows(
        &self,
        open: &Open,
        author: &DeviceId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Row>, Fault> {
        let from = chain_key(open, author, after.saturating_add(1));
        let to = chain_key(open, author, u64::MAX);
        Ok(self.port.store().range(Space::Chain, &from, Some(&to), Some(limit)).await?)
    }

    /// The row of links that leads to a bundle, and the link.
    pub(in crate::engine) async fn link(
        &self,
        open: &Open,
        author: &DeviceId,
        last_seq: u64,
    ) -> Result<Option<(Row, Link)>, Fault> {
        let Some(row) = self.chain_rows(open, author, last_seq.saturating_sub(1), 1).await?.pop() else {
            return Ok(None);
        };
        let link = decode_links(&row)?.into_iter().find(|link| link.seq == last_seq);
        Ok(link.map(|link| (row, link)))
    }

    /// Whole bundles of one author after `after`, as packets to send; and whether none is left.
    pub(in crate::engine) async fn read_log(
        &self,
        open: &Open,
        author: &DeviceId,
        after: u64,
        max_bytes: u64,
    ) -> Result<(Vec<(u64, Vec<u8>)>, bool), Fault> {
        match self.walk(open, author, after, max_bytes).await {
            // Rows may have been put together between the reading of a link and of what it leads to.
            Err(Fault::Damaged { .. }) => self.walk(open, author, after, max_bytes).await,
            outcome => outcome,
        }
    }

    async fn walk(
        &self,
        open: &Open,
        author: &DeviceId,
        after: u64,
        max_bytes: u64,
    ) -> Result<(Vec<(u64, Vec<u8>)>, bool), Fault> {
        const PAGE: u32 = 32;
        /// Links whose rows are fetched together.
        const NEAR: usize = 16;
        let rows = self.chain_rows(open, author, after, PAGE).await?;
        let done = rows.len() < PAGE as usize;
        let mut links = Vec::new();
        for row in &rows {
            links.extend(decode_links(row)?.into_iter().filter(|link| link.seq > after));
        }
        let mut items: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut size = 0u64;
        let mut read = HashMap::new();
        for near in links.chunks(NEAR) {
            read = self.fetch(open, near, read).await?;
            for link in near {
                let found =
                    read.get(link.row()).ok_or_else(|| Fault::damaged("a bundle that the chain names is missing"))?;
                let bytes = self.packet_of(open, author, link, found).await?;
                if !items.is_empty() && size + bytes.len() as u64 > max_bytes {
                    return Ok((items, false));
                }
                size += bytes.len() as u64;
                items.push((link.seq, bytes));
            }
        }
        Ok((items, done))
    }

    /// The rows that these links name. Those read already are kept; those no longer named are let go.
    async fn fetch(
        &self,
        open: &Open,
        links: &[Link],
        mut read: HashMap<Vec<u8>, Found>,
    ) -> Result<HashMap<Vec<u8>, Found>, Fault> {
        let named: HashSet<&[u8]> = links.iter().map(Link::row).collect();
        read.retain(|key, _| named.contains(key.as_slice()));
        for space in [Space::Log, Space::Quarantine] {
            let mut keys: Vec<Vec<u8>> =
                links.iter().filter(|link| link.space() == space).map(|link| link.row().to_vec()).collect();
            keys.retain(|key| !read.contains_key(key));
            order::sort(&mut keys);
            keys.dedup();
            let values = self.port.store().get_many(space, &keys).await?;
            for (key, value) in keys.into_iter().zip(values) {
                let Some(value) = value else { continue };
                let found = match space {
                    Space::Log => Found::Row(self.open_segment(open, &key, value)?),
                    _ => Found::Quarantined(value),
                };
                read.insert(key, found);
            }
        }
        Ok(read)
    }

    /// What travels, from a row of the log or, as it came, of the quarantine: another may have use for it.
    async fn packet_of(&self, open: &Open, author: &DeviceId, link: &Link, found: &Found) -> Result<Vec<u8>, Fault> {
        let segment = match found {
            Found::Quarantined(value) => return self.open_quarantined(open, link.row(), value),
            Found::Row(segment) => segment,
        };
        let missing = || Fault::damaged("a bundle that the chain names is missing");
        let bundle = segment.find(author, link.seq).ok_or_else(missing)?;
        let ledger = match bundle.ledger {
            Some(_) => None,
            None => {
                let keys = self.patient_keys(open, &bundle.header.patient).await?;
                keys.into_iter().find(|key| key.opens(&bundle.header)).map(|key| key.ledger)
            }
        };
        let packet = segment.packet(bundle, ledger).ok_or_else(|| Fault::damaged("a patient's key is missing"))?;
        Ok(Packet::encode(&packet))
    }

    /// Everybody of whom the log holds a record, also those whose Patient resource has not come yet.
    pub(in crate::engine) async fn patients_in_log(&self, open: &Open) -> Result<Vec<PatientId>, Fault> {
        let mut seen = HashSet::from([open.keys.row_key(&PatientId::ZERO).to_vec()]);
        let mut patients = Vec::new();
        for key in self.port.store().keys(Space::Log, &[], None, None).await? {
            if open.is_staged(&key) || !seen.insert(key.iter().take(PATIENT).copied().collect()) {
                continue;
            }
            // By the patient and not by the key: rows may have been put together since.
            let place = key.get(..PATIENT).unwrap_or_default();
            let rows = self.port.store().range(Space::Log, place, prefix_end(place).as_deref(), None).await?;
            let Some(row) = rows.into_iter().find(|row| !open.is_staged(&row.key)) else { continue };
            let segment = self.open_segment(open, &row.key, row.value)?;
            patients.extend(segment.bundles.first().map(|bundle| bundle.header.patient));
        }
        Ok(patients)
    }

    /// The last reading of this device's own clock that its log holds.
    pub(in crate::engine) async fn last_own_hlc(&self, open: &Open) -> Result<Option<Hlc>, Fault> {
        let head = open.own_head();
        let Some((_, link)) = self.link(open, &head.author, head.seq).await? else { return Ok(None) };
        let Some(value) = self.port.store().get(Space::Log, link.row()).await? else { return Ok(None) };
        let segment = self.open_segment(open, link.row(), value)?;
        Ok(segment.find(&head.author, head.seq).map(|bundle| bundle.header.hlc))
    }
}

/// What a link leads to.
enum Found {
    Row(Segment),
    Quarantined(Vec<u8>),
}
