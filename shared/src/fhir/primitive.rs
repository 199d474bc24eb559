//! The forms of FHIR's primitive types in JSON (R4 §2.24.0.1): what may stand as their value.

use crate::base::date::PartialDate;

use super::refs::{is_id, is_uuid};
use super::tape::{Kind, Node};

/// The spec's longest string.
const LONGEST: usize = 1024 * 1024;

/// A primitive type, or several whose forms are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Primitive {
    Boolean,
    Integer,
    PositiveInt,
    UnsignedInt,
    Decimal,
    /// `string` and `markdown`.
    Text,
    Code,
    Id,
    /// `uri`, `url` and `canonical`.
    Uri,
    Oid,
    Uuid,
    Base64,
    Date,
    DateTime,
    Instant,
    Time,
    Xhtml,
    /// A name that begins like a primitive's and is none that we know: any string.
    Other,
}

impl Primitive {
    pub fn of(name: &str) -> Option<Primitive> {
        let primitive = match name {
            "boolean" => Primitive::Boolean,
            "integer" => Primitive::Integer,
            "positiveInt" => Primitive::PositiveInt,
            "unsignedInt" => Primitive::UnsignedInt,
            "decimal" => Primitive::Decimal,
            "string" | "markdown" => Primitive::Text,
            "code" => Primitive::Code,
            "id" => Primitive::Id,
            "uri" | "url" | "canonical" => Primitive::Uri,
            "oid" => Primitive::Oid,
            "uuid" => Primitive::Uuid,
            "base64Binary" => Primitive::Base64,
            "date" => Primitive::Date,
            "dateTime" => Primitive::DateTime,
            "instant" => Primitive::Instant,
            "time" => Primitive::Time,
            "xhtml" => Primitive::Xhtml,
            _ if name.starts_with(|c: char| c.is_ascii_lowercase()) => Primitive::Other,
            _ => return None,
        };
        Some(primitive)
    }
}

/// Why the value is not of the type, as a short sentence; `None` when it is.
pub(super) fn fault(kind: Primitive, value: Node<'_>) -> Option<&'static str> {
    let least = match kind {
        Primitive::Boolean => return (value.kind() != Kind::Bool).then_some("not true or false"),
        Primitive::Decimal => return (!is_number(value)).then_some("not a number"),
        Primitive::PositiveInt => Some(1),
        Primitive::UnsignedInt => Some(0),
        Primitive::Integer => Some(i32::MIN),
        _ => None,
    };
    if let Some(least) = least {
        // What has a sign for nothing, a point or an exponent is none, whatever it amounts to.
        let whole = (value.kind() == Kind::Number && value.raw() != "-0").then(|| value.raw().parse::<i32>().ok());
        return whole.flatten().is_none_or(|n| n < least).then_some("not a whole number in range");
    }
    match value.text() {
        Some(text) => text_fault(kind, &text),
        None => Some("not a string"),
    }
}

/// A number of JSON that a reader can hold: `1e999` is too large for any.
fn is_number(value: Node<'_>) -> bool {
    value.kind() == Kind::Number && value.raw().parse::<f64>().is_ok_and(f64::is_finite)
}

fn text_fault(kind: Primitive, text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("an empty string");
    }
    if text.len() > LONGEST && !matches!(kind, Primitive::Base64 | Primitive::Xhtml) {
        return Some("a string of more than a megabyte");
    }
    // Nearly all are: then there is no space of any kind to look for.
    let solid = || text.bytes().all(|b| b.is_ascii_graphic());
    let (good, sentence) = match kind {
        Primitive::Text => (
            !text.bytes().any(|b| b < 0x20 && !matches!(b, b'\t' | b'\r' | b'\n')),
            "a control character stands in the text",
        ),
        Primitive::Code => (solid() || is_code(text), "not a code: white space at an end or doubled"),
        Primitive::Id => (is_id(text), "not an id: at most 64 letters, digits, hyphens and points"),
        Primitive::Uri => (solid() || !text.contains(char::is_whitespace), "not a URI: it holds white space"),
        Primitive::Oid => (is_oid(text), "not an OID"),
        Primitive::Uuid => {
            (text.strip_prefix("urn:uuid:").is_some_and(|rest| is_uuid(&rest.to_ascii_lowercase())), "not a UUID")
        }
        Primitive::Base64 => (is_base64(text), "not base64"),
        Primitive::Date => (!text.contains('T') && PartialDate::parse(text).is_some(), "not a date that exists"),
        Primitive::DateTime => (is_datetime(text, false), "not a date or time that exists, with its offset"),
        Primitive::Instant => (is_datetime(text, true), "not an instant with seconds and offset"),
        Primitive::Time => (is_time(text), "not a time of day"),
        Primitive::Xhtml => return xhtml_fault(text),
        _ => (true, ""),
    };
    (!good).then_some(sentence)
}

fn is_code(text: &str) -> bool {
    let spaced = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) || text.contains("  ");
    !spaced && !text.contains(['\t', '\r', '\n'])
}

fn is_datetime(text: &str, instant: bool) -> bool {
    let Some((date, time)) = text.split_once('T') else { return !instant && PartialDate::parse(text).is_some() };
    if date.len() != 10 || PartialDate::parse(date).is_none() {
        return false;
    }
    let Some(at) = time.find(['Z', '+', '-']) else { return false };
    let (clock, zone) = time.split_at(at);
    let offset = |zone: &str| {
        let digits = zone.as_bytes();
        let number = |from: usize| zone.get(from..from + 2).and_then(|t| t.parse::<u8>().ok());
        let plain = digits.len() == 6 && digits[3] == b':' && digits[1].is_ascii_digit() && digits[4].is_ascii_digit();
        plain && matches!((number(1), number(4)), (Some(14), Some(0)) | (Some(0..=13), Some(0..=59)))
    };
    is_time(clock) && (zone == "Z" || offset(zone))
}

