//! Writing: changes are sorted by compartment, packed, sealed under the patient's key, numbered and signed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use futures::future::join_all;

use crate::base::{Hlc, PatientId};
use crate::crypto::Compartment;
use crate::crypto::bulk::{BundleId, derive_bundle_seal, make_bundle_id};
use crate::crypto::ledger::{self, make_patient_key};
use crate::port::{BulkAead, Port, Write};
use crate::record::accept::acceptable;
use crate::record::bundle::{self, BATCH_MAX, Lane, ReadyBody, VERSION, body_hash, header_hash, sign_batch, to_cbor};
use crate::record::{Change, Header, SignedHeader};
use crate::sync::Head;

use super::commit::Commit;
use super::segment::Bundle;
use super::{Decision, Engine, Opened, Parcel, compartment_of};
use crate::engine::api::{Event, Fault, Saved};
use crate::engine::audit::Act;
use crate::engine::open::{HeldKey, Open};

/// Bodies that are sealed side by side: each waits for the browser's cipher.
const TOGETHER: usize = 32;

/// A body packed for its key.
struct PackedBody {
    patient: PatientId,
    key: HeldKey,
    count: u32,
    hlc: Hlc,
    /// For folding what is seen at once; of an import, nothing.
    changes: Vec<Change>,
    packed: Vec<u8>,
}

/// A body sealed and ready to be numbered and signed.
pub(in crate::engine) struct SealedBody {
    pub patient: PatientId,
    key: HeldKey,
    bundle: BundleId,
    count: u32,
    hlc: Hlc,
    changes: Vec<Change>,
    sealed: Vec<u8>,
}

impl<P: Port> Engine<P> {
    /// Seals changes into bodies, making patient keys where there are none. Writes nothing.
    pub(in crate::engine) async fn seal(
        &self,
        open: &Open,
        decisions: Vec<Decision>,
    ) -> Result<Vec<SealedBody>, Fault> {
        let mut sealed = Vec::new();
        let mut packed = Vec::new();
        for decision in decisions {
            let mut held = self.patient_keys(open, &decision.patient).await?;
            packed.extend(self.pack(open, decision, &mut held)?);
            if packed.len() >= TOGETHER {
                sealed.extend(self.seal_packed(open, std::mem::take(&mut packed)).await?);
                self.port.yield_now().await;
            }
        }
        sealed.extend(self.seal_packed(open, packed).await?);
        Ok(sealed)
    }

    /// The same for an import. Nobody looks for the keys of patients who are new: a second key beside a first does no
    /// harm, and a hundred thousand reads would. `met` holds the keys of those of the last call, who may come again.
    pub(super) async fn seal_new(
        &self,
        open: &Open,
        parcels: Vec<Parcel>,
        met: &mut HashMap<PatientId, Vec<HeldKey>>,
    ) -> Result<Vec<SealedBody>, Fault> {
        let (mut sealed, mut packed) = (Vec::new(), Vec::new());
        let coming: HashSet<PatientId> = parcels.iter().map(|parcel| parcel.patient).collect();
        met.retain(|patient, _| coming.contains(patient) || *patient == PatientId::ZERO);
        for parcel in parcels {
            let patient = parcel.patient;
            let known = patient == PatientId::ZERO || open.index.borrow().contains(&patient);
            if known && !met.contains_key(&patient) {
                met.insert(patient, self.patient_keys(open, &patient).await?);
            }
            packed.extend(self.with_keys(open, parcel, met.entry(patient).or_default())?);
            if packed.len() >= TOGETHER {
                sealed.extend(self.seal_packed(open, std::mem::take(&mut packed)).await?);
                self.port.yield_now().await;
            }
        }
        sealed.extend(self.seal_packed(open, packed).await?);
        Ok(sealed)
    }

    /// Packs what was decided about one patient. A key that is made joins those held.
    fn pack(&self, open: &Open, decision: Decision, held: &mut Vec<HeldKey>) -> Result<Vec<PackedBody>, Fault> {
        let patient = decision.patient;
        let mut by_compartment: BTreeMap<Compartment, Vec<Change>> = BTreeMap::new();
        for change in decision.changes {
            // What others would not take is not written here either, or the devices would differ for ever.
            acceptable(&change, &open.device, u64::MAX)
                .map_err(|why| Fault::Refused { detail: format!("{}: {why}", change.resource.resource_type) })?;
            let compartment = compartment_of(&change.resource.resource_type, &patient);
            by_compartment.entry(compartment).or_default().push(change);
        }
        let mut out = Vec::new();
        for (compartment, changes) in by_compartment {
            let key = self.key_for(open, patient, compartment, held)?;
            let bodies = bundle::split(changes)
                .map_err(|(fault, name)| Fault::Refused { detail: format!("{}: {fault}", name.resource_type) })?;
            let with_key = |(body, packed): bundle::Packed| PackedBody {
                patient,
                key: key.clone(),
                count: body.changes.len() as u32,
                hlc: body.changes.iter().map(|change| change.hlc).max().unwrap_or_default(),
                changes: body.changes,
                packed,
            };
            out.extend(bodies.into_iter().map(with_key));
        }
        Ok(out)
    }

    /// The same of what an import brings, packed already.
    fn with_keys(&self, open: &Open, parcel: Parcel, held: &mut Vec<HeldKey>) -> Result<Vec<PackedBody>, Fault> {
        let Parcel { patient, bodies } = parcel;
        let mut out = Vec::with_capacity(bodies.len());
        for (compartment, ReadyBody { packed, count, hlc }) in bodies {
            let key = self.key_for(open, patient, compartment, held)?;
            out.push(PackedBody { patient, key, count, hlc, changes: Vec::new(), packed });
        }
        Ok(out)
    }

