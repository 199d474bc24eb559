//! A resource as stored: its top-level elements in their own order, each as minified JSON text, nothing lost or reworded.
//! What the elements mean is for others to say.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::json::Scanner;

/// The minified JSON text of one value. Numbers and escapes stand as they were written.
/// Elements that were read together share one text: a copy costs nothing, and keeping one keeps them all.
#[derive(Clone)]
pub struct RawJson {
    text: Arc<str>,
    from: usize,
    to: usize,
    /// `parse` or `scan` made it: nobody needs to look again whether it is JSON.
    proven: bool,
}

/// A FHIR resource. `elements` holds every top-level member, `resourceType` and `id` included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    pub resource_type: String,
    /// The logical id; empty when the text had none.
    pub id: String,
    pub elements: Vec<(String, RawJson)>,
}

/// Where a text stops being acceptable JSON, as an element path, and why. Holds no values of the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why} at {}", if path.is_empty() { "the top" } else { path })]
pub struct ParseFault {
    pub path: String,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("not valid JSON")]
    NotJson,
    #[error("the text ends too early")]
    Truncated,
    #[error("more text follows the end")]
    TrailingText,
    #[error("not valid UTF-8")]
    NotUtf8,
    #[error("nested too deeply")]
    TooDeep,
    #[error("a string is longer than 16 MiB")]
    HugeString,
    #[error("the element stands twice")]
    DuplicateKey,
    #[error("half of a surrogate pair")]
    LoneSurrogate,
    #[error("a control character stands inside a string")]
    ControlCharacter,
    #[error("not a JSON number")]
    BadNumber,
    #[error("not a JSON object")]
    NotAnObject,
    #[error("the resource type is missing or not a string")]
    NoResourceType,
    #[error("the id is not a string")]
    BadId,
}

impl Resource {
    pub fn parse(text: &str) -> Result<Resource, ParseFault> {
        let mut scanner = Scanner::new(text);
        let resource = Resource::scan(&mut scanner)?;
        scanner.end()?;
        Ok(resource)
    }

    pub fn parse_bytes(bytes: &[u8]) -> Result<Resource, ParseFault> {
        let text = std::str::from_utf8(bytes).map_err(|_| ParseFault::here(Why::NotUtf8))?;
        Resource::parse(text)
    }

    /// From elements that were parsed before; `resourceType` must be among them.
    pub fn from_elements(elements: Vec<(String, RawJson)>) -> Result<Resource, ParseFault> {
        let text_of = |name: &str, why: Why| match elements.iter().find(|(n, _)| n == name) {
            Some((_, raw)) => raw.as_text().map(Some).ok_or_else(|| ParseFault::here(why).inside_key(name)),
            None => Ok(None),
        };
        let resource_type = text_of("resourceType", Why::NoResourceType)?;
        let resource_type = resource_type.ok_or_else(|| ParseFault::here(Why::NoResourceType))?;
        let id = text_of("id", Why::BadId)?.unwrap_or_default();
        Ok(Resource { resource_type, id, elements })
    }

    /// A new resource with nothing but its type and id; `with` adds to it.
    pub fn new(resource_type: &str, id: &str) -> Resource {
        let elements =
            vec![("resourceType".to_owned(), RawJson::text(resource_type)), ("id".to_owned(), RawJson::text(id))];
        Resource { resource_type: resource_type.to_owned(), id: id.to_owned(), elements }
    }

    /// Adds or replaces an element; null adds nothing.
    pub fn with(mut self, name: &str, value: Value) -> Resource {
        if !value.is_null() {
            self.set(name, Some(RawJson::from_value(&value)));
        }
        self
    }

    /// Replaces an element where it stands, adds it at the end, or removes it.
    pub fn set(&mut self, name: &str, value: Option<RawJson>) {
        let at = self.elements.iter().position(|(n, _)| n == name);
        match (at, value) {
            (Some(at), Some(value)) => self.elements[at].1 = value,
            (Some(at), None) => {
                self.elements.remove(at);
            }
            (None, Some(value)) => self.elements.push((name.to_owned(), value)),
            (None, None) => {}
        }
        if name == "id" {
            self.id = self.get("id").and_then(RawJson::as_text).unwrap_or_default();
        }
    }

