//! Conflicts to settle: grouped by patient, one decision each, with what a choice means in plain words.
//! Decides nothing by itself; a clinician chooses a side, and the other stays in the history.

use lucerna_shared::base::order;
use lucerna_shared::clinic::chart::Conflict;
use lucerna_shared::clinic::patient::PatientIdText;
use lucerna_shared::engine::api::Fault;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum List {
    #[default]
    Waiting,
    Ready(Vec<Conflict>),
    Failed(Fault),
}

/// Names one conflict: the element of the resource of the patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictRef {
    pub patient: PatientIdText,
    pub resource_type: String,
    pub id: String,
    pub element: String,
}

impl ConflictRef {
    pub fn of(conflict: &Conflict) -> ConflictRef {
        ConflictRef {
            patient: conflict.patient.clone(),
            resource_type: conflict.resource_type.clone(),
            id: conflict.id.clone(),
            element: conflict.element.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Loaded(Vec<Conflict>),
    LoadFailed(Fault),
    /// Something changed somewhere: look again.
    Changed,
    Keep {
        of: ConflictRef,
        op: String,
    },
    Settled(ConflictRef),
    SettleFailed(ConflictRef, Fault),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Load,
    Settle {
        of: ConflictRef,
        keep: String,
    },
    /// Say that it is settled, and move the focus to the next one.
    Said,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub list: List,
    /// The one whose decision is being written, so that it is not made twice.
    pub settling: Option<ConflictRef>,
    pub fault: Option<(ConflictRef, Fault)>,
}

impl Model {
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Loaded(conflicts) => {
                self.list = List::Ready(conflicts);
                Vec::new()
            }
            Event::LoadFailed(fault) => {
                if !matches!(self.list, List::Ready(_)) {
                    self.list = List::Failed(fault);
                }
                Vec::new()
            }
            Event::Changed => vec![Effect::Load],
            Event::Keep { of, op } => {
                if self.settling.is_some() {
                    return Vec::new();
                }
                self.settling = Some(of.clone());
                self.fault = None;
                vec![Effect::Settle { of, keep: op }]
            }
            Event::Settled(of) => {
                self.settling = None;
                if let List::Ready(conflicts) = &mut self.list {
                    conflicts.retain(|c| ConflictRef::of(c) != of);
                }
                vec![Effect::Said, Effect::Load]
            }
            Event::SettleFailed(of, fault) => {
                self.settling = None;
                self.fault = Some((of, fault));
                Vec::new()
            }
        }
    }
}

/// What the choice touches, which decides the words that stand above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stakes {
    /// Name, sex, date of birth, national id: who this is.
    Identity,
    /// Allergy substance or criticality, active dose: the more dangerous reading counts meanwhile.
    Safety,
    /// Phone, address, preferred name: the later one is shown already.
    Contact,
    Other,
}

pub fn stakes(conflict: &Conflict) -> Stakes {
    match (conflict.resource_type.as_str(), conflict.element.as_str()) {
        ("Patient", "name" | "gender" | "birthDate" | "identifier" | "deceasedBoolean" | "deceasedDateTime") => {
            Stakes::Identity
        }
        ("AllergyIntolerance" | "MedicationRequest" | "MedicationStatement", _) => Stakes::Safety,
        ("Patient", "telecom" | "address" | "contact") => Stakes::Contact,
        _ => Stakes::Other,
    }
}

/// Those that wait for a clinician first, then those that a clock has decided; patients stay together.
pub fn by_patient(conflicts: &[Conflict]) -> Vec<(&str, Vec<&Conflict>)> {
    let mut sorted: Vec<&Conflict> = conflicts.iter().collect();
    order::sort_by_key(&mut sorted, |c| !c.needs_clinician);
    let mut patients: Vec<(&str, Vec<&Conflict>)> = Vec::new();
    for conflict in sorted {
        match patients.iter_mut().find(|(patient, _)| *patient == conflict.patient) {
            Some((_, list)) => list.push(conflict),
            None => patients.push((&conflict.patient, vec![conflict])),
        }
    }
    patients
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(patient: &str, element: &str, needs_clinician: bool) -> Conflict {
        Conflict {
            patient: patient.into(),
            patient_name: String::new(),
            resource_type: "Patient".into(),
            id: "1".into(),
            element: element.into(),
            needs_clinician,
            shown: 0,
            sides: Vec::new(),
        }
    }

    #[test]
    fn what_waits_for_a_clinician_stands_first() {
        let all = [conflict("a", "telecom", false), conflict("b", "birthDate", true), conflict("a", "gender", true)];
        let grouped = by_patient(&all);
        assert_eq!(grouped.iter().map(|(p, l)| (*p, l.len())).collect::<Vec<_>>(), [("b", 1), ("a", 2)]);
        assert_eq!(grouped[1].1[0].element, "gender");
    }

    #[test]
    fn one_decision_is_written_at_a_time_and_then_leaves_the_list() {
        let mut model = Model::default();
        let all = vec![conflict("a", "gender", true)];
        let of = ConflictRef::of(&all[0]);
        model.update(Event::Loaded(all));
        let keep = Event::Keep { of: of.clone(), op: "x:1:0".into() };
        assert_eq!(model.update(keep.clone()).len(), 1);
        assert_eq!(model.update(keep), vec![]);
        model.update(Event::Settled(of));
        assert_eq!(model.list, List::Ready(vec![]));
    }

    #[test]
    fn who_someone_is_weighs_otherwise_than_a_phone_number() {
        assert_eq!(stakes(&conflict("a", "birthDate", true)), Stakes::Identity);
        assert_eq!(stakes(&conflict("a", "telecom", false)), Stakes::Contact);
    }
}
