//! Puts a patient's resources together as the chart: banner, lists, trends and the timeline of everything.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::base::date::{Date, PartialDate, instant_of};
use crate::base::order;
use crate::clinic::allergy;
use crate::clinic::patient;
use crate::clinic::vital;
use crate::fhir::{Resource, ResourceView};

use super::line::{line, title};
use super::{Banner, Chart, Line};

/// A resource, and what the record knows beside it.
#[derive(Clone, Debug)]
pub struct ResourceFacts<'a> {
    pub resource: ResourceView<'a>,
    /// A conflict waits on it.
    pub conflict: bool,
    /// Who wrote it here; empty when it was imported or is unknown.
    pub by: String,
    /// Written in this clinic, not imported.
    pub ours: bool,
}

/// The lists of a chart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Problems,
    Allergies,
    Medications,
    Encounters,
    Immunizations,
    Results,
    Documents,
}

/// The chart of one patient. Conflicts, drafts and `as_of` are for the engine to fill.
pub fn chart(patient: &str, facts: &[ResourceFacts<'_>], today: Date) -> Chart {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let titles = condition_titles(facts);
    let mut dated = Vec::with_capacity(facts.len());
    for fact in facts {
        let resource = &fact.resource;
        *counts.entry(resource.resource_type).or_default() += 1;
        if resource.resource_type != "Patient" {
            let line = full_line(fact, &titles);
            let newest = Reverse(instant_of(&line.date).map_or(i64::MIN, |at| at.0));
            dated.push((newest, list_of(fact, &line), line));
        }
    }
    order::sort_by(&mut dated, |(a, _, one), (b, _, other)| {
        (a, &one.resource_type, &one.id).cmp(&(b, &other.resource_type, &other.id))
    });
    let newest_first = |list: List| -> Vec<u32> {
        (0..).zip(&dated).filter(|(_, (_, of, _))| *of == Some(list)).map(|(place, _)| place).collect()
    };
    // What counts now comes first.
    let active_first = |list: List| -> Vec<u32> {
        let members = (0..).zip(&dated).filter(|(_, (_, of, _))| *of == Some(list));
        let mut members: Vec<_> =
            members.map(|(place, (newest, _, line))| (!line.active, newest, &line.id, place)).collect();
        order::sort(&mut members);
        members.into_iter().map(|(.., place)| place).collect()
    };
    let banner = banner(patient, facts.iter().map(|f| &f.resource), today);
    let birth = PartialDate::parse(&banner.row.birth_date);
    let mut chart = Chart {
        patient: patient.to_owned(),
        banner,
        problems: active_first(List::Problems),
        allergies: active_first(List::Allergies),
        medications: active_first(List::Medications),
        encounters: newest_first(List::Encounters),
        immunizations: newest_first(List::Immunizations),
        results: newest_first(List::Results),
        documents: newest_first(List::Documents),
        vitals: vital::series(facts.iter().map(|f| &f.resource), birth),
        counts: counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect(),
        ..Chart::default()
    };
    order::sort_by_key(&mut chart.counts, |(_, count)| Reverse(*count));
    chart.timeline = dated.into_iter().map(|(_, _, line)| line).collect();
    chart
}

/// The list that a resource stands in beside the timeline.
fn list_of(fact: &ResourceFacts<'_>, line: &Line) -> Option<List> {
    let resource = &fact.resource;
    match resource.resource_type {
        "Condition" if is_problem(resource, fact.ours, line.active) => Some(List::Problems),
        "AllergyIntolerance" => Some(List::Allergies),
        "MedicationRequest" | "MedicationStatement" => Some(List::Medications),
        "Encounter" => Some(List::Encounters),
        "Immunization" => Some(List::Immunizations),
        "Observation" if is_result(resource) => Some(List::Results),
        "DiagnosticReport" | "ImagingStudy" => Some(List::Results),
        "Composition" | "DocumentReference" | "Media" => Some(List::Documents),
        _ => None,
    }
}

/// The banner alone, from the same resources. A visit in the future has not been.
fn banner<'a>(patient: &str, resources: impl Iterator<Item = &'a ResourceView<'a>> + Clone, today: Date) -> Banner {
    let visits = resources.clone().filter(|r| r.resource_type == "Encounter" && is_visit(r));
    let starts = visits.filter_map(|r| r.element("period").at("start").text());
    let been = starts.filter(|at| PartialDate::parse(at).is_some_and(|date| date.first_day() <= today));
    let last_visit = been.max_by_key(|at| instant_of(at).map(|t| t.0));
    let person = resources.clone().find(|r| r.resource_type == "Patient");
    let row = person.map(|p| patient::row(&p.owned(), last_visit.as_deref().unwrap_or_default()));
    let deceased = person.and_then(|p| {
        let date = p.element("deceasedDateTime").text().map(Cow::into_owned);
        date.or_else(|| p.element("deceasedBoolean").is_true().then(String::new))
    });
    let allergies: Vec<Resource> =
        resources.filter(|r| r.resource_type == "AllergyIntolerance").map(ResourceView::owned).collect();
    Banner {
        row: patient::PatientRow { patient: patient.to_owned(), ..row.unwrap_or_default() },
        allergies: allergy::label(&allergies),
        deceased,
    }
}

