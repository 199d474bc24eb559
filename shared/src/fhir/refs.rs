//! References: what they point to within an import, and which patient a resource belongs to.
//! Resolves by the rules of Bundle (R4 §2.36.4); fetches nothing.

use std::collections::HashMap;

use super::resource::Resource;
use super::tape::{Kind, Tape};

/// The resources of an import by fullUrl.
#[derive(Clone, Debug, Default)]
pub struct RefIndex {
    by_url: HashMap<String, Target>,
}

/// A resource's type and logical id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    pub resource_type: String,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The FHIR id of the patient.
    Patient(String),
    /// About no patient: the clinic's own.
    Commons,
    /// It says that it belongs to somebody, but nobody here answers to that reference; the element that says so.
    Unresolved { element: String },
}

impl RefIndex {
    pub fn new() -> RefIndex {
        RefIndex::default()
    }

    /// Registers an entry. Entries without fullUrl are found by `Type/id` anyway.
    pub fn add(&mut self, full_url: &str, resource: &Resource) {
        self.add_named(full_url, &resource.resource_type, &resource.id);
    }

    /// The same before the resource has been read.
    pub fn add_named(&mut self, full_url: &str, resource_type: &str, id: &str) {
        let id = if id.is_empty() { id_in_url(full_url) } else { id.to_owned() };
        if !full_url.is_empty() && !id.is_empty() {
            self.by_url.insert(full_url.to_owned(), Target { resource_type: resource_type.to_owned(), id });
        }
    }

    /// What a reference inside the entry with `base` (its fullUrl, or empty) points to.
    pub fn resolve(&self, base: &str, reference: &str) -> Option<Target> {
        if let Some(target) = self.by_url.get(reference) {
            return Some(target.clone());
        }
        let target = target_of(reference)?;
        if !reference.contains("://") && !reference.starts_with("urn:") {
            let in_base = root_of(base).and_then(|root| self.by_url.get(&format!("{root}{reference}")));
            return Some(in_base.cloned().unwrap_or(target));
        }
        Some(target)
    }
}

/// `Type/id` at the end of a relative or absolute literal reference, version left off.
pub fn target_of(reference: &str) -> Option<Target> {
    if reference.starts_with('#') || reference.starts_with("urn:") || reference.contains('?') {
        return None;
    }
    let bare = reference.split_once("/_history/").map_or(reference, |(bare, _)| bare);
    let mut parts = bare.rsplit('/');
    let (id, resource_type) = (parts.next()?, parts.next()?);
    let typed = resource_type.starts_with(|c: char| c.is_ascii_uppercase())
        && resource_type.chars().all(|c| c.is_ascii_alphabetic());
    (typed && is_id(id)).then(|| Target { resource_type: resource_type.to_owned(), id: id.to_owned() })
}

/// FHIR's `id`: up to 64 of letters, digits, hyphen and point.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// Lower-case hex in 8-4-4-4-12.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        })
}

/// The logical id that a fullUrl stands for; empty when it names none.
pub fn id_in_url(full_url: &str) -> String {
    let id = full_url.strip_prefix("urn:uuid:").or_else(|| full_url.rsplit('/').next()).unwrap_or_default();
    if is_id(id) { id.to_owned() } else { String::new() }
}

/// Elements that name the patient a resource is about, over all R4 types.
const ABOUT: [&str; 7] = ["patient", "subject", "beneficiary", "individual", "for", "candidate", "securityContext"];
/// Lists whose items may name the patient deeper down.
const ABOUT_LISTS: [(&str, &str); 4] =
    [("participant", "actor"), ("target", ""), ("entity", "what"), ("link", "target")];

