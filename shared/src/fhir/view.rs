//! A resource for whoever only reads it: texts borrowed from wherever they stand, values looked up where they are needed.
//! Meant for text that `RawJson` vouches for; of anything else it makes little or nothing, and never panics.

use std::borrow::Cow;

use super::json::{plain_run, unescaped};
use super::resource::{RawJson, Resource};

/// A resource as it stands, with the text of each element.
#[derive(Clone, Debug)]
pub struct ResourceView<'t> {
    pub resource_type: &'t str,
    pub id: &'t str,
    elements: Vec<(&'t str, Json<'t>)>,
}

impl<'t> ResourceView<'t> {
    pub fn new(
        resource_type: &'t str,
        id: &'t str,
        elements: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> ResourceView<'t> {
        let mut view =
            ResourceView { resource_type, id, elements: Vec::with_capacity(elements.size_hint().1.unwrap_or(8)) };
        view.elements.extend(elements.map(|(name, text)| (name, Json(text))));
        view
    }

    pub fn of(resource: &'t Resource) -> ResourceView<'t> {
        let elements = resource.elements.iter().map(|(name, raw)| (name.as_str(), raw.as_str()));
        ResourceView::new(&resource.resource_type, &resource.id, elements)
    }

    pub fn get(&self, name: &str) -> Option<Json<'t>> {
        self.elements.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// `Json::NONE` when it is absent.
    pub fn element(&self, name: &str) -> Json<'t> {
        self.get(name).unwrap_or(Json::NONE)
    }

    pub fn elements(&self) -> impl Iterator<Item = (&'t str, Json<'t>)> {
        self.elements.iter().copied()
    }

    /// A copy, for rules that ask for a whole resource.
    pub fn owned(&self) -> Resource {
        let own = ["resourceType", "id"];
        let kept = |(name, value): (&str, Json<'_>)| (name.to_owned(), RawJson::from_stored(value.raw()));
        let head = own.iter().zip([self.resource_type, self.id]);
        let head = head.map(|(name, text)| ((*name).to_owned(), RawJson::text(text)));
        let elements = head.chain(self.elements().filter(|(name, _)| !own.contains(name)).map(kept)).collect();
        Resource { resource_type: self.resource_type.to_owned(), id: self.id.to_owned(), elements }
    }

    /// `Type/id`.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.resource_type, self.id)
    }
}

/// A value in its shortest form. What is not there reads as null does.
#[derive(Clone, Copy)]
pub struct Json<'t>(&'t str);

impl<'t> Json<'t> {
    pub const NONE: Json<'static> = Json("");

    pub fn of(text: &'t str) -> Json<'t> {
        Json(text)
    }

    pub fn raw(self) -> &'t str {
        self.0
    }

    pub fn is_null(self) -> bool {
        matches!(self.0, "" | "null")
    }

    pub fn is_true(self) -> bool {
        self.0 == "true"
    }

    pub fn is_list(self) -> bool {
        self.0.starts_with('[')
    }

    pub fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    /// The characters of a string.
    pub fn text(self) -> Option<Cow<'t, str>> {
        Some(unescaped(self.0.strip_prefix('"')?.strip_suffix('"')?))
    }

    /// Whether it is this string.
    pub fn is(self, text: &str) -> bool {
        self.text().is_some_and(|own| own == text)
    }

    pub fn number(self) -> Option<serde_json::Number> {
        let number = self.0.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        number.then(|| serde_json::from_str(self.0).ok()).flatten()
    }

    /// What stands inside a list, item by item; nothing of any other value.
    pub fn items(self) -> Inside<'t> {
        Inside::of(self.0, b'[')
    }

    /// The first of a list.
    pub fn first(self) -> Json<'t> {
        self.items().next().unwrap_or(Json::NONE)
    }

    /// The members of an object in their order; nothing of any other value.
    pub fn members(self) -> impl Iterator<Item = (Cow<'t, str>, Json<'t>)> {
        let mut inside = Inside::of(self.0, b'{');
        std::iter::from_fn(move || Some((unescaped(inside.key()?), inside.next()?)))
    }

    /// The member of this name.
    pub fn at(self, name: &str) -> Json<'t> {
        let mut inside = Inside::of(self.0, b'{');
        while let Some(key) = inside.key() {
            let Some(value) = inside.next() else { break };
            if key == name || (key.contains('\\') && unescaped(key) == name) {
                return value;
            }
        }
        Json::NONE
    }
}

