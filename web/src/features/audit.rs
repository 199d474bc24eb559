//! Who did what, and whether the record of it is whole.

pub mod model;
pub mod page;
