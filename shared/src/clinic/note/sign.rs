//! Signing turns a draft into FHIR: Encounter, Conditions, Observations and the Composition that holds the words.
//! Addenda are Compositions of their own that append to the note; the note itself is never touched.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::base::date::{Age, Date, PartialDate, fhir_datetime, parse_typed};
use crate::clinic::authoring::{Authoring, coding, concept};
use crate::clinic::patient::FieldProblem;
use crate::clinic::vital;
use crate::fhir::Resource;

use super::narrative::{narrative, plain};
use super::{Diagnosis, VisitDraft};

const LOINC: &str = "http://loinc.org";
pub const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const ACT: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
/// Longest text of one part of a note, in characters.
const LONGEST: usize = 100_000;

/// A part of a signed note, for showing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteSection {
    /// LOINC code of the section, or empty.
    pub code: String,
    pub title: String,
    /// Plain text with line breaks.
    pub text: String,
}

/// What is wrong with a draft. Field names are those of `VisitDraft`; list items as `diagnoses[0]`.
pub fn check(draft: &VisitDraft, age: Option<Age>, today: Date) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut add = |field: String, message: &str, blocking: bool| {
        problems.push(FieldProblem { field, message: message.into(), blocking });
    };
    if draft.is_blank() {
        add("subjective".into(), "visit-empty", true);
    }
    for (field, text) in parts(draft).map(|(field, .., text)| (field, text)) {
        if text.chars().count() > LONGEST {
            add(field.into(), "text-too-long", true);
        }
    }
    for (i, diagnosis) in draft.diagnoses.iter().enumerate() {
        if diagnosis.code.trim().is_empty() && diagnosis.title.trim().is_empty() {
            add(format!("diagnoses[{i}]"), "diagnosis-empty", true);
        }
    }
    match (draft.follow_up.trim(), parse_typed(&draft.follow_up, today)) {
        ("", _) => {}
        (_, Some(date)) if date.last_day() < today => add("follow_up".into(), "follow-up-in-past", false),
        (_, Some(_)) => {}
        (_, None) => add("follow_up".into(), "follow-up-unreadable", true),
    }
    problems.extend(vital::check(&draft.vitals, age));
    problems
}

/// The visit as resources, Encounter first and Composition last; or the problems that stand in the way.
/// `birth` is the patient's, for judging vitals by age.
pub fn sign(
    draft: &VisitDraft,
    birth: Option<PartialDate>,
    ctx: &mut Authoring<'_>,
) -> Result<Vec<Resource>, Vec<FieldProblem>> {
    let today = ctx.today();
    let age = birth.and_then(|b| b.age_on(today));
    let problems: Vec<FieldProblem> = check(draft, age, today).into_iter().filter(|p| p.blocking).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let started = if draft.started > 0 { Timestamp(draft.started.min(ctx.now.0)) } else { ctx.now };
    let (subject, writer, now) = (ctx.subject(), ctx.writer(), ctx.now_text());
    let encounter = ctx.make("Encounter");
    let at_encounter = encounter.reference();
    let conditions: Vec<Resource> = draft.diagnoses.iter().map(|d| condition(d, &at_encounter, ctx)).collect();
    let observations = vital::to_observations(&draft.vitals, &at_encounter, age, ctx);
    let refs = |resources: &[Resource]| -> Vec<Value> {
        resources.iter().map(|r| json!({ "reference": r.reference() })).collect()
    };
    let ranked = refs(&conditions).into_iter().enumerate();
    let diagnosis: Vec<Value> = ranked.map(|(i, condition)| json!({ "condition": condition, "rank": i + 1 })).collect();
    let encounter = encounter
        .with("status", json!("finished"))
        .with("class", coding(ACT, "AMB", "ambulatory"))
        .with("subject", subject.clone())
        .with(
            "participant",
            json!([{
                "type": [concept(PARTICIPATION, "PPRF", "primary performer")],
                "individual": writer,
            }]),
        )
        .with("period", json!({ "start": fhir_datetime(started, ctx.offset_minutes), "end": now }))
        .with("diagnosis", or_null(diagnosis));
    let follow_up = parse_typed(&draft.follow_up, today);
    let sections = parts(draft).filter_map(|(field, code, display, title, text)| {
        let entries = match field {
            "objective" => refs(&observations),
            "assessment" => refs(&conditions),
            _ => Vec::new(),
        };
        let inner = if field == "plan" { follow_up } else { None };
        section(code, display, title, text, entries, inner)
    });
    let sections: Vec<Value> = sections.collect();
    let composition = composition("Visit note", ctx)
        .with("encounter", json!({ "reference": at_encounter }))
        .with("section", Value::Array(sections));
    let mut all = vec![encounter];
    all.extend(conditions);
    all.extend(observations);
    all.push(composition);
    Ok(all)
}

