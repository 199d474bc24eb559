//! The visit: sealed drafts, signing, addenda; allergies; marking an error. Drafts are private to their author.

use std::collections::BTreeSet;
use std::rc::Rc;

use minicbor::{Decode, Encode};

use crate::base::date::PartialDate;
use crate::base::{PatientId, Timestamp, order};
use crate::clinic::allergy::{self, AllergyForm};
use crate::clinic::authoring::Authoring;
use crate::clinic::correction::{CorrectionFault, entered_in_error};
use crate::clinic::diagnosis::{CodeHit, CodeIndex};
use crate::clinic::note::{self, VisitDraft};
use crate::clinic::patient::FieldProblem;
use crate::fhir::resource::{RawJson, Resource};
use crate::port::{Port, Space, Store, Write, prefix_end};
use crate::record::bundle::to_cbor;
use crate::record::change::SCHEMA;
use crate::record::{Change, ResourceRef};

use super::Engine;
use super::api::{DraftRow, Fault, Saved};
use super::audit::{Act, Action};
use super::log::{Decision, patient_resource};
use super::open::Open;

/// A draft as it is sealed: for whom, when, and the page's own JSON.
#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct StoredDraft {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub patient: PatientId,
    #[n(2)]
    pub saved: Timestamp,
    #[n(3)]
    pub json: String,
}

pub(super) struct KeptDraft {
    pub patient: PatientId,
    pub saved: Timestamp,
    pub draft: VisitDraft,
}

impl<P: Port> Engine<P> {
    /// author hash ‖ patient hash: one draft for each author and patient.
    fn draft_key(&self, open: &Open, patient: &PatientId) -> Vec<u8> {
        [self.draft_prefix(open).as_slice(), &open.keys.row_key(patient)].concat()
    }

    fn draft_prefix(&self, open: &Open) -> [u8; 16] {
        open.keys.row_hash("draft-author", open.staff_id.as_bytes())
    }

    pub(super) async fn save_draft(&self, open: &Open, patient: PatientId, draft: &VisitDraft) -> Result<Saved, Fault> {
        let now = self.now();
        let key = self.draft_key(open, &patient);
        if draft.is_blank() {
            self.commit_rows(open, vec![Write::delete(Space::Drafts, key)]).await?;
            return Ok(Saved { at: now.0, id: String::new() });
        }
        let json = serde_json::to_string(draft)
            .map_err(|_| Fault::Refused { detail: "the draft could not be written".into() })?;
        let plain = to_cbor(&StoredDraft { version: 1, patient, saved: now, json });
        let sealed = self.seal_row(open, &open.keys.drafts, Space::Drafts, &key, &plain)?;
        open.drafted.borrow_mut().insert(key.clone());
        self.commit_rows(open, vec![Write::put(Space::Drafts, key, sealed)]).await?;
        Ok(Saved { at: now.0, id: String::new() })
    }

    /// Where drafts stand, whoever their authors are.
    pub(super) async fn draft_keys(&self) -> Result<BTreeSet<Vec<u8>>, Fault> {
        Ok(self.port.store().keys(Space::Drafts, &[], None, None).await?.into_iter().collect())
    }

    pub(super) async fn load_draft(&self, open: &Open, patient: PatientId) -> Result<Option<KeptDraft>, Fault> {
        let key = self.draft_key(open, &patient);
        // Most patients have none: the disk need not be asked.
        if !open.drafted.borrow().contains(&key) {
            return Ok(None);
        }
        match self.port.store().get(Space::Drafts, &key).await? {
            None => Ok(None),
            Some(sealed) => self.open_draft(open, &key, &sealed).map(Some),
        }
    }

    fn open_draft(&self, open: &Open, key: &[u8], sealed: &[u8]) -> Result<KeptDraft, Fault> {
        let plain = self.open_row(open, &open.keys.drafts, Space::Drafts, key, sealed)?;
        let stored: StoredDraft = minicbor::decode(&plain).map_err(|_| Fault::damaged("a draft"))?;
        let draft = serde_json::from_str(&stored.json).map_err(|_| Fault::damaged("a draft"))?;
        Ok(KeptDraft { patient: stored.patient, saved: stored.saved, draft })
    }

    pub(super) async fn discard_draft(&self, open: &Open, patient: PatientId) -> Result<(), Fault> {
        let key = self.draft_key(open, &patient);
        self.commit_rows(open, vec![Write::delete(Space::Drafts, key)]).await
    }

    /// The signed-in author's drafts, latest first.
    pub(super) async fn drafts(&self, open: &Open) -> Result<Vec<DraftRow>, Fault> {
        let prefix = self.draft_prefix(open);
        let rows = self.port.store().range(Space::Drafts, &prefix, prefix_end(&prefix).as_deref(), None).await?;
        let mut drafts = Vec::new();
        for row in rows {
            let kept = self.open_draft(open, &row.key, &row.value)?;
            if let Some(patient) = self.patient_row(open, &kept.patient) {
                drafts.push(DraftRow { row: patient, saved: kept.saved.0 });
            }
        }
        order::sort_by_key(&mut drafts, |d| std::cmp::Reverse(d.saved));
        Ok(drafts)
    }

