//! The first page after unlocking: what waits for me.

pub mod page;
