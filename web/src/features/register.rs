//! Registering a patient and editing one: the same form, likely duplicates beside it.

mod fields;
pub mod model;
pub mod page;
mod parts;
