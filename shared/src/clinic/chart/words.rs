//! FHIR values in words: what a clinician reads instead of JSON. Works on any element of any type.

use serde_json::Value;

use crate::base::date::PartialDate;
use crate::base::quantity::{Decimal, printed};
use crate::clinic::note::plain;
use crate::fhir::RawJson;

/// One element's value in words; lists are parted by semicolons. Long ones are cut.
pub fn words(raw: &RawJson) -> String {
    let mut out = of(&raw.value(), 0);
    if let Some((at, _)) = out.char_indices().nth(400) {
        out.truncate(at);
        out.push('…');
    }
    out
}

pub(super) fn of(value: &Value, depth: usize) -> String {
    if depth > 12 {
        return String::new();
    }
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => short_number(number),
        Value::String(text) if text.starts_with("<div") => plain(text),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(|item| of(item, depth + 1)).filter(|t| !t.is_empty()).collect();
            parts.join("; ")
        }
        Value::Object(members) => match collapsed(value) {
            Some(text) => text,
            None => {
                let inner =
                    members.iter().filter(|(key, _)| !matches!(key.as_str(), "id" | "extension" | "use" | "system"));
                let parts: Vec<String> = inner.map(|(_, item)| of(item, depth + 1)).filter(|t| !t.is_empty()).collect();
                parts.join(", ")
            }
        },
    }
}

/// The FHIR datatypes that read as one value; `None` for structures that are better listed.
pub(super) fn collapsed(value: &Value) -> Option<String> {
    let has = |key: &str| !value[key].is_null();
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    if has("div") {
        return Some(plain(text("div")));
    }
    if has("coding") || (has("text") && value.as_object().is_some_and(|o| o.len() == 1)) {
        let name = concept(value);
        let codes = value["coding"].as_array().into_iter().flatten().filter_map(|c| c["code"].as_str());
        let codes: Vec<&str> = codes.filter(|code| *code != name).collect();
        return Some(if codes.is_empty() { name } else { format!("{name} ({})", codes.join(", ")) });
    }
    if value["value"].is_number() || (has("comparator") && has("value")) {
        return Some(quantity(value));
    }
    if has("reference") || (has("display") && has("type")) {
        return Some(if has("display") { text("display") } else { text("reference") }.to_owned());
    }
    if has("code") && (has("system") || has("display")) {
        let (display, code) = (text("display"), text("code"));
        return Some(if display.is_empty() { code.to_owned() } else { format!("{display} ({code})") });
    }
    if has("family") || has("given") {
        return Some(if has("text") { text("text").to_owned() } else { human_name(value) });
    }
    if has("value") && has("system") && value["value"].is_string() {
        return Some(text("value").to_owned());
    }
    if (has("start") || has("end"))
        && PartialDate::parse(if has("start") { text("start") } else { text("end") }).is_some()
    {
        return Some(format!("{} – {}", text("start"), text("end")).trim_matches([' ', '–']).to_owned());
    }
    if has("low") || has("high") {
        return Some(format!("{} – {}", quantity(&value["low"]), quantity(&value["high"])));
    }
    if has("numerator") {
        return Some(format!("{} / {}", quantity(&value["numerator"]), quantity(&value["denominator"])));
    }
    None
}

/// A CodeableConcept's text, else its first display, else its first code.
pub(super) fn concept(value: &Value) -> String {
    let codings = value["coding"].as_array().map_or(&[][..], Vec::as_slice);
    let first = |key: &str| codings.iter().find_map(|c| c[key].as_str());
    value["text"]
        .as_str()
        .filter(|t| !t.is_empty())
        .or_else(|| first("display"))
        .or_else(|| first("code"))
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn quantity(value: &Value) -> String {
    let Value::Number(number) = &value["value"] else { return value["value"].as_str().unwrap_or_default().to_owned() };
    let unit = value["unit"].as_str().or_else(|| value["code"].as_str()).map(printed).unwrap_or_default();
    let comparator = value["comparator"].as_str().unwrap_or_default();
    let space = if unit.is_empty() || unit == "%" { "" } else { " " };
    format!("{comparator}{}{space}{unit}", short_number(number))
}

/// Numbers of simulators and devices come with many decimals; two tell a clinician enough.
pub(super) fn short_number(number: &serde_json::Number) -> String {
    let text = number.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if decimals <= 3 {
        return text;
    }
    let digits = number.as_f64().map_or(2, |v| if v.abs() < 1.0 { 4 } else { 2 });
    number.as_f64().and_then(|v| Decimal::rounded(v, digits)).map_or(text, |d| d.to_string())
}

fn human_name(name: &Value) -> String {
    let given = name["given"].as_array().into_iter().flatten().filter_map(Value::as_str);
    given.chain(name["family"].as_str()).collect::<Vec<_>>().join(" ")
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
