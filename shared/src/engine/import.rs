//! Import: read and check everything first, write it all in one transaction or not at all.
//! Nothing of a file is dropped, whatever its resource types; what is wrong is named by its path.

mod files;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::base::{Hash, PatientId};
use crate::clinic::patient::PatientRow;
use crate::clinic::search::IndexEntry;
use crate::crypto::sha256;
use crate::crypto::store_keys::derive_pseudonym;
use crate::fhir::issue::{self, Severity};
use crate::fhir::read::{Entry, FileReader, Step};
use crate::fhir::refs::{Owner, RefIndex, id_in_url, owner};
use crate::fhir::resource::{RawJson, Resource};
use crate::fhir::validate::validate;
use crate::port::Port;
use crate::record::accept::acceptable;
use crate::record::bundle::{Body, MAX_SEALED};
use crate::record::{Change, ResourceRef};

use super::api::{Fault, ImportCount, ImportPreview, ImportReport, Issue, Phase};
use super::audit::{Act, Action};
use super::log::{Decision, SealedBody, patient_resource};
use super::open::Open;
use super::{Engine, FileSource, Io};
use files::{Member, SLICE, Zip, is_zip};

/// Issues kept for the screen; beyond this only their number is.
const ISSUES_SHOWN: usize = 500;
const SAMPLE: usize = 8;
/// So long one turn of reading may last, in milliseconds.
const BREATH_MS: i64 = 12;

/// A checked and sealed import that waits for its commit.
pub(super) struct Prepared {
    bodies: Vec<SealedBody>,
    resources: u64,
    patients: u64,
    issues: Vec<(String, issue::Issue)>,
    blocked: bool,
    /// Milliseconds that reading and checking took. What the person took to look at the preview is no part of it.
    reading: i64,
}

/// What one import has met so far.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, ImportCount>,
    /// Fingerprint of every resource of this import, to find one that stands twice.
    seen: HashMap<(PatientId, ResourceRef), Hash>,
    issues: Vec<(String, issue::Issue)>,
    sample: Vec<PatientRow>,
    /// The first Patient resource of each record that this import brings.
    people: HashMap<PatientId, Resource>,
    new_patients: BTreeSet<PatientId>,
    known_patients: BTreeSet<PatientId>,
    resources: u64,
}

/// One file on its way in.
struct Intake<'a> {
    open: &'a Open,
    tally: &'a mut Tally,
    grouped: BTreeMap<PatientId, Vec<(String, Resource)>>,
    job: u32,
    /// Bytes of the files before this one, and of all.
    done: u64,
    total: u64,
    /// When others last had a turn.
    breath: i64,
}

impl Tally {
    fn issue(&mut self, file: &str, issue: issue::Issue) {
        self.issues.push((file.to_owned(), issue));
    }

    fn count(&mut self, resource_type: &str) -> &mut ImportCount {
        self.counts
            .entry(resource_type.to_owned())
            .or_insert_with(|| ImportCount { resource_type: resource_type.to_owned(), ..ImportCount::default() })
    }
}

impl<P: Port> Engine<P> {
    pub(super) async fn preview_import(&self, open: &Rc<Open>, job: u32, io: Io) -> Result<ImportPreview, Fault> {
        let cancelled = self.start_job(job);
        let files =
            io.files.filter(|f| f.count() > 0).ok_or_else(|| Fault::Refused { detail: "no file was chosen".into() })?;
        let started = self.now().0;
        let mut breath = started;
        let total: u64 = (0..files.count()).map(|i| files.size(i)).sum();
        let mut done = 0u64;
        let mut tally = Tally::default();
        let mut bodies = Vec::new();
        for index in 0..files.count() {
            self.progress(job, Phase::Reading, done, total);
            let mut intake = Intake { open, tally: &mut tally, grouped: BTreeMap::new(), job, done, total, breath };
            self.read_whole(&files, index, &mut intake, &cancelled).await?;
            breath = intake.breath;
            let grouped = intake.grouped;
            let name = files.name(index);
            let groups = grouped.len().max(1) as u64;
            for (step, (patient, resources)) in grouped.into_iter().enumerate() {
                if cancelled.get() {
                    return Err(Fault::Cancelled);
                }
                self.progress(job, Phase::Checking, done + files.size(index) * step as u64 / groups, total);
                let changes = self.compare(open, &name, patient, resources, &mut tally).await?;
                if !changes.is_empty() {
                    bodies.extend(self.seal(open, vec![Decision { patient, changes }]).await?);
                }
                self.port.yield_now().await;
            }
            done += files.size(index);
        }
        self.progress(job, Phase::Checking, total, total);
        let blocked = tally.issues.iter().any(|(_, issue)| issue.severity >= Severity::Error);
        let preview = ImportPreview {
            job,
            files: files.count() as u32,
            patients_new: tally.new_patients.len() as u32,
            patients_known: tally.known_patients.len() as u32,
            types: tally.counts.into_values().collect(),
            issues: shown(&tally.issues),
            blocked,
            sample: tally.sample,
        };
        if cancelled.get() {
            return Err(Fault::Cancelled);
        }
        let prepared = Prepared {
            bodies,
            resources: tally.resources,
            patients: (tally.new_patients.len() + tally.known_patients.len()) as u64,
            issues: tally.issues,
            blocked,
            reading: self.now().0 - started,
        };
        self.imports.borrow_mut().insert(job, prepared);
        Ok(preview)
    }

