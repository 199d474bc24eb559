//! The clinic's devices: how they stand with each other, and letting a new one in.

pub mod model;
pub mod page;
mod pairing;
mod qr;
