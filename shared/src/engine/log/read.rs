//! Reading: a patient's rows, the keys that stand in them, and what the bundles say folded into one state.

use std::rc::Rc;

use futures::future::join_all;

use crate::base::{PatientId, order};
use crate::crypto::Compartment;
use crate::crypto::bulk::derive_bundle_seal;
use crate::crypto::ledger::{self, LedgerEntry};
use crate::fhir::resource::Resource;
use crate::port::{BulkAead, Port, Space, Store, prefix_end};
use crate::record::{Header, PatientState, ResourceRef};

use super::segment::Segment;
use super::{Engine, Unfolded, Unsealed};
use crate::engine::api::Fault;
use crate::engine::open::{HeldKey, Known, Open};

impl<P: Port> Engine<P> {
    /// A patient's rows, without those of an import that is not finished.
    pub(in crate::engine) async fn segments(&self, open: &Open, patient: &PatientId) -> Result<Vec<Segment>, Fault> {
        let prefix = open.keys.row_key(patient);
        let mut rows = self.port.store().range(Space::Log, &prefix, prefix_end(&prefix).as_deref(), None).await?;
        rows.retain(|row| !open.is_staged(&row.key));
        rows.into_iter().map(|row| self.open_segment(open, &row.key, row.value)).collect()
    }

    /// The patient's keys, from memory or from the rows.
    pub(in crate::engine) async fn patient_keys(
        &self,
        open: &Open,
        patient: &PatientId,
    ) -> Result<Vec<HeldKey>, Fault> {
        loop {
            if let Some(keys) = open.patient_keys.borrow().get(patient) {
                return Ok(keys.clone());
            }
            let edition = open.keys_edition.get();
            let segments = self.segments(open, patient).await?;
            let keys = self.keys_within(open, patient, &segments).await?;
            // A commit came between: what was read may lack its keys.
            if open.keys_edition.get() == edition {
                open.keep_keys(*patient, keys.clone());
                return Ok(keys);
            }
        }
    }

    /// The keys beside the bundles of these rows. For rows of version 1 they stand in a store of their own.
    async fn keys_within(&self, open: &Open, patient: &PatientId, segments: &[Segment]) -> Result<Vec<HeldKey>, Fault> {
        let bundles = || segments.iter().flat_map(|segment| &segment.bundles);
        let mut entries: Vec<Vec<u8>> = bundles().filter_map(|bundle| Some(bundle.ledger.as_ref()?.to_vec())).collect();
        if bundles().any(|bundle| bundle.ledger.is_none()) {
            let prefix = open.keys.row_key(patient);
            let rows = self.port.store().range(Space::Keys, &prefix, prefix_end(&prefix).as_deref(), None).await?;
            for row in rows {
                entries.push(self.open_row(open, &open.keys.config, Space::Keys, &row.key, &row.value)?);
            }
        }
        order::sort(&mut entries);
        entries.dedup();
        Ok(entries.iter().filter_map(|entry| self.unwrap_ledger(open, entry)).collect())
    }

    /// The ledger entry of a bundle's key, where its row is of the first release.
    pub(in crate::engine) async fn ledger_apart(&self, open: &Open, header: &Header) -> Result<Vec<u8>, Fault> {
        let keys = self.patient_keys(open, &header.patient).await?;
        let held = keys.into_iter().find(|key| key.opens(header));
        Ok(held.ok_or_else(|| Fault::damaged("a patient's key is missing"))?.ledger)
    }

    pub(in crate::engine) fn unwrap_ledger(&self, open: &Open, bytes: &[u8]) -> Option<HeldKey> {
        let entry = LedgerEntry::parse(bytes).ok()?;
        let compartment = open.bundle.compartment_key(entry.compartment, entry.epoch)?;
        let key = ledger::unwrap(open.clinic, compartment, &entry).ok()?;
        Some(HeldKey { compartment: entry.compartment, epoch: entry.epoch, key, ledger: bytes.to_vec() })
    }