    /// Reads one file, or every file of a zip.
    async fn read_whole(
        &self,
        files: &Rc<dyn FileSource>,
        index: usize,
        intake: &mut Intake<'_>,
        cancelled: &Cell<bool>,
    ) -> Result<(), Fault> {
        let (name, size) = (files.name(index), files.size(index));
        let unreadable = |_| Fault::Refused { detail: format!("{name} could not be read") };
        let head = files.slice(index, 0, size.min(4)).await.map_err(unreadable)?;
        if is_zip(&head) {
            return self.read_zip(files, index, intake, cancelled).await;
        }
        let mut reader = FileReader::new(&name);
        let mut from = 0;
        let mut ahead = (size > 0).then(|| files.slice(index, 0, size.min(SLICE)));
        while let Some(piece) = ahead.take() {
            let piece = piece.await.map_err(unreadable)?;
            from += piece.len() as u64;
            // The browser reads the next piece while this one is looked at.
            ahead = (from < size && !piece.is_empty()).then(|| files.slice(index, from, (size - from).min(SLICE)));
            reader.feed(&piece);
            drop(piece);
            if !self.take_in(&name, &mut reader, intake, cancelled, |read| read).await? {
                return Ok(());
            }
        }
        reader.end();
        self.take_in(&name, &mut reader, intake, cancelled, |read| read).await?;
        Ok(())
    }

