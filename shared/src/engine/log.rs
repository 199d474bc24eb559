//! The log: sealing and signing what was decided, one transaction for record, change and audit, and folding it back.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::future::join_all;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::base::{DeviceId, Hash, PatientId, Timestamp};
use crate::clinic::search::IndexEntry;
use crate::crypto::bulk::{derive_bundle_seal, make_bundle_id};
use crate::crypto::ledger::{self, LedgerEntry, make_patient_key};
use crate::crypto::{Compartment, Domain, Key32, Signature};
use crate::fhir::resource::Resource;
use crate::port::{BulkAead, Port, Space, Store, Write, prefix_end};
use crate::record::bundle::{self, Body, VERSION, body_hash, to_cbor};
use crate::record::{Change, Header, Packet, PatientState, ResourceRef, SignedHeader};
use crate::sync::{Advance, Head};

use super::Engine;
use super::api::{Event, Fault, Saved};
use super::audit::Act;
use super::open::{HeldKey, Open};

/// What somebody decided about one patient.
#[derive(Debug)]
pub(super) struct Decision {
    /// `PatientId::ZERO` for the clinic's commons.
    pub patient: PatientId,
    pub changes: Vec<Change>,
}

/// A body sealed and ready to be numbered and signed.
pub(super) struct SealedBody {
    pub patient: PatientId,
    compartment: Compartment,
    epoch: u32,
    key_id: crate::base::KeyId,
    bundle: [u8; 16],
    changes: Vec<Change>,
    sealed: Vec<u8>,
    /// A patient key made for this bundle, to be stored with it.
    new_key: Option<HeldKey>,
}

/// One row of the log: the header sealed again for this device, and the body as every device stores it.
#[derive(Encode, Decode)]
pub(super) struct LogRow {
    #[n(0)]
    header: ByteVec,
    #[n(1)]
    pub body: ByteVec,
}

/// A bundle opened from a row or a packet.
pub(super) struct Opened {
    pub header: Header,
    pub changes: Vec<Change>,
}

/// Which compartment a resource type belongs to.
pub(super) fn compartment_of(resource_type: &str, patient: &PatientId) -> Compartment {
    if *patient == PatientId::ZERO {
        return Compartment::Registry;
    }
    match resource_type {
        "Patient" | "RelatedPerson" | "Appointment" | "AppointmentResponse" | "Person" => Compartment::Registry,
        "Account"
        | "ChargeItem"
        | "Claim"
        | "ClaimResponse"
        | "Coverage"
        | "ExplanationOfBenefit"
        | "Invoice"
        | "PaymentNotice" => Compartment::Billing,
        "Consent" | "AuditEvent" => Compartment::Governance,
        _ => Compartment::Clinical,
    }
}

fn log_key(open: &Open, patient: &PatientId, bundle: &[u8; 16]) -> Vec<u8> {
    [open.keys.row_key(patient).as_slice(), bundle].concat()
}

fn chain_key(open: &Open, author: &DeviceId, last_seq: u64) -> Vec<u8> {
    [open.keys.row_hash("author", author.as_bytes()).as_slice(), &last_seq.to_be_bytes()].concat()
}

fn head_key(open: &Open, author: &DeviceId) -> Vec<u8> {
    [b"head/".as_slice(), &open.keys.row_hash("author", author.as_bytes())].concat()
}

const CONFLICTS_KEY: &[u8] = b"conflicts";

