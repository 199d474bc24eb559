//! Opening a chart: one fold of what is known, drawn by the clinic's rules; every view is audited.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::{join, try_join};

use crate::base::order::filled;
use crate::base::{DeviceId, Hash, PatientId};
use crate::clinic::chart::{self, Banner, Chart, Detail, DraftNotice, HistoryRow, Line, ResourceFacts};
use crate::clinic::patient::PatientRow;
use crate::crypto::control::{Authority, StaffEntry};
use crate::fhir::resource::Resource;
use crate::port::Port;
use crate::record::fold::Touch;
use crate::record::policy::Rule;
use crate::record::{PatientState, ResourceRef, ResourceState};

use super::Engine;
use super::api::Fault;
use super::audit::{Act, Action};
use super::open::Open;
use super::visit::KeptDraft;

impl<P: Port> Engine<P> {
    pub(super) async fn open_chart(&self, open: &Rc<Open>, patient: PatientId) -> Result<Chart, Fault> {
        let row = self.patient_row(open, &patient).ok_or(Fault::NotFound)?;
        // The entry in the access log is written while the record is opened; nothing is shown before it stands.
        let looked = self.append(open, vec![], vec![Act::on(Action::OpenedChart, patient)], vec![]);
        let drawn = async {
            let (state, draft) = try_join(self.state(open, &patient), self.load_draft(open, patient)).await?;
            Ok(self.draw(open, patient, row, &state, draft))
        };
        // Both to their end: a commit is never dropped half-way.
        let (looked, view) = join(looked, drawn).await;
        looked?;
        view
    }

    fn draw(
        &self,
        open: &Open,
        patient: PatientId,
        row: PatientRow,
        state: &PatientState,
        draft: Option<KeptDraft>,
    ) -> Chart {
        let mut view = {
            let standing: Vec<_> = state
                .all()
                .map(|(name, resource_state, resource)| {
                    let waits = resource_state
                        .contested(&name.resource_type)
                        .iter()
                        .any(|(_, _, rule)| *rule == Rule::Clinician);
                    let by = self.written_here(open, resource_state, &resource);
                    (resource, waits, by)
                })
                .collect();
            let facts: Vec<ResourceFacts<'_>> = standing
                .iter()
                .map(|(resource, conflict, by)| ResourceFacts {
                    resource,
                    conflict: *conflict,
                    by: by.clone().unwrap_or_default(),
                    ours: by.is_some(),
                })
                .collect();
            let mut view = chart::chart(&patient.hex(), &facts, self.today());
            view.conflicts = self.conflicts_of(open, &patient, state);
            view
        };
        view.banner = Banner { row, ..view.banner };
        view.my_draft = draft.map(|d| DraftNotice { saved: d.saved.0 });
        view.as_of = self.now().0;
        view
    }

    pub(super) async fn open_resource(
        &self,
        open: &Rc<Open>,
        patient: PatientId,
        resource_type: &str,
        id: &str,
    ) -> Result<Detail, Fault> {
        let name = ResourceRef::new(resource_type, id);
        let state = self.state(open, &patient).await?;
        let detail = {
            let standing = state.get(&name).ok_or(Fault::NotFound)?;
            let resource = standing.resource(&name).ok_or(Fault::NotFound)?;
            let conflict = standing.contested(resource_type).iter().any(|(_, _, rule)| *rule == Rule::Clinician);
            let by = self.written_here(open, standing, &resource);
            let signed = by.is_some() && resource_type == "Composition";
            Detail {
                line: Line { conflict, signed, by: by.unwrap_or_default(), ..chart::line(&resource) },
                rows: chart::detail(&resource),
                json: super::pretty::pretty(&resource),
                history: standing.history.iter().rev().map(|touch| self.history_row(open, touch)).collect(),
            }
        };
        let act = Act::on(Action::OpenedResource, patient).note(resource_type);
        self.append(open, vec![], vec![act], vec![]).await?;
        Ok(detail)
    }

    /// Who wrote a resource in this clinic; `None` when it names no member of its staff, as imported ones do.
    pub(super) fn written_here(&self, open: &Open, state: &ResourceState, resource: &Resource) -> Option<String> {
        let control = open.control.borrow();
        let named = |staff: &StaffEntry| {
            let reference = format!("Practitioner/{}", staff.staff.hex());
            ["author", "recorder", "performer", "participant", "requester", "informationSource"]
                .iter()
                .any(|element| resource.get(element).is_some_and(|raw| raw.as_str().contains(&reference)))
        };
        control
            .staff()
            .iter()
            .any(named)
            .then(|| state.history.first().map(|t| self.by(open, &t.control_head).0).unwrap_or_default())
    }

    fn history_row(&self, open: &Open, touch: &Touch) -> HistoryRow {
        let (by, device) = self.by(open, &touch.control_head);
        HistoryRow { at: touch.hlc.timestamp().0, by, device, elements: touch.elements.clone() }
    }

    /// Person and device behind a session certificate.
    pub(super) fn by(&self, open: &Open, session: &Hash) -> (String, String) {
        let authority = open.control.borrow().verify_chain(session);
        authority.map(|a| (a.staff_name, a.device_name)).unwrap_or_default()
    }

    /// Who wrote which change, for naming the sides of a conflict. An author may be a lane; its session tells the device.
    pub(super) fn authors(
        &self,
        open: &Open,
        state: &PatientState,
        name: &ResourceRef,
    ) -> BTreeMap<(DeviceId, u64), Authority> {
        let history = state.get(name).map(|s| s.history.as_slice()).unwrap_or_default();
        let control = open.control.borrow();
        filled(history.iter().filter_map(|t| Some(((t.author, t.seq), control.verify_chain(&t.control_head).ok()?))))
    }
}