impl std::fmt::Debug for Json<'_> {
    /// A length, never the content: this may reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Json({} bytes)", self.0.len())
    }
}

/// A place inside a list or an object: before an item, or before a member's key.
#[derive(Clone, Debug)]
pub struct Inside<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Inside<'t> {
    fn of(text: &'t str, opening: u8) -> Inside<'t> {
        let opens = text.as_bytes().first() == Some(&opening);
        Inside { text: if opens { text } else { "" }, at: 1 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, from: usize, to: usize) -> Option<&'t str> {
        self.at = to;
        self.text.get(from..to)
    }

    /// A member's name as written, and the colon after it.
    fn key(&mut self) -> Option<&'t str> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        (self.peek()? == b'"').then_some(())?;
        let end = string_end(self.text.as_bytes(), self.at);
        let name = self.text.get(self.at + 1..end.checked_sub(1)?)?;
        self.at = end;
        (self.peek()? == b':').then(|| self.at += 1)?;
        Some(name)
    }
}

impl<'t> Iterator for Inside<'t> {
    type Item = Json<'t>;

    fn next(&mut self) -> Option<Json<'t>> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        let end = value_end(self.text.as_bytes(), self.at);
        // Nothing between two signs, or nothing any more.
        let text = (end > self.at).then(|| self.take(self.at, end)).flatten()?;
        Some(Json(text))
    }
}

/// Where the string ends that begins here.
fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    loop {
        at += plain_run(bytes.get(at..).unwrap_or_default());
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    }
}

/// Where the value ends that begins here; the very place where none begins.
fn value_end(bytes: &[u8], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            b',' | b':' if depth == 0 => return at,
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::resource::RawJson;
    use proptest::prelude::*;
    use serde_json::Value;

    fn tree(json: Json<'_>) -> Value {
        match json.raw().as_bytes().first() {
            Some(b'[') => json.items().map(tree).collect(),
            Some(b'{') => Value::Object(json.members().map(|(key, value)| (key.into_owned(), tree(value))).collect()),
            Some(b'"') => Value::from(json.text().expect("a string")),
            _ => json.number().map_or_else(|| serde_json::from_str(json.raw()).expect("a word"), Value::Number),
        }
    }

    #[test]
    fn what_is_looked_up_is_what_a_tree_would_hold() {
        let text = r#"{"a":[1.0,-2e3,true,null,"x\u00e9\"",[],{}],"\u0062":{"c":{"d":"e,]"}},"f":""}"#;
        let (json, whole) = (Json::of(text), serde_json::from_str::<Value>(text).expect("valid"));
        assert_eq!(tree(json), whole);
        assert_eq!(json.at("b").at("c").at("d").text().as_deref(), Some("e,]"));
        assert_eq!(json.at("a").items().nth(4).and_then(Json::text).as_deref(), Some("x\u{e9}\""));
        assert!(json.at("a").items().nth(2).is_some_and(Json::is_true));
        for nothing in [json.at("g"), json.at("f").at("x"), json.first(), json.at("a").at("x"), Json::NONE.at("a")] {
            assert!(nothing.is_null());
        }
        assert!(json.at("f").is("") && !json.at("g").is(""));
        assert_eq!(json.at("f").number(), None);
    }

    #[test]
    fn a_resource_is_seen_as_it_stands() {
        let resource =
            Resource::parse(r#"{"resourceType":"Basic","id":"a","code":{"text":"b"},"x":1.50}"#).expect("valid");
        let view = ResourceView::of(&resource);
        assert_eq!((view.reference().as_str(), view.element("x").raw()), ("Basic/a", "1.50"));
        assert!(view.element("code").at("text").is("b") && view.get("y").is_none());
        assert_eq!(view.owned(), resource);
    }

    proptest! {
        #[test]
        fn what_raw_json_takes_is_seen_whole_and_the_rest_does_no_harm(text in "[\\[\\]{}\",:a\\\\u0-9e. -]{0,40}") {
            let json = Json::of(&text);
            match RawJson::parse(&text) {
                Ok(raw) => {
                    if let Ok(whole) = serde_json::from_str::<Value>(raw.as_str()) {
                        prop_assert_eq!(tree(Json::of(raw.as_str())), whole);
                    }
                }
                Err(_) => {
                    prop_assert!(json.items().count() <= text.len());
                    prop_assert!(json.members().count() <= text.len());
                    let _ = (json.at("a").raw(), json.text(), json.number());
                }
            }
        }
    }
}
