//! The words everything else is said in: ids, time, quantities, log-safe text, lists in order. Knows no clinic and no cipher.

pub mod date;
pub mod id;
pub mod order;
pub mod quantity;
pub mod time;

pub use id::{ClinicId, DeviceId, Hash, KeyId, PatientId, SessionId, StaffId};
pub use time::{Hlc, Timestamp};
