//! FHIR values in words: what a clinician reads instead of JSON. Works on any element of any type.

use std::borrow::Cow;

use serde_json::Number;

use crate::base::date::PartialDate;
use crate::base::order;
use crate::base::quantity::{Decimal, printed};
use crate::clinic::note::plain;
use crate::fhir::{Json, RawJson};

/// One element's value in words; lists are parted by semicolons. Long ones are cut.
pub fn words(raw: &RawJson) -> String {
    let mut out = of(Json::of(raw), 0);
    if let Some((at, _)) = out.char_indices().nth(400) {
        out.truncate(at);
        out.push('…');
    }
    out
}

pub(super) fn of(value: Json<'_>, depth: usize) -> String {
    if depth > 12 {
        return String::new();
    }
    if let Some(text) = value.text() {
        return if text.starts_with("<div") { plain(&text) } else { text.into_owned() };
    }
    if value.is_list() {
        return joined(value.items(), "; ", depth);
    }
    if value.is_object() {
        return collapsed(value).unwrap_or_else(|| {
            let mut inner: Vec<_> = value.members().filter(|(key, _)| is_said(key)).collect();
            order::sort_by(&mut inner, |(a, _), (b, _)| a.cmp(b));
            joined(inner.into_iter().map(|(_, item)| item), ", ", depth)
        });
    }
    match value.raw() {
        "true" => "yes".to_owned(),
        "false" => "no".to_owned(),
        _ => value.number().as_ref().map(short_number).unwrap_or_default(),
    }
}

fn is_said(member: &str) -> bool {
    !matches!(member, "id" | "extension" | "use" | "system")
}

fn joined<'t>(items: impl Iterator<Item = Json<'t>>, between: &str, depth: usize) -> String {
    items.map(|item| of(item, depth + 1)).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(between)
}

/// The FHIR datatypes that read as one value; `None` for structures that are better listed.
pub(super) fn collapsed(value: Json<'_>) -> Option<String> {
    // Found once: most of what is asked for below is not there.
    let members: Vec<(Cow<'_, str>, Json<'_>)> = value.members().collect();
    let at = |key: &str| members.iter().find(|(name, _)| name == key).map_or(Json::NONE, |(_, inner)| *inner);
    let has = |key: &str| !at(key).is_null();
    let text = |key: &str| at(key).text().unwrap_or_default();
    if has("div") {
        return Some(plain(&text("div")));
    }
    if has("coding") || (has("text") && members.len() == 1) {
        let name = concept(value);
        let codes = at("coding").items().filter_map(|c| c.at("code").text());
        let codes: Vec<Cow<'_, str>> = codes.filter(|code| *code != name).collect();
        return Some(if codes.is_empty() { name } else { format!("{name} ({})", codes.join(", ")) });
    }
    if at("value").number().is_some() || (has("comparator") && has("value")) {
        return Some(quantity(value));
    }
    if has("reference") || (has("display") && has("type")) {
        return Some(if has("display") { text("display") } else { text("reference") }.into_owned());
    }
    if has("code") && (has("system") || has("display")) {
        let (display, code) = (text("display"), text("code"));
        return Some(if display.is_empty() { code.into_owned() } else { format!("{display} ({code})") });
    }
    if has("family") || has("given") {
        return Some(if has("text") { text("text").into_owned() } else { human_name(value) });
    }
    if has("value") && has("system") && at("value").text().is_some() {
        return Some(text("value").into_owned());
    }
    if (has("start") || has("end"))
        && PartialDate::parse(&if has("start") { text("start") } else { text("end") }).is_some()
    {
        return Some(format!("{} – {}", text("start"), text("end")).trim_matches([' ', '–']).to_owned());
    }
    if has("low") || has("high") {
        return Some(format!("{} – {}", quantity(at("low")), quantity(at("high"))));
    }
    if has("numerator") {
        return Some(format!("{} / {}", quantity(at("numerator")), quantity(at("denominator"))));
    }
    None
}

/// A CodeableConcept's text, else its first display, else its first code.
pub(super) fn concept(value: Json<'_>) -> String {
    let first = |key: &str| value.at("coding").items().find_map(|c| c.at(key).text());
    let text = value.at("text").text().filter(|t| !t.is_empty());
    text.or_else(|| first("display")).or_else(|| first("code")).unwrap_or_default().into_owned()
}

pub(super) fn quantity(value: Json<'_>) -> String {
    let Some(number) = value.at("value").number() else {
        return value.at("value").text().unwrap_or_default().into_owned();
    };
    let unit = value.at("unit").text().or_else(|| value.at("code").text()).unwrap_or_default();
    let unit = printed(&unit);
    let comparator = value.at("comparator").text().unwrap_or_default();
    let space = if unit.is_empty() || unit == "%" { "" } else { " " };
    format!("{comparator}{}{space}{unit}", short_number(&number))
}

/// Numbers of simulators and devices come with many decimals; two tell a clinician enough.
pub(super) fn short_number(number: &Number) -> String {
    let text = number.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if decimals <= 3 {
        return text;
    }
    let digits = number.as_f64().map_or(2, |v| if v.abs() < 1.0 { 4 } else { 2 });
    number.as_f64().and_then(|v| Decimal::rounded(v, digits)).map_or(text, |d| d.to_string())
}

fn human_name(name: Json<'_>) -> String {
    let given = name.at("given").items().filter_map(Json::text);
    given.chain(name.at("family").text()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> String {
        words(&RawJson::parse(json).expect("valid"))
    }

    #[test]
    fn the_usual_datatypes_read_as_one_value() {
        assert_eq!(read(r#"{"coding":[{"system":"x","code":"I10","display":"Hypertension"}]}"#), "Hypertension (I10)");
        assert_eq!(read(r#"{"value":6.30,"unit":"mmol/L"}"#), "6.3 mmol/L");
        assert_eq!(read(r#"{"value":140.70368183927275,"unit":"cm"}"#), "140.70 cm");
        assert_eq!(
            read(r#"[{"system":"phone","value":"0812"},{"system":"email","value":"a@b.example"}]"#),
            "0812; a@b.example"
        );
        assert_eq!(read(r#"{"reference":"Practitioner/1","display":"dr. Awan"}"#), "dr. Awan");
        assert_eq!(read(r#"{"start":"2020-01-01"}"#), "2020-01-01");
        assert_eq!(read(r#"[{"family":"Pagi","given":["Melati","Putri"]}]"#), "Melati Putri Pagi");
        assert_eq!(read(r#"{"use":"home","city":"Bogor","line":["Jl. Kenanga 3"]}"#), "Bogor, Jl. Kenanga 3");
        assert_eq!(read("true"), "yes");
    }
}
