//! Stands in for the demo clinic until it lands.
#![allow(missing_debug_implementations, dead_code)]

use crate::base::Timestamp;
use crate::fhir::resource::Resource;

pub struct DemoContext {
    pub now: Timestamp,
    pub offset_minutes: i32,
    pub author: String,
    pub author_name: String,
    pub mrn_system: String,
}
pub fn demo(_: &DemoContext) -> Vec<Vec<Resource>> {
    vec![]
}
