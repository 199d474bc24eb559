//! The reader's preferences, and the page that says what protects the clinic and what the server can see.

pub mod page;
mod security;
