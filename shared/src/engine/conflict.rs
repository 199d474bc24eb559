//! Conflicts: shown side by side, settled by a clinician. Settling is an op that names all it replaces; nothing is erased.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::{PatientId, order};
use crate::clinic::chart::{Conflict, Side};
use crate::fhir::resource::RawJson;
use crate::port::Port;
use crate::record::change::SCHEMA;
use crate::record::policy::Rule;
use crate::record::{Change, Op, OpId, PatientState, ResourceRef};

use super::Engine;
use super::api::{Fault, Saved};
use super::audit::{Act, Action};
use super::log::Decision;
use super::open::Open;

impl<P: Port> Engine<P> {
    /// Everything that waits for a clinician, patient by patient.
    pub(super) async fn conflicts(&self, open: &Open) -> Result<Vec<Conflict>, Fault> {
        let patients: Vec<PatientId> = open.conflicts.borrow().keys().copied().collect();
        let mut all = Vec::new();
        for patient in patients {
            let state = self.state(open, &patient).await?;
            all.extend(self.conflicts_of(open, &patient, &state).into_iter().filter(|c| c.needs_clinician));
        }
        Ok(all)
    }

    pub(super) fn conflicts_of(&self, open: &Open, patient: &PatientId, state: &PatientState) -> Vec<Conflict> {
        let row = self.patient_row(open, patient);
        let patient_name = row.map(|r| format!("{} {}", r.given, r.family).trim().to_owned()).unwrap_or_default();
        let mut conflicts = Vec::new();
        for (name, resource) in &state.resources {
            let contested = resource.contested(&name.resource_type);
            if contested.is_empty() {
                continue;
            }
            let authors = self.authors(open, state, name);
            for ((element, _), slot, rule) in contested {
                let mut seen = BTreeSet::new();
                let mut sides = Vec::new();
                let shown = slot.shown().map(|l| l.value.clone());
                let mut live: Vec<_> = slot.live.iter().collect();
                order::sort_by_key(&mut live, |l| std::cmp::Reverse((l.hlc, l.id)));
                for op in live {
                    if !seen.insert(op.value.as_deref()) {
                        continue;
                    }
                    let writer = authors.get(&(op.id.author, op.id.seq)).cloned();
                    let mine = writer.as_ref().is_some_and(|writer| writer.device == open.device);
                    let (by, device) = writer.map(|w| (w.staff_name, w.device_name)).unwrap_or_default();
                    sides.push(Side {
                        value: op.value.as_deref().map(in_words).unwrap_or_default(),
                        op: op.id.to_string(),
                        by,
                        device,
                        at: op.hlc.timestamp().0,
                        mine,
                    });
                }
                let words = shown.flatten().as_deref().map(in_words).unwrap_or_default();
                let shown = sides.iter().position(|side| side.value == words).unwrap_or(0);
                conflicts.push(Conflict {
                    patient: patient.hex(),
                    patient_name: patient_name.clone(),
                    resource_type: name.resource_type.clone(),
                    id: name.id.clone(),
                    element: element.clone(),
                    needs_clinician: rule == Rule::Clinician,
                    shown,
                    sides,
                });
            }
        }
        conflicts
    }

    pub(super) async fn settle(
        &self,
        open: &Rc<Open>,
        patient: PatientId,
        resource_type: &str,
        id: &str,
        element: &str,
        keep: &str,
    ) -> Result<Saved, Fault> {
        let name = ResourceRef::new(resource_type, id);
        let keep: OpId = keep.parse().map_err(|_| Fault::NotFound)?;
        let state = self.state(open, &patient).await?;
        let change = {
            let standing = state.get(&name).ok_or(Fault::NotFound)?;
            let (key, slot) = standing
                .elements
                .iter()
                .find(|((e, _), slot)| e == element && slot.live.iter().any(|l| l.id == keep))
                .ok_or(Fault::NotFound)?;
            let kept = slot.live.iter().find(|l| l.id == keep).ok_or(Fault::NotFound)?;
            let op =
                Op { element: key.0.clone(), item: key.1.clone(), value: kept.value.clone(), replaces: slot.ids() };
            Change { resource: name, hlc: open.tick(self.now()), ops: vec![op], schema: SCHEMA }
        };
        let act = Act::on(Action::SettledConflict, patient).note(resource_type);
        let mut saved = self.write(open, vec![Decision { patient, changes: vec![change] }], vec![act], vec![]).await?;
        saved.id = id.to_owned();
        Ok(saved)
    }
}

/// A FHIR value as a clinician reads it.
fn in_words(value: &str) -> String {
    crate::clinic::chart::words(&RawJson::from_stored(value))
}