/// An addendum to a signed note.
pub fn addendum(text: &str, note: &Resource, ctx: &mut Authoring<'_>) -> Result<Resource, Vec<FieldProblem>> {
    let problem =
        |message: &str| Err(vec![FieldProblem { field: "text".into(), message: message.into(), blocking: true }]);
    if text.trim().is_empty() {
        return problem("addendum-empty");
    }
    if text.chars().count() > LONGEST {
        return problem("text-too-long");
    }
    let addendum = composition("Addendum", ctx)
        .with("encounter", note.element("encounter"))
        .with("relatesTo", json!([{ "code": "appends", "targetReference": { "reference": note.reference() } }]))
        .with("section", json!([{ "title": "Addendum", "text": narrative(text) }]));
    Ok(addendum)
}

/// The words of a Composition, section by section, inner sections after their outer one.
pub fn read_note(note: &Resource) -> Vec<NoteSection> {
    let mut out = Vec::new();
    collect(&note.element("section"), 0, &mut out);
    if out.is_empty() {
        let text = plain(note.element("text")["div"].as_str().unwrap_or_default());
        if !text.is_empty() {
            out.push(NoteSection { code: String::new(), title: String::new(), text });
        }
    }
    out
}

fn collect(sections: &Value, depth: usize, out: &mut Vec<NoteSection>) {
    for section in sections.as_array().into_iter().flatten().filter(|_| depth < 8) {
        let concept = &section["code"];
        let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let display =
            || concept["coding"][0]["display"].as_str().or(concept["text"].as_str()).unwrap_or_default().to_owned();
        out.push(NoteSection {
            code: text_of(&concept["coding"][0]["code"]),
            title: section["title"].as_str().map_or_else(display, str::to_owned),
            text: plain(section["text"]["div"].as_str().unwrap_or_default()),
        });
        collect(&section["section"], depth + 1, out);
    }
}

/// Field, LOINC code, its display, title, text: in the order S, O, A, P.
fn parts(draft: &VisitDraft) -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str, &str)> {
    [
        ("subjective", "61150-9", "Subjective Narrative", "Subjective", draft.subjective.as_str()),
        ("objective", "61149-1", "Objective Narrative", "Objective", draft.objective.as_str()),
        ("assessment", "51848-0", "Evaluation note", "Assessment", draft.assessment.as_str()),
        ("plan", "18776-5", "Plan of care note", "Plan", draft.plan.as_str()),
    ]
    .into_iter()
}

fn section(
    code: &str,
    display: &str,
    title: &str,
    text: &str,
    entries: Vec<Value>,
    follow_up: Option<PartialDate>,
) -> Option<Value> {
    if text.trim().is_empty() && entries.is_empty() && follow_up.is_none() {
        return None;
    }
    let mut section = json!({ "title": title, "code": concept(LOINC, code, display) });
    if !text.trim().is_empty() {
        section["text"] = narrative(text);
    }
    if !entries.is_empty() {
        section["entry"] = Value::Array(entries);
    }
    if let Some(date) = follow_up {
        section["section"] = json!([{ "title": "Follow-up", "text": narrative(&date.to_string()) }]);
    }
    Some(section)
}

fn composition(title: &str, ctx: &mut Authoring<'_>) -> Resource {
    let (subject, writer, now) = (ctx.subject(), ctx.writer(), ctx.now_text());
    ctx.make("Composition")
        .with("status", json!("final"))
        .with("type", concept(LOINC, "11506-3", "Progress note"))
        .with("subject", subject)
        .with("date", json!(now))
        .with("author", json!([writer]))
        .with("title", json!(title))
        .with("attester", json!([{ "mode": "professional", "time": now, "party": writer }]))
}

fn condition(diagnosis: &Diagnosis, encounter: &str, ctx: &mut Authoring<'_>) -> Resource {
    let (code, title, note) = (diagnosis.code.trim(), diagnosis.title.trim(), diagnosis.note.trim());
    let mut what = json!({});
    if !code.is_empty() {
        what["coding"] = json!([coding(ICD10, code, title)]);
    }
    if !title.is_empty() {
        what["text"] = json!(title);
    }
    let mut categories = vec![concept(CATEGORY, "encounter-diagnosis", "Encounter Diagnosis")];
    if diagnosis.problem {
        categories.push(concept(CATEGORY, "problem-list-item", "Problem List Item"));
    }
    let (subject, writer, now) = (ctx.subject(), ctx.writer(), ctx.now_text());
    ctx.make("Condition")
        .with("clinicalStatus", concept(CLINICAL, "active", "Active"))
        .with("verificationStatus", concept(VERIFICATION, "confirmed", "Confirmed"))
        .with("category", Value::Array(categories))
        .with("code", what)
        .with("subject", subject)
        .with("encounter", json!({ "reference": encounter }))
        .with("recordedDate", json!(now))
        .with("recorder", writer)
        .with("note", if note.is_empty() { Value::Null } else { json!([{ "text": note }]) })
}

