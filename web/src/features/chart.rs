//! The chart: banner, rail, summary, timeline, lists and one resource in full. Reads views; writes through commands.

mod act;
mod allergy_form;
mod banner;
mod detail;
mod export;
mod lines;
pub mod model;
mod note;
pub mod page;
mod rail;
mod sections;
mod summary;
mod timeline;
mod trend;
mod vitals;
mod words;

use crate::route::Section;

/// The Fluent key of a section's name.
fn section_key(section: Section) -> &'static str {
    match section {
        Section::Summary => "chart-summary",
        Section::Timeline => "chart-timeline",
        Section::Problems => "chart-problems",
        Section::Allergies => "chart-allergies",
        Section::Medications => "chart-medications",
        Section::Vitals => "chart-vitals",
        Section::Results => "chart-results",
        Section::Encounters => "chart-encounters",
        Section::Immunizations => "chart-immunizations",
        Section::Documents => "chart-documents",
        Section::AccessLog => "chart-access-log",
    }
}