/// Whose record the resource stands in. `base` is its fullUrl.
pub fn owner(resource: &Resource, base: &str, index: &RefIndex) -> Owner {
    if resource.resource_type == "Patient" {
        let id = if resource.id.is_empty() { id_in_url(base) } else { resource.id.clone() };
        return Owner::Patient(id);
    }
    let mut unresolved = None;
    let direct = ABOUT.iter().map(|name| (*name, ""));
    for (name, inner) in direct.chain(ABOUT_LISTS) {
        let Some(tape) = resource.get(name).and_then(|raw| Tape::read(raw)) else { continue };
        let element = tape.root();
        let alone = (element.kind() != Kind::List).then_some(element);
        for item in element.items().chain(alone) {
            let item = if inner.is_empty() { Some(item) } else { item.get(inner) };
            let Some(reference) = item.and_then(|item| item.get("reference")?.text()) else { continue };
            match index.resolve(base, &reference) {
                Some(target) if target.resource_type == "Patient" => return Owner::Patient(target.id),
                Some(_) => {}
                // A reference by search names no one person; only where it must be a patient is that a fault.
                None if inner.is_empty() && !reference.starts_with('#') => {
                    unresolved.get_or_insert(name);
                }
                None => {}
            }
        }
    }
    unresolved.map_or(Owner::Commons, |element| Owner::Unresolved { element: element.to_owned() })
}

/// Every literal reference in a resource's text, in order.
pub fn references(json: &str) -> impl Iterator<Item = &str> {
    // Inside JSON strings quotes are escaped, so this text can only be the member itself.
    json.split("\"reference\":\"").skip(1).filter_map(|rest| rest.split('"').next())
}

fn root_of(full_url: &str) -> Option<&str> {
    if !full_url.contains("://") {
        return None;
    }
    let target = target_of(full_url)?;
    let bare = full_url.split_once("/_history/").map_or(full_url, |(bare, _)| bare);
    bare.strip_suffix(&format!("{}/{}", target.resource_type, target.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(text: &str) -> Resource {
        Resource::parse(text).expect("valid")
    }

    fn index() -> RefIndex {
        let mut index = RefIndex::new();
        index
            .add("urn:uuid:0f0f0f0f-0000-4000-8000-000000000001", &resource(r#"{"resourceType":"Patient","id":"p1"}"#));
        index.add("http://a.example/fhir/Patient/2", &resource(r#"{"resourceType":"Patient","id":"p2"}"#));
        index.add("urn:uuid:0f0f0f0f-0000-4000-8000-00000000000e", &resource(r#"{"resourceType":"Patient"}"#));
        index
    }

    #[test]
    fn the_patient_is_found_behind_any_kind_of_reference() {
        let owner_of = |base: &str, subject: &str| {
            let text = format!(r#"{{"resourceType":"Observation","subject":{{"reference":"{subject}"}}}}"#);
            owner(&resource(&text), base, &index())
        };
        assert_eq!(owner_of("", "urn:uuid:0f0f0f0f-0000-4000-8000-000000000001"), Owner::Patient("p1".into()));
        assert_eq!(owner_of("http://a.example/fhir/Observation/9", "Patient/2"), Owner::Patient("p2".into()));
        assert_eq!(owner_of("", "Patient/2"), Owner::Patient("2".into()));
        assert_eq!(owner_of("", "http://b.example/Patient/7/_history/3"), Owner::Patient("7".into()));
        assert_eq!(owner_of("", "Group/2"), Owner::Commons);
        assert_eq!(
            owner_of("", "urn:uuid:0f0f0f0f-0000-4000-8000-00000000000f"),
            Owner::Unresolved { element: "subject".into() }
        );
        let nameless = "0f0f0f0f-0000-4000-8000-00000000000e";
        assert_eq!(owner_of("", &format!("urn:uuid:{nameless}")), Owner::Patient(nameless.into()));
    }

    #[test]
    fn coverage_tasks_appointments_and_provenance_find_theirs_too() {
        let owner_of =
            |rest: &str| owner(&resource(&format!(r#"{{"resourceType":"X",{rest}}}"#)), "", &RefIndex::new());
        let p = Owner::Patient("p".into());
        assert_eq!(owner_of(r#""beneficiary":{"reference":"Patient/p"}"#), p);
        assert_eq!(owner_of(r#""for":{"reference":"Patient/p"}"#), p);
        assert_eq!(owner_of(r#""subject":[{"reference":"Location/l"},{"reference":"Patient/p"}]"#), p);
        assert_eq!(
            owner_of(r#""participant":[{"actor":{"reference":"Practitioner/x"}},{"actor":{"reference":"Patient/p"}}]"#),
            p
        );
        assert_eq!(owner_of(r#""target":[{"reference":"Patient/p"}]"#), p);
        assert_eq!(owner_of(r#""name":"a place""#), Owner::Commons);
        assert_eq!(owner_of(r#""subject":{"display":"somebody"}"#), Owner::Commons);
    }
}
