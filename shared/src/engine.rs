//! The only thing `web` calls: commands in, views and events out. Authorise → decide → seal → audit → store in one place.
//! Commands may run side by side, each its own future; whoever writes takes a turn.

pub mod api;

mod audit;
mod chart;
mod compact;
mod conflict;
mod demo;
mod export;
mod fault;
mod import;
mod index;
mod log;
mod net;
mod open;
mod pair;
mod patient;
mod pretty;
mod storage;
mod vault;
mod visit;
mod warm;

#[cfg(test)]
mod tests;

pub use import::work as work_aside;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use futures::lock::Mutex;
use serde::Serialize;

use crate::base::{PatientId, Timestamp};
use crate::clinic::diagnosis::CodeIndex;
use crate::port::{Port, Space, Store};
use jiff::civil::Date;

use api::{AppStatus, Command, Event, Fault, Phase, StorageView};
use open::Open;

/// Files that a person handed over, read one at a time so that memory stays bounded.
pub trait FileSource {
    fn count(&self) -> usize;
    fn name(&self, index: usize) -> String;
    /// Bytes.
    fn size(&self, index: usize) -> u64;
    /// `len` bytes from `from` on, which lie within the file.
    fn slice(&self, index: usize, from: u64, len: u64) -> LocalBoxFuture<'static, Result<Vec<u8>, String>>;
    /// The same while everything waits: for what cannot be read in order, which is the inside of a zip.
    fn slice_now(&self, index: usize, from: u64, len: u64) -> Result<Vec<u8>, String>;
}

/// What travels beside a command and its reply.
#[derive(Default)]
pub struct Io {
    pub files: Option<Rc<dyn FileSource>>,
    /// Takes the pieces of an exported file in order; the shell makes a Blob of them.
    pub out: Option<Box<dyn FnMut(Vec<u8>)>>,
}

impl std::fmt::Debug for Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Io").field("files", &self.files.is_some()).field("out", &self.out.is_some()).finish()
    }
}

/// The engine of one vault. Holds keys only while somebody is signed in.
pub struct Engine<P: Port> {
    port: P,
    open: RefCell<Option<Rc<Open>>>,
    writer: Mutex<()>,
    /// Whoever opens, founds, locks or removes the vault takes a turn.
    door: Mutex<()>,
    traffic: compact::Traffic,
    /// Somebody is putting things in order already.
    tending: Mutex<()>,
    warmth: warm::Warmth,
    foresight: index::Foresight,
    /// Long jobs by the number their caller gave; true once cancelled.
    jobs: RefCell<BTreeMap<u32, Rc<Cell<bool>>>>,
    imports: RefCell<import::Imports>,
    /// Searches so far: a newer one makes the rest of an older one idle.
    searches: Cell<u64>,
    codes: RefCell<Option<Rc<CodeIndex>>>,
    net: RefCell<net::Net>,
    pairing: RefCell<Option<pair::Pairing>>,
}

impl<P: Port> std::fmt::Debug for Engine<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("open", &self.open.borrow().is_some()).finish_non_exhaustive()
    }
}

impl<P: Port> Engine<P> {
    pub fn new(port: P) -> Engine<P> {
        Engine {
            port,
            open: RefCell::new(None),
            writer: Mutex::new(()),
            door: Mutex::new(()),
            traffic: compact::Traffic::default(),
            tending: Mutex::new(()),
            warmth: warm::Warmth::default(),
            foresight: index::Foresight::default(),
            jobs: RefCell::default(),
            imports: RefCell::default(),
            searches: Cell::default(),
            codes: RefCell::new(None),
            net: RefCell::default(),
            pairing: RefCell::new(None),
        }
    }

    pub fn port(&self) -> &P {
        &self.port
    }