    /// Who writes, for whom, when: what every resource made here carries.
    async fn writing<T>(
        &self,
        open: &Open,
        patient: &PatientId,
        work: impl FnOnce(&mut Authoring<'_>, &Resource) -> T,
    ) -> Result<T, Fault> {
        let state = self.state(open, patient).await?;
        let (name, resource) = patient_resource(&state).ok_or(Fault::NotFound)?;
        let now = self.now();
        let author = format!("Practitioner/{}", open.staff_id.hex());
        let mut next_id = || self.new_id();
        let mut authoring = Authoring {
            patient: &name.id,
            author: &author,
            author_name: &open.staff.name,
            now,
            offset_minutes: self.port.clock().utc_offset_minutes(now),
            next_id: &mut next_id,
        };
        Ok(work(&mut authoring, &resource))
    }

    pub(super) async fn sign_visit(
        &self,
        open: &Rc<Open>,
        patient: PatientId,
        draft: VisitDraft,
    ) -> Result<Saved, Fault> {
        let outcome = self
            .writing(open, &patient, |authoring, resource| note::sign(&draft, birth_date(resource), authoring))
            .await?;
        let resources = outcome.map_err(|problems| Fault::Fields { problems })?;
        let note =
            resources.iter().find(|r| r.resource_type == "Composition").map(|r| r.id.clone()).unwrap_or_default();
        // The draft goes in the same transaction in which the note comes.
        let draft = Some(self.draft_key(open, &patient)).filter(|key| open.drafted.borrow().contains(key));
        let gone = draft.map(|key| Write::delete(Space::Drafts, key)).into_iter().collect();
        let mut saved = self.create(open, patient, resources, Action::SignedVisit, gone).await?;
        saved.id = note;
        Ok(saved)
    }

    pub(super) async fn add_addendum(
        &self,
        open: &Rc<Open>,
        patient: PatientId,
        note: &str,
        text: &str,
    ) -> Result<Saved, Fault> {
        let state = self.state(open, &patient).await?;
        let signed = state.resource(&ResourceRef::new("Composition", note)).ok_or(Fault::NotFound)?;
        let outcome = self.writing(open, &patient, |authoring, _| note::addendum(text, &signed, authoring)).await?;
        let addendum = outcome.map_err(|problems| Fault::Fields { problems })?;
        let id = addendum.id.clone();
        let mut saved = self.create(open, patient, vec![addendum], Action::AddedAddendum, vec![]).await?;
        saved.id = id;
        Ok(saved)
    }

    pub(super) async fn record_allergy(
        &self,
        open: &Rc<Open>,
        patient: PatientId,
        form: &AllergyForm,
    ) -> Result<Saved, Fault> {
        let outcome = self.writing(open, &patient, |authoring, _| allergy::to_resource(form, authoring)).await?;
        let resource = outcome.map_err(|problems| Fault::Fields { problems })?;
        let id = resource.id.clone();
        let mut saved = self.create(open, patient, vec![resource], Action::RecordedAllergy, vec![]).await?;
        saved.id = id;
        Ok(saved)
    }

    async fn create(
        &self,
        open: &Rc<Open>,
        patient: PatientId,
        resources: Vec<Resource>,
        action: Action,
        extra: Vec<Write>,
    ) -> Result<Saved, Fault> {
        let hlc = open.tick(self.now());
        let changes = resources.iter().map(|r| Change::create(r, hlc)).collect();
        self.write(open, vec![Decision { patient, changes }], vec![Act::on(action, patient)], extra).await
    }

    /// Sets the status that says "entered in error" for the type, and keeps the reason.
    pub(super) async fn mark_error(
        &self,
        open: &Rc<Open>,
        patient: PatientId,
        resource_type: &str,
        id: &str,
        reason: &str,
    ) -> Result<Saved, Fault> {
        let name = ResourceRef::new(resource_type, id);
        let state = self.state(open, &patient).await?;
        let change = {
            let standing = state.get(&name).ok_or(Fault::NotFound)?;
            let resource = standing.resource(&name).ok_or(Fault::NotFound)?;
            let values = entered_in_error(&resource, reason).map_err(|fault| match fault {
                CorrectionFault::NoReason => Fault::Fields {
                    problems: vec![FieldProblem {
                        field: "reason".into(),
                        message: "field-required".into(),
                        blocking: true,
                    }],
                },
                CorrectionFault::NoSuchStatus => Fault::NotAllowed,
            })?;
            Change { resource: name, hlc: open.tick(self.now()), ops: standing.assign(&values), schema: SCHEMA }
        };
        let act = Act::on(Action::MarkedError, patient).note(resource_type);
        let mut saved = self.write(open, vec![Decision { patient, changes: vec![change] }], vec![act], vec![]).await?;
        saved.id = id.to_owned();
        Ok(saved)
    }

    pub(super) async fn search_diagnosis(&self, query: &str, limit: u32) -> Result<Vec<CodeHit>, Fault> {
        let loaded = self.codes.borrow().clone();
        let codes = match loaded {
            Some(codes) => codes,
            None => {
                let missing = || Fault::Refused { detail: "the list of diagnoses is not on this device yet".into() };
                let bytes = self.port.asset("icd10.tsv").await.ok_or_else(missing)?;
                let text = String::from_utf8(bytes).map_err(|_| Fault::damaged("the list of diagnoses"))?;
                let codes = Rc::new(CodeIndex::load(&text));
                *self.codes.borrow_mut() = Some(codes.clone());
                codes
            }
        };
        Ok(codes.search(query, limit as usize))
    }
}

fn birth_date(patient: &Resource) -> Option<PartialDate> {
    patient.get("birthDate").and_then(RawJson::as_text).and_then(|text| PartialDate::parse(&text))
}
