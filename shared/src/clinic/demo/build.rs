//! Writes one invented history as it would have been written in the clinic: visits are signed, allergies recorded and
//! vitals measured by the same rules as everywhere else. Knows when and how; the stories know what.

use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::base::date::{Age, Date, PartialDate, civil_date, epoch_day, fhir_datetime, from_epoch_day};
use crate::base::quantity::Decimal;
use crate::clinic::allergy;
use crate::clinic::authoring::{Authoring, concept};
use crate::clinic::note::{self, Diagnosis, VisitDraft};
use crate::clinic::patient::{self, Sex};
use crate::clinic::vital::{VitalEntry, VitalKind};
use crate::fhir::{RawJson, Resource};

use super::DemoContext;
use super::people::{ALLERGENS, Allergies, DECEASED, Person};
use super::random::Random;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const ALLERGY_CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const ALLERGY_VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

/// A diagnosis: ICD-10 code and WHO's title.
pub type Icd = (&'static str, &'static str);

/// One history on its way. Days are counted back from today.
pub struct Chart<'a> {
    ctx: &'a DemoContext,
    pub person: &'static Person,
    pub random: Random,
    pub birth: Date,
    /// No visit is nearer to today than this.
    pub until: i64,
    pub(super) patient: String,
    today: Date,
    resources: Vec<Resource>,
}

#[derive(Debug, Default)]
pub struct Visit {
    pub days_ago: i64,
    pub subjective: String,
    pub objective: String,
    pub assessment: String,
    pub plan: String,
    pub vitals: Vec<(VitalKind, f64)>,
    pub diagnoses: Vec<Found>,
    /// References to Conditions of earlier visits that this one is about.
    pub about: Vec<String>,
    pub follow_up_days: Option<i64>,
}

/// A diagnosis made in a visit.
#[derive(Debug, Default)]
pub struct Found {
    pub icd: Icd,
    pub note: String,
    pub problem: bool,
    /// Days before the visit at which it began.
    pub began: i64,
    /// Days after the visit at which it was over, if that has come.
    pub over_after: Option<i64>,
}

/// What a visit left behind.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub encounter: String,
    pub conditions: Vec<String>,
    pub at: Timestamp,
    pub days_ago: i64,
}

impl Seen {
    /// The first diagnosis of the visit.
    pub fn condition(&self) -> &str {
        self.conditions.first().map_or("", String::as_str)
    }
}

