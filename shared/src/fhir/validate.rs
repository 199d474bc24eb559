//! Structural validation against R4: types, cardinalities, primitive forms, required codes and a few invariants.
//! Errors mean that a resource is not FHIR; what is merely unknown is a warning and is kept. Profiles are not judged.

use std::fmt;

use serde_json::{Map, Value};

use super::issue::{Issue, Severity};
use super::primitive;
use super::resource::Resource;
use super::schema::{Element, Schema, Structure, schema};

/// More issues than this of one resource help nobody.
const MOST: usize = 50;

/// All issues of a resource that stands at `path`.
pub fn validate(resource: &Resource, path: &str) -> Vec<Issue> {
    let mut judge = Judge { schema: schema(), issues: Vec::new() };
    judge.resource(&resource.value(), &Path { parent: None, step: Step::Start(path) }, 0);
    judge.issues
}

/// Whether any of the issues keeps a resource out.
pub fn is_importable(issues: &[Issue]) -> bool {
    issues.iter().all(|issue| issue.severity < Severity::Error)
}

struct Judge {
    schema: &'static Schema,
    issues: Vec<Issue>,
}

impl Judge {
    fn add(&mut self, severity: Severity, code: &'static str, path: &Path<'_>, text: &str) {
        if self.issues.len() < MOST {
            self.issues.push(Issue::new(severity, code, path.to_string(), text));
        }
    }

    fn error(&mut self, code: &'static str, path: &Path<'_>, text: &str) {
        self.add(Severity::Error, code, path, text);
    }

    fn resource(&mut self, value: &Value, path: &Path<'_>, depth: usize) {
        let Some(members) = value.as_object() else { return self.error("structure", path, "not an object") };
        let kind = match members.get("resourceType") {
            Some(Value::String(kind)) => kind.as_str(),
            _ => return self.error("required", path, "the resource type is missing"),
        };
        let schema = self.schema;
        let Some(structure) = schema.structure(kind).filter(|s| s.resource) else {
            return self.error("not-supported", path, "not a resource type of FHIR R4");
        };
        // These three are Resources without narrative and extensions.
        let base = if matches!(kind, "Bundle" | "Binary" | "Parameters") {
            &["id", "meta", "implicitRules", "language"][..]
        } else {
            &[]
        };
        let common = schema.structure("DomainResource");
        self.members(members, structure, common, path, depth, &|name| base.is_empty() || base.contains(&name));
        self.invariants(kind, members, path);
    }

