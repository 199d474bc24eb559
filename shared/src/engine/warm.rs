//! Trying the code out before it is needed. A browser compiles what runs, first in haste and later well: the first chart
//! of a session took several times as long as the twentieth. So, while nobody waits, invented people are packed, opened,
//! folded, drawn and written out in memory. Nothing of it is sealed, stored or shown, and no patient's record is touched.

use std::cell::Cell;

use crate::base::{DeviceId, Hash, Hlc};
use crate::clinic::chart::{self, ResourceFacts};
use crate::clinic::demo::{self, DemoContext};
use crate::fhir::Resource;
use crate::port::Port;
use crate::record::bundle::{self, Body};
use crate::record::{Change, PatientState};

use super::Engine;

/// How often everybody's chart is drawn: after two rounds browsers had compiled well what matters.
const ROUNDS: usize = 2;

/// How many charts were drawn so far.
#[derive(Default)]
pub(super) struct Warmth(Cell<usize>);

impl<P: Port> Engine<P> {
    /// One invented person at a time, until it is enough or somebody asks for something; the next call goes on.
    pub(super) async fn warm_up(&self) {
        if !self.port.compiles_late() {
            return;
        }
        let seen = self.traffic.arrived();
        while self.traffic.arrived() == seen && self.warmth.0.get() < ROUNDS * demo::PEOPLE_COUNT {
            let place = self.warmth.0.get();
            self.warmth.0.set(place + 1);
            self.try_out(place % demo::PEOPLE_COUNT);
            self.port.yield_now().await;
        }
    }

    fn try_out(&self, place: usize) {
        let context = DemoContext {
            now: self.now(),
            offset_minutes: 0,
            author: "Practitioner/invented".to_owned(),
            author_name: "invented".to_owned(),
            mrn_system: "invented".to_owned(),
        };
        let Some(resources) = demo::one(&context, place) else { return };
        let hlc = Hlc::default();
        let changes = resources.iter().map(|resource| Change::create(resource, hlc)).collect();
        let Ok(bodies) = bundle::split(changes) else { return };
        let mut state = PatientState::default();
        let mut seq = 0;
        for (_, packed) in bodies {
            let Ok(body) = Body::unpack(&packed) else { return };
            for change in &body.changes {
                seq += 1;
                state.apply(DeviceId::ZERO, seq, Hash::ZERO, change);
            }
        }
        let standing: Vec<Resource> = state.all().map(|(_, _, resource)| resource).collect();
        let facts: Vec<ResourceFacts<'_>> = standing
            .iter()
            .map(|resource| ResourceFacts { resource, conflict: false, by: String::new(), ours: false })
            .collect();
        // Written out as an answer is, and given to nobody.
        let _ = super::reply(chart::chart("invented", &facts, self.today()));
    }
}