    /// What is known of a patient: one range read and one batch of decryption, or from memory.
    pub(in crate::engine) async fn known(&self, open: &Open, patient: &PatientId) -> Result<Known, Fault> {
        loop {
            let version = {
                let mut states = open.states.borrow_mut();
                if let Some(known) = states.get(patient) {
                    return Ok(known);
                }
                states.version(patient)
            };
            let known = Known::Unfolded(Rc::new(self.load(open, patient).await?));
            let mut states = open.states.borrow_mut();
            // A commit came between: what was read may be old by now.
            if states.version(patient) == version {
                if let Some(newer) = states.get(patient) {
                    return Ok(newer);
                }
                states.keep(*patient, known.clone());
                return Ok(known);
            }
        }
    }

    /// The same, folded; so it stays in memory.
    pub(in crate::engine) async fn state(&self, open: &Open, patient: &PatientId) -> Result<Rc<PatientState>, Fault> {
        let bundles = match self.known(open, patient).await? {
            Known::Folded(state) => return Ok(state),
            Known::Unfolded(bundles) => bundles,
        };
        let mut state = PatientState::default();
        for bundle in bundles.iter() {
            bundle.fold_into(&mut state)?;
        }
        let state = Rc::new(state);
        // Nothing was waited for since: it is what was kept.
        open.states.borrow_mut().keep(*patient, Known::Folded(state.clone()));
        Ok(state)
    }

    async fn load(&self, open: &Open, patient: &PatientId) -> Result<Vec<Unfolded>, Fault> {
        let edition = open.keys_edition.get();
        let segments = self.segments(open, patient).await?;
        if segments.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.keys_within(open, patient, &segments).await?;
        let opened = self.unseal_with(open, &keys, &segments).await;
        if open.keys_edition.get() == edition {
            open.keep_keys(*patient, keys);
        }
        opened?.into_iter().map(Unsealed::unwrapped).collect()
    }

    /// All that stands in rows of one patient, opened and still packed. Leaves nothing in memory.
    pub(in crate::engine) async fn unseal_all(&self, open: &Open, rows: &[Segment]) -> Result<Vec<Unsealed>, Fault> {
        let first = rows.iter().find_map(|segment| segment.bundles.first());
        let Some(patient) = first.map(|bundle| bundle.header.patient) else { return Ok(Vec::new()) };
        let keys = self.keys_within(open, &patient, rows).await?;
        self.unseal_with(open, &keys, rows).await
    }

    /// One batch of decryption.
    async fn unseal_with(&self, open: &Open, keys: &[HeldKey], rows: &[Segment]) -> Result<Vec<Unsealed>, Fault> {
        let bundles = rows.iter().flat_map(|segment| segment.bundles.iter().map(move |bundle| (segment, bundle)));
        let unsealed = bundles.map(|(segment, bundle)| self.unseal(open, keys, &bundle.header, segment.body(bundle)));
        join_all(unsealed).await.into_iter().collect()
    }

    async fn unseal(&self, open: &Open, keys: &[HeldKey], header: &Header, body: &[u8]) -> Result<Unsealed, Fault> {
        let held = keys.iter().find(|k| k.opens(header)).ok_or_else(|| Fault::damaged("a patient's key is missing"))?;
        let compartment =
            Compartment::from_code(header.compartment).ok_or_else(|| Fault::damaged("an unknown compartment"))?;
        let seal =
            derive_bundle_seal(open.clinic, compartment, header.epoch, header.patient, &held.key, &header.bundle);
        let body = self.port.aead().open(seal.key.as_bytes(), &seal.nonce, &seal.aad, body).await?;
        let Header { author, first_seq, control_head, count, .. } = *header;
        Ok(Unsealed { author, first_seq, control_head, count, body })
    }
}

/// Where a patient's own resource stands, for finding the FHIR id again.
pub(in crate::engine) fn patient_resource(state: &PatientState) -> Option<(ResourceRef, Resource)> {
    state
        .resources
        .iter()
        .find(|(n, _)| n.resource_type == "Patient")
        .and_then(|(n, s)| s.resource(n).map(|r| (n.clone(), r)))
}
