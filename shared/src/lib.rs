//! The EHR without a browser: rules, FHIR, crypto, sync. Pure; builds natively and for wasm32.
//! Each module may use only what stands above it here; `cargo xtask layers` checks it.

// Parted by empty lines, so that the order stays the one that counts.
pub mod base;

pub mod wire;

#[cfg(feature = "record")]
pub mod crypto;

#[cfg(feature = "record")]
pub mod fhir;

#[cfg(feature = "record")]
pub mod record;

#[cfg(feature = "record")]
pub mod clinic;

#[cfg(feature = "record")]
pub mod exchange;

#[cfg(feature = "record")]
pub mod sync;

#[cfg(feature = "record")]
pub mod port;

#[cfg(feature = "record")]
pub mod engine;