    pub fn get(&self, name: &str) -> Option<&RawJson> {
        self.elements.iter().find(|(n, _)| n == name).map(|(_, raw)| raw)
    }

    /// One element as a tree; null when it is absent. For reading: numbers lose how they were written.
    pub fn element(&self, name: &str) -> Value {
        self.get(name).map(RawJson::value).unwrap_or(Value::Null)
    }

    /// The whole resource as a tree. For reading: numbers lose how they were written.
    pub fn value(&self) -> Value {
        Value::Object(self.elements.iter().map(|(name, raw)| (name.clone(), raw.value())).collect())
    }

    /// Some of its elements as a tree; the others cost nothing.
    pub fn tree_of(&self, wanted: impl Fn(&str) -> bool) -> Value {
        let some = self.elements.iter().filter(|(name, _)| wanted(name));
        Value::Object(some.map(|(name, raw)| (name.clone(), raw.value())).collect())
    }

    /// Minified JSON, elements in their order.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(self.json_len());
        self.write_json(&mut out);
        out
    }

    /// `to_json` without writing it, where the resource stands as it was read.
    pub(super) fn as_read(&self) -> Option<&str> {
        let text = &self.elements.first()?.1.text;
        let mut end = 0;
        for (name, raw) in &self.elements {
            // What is between two values must be a sign, the name between quotes, and a colon.
            let key = text.get(end..raw.from)?.strip_suffix("\":")?;
            let key = key.strip_prefix(if end == 0 { "{\"" } else { ",\"" })?;
            if !Arc::ptr_eq(text, &raw.text) || key != name {
                return None;
            }
            end = raw.to;
        }
        (text.get(end..) == Some("}")).then_some(text)
    }

    pub fn write_json(&self, out: &mut String) {
        write_object(&self.elements, out);
    }

    /// The length of `to_json` in bytes, save for escapes in element names.
    pub fn json_len(&self) -> usize {
        2 + self.elements.iter().map(|(name, raw)| name.len() + raw.as_str().len() + 4).sum::<usize>()
    }

    /// `Type/id`.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.resource_type, self.id)
    }

    pub(crate) fn scan(scanner: &mut Scanner<'_>) -> Result<Resource, ParseFault> {
        match scanner.peek() {
            Some(b'{') => {}
            Some(_) => return Err(ParseFault::here(Why::NotAnObject)),
            None => return Err(ParseFault::here(Why::Truncated)),
        }
        let mut spans = Vec::with_capacity(16);
        scanner.begin();
        scanner.object(&mut |s, key| {
            s.peek();
            let from = s.taken_len();
            s.value()?;
            spans.push((key.to_owned(), from, s.taken_len()));
            Ok(())
        })?;
        let text: Arc<str> = scanner.taken().into();
        let raw = |(name, from, to)| (name, RawJson { text: text.clone(), from, to, proven: true });
        Resource::from_elements(spans.into_iter().map(raw).collect())
    }
}

impl RawJson {
    /// Checks and minifies any JSON value.
    pub fn parse(text: &str) -> Result<RawJson, ParseFault> {
        let mut scanner = Scanner::new(text);
        let raw = RawJson::proven(scanner.take_value()?);
        scanner.end()?;
        Ok(raw)
    }

    /// Whether `parse` would take the text and leave it as it is.
    pub fn is_shortest(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        let same = scanner.take_value().is_ok_and(|taken| taken.len() == text.len());
        same && scanner.end().is_ok()
    }

    /// Takes text that `parse` accepted when it was stored.
    pub fn from_stored(text: impl Into<Arc<str>>) -> RawJson {
        let text = text.into();
        let to = text.len();
        RawJson { text, from: 0, to, proven: false }
    }

    /// Takes text that this device parsed itself and then kept where nobody else could write.
    pub fn proven(text: impl Into<Arc<str>>) -> RawJson {
        RawJson { proven: true, ..RawJson::from_stored(text) }
    }

    pub fn is_proven(&self) -> bool {
        self.proven
    }

    pub fn from_value(value: &Value) -> RawJson {
        RawJson::from_stored(value.to_string())
    }

    /// A JSON string.
    pub fn text(text: &str) -> RawJson {
        RawJson::from_value(&Value::from(text))
    }

