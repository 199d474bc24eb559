//! The whole clinic: the log read once in the order of its keys, page after page, and written as NDJSON by type in a zip.
//! A page is decrypted in one batch while the next is on its way; no more than two are in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::rc::Rc;

use futures::future::{join, try_join_all};
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use super::Out;
use crate::base::DeviceId;
use crate::engine::api::{ExportReport, Fault, Phase};
use crate::engine::audit::{Act, Action};
use crate::engine::log::{Opened, Segment};
use crate::engine::open::Open;
use crate::engine::{Engine, Io};
use crate::port::{Port, Row, Space, Store, prefix_end};
use crate::record::Header;
use crate::record::fold::{Placed, standing};
use crate::sync::Head;

/// One NDJSON file of a type is closed at this size and the next begun (Bulk Data allows several files a type).
const SHARD: usize = 4 * 1024 * 1024;
/// Text packed before others have a turn.
const PIECE: usize = 256 * 1024;
/// Packed bytes that are handed on at once: each handing on costs the browser a Blob.
const HANDED_ON: usize = 1024 * 1024;
/// Bytes that a page of rows should have, and how many rows it may. What is in them is some eight times as long.
const PAGE_BYTES: usize = 384 * 1024;
const PAGE_ROWS: usize = 512;
/// Bytes of the patient's part in a key of the log.
const PATIENT: usize = 16;

/// Whole patients, as their rows stand.
#[derive(Default)]
struct Page {
    rows: Vec<Row>,
    /// Where the next page begins; `None` at the end of the log.
    next: Option<Vec<u8>>,
}

/// The moment that an export shows: where each author's chain ended when the walk began, an import's lane too. What is
/// saved, received or imported while it walks is left out wherever it would stand.
struct Moment(BTreeMap<DeviceId, Head>);

impl Moment {
    fn knows(&self, header: &Header) -> bool {
        self.0.get(&header.author).is_some_and(|head| header.last_seq() <= head.seq)
    }
}

impl<P: Port> Engine<P> {
    pub(in crate::engine) async fn export_clinic(
        &self,
        open: &Rc<Open>,
        job: u32,
        mut io: Io,
    ) -> Result<ExportReport, Fault> {
        let cancelled = self.start_job(job);
        let total = self.port.store().count(Space::Log).await?.max(1);
        let moment = Moment(open.heads.borrow().clone());
        let mut out = Out::new(&mut io)?;
        let mut shards = Shards::new();
        let mut page = self.page(Vec::new(), 16).await?;
        let mut done = 0;
        loop {
            let (wanted, ended) = (rows_wanted(&page.rows), page.next.is_none());
            done += page.rows.len() as u64;
            let read = async {
                match page.next.take() {
                    Some(from) => self.page(from, wanted).await,
                    None => Ok(Page::default()),
                }
            };
            let (next, opened) = join(read, self.open_page(open, page.rows, &moment)).await;
            for patient in opened? {
                shards.take(&patient);
                while let Some((name, text)) = shards.full.pop() {
                    self.write_file(&mut shards, &name, &text, &mut out, &cancelled).await?;
                }
            }
            self.progress(job, Phase::Exporting, done.min(total), total);
            self.port.yield_now().await;
            if cancelled.get() {
                return Err(Fault::Cancelled);
            }
            page = next?;
            if ended {
                break;
            }
        }
        for (name, text) in shards.rest() {
            self.write_file(&mut shards, &name, &text, &mut out, &cancelled).await?;
        }
        let (resources, sink) = (shards.resources, shards.sink);
        drop(shards.zip.finish().map_err(|_| zip_fault())?);
        out.push(sink.take());
        let act = Act::new(Action::ExportedClinic).note(resources.to_string());
        self.append(open, vec![], vec![act], vec![]).await?;
        Ok(ExportReport {
            file_name: format!("lucerna-clinic-{}.zip", self.day_stamp()),
            media_type: "application/zip".into(),
            resources,
            bytes: out.bytes,
        })
    }

    /// Rows from this key on, as many as asked for and no patient in parts: rows of a patient may be merged at any
    /// time, and only what is read in one go is sure to be whole.
    async fn page(&self, from: Vec<u8>, wanted: u32) -> Result<Page, Fault> {
        let store = self.port.store();
        let mut rows = store.range(Space::Log, &from, None, Some(wanted)).await?;
        if rows.len() < wanted as usize {
            return Ok(Page { rows, next: None });
        }
        let Some(last) = rows.last().map(|row| patient_part(row).to_vec()) else { return Ok(Page::default()) };
        let whole = rows.iter().position(|row| patient_part(row) == last).unwrap_or_default();
        if whole > 0 {
            rows.truncate(whole);
            return Ok(Page { rows, next: Some(last) });
        }
        let end = prefix_end(&last);
        let rows = store.range(Space::Log, &last, end.as_deref(), None).await?;
        Ok(Page { rows, next: end })
    }

