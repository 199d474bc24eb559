//! Writes resources out: a collection Bundle piece by piece, and NDJSON lines. Resources leave as they are stored;
//! only a reference that its Bundle could not resolve otherwise is rewritten to the target's fullUrl.

use std::collections::{HashMap, HashSet};

use crate::base::Timestamp;
use crate::base::date::fhir_instant;

use super::refs::{is_uuid, references, target_of};
use super::resource::Resource;

/// Where resources that are referenced relatively are said to live. `.invalid` never resolves (RFC 2606).
pub const BASE: &str = "https://lucerna.invalid/fhir/";

/// What must be known of all resources before the first entry is written.
#[derive(Debug, Default)]
pub struct BundlePlan {
    /// Ids that some resource refers to as `urn:uuid:`.
    urn_ids: HashSet<String>,
    /// Which type owns an id that is a uuid.
    urn_owner: HashMap<String, String>,
    /// `Type/id` of everything in the Bundle.
    members: HashSet<String>,
    total: usize,
}

impl BundlePlan {
    pub fn new<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> BundlePlan {
        let mut plan = BundlePlan::default();
        for resource in resources {
            plan.add(resource);
        }
        plan
    }

    /// Takes note of a resource, with all its references. Every resource must be added before any entry is made.
    pub fn add(&mut self, resource: &Resource) {
        self.total += 1;
        self.members.insert(resource.reference());
        for (_, raw) in &resource.elements {
            for reference in references(raw.as_str()) {
                if let Some(id) = reference.strip_prefix("urn:uuid:").filter(|id| is_uuid(id)) {
                    self.urn_ids.insert(id.to_owned());
                }
            }
        }
        if is_uuid(&resource.id) {
            // Two resources may share an id; only the first can have the urn as its fullUrl.
            let owner = self.urn_owner.entry(resource.id.clone());
            owner.or_insert_with(|| resource.resource_type.clone());
        }
    }

    pub fn total(&self) -> usize {
        self.total
    }

    pub fn header(&self, at: Timestamp) -> String {
        format!(r#"{{"resourceType":"Bundle","type":"collection","timestamp":"{}","entry":["#, fhir_instant(at))
    }

    /// One entry; a comma comes before all but the first.
    pub fn entry(&self, resource: &Resource, first: bool) -> String {
        let full_url = self.full_url(&resource.resource_type, &resource.id);
        let mut out = String::with_capacity(resource.json_len() + full_url.len() + 32);
        if !first {
            out.push(',');
        }
        out.push_str("{\"fullUrl\":\"");
        out.push_str(&full_url);
        out.push_str("\",\"resource\":");
        let start = out.len();
        resource.write_json(&mut out);
        if let Some(rewritten) = self.rewritten(&out[start..], full_url.starts_with("urn:")) {
            out.truncate(start);
            out.push_str(&rewritten);
        }
        out.push('}');
        out
    }

    pub fn footer(&self) -> &'static str {
        "]}"
    }

    fn full_url(&self, resource_type: &str, id: &str) -> String {
        let by_urn = self.urn_ids.contains(id) && self.urn_owner.get(id).is_some_and(|t| t == resource_type);
        if by_urn { format!("urn:uuid:{id}") } else { format!("{BASE}{resource_type}/{id}") }
    }

    /// Relative references resolve only between entries that both live under `BASE`.
    fn rewritten(&self, json: &str, from_urn: bool) -> Option<String> {
        let mut replaced: Option<String> = None;
        for reference in references(json) {
            let Some(target) = target_of(reference).filter(|_| !reference.contains("://")) else { continue };
            if !self.members.contains(&format!("{}/{}", target.resource_type, target.id)) {
                continue;
            }
            let url = self.full_url(&target.resource_type, &target.id);
            if url.starts_with("urn:") || from_urn {
                let text = replaced.take().unwrap_or_else(|| json.to_owned());
                let (old, new) = (format!("\"reference\":\"{reference}\""), format!("\"reference\":\"{url}\""));
                replaced = Some(text.replace(&old, &new));
            }
        }
        replaced
    }
}

/// A whole collection Bundle as text.
pub fn collection(resources: &[Resource], at: Timestamp) -> String {
    let plan = BundlePlan::new(resources);
    let mut out = plan.header(at);
    for (i, resource) in resources.iter().enumerate() {
        out.push_str(&plan.entry(resource, i == 0));
    }
    out.push_str(plan.footer());
    out
}

/// One line of Bulk Data NDJSON, newline included.
pub fn ndjson_line(resource: &Resource) -> String {
    let mut line = resource.to_json();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: &str = "0f0f0f0f-0000-4000-8000-000000000001";
    const E: &str = "0f0f0f0f-0000-4000-8000-000000000002";

    fn resource(text: &str) -> Resource {
        Resource::parse(text).expect("valid")
    }

    fn observation(id: &str, subject: &str) -> Resource {
        resource(&format!(r#"{{"resourceType":"Observation","id":"{id}","subject":{{"reference":"{subject}"}}}}"#))
    }

    #[test]
    fn relative_references_stay_and_their_targets_live_under_one_base() {
        let all = [
            resource(&format!(r#"{{"resourceType":"Patient","id":"{P}"}}"#)),
            observation("o", &format!("Patient/{P}")),
        ];
        let text = collection(&all, Timestamp(0));
        assert!(text.contains(&format!("\"fullUrl\":\"{BASE}Patient/{P}\"")));
        assert!(text.contains(&all[1].to_json()));
        assert!(text.starts_with(
            r#"{"resourceType":"Bundle","type":"collection","timestamp":"1970-01-01T00:00:00.000Z","entry":[{"#
        ));
    }

    #[test]
    fn imported_urn_references_stay_and_our_own_relative_ones_follow_them() {
        let imported = observation(E, &format!("urn:uuid:{P}"));
        let all = [
            resource(&format!(r#"{{"resourceType":"Patient","id":"{P}"}}"#)),
            imported.clone(),
            observation("o", &format!("Patient/{P}")),
        ];
        let text = collection(&all, Timestamp(0));
        assert!(text.contains(&format!("\"fullUrl\":\"urn:uuid:{P}\"")));
        assert!(text.contains(&imported.to_json()));
        assert!(!text.contains(&format!("\"Patient/{P}\"")));
        assert_eq!(text.matches(&format!("\"reference\":\"urn:uuid:{P}\"")).count(), 2);
    }

    #[test]
    fn references_out_of_the_bundle_are_left_alone() {
        let lone = observation("o", "Patient/elsewhere");
        assert!(collection(std::slice::from_ref(&lone), Timestamp(0)).contains(&lone.to_json()));
    }
}