    pub fn array<'a>(items: impl IntoIterator<Item = &'a RawJson>) -> RawJson {
        let mut out = String::from("[");
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            out.push_str(item.as_str());
        }
        out.push(']');
        RawJson::from_stored(out)
    }

    pub fn object(members: &[(String, RawJson)]) -> RawJson {
        let mut out = String::new();
        write_object(members, &mut out);
        RawJson::from_stored(out)
    }

    pub fn as_str(&self) -> &str {
        self.text.get(self.from..self.to).unwrap_or_default()
    }

    /// The characters of a JSON string; `None` for any other value.
    pub fn as_text(&self) -> Option<String> {
        let inner = self.as_str().strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') { serde_json::from_str(self.as_str()).ok() } else { Some(inner.to_owned()) }
    }

    /// For reading: numbers lose how they were written. Null when the text is no JSON.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.as_str()).unwrap_or(Value::Null)
    }

    /// The items of an array, each verbatim.
    pub fn items(&self) -> Option<Vec<RawJson>> {
        let mut items = Vec::new();
        let mut scanner = Scanner::new(self.as_str());
        let passed = scanner.array(&mut |s, _| {
            items.push(RawJson::proven(s.take_value()?));
            Ok(())
        });
        passed.is_ok().then_some(items)
    }

    /// The members of an object, in order, each verbatim.
    pub fn members(&self) -> Option<Vec<(String, RawJson)>> {
        let mut members = Vec::new();
        let mut scanner = Scanner::new(self.as_str());
        let passed = scanner.object(&mut |s, key| {
            members.push((key.to_owned(), RawJson::proven(s.take_value()?)));
            Ok(())
        });
        passed.is_ok().then_some(members)
    }
}

impl ParseFault {
    pub(crate) fn here(why: Why) -> ParseFault {
        ParseFault { path: String::new(), why }
    }

    /// Names come from the file: only what looks like an element name is repeated.
    pub(crate) fn inside_key(mut self, key: &str) -> ParseFault {
        let plain = key.len() <= 64 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        self.prefix(if plain { key } else { "?" });
        self
    }

    pub(crate) fn inside_index(mut self, index: usize) -> ParseFault {
        self.prefix(&format!("[{index}]"));
        self
    }

    fn prefix(&mut self, segment: &str) {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{segment}{dot}{}", self.path);
    }
}

fn write_object(members: &[(String, RawJson)], out: &mut String) {
    out.push('{');
    for (i, (name, raw)) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_member(name, raw.as_str(), out);
    }
    out.push('}');
}

/// `"name":value`, the value as it stands.
pub(crate) fn write_member(name: &str, value: &str, out: &mut String) {
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        out.push('"');
        out.push_str(name);
        out.push('"');
    } else {
        out.push_str(&Value::from(name).to_string());
    }
    out.push(':');
    out.push_str(value);
}

impl std::ops::Deref for RawJson {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &RawJson) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RawJson {}

impl fmt::Debug for RawJson {
    /// A length, never the content: this may reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.as_str().len())
    }
}

