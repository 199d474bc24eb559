//! Between typed vitals and FHIR Observations (R4 vital-signs profiles), and from Observations to trends.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::base::date::{Age, PartialDate, instant_of};
use crate::base::order;
use crate::base::quantity::{Decimal, printed};
use crate::clinic::authoring::{Authoring, coding, concept};
use crate::fhir::{Json, RawJson, Resource, ResourceView};

use super::{Flag, VitalEntry, VitalKind, VitalPoint, VitalSeries, bmi, convert, flag};

const LOINC: &str = "http://loinc.org";
const UCUM: &str = "http://unitsofmeasure.org";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
const ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

/// Observations for all entries that hold a number; BMI is added when weight and height were measured.
/// `encounter` is a reference, or empty; `age` is for the interpretation.
pub fn to_observations(
    entries: &[VitalEntry],
    encounter: &str,
    age: Option<Age>,
    ctx: &mut Authoring<'_>,
) -> Vec<Resource> {
    let measured: BTreeMap<VitalKind, Measured> =
        entries.iter().filter(|e| !e.is_blank()).filter_map(|e| Some((e.kind, Measured::new(e, age)?))).collect();
    let mut out = Vec::new();
    let pressures = [VitalKind::Systolic, VitalKind::Diastolic];
    if pressures.iter().any(|kind| measured.contains_key(kind)) {
        let components = pressures.map(|kind| component(kind, measured.get(&kind)));
        let code = json!({
            "coding": [coding(LOINC, "85354-9", "Blood pressure panel with all children optional")],
            "text": "Blood pressure",
        });
        let mut panel = observation(code, encounter, ctx);
        panel.set("component", Some(RawJson::array(&components)));
        out.push(panel);
    }
    for (kind, measured) in measured.iter().filter(|(kind, _)| !pressures.contains(kind)) {
        out.push(single(*kind, measured, encounter, ctx));
    }
    let own = |kind| measured.get(&kind).map(|m: &Measured| m.own);
    if let (false, Some(weight), Some(height)) =
        (measured.contains_key(&VitalKind::Bmi), own(VitalKind::Weight), own(VitalKind::Height))
    {
        let value = bmi(weight, height).map(|value| VitalEntry {
            kind: VitalKind::Bmi,
            value: value.to_string(),
            unit: String::new(),
            confirmed: false,
        });
        if let Some(measured) = value.and_then(|entry| Measured::new(&entry, age)) {
            out.push(single(VitalKind::Bmi, &measured, encounter, ctx));
        }
    }
    out
}

/// Trends of all vital signs found among the resources, oldest point first. Other resources are passed over.
pub fn series<'a>(
    resources: impl IntoIterator<Item = &'a ResourceView<'a>>,
    birth: Option<PartialDate>,
) -> Vec<VitalSeries> {
    let mut points: BTreeMap<VitalKind, Vec<(i64, VitalPoint)>> = BTreeMap::new();
    for resource in resources.into_iter().filter(|r| r.resource_type == "Observation") {
        if !resource.get("code").is_some_and(|code| may_name_a_vital(code.raw())) {
            continue;
        }
        if matches!(resource.element("status").text().as_deref(), Some("entered-in-error" | "cancelled")) {
            continue;
        }
        let at = moment(resource);
        let own = (resource.element("code"), resource.element("valueQuantity"));
        let components = resource.element("component").items().map(|c| (c.at("code"), c.at("valueQuantity")));
        for (code, quantity) in std::iter::once(own).chain(components) {
            let Some(kind) = kind_of(code) else { continue };
            let Some(value) = own_value(kind, quantity) else { continue };
            let age = PartialDate::parse(&at).and_then(|on| birth?.age_on(on.first_day()));
            let since = instant_of(&at).map_or(i64::MIN, |t| t.0);
            let point = VitalPoint { at: at.clone(), value, flag: flag(kind, value, age) };
            points.entry(kind).or_default().push((since, point));
        }
    }
    let sorted = points.into_iter().map(|(kind, mut points)| {
        order::sort_by_key(&mut points, |(at, _)| *at);
        VitalSeries { kind, unit: kind.unit().to_owned(), points: points.into_iter().map(|(_, point)| point).collect() }
    });
    sorted.collect()
}

