//! The device's audit chain: every view, change, export and sign-in, hash-chained, signed by the session, sealed.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::base::{Hash, PatientId, Timestamp};
use crate::crypto::{Domain, Signature, VerifyKey};
use crate::port::{Port, Space, Store, Write};
use crate::record::bundle::to_cbor;

use super::Engine;
use super::api::{AuditRow, AuditVerdict, Fault};
use super::open::Open;

/// What was done. The codes are stored and signed: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(super) enum Action {
    #[n(1)]
    CreatedClinic,
    #[n(2)]
    Unlocked,
    #[n(3)]
    Locked,
    #[n(4)]
    FailedSignIn,
    #[n(5)]
    OpenedChart,
    #[n(6)]
    OpenedResource,
    #[n(7)]
    Registered,
    #[n(8)]
    Edited,
    #[n(9)]
    SignedVisit,
    #[n(10)]
    AddedAddendum,
    #[n(11)]
    RecordedAllergy,
    #[n(12)]
    MarkedError,
    #[n(13)]
    Imported,
    #[n(14)]
    ExportedPatient,
    #[n(15)]
    ExportedClinic,
    #[n(16)]
    PairedDevice,
    #[n(17)]
    JoinedClinic,
    #[n(18)]
    SettledConflict,
    #[n(19)]
    Received,
}

impl Action {
    /// Fluent message id.
    pub fn message(self) -> &'static str {
        match self {
            Action::CreatedClinic => "audit-created-clinic",
            Action::Unlocked => "audit-unlocked",
            Action::Locked => "audit-locked",
            Action::FailedSignIn => "audit-failed-sign-in",
            Action::OpenedChart => "audit-opened-chart",
            Action::OpenedResource => "audit-opened-resource",
            Action::Registered => "audit-registered",
            Action::Edited => "audit-edited",
            Action::SignedVisit => "audit-signed-visit",
            Action::AddedAddendum => "audit-added-addendum",
            Action::RecordedAllergy => "audit-recorded-allergy",
            Action::MarkedError => "audit-marked-error",
            Action::Imported => "audit-imported",
            Action::ExportedPatient => "audit-exported-patient",
            Action::ExportedClinic => "audit-exported-clinic",
            Action::PairedDevice => "audit-paired-device",
            Action::JoinedClinic => "audit-joined-clinic",
            Action::SettledConflict => "audit-settled-conflict",
            Action::Received => "audit-received",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Entry {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub seq: u64,
    /// Hash of the entry before; zero for the first.
    #[n(2)]
    pub prev: Hash,
    #[n(3)]
    pub at: Timestamp,
    /// Session certificate under which it was done.
    #[n(4)]
    pub session: Hash,
    #[n(5)]
    pub action: Action,
    #[n(6)]
    pub patient: Option<PatientId>,
    /// A number or FHIR type that belongs to the act; never a value from the record.
    #[n(7)]
    pub note: String,
}

#[derive(Encode, Decode)]
pub(super) struct SignedEntry {
    #[n(0)]
    pub bytes: ByteVec,
    #[n(1)]
    pub signature: ByteArray<64>,
}

impl SignedEntry {
    fn hash(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(b"lucerna/v1/audit-hash\0");
        hasher.update(self.bytes.as_slice());
        hasher.update(self.signature.as_slice());
        Hash(hasher.finalize().into())
    }

    fn verify(&self, key: &VerifyKey) -> bool {
        key.verify(Domain::AuditEntry, &self.bytes, &Signature(*self.signature)).is_ok()
    }
}

/// The end of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct AuditHead {
    #[n(0)]
    pub seq: u64,
    #[n(1)]
    pub hash: HashOrZero,
}

/// `Hash` with a default, for the chain's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(super) struct HashOrZero(#[n(0)] pub Hash);

impl Default for HashOrZero {
    fn default() -> Self {
        HashOrZero(Hash::ZERO)
    }
}

/// An act to be written into the chain.
#[derive(Clone, Debug)]
pub(super) struct Act {
    pub action: Action,
    pub patient: Option<PatientId>,
    pub note: String,
}

impl Act {
    pub fn new(action: Action) -> Act {
        Act { action, patient: None, note: String::new() }
    }

    pub fn on(action: Action, patient: PatientId) -> Act {
        Act { action, patient: Some(patient), note: String::new() }
    }

