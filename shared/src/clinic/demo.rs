//! The demo clinic: about fifty invented people with histories of some eight years that end yesterday.
//! The same context always gives the same resources; nothing here is anybody's, and every resource says that it is a test.

mod build;
mod catalog;
mod people;
mod random;
mod results;
mod stories;
#[cfg(test)]
mod tests;

use crate::base::Timestamp;
use crate::fhir::Resource;

/// Where and when the demo clinic opens, and in whose name its notes are signed.
#[derive(Debug, Clone)]
pub struct DemoContext {
    pub now: Timestamp,
    /// The clinic's offset from UTC.
    pub offset_minutes: i32,
    /// Reference to the author, e.g. `Practitioner/0f0f…`.
    pub author: String,
    pub author_name: String,
    /// System of the clinic's own record numbers; the demo's are `DEMO-0001` and on.
    pub mrn_system: String,
}

/// How many people the demo clinic has.
pub const PEOPLE_COUNT: usize = people::PEOPLE.len();

/// All histories: one list for each patient, the Patient resource first, the rest as it was written.
pub fn demo(ctx: &DemoContext) -> Vec<Vec<Resource>> {
    (0..PEOPLE_COUNT).filter_map(|place| one(ctx, place)).collect()
}

/// The history of one of them.
pub fn one(ctx: &DemoContext, place: usize) -> Option<Vec<Resource>> {
    let mut chart = build::Chart::new(ctx, place, people::PEOPLE.get(place)?);
    stories::tell(&mut chart);
    Some(chart.finish())
}
