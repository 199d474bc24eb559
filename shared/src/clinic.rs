//! The clinical rules, one file a concern, and the views that screens draw. Decides purely: no clock, no store, no cipher.

pub mod allergy;
pub mod authoring;
pub mod chart;
pub mod correction;
pub mod demo;
pub mod diagnosis;
pub mod nik;
pub mod note;
pub mod patient;
pub mod search;
pub mod vital;
