//! Finding, registering and editing patients.

use std::rc::Rc;

use crate::base::{DeviceId, PatientId};
use crate::clinic::patient::{self, FieldProblem, PatientForm, PatientRow};
use crate::clinic::search::Matches;
use crate::crypto::store_keys::derive_pseudonym;
use crate::port::Port;
use crate::record::Change;

use super::Engine;
use super::api::{Fault, PatientCheck, SearchResults};
use super::audit::{Act, Action};
use super::log::{Decision, patient_resource};
use super::open::Open;

impl<P: Port> Engine<P> {
    pub(super) fn patient_row(&self, open: &Open, patient: &PatientId) -> Option<PatientRow> {
        let index = open.index.borrow();
        index.search.entry(*patient).map(|entry| entry.into_row(*patient))
    }

    pub(super) fn search(&self, open: &Open, query: &str, limit: u32) -> SearchResults {
        self.searches.set(self.searches.get() + 1);
        let matches = open.index.borrow().search.search_written(query, limit as usize, self.today());
        self.results(open, query, matches)
    }

    /// Looks at one image after the other, and between two whether somebody has typed on.
    pub(super) async fn search_similar(&self, open: &Open, query: &str, limit: u32) -> Result<SearchResults, Fault> {
        let asked = self.searches.get();
        self.port.yield_now().await;
        let mut search = open.index.borrow().search.begin_similar(query, limit as usize, self.today());
        while self.searches.get() == asked {
            if !open.index.borrow().search.look_on(&mut search) {
                return Ok(self.results(open, query, search.finish()));
            }
            self.port.yield_now().await;
        }
        Err(Fault::Cancelled)
    }

    fn results(&self, open: &Open, query: &str, matches: Matches) -> SearchResults {
        let rows = open.index.borrow().search.rows(&matches);
        let (total, more, few) = (matches.total as u64, matches.more, matches.few);
        SearchResults { query: query.to_owned(), rows, total, more, few }
    }

    /// Patients this device's audit chain saw opened or changed last; then those seen last by the record, so that a
    /// clinic whose people came in by import or by sync does not look empty.
    pub(super) async fn recent(&self, open: &Open, limit: u32) -> Result<Vec<PatientRow>, Fault> {
        let limit = limit as usize;
        let mut rows: Vec<PatientRow> = Vec::new();
        for entry in self.audit_log(open, None, 200).await? {
            if let Some(row) = entry.patient
                && !rows.iter().any(|r| r.patient == row.patient)
            {
                rows.push(row);
                if rows.len() >= limit {
                    return Ok(rows);
                }
            }
        }
        // As many again as are there already, since these may be among them; a whole sort would cost more with each patient.
        let by_visit = open.index.borrow().search.seen_last(2 * limit);
        let others = by_visit.into_iter().map(|(patient, entry)| entry.into_row(patient));
        let fresh: Vec<PatientRow> = others.filter(|row| !rows.iter().any(|r| r.patient == row.patient)).collect();
        rows.extend(fresh.into_iter().take(limit - rows.len()));
        Ok(rows)
    }

    pub(super) fn check_patient(
        &self,
        open: &Open,
        form: &PatientForm,
        editing: Option<&str>,
    ) -> Result<PatientCheck, Fault> {
        let today = self.today();
        let problems = patient::check(form, today);
        let editing = editing.and_then(|text| text.parse().ok());
        let duplicates = open.index.borrow().search.likely_duplicates(form, editing, today);
        Ok(PatientCheck { problems, duplicates })
    }

    pub(super) async fn register_patient(&self, open: &Rc<Open>, form: PatientForm) -> Result<PatientRow, Fault> {
        let today = self.today();
        refuse_blocking(patient::check(&form, today))?;
        let fhir_id = self.new_id();
        let number = open.next_mrn.get();
        open.next_mrn.set(number + 1);
        let resource = patient::to_resource(&form, &fhir_id, &mrn(open, number), &mrn_system(open), today);
        let id = derive_pseudonym(&open.bundle.pseudonym_key, &fhir_id);
        let change = Change::create(&resource, open.tick(self.now()));
        let decision = Decision { patient: id, changes: vec![change] };
        self.write(open, vec![decision], vec![Act::on(Action::Registered, id)], vec![]).await?;
        self.patient_row(open, &id).ok_or(Fault::NotFound)
    }

