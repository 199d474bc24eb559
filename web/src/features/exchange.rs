//! The exchange: FHIR in, with a preview and a report; FHIR out, with a plain word about what leaves the device.

mod export;
mod import;
pub mod model;
pub mod page;
mod rate;
