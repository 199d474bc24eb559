//! What waits, part by part, against what is here: new, changed, or the same. Once to show it, and once more to write it,
//! since the record may have grown meanwhile.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::base::PatientId;
use crate::clinic::search::IndexEntry;
use crate::engine::Engine;
use crate::engine::api::Fault;
use crate::engine::log::{Arrival, patient_resource};
use crate::engine::open::Open;
use crate::fhir::issue::{Issue, Severity};
use crate::fhir::resource::{RawJson, Resource};
use crate::port::{Port, Space, Store};
use crate::record::accept::acceptable;
use crate::record::{Change, PatientState, ResourceRef};

use super::tally::{SAMPLE, Tally};
use super::waiting::{Waiting, waiting};

/// Keys of the log asked for at once.
const PAGE: u32 = 4096;

/// Fingerprints of what was met of one record, to find what stands twice.
pub(super) type Seen = HashMap<ResourceRef, u64>;

/// Who has rows in the log, by the keys of their rows.
pub(super) type Here = HashSet<[u8; 16]>;

/// The resources of one part by patient, each list in the order in which they came.
pub(super) fn grouped(pieces: &[Vec<u8>]) -> Result<BTreeMap<PatientId, Vec<Waiting<'_>>>, Fault> {
    let mut groups: BTreeMap<PatientId, Vec<Waiting<'_>>> = BTreeMap::new();
    for piece in pieces {
        for resource in waiting(piece) {
            let resource = resource?;
            groups.entry(resource.patient).or_default().push(resource);
        }
    }
    Ok(groups)
}

impl<P: Port> Engine<P> {
    pub(super) async fn who_is_here(&self, open: &Open) -> Result<Here, Fault> {
        let mut here = Here::new();
        let mut from = Vec::new();
        loop {
            let keys = self.port.store().keys(Space::Log, &from, None, Some(PAGE)).await?;
            here.extend(keys.iter().filter(|key| !open.is_staged(key)).filter_map(|key| key.first_chunk::<16>()));
            let Some(last) = keys.last().filter(|_| keys.len() == PAGE as usize) else { break };
            from = [last.as_slice(), &[0]].concat();
            self.port.yield_now().await;
        }
        Ok(here)
    }

