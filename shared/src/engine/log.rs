//! The log: sealing and signing what was decided, one transaction for record, change and audit, and folding it back.

mod receive;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use futures::future::join_all;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::base::{DeviceId, Hash, Hlc, PatientId, Timestamp};
use crate::clinic::search::IndexEntry;
use crate::crypto::bulk::{derive_bundle_seal, make_bundle_id};
use crate::crypto::ledger::{self, LedgerEntry, make_patient_key};
use crate::crypto::{Compartment, Key32};
use crate::fhir::resource::Resource;
use crate::port::{BulkAead, Port, Space, Store, Write, prefix_end};
use crate::record::accept::acceptable;
use crate::record::bundle::{self, BATCH_MAX, Body, VERSION, body_hash, header_hash, sign_batch, to_cbor};
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
    pub header: ByteVec,
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

/// By the hash of the signed header: no author can choose a key under which another's bundle stands.
fn log_key(open: &Open, patient: &PatientId, signed: &Hash) -> Vec<u8> {
    open.keys.row_key(patient).iter().chain(signed.0.iter().take(16)).copied().collect()
}

fn chain_key(open: &Open, author: &DeviceId, last_seq: u64) -> Vec<u8> {
    [open.keys.row_hash("author", author.as_bytes()).as_slice(), &last_seq.to_be_bytes()].concat()
}

fn head_key(open: &Open, author: &DeviceId) -> Vec<u8> {
    [b"head/".as_slice(), &open.keys.row_hash("author", author.as_bytes())].concat()
}