    pub fn note(mut self, note: impl Into<String>) -> Act {
        self.note = note.into();
        self
    }
}

const HEAD_KEY: &[u8] = b"audit-head";

impl<P: Port> Engine<P> {
    /// The writes that add these acts to the chain, and the chain's new end. The caller holds the writer's turn.
    pub(super) fn audit_writes(
        &self,
        open: &Open,
        acts: &[Act],
        now: Timestamp,
    ) -> Result<(Vec<Write>, AuditHead), Fault> {
        let mut head = *open.audit.borrow();
        let mut writes = Vec::new();
        for act in acts {
            let entry = Entry {
                version: 1,
                seq: head.seq + 1,
                prev: head.hash.0,
                at: now,
                session: open.session_cert,
                action: act.action,
                patient: act.patient,
                note: act.note.clone(),
            };
            let bytes = to_cbor(&entry);
            let signature = open.session.sign(Domain::AuditEntry, &bytes);
            let signed = SignedEntry { bytes: bytes.into(), signature: signature.0.into() };
            head = AuditHead { seq: entry.seq, hash: HashOrZero(signed.hash()) };
            let key = entry.seq.to_be_bytes();
            let sealed = self.seal_row(open, &open.keys.audit, Space::Audit, &key, &to_cbor(&signed))?;
            writes.push(Write::put(Space::Audit, key, sealed));
        }
        if !acts.is_empty() {
            let sealed = self.seal_row(open, &open.keys.config, Space::Meta, HEAD_KEY, &to_cbor(&head))?;
            writes.push(Write::put(Space::Meta, HEAD_KEY, sealed));
        }
        Ok((writes, head))
    }

    pub(super) async fn load_audit_head(&self, open: &Open) -> Result<AuditHead, Fault> {
        match self.port.store().get(Space::Meta, HEAD_KEY).await? {
            // Gone: the chain goes on from what is left, and `verify_audit` sees what is not.
            None => match self.port.store().range(Space::Audit, &[], None, None).await?.last() {
                None => Ok(AuditHead::default()),
                Some(row) => {
                    let (signed, entry) = self
                        .open_audit(open, &row.key, &row.value)
                        .ok_or_else(|| Fault::damaged("the end of the audit chain"))?;
                    Ok(AuditHead { seq: entry.seq, hash: HashOrZero(signed.hash()) })
                }
            },
            Some(sealed) => {
                let plain = self.open_row(open, &open.keys.config, Space::Meta, HEAD_KEY, &sealed)?;
                minicbor::decode(&plain).map_err(|_| Fault::damaged("the end of the audit chain"))
            }
        }
    }

    fn open_audit(&self, open: &Open, key: &[u8], sealed: &[u8]) -> Option<(SignedEntry, Entry)> {
        let plain = self.open_row(open, &open.keys.audit, Space::Audit, key, sealed).ok()?;
        let signed: SignedEntry = minicbor::decode(&plain).ok()?;
        let entry: Entry = minicbor::decode(&signed.bytes).ok()?;
        Some((signed, entry))
    }

    pub(super) async fn audit_log(
        &self,
        open: &Open,
        patient: Option<PatientId>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, Fault> {
        let head = open.audit.borrow().seq;
        let mut rows = Vec::new();
        let mut upper = head + 1;
        const STEP: u64 = 256;
        while upper > 1 && rows.len() < limit as usize {
            let lower = upper.saturating_sub(STEP).max(1);
            let page =
                self.port.store().range(Space::Audit, &lower.to_be_bytes(), Some(&upper.to_be_bytes()), None).await?;
            for row in page.iter().rev() {
                let Some((_, entry)) = self.open_audit(open, &row.key, &row.value) else { continue };
                if patient.is_some() && entry.patient != patient {
                    continue;
                }
                let authority = open.control.borrow().verify_chain(&entry.session);
                let (by, device) = authority.map(|a| (a.staff_name, a.device_name)).unwrap_or_default();
                rows.push(AuditRow {
                    at: entry.at.0,
                    by,
                    device,
                    action: entry.action.message().to_owned(),
                    patient: entry.patient.and_then(|p| self.patient_row(open, &p)),
                });
                if rows.len() >= limit as usize {
                    break;
                }
            }
            upper = lower;
        }
        Ok(rows)
    }

    /// Walks the whole chain: numbers without a gap, every hash, every signature, and the end as it is sealed.
    pub(super) async fn verify_audit(&self, open: &Open) -> Result<AuditVerdict, Fault> {
        let expected = *open.audit.borrow();
        let mut prev = Hash::ZERO;
        let mut next = 1u64;
        while next <= expected.seq {
            let upper = (next + 512).min(expected.seq + 1);
            let page =
                self.port.store().range(Space::Audit, &next.to_be_bytes(), Some(&upper.to_be_bytes()), None).await?;
            let mut rows = page.iter();
            while next < upper {
                let sound = rows.next().filter(|row| row.key == next.to_be_bytes()).and_then(|row| {
                    let (signed, entry) = self.open_audit(open, &row.key, &row.value)?;
                    let authority = open.control.borrow().verify_chain(&entry.session).ok()?;
                    // A chain that was wiped begins anew, but never with the making of the clinic.
                    let founding = matches!(entry.action, Action::CreatedClinic | Action::JoinedClinic);
                    let fits = entry.seq == next && entry.prev == prev && (next == 1) == founding;
                    (fits && authority.device == open.device && signed.verify(&authority.session_key))
                        .then(|| signed.hash())
                });
                match sound {
                    Some(hash) => prev = hash,
                    None => return Ok(AuditVerdict { entries: expected.seq, broken_at: Some(next) }),
                }
                next += 1;
            }
            self.port.yield_now().await;
        }
        let broken_at = (prev != expected.hash.0).then_some(expected.seq);
        Ok(AuditVerdict { entries: expected.seq, broken_at })
    }
}