    /// Judges each member and asks for the required ones. `common` elements are allowed where `allow` agrees.
    fn members(
        &mut self,
        members: &Map<String, Value>,
        structure: &Structure,
        common: Option<&Structure>,
        path: &Path<'_>,
        depth: usize,
        allow: &dyn Fn(&str) -> bool,
    ) {
        let schema = self.schema;
        if members.is_empty() {
            self.error("structure", path, "an empty object");
        }
        // One bit for each element that has come, with a value or only with an extension.
        let (mut come, mut valued) = (0u128, 0u128);
        for (name, value) in members.iter().filter(|(name, _)| *name != "resourceType" && *name != "fhir_comments") {
            let at = path.member(name);
            // Inside a resource an id is any string, for references within.
            if name == "id" && !structure.resource {
                if let Some(sentence) = primitive::fault("string", value) {
                    self.error("value", &at, sentence);
                }
                continue;
            }
            let bare = name.strip_prefix('_');
            let member = bare.unwrap_or(name);
            let own = schema.element(structure, member);
            let bit = own.map_or(0, |(element, _)| structure.bit(element));
            let found = own.or_else(|| common.and_then(|c| schema.element(c, member)).filter(|(e, _)| allow(e.name)));
            come |= bit;
            match (found, bare) {
                (None, _) => {
                    self.add(Severity::Warning, "structure", &at, "an element that R4 does not know is kept as it is")
                }
                (Some((_, kind)), Some(_)) => self.shadow(value, kind, members.get(member), &at, depth),
                (Some((element, kind)), None) => {
                    if element.choice && valued & bit != 0 {
                        self.error("structure", &at, "more than one type of one element");
                    }
                    valued |= bit;
                    self.element(value, element, kind, members, name, &at, depth);
                }
            }
        }
        for element in structure.elements.iter().filter(|e| e.required && come & structure.bit(e) == 0) {
            let name = if element.choice { format!("{}[x]", element.name) } else { element.name.to_owned() };
            // Published records come with their narrative stripped; that loses no fact.
            let severity = if element.name == "div" { Severity::Warning } else { Severity::Error };
            self.add(severity, "required", &path.named(&name), "a required element is missing");
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn element(
        &mut self,
        value: &Value,
        element: &Element,
        kind: &str,
        beside: &Map<String, Value>,
        name: &str,
        path: &Path<'_>,
        depth: usize,
    ) {
        match (element.list, value) {
            (true, Value::Array(items)) if items.is_empty() => self.error("structure", path, "an empty list"),
            (true, Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    if item.is_null() && primitive::is_primitive(kind) && beside.contains_key(&format!("_{name}")) {
                        continue;
                    }
                    self.value(item, element, kind, &path.item(i), depth);
                }
            }
            (true, _) => self.error("structure", path, "a list is expected"),
            (false, Value::Array(_)) => self.error("structure", path, "a single value is expected"),
            (false, Value::Null) => self.error("structure", path, "null is no value"),
            (false, _) => self.value(value, element, kind, path, depth),
        }
    }

    fn value(&mut self, value: &Value, element: &Element, kind: &str, path: &Path<'_>, depth: usize) {
        if primitive::is_primitive(kind) {
            if let Some(sentence) = primitive::fault(kind, value) {
                return self.error("value", path, sentence);
            }
            if let (Some(set), Some(code)) = (element.set.filter(|_| kind == "code"), value.as_str()) {
                self.bound(set, &[code], path);
            }
            return;
        }
        // The reader caps nesting; this cap only keeps the judge's own stack small.
        if depth > 60 {
            return self.error("too-costly", path, "nested too deeply");
        }
        if kind == "Resource" {
            return self.resource(value, path, depth + 1);
        }
        let Some(members) = value.as_object() else { return self.error("structure", path, "an object is expected") };
        let schema = self.schema;
        let Some(structure) = schema.structure(kind.trim_start_matches('@')) else { return };
        let nested = kind.starts_with('@');
        let common = schema.structure("DomainResource");
        self.members(members, structure, common, path, depth + 1, &|name| match name {
            "extension" => true,
            "modifierExtension" => nested,
            _ => false,
        });
        if let Some(set) = element.set.filter(|_| kind == "CodeableConcept") {
            let codings = members.get("coding").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let codes: Vec<&str> = codings.iter().filter_map(|c| c.get("code").and_then(Value::as_str)).collect();
            if !codes.is_empty() {
                self.bound(set, &codes, path);
            }
        }
    }

    /// Of a required value set, one code must come.
    fn bound(&mut self, set: &str, codes: &[&str], path: &Path<'_>) {
        let known = self.schema.codes(set);
        if known.is_some_and(|known| !codes.iter().any(|code| known.contains(code))) {
            self.error("code-invalid", path, "not a code of the required value set");
        }
    }

    /// `_name`: ids and extensions beside a primitive, item for item.
    fn shadow(&mut self, value: &Value, kind: &str, beside: Option<&Value>, path: &Path<'_>, depth: usize) {
        if !primitive::is_primitive(kind) {
            return self.error("structure", path, "only primitives have a shadow");
        }
        let mut one = |item: &Value, path: &Path<'_>| match item {
            Value::Null => {}
            Value::Object(members) => {
                let empty = Structure { resource: false, elements: Vec::new() };
                let common = self.schema.structure("DomainResource");
                self.members(members, &empty, common, path, depth + 1, &|name| name == "extension");
            }
            _ => self.error("structure", path, "an object is expected"),
        };
        match (value, beside) {
            (Value::Array(items), Some(Value::Array(values))) if items.len() != values.len() => {
                self.error("structure", path, "not as long as the list that it belongs to");
            }
            (Value::Array(items), None | Some(Value::Array(_))) => {
                items.iter().enumerate().for_each(|(i, item)| one(item, &path.item(i)));
            }
            (Value::Object(_), None | Some(Value::String(_) | Value::Bool(_) | Value::Number(_))) => one(value, path),
            _ => self.error("structure", path, "its shape differs from the element that it belongs to"),
        }
    }

    fn invariants(&mut self, kind: &str, members: &Map<String, Value>, path: &Path<'_>) {
        let status = |name: &str| members.get(name).and_then(|c| c.pointer("/coding/0/code")).and_then(Value::as_str);
        let has_value = |members: &Map<String, Value>| {
            members
                .keys()
                .any(|k| k.strip_prefix("value").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase())))
        };
        match kind {
            "Condition"
                if status("verificationStatus") == Some("entered-in-error")
                    && members.contains_key("clinicalStatus") =>
            {
                self.error("invariant", &path.member("clinicalStatus"), "con-5: an error has no clinical status");
            }
            "AllergyIntolerance"
                if status("verificationStatus") == Some("entered-in-error")
                    && members.contains_key("clinicalStatus") =>
            {
                self.error("invariant", &path.member("clinicalStatus"), "ait-2: an error has no clinical status");
            }
            "Observation" if has_value(members) && members.contains_key("dataAbsentReason") => {
                self.error(
                    "invariant",
                    &path.member("dataAbsentReason"),
                    "obs-6: a value and a reason for its absence",
                );
            }
            _ => {}
        }
    }
}

/// Where the judge stands; put into words only when there is something to say.
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

enum Step<'p> {
    Start(&'p str),
    /// A member's name from the file: repeated only if it looks like one.
    Member(&'p str),
    /// An element's name from the table.
    Named(&'p str),
    Item(usize),
}

impl Path<'_> {
    fn member<'p>(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Member(name) }
    }

    fn named<'p>(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Named(name) }
    }

    fn item(&self, index: usize) -> Path<'_> {
        Path { parent: Some(self), step: Step::Item(index) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Start(text) => f.write_str(text),
            Step::Named(name) => write!(f, ".{name}"),
            Step::Member(name) => {
                let plain = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                write!(f, ".{}", if plain { name } else { "?" })
            }
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests;
