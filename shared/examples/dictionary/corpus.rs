//! Bodies as the app seals them: one resource, one visit, a whole history.

use std::collections::BTreeMap;
use std::path::Path;

use lucerna_shared::base::{Hlc, Timestamp};
use lucerna_shared::clinic::demo::{DemoContext, demo as invented};
use lucerna_shared::fhir::resource::{RawJson, Resource};
use lucerna_shared::record::bundle::to_cbor;
use lucerna_shared::record::{Body, Change};

/// Everything about one patient.
pub type History = Vec<Resource>;
pub type Corpus = Vec<History>;

pub fn demo() -> Corpus {
    let context = DemoContext {
        now: Timestamp(1_795_000_000_000),
        offset_minutes: 420,
        author: "Practitioner/0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f".into(),
        author_name: "Dr. Demo Contoh".into(),
        mrn_system: "urn:uuid:0f0f0f0f-0000-4000-8000-000000000001".into(),
    };
    invented(&context)
}

/// What lies in the repository: Synthea's two patients.
pub fn fixtures() -> Corpus {
    folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/synthea"))
}

/// Each file one patient's Bundle.
pub fn folder(path: &Path) -> Corpus {
    let mut files: Vec<_> = std::fs::read_dir(path).expect("a folder").map(|f| f.expect("a file").path()).collect();
    files.sort();
    files.iter().filter(|file| file.extension().is_some_and(|e| e == "json")).map(|file| history(file)).collect()
}

fn history(file: &Path) -> History {
    let bundle = Resource::parse(&std::fs::read_to_string(file).expect("reads")).expect("a Bundle");
    let entries = bundle.get("entry").and_then(RawJson::items).expect("entries");
    let inner = |entry: &RawJson| entry.members()?.into_iter().find(|(name, _)| name == "resource").map(|(_, raw)| raw);
    entries.iter().filter_map(inner).filter_map(|raw| Resource::parse(raw.as_str()).ok()).collect()
}

pub fn resources(history: &History) -> Vec<Vec<u8>> {
    history.iter().map(|resource| body(&[resource])).collect()
}

/// What names the same encounter, with the encounter itself.
pub fn visits(history: &History) -> Vec<Vec<u8>> {
    let mut visits: BTreeMap<String, Vec<&Resource>> = BTreeMap::new();
    for resource in history {
        let named = resource.get("encounter").or(resource.get("context")).map(|raw| raw.as_str().to_owned());
        let visit = match resource.resource_type.as_str() {
            "Encounter" => Some(resource.id.clone()),
            _ => named.and_then(|text| {
                let id = text.rsplit(['/', ':']).next()?.trim_end_matches(['"', '}', ']']).to_owned();
                Some(id)
            }),
        };
        visits.entry(visit.unwrap_or_default()).or_default().push(resource);
    }
    visits.into_iter().filter(|(id, _)| !id.is_empty()).map(|(_, visit)| body(&visit)).collect()
}

pub fn whole(history: &History) -> Vec<Vec<u8>> {
    let changes = history.iter().map(change).collect();
    let bodies = lucerna_shared::record::bundle::split(changes).expect("splits");
    bodies.into_iter().map(|(body, _)| to_cbor(&body)).collect()
}

fn body(resources: &[&Resource]) -> Vec<u8> {
    to_cbor(&Body { changes: resources.iter().map(|resource| change(resource)).collect() })
}

fn change(resource: &Resource) -> Change {
    Change::create(resource, Hlc::new(1_795_000_000_000, 1))
}