    async fn read_zip(
        &self,
        files: &Rc<dyn FileSource>,
        index: usize,
        intake: &mut Intake<'_>,
        cancelled: &Cell<bool>,
    ) -> Result<(), Fault> {
        let name = files.name(index);
        let mut zip = match Zip::open(files.clone(), index) {
            Ok(zip) => zip,
            Err(issue) => {
                intake.tally.issue(&name, issue);
                return Ok(());
            }
        };
        let mut buffer = vec![0; SLICE as usize / 4];
        let mut before = 0;
        for at in 0..zip.len {
            let (inner, packed) = match zip.member(at) {
                Member::Read { name: inner, packed } => (format!("{name}/{inner}"), packed),
                Member::Nothing => continue,
                Member::Refused(inner, issue) => {
                    intake.tally.issue(&format!("{name}/{inner}"), issue);
                    continue;
                }
            };
            let outcome = self.read_member(&mut zip, at, &inner, &mut buffer, before, intake, cancelled).await?;
            if let Err(issue) = outcome {
                intake.tally.issue(&inner, issue);
            }
            before += packed;
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    async fn read_member(
        &self,
        zip: &mut Zip,
        at: usize,
        name: &str,
        buffer: &mut [u8],
        before: u64,
        intake: &mut Intake<'_>,
        cancelled: &Cell<bool>,
    ) -> Result<Result<(), issue::Issue>, Fault> {
        let mut unpacking = match zip.read(at) {
            Ok(unpacking) => unpacking,
            Err(issue) => return Ok(Err(issue)),
        };
        let mut reader = FileReader::new(name);
        loop {
            match unpacking.next(buffer) {
                Err(issue) => return Ok(Err(issue)),
                Ok([]) => break,
                Ok(piece) => reader.feed(piece),
            }
            if !self.take_in(name, &mut reader, intake, cancelled, |_| before).await? {
                return Ok(Ok(()));
            }
        }
        reader.end();
        self.take_in(name, &mut reader, intake, cancelled, |_| before).await?;
        Ok(Ok(()))
    }

    /// Takes what the reader has. False when it wants no more of this file.
    async fn take_in(
        &self,
        file: &str,
        reader: &mut FileReader,
        intake: &mut Intake<'_>,
        cancelled: &Cell<bool>,
        read: impl Fn(u64) -> u64,
    ) -> Result<bool, Fault> {
        loop {
            match reader.next() {
                Step::Entry(entry) => {
                    let at = intake.done + read(entry.read);
                    self.sort_out(file, entry, reader.refs(), intake);
                    self.breathe(intake, at, cancelled).await?;
                }
                Step::Issue(issue) => intake.tally.issue(file, issue),
                Step::Working => self.breathe(intake, 0, cancelled).await?,
                Step::Hungry => return Ok(true),
                Step::End => return Ok(false),
            }
        }
    }

    /// Lets others have a turn now and then, and says how far the reading is.
    async fn breathe(&self, intake: &mut Intake<'_>, at: u64, cancelled: &Cell<bool>) -> Result<(), Fault> {
        let now = self.now().0;
        if now - intake.breath < BREATH_MS {
            return Ok(());
        }
        if at > 0 {
            self.progress(intake.job, Phase::Reading, at, intake.total);
        }
        self.port.yield_now().await;
        intake.breath = self.now().0;
        if cancelled.get() { Err(Fault::Cancelled) } else { Ok(()) }
    }

    /// Checks an entry, gives it an id where it has none, and finds whose record it belongs to.
    fn sort_out(&self, file: &str, mut entry: Entry, refs: &RefIndex, intake: &mut Intake<'_>) {
        let tally = &mut *intake.tally;
        if entry.resource.id.is_empty() {
            let named = id_in_url(&entry.full_url);
            let id = if named.is_empty() { self.new_id() } else { named };
            entry.resource.set("id", Some(RawJson::text(&id)));
            let text = "the resource had no id; it was given one";
            tally.issue(file, issue::Issue::new(Severity::Information, "required", entry.path.clone(), text));
        }
        for issue in validate(&entry.resource, &entry.path) {
            tally.issue(file, issue);
        }
        let patient = match owner(&entry.resource, &entry.full_url, refs) {
            Owner::Patient(id) => derive_pseudonym(&intake.open.bundle.pseudonym_key, &id),
            Owner::Commons => PatientId::ZERO,
            Owner::Unresolved { element } => {
                let path = format!("{}.{element}", entry.path);
                let text = "the reference names nobody in this file; the resource is kept with the clinic's own";
                tally.issue(file, issue::Issue::new(Severity::Warning, "not-found", path, text));
                PatientId::ZERO
            }
        };
        intake.grouped.entry(patient).or_default().push((entry.path, entry.resource));
    }

    /// Against what is already here: new, changed, or the same.
    async fn compare(
        &self,
        open: &Open,
        file: &str,
        patient: PatientId,
        resources: Vec<(String, Resource)>,
        tally: &mut Tally,
    ) -> Result<Vec<Change>, Fault> {
        let state = self.state(open, &patient).await?;
        let known = patient_resource(&state);
        let mut changes = Vec::new();
        let mut brings_patient = false;
        for (path, resource) in resources {
            let name = ResourceRef::of(&resource);
            let print = sha256(resource.to_json().as_bytes());
            if resource.resource_type == "Patient" {
                brings_patient = true;
                let standing = known.as_ref().map(|(_, standing)| standing);
                let first = tally.people.get(&patient);
                if standing.into_iter().chain(first).any(|other| somebody_else(other, &resource)) {
                    let text = "another person stands under this id already; name and date of birth both differ";
                    tally.issue(file, issue::Issue::new(Severity::Error, "conflict", path.clone(), text));
                }
                tally.people.entry(patient).or_insert_with(|| resource.clone());
            }
            if let Some(before) = tally.seen.insert((patient, name.clone()), print) {
                tally.count(&name.resource_type).same += 1;
                if before != print {
                    tally.seen.insert((patient, name), before);
                    let text = "the same id stands twice with different content; the first one counts";
                    tally.issue(file, issue::Issue::new(Severity::Warning, "duplicate", path, text));
                }
                continue;
            }
            if resource.resource_type == "Patient" && known.is_none() && tally.sample.len() < SAMPLE {
                tally.sample.push(IndexEntry::from_resource(&resource, "", &resource.id).to_row(patient));
            }
            tally.resources += 1;
            let exists = state.get(&name).is_some();
            match state.change_to(&resource, open.tick(self.now())) {
                None => tally.count(&name.resource_type).same += 1,
                Some(change) => {
                    if let Some(issue) = unfit(open, &change, resource.json_len(), &path) {
                        tally.issue(file, issue);
                        continue;
                    }
                    let signed_here = name.resource_type == "Composition"
                        && state.get(&name).is_some_and(|standing| {
                            let note = standing.resource(&name);
                            note.is_some_and(|note| self.written_here(open, standing, &note).is_some())
                        });
                    if signed_here {
                        let text = "a note that was signed here never changes; it stays as it is";
                        tally.issue(file, issue::Issue::new(Severity::Warning, "business-rule", path, text));
                        tally.count(&name.resource_type).same += 1;
                        continue;
                    }
                    let count = tally.count(&name.resource_type);
                    if exists {
                        count.changed += 1
                    } else {
                        count.new += 1
                    };
                    changes.push(change);
                }
            }
        }
        if patient != PatientId::ZERO {
            match (&known, brings_patient) {
                (Some(_), _) => {
                    tally.known_patients.insert(patient);
                }
                (None, true) => {
                    tally.new_patients.insert(patient);
                }
                (None, false) if !tally.seen.keys().any(|(p, n)| *p == patient && n.resource_type == "Patient") => {
                    let text = "resources refer to a patient who is neither in this file nor in this clinic; they are kept and appear once the patient is imported";
                    tally.issue(file, issue::Issue::new(Severity::Warning, "not-found", "", text));
                }
                (None, false) => {}
            }
        }
        Ok(changes)
    }

    pub(super) async fn commit_import(&self, open: &Rc<Open>, job: u32) -> Result<ImportReport, Fault> {
        let prepared = self.imports.borrow_mut().remove(&job).ok_or(Fault::NotFound)?;
        if prepared.blocked {
            return Err(Fault::Refused { detail: "the import has errors; nothing was written".into() });
        }
        if self.jobs.borrow().get(&job).is_some_and(|flag| flag.get()) {
            return Err(Fault::Cancelled);
        }
        let began = self.now().0;
        self.progress(job, Phase::Writing, 0, prepared.bodies.len() as u64);
        let act = Act::new(Action::Imported).note(prepared.resources.to_string());
        let total = prepared.bodies.len() as u64;
        self.append(open, prepared.bodies, vec![act], vec![]).await?;
        self.progress(job, Phase::Writing, total, total);
        let outcome = issue::outcome(prepared.issues.iter().map(|(file, issue)| (file.as_str(), issue)));
        Ok(ImportReport {
            resources: prepared.resources,
            patients: prepared.patients,
            millis: prepared.reading + self.now().0 - began,
            issues: shown(&prepared.issues),
            outcome: super::pretty::pretty(&outcome),
        })
    }
}

/// Why a change could be neither stored nor sent.
fn unfit(open: &Open, change: &Change, size: usize, path: &str) -> Option<issue::Issue> {
    if let Err(why) = acceptable(change, &open.device, u64::MAX) {
        return Some(issue::Issue::new(Severity::Error, "structure", path, why.to_string()));
    }
    // Text packs; only what is large as it stands has to be tried.
    let too_large = size > MAX_SEALED / 2 && Body { changes: vec![change.clone()] }.pack().is_err();
    too_large.then(|| issue::Issue::new(Severity::Error, "too-long", path, "the resource is larger than can be kept"))
}

/// Worst first, at most so many that a screen can hold them.
fn shown(issues: &[(String, issue::Issue)]) -> Vec<Issue> {
    let mut sorted: Vec<_> = issues.iter().collect();
    sorted.sort_by_key(|(_, issue)| std::cmp::Reverse(issue.severity));
    let rest = sorted.len().saturating_sub(ISSUES_SHOWN);
    let mut shown: Vec<Issue> = sorted
        .into_iter()
        .take(ISSUES_SHOWN)
        .map(|(file, issue)| Issue {
            file: file.clone(),
            severity: issue.severity.as_str().to_owned(),
            code: issue.code.to_owned(),
            path: issue.path.clone(),
            text: issue.text.clone(),
        })
        .collect();
    if rest > 0 {
        shown.push(Issue {
            file: String::new(),
            severity: "information".into(),
            code: "informational".into(),
            path: String::new(),
            text: format!("and {rest} more; the report holds them all"),
        });
    }
    shown
}

/// Two systems may have given one id to two people. Neither name nor birth date in common is taken for that.
fn somebody_else(standing: &Resource, arriving: &Resource) -> bool {
    let (a, b) = (crate::clinic::patient::row(standing, ""), crate::clinic::patient::row(arriving, ""));
    let name_differs =
        a.family.to_lowercase() != b.family.to_lowercase() && a.given.to_lowercase() != b.given.to_lowercase();
    name_differs && a.birth_date != b.birth_date
}
