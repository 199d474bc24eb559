//! Brings a vault's database to the newest version, one file a step. A step only ever adds; IndexedDB runs it in
//! one transaction, so that a step that fails leaves the old version whole.

mod step_1;
mod step_2;

use lucerna_shared::port::StoreFault;
use rexie::Rexie;

/// The number of the last step.
pub(super) const NEWEST: u32 = 2;

pub(super) async fn migrate(name: &str) -> Result<(), StoreFault> {
    let builder = step_2::object_stores(step_1::object_stores(Rexie::builder(name).version(NEWEST)));
    builder.build().await.map_err(|_| StoreFault::Unavailable)?.close();
    Ok(())
}
