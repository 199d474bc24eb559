//! The sealed record and its versions: changes, bundles, folding, merging, conflicts.
//! Record state is a pure function of the set of accepted changes; order and duplicates do not matter.

pub mod accept;
pub mod bundle;
pub mod change;
pub mod fold;
pub mod policy;
pub mod view;

pub use bundle::{Body, BundleFault, Header, Packet, SignedHeader};
pub use change::{Change, Op, OpId, ResourceRef};
pub use fold::{ElementState, Live, PatientState, ResourceState};