/// `hh:mm:ss` with any fraction; a leap second is a time.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[2] != b':' || bytes[5] != b':' {
        return false;
    }
    let number = |from: usize| {
        let pair = &bytes[from..from + 2];
        pair.iter().all(u8::is_ascii_digit).then(|| (pair[0] - b'0') * 10 + pair[1] - b'0')
    };
    let fraction = match bytes.get(8) {
        None => true,
        Some(b'.') => bytes.len() > 9 && bytes[9..].iter().all(u8::is_ascii_digit),
        Some(_) => false,
    };
    fraction && matches!((number(0), number(3), number(6)), (Some(0..=23), Some(0..=59), Some(0..=60)))
}

fn is_oid(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("urn:oid:") else { return false };
    let mut arcs = rest.split('.');
    let first = arcs.next().is_some_and(|arc| matches!(arc, "0" | "1" | "2"));
    let arc =
        |arc: &str| arc == "0" || (!arc.is_empty() && !arc.starts_with('0') && arc.bytes().all(|b| b.is_ascii_digit()));
    first && rest.contains('.') && arcs.all(arc)
}

fn is_base64(text: &str) -> bool {
    let mut symbols = 0usize;
    let mut padding = 0usize;
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        match byte {
            b'=' => padding += 1,
            _ if padding > 0 => return false,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => symbols += 1,
            _ => return false,
        }
    }
    padding <= 2 && (symbols + padding).is_multiple_of(4)
}

/// Invariants txt-1 and txt-2: basic formatting only, nothing that runs, some content.
fn xhtml_fault(text: &str) -> Option<&'static str> {
    const TAGS: [&str; 66] = [
        "a",
        "abbr",
        "acronym",
        "b",
        "big",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "ul",
        "var",
        "address",
        "area",
        "article",
        "bdo",
        "center",
        "del",
        "font",
        "ins",
        "kbd",
        "map",
        "s",
        "section",
        "strike",
        "u",
        "header",
        "footer",
        "figure",
        "label",
    ];
    if !text.trim_start().starts_with("<div") {
        return Some("not a div");
    }
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let end = tag_end(rest);
        let (tag, after) = rest.split_at(end);
        rest = after;
        let name: String =
            tag.trim_start_matches('/').chars().take_while(|c| c.is_alphanumeric() || *c == ':').collect();
        if !TAGS.contains(&name.to_ascii_lowercase().as_str()) {
            return Some("narrative holds something other than basic formatting");
        }
        let lower = tag.to_ascii_lowercase();
        let packed: String = lower.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let runs = lower.split(|c: char| c.is_whitespace() || c == '/' || c == '"' || c == '\'').any(|part| {
            part.strip_prefix("on")
                .is_some_and(|event| event.starts_with(|c: char| c.is_ascii_lowercase()) && event.contains('='))
        });
        if runs || packed.contains("javascript:") || packed.contains("vbscript:") || packed.contains("data:text/html") {
            return Some("narrative holds something that runs");
        }
    }
    None
}

/// Where a tag ends; a bracket inside quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return i,
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::tape::Tape;
    use serde_json::Value;

    fn fault(kind: &str, value: &Value) -> Option<&'static str> {
        let text = value.to_string();
        super::fault(Primitive::of(kind).expect("a primitive"), Tape::read(&text).expect("JSON").root())
    }

    #[test]
    fn narrative_that_runs_is_refused_and_ordinary_markup_is_not() {
        let bad = |inner: &str| {
            fault("xhtml", &Value::from(format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>"))).is_some()
        };
        for inner in [
            "<script>x</script>",
            "<p onclick=\"x()\">a</p>",
            "<img src='x' onerror='y'/>",
            "<a href=\"java\nscript:x\">a</a>",
            "<iframe src=\"x\"/>",
            "<svg/onload=x>",
            "<a title=\"a\"onmouseover=\"x()\">b</a>",
        ] {
            assert!(bad(inner), "{inner}");
        }
        for inner in [
            "<p>a &lt; b</p>",
            "<a href=\"https://a.example\" title=\"on time\">b</a>",
            "<table><tr><td>only = once</td></tr></table>",
        ] {
            assert!(!bad(inner), "{inner}");
        }
    }

    #[test]
    fn published_valid_and_invalid_primitives_are_told_apart() {
        // Their narrative is any text; ours is judged in the test above.
        let Some(folder) = crate::fhir::test_data("malformed/google-fhir-primitives") else { return };
        let mut checked = 0;
        for (file, kind) in [
            ("base64_binary", "base64Binary"),
            ("boolean", "boolean"),
            ("canonical", "canonical"),
            ("code", "code"),
            ("date", "date"),
            ("date_time", "dateTime"),
            ("decimal", "decimal"),
            ("id", "id"),
            ("instant", "instant"),
            ("integer", "integer"),
            ("markdown", "markdown"),
            ("oid", "oid"),
            ("positive_int", "positiveInt"),
            ("string", "string"),
            ("time", "time"),
            ("unsigned_int", "unsignedInt"),
            ("uri", "uri"),
            ("url", "url"),
            ("uuid", "uuid"),
        ] {
            for (ending, valid) in [("valid", true), ("invalid", false)] {
                let text = std::fs::read_to_string(folder.join(format!("{file}.{ending}.ndjson"))).expect("test data");
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
                    if value.is_null() || value.is_object() {
                        continue;
                    }
                    checked += 1;
                    assert_eq!(fault(kind, &value).is_none(), valid, "{kind}: {line}");
                }
            }
        }
        assert!(checked > 100);
    }
}
