//! Conflicts: what two people wrote apart, side by side, for a clinician to settle.

pub mod model;
pub mod page;
mod parts;
