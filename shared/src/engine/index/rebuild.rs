//! Making the index again from the log, when some of it was lost. Search grows by the parts that are done; the
//! manifest says that patients are lacking until all are there, so that a lock or a crash only lays the work aside.

use std::rc::Rc;

use crate::base::PatientId;
use crate::engine::Engine;
use crate::engine::api::{Event, Fault, Phase};
use crate::engine::log::index_entry;
use crate::engine::open::Open;
use crate::port::{Port, Space, Write};

use super::part::PACK;

/// Patients between two looks up.
const STEP: usize = 8;
/// No job of anybody's.
const NO_JOB: u32 = 0;

impl<P: Port> Engine<P> {
    pub(super) async fn rebuild_index(&self, open: &Rc<Open>) -> Result<(), Fault> {
        if !open.index.borrow().lacking {
            return Ok(());
        }
        self.write_manifest(open, vec![]).await?;
        let all = self.patients_in_log(open).await?;
        let missing: Vec<PatientId> = {
            let index = open.index.borrow();
            all.into_iter().filter(|patient| !index.contains(patient)).collect()
        };
        for (n, some) in missing.chunks(PACK).enumerate() {
            self.index_again(open, some, n * PACK, missing.len()).await?;
        }
        let spoilt = std::mem::take(&mut open.index.borrow_mut().spoilt);
        open.index.borrow_mut().lacking = false;
        let gone = spoilt.into_iter().filter(|key| key != super::part::MANIFEST);
        self.write_manifest(open, gone.map(|key| Write::delete(Space::Index, key)).collect()).await?;
        self.progress(NO_JOB, Phase::Indexing, missing.len() as u64, missing.len() as u64);
        self.emit(&Event::Changed { patients: missing.iter().map(PatientId::hex).collect(), remote: false });
        Ok(())
    }

    /// Some patients, folded one by one, as one more part.
    async fn index_again(&self, open: &Rc<Open>, some: &[PatientId], done: usize, total: usize) -> Result<(), Fault> {
        let mut entries = Vec::with_capacity(some.len());
        for (n, step) in some.chunks(STEP).enumerate() {
            for patient in step {
                // Whose record does not open today has no name to be found by either.
                let Ok(state) = self.state(open, patient).await else { continue };
                entries.extend(index_entry(&state).map(|entry| (*patient, entry)));
            }
            if n % 16 == 0 {
                self.progress(NO_JOB, Phase::Indexing, (done + n * STEP) as u64, total as u64);
            }
            self.give_way(open).await?;
        }
        let packed = self.pack_index(open, entries).await?;
        self.write_apart(open, packed.writes).await?;
        let _turn = self.writer.lock().await;
        let adoption = self.adopt_index(open, &[packed.part]).await?;
        self.commit_rows(open, vec![adoption.write.clone()]).await?;
        self.adopted(open, adoption);
        Ok(())
    }

    async fn write_manifest(&self, open: &Open, mut writes: Vec<Write>) -> Result<(), Fault> {
        let _turn = self.writer.lock().await;
        let manifest = open.index.borrow().manifest();
        writes.push(self.manifest_write(open, &manifest)?);
        self.commit_rows(open, writes).await
    }
}