    /// What the rows said at that moment, patient by patient.
    async fn open_page(&self, open: &Open, rows: Vec<Row>, moment: &Moment) -> Result<Vec<Vec<Opened>>, Fault> {
        let mut patients: Vec<(Vec<u8>, Vec<Segment>)> = Vec::new();
        for row in rows.into_iter().filter(|row| !open.is_staged(&row.key)) {
            let patient = patient_part(&row).to_vec();
            let mut segment = self.open_segment(open, &row.key, row.value)?;
            segment.bundles.retain(|bundle| moment.knows(&bundle.header));
            match patients.last_mut() {
                Some((same, segments)) if *same == patient => segments.push(segment),
                _ => patients.push((patient, vec![segment])),
            }
        }
        try_join_all(patients.iter().map(|(_, segments)| self.open_segments(open, segments))).await
    }
}

impl<P: Port> Engine<P> {
    /// Packs one file piece by piece, with a turn for others between.
    async fn write_file(
        &self,
        shards: &mut Shards,
        name: &str,
        text: &str,
        out: &mut Out,
        cancelled: &Cell<bool>,
    ) -> Result<(), Fault> {
        let quickest = SimpleFileOptions::default().compression_level(Some(1));
        shards.zip.start_file(name, quickest).map_err(|_| zip_fault())?;
        for piece in text.as_bytes().chunks(PIECE) {
            shards.zip.write_all(piece).map_err(|_| zip_fault())?;
            if shards.sink.len() >= HANDED_ON {
                out.push(shards.sink.take());
            }
            self.port.yield_now().await;
            if cancelled.get() {
                return Err(Fault::Cancelled);
            }
        }
        Ok(())
    }
}

fn patient_part(row: &Row) -> &[u8] {
    row.key.get(..PATIENT).unwrap_or(&row.key)
}

/// So many rows as will probably make a page, by the look of these.
fn rows_wanted(rows: &[Row]) -> u32 {
    let bytes = rows.iter().map(|row| row.value.len()).sum::<usize>().max(1);
    (rows.len() * PAGE_BYTES / bytes).clamp(16, PAGE_ROWS) as u32
}

/// The files of the zip, each held until it is large enough to be closed.
struct Shards {
    zip: ZipWriter<StreamWriter<Sink>>,
    sink: Sink,
    /// By type: how many files were closed, and the text of the next.
    open: BTreeMap<String, (u32, String)>,
    /// Files that are large enough, to be packed next.
    full: Vec<(String, String)>,
    resources: u64,
}

impl Shards {
    fn new() -> Shards {
        let sink = Sink::default();
        Shards { zip: ZipWriter::new_stream(sink.clone()), sink, open: BTreeMap::new(), full: Vec::new(), resources: 0 }
    }

    /// Takes in one patient.
    fn take(&mut self, bundles: &[Opened]) {
        let placed = bundles.iter().flat_map(|bundle| {
            let (author, control_head) = (bundle.header.author, bundle.header.control_head);
            let seqs = bundle.header.first_seq..;
            bundle.changes.iter().zip(seqs).map(move |(change, seq)| Placed { author, seq, control_head, change })
        });
        for resource in standing(placed.collect()) {
            self.resources += 1;
            if !self.open.contains_key(resource.resource_type()) {
                self.open.insert(resource.resource_type().to_owned(), (0, String::new()));
            }
            let Some((closed, text)) = self.open.get_mut(resource.resource_type()) else { continue };
            resource.write_json(text);
            text.push('\n');
            if text.len() >= SHARD {
                *closed += 1;
                let name = format!("{}.{closed:03}.ndjson", resource.resource_type());
                self.full.push((name, std::mem::take(text)));
            }
        }
    }

    /// The files that never grew large.
    fn rest(&mut self) -> Vec<(String, String)> {
        let open = std::mem::take(&mut self.open).into_iter().filter(|(_, (_, text))| !text.is_empty());
        let named = open.map(|(resource_type, (closed, text))| match closed {
            0 => (format!("{resource_type}.ndjson"), text),
            _ => (format!("{resource_type}.{:03}.ndjson", closed + 1), text),
        });
        named.collect()
    }
}

fn zip_fault() -> Fault {
    Fault::Refused { detail: "the zip file could not be written".into() }
}

/// Collects what the zip writer gives, to be handed on between steps.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Sink {
    fn len(&self) -> usize {
        self.0.borrow().len()
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
