//! The whole clinic: the log read once in the order of its keys, page after page. A page is decrypted in one batch while
//! the next is read; what was in it is written down and packed by two threads.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::{join, try_join_all};

use super::Out;
use super::files::Files;
use super::lines::{Batch, written};
use crate::base::DeviceId;
use crate::engine::api::{ExportReport, Fault, Phase};
use crate::engine::audit::{Act, Action};
use crate::engine::import::{Ahead, Aside, LINES};
use crate::engine::log::{Segment, Unsealed};
use crate::engine::open::Open;
use crate::engine::{Engine, Io};
use crate::port::{Port, Row, Space, Store, prefix_end};
use crate::record::Header;
use crate::sync::Head;

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
        let _aside = Aside::begin(&self.port);
        let (mut files, mut batch, mut ahead) =
            (Files::new(&self.port, cancelled.clone()), Batch::default(), Ahead::default());
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
                batch.add(patient);
                if batch.is_full() {
                    ahead.give(&self.port, LINES, batch.job(), false)?;
                }
            }
            while let Some(lines) = ahead.take(&self.port, false).await? {
                files.take(written(&lines)?, &mut out).await?;
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
        if !batch.is_empty() {
            ahead.give(&self.port, LINES, batch.job(), true)?;
        }
        while let Some(lines) = ahead.take(&self.port, true).await? {
            files.take(written(&lines)?, &mut out).await?;
        }
        let resources = files.end(&mut out).await?;
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
    async fn open_page(&self, open: &Open, rows: Vec<Row>, moment: &Moment) -> Result<Vec<Vec<Unsealed>>, Fault> {
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
        try_join_all(patients.iter().map(|(_, segments)| self.unseal_all(open, segments))).await
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
