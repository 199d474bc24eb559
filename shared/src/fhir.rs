//! FHIR R4 in JSON: resources kept verbatim, read from files, checked, referenced and written out again.
//! Knows HL7's rules; knows no clinic, no cipher and no store.

mod json;
pub mod resource;

pub use resource::{ParseFault, RawJson, Resource, Why};