    pub(super) async fn patient_to_edit(&self, open: &Open, id: PatientId) -> Result<PatientForm, Fault> {
        let state = self.state(open, &id).await?;
        let (_, resource) = patient_resource(&state).ok_or(Fault::NotFound)?;
        Ok(patient::from_resource(&resource))
    }

    pub(super) async fn edit_patient(
        &self,
        open: &Rc<Open>,
        id: PatientId,
        before: PatientForm,
        after: PatientForm,
    ) -> Result<PatientRow, Fault> {
        refuse_blocking(patient::check(&after, self.today()))?;
        let state = self.state(open, &id).await?;
        let change = {
            let (name, resource) = patient_resource(&state).ok_or(Fault::NotFound)?;
            let values = patient::edit(&before, &after, &resource, self.today());
            let standing = state.get(&name).ok_or(Fault::NotFound)?;
            Change {
                resource: name,
                hlc: open.tick(self.now()),
                ops: standing.assign(&values),
                schema: crate::record::change::SCHEMA,
            }
        };
        if !change.ops.is_empty() {
            let decision = Decision { patient: id, changes: vec![change] };
            self.write(open, vec![decision], vec![Act::on(Action::Edited, id)], vec![]).await?;
        }
        self.patient_row(open, &id).ok_or(Fault::NotFound)
    }

    /// A random UUID (RFC 9562 version 4) for a new resource.
    pub(super) fn new_id(&self) -> String {
        id_from(&mut self.fill())
    }
}

/// The same, of randomness that somebody else draws.
pub(super) fn id_from(fill: &mut dyn FnMut(&mut [u8])) -> String {
    let mut b = [0u8; 16];
    fill(&mut b);
    b[6] = b[6] & 0x0f | 0x40;
    b[8] = b[8] & 0x3f | 0x80;
    let hex: String = b.iter().map(|b| format!("{b:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

pub(super) fn refuse_blocking(problems: Vec<FieldProblem>) -> Result<(), Fault> {
    if problems.iter().any(|p| p.blocking) { Err(Fault::Fields { problems }) } else { Ok(()) }
}

/// Crockford's base 32 without look-alikes.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The clinic's record number: letters of the device, so that two offline tablets never give the same, and a count.
fn mrn(open: &Open, number: u64) -> String {
    let others: Vec<DeviceId> = open.control.borrow().devices().into_iter().map(|d| d.device).collect();
    format!("{}-{number:04}", letters(&open.device, &others))
}

/// Two letters of a device's id, and more while another device begins with the same. Of two devices, the one that
/// came later knows the earlier, and takes the longer name.
fn letters(device: &DeviceId, others: &[DeviceId]) -> String {
    let letter = |b: &u8| LETTERS.get(usize::from(b & 31)).copied().map_or('0', char::from);
    let spelt = |device: &DeviceId| device.0.iter().map(letter).collect::<String>();
    let mine = spelt(device);
    let shared = |len: usize| {
        let begin: String = mine.chars().take(len).collect();
        others.iter().any(|other| other != device && spelt(other).starts_with(&begin))
    };
    let len = (2..DeviceId::LEN).find(|len| !shared(*len)).unwrap_or(DeviceId::LEN);
    mine.chars().take(len).collect()
}

/// The naming system of this clinic's record numbers.
pub(super) fn mrn_system(open: &Open) -> String {
    let hex = open.clinic.hex();
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tablets_whose_ids_begin_alike_never_give_the_same_record_number() {
        let (first, second) = (DeviceId([7; 16]), DeviceId([7, 7, 7, 8, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]));
        assert_eq!(letters(&first, &[first]), "77");
        assert_eq!(letters(&second, &[first, second]), "7778");
        assert_eq!(letters(&second, &[DeviceId([9; 16]), second]), "77");
    }
}