    /// Counts one record's resources into the tally and says what is wrong with them.
    #[allow(clippy::too_many_arguments)]
    pub(super) async fn weigh(
        &self,
        open: &Open,
        patient: PatientId,
        list: &[Waiting<'_>],
        here: bool,
        seen: &mut Seen,
        names: &[String],
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let file = |w: &Waiting<'_>| names.get(w.file as usize).map(String::as_str).unwrap_or_default();
        let state = if here { Some(self.state(open, &patient).await?) } else { None };
        let known = state.as_ref().and_then(|state| patient_resource(state)).map(|(_, resource)| resource);
        let people = list.iter().filter(|one| one.name.resource_type == "Patient").count();
        // Nobody to compare with, and nothing to show: one of a hundred thousand.
        let look = known.is_some() || people > 1 || tally.sample.len() < SAMPLE;
        let mut first: Option<Resource> = None;
        for one in list {
            if look && one.name.resource_type == "Patient" {
                let resource = one.resource()?;
                if known.iter().chain(&first).any(|other| somebody_else(other, &resource)) {
                    let text = "another person stands under this id already; name and date of birth both differ";
                    tally.issue(file(one), Issue::new(Severity::Error, "conflict", one.path, text));
                }
                if known.is_none() && first.is_none() && tally.sample.len() < SAMPLE {
                    tally.sample.push(IndexEntry::from_resource(&resource, "", &resource.id).into_row(patient));
                }
                first.get_or_insert(resource);
            }
            match seen.get(&one.name) {
                Some(before) => {
                    if *before != one.print {
                        let text = "the same id stands twice with different content; the first one counts";
                        tally.issue(file(one), Issue::new(Severity::Warning, "duplicate", one.path, text));
                    }
                    tally.count(&one.name.resource_type).same += 1;
                    continue;
                }
                None => seen.insert(one.name.clone(), one.print),
            };
            tally.resources += 1;
            let Some(state) = state.as_ref().filter(|state| state.get(&one.name).is_some()) else {
                tally.count(&one.name.resource_type).new += 1;
                continue;
            };
            match self.change_here(open, state, one)? {
                Difference::None => tally.count(&one.name.resource_type).same += 1,
                Difference::Signed => {
                    let text = "a note that was signed here never changes; it stays as it is";
                    tally.issue(file(one), Issue::new(Severity::Warning, "business-rule", one.path, text));
                    tally.count(&one.name.resource_type).same += 1;
                }
                Difference::Unfit(issue) => tally.issue(file(one), issue),
                Difference::Change(_) => tally.count(&one.name.resource_type).changed += 1,
            }
        }
        if patient == PatientId::ZERO {
            return Ok(());
        }
        match (known.is_some(), people > 0) {
            (true, _) => tally.patients_known += 1,
            (false, true) => tally.patients_new += 1,
            (false, false) => {
                let file = list.first().map(file).unwrap_or_default();
                let text = "resources refer to a patient who is neither in these files nor in this clinic; they are kept and appear once the patient is imported";
                tally.issue(file, Issue::new(Severity::Warning, "not-found", "", text));
            }
        }
        Ok(())
    }

    /// What brings one record's resources in.
    pub(super) async fn changes_of(
        &self,
        open: &Open,
        patient: PatientId,
        list: &[Waiting<'_>],
        here: bool,
        seen: &mut Seen,
    ) -> Result<Brought, Fault> {
        let state = if here { Some(self.state(open, &patient).await?) } else { None };
        let mut brought = Brought { arrival: Arrival::of(patient), entry: None };
        let (mut person, mut visit) = (None, String::new());
        let now = self.now();
        for one in list {
            if seen.contains_key(&one.name) {
                continue;
            }
            seen.insert(one.name.clone(), one.print);
            let resource_type = one.name.resource_type.as_str();
            match state.as_ref().filter(|state| state.get(&one.name).is_some()) {
                None => {
                    one.write_to(brought.arrival.place(resource_type), open.tick(now))?;
                    match resource_type {
                        "Encounter" => visit = visit.max(start_of(one)?),
                        "Patient" if person.is_none() => person = Some(one.resource()?),
                        _ => {}
                    }
                }
                Some(state) => {
                    if let Difference::Change(change) = self.change_here(open, state, one)? {
                        brought.arrival.place(resource_type).push(&change);
                    }
                }
            }
        }
        brought.entry = person.filter(|_| !here).map(|p| IndexEntry::from_resource(&p, &visit, &p.id));
        Ok(brought)
    }

    /// What a resource that stands here already would become.
    fn change_here(&self, open: &Open, state: &PatientState, one: &Waiting<'_>) -> Result<Difference, Fault> {
        let Some(change) = state.change_to(&one.resource()?, open.tick(self.now())) else {
            return Ok(Difference::None);
        };
        if let Err(why) = acceptable(&change, &open.device, u64::MAX) {
            return Ok(Difference::Unfit(Issue::new(Severity::Error, "structure", one.path, why.to_string())));
        }
        let note = (one.name.resource_type == "Composition").then(|| state.get(&one.name)).flatten();
        let signed = note.is_some_and(|standing| {
            let note = standing.resource(&one.name);
            note.is_some_and(|note| self.written_here(open, standing, &note).is_some())
        });
        Ok(if signed { Difference::Signed } else { Difference::Change(change) })
    }
}

/// What an import does to one record.
pub(super) struct Brought {
    pub arrival: Arrival,
    /// The row of the search index for somebody who is new.
    pub entry: Option<IndexEntry>,
}

enum Difference {
    None,
    Change(Change),
    Signed,
    Unfit(Issue),
}

/// When a visit began, as it is written; empty when it does not say.
pub(super) fn start_of(encounter: &Waiting<'_>) -> Result<String, Fault> {
    let period = encounter.element("period")?.map_or(Value::Null, |period| RawJson::proven(period).value());
    Ok(period.get("start").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// Two systems may have given one id to two people. Neither name nor birth date in common is taken for that.
fn somebody_else(standing: &Resource, arriving: &Resource) -> bool {
    let (a, b) = (crate::clinic::patient::row(standing, ""), crate::clinic::patient::row(arriving, ""));
    let name_differs =
        a.family.to_lowercase() != b.family.to_lowercase() && a.given.to_lowercase() != b.given.to_lowercase();
    name_differs && a.birth_date != b.birth_date
}