/// LOINC codes under which each vital sign is met: ours, and those of other systems.
const KINDS: &[(&str, Option<VitalKind>)] = &[
    ("85354-9", None),
    ("55284-4", None),
    ("8480-6", Some(VitalKind::Systolic)),
    ("8462-4", Some(VitalKind::Diastolic)),
    ("8867-4", Some(VitalKind::HeartRate)),
    ("9279-1", Some(VitalKind::RespiratoryRate)),
    ("8310-5", Some(VitalKind::Temperature)),
    ("8331-1", Some(VitalKind::Temperature)),
    ("2708-6", Some(VitalKind::OxygenSaturation)),
    ("59408-5", Some(VitalKind::OxygenSaturation)),
    ("29463-7", Some(VitalKind::Weight)),
    ("3141-9", Some(VitalKind::Weight)),
    ("8302-2", Some(VitalKind::Height)),
    ("8306-3", Some(VitalKind::Height)),
    ("39156-5", Some(VitalKind::Bmi)),
    ("72514-3", Some(VitalKind::Pain)),
];

/// A look at the shortest form of a `code`, before it is read: most Observations are no vital signs.
fn may_name_a_vital(code: &str) -> bool {
    let mut named = code.split(r#""code":""#).skip(1).filter_map(|rest| rest.split_once('"'));
    named.any(|(code, _)| code.contains('\\') || KINDS.iter().any(|(loinc, _)| *loinc == code))
}

fn kind_of(code: Json<'_>) -> Option<VitalKind> {
    let codings = code.at("coding").items().filter(|c| c.at("system").is(LOINC));
    codings.filter_map(|c| c.at("code").text()).find_map(|code| KINDS.iter().find(|(loinc, _)| *loinc == code)?.1)
}

fn own_value(kind: VitalKind, quantity: Json<'_>) -> Option<f64> {
    let value = quantity.at("value").number()?.as_f64()?;
    let unit = quantity.at("code").text().or_else(|| quantity.at("unit").text()).unwrap_or_default();
    let bare = unit.strip_prefix("{#}").or_else(|| unit.strip_prefix("{beats}")).unwrap_or(&unit);
    convert(kind, value, if kind == VitalKind::Pain { "" } else { bare })
}

/// When an Observation was made, as a FHIR dateTime; empty when it does not say.
fn moment(resource: &ResourceView<'_>) -> String {
    let element = |name: &str| resource.element(name);
    let places = [
        element("effectiveDateTime"),
        element("effectiveInstant"),
        element("effectivePeriod").at("start"),
        element("issued"),
    ];
    places.into_iter().find_map(Json::text).unwrap_or_default().into_owned()
}

struct Measured {
    /// As typed, in the unit that goes into the record.
    value: Decimal,
    unit: &'static str,
    own: f64,
    flag: Flag,
}

impl Measured {
    fn new(entry: &VitalEntry, age: Option<Age>) -> Option<Measured> {
        let typed = Decimal::parse(&entry.value)?;
        let own = entry.value_in_own_unit()?;
        let kind = entry.kind;
        // The profiles allow these units as typed; anything else goes in converted.
        let kept = ["[degF]", "g", "[lb_av]", "[in_i]"].into_iter().find(|unit| entry.unit == *unit);
        let (value, unit) = match kept {
            Some(unit) => (typed, unit),
            None if entry.unit.is_empty() || entry.unit == kind.unit() => (typed, kind.unit()),
            None => (Decimal::rounded(own, kind.decimals())?, kind.unit()),
        };
        Some(Measured { value, unit, own, flag: flag(kind, own, age) })
    }

    /// Built as text, so that the value stands as it was typed.
    fn quantity(&self) -> RawJson {
        let unit = if self.unit == "{score}" { "score" } else { printed(self.unit) };
        RawJson::object(&[
            ("value".to_owned(), RawJson::from_stored(self.value.as_str())),
            ("unit".to_owned(), RawJson::text(unit)),
            ("system".to_owned(), RawJson::text(UCUM)),
            ("code".to_owned(), RawJson::text(self.unit)),
        ])
    }

    fn interpretation(&self) -> Option<Value> {
        let (code, display) = match self.flag {
            Flag::Low => ("L", "Low"),
            Flag::High => ("H", "High"),
            Flag::CriticalLow => ("LL", "Critical low"),
            Flag::CriticalHigh => ("HH", "Critical high"),
            Flag::None | Flag::Implausible => return None,
        };
        Some(json!([concept(INTERPRETATION, code, display)]))
    }
}

fn observation(code: Value, encounter: &str, ctx: &mut Authoring<'_>) -> Resource {
    let encounter = if encounter.is_empty() { Value::Null } else { json!({ "reference": encounter }) };
    let (subject, now, writer) = (ctx.subject(), ctx.now_text(), ctx.writer());
    ctx.make("Observation")
        .with("status", json!("final"))
        .with("category", json!([concept(CATEGORY, "vital-signs", "Vital Signs")]))
        .with("code", code)
        .with("subject", subject)
        .with("encounter", encounter)
        .with("effectiveDateTime", json!(now))
        .with("performer", json!([writer]))
}

fn single(kind: VitalKind, measured: &Measured, encounter: &str, ctx: &mut Authoring<'_>) -> Resource {
    let mut resource = observation(code_of(kind), encounter, ctx);
    resource.set("valueQuantity", Some(measured.quantity()));
    resource.with("interpretation", measured.interpretation().unwrap_or_default())
}

fn component(kind: VitalKind, measured: Option<&Measured>) -> RawJson {
    let mut members = vec![("code".to_owned(), RawJson::from_value(&code_of(kind)))];
    match measured {
        Some(measured) => {
            members.push(("valueQuantity".to_owned(), measured.quantity()));
            if let Some(interpretation) = measured.interpretation() {
                members.push(("interpretation".to_owned(), RawJson::from_value(&interpretation)));
            }
        }
        None => {
            let reason = concept(ABSENT, "not-performed", "Not Performed");
            members.push(("dataAbsentReason".to_owned(), RawJson::from_value(&reason)));
        }
    }
    RawJson::object(&members)
}

fn code_of(kind: VitalKind) -> Value {
    let (code, display) = kind.loinc();
    let mut codings = vec![coding(LOINC, code, display)];
    if kind == VitalKind::OxygenSaturation {
        codings.push(coding(LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"));
    }
    json!({ "coding": codings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;

    fn entry(kind: VitalKind, value: &str, unit: &str) -> VitalEntry {
        VitalEntry { kind, value: value.into(), unit: unit.into(), confirmed: false }
    }

    fn observed(entries: &[VitalEntry]) -> Vec<Resource> {
        let mut count = 0;
        let mut next_id = || {
            count += 1;
            format!("o{count}")
        };
        let mut ctx = Authoring {
            patient: "p",
            author: "Practitioner/d",
            author_name: "dr. Awan",
            now: Timestamp(1_773_286_920_000),
            offset_minutes: 420,
            next_id: &mut next_id,
        };
        to_observations(entries, "Encounter/e", Some(Age { years: 65, months: 780, days: 23_700 }), &mut ctx)
    }

    #[test]
    fn values_stand_as_typed_and_pressures_share_a_panel() {
        let made = observed(&[
            entry(VitalKind::Temperature, "98,60", "[degF]"),
            entry(VitalKind::Systolic, "148", "mm[Hg]"),
            entry(VitalKind::Diastolic, "12,3", "kPa"),
            entry(VitalKind::Weight, "62.0", "kg"),
            entry(VitalKind::Height, "1,55", "m"),
            entry(VitalKind::HeartRate, "", "/min"),
        ]);
        let quantity = |r: &Resource| r.get("valueQuantity").map(|q| q.as_str().to_owned()).unwrap_or_default();
        assert_eq!(made.len(), 5);
        assert!(made[0].get("component").is_some_and(|c| c.as_str().contains(r#"{"value":148,"unit":"mmHg","#)));
        assert!(made[0].get("component").is_some_and(|c| c.as_str().contains(r#"{"value":92,"unit":"mmHg","#)));
        assert!(quantity(&made[1]).starts_with(r#"{"value":98.60,"unit":"°F""#));
        assert!(quantity(&made[2]).starts_with(r#"{"value":62.0,"unit":"kg""#));
        assert!(quantity(&made[3]).starts_with(r#"{"value":155.0,"unit":"cm""#));
        assert!(quantity(&made[4]).starts_with(r#"{"value":25.8,"unit":"kg/m²""#));
    }

    #[test]
    fn a_missing_half_of_a_pressure_says_that_it_was_not_measured() {
        let made = observed(&[entry(VitalKind::Systolic, "120", "")]);
        assert!(made[0].to_json().contains("not-performed"));
    }

    #[test]
    fn what_was_written_comes_back_as_a_trend_and_so_does_the_panel_of_other_systems() {
        let mut all =
            observed(&[entry(VitalKind::Systolic, "148", ""), entry(VitalKind::Temperature, "98.6", "[degF]")]);
        let foreign = r#"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"55284-4"}]},"effectiveDateTime":"2011-08-11T12:41:29+00:00","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":131.5,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}"#;
        all.push(Resource::parse(foreign).expect("valid"));
        all.push(Resource::parse(&foreign.replace("final", "entered-in-error")).expect("valid"));
        let series = series(&all.iter().map(ResourceView::of).collect::<Vec<_>>(), PartialDate::parse("1961-07-14"));
        let values = |s: &VitalSeries| s.points.iter().map(|p| (p.value * 10.0).round() / 10.0).collect::<Vec<_>>();
        assert_eq!((series[0].kind, values(&series[0])), (VitalKind::Systolic, vec![131.5, 148.0]));
        assert_eq!((series[1].kind, values(&series[1])), (VitalKind::Temperature, vec![37.0]));
        assert_eq!(series[0].points[1].flag, Flag::High);
    }
}
