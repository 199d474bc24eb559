//! The demo clinic: invented people, one click, the same engine and the same keys as any clinic.

use crate::base::{PatientId, StaffId};
use crate::clinic::demo;
use crate::crypto::store_keys::derive_pseudonym;
use crate::fhir::resource::Resource;
use crate::port::Port;
use crate::record::Change;

use super::Engine;
use super::api::{Event, Fault, Phase, Secret, Session};
use super::audit::{Act, Action};
use super::log::Decision;
use super::open::Open;
use super::patient::mrn_system;

/// Shown on the demo clinic's lock screen; protects nobody.
pub const DEMO_PASSPHRASE: &str = "lucerna-demo";
/// The job number under which the demo's progress is told.
pub const DEMO_JOB: u32 = 0;

impl<P: Port> Engine<P> {
    pub(super) async fn open_demo(&self) -> Result<Session, Fault> {
        self.progress(DEMO_JOB, Phase::Demo, 0, 1);
        let passphrase = Secret(DEMO_PASSPHRASE.to_owned());
        self.found_clinic("Demo clinic", "Dr. Demo Contoh", "Demo tablet", &passphrase, true).await?;
        let open = self.unlocked()?;
        let now = self.now();
        let context = demo::DemoContext {
            now,
            offset_minutes: self.port.clock().utc_offset_minutes(now),
            author: format!("Practitioner/{}", open.staff_id.hex()),
            author_name: open.staff.name.clone(),
            mrn_system: mrn_system(&open),
        };
        let mut bodies = Vec::new();
        let people = demo::demo(&context);
        let total = people.len() as u64;
        for (done, resources) in people.into_iter().enumerate() {
            let Some(fhir_id) = resources.iter().find(|r| r.resource_type == "Patient").map(|r| r.id.clone()) else {
                continue;
            };
            let patient = derive_pseudonym(&open.bundle.pseudonym_key, &fhir_id);
            let changes = resources.iter().map(|r| Change::create(r, open.tick(now))).collect();
            bodies.extend(self.seal(&open, vec![Decision { patient, changes }]).await?);
            self.progress(DEMO_JOB, Phase::Demo, done as u64 + 1, total);
            self.port.yield_now().await;
        }
        let act = Act::new(Action::Imported).note("demo");
        self.append(&open, bodies, vec![act], vec![]).await?;
        self.emit(&Event::Progress { job: DEMO_JOB, phase: Phase::Demo, done: total, total });
        Ok(open.session_view())
    }

    /// The Practitioner resource of a member of staff, in the clinic's commons.
    pub(super) fn practitioner(&self, open: &Open, staff: &StaffId, name: &str) -> Decision {
        let resource = Resource::new("Practitioner", &staff.hex())
            .with("active", serde_json::Value::Bool(true))
            .with("name", serde_json::json!([{ "text": name.trim() }]));
        Decision { patient: PatientId::ZERO, changes: vec![Change::create(&resource, open.tick(self.now()))] }
    }

    /// The clinic itself, as an Organization.
    pub(super) fn organization(&self, open: &Open) -> Decision {
        let resource = Resource::new("Organization", &open.clinic.hex())
            .with("active", serde_json::Value::Bool(true))
            .with("name", serde_json::Value::from(open.clinic_name.as_str()));
        Decision { patient: PatientId::ZERO, changes: vec![Change::create(&resource, open.tick(self.now()))] }
    }
}
