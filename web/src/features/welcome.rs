//! The first screen of a device without a clinic: create one, join one, or look at the demo.

mod create;
mod join;
pub mod model;
pub mod page;
mod secret_fields;
