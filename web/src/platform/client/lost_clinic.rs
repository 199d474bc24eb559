//! Remembers outside the database that there is a clinic on this device, so that a database that was purged shows
//! as a loss to recover from, never as a blank new clinic. The mark says nothing else.

use js_sys::{Array, Function, Promise, Reflect, global};
use lucerna_shared::engine::api::{AppStatus, Command};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::platform::prefs;

const MARK: &str = "lucerna-clinic-here";

/// What a command's success says about the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matter {
    Status,
    Made,
    Removed,
    Nothing,
}

impl Matter {
    pub fn of(command: &Command) -> Matter {
        if matches!(command, Command::Status(_)) {
            Matter::Status
        } else if matches!(command, Command::CreateClinic(_) | Command::OpenDemo(_) | Command::Unlock(_)) {
            Matter::Made
        } else if matches!(command, Command::RemoveClinic(_)) {
            Matter::Removed
        } else {
            Matter::Nothing
        }
    }
}

/// Takes note of a reply; a status that finds nothing where a clinic was comes back as missing.
pub(super) fn note(matter: Matter, reply: String) -> String {
    match matter {
        Matter::Made => remember(true),
        Matter::Removed => remember(false),
        Matter::Nothing => {}
        Matter::Status => match serde_json::from_str(&reply) {
            Ok(AppStatus::Locked(_) | AppStatus::Unlocked(_)) => remember(true),
            Ok(AppStatus::Fresh) if prefs::read(MARK).is_some() => {
                return serde_json::to_string(&AppStatus::Missing).unwrap_or(reply);
            }
            Ok(AppStatus::Fresh | AppStatus::Missing | AppStatus::Damaged { .. }) | Err(_) => {}
        },
    }
    reply
}

pub(super) fn remember(here: bool) {
    prefs::write(MARK, here.then_some("1"));
}

/// Whether there certainly is no clinic and never was one: no mark, and not a single database. A browser that does not
/// say which databases it has leaves it to the engine.
pub(super) async fn never_was() -> bool {
    prefs::read(MARK).is_none() && databases().await.is_ok_and(|all| all.length() == 0)
}

async fn databases() -> Result<Array, JsValue> {
    let factory = Reflect::get(&global(), &"indexedDB".into())?;
    // web-sys counts the method as unstable; every browser that we serve has it.
    let list: Function = Reflect::get(&factory, &"databases".into())?.dyn_into()?;
    JsFuture::from(list.call0(&factory)?.dyn_into::<Promise>()?).await?.dyn_into()
}