fn or_null(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::Null } else { Value::Array(items) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::vital::{VitalEntry, VitalKind};

    fn with_ctx<T>(act: impl FnOnce(&mut Authoring<'_>) -> T) -> T {
        let mut count = 0;
        let mut next_id = || {
            count += 1;
            format!("0f0f0f0f-0000-4000-8000-{count:012}")
        };
        act(&mut Authoring {
            patient: "p1",
            author: "Practitioner/d1",
            author_name: "dr. Awan Senja",
            now: Timestamp(1_773_286_920_000),
            offset_minutes: 420,
            next_id: &mut next_id,
        })
    }

    fn draft() -> VisitDraft {
        let vital = |kind, value: &str, unit: &str| VitalEntry {
            kind,
            value: value.into(),
            unit: unit.into(),
            confirmed: false,
        };
        VisitDraft {
            started: 1_773_286_320_000,
            subjective: "Headache for 3 days.\nNo <nausea> & no fever.".into(),
            objective: "Alert.".into(),
            assessment: "Pressure above target.".into(),
            plan: "Raise amlodipine.\n\nLess salt.".into(),
            vitals: vec![
                vital(VitalKind::Systolic, "148", "mm[Hg]"),
                vital(VitalKind::Diastolic, "92", "mm[Hg]"),
                vital(VitalKind::Temperature, "36,8", "Cel"),
                vital(VitalKind::OxygenSaturation, "98", "%"),
            ],
            diagnoses: vec![
                Diagnosis {
                    code: "I10".into(),
                    title: "Essential (primary) hypertension".into(),
                    note: "since 2019".into(),
                    problem: true,
                },
                Diagnosis { title: "poor sleep".into(), ..Diagnosis::default() },
            ],
            follow_up: "26/3/2026".into(),
        }
    }

    #[test]
    fn a_signed_visit_is_an_encounter_its_findings_and_one_note() {
        let signed = with_ctx(|ctx| sign(&draft(), PartialDate::parse("1961-07-14"), ctx)).expect("signs");
        let whole: Vec<Value> = signed.iter().map(Resource::value).collect();
        insta::assert_json_snapshot!(whole);
        let order: Vec<&str> = signed.iter().map(|r| r.resource_type.as_str()).collect();
        assert_eq!(order.first(), Some(&"Encounter"));
        assert_eq!(order.last(), Some(&"Composition"));
    }

    #[test]
    fn a_signed_note_reads_back_as_typed() {
        let signed = with_ctx(|ctx| sign(&draft(), None, ctx)).expect("signs");
        let sections = read_note(signed.last().expect("note"));
        let texts: Vec<(&str, &str)> = sections.iter().map(|s| (s.title.as_str(), s.text.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("Subjective", "Headache for 3 days.\nNo <nausea> & no fever."),
                ("Objective", "Alert."),
                ("Assessment", "Pressure above target."),
                ("Plan", "Raise amlodipine.\n\nLess salt."),
                ("Follow-up", "2026-03-26"),
            ]
        );
    }

    #[test]
    fn an_empty_visit_or_an_unreadable_value_is_not_signed() {
        let messages = |draft: &VisitDraft| {
            let result = with_ctx(|ctx| sign(draft, None, ctx));
            result.err().unwrap_or_default().into_iter().map(|p| p.message).collect::<Vec<_>>()
        };
        assert_eq!(messages(&VisitDraft::default()), ["visit-empty"]);
        assert_eq!(messages(&VisitDraft { follow_up: "soon".into(), ..draft() }), ["follow-up-unreadable"]);
        let mut odd = draft();
        odd.vitals[0].value = "high".into();
        odd.diagnoses.push(Diagnosis::default());
        assert_eq!(messages(&odd), ["diagnosis-empty", "vital-not-a-number"]);
    }

    #[test]
    fn an_addendum_appends_to_the_note_and_leaves_it_alone() {
        let signed = with_ctx(|ctx| sign(&draft(), None, ctx)).expect("signs");
        let note = signed.last().expect("note");
        let added = with_ctx(|ctx| addendum("Seen by phone.", note, ctx)).expect("adds");
        assert_eq!(added.element("relatesTo")[0]["targetReference"]["reference"], json!(note.reference()));
        assert_eq!(added.get("encounter"), note.get("encounter"));
        assert!(with_ctx(|ctx| addendum(" ", note, ctx)).is_err());
    }
}
