//! FHIR R4 in JSON: resources kept verbatim, read from files, checked, referenced and written out again.
//! Knows HL7's rules; knows no clinic, no cipher and no store.

pub mod bundle;
pub mod issue;
mod json;
mod primitive;
pub mod read;
pub mod refs;
pub mod resource;
mod schema;
mod tape;
pub mod validate;
pub mod view;

pub use issue::{Issue, Severity};
pub use resource::{ParseFault, RawJson, Resource, Why};
pub use validate::validate;
pub use view::{Json, ResourceView};

/// A path below the shared test data (`LUCERNA_DATA`, or `../shared/data` beside the checkout); says so when it is absent.
#[cfg(test)]
pub(crate) fn test_data(path: &str) -> Option<std::path::PathBuf> {
    let beside = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let found = std::env::var_os("LUCERNA_DATA").map_or_else(beside, Into::into).join(path);
    if !found.exists() {
        eprintln!("SKIPPED: no test data at {}", found.display());
        return None;
    }
    Some(found)
}
