//! Finding a patient: one box, results while typing.

pub mod model;
pub mod page;
