//! What stands round every page of an open clinic: top bar, rail, status line, notices, shortcuts, the idle lock.

pub mod model;
mod notices;
pub mod page;
mod parts;