    /// Carries out one command; the reply is the JSON of `Call::Reply`.
    pub async fn handle(&self, command: Command, io: Io) -> Result<String, Fault> {
        let _under_way = self.traffic.enter();
        // A draft is kept even when the session has just ended.
        if !matches!(command, Command::SaveDraft(_)) {
            self.end_old_session().await;
        }
        match command {
            Command::Status(_) => reply(self.status().await?),
            Command::CreateClinic(c) => reply(self.create_clinic(c).await?),
            Command::OpenDemo(_) => reply(self.open_demo().await?),
            Command::Unlock(c) => reply(self.unlock(&c.staff, &c.passphrase).await?),
            Command::Lock(_) => reply(self.lock().await?),
            Command::RemoveClinic(c) => reply(self.remove_clinic(c).await?),
            Command::Search(c) => reply(self.search(&*self.unlocked()?, &c.query, c.limit)),
            Command::SearchSimilar(c) => reply(self.search_similar(&*self.unlocked()?, &c.query, c.limit).await?),
            Command::Recent(c) => reply(self.recent(&*self.unlocked()?, c.limit).await?),
            Command::CheckPatient(c) => reply(self.check_patient(&*self.unlocked()?, &c.form, c.patient.as_deref())?),
            Command::RegisterPatient(c) => reply(self.register_patient(&self.unlocked()?, c.form).await?),
            Command::PatientToEdit(c) => reply(self.patient_to_edit(&*self.unlocked()?, id(&c.patient)?).await?),
            Command::EditPatient(c) => {
                reply(self.edit_patient(&self.unlocked()?, id(&c.patient)?, c.before, c.after).await?)
            }
            Command::OpenChart(c) => self.open_chart(&self.unlocked()?, id(&c.patient)?).await,
            Command::OpenResource(c) => {
                reply(self.open_resource(&self.unlocked()?, id(&c.patient)?, &c.resource_type, &c.id).await?)
            }
            Command::SaveDraft(c) => reply(self.save_draft(&*self.unlocked()?, id(&c.patient)?, &c.draft).await?),
            Command::LoadDraft(c) => {
                reply(self.load_draft(&*self.unlocked()?, id(&c.patient)?).await?.map(|d| d.draft))
            }
            Command::DiscardDraft(c) => reply(self.discard_draft(&*self.unlocked()?, id(&c.patient)?).await?),
            Command::Drafts(_) => reply(self.drafts(&*self.unlocked()?).await?),
            Command::SignVisit(c) => reply(self.sign_visit(&self.unlocked()?, id(&c.patient)?, c.draft).await?),
            Command::AddAddendum(c) => {
                reply(self.add_addendum(&self.unlocked()?, id(&c.patient)?, &c.note, &c.text).await?)
            }
            Command::RecordAllergy(c) => reply(self.record_allergy(&self.unlocked()?, id(&c.patient)?, &c.form).await?),
            Command::MarkError(c) => {
                reply(self.mark_error(&self.unlocked()?, id(&c.patient)?, &c.resource_type, &c.id, &c.reason).await?)
            }
            Command::SearchDiagnosis(c) => reply(self.search_diagnosis(&c.query, c.limit).await?),
            Command::PreviewImport(c) => reply(self.preview_import(&self.unlocked()?, c.job, io).await?),
            Command::CommitImport(c) => reply(self.commit_import(&self.unlocked()?, c.job).await?),
            Command::Imports(_) => reply(self.import_standing(&*self.unlocked()?).await?),
            Command::ResumeImport(c) => reply(self.resume_import(&self.unlocked()?, c.job).await?),
            Command::UndoImport(c) => reply(self.undo_import(&*self.unlocked()?, c.job).await?),
            Command::CancelJob(c) => {
                self.cancel_job(c.job);
                if let Ok(open) = self.unlocked() {
                    self.cancel_import(&open, c.job).await?;
                }
                reply(())
            }
            Command::ExportPatient(c) => {
                reply(self.export_patient(&self.unlocked()?, id(&c.patient)?, c.job, io).await?)
            }
            Command::ExportClinic(c) => reply(self.export_clinic(&self.unlocked()?, c.job, io).await?),
            Command::StartPairing(_) => reply(self.start_pairing(&self.unlocked()?).await?),
            Command::CancelPairing(_) => {
                self.cancel_pairing().await;
                reply(())
            }
            Command::AnswerPairing(c) => reply(self.answer_pairing(&self.unlocked()?, c.accept, c.role).await?),
            Command::JoinClinic(c) => reply(self.join_clinic(c).await?),
            Command::SyncStatus(_) => reply(self.sync_view(&*self.unlocked()?)),
            Command::ReconnectSync(_) => {
                self.unlocked()?;
                self.net(crate::port::NetIn::Wake).await;
                reply(())
            }
            Command::Devices(_) => reply(self.devices(&*self.unlocked()?)),
            Command::Conflicts(_) => reply(self.conflicts(&*self.unlocked()?).await?),
            Command::Settle(c) => {
                let open = self.unlocked()?;
                reply(self.settle(&open, id(&c.patient)?, &c.resource_type, &c.id, &c.element, &c.keep).await?)
            }
            Command::AuditLog(c) => {
                let patient = c.patient.as_deref().map(id).transpose()?;
                reply(self.audit_log(&*self.unlocked()?, patient, c.limit).await?)
            }
            Command::VerifyAudit(_) => reply(self.verify_audit(&*self.unlocked()?).await?),
            Command::StorageUse(_) => reply(self.storage_use(&*self.unlocked()?).await?),
            Command::StorageKinds(_) => reply(self.storage_kinds(&*self.unlocked()?).await?),
        }
    }