    fn key_for(
        &self,
        open: &Open,
        patient: PatientId,
        compartment: Compartment,
        held: &mut Vec<HeldKey>,
    ) -> Result<HeldKey, Fault> {
        let current = open.compartment_key(compartment).ok_or(Fault::NotAllowed)?;
        let of_now = held.iter().filter(|k| k.compartment == compartment && k.epoch == current.epoch);
        if let Some(known) = of_now.min_by_key(|k| k.key.id) {
            return Ok(known.clone());
        }
        let mut fill = self.fill();
        let key = make_patient_key(&mut fill);
        let entry = ledger::wrap(open.clinic, current, patient, &key, &mut fill)?;
        let made = HeldKey { compartment, epoch: current.epoch, key, ledger: entry.to_bytes()? };
        held.push(made.clone());
        Ok(made)
    }

    async fn seal_packed(&self, open: &Open, packed: Vec<PackedBody>) -> Result<Vec<SealedBody>, Fault> {
        let mut out = Vec::with_capacity(packed.len());
        let mut rest = packed.into_iter();
        loop {
            let sealed = join_all(rest.by_ref().take(TOGETHER).map(|body| self.seal_body(open, body))).await;
            if sealed.is_empty() {
                return Ok(out);
            }
            for body in sealed {
                out.push(body?);
            }
        }
    }

    async fn seal_body(&self, open: &Open, body: PackedBody) -> Result<SealedBody, Fault> {
        let PackedBody { patient, key, count, hlc, changes, packed } = body;
        let bundle = make_bundle_id(&mut self.fill());
        let seal = derive_bundle_seal(open.clinic, key.compartment, key.epoch, patient, &key.key, &bundle);
        let sealed = self.port.aead().seal(seal.key.as_bytes(), &seal.nonce, &seal.aad, &packed).await?;
        Ok(SealedBody { patient, key, bundle, count, hlc, changes, sealed })
    }

    /// Decide → seal → one strict transaction → fold → tell. The short way for everything a person does.
    pub(in crate::engine) async fn write(
        &self,
        open: &Rc<Open>,
        decisions: Vec<Decision>,
        acts: Vec<Act>,
        extra: Vec<Write>,
    ) -> Result<Saved, Fault> {
        let sealed = self.seal(open, decisions).await?;
        self.append(open, sealed, acts, extra).await
    }

    /// Numbers, signs and commits sealed bodies of this device's own changes.
    pub(in crate::engine) async fn append(
        &self,
        open: &Rc<Open>,
        bodies: Vec<SealedBody>,
        acts: Vec<Act>,
        extra: Vec<Write>,
    ) -> Result<Saved, Fault> {
        let _turn = self.writer.lock().await;
        let now = self.port.clock().now();
        let mut commit = Commit { acts, writes: extra, ..Commit::default() };
        commit.keys = bodies.iter().map(|body| (body.patient, body.key.clone())).collect();
        let mut head = open.own_head();
        let mut bundles = Vec::with_capacity(bodies.len());
        for (bundle, changes) in self.number(open, bodies, &mut head, None).await {
            commit.opened.push(Opened { header: bundle.header.clone(), changes });
            bundles.push(bundle);
        }
        commit.heads.extend((!bundles.is_empty()).then_some(head));
        commit.writes.extend(self.bundle_writes(open, bundles, vec![], None).await?);
        let patients = self.commit(open, commit, now).await?;
        if !patients.is_empty() {
            self.emit(&Event::Changed { patients: patients.iter().map(PatientId::hex).collect(), remote: false });
        }
        Ok(Saved { at: now.0, id: String::new() })
    }

    /// Gives bodies their numbers and signatures in the chain that the head ends, and moves the head on to the last.
    pub(super) async fn number(
        &self,
        open: &Open,
        bodies: Vec<SealedBody>,
        head: &mut Head,
        lane: Option<Lane>,
    ) -> Vec<(Bundle, Vec<Change>)> {
        let mut headers = Vec::with_capacity(bodies.len());
        for body in &bodies {
            let header = Header {
                version: VERSION,
                author: head.author,
                first_seq: head.seq + 1,
                count: body.count,
                prev: head.hash,
                control_head: open.session_cert,
                hlc: body.hlc,
                patient: body.patient,
                compartment: body.key.compartment.code(),
                epoch: body.key.epoch,
                key_id: body.key.key.id,
                bundle: body.bundle.into(),
                body_hash: body_hash(&body.sealed),
                lane,
            };
            let bytes = to_cbor(&header);
            *head = Head { author: head.author, seq: header.last_seq(), hash: header_hash(&bytes) };
            headers.push((header, bytes));
        }
        let mut signed = Vec::with_capacity(headers.len());
        for batch in headers.chunks(BATCH_MAX) {
            if !signed.is_empty() {
                self.port.yield_now().await;
            }
            signed.extend(sign_batch(&open.session, batch.iter().map(|(_, bytes)| bytes.clone()).collect()));
        }
        let numbered = headers.into_iter().zip(signed).zip(bodies);
        let bundle = |(((header, _), signed), body): (((Header, Vec<u8>), SignedHeader), SealedBody)| {
            (Bundle { header, signed, body: body.sealed, ledger: body.key.ledger }, body.changes)
        };
        numbered.map(bundle).collect()
    }
}
