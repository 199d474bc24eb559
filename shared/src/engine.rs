//! The only thing `web` calls: commands in, views and events out. Authorise → decide → seal → audit → store in one place.

pub mod api;
