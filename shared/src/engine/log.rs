//! The log: what was decided is sealed, numbered, signed and committed in one transaction with its audit; what is stored
//! is read and folded back. Here stand the words that the parts of it share.

mod chain;
mod commit;
mod read;
mod receive;
mod seal;
mod segment;
mod stage;

#[cfg(test)]
pub(super) use chain::{Link, decode_links, encode_links};
pub(super) use commit::index_entry;
pub(super) use read::patient_resource;
pub(super) use seal::SealedBody;
pub(super) use segment::{BODIES_FULL, BUNDLES_MAX, Bundle, Segment, Tag, rows};
#[cfg(test)]
pub(super) use segment::{Directory, LogRow, Place};
#[cfg(test)]
pub(super) use stage::Place as StagePlace;
pub(super) use stage::{Finish, Stage};

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::base::{DeviceId, Hash, PatientId};
use crate::crypto::{Compartment, Key32};
use crate::port::{Port, Space, Store, Write};
use crate::record::bundle::{ReadyBody, ReadyChanges};
use crate::record::view::{BodyView, Told};
use crate::record::{Body, Change, Header, PatientState};

use super::Engine;
use super::api::Fault;
use super::open::Open;

/// What somebody decided about one patient.
#[derive(Debug)]
pub(super) struct Decision {
    /// `PatientId::ZERO` for the clinic's commons.
    pub patient: PatientId,
    pub changes: Vec<Change>,
}

/// What an import brings of one patient, encoded already.
pub(super) struct Arrival {
    pub patient: PatientId,
    pub changes: BTreeMap<Compartment, ReadyChanges>,
}

impl Arrival {
    pub fn of(patient: PatientId) -> Arrival {
        Arrival { patient, changes: BTreeMap::new() }
    }

    /// Where changes of such a resource go.
    pub fn place(&mut self, resource_type: &str) -> &mut ReadyChanges {
        self.changes.entry(compartment_of(resource_type, &self.patient)).or_default()
    }

    /// Packs it. Whether it is acceptable was asked when it was put to wait.
    pub fn pack(self) -> Result<Parcel, Fault> {
        let mut bodies = Vec::new();
        for (compartment, changes) in self.changes {
            let split = changes.split().map_err(|fault| Fault::Refused { detail: fault.to_string() })?;
            bodies.extend(split.into_iter().map(|body| (compartment, body)));
        }
        Ok(Parcel { patient: self.patient, bodies })
    }
}

/// What an import brings of one patient, packed: it wants nothing but keys.
#[derive(Encode, Decode)]
pub(super) struct Parcel {
    #[n(0)]
    pub patient: PatientId,
    #[n(1)]
    pub bodies: Vec<(Compartment, ReadyBody)>,
}

/// A bundle opened from a row or a packet.
pub(super) struct Opened {
    pub header: Header,
    pub changes: Vec<Change>,
}

/// A bundle opened from a row, its body still packed.
pub(super) struct Unsealed {
    pub author: DeviceId,
    pub first_seq: u64,
    pub control_head: Hash,
    pub count: u32,
    pub body: Vec<u8>,
}

/// The same unpacked, its changes not read yet.
pub(super) struct Unfolded {
    author: DeviceId,
    first_seq: u64,
    control_head: Hash,
    count: u32,
    /// What `Body::unwrapped` gave.
    plain: Vec<u8>,
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

    /// For rows outside the record: drafts, counters. Nothing reaches the disk once the vault was closed.
    pub(super) async fn commit_rows(&self, open: &Open, writes: Vec<Write>) -> Result<(), Fault> {
        if open.closed.get() {
            return Err(Fault::Locked);
        }
        self.port.store().commit(writes).await.map_err(Fault::from)
    }
}

impl Unsealed {
    pub fn unwrapped(self) -> Result<Unfolded, Fault> {
        let Unsealed { author, first_seq, control_head, count, body } = self;
        let plain = Body::unwrapped(&body).map_err(|_| Fault::damaged("a bundle's body"))?;
        Ok(Unfolded { author, first_seq, control_head, count, plain })
    }
}

impl Unfolded {
    /// Bytes of what its changes say.
    pub fn len(&self) -> usize {
        self.plain.len()
    }

    /// Its changes where they lie, each with its place in the log.
    pub fn told(&self) -> Result<impl Iterator<Item = Told<'_>>, Fault> {
        let changes = BodyView::read(&self.plain).map_err(|_| Fault::damaged("a bundle's body"))?.changes;
        if changes.len() != self.count as usize {
            return Err(Fault::damaged("a bundle's body does not match its header"));
        }
        let (author, control_head) = (self.author, self.control_head);
        Ok(changes.into_iter().zip(self.first_seq..).map(move |(change, seq)| Told {
            author,
            seq,
            control_head,
            change,
        }))
    }

    fn read(&self) -> Result<Vec<Change>, Fault> {
        let changes = Body::read(&self.plain).map_err(|_| Fault::damaged("a bundle's body"))?.changes;
        if changes.len() != self.count as usize {
            return Err(Fault::damaged("a bundle's body does not match its header"));
        }
        Ok(changes)
    }

    fn fold_into(&self, state: &mut PatientState) -> Result<(), Fault> {
        for (change, seq) in self.read()?.iter().zip(self.first_seq..) {
            state.apply(self.author, seq, self.control_head, change);
        }
        Ok(())
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
