//! Opening a chart: one fold of what is known, drawn by the clinic's rules; every view is audited.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures::future::{join, try_join};

use crate::base::order::{self, filled};
use crate::base::{DeviceId, Hash, PatientId};
use crate::clinic::chart::{self, Banner, Chart, Detail, DraftNotice, HistoryRow, Line, ResourceFacts};
use crate::clinic::patient::PatientRow;
use crate::crypto::control::Authority;
use crate::fhir::{Resource, ResourceView};
use crate::port::Port;
use crate::record::fold::Touch;
use crate::record::policy::Rule;
use crate::record::view::{Told, once_or_folded};
use crate::record::{PatientState, ResourceRef, ResourceState};

use super::Engine;
use super::api::Fault;
use super::audit::{Act, Action};
use super::open::{Known, Open};
use super::visit::KeptDraft;

impl<P: Port> Engine<P> {
    /// The chart as JSON, once the entry in the access log stands. What has to be read is asked for first: the disk
    /// looks for it while the entry is signed. The record is then opened, drawn and written out while the entry is on
    /// its way to the disk.
    pub(super) async fn open_chart(&self, open: &Rc<Open>, patient: PatientId) -> Result<String, Fault> {
        let row = self.patient_row(open, &patient).ok_or(Fault::NotFound)?;
        let looked = self.append(open, vec![], vec![Act::on(Action::OpenedChart, patient)], vec![]);
        let drawn = async {
            let (known, draft) = try_join(self.known(open, &patient), self.load_draft(open, patient)).await?;
            // What was in memory is not drawn before the entry is on its way.
            after_the_other().await;
            let view = super::reply(self.draw(open, patient, row, &known, draft)?);
            // Whoever opens a chart may write next: a short one is folded while the entry is on its way anyhow.
            if known.is_short() {
                self.state(open, &patient).await?;
            }
            view
        };
        // Both to their end: a commit is never dropped half-way. Nothing is answered before the entry stands.
        let (view, looked) = join(drawn, looked).await;
        looked?;
        view
    }

    fn draw(
        &self,
        open: &Open,
        patient: PatientId,
        row: PatientRow,
        known: &Known,
        draft: Option<KeptDraft>,
    ) -> Result<Chart, Fault> {
        let mut view = match known {
            Known::Folded(state) => self.draw_all(open, patient, &[], state),
            Known::Unfolded(bundles) => {
                let mut told = Vec::new();
                for bundle in bundles.iter() {
                    told.extend(bundle.told()?);
                }
                let (once, state) = once_or_folded(told).map_err(|_| Fault::damaged("a bundle's body"))?;
                self.draw_all(open, patient, &once, &state)
            }
        };
        view.banner = Banner { row, ..view.banner };
        view.my_draft = draft.map(|d| DraftNotice { saved: d.saved.0 });
        view.as_of = self.now().0;
        Ok(view)
    }

    /// `once` are the resources that one change made and none touched again; the others are folded.
    fn draw_all(&self, open: &Open, patient: PatientId, once: &[Told<'_>], state: &PatientState) -> Chart {
        let staff = self.staff_references(open);
        let folded: Vec<_> = state.all().collect();
        let of_folded = folded.iter().map(|(name, standing, resource)| {
            let contested = standing.contested(&name.resource_type);
            let view = ResourceView::of(resource);
            let by = self.written_by(open, &staff, &view, || standing.history.first().map(|t| t.control_head));
            facts_of(view, contested.iter().any(|(_, _, rule)| *rule == Rule::Clinician), by)
        });
        let of_once = once.iter().map(|told| {
            let view = told.change.resource();
            let by = self.written_by(open, &staff, &view, || Some(told.control_head));
            facts_of(view, false, by)
        });
        let mut facts: Vec<_> = of_once.chain(of_folded).collect();
        if !once.is_empty() && !folded.is_empty() {
            order::sort_by(&mut facts, |a, b| {
                (a.resource.resource_type, a.resource.id).cmp(&(b.resource.resource_type, b.resource.id))
            });
        }
        let mut view = chart::chart(&patient.hex(), &facts, self.today());
        view.conflicts = self.conflicts_of(open, &patient, state);
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
                line: Line {
                    conflict,
                    signed,
                    by: by.unwrap_or_default(),
                    ..chart::line(&ResourceView::of(&resource))
                },
                rows: chart::detail(&resource),
                json: super::pretty::pretty(&resource),
                history: standing.history.iter().rev().map(|touch| self.history_row(open, touch)).collect(),
            }
        };
        let act = Act::on(Action::OpenedResource, patient).note(resource_type);
        self.append(open, vec![], vec![act], vec![]).await?;
        Ok(detail)
    }

    /// How the clinic's staff is named in its resources.
    fn staff_references(&self, open: &Open) -> Vec<String> {
        open.control.borrow().staff().iter().map(|staff| format!("Practitioner/{}", staff.staff.hex())).collect()
    }

    /// Who wrote a resource in this clinic; `None` when it names no member of its staff, as imported ones do.
    pub(super) fn written_here(&self, open: &Open, state: &ResourceState, resource: &Resource) -> Option<String> {
        let session = || state.history.first().map(|touch| touch.control_head);
        self.written_by(open, &self.staff_references(open), &ResourceView::of(resource), session)
    }

    /// The same for whoever asks about many resources; `session` is that in which it was first written.
    fn written_by(
        &self,
        open: &Open,
        staff: &[String],
        resource: &ResourceView<'_>,
        session: impl FnOnce() -> Option<Hash>,
    ) -> Option<String> {
        const WRITERS: [&str; 6] = ["author", "recorder", "performer", "participant", "requester", "informationSource"];
        let writers = resource.elements().filter(|(name, _)| WRITERS.contains(name));
        let mut named = writers.map(|(_, value)| value.raw()).filter(|text| text.contains("Practitioner/"));
        named
            .any(|text| staff.iter().any(|reference| text.contains(reference.as_str())))
            .then(|| session().map(|session| self.by(open, &session).0).unwrap_or_default())
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

fn facts_of(resource: ResourceView<'_>, conflict: bool, by: Option<String>) -> ResourceFacts<'_> {
    ResourceFacts { resource, conflict, ours: by.is_some(), by: by.unwrap_or_default() }
}

/// Lets what is polled beside this one go first, once.
async fn after_the_other() {
    let mut asked = false;
    poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
