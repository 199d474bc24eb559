//! Reading the index at unlock. What is missing or does not open keeps nobody from work: it is made again from the log.

use futures::{FutureExt, StreamExt, stream};

use crate::base::PatientId;
use crate::engine::Engine;
use crate::engine::api::Fault;
use crate::engine::open::Open;
use crate::port::{Port, Row, Space, Store, prefix_end};

use super::PatientIndex;
use super::part::{CHUNKS, MANIFEST, Manifest};

/// Parts that are on their way at once: each is in memory twice until it is opened.
const PARTS: usize = 2;

/// What stands in `Space::Index` besides chunks, opened.
#[derive(Default)]
struct Small {
    manifest: Option<Manifest>,
    rows: Vec<(u32, Vec<u8>)>,
    spoilt: Vec<Vec<u8>>,
}

impl<P: Port> Engine<P> {
    pub(in crate::engine) async fn load_index(&self, open: &Open) -> Result<(), Fault> {
        self.foresight.end();
        let rows = self.port.store().range(Space::Index, &[], Some(&[CHUNKS]), None).await?;
        let Small { manifest, rows, spoilt } = self.open_small(open, rows);
        let bare = manifest.is_none() && rows.is_empty();
        let manifest = manifest.unwrap_or_default();
        let mut index = PatientIndex { spoilt, ..PatientIndex::default() };
        let mut parts = Vec::with_capacity(manifest.parts.len());
        // One is read while another is opened.
        let mut read = stream::iter(&manifest.parts)
            .map(|part| self.read_part(open, part).map(move |it| (part, it)))
            .buffered(PARTS);
        while let Some((part, image)) = read.next().await {
            if let Some(image) = image? {
                parts.push((part.clone(), image));
            }
        }
        drop(read);
        self.foresight.forget();
        index.lacking = manifest.lacking || parts.len() < manifest.parts.len() || !index.spoilt.is_empty();
        index.install(parts);
        for (number, plain) in rows {
            if index.load(number, &plain).is_err() {
                index.spoilt.push(PatientIndex::key(number).to_vec());
                index.lacking = true;
            }
        }
        index.lacking |= bare && self.log_names_patients(open).await?;
        *open.index.borrow_mut() = index;
        Ok(())
    }

    fn open_small(&self, open: &Open, rows: Vec<Row>) -> Small {
        let mut small = Small::default();
        for row in rows {
            let plain = self.open_row(open, &open.keys.index, Space::Index, &row.key, &row.value).ok();
            let number = <[u8; 4]>::try_from(row.key.as_slice()).ok().map(u32::from_be_bytes);
            match (plain, number) {
                (Some(plain), Some(number)) => small.rows.push((number, plain)),
                (Some(plain), None) if row.key == MANIFEST => {
                    small.manifest = minicbor::decode(&plain).ok();
                    if small.manifest.is_none() {
                        small.spoilt.push(row.key);
                    }
                }
                _ => small.spoilt.push(row.key),
            }
        }
        small
    }

    /// Whether the log holds anything but the clinic's commons.
    async fn log_names_patients(&self, open: &Open) -> Result<bool, Fault> {
        let commons = open.keys.row_key(&PatientId::ZERO);
        let store = self.port.store();
        if !store.keys(Space::Log, &[], Some(&commons), Some(1)).await?.is_empty() {
            return Ok(true);
        }
        let Some(after) = prefix_end(&commons) else { return Ok(false) };
        Ok(!store.keys(Space::Log, &after, None, Some(1)).await?.is_empty())
    }
}
