//! Trying the code out before it is needed. A browser compiles what runs, first in haste and later well: the first chart
//! of a session took several times as long as the twentieth. So, while nobody waits, invented people are packed, opened,
//! folded, drawn and written out in memory. Nothing of it is sealed, stored or shown, and no patient's record is touched.

use std::cell::Cell;

use crate::base::{DeviceId, Hash, Hlc};
use crate::clinic::chart::{self, ResourceFacts};
use crate::clinic::demo::{self, DemoContext};
use crate::fhir::{Resource, ResourceView};
use crate::port::Port;
use crate::record::bundle::{self, Body};
use crate::record::view::{BodyView, Told, once_or_folded};
use crate::record::{Change, PatientState};

use super::Engine;

/// How often everybody's chart is drawn: after two rounds browsers had compiled well what matters.
const ROUNDS: usize = 2;
/// Nobody must have asked for anything during this time.
const QUIET_MS: u32 = 100;

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
        if self.warmth.0.get() < ROUNDS * demo::PEOPLE_COUNT {
            // Who types asks again in a moment.
            self.port.sleep(QUIET_MS).await;
        }
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
        let (mut state, mut seq) = (PatientState::default(), 0);
        let Ok(plain) = bodies.iter().map(|(_, packed)| Body::unwrapped(packed)).collect::<Result<Vec<_>, _>>() else {
            return;
        };
        let mut told = Vec::new();
        for plain in &plain {
            let (Ok(body), Ok(view)) = (Body::read(plain), BodyView::read(plain)) else { return };
            for (change, seen) in body.changes.iter().zip(view.changes) {
                seq += 1;
                state.apply(DeviceId::ZERO, seq, Hash::ZERO, change);
                told.push(Told { author: DeviceId::ZERO, seq, control_head: Hash::ZERO, change: seen });
            }
        }
        let Ok((once, _)) = once_or_folded(told) else { return };
        let folded: Vec<Resource> = state.all().map(|(_, _, resource)| resource).collect();
        let views = once.iter().map(|told| told.change.resource()).chain(folded.iter().map(ResourceView::of));
        let facts: Vec<ResourceFacts<'_>> =
            views.map(|resource| ResourceFacts { resource, conflict: false, by: String::new(), ours: false }).collect();
        // Written out as an answer is, and given to nobody.
        let _ = super::reply(chart::chart("invented", &facts, self.today()));
    }
}
