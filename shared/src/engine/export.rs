//! Export: decrypt and stream. One patient as a Bundle with what it refers to; the clinic as NDJSON by type in a zip.

mod clinic;
mod files;
mod lines;
mod pack;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::PatientId;
use crate::base::date::fhir_datetime;
use crate::fhir::bundle::BundlePlan;
use crate::fhir::refs::{references, target_of};
use crate::fhir::resource::Resource;
use crate::port::Port;

use super::Engine;
use super::Io;
use super::api::{ExportReport, Fault, Phase};
use super::audit::{Act, Action};
use super::open::Open;

pub(super) use lines::write;
pub(super) use pack::pack;

impl<P: Port> Engine<P> {
    pub(super) async fn export_patient(
        &self,
        open: &Rc<Open>,
        patient: PatientId,
        job: u32,
        mut io: Io,
    ) -> Result<ExportReport, Fault> {
        let cancelled = self.start_job(job);
        let mut resources = self.resources_of(open, &patient).await?;
        if resources.is_empty() {
            return Err(Fault::NotFound);
        }
        let commons = self.resources_of(open, &PatientId::ZERO).await?;
        resources.extend(referred(&resources, commons));
        let plan = BundlePlan::new(&resources);
        let mut out = Out::new(&mut io)?;
        let now = self.now();
        out.push(plan.header(now).into_bytes());
        let mut piece = String::new();
        for (i, resource) in resources.iter().enumerate() {
            piece.push_str(&plan.entry(resource, i == 0));
            if piece.len() > 256 * 1024 {
                out.push(std::mem::take(&mut piece).into_bytes());
                self.progress(job, Phase::Exporting, i as u64, resources.len() as u64);
                self.port.yield_now().await;
                if cancelled.get() {
                    return Err(Fault::Cancelled);
                }
            }
        }
        piece.push_str(plan.footer());
        out.push(piece.into_bytes());
        self.progress(job, Phase::Exporting, resources.len() as u64, resources.len() as u64);
        self.append(open, vec![], vec![Act::on(Action::ExportedPatient, patient)], vec![]).await?;
        Ok(ExportReport {
            file_name: format!("lucerna-record-{}.json", self.day_stamp()),
            media_type: "application/fhir+json".into(),
            resources: resources.len() as u64,
            bytes: out.bytes,
        })
    }

    async fn resources_of(&self, open: &Open, patient: &PatientId) -> Result<Vec<Resource>, Fault> {
        let state = self.state(open, patient).await?;
        Ok(state.all().map(|(_, _, resource)| resource).collect())
    }

    fn day_stamp(&self) -> String {
        let now = self.now();
        fhir_datetime(now, self.port.clock().utc_offset_minutes(now)).chars().take(10).collect()
    }
}

/// The clinic's own resources that these refer to, and what those refer to in turn.
fn referred(from: &[Resource], commons: Vec<Resource>) -> Vec<Resource> {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let note = |resource: &Resource, wanted: &mut BTreeSet<String>| {
        for (_, raw) in &resource.elements {
            for reference in references(raw.as_str()) {
                match reference.strip_prefix("urn:uuid:") {
                    Some(id) => wanted.insert(id.to_owned()),
                    None => target_of(reference).is_some_and(|t| wanted.insert(t.id)),
                };
            }
        }
    };
    from.iter().for_each(|r| note(r, &mut wanted));
    let mut picked: Vec<Resource> = Vec::new();
    let mut rest = commons;
    loop {
        let (hit, miss): (Vec<_>, Vec<_>) = rest.into_iter().partition(|r| wanted.contains(&r.id));
        if hit.is_empty() {
            return picked;
        }
        hit.iter().for_each(|r| note(r, &mut wanted));
        picked.extend(hit);
        rest = miss;
    }
}

/// Where the pieces of a file go, and how many bytes went.
struct Out {
    take: Box<dyn FnMut(Vec<u8>)>,
    bytes: u64,
}

impl Out {
    fn new(io: &mut Io) -> Result<Out, Fault> {
        let take =
            io.out.take().ok_or_else(|| Fault::Refused { detail: "there is nowhere to write the file".into() })?;
        Ok(Out { take, bytes: 0 })
    }

    fn push(&mut self, piece: Vec<u8>) {
        if !piece.is_empty() {
            self.bytes += piece.len() as u64;
            (self.take)(piece);
        }
    }
}