/// Bytes of a key in `Space::Log`.
const LOG_KEY: usize = 32;
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
        loop {
            if let Some(keys) = open.patient_keys.borrow().get(patient) {
                return Ok(keys.clone());
            }
            let edition = open.keys_edition.get();
            let prefix = open.keys.row_key(patient);
            let rows = self.port.store().range(Space::Keys, &prefix, prefix_end(&prefix).as_deref(), None).await?;
            // A commit came between: what was read may lack its keys.
            if open.keys_edition.get() != edition {
                continue;
            }
            let mut keys = Vec::with_capacity(rows.len());
            for row in rows {
                let entry = self.open_row(open, &open.keys.config, Space::Keys, &row.key, &row.value)?;
                keys.extend(self.unwrap_ledger(open, &entry));
            }
            open.patient_keys.borrow_mut().insert(*patient, keys.clone());
            return Ok(keys);
        }
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
                // What others would not take is not written here either, or the devices would differ for ever.
                acceptable(&change, &open.device, u64::MAX)
                    .map_err(|why| Fault::Refused { detail: format!("{}: {why}", change.resource.resource_type) })?;
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
        let mut numbered = Vec::with_capacity(bodies.len());
        for body in bodies {
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
                lane: None,
            };
            let bytes = to_cbor(&header);
            head = Head { author: open.device, seq: header.last_seq(), hash: header_hash(&bytes) };
            numbered.push((header, bytes, body));
        }
        let mut signed = Vec::with_capacity(numbered.len());
        for batch in numbered.chunks(BATCH_MAX) {
            if !signed.is_empty() {
                self.port.yield_now().await;
            }
            signed.extend(sign_batch(&open.session, batch.iter().map(|(_, bytes, _)| bytes.clone()).collect()));
        }
        let mut opened = Vec::with_capacity(numbered.len());
        let mut fresh_keys = Vec::new();
        for ((header, _, body), signed) in numbered.into_iter().zip(signed) {
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
        let key = log_key(open, &header.patient, &signed.hash());
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
    /// The new state is made beside the old one and takes its place when the disk has it: nobody ever sees, or
    /// builds upon, what was not stored.
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
        let mut states = Vec::new();
        for (patient, bundles) in by_patient(&opened) {
            let mut state = PatientState::clone(&*self.state(open, &patient).await?);
            let mut register = !open.index.borrow().contains(&patient);
            for bundle in bundles {
                let types = bundle.changes.iter().map(|c| c.resource.resource_type.as_str());
                register |= types.into_iter().any(|t| matches!(t, "Patient" | "Encounter"));
                bundle.fold_into(&mut state);
            }
            states.push((patient, Rc::new(state), register && patient != PatientId::ZERO));
        }
        // From here to the disk nothing waits for anybody.
        if open.closed.get() {
            return Err(Fault::Locked);
        }
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
        let mrn = open.next_mrn.get();
        if mrn != open.stored_mrn.get() {
            writes.push(self.counters_write(open)?);
        }
        let waiting = states.iter().map(|(patient, state, _)| (*patient, state.waiting() as u32)).collect();
        writes.extend(self.conflict_write(open, &waiting)?);
        let registered = states.iter().filter(|(_, _, register)| *register);
        let entries: Vec<(PatientId, IndexEntry)> =
            registered.filter_map(|(patient, state, _)| Some((*patient, index_entry(state)?))).collect();
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
            self.port.store().commit(writes).await.map_err(Fault::from)
        }
        .await;
        if let Err(fault) = outcome {
            open.index.borrow_mut().undo(before);
            return Err(fault);
        }

        for head in &heads {
            open.heads.borrow_mut().insert(head.author, *head);
        }
        for bundle in &opened {
            open.hlc.set(open.hlc.get().witness(bundle.header.hlc, now));
        }
        if !fresh_keys.is_empty() {
            open.keys_edition.set(open.keys_edition.get() + 1);
        }
        for (patient, key) in fresh_keys {
            if let Some(keys) = open.patient_keys.borrow_mut().get_mut(&patient)
                && !keys.iter().any(|k| k.key.id == key.key.id)
            {
                keys.push(key);
            }
        }
        *open.audit.borrow_mut() = audit_head;
        open.stored_mrn.set(mrn);
        take_waiting(&mut open.conflicts.borrow_mut(), &waiting);
        let mut kept = open.states.borrow_mut();
        let mut patients = Vec::with_capacity(states.len());
        for (patient, state, _) in states {
            kept.bump(patient);
            kept.keep(patient, state);
            patients.push(patient);
        }
        drop(kept);
        self.committed(Advance { heads, control: vec![], forked: vec![] });
        Ok(patients)
    }

    fn conflict_write(&self, open: &Open, waiting: &BTreeMap<PatientId, u32>) -> Result<Option<Write>, Fault> {
        let mut all = open.conflicts.borrow().clone();
        take_waiting(&mut all, waiting);
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
    pub(super) async fn state(&self, open: &Open, patient: &PatientId) -> Result<Rc<PatientState>, Fault> {
        loop {
            let version = {
                let mut states = open.states.borrow_mut();
                if let Some(state) = states.get(patient) {
                    return Ok(state);
                }
                states.version(patient)
            };
            let state = Rc::new(self.load_state(open, patient).await?);
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
            bundle?.fold_into(&mut state);
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

    async fn open_body(&self, open: &Open, keys: &[HeldKey], header: &Header, body: &[u8]) -> Result<Opened, Fault> {
        let held = keys.iter().find(|k| k.opens(header)).ok_or_else(|| Fault::damaged("a patient's key is missing"))?;
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
        // What waits in quarantine is named by a shorter key, and passed on as it came: another may have use for it.
        let order: Vec<Vec<u8>> = rows.into_iter().map(|row| row.value).collect();
        let (whole, waiting): (Vec<_>, Vec<_>) = order.iter().cloned().partition(|key| key.len() == LOG_KEY);
        let mut values: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
        for (space, keys) in [(Space::Log, &whole), (Space::Quarantine, &waiting)] {
            let found = self.port.store().get_many(space, keys).await?;
            values.extend(keys.iter().cloned().zip(found).filter_map(|(key, value)| Some((key, value?))));
        }
        let mut items = Vec::new();
        let mut size = 0u64;
        for key in order {
            let value = values.get(&key).ok_or_else(|| Fault::damaged("a bundle that the chain names is missing"))?;
            let (seq, bytes) = self.packet_of(open, &key, value).await?;
            if !items.is_empty() && size + bytes.len() as u64 > max_bytes {
                done = false;
                break;
            }
            size += bytes.len() as u64;
            items.push((seq, bytes));
        }
        Ok((items, done))
    }

    /// What travels, from a row of the log or of the quarantine.
    async fn packet_of(&self, open: &Open, key: &[u8], value: &[u8]) -> Result<(u64, Vec<u8>), Fault> {
        let unreadable = |_| Fault::damaged("a bundle's header");
        if key.len() != LOG_KEY {
            let bytes = self.open_quarantined(open, key, value)?;
            let header = Packet::decode(&bytes).and_then(|packet| packet.signed.header()).map_err(unreadable)?;
            return Ok((header.last_seq(), bytes));
        }
        let (signed, body) = self.split_log_row(open, key, value)?;
        let header = signed.header().map_err(unreadable)?;
        let keys = self.patient_keys(open, &header.patient).await?;
        let held = keys.into_iter().find(|k| k.opens(&header));
        let ledger = held.ok_or_else(|| Fault::damaged("a patient's key is missing"))?.ledger;
        Ok((header.last_seq(), Packet { signed, body, ledger: ledger.into() }.encode()))
    }

    /// Records besides these that the log holds: of people whose Patient resource has not come yet.
    pub(super) async fn without_patient(&self, open: &Open, known: &[PatientId]) -> Result<Vec<PatientId>, Fault> {
        let mut seen: HashSet<Vec<u8>> = known.iter().map(|p| open.keys.row_key(p).to_vec()).collect();
        seen.insert(open.keys.row_key(&PatientId::ZERO).to_vec());
        let mut others = Vec::new();
        // The chain names every row of the log, and is small.
        for link in self.port.store().range(Space::Chain, &[], None, None).await? {
            let key = link.value;
            if key.len() != LOG_KEY || !seen.insert(key.iter().take(LOG_KEY / 2).copied().collect()) {
                continue;
            }
            let Some(row) = self.port.store().get(Space::Log, &key).await? else { continue };
            let (signed, _) = self.split_log_row(open, &key, &row)?;
            others.push(signed.header().map_err(|_| Fault::damaged("a bundle's header"))?.patient);
        }
        Ok(others)
    }

    /// The last reading of this device's own clock that its log holds.
    pub(super) async fn last_own_hlc(&self, open: &Open) -> Result<Option<Hlc>, Fault> {
        let key = chain_key(open, &open.device, open.own_head().seq);
        let Some(key) = self.port.store().get(Space::Chain, &key).await? else { return Ok(None) };
        let Some(value) = self.port.store().get(Space::Log, &key).await? else { return Ok(None) };
        let (signed, _) = self.split_log_row(open, &key, &value)?;
        Ok(signed.header().ok().map(|header| header.hlc))
    }

    /// For rows outside the record: drafts, counters. Nothing reaches the disk once the vault was closed.
    pub(super) async fn commit_rows(&self, open: &Open, writes: Vec<Write>) -> Result<(), Fault> {
        if open.closed.get() {
            return Err(Fault::Locked);
        }
        self.port.store().commit(writes).await.map_err(Fault::from)
    }
}

impl Opened {
    fn fold_into(&self, state: &mut PatientState) {
        let Header { author, first_seq, control_head, .. } = self.header;
        for (change, seq) in self.changes.iter().zip(first_seq..) {
            state.apply(author, seq, control_head, change);
        }
    }
}

fn by_patient(opened: &[Opened]) -> BTreeMap<PatientId, Vec<&Opened>> {
    let mut by_patient: BTreeMap<PatientId, Vec<&Opened>> = BTreeMap::new();
    for bundle in opened {
        by_patient.entry(bundle.header.patient).or_default().push(bundle);
    }
    by_patient
}

/// How many elements wait for a clinician, patient by patient; those with none are left out.
fn take_waiting(all: &mut BTreeMap<PatientId, u32>, changed: &BTreeMap<PatientId, u32>) {
    all.extend(changed);
    all.retain(|_, count| *count > 0);
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
