//! The visit: vitals and SOAP on one page, autosaved as one author's sealed draft, reviewed and signed.

pub mod autosave;
mod bar;
mod diagnoses;
mod follow_up;
pub mod model;
pub mod page;
mod review;
mod strip;
mod vitals;