    /// Puts in order what can wait: call it when a command was answered. It gives way to whatever comes, ends with the
    /// session, and what failed is tried again the next time.
    pub async fn tend(&self) {
        let Some(_turn) = self.tending.try_lock() else { return };
        let seen = self.traffic.arrived();
        self.foresee_index().await;
        // Who came meanwhile does not wait for inventions; their own answer goes on with them.
        if self.traffic.arrived() == seen {
            self.warm_up().await;
        }
        let Ok(open) = self.unlocked() else { return };
        loop {
            let seen = self.traffic.arrived();
            let _ = self.tend_index(&open).await;
            // Whoever came meanwhile was not tended to: the turn was taken.
            if self.compact(&open, seen).await.unwrap_or(true) {
                return;
            }
        }
    }

    fn unlocked(&self) -> Result<Rc<Open>, Fault> {
        self.open.borrow().clone().ok_or(Fault::Locked)
    }

    /// A session lasts twelve hours at most; then the person has to show that they are still there.
    async fn end_old_session(&self) {
        let over = self.unlocked().is_ok_and(|open| self.now() > open.session_end);
        if over {
            // Locked even when the last entry of the audit found no place.
            let _ = self.lock().await;
            self.emit(&Event::Locked { reason: api::LockReason::Idle });
        }
    }

    async fn status(&self) -> Result<AppStatus, Fault> {
        if let Some(open) = self.open.borrow().as_ref() {
            return Ok(AppStatus::Unlocked(open.session_view()));
        }
        self.lock_view().await
    }

    async fn storage_use(&self, open: &Open) -> Result<StorageView, Fault> {
        let bundles = self.port.store().count(Space::Log).await?;
        Ok(StorageView { patients: open.index.borrow().len() as u64, bundles })
    }

    fn emit(&self, event: &Event) {
        if let Ok(json) = serde_json::to_string(event) {
            self.port.emit(json);
        }
    }

    fn progress(&self, job: u32, phase: Phase, done: u64, total: u64) {
        self.emit(&Event::Progress { job, phase, done, total });
    }

    fn fill(&self) -> impl FnMut(&mut [u8]) + '_ {
        |bytes: &mut [u8]| self.port.entropy().fill(bytes)
    }

    fn now(&self) -> Timestamp {
        self.port.clock().now()
    }

    /// The calendar day where the clinic is.
    fn today(&self) -> Date {
        let now = self.now();
        crate::base::date::civil_date(now, self.port.clock().utc_offset_minutes(now))
    }

    fn start_job(&self, job: u32) -> Rc<Cell<bool>> {
        let flag = Rc::new(Cell::new(false));
        self.jobs.borrow_mut().insert(job, flag.clone());
        flag
    }

    fn cancel_job(&self, job: u32) {
        if let Some(flag) = self.jobs.borrow().get(&job) {
            flag.set(true);
        }
    }
}

fn reply<T: Serialize>(value: T) -> Result<String, Fault> {
    serde_json::to_string(&value).map_err(|_| Fault::Refused { detail: "the reply could not be written".into() })
}

fn id(text: &str) -> Result<PatientId, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}
