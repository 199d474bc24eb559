//! Structural validation against R4: types, cardinalities, primitive forms, required codes and a few invariants.
//! Errors mean that a resource is not FHIR; what is merely unknown is a warning and is kept. Profiles are not judged.

use std::borrow::Cow;
use std::fmt;

use super::issue::{Issue, Severity};
use super::primitive::{self, Primitive};
use super::resource::Resource;
use super::schema::{Element, Kind, Schema, Structure, schema};
use super::tape::{Kind as Form, Node, Tape};

/// More issues than this of one resource help nobody.
const MOST: usize = 50;

/// All issues of a resource that stands at `path`.
pub fn validate(resource: &Resource, path: &str) -> Vec<Issue> {
    let mut judge = Judge { schema: schema(), issues: Vec::new() };
    let path = Path { parent: None, step: Step::Start(path) };
    let text = resource.as_read().map_or_else(|| Cow::Owned(resource.to_json()), Cow::Borrowed);
    match Tape::read(&text) {
        Some(tape) => judge.resource(tape.root(), &path, 0),
        None => judge.error("structure", &path, "not an object"),
    }
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

    fn resource(&mut self, value: Node<'_>, path: &Path<'_>, depth: usize) {
        if value.kind() != Form::Object {
            return self.error("structure", path, "not an object");
        }
        let Some(kind) = value.get("resourceType").and_then(Node::text) else {
            return self.error("required", path, "the resource type is missing");
        };
        let Some(structure) = self.schema.structure(&kind).filter(|s| s.resource) else {
            return self.error("not-supported", path, "not a resource type of FHIR R4");
        };
        // These three are Resources without narrative and extensions.
        let base = if matches!(&*kind, "Bundle" | "Binary" | "Parameters") {
            &["id", "meta", "implicitRules", "language"][..]
        } else {
            &[]
        };
        self.members(value, structure, path, depth, &|name| base.is_empty() || base.contains(&name));
        self.invariants(&kind, value, path);
    }

    /// Judges each member and asks for the required ones. Elements common to all resources are allowed where `allow`
    /// agrees.
    fn members(
        &mut self,
        object: Node<'_>,
        structure: &Structure,
        path: &Path<'_>,
        depth: usize,
        allow: &dyn Fn(&str) -> bool,
    ) {
        let common = self.schema.common();
        if object.members().next().is_none() {
            self.error("structure", path, "an empty object");
        }
        // One bit for each element that has come, with a value or only with an extension.
        let (mut come, mut valued) = (0u64, 0u64);
        for (name, value) in object.members().filter(|(name, _)| name != "resourceType" && name != "fhir_comments") {
            let at = path.member(&name);
            // Inside a resource an id is any string, for references within.
            if name == "id" && !structure.resource {
                if let Some(sentence) = primitive::fault(Primitive::Text, value) {
                    self.error("value", &at, sentence);
                }
                continue;
            }
            let bare = name.strip_prefix('_');
            let member = bare.unwrap_or(&name);
            let own = structure.element(member);
            let bit = own.map_or(0, |(element, _)| structure.bit(element));
            let found = own.or_else(|| common.and_then(|c| c.element(member)).filter(|(e, _)| allow(e.name)));
            come |= bit;
            match (found, bare) {
                (None, _) => {
                    self.add(Severity::Warning, "structure", &at, "an element that R4 does not know is kept as it is")
                }
                (Some((_, kind)), Some(_)) => self.shadow(value, kind, object.get(member), &at, depth),
                (Some((element, kind)), None) => {
                    if element.choice && valued & bit != 0 {
                        self.error("structure", &at, "more than one type of one element");
                    }
                    valued |= bit;
                    self.element(value, (element, kind), (object, &name), &at, depth);
                }
            }
        }
        for element in structure.missing(come) {
            let name = if element.choice { format!("{}[x]", element.name) } else { element.name.to_owned() };
            // Published records come with their narrative stripped; that loses no fact.
            let severity = if element.name == "div" { Severity::Warning } else { Severity::Error };
            self.add(severity, "required", &path.named(&name), "a required element is missing");
        }
    }

    /// A member by its element and type; beside it, in the same object, its shadow may stand.
    fn element(
        &mut self,
        value: Node<'_>,
        (element, kind): (&Element, Kind),
        (object, name): (Node<'_>, &str),
        path: &Path<'_>,
        depth: usize,
    ) {
        match (element.list, value.kind()) {
            (true, Form::List) => {
                if value.items().next().is_none() {
                    self.error("structure", path, "an empty list");
                }
                for (i, item) in value.items().enumerate() {
                    let shadowed = || matches!(kind, Kind::Primitive(_)) && object.get(&format!("_{name}")).is_some();
                    if item.kind() == Form::Null && shadowed() {
                        continue;
                    }
                    self.value(item, element, kind, &path.item(i), depth);
                }
            }
            (true, _) => self.error("structure", path, "a list is expected"),
            (false, Form::List) => self.error("structure", path, "a single value is expected"),
            (false, Form::Null) => self.error("structure", path, "null is no value"),
            (false, _) => self.value(value, element, kind, path, depth),
        }
    }

    fn value(&mut self, value: Node<'_>, element: &Element, kind: Kind, path: &Path<'_>, depth: usize) {
        if let Kind::Primitive(primitive) = kind {
            if let Some(sentence) = primitive::fault(primitive, value) {
                return self.error("value", path, sentence);
            }
            if let (Some(set), Some(code)) = (element.set.filter(|_| primitive == Primitive::Code), value.text()) {
                self.bound(set, &[code], path);
            }
            return;
        }
        // The reader caps nesting; this cap only keeps the judge's own stack small.
        if depth > 60 {
            return self.error("too-costly", path, "nested too deeply");
        }
        if kind == Kind::Resource {
            return self.resource(value, path, depth + 1);
        }
        if value.kind() != Form::Object {
            return self.error("structure", path, "an object is expected");
        }
        let Kind::Structure { at, nested, concept } = kind else { return };
        let Some(structure) = self.schema.at(at) else { return };
        self.members(value, structure, path, depth + 1, &|name| match name {
            "extension" => true,
            "modifierExtension" => nested,
            _ => false,
        });
        if let Some(set) = element.set.filter(|_| concept) {
            let codings = value.get("coding");
            let codings = codings.into_iter().flat_map(Node::items);
            let codes: Vec<Cow<'_, str>> = codings.filter_map(|c| c.get("code").and_then(Node::text)).collect();
            if !codes.is_empty() {
                self.bound(set, &codes, path);
            }
        }
    }

    /// Of a required value set, one code must come.
    fn bound(&mut self, set: &str, codes: &[Cow<'_, str>], path: &Path<'_>) {
        let known = self.schema.codes(set);
        if known.is_some_and(|known| !codes.iter().any(|code| known.contains(&&**code))) {
            self.error("code-invalid", path, "not a code of the required value set");
        }
    }

    /// `_name`: ids and extensions beside a primitive, item for item.
    fn shadow(&mut self, value: Node<'_>, kind: Kind, beside: Option<Node<'_>>, path: &Path<'_>, depth: usize) {
        if !matches!(kind, Kind::Primitive(_)) {
            return self.error("structure", path, "only primitives have a shadow");
        }
        let mut one = |item: Node<'_>, path: &Path<'_>| match item.kind() {
            Form::Null => {}
            Form::Object => {
                self.members(item, &Structure::default(), path, depth + 1, &|name| name == "extension");
            }
            _ => self.error("structure", path, "an object is expected"),
        };
        match (value.kind(), beside.map(|b| (b.kind(), b))) {
            (Form::List, Some((Form::List, values))) if value.items().count() != values.items().count() => {
                self.error("structure", path, "not as long as the list that it belongs to");
            }
            (Form::List, None | Some((Form::List, _))) => {
                value.items().enumerate().for_each(|(i, item)| one(item, &path.item(i)));
            }
            (Form::Object, None | Some((Form::Text | Form::Bool | Form::Number, _))) => one(value, path),
            _ => self.error("structure", path, "its shape differs from the element that it belongs to"),
        }
    }

    fn invariants(&mut self, kind: &str, object: Node<'_>, path: &Path<'_>) {
        let withdrawn = || {
            let coding = object.get("verificationStatus").and_then(|concept| concept.get("coding"));
            let code = coding.and_then(|list| list.items().next()).and_then(|coding| coding.get("code"));
            code.and_then(Node::text).is_some_and(|code| code == "entered-in-error")
        };
        let has_value = || {
            let typed = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase());
            object.members().any(|(name, _)| name.strip_prefix("value").is_some_and(typed))
        };
        let has = |name: &str| object.get(name).is_some();
        match kind {
            "Condition" if withdrawn() && has("clinicalStatus") => {
                self.error("invariant", &path.member("clinicalStatus"), "con-5: an error has no clinical status");
            }
            "AllergyIntolerance" if withdrawn() && has("clinicalStatus") => {
                self.error("invariant", &path.member("clinicalStatus"), "ait-2: an error has no clinical status");
            }
            "Observation" if has("dataAbsentReason") && has_value() => {
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
