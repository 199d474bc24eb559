//! FHIR R4 in JSON: resources kept verbatim, read from files, checked, referenced and written out again.
//! Knows HL7's rules; knows no clinic, no cipher and no store.

pub mod bundle;
pub mod issue;
mod json;
pub mod read;
pub mod refs;
pub mod resource;

pub use issue::{Issue, Severity};
pub use resource::{ParseFault, RawJson, Resource, Why};