impl<'a> Chart<'a> {
    /// Registers the person; `place` is their place in the list.
    pub fn new(ctx: &'a DemoContext, place: usize, person: &'static Person) -> Chart<'a> {
        let mut random = Random::new(place as u64 + 1);
        let today = civil_date(ctx.now, ctx.offset_minutes);
        let birth = person.birth(today, &mut random);
        let form = person.form(place, birth, &mut random);
        let patient = random.uuid();
        let mut chart = Chart { ctx, person, random, birth, until: 1, patient, today, resources: Vec::new() };
        let record_number = format!("DEMO-{:04}", place + 1);
        let mut resource = patient::to_resource(&form, &chart.patient, &record_number, &ctx.mrn_system, today);
        if place == DECEASED.0 {
            chart.until = DECEASED.1 + 9;
            resource = resource.with("deceasedDateTime", json!(chart.day(DECEASED.1).to_string()));
        }
        chart.resources.push(resource);
        chart
    }

    /// Marks everything as test data and hands it over, the Patient first.
    pub fn finish(self) -> Vec<Resource> {
        let tag = json!({ "tag": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
            "code": "HTEST",
            "display": "test health data",
        }]});
        let meta = RawJson::from_value(&tag);
        let mut resources = self.resources;
        for resource in &mut resources {
            // After resourceType and id, where FHIR's own examples have it.
            resource.elements.insert(2, ("meta".to_owned(), meta.clone()));
        }
        resources
    }

    pub fn sex(&self) -> Sex {
        self.person.sex
    }

    pub fn day(&self, days_ago: i64) -> Date {
        from_epoch_day(i64::from(epoch_day(self.today)) - days_ago)
    }

    /// Days since birth, today.
    pub fn days_old(&self) -> i64 {
        i64::from(epoch_day(self.today)) - i64::from(epoch_day(self.birth))
    }

    /// Whole years of age, so many days ago.
    pub fn years_at(&self, days_ago: i64) -> i32 {
        self.age(days_ago).map_or(0, |age| age.years)
    }

    /// One of the phrases, in the language of this person's notes.
    pub fn say(&mut self, phrases: &[(&'static str, &'static str)]) -> String {
        let (english, indonesian) = self.random.pick(phrases);
        if self.person.indonesian { indonesian } else { english }.to_owned()
    }

    /// Records what is known about allergies, in the visit in which it was asked.
    pub fn allergies(&mut self, seen: &Seen) {
        let (at, encounter) = (seen.at, json!({ "reference": seen.encounter }));
        let forms: Vec<allergy::AllergyForm> = match self.person.allergies {
            Allergies::NotRecorded => return,
            Allergies::Illegible => return self.illegible_allergy(at, encounter),
            Allergies::NoneKnown => vec![allergy::AllergyForm { none_known: true, ..Default::default() }],
            Allergies::To(which) => {
                let language = usize::from(self.person.indonesian);
                let known = which.iter().filter_map(|i| ALLERGENS.get(*i)).map(|words| words[language]);
                let forms = known.map(|(substance, reaction, criticality, severity)| allergy::AllergyForm {
                    none_known: false,
                    substance: substance.into(),
                    reaction: reaction.into(),
                    criticality: criticality.into(),
                    severity: severity.into(),
                });
                forms.collect()
            }
        };
        for form in forms {
            let recorded = self.writing(at, |authoring| allergy::to_resource(&form, authoring));
            self.resources.extend(recorded.map(|allergy| allergy.with("encounter", encounter.clone())));
        }
    }

    fn illegible_allergy(&mut self, at: Timestamp, encounter: Value) {
        let note = self.say(&[(
            "The referral letter speaks of a drug allergy; the name of the drug cannot be read.",
            "Surat rujukan menyebut alergi obat; nama obatnya tidak terbaca.",
        )]);
        let resource = self.written(at, "AllergyIntolerance", |subject, writer, when| {
            vec![
                ("clinicalStatus", concept(ALLERGY_CLINICAL, "active", "Active")),
                ("verificationStatus", concept(ALLERGY_VERIFICATION, "unconfirmed", "Unconfirmed")),
                ("patient", subject),
                ("encounter", encounter),
                ("recordedDate", when),
                ("recorder", writer),
                ("note", json!([{ "text": note }])),
            ]
        });
        self.push(resource);
    }

    /// Signs a visit. Nothing a story says may be refused; were it, the visit would be missing and the tests would tell.
    pub fn visit(&mut self, visit: Visit) -> Seen {
        let days_ago = visit.days_ago.max(self.until);
        let at = self.moment(days_ago);
        let follow_up = visit.follow_up_days.map(|days| self.day(days_ago - days).to_string()).unwrap_or_default();
        let length = self.random.between(6, 25);
        let draft = VisitDraft {
            started: at.0 - length * MINUTE_MS,
            subjective: visit.subjective,
            objective: visit.objective,
            assessment: visit.assessment,
            plan: visit.plan,
            vitals: visit.vitals.iter().filter_map(|(kind, value)| entry(*kind, *value)).collect(),
            diagnoses: visit.diagnoses.iter().map(diagnosis).collect(),
            follow_up,
        };
        let birth = PartialDate::Day(self.birth);
        let signed = self.writing(at, |authoring| note::sign(&draft, Some(birth), authoring));
        let mut signed = signed.unwrap_or_default();
        let made = signed.iter_mut().filter(|r| r.resource_type == "Condition");
        let mut conditions = Vec::new();
        for (condition, found) in made.zip(&visit.diagnoses) {
            let onset = from_epoch_day(i64::from(epoch_day(self.today)) - days_ago - found.began);
            condition.set("onsetDateTime", Some(RawJson::text(&onset.to_string())));
            if let Some(after) = found.over_after.filter(|after| days_ago - after > 0) {
                let over = from_epoch_day(i64::from(epoch_day(self.today)) - days_ago + after);
                let resolved = concept(CLINICAL, "resolved", "Resolved");
                condition.set("clinicalStatus", Some(RawJson::from_value(&resolved)));
                condition.set("abatementDateTime", Some(RawJson::text(&over.to_string())));
            }
            conditions.push(condition.reference());
        }
        let encounter = signed.first_mut().map(|encounter| {
            if !visit.about.is_empty() {
                let all = conditions.iter().chain(&visit.about).enumerate();
                let ranked = all.map(|(i, r)| json!({ "condition": { "reference": r }, "rank": i + 1 }));
                encounter.set("diagnosis", Some(RawJson::from_value(&Value::Array(ranked.collect()))));
            }
            encounter.reference()
        });
        self.resources.extend(signed);
        Seen { encounter: encounter.unwrap_or_default(), conditions, at, days_ago }
    }

    /// Words added to the last signed note, some time later on the same day.
    pub fn addendum(&mut self, seen: &Seen, text: &str) {
        let at = Timestamp(seen.at.0 + self.random.between(30, 90) * MINUTE_MS);
        let Some(note) = self.resources.iter().rfind(|r| r.resource_type == "Composition").cloned() else { return };
        let added = self.writing(at, |authoring| note::addendum(text, &note, authoring));
        self.resources.extend(added);
    }

    /// The middle of a day.
    pub fn noon(&self, days_ago: i64) -> Timestamp {
        let day = i64::from(epoch_day(self.today)) - days_ago;
        Timestamp(day * DAY_MS + (12 * 60 - i64::from(self.ctx.offset_minutes)) * MINUTE_MS)
    }

    pub(super) fn push(&mut self, resource: Resource) {
        self.resources.push(resource);
    }

    /// A resource with the elements that a closure makes of subject, author and moment.
    pub(super) fn written(
        &mut self,
        at: Timestamp,
        resource_type: &str,
        elements: impl FnOnce(Value, Value, Value) -> Vec<(&'static str, Value)>,
    ) -> Resource {
        self.writing(at, |authoring| {
            let elements = elements(authoring.subject(), authoring.writer(), json!(authoring.now_text()));
            elements.into_iter().fold(authoring.make(resource_type), |made, (name, value)| made.with(name, value))
        })
    }

    pub(super) fn when(&self, at: Timestamp) -> String {
        fhir_datetime(at, self.ctx.offset_minutes)
    }

    fn writing<T>(&mut self, at: Timestamp, act: impl FnOnce(&mut Authoring<'_>) -> T) -> T {
        let random = &mut self.random;
        let mut next_id = || random.uuid();
        act(&mut Authoring {
            patient: &self.patient,
            author: &self.ctx.author,
            author_name: &self.ctx.author_name,
            now: at,
            offset_minutes: self.ctx.offset_minutes,
            next_id: &mut next_id,
        })
    }

    /// Some minute of the clinic's hours, eight to four; who would have come on a Sunday came the day before.
    fn moment(&mut self, days_ago: i64) -> Timestamp {
        let day = i64::from(epoch_day(self.today)) - days_ago.max(1);
        // 1970-01-01 was a Thursday.
        let day = if (day + 4).rem_euclid(7) == 0 { day - 1 } else { day };
        let minute = self.random.between(8 * 60, 16 * 60);
        Timestamp(day * DAY_MS + (minute - i64::from(self.ctx.offset_minutes)) * MINUTE_MS)
    }

    fn age(&self, days_ago: i64) -> Option<Age> {
        PartialDate::Day(self.birth).age_on(self.day(days_ago))
    }
}

fn entry(kind: VitalKind, value: f64) -> Option<VitalEntry> {
    let value = Decimal::rounded(value, kind.decimals())?.to_string();
    Some(VitalEntry { kind, value, unit: kind.unit().to_owned(), confirmed: false })
}

fn diagnosis(found: &Found) -> Diagnosis {
    let (code, title) = found.icd;
    Diagnosis { code: code.into(), title: title.into(), note: found.note.clone(), problem: found.problem }
}
