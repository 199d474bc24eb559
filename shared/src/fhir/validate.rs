//! Structural validation against R4: types, cardinalities, primitive forms, required codes and a few invariants.
//! Errors mean that a resource is not FHIR; what is merely unknown is a warning and is kept. Profiles are not judged.

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
    judge.resource(&resource.value(), path, 0);
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
    fn add(&mut self, severity: Severity, code: &'static str, path: &str, text: &str) {
        if self.issues.len() < MOST {
            self.issues.push(Issue::new(severity, code, path, text));
        }
    }

    fn error(&mut self, code: &'static str, path: &str, text: &str) {
        self.add(Severity::Error, code, path, text);
    }

    fn resource(&mut self, value: &Value, path: &str, depth: usize) {
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
        path: &str,
        depth: usize,
        allow: &dyn Fn(&str) -> bool,
    ) {
        let schema = self.schema;
        if members.is_empty() {
            self.error("structure", path, "an empty object");
        }
        let mut choices: Vec<&str> = Vec::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != "resourceType" && *name != "fhir_comments") {
            let at = format!("{path}.{}", shown(name));
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
            let found = own.or_else(|| common.and_then(|c| schema.element(c, member)).filter(|(e, _)| allow(e.name)));
            match (found, bare) {
                (None, _) => {
                    self.add(Severity::Warning, "structure", &at, "an element that R4 does not know is kept as it is")
                }
                (Some((_, kind)), Some(_)) => self.shadow(value, kind, members.get(member), &at, depth),
                (Some((element, kind)), None) => {
                    if element.choice {
                        if choices.contains(&element.name) {
                            self.error("structure", &at, "more than one type of one element");
                        }
                        choices.push(element.name);
                    }
                    let has_shadow = members.contains_key(&format!("_{name}"));
                    self.element(value, element, kind, has_shadow, &at, depth);
                }
            }
        }
        for element in structure.elements.iter().filter(|e| e.required) {
            let there = members.keys().any(|name| {
                let name = name.strip_prefix('_').unwrap_or(name);
                schema.element(structure, name).is_some_and(|(e, _)| e.name == element.name)
            });
            if !there {
                let name = if element.choice {
                    format!("{path}.{}[x]", element.name)
                } else {
                    format!("{path}.{}", element.name)
                };
                // Published records come with their narrative stripped; that loses no fact.
                let stripped = element.name == "div";
                let severity = if stripped { Severity::Warning } else { Severity::Error };
                self.add(severity, "required", &name, "a required element is missing");
            }
        }
    }

    fn element(&mut self, value: &Value, element: &Element, kind: &str, has_shadow: bool, path: &str, depth: usize) {
        match (element.list, value) {
            (true, Value::Array(items)) if items.is_empty() => self.error("structure", path, "an empty list"),
            (true, Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    if item.is_null() && has_shadow && primitive::is_primitive(kind) {
                        continue;
                    }
                    self.value(item, element, kind, &format!("{path}[{i}]"), depth);
                }
            }
            (true, _) => self.error("structure", path, "a list is expected"),
            (false, Value::Array(_)) => self.error("structure", path, "a single value is expected"),
            (false, Value::Null) => self.error("structure", path, "null is no value"),
            (false, _) => self.value(value, element, kind, path, depth),
        }
    }

    fn value(&mut self, value: &Value, element: &Element, kind: &str, path: &str, depth: usize) {
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
    fn bound(&mut self, set: &str, codes: &[&str], path: &str) {
        let known = self.schema.codes(set);
        if known.is_some_and(|known| !codes.iter().any(|code| known.contains(code))) {
            self.error("code-invalid", path, "not a code of the required value set");
        }
    }

    /// `_name`: ids and extensions beside a primitive, item for item.
    fn shadow(&mut self, value: &Value, kind: &str, beside: Option<&Value>, path: &str, depth: usize) {
        if !primitive::is_primitive(kind) {
            return self.error("structure", path, "only primitives have a shadow");
        }
        let mut one = |item: &Value, path: &str| match item {
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
                items.iter().enumerate().for_each(|(i, item)| one(item, &format!("{path}[{i}]")));
            }
            (Value::Object(_), None | Some(Value::String(_) | Value::Bool(_) | Value::Number(_))) => one(value, path),
            _ => self.error("structure", path, "its shape differs from the element that it belongs to"),
        }
    }

    fn invariants(&mut self, kind: &str, members: &Map<String, Value>, path: &str) {
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
                self.error("invariant", &format!("{path}.clinicalStatus"), "con-5: an error has no clinical status");
            }
            "AllergyIntolerance"
                if status("verificationStatus") == Some("entered-in-error")
                    && members.contains_key("clinicalStatus") =>
            {
                self.error("invariant", &format!("{path}.clinicalStatus"), "ait-2: an error has no clinical status");
            }
            "Observation" if has_value(members) && members.contains_key("dataAbsentReason") => {
                self.error(
                    "invariant",
                    &format!("{path}.dataAbsentReason"),
                    "obs-6: a value and a reason for its absence",
                );
            }
            _ => {}
        }
    }
}

fn shown(name: &str) -> &str {
    let plain = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { name } else { "?" }
}

#[cfg(test)]
mod tests;