impl<P: Port> Engine<P> {
    /// Seals a small row for this device. `space` and `key` are bound into it.
    pub(super) fn seal_row(
        &self,
        open: &Open,
        key: &Key32,
        space: Space,
        row: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, Fault> {
        let mut fill = self.fill();
        crate::crypto::envelope::seal(key, &open.row_context(space.name(), row), plain, &mut fill).map_err(Fault::from)
    }

    pub(super) fn open_row(
        &self,
        open: &Open,
        key: &Key32,
        space: Space,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, Fault> {
        let plain =
            crate::crypto::envelope::open(key, &open.row_context(space.name(), row), sealed).map_err(Fault::from)?;
        Ok(plain.into_vec())
    }

    /// The patient's keys, from memory or from the ledger.
    pub(super) async fn patient_keys(&self, open: &Open, patient: &PatientId) -> Result<Vec<HeldKey>, Fault> {
        if let Some(keys) = open.patient_keys.borrow().get(patient) {
            return Ok(keys.clone());
        }
        let prefix = open.keys.row_key(patient);
        let rows = self.port.store().range(Space::Keys, &prefix, prefix_end(&prefix).as_deref(), None).await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let entry = self.open_row(open, &open.keys.config, Space::Keys, &row.key, &row.value)?;
            keys.extend(self.unwrap_ledger(open, &entry));
        }
        open.patient_keys.borrow_mut().insert(*patient, keys.clone());
        Ok(keys)
    }

    pub(super) fn unwrap_ledger(&self, open: &Open, bytes: &[u8]) -> Option<HeldKey> {
        let entry = LedgerEntry::parse(bytes).ok()?;
        let compartment = open.bundle.compartment_key(entry.compartment, entry.epoch)?;
        let key = ledger::unwrap(open.clinic, compartment, &entry).ok()?;
        Some(HeldKey { compartment: entry.compartment, epoch: entry.epoch, key, ledger: bytes.to_vec() })
    }

    /// Seals changes into bodies, making patient keys where there are none. Writes nothing.
    pub(super) async fn seal(&self, open: &Open, decisions: Vec<Decision>) -> Result<Vec<SealedBody>, Fault> {
        let mut out = Vec::new();
        for decision in decisions {
            let held = self.patient_keys(open, &decision.patient).await?;
            let mut by_compartment: BTreeMap<Compartment, Vec<Change>> = BTreeMap::new();
            for change in decision.changes {
                let compartment = compartment_of(&change.resource.resource_type, &decision.patient);
                by_compartment.entry(compartment).or_default().push(change);
            }
            for (compartment, changes) in by_compartment {
                let current = open.compartment_key(compartment).ok_or(Fault::NotAllowed)?;
                let known = held
                    .iter()
                    .filter(|k| k.compartment == compartment && k.epoch == current.epoch)
                    .min_by_key(|k| k.key.id);
                let (key, mut new_key) = match known {
                    Some(held) => (held.clone(), None),
                    None => {
                        let mut fill = self.fill();
                        let key = make_patient_key(&mut fill);
                        let entry = ledger::wrap(open.clinic, current, decision.patient, &key, &mut fill)?;
                        let made = HeldKey { compartment, epoch: current.epoch, key, ledger: entry.to_bytes()? };
                        (made.clone(), Some(made))
                    }
                };
                let bodies = bundle::split(changes)
                    .map_err(|(fault, name)| Fault::Refused { detail: format!("{}: {fault}", name.resource_type) })?;
                for (body, packed) in bodies {
                    let bundle = make_bundle_id(&mut self.fill());
                    let seal =
                        derive_bundle_seal(open.clinic, compartment, key.epoch, decision.patient, &key.key, &bundle);
                    let sealed = self.port.aead().seal(seal.key.as_bytes(), &seal.nonce, &seal.aad, &packed).await?;
                    out.push(SealedBody {
                        patient: decision.patient,
                        compartment,
                        epoch: key.epoch,
                        key_id: key.key.id,
                        bundle,
                        changes: body.changes,
                        sealed,
                        new_key: new_key.take(),
                    });
                }
            }
        }
        Ok(out)
    }

    /// Decide → seal → one strict transaction → fold → tell. The short way for everything a person does.
    pub(super) async fn write(
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
    pub(super) async fn append(
        &self,
        open: &Rc<Open>,
        bodies: Vec<SealedBody>,
        acts: Vec<Act>,
        mut extra: Vec<Write>,
    ) -> Result<Saved, Fault> {
        let _turn = self.writer.lock().await;
        let now = self.port.clock().now();
        let mut head = open.own_head();
        let mut opened = Vec::with_capacity(bodies.len());
        let mut fresh_keys = Vec::new();
        for (count, body) in bodies.into_iter().enumerate() {
            if count % 64 == 63 {
                self.port.yield_now().await;
            }
            let header = Header {
                version: VERSION,
                author: open.device,
                first_seq: head.seq + 1,
                count: body.changes.len() as u32,
                prev: head.hash,
                control_head: open.session_cert,
                hlc: body.changes.iter().map(|c| c.hlc).max().unwrap_or_default(),
                patient: body.patient,
                compartment: body.compartment.code(),
                epoch: body.epoch,
                key_id: body.key_id,
                bundle: body.bundle.into(),
                body_hash: body_hash(&body.sealed),
            };
            let bytes = to_cbor(&header);
            let signature = open.session.sign(Domain::BundleHeader, &bytes);
            let signed = SignedHeader { bytes: bytes.into(), signature: signature.0.into() };
            head = Head { author: open.device, seq: header.last_seq(), hash: signed.hash() };
            self.bundle_writes(open, &header, &signed, body.sealed, &mut extra)?;
            if let Some(key) = body.new_key {
                fresh_keys.push((body.patient, key));
            }
            opened.push(Opened { header, changes: body.changes });
        }
        let heads = if opened.is_empty() { vec![] } else { vec![head] };
        let patients = self.commit(open, opened, heads, fresh_keys, &acts, extra, now).await?;
        if !patients.is_empty() {
            self.emit(&Event::Changed { patients: patients.iter().map(PatientId::hex).collect(), remote: false });
        }
        Ok(Saved { at: now.0, id: String::new() })
    }

    fn bundle_writes(
        &self,
        open: &Open,
        header: &Header,
        signed: &SignedHeader,
        body: Vec<u8>,
        writes: &mut Vec<Write>,
    ) -> Result<(), Fault> {
        let key = log_key(open, &header.patient, &header.bundle);
        let sealed_header = self.seal_row(open, &open.keys.log_header, Space::Log, &key, &to_cbor(signed))?;
        writes.push(Write::put(
            Space::Log,
            key.clone(),
            to_cbor(&LogRow { header: sealed_header.into(), body: body.into() }),
        ));
        writes.push(Write::put(Space::Chain, chain_key(open, &header.author, header.last_seq()), key));
        Ok(())
    }

    /// The one place where anything of the record reaches the disk. The caller holds the writer's turn.
    /// Memory is brought up to date first and taken back when the disk refuses.
    #[allow(clippy::too_many_arguments)]
    async fn commit(
        &self,
        open: &Rc<Open>,
        opened: Vec<Opened>,
        heads: Vec<Head>,
        fresh_keys: Vec<(PatientId, HeldKey)>,
        acts: &[Act],
        mut writes: Vec<Write>,
        now: Timestamp,
    ) -> Result<Vec<PatientId>, Fault> {
        for (patient, key) in &fresh_keys {
            let row = [open.keys.row_key(patient).as_slice(), key.key.id.as_bytes()].concat();
            // Sealed once more: the entry names the patient's pseudonym.
            let sealed = self.seal_row(open, &open.keys.config, Space::Keys, &row, &key.ledger)?;
            writes.push(Write::put(Space::Keys, row, sealed));
        }
        for head in &heads {
            let key = head_key(open, &head.author);
            let sealed = self.seal_row(open, &open.keys.config, Space::Meta, &key, &to_cbor(head))?;
            writes.push(Write::put(Space::Meta, key, sealed));
        }
        let (audit, audit_head) = self.audit_writes(open, acts, now)?;
        writes.extend(audit);

        // Fold into memory.
        let mut by_patient: BTreeMap<PatientId, Vec<&Opened>> = BTreeMap::new();
        for bundle in &opened {
            by_patient.entry(bundle.header.patient).or_default().push(bundle);
        }
        let mut entries: Vec<(PatientId, IndexEntry)> = Vec::new();
        let mut waiting: BTreeMap<PatientId, u32> = BTreeMap::new();
        let mut states = Vec::new();
        for (patient, bundles) in &by_patient {
            let state = self.state(open, patient).await?;
            let mut register = !open.index.borrow().contains(patient);
            {
                let mut state = state.borrow_mut();
                for bundle in bundles {
                    for (i, change) in bundle.changes.iter().enumerate() {
                        register |= matches!(change.resource.resource_type.as_str(), "Patient" | "Encounter");
                        state.apply(
                            bundle.header.author,
                            bundle.header.first_seq + i as u64,
                            bundle.header.control_head,
                            change,
                        );
                    }
                }
                waiting.insert(*patient, state.waiting() as u32);
                if register
                    && *patient != PatientId::ZERO
                    && let Some(entry) = index_entry(&state)
                {
                    entries.push((*patient, entry));
                }
            }
            states.push((*patient, state));
        }
        let before: Vec<(PatientId, Option<IndexEntry>)> = {
            let index = open.index.borrow();
            entries.iter().map(|(p, _)| (*p, index.search.entry(*p).cloned())).collect()
        };
        let dirty = open.index.borrow_mut().upsert(entries);
        let outcome = async {
            for row in dirty {
                let key = super::index::PatientIndex::key(row);
                let plain = open.index.borrow().encode(row);
                let sealed = self.seal_row(open, &open.keys.index, Space::Index, &key, &plain)?;
                writes.push(Write::put(Space::Index, key, sealed));
            }
            let conflicts = self.conflict_write(open, &waiting)?;
            writes.extend(conflicts);
            self.port.store().commit(writes).await.map_err(Fault::from)
        }
        .await;
        if let Err(fault) = outcome {
            open.index.borrow_mut().undo(before);
            for patient in by_patient.keys() {
                open.states.borrow_mut().forget(patient);
            }
            return Err(fault);
        }

        for head in &heads {
            open.heads.borrow_mut().insert(head.author, *head);
        }
        for bundle in &opened {
            open.hlc.set(open.hlc.get().witness(bundle.header.hlc, now));
        }
        for (patient, key) in fresh_keys {
            if let Some(keys) = open.patient_keys.borrow_mut().get_mut(&patient)
                && !keys.iter().any(|k| k.key.id == key.key.id)
            {
                keys.push(key);
            }
        }
        *open.audit.borrow_mut() = audit_head;
        {
            let mut conflicts = open.conflicts.borrow_mut();
            for (patient, count) in waiting {
                if count == 0 {
                    conflicts.remove(&patient)
                } else {
                    conflicts.insert(patient, count)
                };
            }
        }
        let mut kept = open.states.borrow_mut();
        for (patient, state) in states {
            kept.bump(patient);
            kept.keep(patient, state);
        }
        drop(kept);
        self.committed(Advance { heads, control: vec![], forked: vec![] });
        Ok(by_patient.into_keys().collect())
    }

    fn conflict_write(&self, open: &Open, waiting: &BTreeMap<PatientId, u32>) -> Result<Option<Write>, Fault> {
        let mut all = open.conflicts.borrow().clone();
        for (patient, count) in waiting {
            if *count == 0 {
                all.remove(patient)
            } else {
                all.insert(*patient, *count)
            };
        }
        if all == *open.conflicts.borrow() {
            return Ok(None);
        }
        let list: Vec<(PatientId, u32)> = all.into_iter().collect();
        let sealed = self.seal_row(open, &open.keys.config, Space::Meta, CONFLICTS_KEY, &to_cbor(&list))?;
        Ok(Some(Write::put(Space::Meta, CONFLICTS_KEY, sealed)))
    }

    pub(super) async fn load_conflicts(&self, open: &Open) -> Result<BTreeMap<PatientId, u32>, Fault> {
        let Some(sealed) = self.port.store().get(Space::Meta, CONFLICTS_KEY).await? else { return Ok(BTreeMap::new()) };
        let plain = self.open_row(open, &open.keys.config, Space::Meta, CONFLICTS_KEY, &sealed)?;
        let list: Vec<(PatientId, u32)> =
            minicbor::decode(&plain).map_err(|_| Fault::damaged("the list of conflicts"))?;
        Ok(list.into_iter().collect())
    }

    pub(super) async fn load_heads(&self, open: &Open) -> Result<BTreeMap<DeviceId, Head>, Fault> {
        let prefix = b"head/";
        let rows = self.port.store().range(Space::Meta, prefix, prefix_end(prefix).as_deref(), None).await?;
        let mut heads = BTreeMap::new();
        for row in rows {
            let plain = self.open_row(open, &open.keys.config, Space::Meta, &row.key, &row.value)?;
            let head: Head = minicbor::decode(&plain).map_err(|_| Fault::damaged("the end of a log"))?;
            heads.insert(head.author, head);
        }
        Ok(heads)
    }

    /// What is known of a patient: one range read and one batch of decryption, or from memory.
    pub(super) async fn state(&self, open: &Open, patient: &PatientId) -> Result<Rc<RefCell<PatientState>>, Fault> {
        loop {
            let version = {
                let mut states = open.states.borrow_mut();
                if let Some(state) = states.get(patient) {
                    return Ok(state);
                }
                states.version(patient)
            };
            let state = Rc::new(RefCell::new(self.load_state(open, patient).await?));
            let mut states = open.states.borrow_mut();
            // A commit came between: what was read may be old by now.
            if states.version(patient) == version {
                if let Some(newer) = states.get(patient) {
                    return Ok(newer);
                }
                states.keep(*patient, state.clone());
                return Ok(state);
            }
        }
    }

    async fn load_state(&self, open: &Open, patient: &PatientId) -> Result<PatientState, Fault> {
        let prefix = open.keys.row_key(patient);
        let rows = self.port.store().range(Space::Log, &prefix, prefix_end(&prefix).as_deref(), None).await?;
        let mut state = PatientState::default();
        if rows.is_empty() {
            return Ok(state);
        }
        let keys = self.patient_keys(open, patient).await?;
        let bundles = join_all(rows.iter().map(|row| self.open_log_row(open, &keys, &row.key, &row.value))).await;
        for bundle in bundles {
            let bundle = bundle?;
            for (i, change) in bundle.changes.iter().enumerate() {
                state.apply(
                    bundle.header.author,
                    bundle.header.first_seq + i as u64,
                    bundle.header.control_head,
                    change,
                );
            }
        }
        Ok(state)
    }

    async fn open_log_row(&self, open: &Open, keys: &[HeldKey], key: &[u8], value: &[u8]) -> Result<Opened, Fault> {
        let (signed, body) = self.split_log_row(open, key, value)?;
        let header = signed.header().map_err(|_| Fault::damaged("a bundle's header"))?;
        self.open_body(open, keys, &header, &body).await
    }

    fn split_log_row(&self, open: &Open, key: &[u8], value: &[u8]) -> Result<(SignedHeader, ByteVec), Fault> {
        let row: LogRow = minicbor::decode(value).map_err(|_| Fault::damaged("a row of the log"))?;
        let plain = self.open_row(open, &open.keys.log_header, Space::Log, key, &row.header)?;
        let signed: SignedHeader = minicbor::decode(&plain).map_err(|_| Fault::damaged("a bundle's header"))?;
        Ok((signed, row.body))
    }

    pub(super) async fn open_body(
        &self,
        open: &Open,
        keys: &[HeldKey],
        header: &Header,
        body: &[u8],
    ) -> Result<Opened, Fault> {
        let held = keys
            .iter()
            .find(|k| k.key.id == header.key_id)
            .ok_or_else(|| Fault::damaged("a patient's key is missing"))?;
        let compartment =
            Compartment::from_code(header.compartment).ok_or_else(|| Fault::damaged("an unknown compartment"))?;
        let seal =
            derive_bundle_seal(open.clinic, compartment, header.epoch, header.patient, &held.key, &header.bundle);
        let plain = self.port.aead().open(seal.key.as_bytes(), &seal.nonce, &seal.aad, body).await?;
        let body = Body::unpack(&plain).map_err(|_| Fault::damaged("a bundle's body"))?;
        if body.changes.len() != header.count as usize {
            return Err(Fault::damaged("a bundle's body does not match its header"));
        }
        Ok(Opened { header: header.clone(), changes: body.changes })
    }

    /// Whole bundles of one author after `after`, as packets to send; and whether none is left.
    pub(super) async fn read_log(
        &self,
        open: &Open,
        author: &DeviceId,
        after: u64,
        max_bytes: u64,
    ) -> Result<(Vec<(u64, Vec<u8>)>, bool), Fault> {
        let from = chain_key(open, author, after.saturating_add(1));
        let to = chain_key(open, author, u64::MAX);
        const PAGE: u32 = 32;
        let rows = self.port.store().range(Space::Chain, &from, Some(&to), Some(PAGE)).await?;
        let mut done = rows.len() < PAGE as usize;
        let keys: Vec<Vec<u8>> = rows.iter().map(|row| row.value.clone()).collect();
        let values = self.port.store().get_many(Space::Log, &keys).await?;
        let mut items = Vec::new();
        let mut size = 0u64;
        for (key, value) in keys.iter().zip(values) {
            let value = value.ok_or_else(|| Fault::damaged("a bundle that the chain names is missing"))?;
            let (signed, body) = self.split_log_row(open, key, &value)?;
            let header = signed.header().map_err(|_| Fault::damaged("a bundle's header"))?;
            let ledger = self
                .patient_keys(open, &header.patient)
                .await?
                .into_iter()
                .find(|k| k.key.id == header.key_id)
                .map(|k| k.ledger)
                .ok_or_else(|| Fault::damaged("a patient's key is missing"))?;
            let bytes = Packet { signed, body, ledger: ledger.into() }.encode();
            if !items.is_empty() && size + bytes.len() as u64 > max_bytes {
                done = false;
                break;
            }
            size += bytes.len() as u64;
            items.push((header.last_seq(), bytes));
        }
        Ok((items, done))
    }

    /// Verifies, merges and commits bundles that a peer sent. Signature → chain → certificate and role → schema →
    /// apply; what cannot be accepted for good is quarantined with its reason, never dropped.
    pub(super) async fn receive(&self, open: &Rc<Open>, packets: Vec<Vec<u8>>) -> Result<Advance, Fault> {
        let _turn = self.writer.lock().await;
        let now = self.port.clock().now();
        let mut heads: BTreeMap<DeviceId, Head> = BTreeMap::new();
        let mut forked = BTreeSet::new();
        let mut writes = Vec::new();
        let mut accepted: Vec<(Header, Vec<u8>)> = Vec::new();
        let mut fresh_keys: Vec<(PatientId, HeldKey)> = Vec::new();
        let mut refused = 0u32;
        for bytes in packets {
            let Ok(packet) = Packet::decode(&bytes) else {
                refused += 1;
                continue;
            };
            let Ok(header) = packet.signed.header() else {
                refused += 1;
                continue;
            };
            let at = heads.get(&header.author).copied().or_else(|| open.heads.borrow().get(&header.author).copied());
            let at = at.unwrap_or(Head { author: header.author, seq: 0, hash: Hash::ZERO });
            if header.last_seq() <= at.seq {
                continue;
            }
            if header.author == open.device || forked.contains(&header.author) {
                continue;
            }
            let authority = open.control.borrow().verify_chain(&header.control_head);
            let genuine = authority.as_ref().is_ok_and(|a| {
                a.device == header.author
                    && a.session_key
                        .verify(Domain::BundleHeader, &packet.signed.bytes, &Signature(*packet.signed.signature))
                        .is_ok()
            }) && body_hash(&packet.body) == header.body_hash;
            if !genuine {
                // Nobody vouches for it: it moves no chain, and counts as refused.
                self.quarantine(open, &bytes, "the signature or its certificate does not verify", &mut writes)?;
                refused += 1;
                forked.insert(header.author);
                continue;
            }
            if header.first_seq != at.seq + 1 || header.prev != at.hash {
                self.quarantine(open, &bytes, "the bundle does not follow the last one of its author", &mut writes)?;
                refused += 1;
                forked.insert(header.author);
                continue;
            }
            heads.insert(
                header.author,
                Head { author: header.author, seq: header.last_seq(), hash: packet.signed.hash() },
            );
            self.bundle_writes(open, &header, &packet.signed, packet.body.to_vec(), &mut writes)?;
            if let Some(held) = self.unwrap_ledger(open, &packet.ledger) {
                let known = self.patient_keys(open, &header.patient).await?;
                let listed =
                    known.iter().chain(fresh_keys.iter().filter(|(p, _)| *p == header.patient).map(|(_, k)| k));
                if !listed.into_iter().any(|k| k.key.id == held.key.id) {
                    fresh_keys.push((header.patient, held));
                }
            }
            accepted.push((header, packet.body.to_vec()));
        }
        let mut keys_of: BTreeMap<PatientId, Vec<HeldKey>> = BTreeMap::new();
        for (header, _) in &accepted {
            if !keys_of.contains_key(&header.patient) {
                let mut keys = self.patient_keys(open, &header.patient).await?;
                keys.extend(fresh_keys.iter().filter(|(p, _)| *p == header.patient).map(|(_, k)| k.clone()));
                keys_of.insert(header.patient, keys);
            }
        }
        let none = Vec::new();
        let bodies =
            join_all(accepted.iter().map(|(header, body)| {
                self.open_body(open, keys_of.get(&header.patient).unwrap_or(&none), header, body)
            }))
            .await;
        let mut opened = Vec::with_capacity(bodies.len());
        for ((header, body), outcome) in accepted.iter().zip(bodies) {
            match outcome.map_err(|f| f.to_string()).and_then(|bundle| acceptable(&bundle).map(|()| bundle)) {
                Ok(bundle) => opened.push(bundle),
                Err(why) => {
                    // The chain goes on; the content waits in quarantine, and the row stays out of the chart.
                    writes.retain(|w| {
                        !(w.space == Space::Log && w.key == log_key(open, &header.patient, &header.bundle))
                    });
                    self.quarantine(open, body, &why, &mut writes)?;
                    refused += 1;
                }
            }
        }
        let advance =
            Advance { heads: heads.values().copied().collect(), control: vec![], forked: forked.into_iter().collect() };
        let patients = self.commit(open, opened, advance.heads.clone(), fresh_keys, &[], writes, now).await?;
        open.quarantined.set(open.quarantined.get() + refused);
        if !patients.is_empty() {
            self.emit(&Event::Changed { patients: patients.iter().map(PatientId::hex).collect(), remote: true });
        }
        Ok(advance)
    }

    fn quarantine(&self, open: &Open, bytes: &[u8], why: &str, writes: &mut Vec<Write>) -> Result<(), Fault> {
        let key = body_hash(bytes).0[..16].to_vec();
        let plain = to_cbor(&(why, ByteVec::from(bytes.to_vec())));
        let sealed = self.seal_row(open, &open.keys.config, Space::Quarantine, &key, &plain)?;
        writes.push(Write::put(Space::Quarantine, key, sealed));
        Ok(())
    }
}

/// What every device checks of a stranger's changes before they count.
fn acceptable(bundle: &Opened) -> Result<(), String> {
    for change in &bundle.changes {
        let expected = compartment_of(&change.resource.resource_type, &bundle.header.patient);
        if expected.code() != bundle.header.compartment {
            return Err("a resource stands in the wrong compartment".into());
        }
        if !crate::fhir::refs::is_id(&change.resource.id) {
            return Err("a resource's id is malformed".into());
        }
        for op in &change.ops {
            if let Some(value) = &op.value
                && crate::fhir::resource::RawJson::parse(value).is_err()
            {
                return Err("an element's value is not JSON".into());
            }
        }
    }
    Ok(())
}

/// The row of the search index for what is known of a patient; `None` while the Patient resource is not there.
fn index_entry(state: &PatientState) -> Option<IndexEntry> {
    let (name, patient_state) = state.resources.iter().find(|(name, _)| name.resource_type == "Patient")?;
    let patient: Resource = patient_state.resource(name)?;
    let last_visit = state
        .resources
        .iter()
        .filter(|(name, _)| name.resource_type == "Encounter")
        .filter_map(|(_, encounter)| {
            let period = encounter.elements.get(&("period".to_owned(), None))?.shown()?.value.as_deref()?;
            let period: serde_json::Value = serde_json::from_str(period).ok()?;
            period.get("start").and_then(|s| s.as_str()).map(str::to_owned)
        })
        .max()
        .unwrap_or_default();
    Some(IndexEntry::from_resource(&patient, &last_visit, &name.id))
}

/// Where a patient's own resource stands, for finding the FHIR id again.
pub(super) fn patient_resource(state: &PatientState) -> Option<(ResourceRef, Resource)> {
    state
        .resources
        .iter()
        .find(|(n, _)| n.resource_type == "Patient")
        .and_then(|(n, s)| s.resource(n).map(|r| (n.clone(), r)))
}