fn full_line(fact: &ResourceFacts<'_>, titles: &HashMap<String, String>) -> Line {
    let resource = &fact.resource;
    let mut line = line(resource);
    if !fact.by.is_empty() {
        line.by = fact.by.clone();
    }
    line.conflict = fact.conflict;
    line.signed =
        fact.ours && resource.resource_type == "Composition" && matches!(line.status.as_str(), "final" | "amended");
    // A visit is best known by what was found in it.
    if resource.resource_type == "Encounter" && line.detail.is_empty() {
        let found = resource.element("diagnosis").items().filter_map(|d| d.at("condition").at("reference").text());
        line.detail = found.filter_map(|r| titles.get(&*r)).cloned().collect::<Vec<_>>().join(", ");
    }
    line
}

fn condition_titles(facts: &[ResourceFacts<'_>]) -> HashMap<String, String> {
    let conditions = facts.iter().map(|f| &f.resource).filter(|r| r.resource_type == "Condition");
    let titled = conditions.flat_map(|r| {
        let title = title(r);
        [(r.reference(), title.clone()), (format!("urn:uuid:{}", r.id), title)]
    });
    titled.collect()
}

/// On the problem list: said so, or of no category, or an imported diagnosis that is still active. Our own diagnoses of
/// one visit are not.
fn is_problem(condition: &ResourceView<'_>, ours: bool, active: bool) -> bool {
    let categories = codes(condition, "category");
    if categories.iter().any(|c| c == "problem-list-item" || c == "health-concern") || categories.is_empty() {
        return true;
    }
    !ours && active
}

fn is_result(observation: &ResourceView<'_>) -> bool {
    !codes(observation, "category").iter().any(|c| matches!(&**c, "vital-signs" | "social-history" | "survey"))
}

fn is_visit(encounter: &ResourceView<'_>) -> bool {
    !matches!(encounter.element("status").text().as_deref(), Some("planned" | "cancelled" | "entered-in-error"))
}

fn codes<'t>(resource: &ResourceView<'t>, element: &str) -> Vec<Cow<'t, str>> {
    let codings = resource.element(element).items().flat_map(|concept| concept.at("coding").items());
    codings.filter_map(|coding| coding.at("code").text()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    fn chart_of(texts: &[&str], ours: bool) -> Chart {
        let resources: Vec<Resource> = texts.iter().map(|t| Resource::parse(t).expect("valid")).collect();
        let facts: Vec<ResourceFacts<'_>> = resources
            .iter()
            .map(ResourceView::of)
            .map(|resource| ResourceFacts { resource, conflict: false, by: String::new(), ours })
            .collect();
        chart("00", &facts, TODAY)
    }

    const PATIENT: &str = r#"{"resourceType":"Patient","id":"p","name":[{"family":"Pagi","given":["Melati"]}],"birthDate":"1961-07-14","deceasedDateTime":"2026-01-01"}"#;
    const CONDITION: &str = r#"{"resourceType":"Condition","id":"c","clinicalStatus":{"coding":[{"code":"active"}]},"category":[{"coding":[{"code":"encounter-diagnosis"}]}],"code":{"coding":[{"code":"I10","display":"Hypertension"}]},"recordedDate":"2020-01-01"}"#;

    #[test]
    fn the_banner_names_the_patient_and_the_last_visit() {
        let visit = |date: &str, status: &str| {
            format!(r#"{{"resourceType":"Encounter","id":"{date}","status":"{status}","period":{{"start":"{date}"}}}}"#)
        };
        let chart = chart_of(
            &[
                PATIENT,
                &visit("2020-01-01", "finished"),
                &visit("2021-01-01", "finished"),
                &visit("2027-01-01", "in-progress"),
                &visit("2022-01-01", "planned"),
            ],
            true,
        );
        assert_eq!(chart.banner.row.family, "Pagi");
        assert_eq!(chart.banner.row.last_visit, "2021-01-01");
        assert_eq!(chart.banner.deceased.as_deref(), Some("2026-01-01"));
        assert_eq!(chart.counts, [("Encounter".to_owned(), 4), ("Patient".to_owned(), 1)]);
    }

    #[test]
    fn a_diagnosis_of_one_visit_is_a_problem_only_when_it_came_from_elsewhere() {
        assert_eq!(chart_of(&[CONDITION], true).problems.len(), 0);
        let elsewhere = chart_of(&[CONDITION], false);
        assert_eq!(elsewhere.lines(&elsewhere.problems)[0].title, "Hypertension");
    }

    #[test]
    fn a_visit_is_known_by_what_was_found_in_it() {
        let visit = r#"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB","display":"ambulatory"},"diagnosis":[{"condition":{"reference":"Condition/c"}}]}"#;
        let chart = chart_of(&[CONDITION, visit], true);
        let line = chart.lines(&chart.encounters)[0];
        assert_eq!((line.title.as_str(), line.detail.as_str()), ("ambulatory", "Hypertension"));
    }

    #[test]
    fn every_type_has_a_line_newest_first_and_undated_last() {
        let chart = chart_of(
            &[
                r#"{"resourceType":"Basic","id":"1"}"#,
                r#"{"resourceType":"CarePlan","id":"2","category":[{"text":"Self care"}],"period":{"start":"2005-08-28T12:41:29+00:00"},"activity":[{"detail":{"code":{"text":"Education"}}}]}"#,
                r#"{"resourceType":"MedicationRequest","id":"3","status":"active","medicationCodeableConcept":{"text":"amlodipine 5 mg"},"authoredOn":"2020-01-01","dosageInstruction":[{"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}]}]}"#,
                r#"{"resourceType":"Observation","id":"4","status":"final","code":{"text":"Blood pressure"},"effectiveDateTime":"2021-01-01","component":[{"code":{"coding":[{"code":"8480-6"}]},"valueQuantity":{"value":148,"unit":"mmHg"},"interpretation":[{"coding":[{"code":"H"}]}]},{"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":92.0,"unit":"mmHg"}}]}"#,
            ],
            false,
        );
        let seen: Vec<String> = chart
            .timeline
            .iter()
            .map(|l| format!("{}: {} = {}", l.date.get(..4).unwrap_or_default(), l.title, l.detail))
            .collect();
        assert_eq!(
            seen,
            [
                "2021: Blood pressure = 148/92.0 mmHg (H)",
                "2020: amlodipine 5 mg = 1 tablet · 1 × /d",
                "2005: Self care = Education",
                ": Basic = ",
            ]
        );
        assert_eq!(chart.medications.len(), 1);
    }
}