impl<C> minicbor::Encode<C> for RawJson {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.as_str())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for RawJson {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(RawJson::from_stored(d.str()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(text: &str) -> (String, Why) {
        let fault = Resource::parse(text).expect_err("must not parse");
        (fault.path, fault.why)
    }

    #[test]
    fn every_element_keeps_its_order_and_its_number_as_written() {
        let text = "\u{feff}{ \"resourceType\" : \"Observation\", \"id\":\"a\",\n \"valueQuantity\": { \"value\": 1.10, \"x\": [ 1e2 , -0.0 ] },\"_x\" : \"a \\u00e9 b\" }";
        let resource = Resource::parse(text).expect("valid");
        assert_eq!(
            resource.to_json(),
            r#"{"resourceType":"Observation","id":"a","valueQuantity":{"value":1.10,"x":[1e2,-0.0]},"_x":"a \u00e9 b"}"#
        );
        assert_eq!(resource.reference(), "Observation/a");
        assert_eq!(resource.json_len(), resource.to_json().len() + 1);
    }

    #[test]
    fn a_resource_as_it_was_read_is_known_from_one_that_was_changed() {
        let read = |text| Resource::parse(text).expect("valid");
        let resource = read(r#" { "resourceType" : "Basic", "id":"a", "code": [ 1 ] } "#);
        assert_eq!(resource.as_read(), Some(resource.to_json().as_str()));
        let mut other = resource.clone();
        other.set("code", None);
        assert_eq!(other.as_read(), None);
        other.set("code", Some(RawJson::text("b")));
        assert_eq!(other.as_read(), None);
        let mut turned = resource.clone();
        turned.elements.swap(1, 2);
        assert_eq!(turned.as_read(), None);
        let mut renamed = resource;
        renamed.elements[2].0 = "kode".into();
        assert_eq!(renamed.as_read(), None);
        assert_eq!(read(r#"{"resourceType":"Basic","\u0061":1}"#).as_read(), None);
        assert_eq!(Resource::default().as_read(), None);
    }

    #[test]
    fn a_fault_names_its_path_and_never_a_value() {
        assert_eq!(
            fault(r#"{"resourceType":"Patient","name":[{"given":["A"]},{"given":["B",}]}"#),
            ("name[1].given[1]".into(), Why::NotJson)
        );
        assert_eq!(
            fault(r#"{"resourceType":"Patient","name":[{"use":"a","\u0075se":"b"}]}"#),
            ("name[0].use".into(), Why::DuplicateKey)
        );
        assert_eq!(fault(r#"{"resourceType":"Patient","id":"\ud800"}"#), ("id".into(), Why::LoneSurrogate));
        assert_eq!(fault(r#"{"resourceType":"Patient","id":"x"#), ("id".into(), Why::Truncated));
        assert_eq!(fault(r#"{"resourceType":"Patient","Siti Aminah":01}"#), ("?".into(), Why::BadNumber));
        assert_eq!(fault("{}"), (String::new(), Why::NoResourceType));
        assert_eq!(fault("[]"), (String::new(), Why::NotAnObject));
        assert_eq!(fault(r#"{"resourceType":"Patient"}{}"#), (String::new(), Why::TrailingText));
    }

    #[test]
    fn five_thousand_levels_and_huge_strings_are_faults() {
        let bomb = format!("{{\"resourceType\":\"Patient\",\"x\":{}", "[".repeat(5_000));
        assert_eq!(fault(&bomb).1, Why::TooDeep);
        let huge =
            format!("{{\"resourceType\":\"Patient\",\"x\":\"{}\"}}", "a".repeat(crate::fhir::json::MAX_STRING + 1));
        assert_eq!(fault(&huge).1, Why::HugeString);
    }

    #[test]
    fn a_thousand_keys_with_one_twin_are_found_out() {
        let keys: Vec<String> = (0..1000).map(|i| format!("\"k{}\":1", if i == 777 { 5 } else { i })).collect();
        let text = format!("{{\"resourceType\":\"Basic\",{}}}", keys.join(","));
        assert_eq!(fault(&text), ("k5".into(), Why::DuplicateKey));
    }

    #[test]
    fn elements_come_apart_and_together_verbatim() {
        let raw = RawJson::parse(r#"[ {"a":1.0,"b":[ ]} , null ]"#).expect("valid");
        let items = raw.items().expect("array");
        let members = items[0].members().expect("object");
        assert_eq!(RawJson::array([&RawJson::object(&members), &items[1]]), raw);
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC*", cut in any::<prop::sample::Index>()) {
            let _ = Resource::parse(&text);
            let real = r#"{"resourceType":"Patient","id":"a","name":[{"text":"\ud83d\ude00","x":-1.5e+3}],"b":true}"#;
            let _ = Resource::parse(&real[..cut.index(real.len())]);
        }

        #[test]
        fn what_is_parsed_is_equal_when_written(tree in tree(), pretty in any::<bool>()) {
            let whole = serde_json::json!({"resourceType": "Basic", "id": "a", "extension": tree});
            let text = if pretty { serde_json::to_string_pretty(&whole) } else { serde_json::to_string(&whole) }.expect("json");
            let resource = Resource::parse(&text).expect("valid");
            prop_assert_eq!(serde_json::from_str::<Value>(&resource.to_json()).expect("json"), whole.clone());
            prop_assert_eq!(resource.value(), whole);
            let json = resource.to_json();
            prop_assert_eq!(resource.as_read(), Some(json.as_str()));
            prop_assert_eq!(Resource::parse(&resource.to_json()).expect("valid"), resource);
        }
    }
}
