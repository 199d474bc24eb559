//! What keys mean, and what the status line says. Pure.

use lucerna_shared::engine::api::{LockReason, RelayState, SyncView};

use crate::route::{Route, Section};

/// A key, as far as shortcuts care.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Press {
    /// Lower case.
    pub key: String,
    pub ctrl: bool,
    pub shift: bool,
    /// In a text field or a dialog, where single letters write.
    pub writing: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Go(Route),
    Lock(LockReason),
    ShowShortcuts,
    /// The first half of `g` + letter.
    Await,
    /// Nothing, and a waiting `g` is forgotten.
    Nothing,
}

/// What a key means here; `awaiting` when `g` was the key before it.
pub fn shortcut(press: &Press, awaiting: bool, here: &Route) -> Act {
    if press.ctrl && press.shift && press.key == "l" {
        return Act::Lock(LockReason::Asked);
    }
    if press.ctrl || press.writing {
        return Act::Nothing;
    }
    if awaiting {
        return press
            .key
            .chars()
            .next()
            .and_then(|letter| section(letter, here).or_else(|| place(letter)))
            .map_or(Act::Nothing, Act::Go);
    }
    match press.key.as_str() {
        "/" => Act::Go(Route::Find),
        "?" => Act::ShowShortcuts,
        "g" => Act::Await,
        "n" => match here {
            Route::Chart { patient, .. } => Act::Go(Route::Visit { patient: patient.clone() }),
            Route::Today
            | Route::Find
            | Route::Register { .. }
            | Route::EditPatient { .. }
            | Route::Visit { .. }
            | Route::Exchange
            | Route::Conflicts
            | Route::Audit
            | Route::Devices
            | Route::Settings
            | Route::Security => Act::Nothing,
        },
        _ => Act::Nothing,
    }
}

/// In a chart, `g` + letter goes to its sections first.
fn section(letter: char, here: &Route) -> Option<Route> {
    let Route::Chart { patient, .. } = here else { return None };
    let section = Section::ALL.into_iter().find(|s| s.letter() == letter)?;
    Some(Route::Chart { patient: patient.clone(), section })
}

/// The letters of the clinic's places; those taken by chart sections have a second one.
fn place(letter: char) -> Option<Route> {
    Some(match letter {
        't' | 'h' => Route::Today,
        'f' => Route::Find,
        'w' => Route::register(),
        'x' => Route::Exchange,
        'c' => Route::Conflicts,
        'd' | 'y' => Route::Devices,
        'o' => Route::Settings,
        _ => return None,
    })
}

/// The rail's entries.
pub const PLACES: [Route; 6] =
    [Route::Today, Route::Find, Route::Conflicts, Route::Exchange, Route::Devices, Route::Settings];

/// The rail entry that a place belongs to.
pub fn rail_of(here: &Route) -> Route {
    match here {
        Route::Today => Route::Today,
        Route::Find
        | Route::Register { .. }
        | Route::EditPatient { .. }
        | Route::Chart { .. }
        | Route::Visit { .. } => Route::Find,
        Route::Exchange => Route::Exchange,
        Route::Conflicts => Route::Conflicts,
        Route::Devices => Route::Devices,
        Route::Settings | Route::Security | Route::Audit => Route::Settings,
    }
}

/// How the clinic stands with its other devices, in the words of the status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No other device exists yet.
    Alone,
    /// Others exist, none is reachable: normal here, so grey.
    Offline,
    Connecting,
    /// Connected, with so many tablets; nothing left to exchange.
    CaughtUp(u64),
    Exchanging(u64),
}

pub fn standing(sync: &SyncView) -> Standing {
    let peers = sync.peers.len() as u64;
    let left: u64 = sync.peers.iter().map(|p| p.to_receive + p.to_send).sum();
    if sync.other_devices == 0 && peers == 0 {
        return Standing::Alone;
    }
    match (peers, left, sync.relay) {
        (0, _, RelayState::Connecting) => Standing::Connecting,
        (0, _, _) => Standing::Offline,
        (_, 0, _) => Standing::CaughtUp(peers),
        (_, _, _) => Standing::Exchanging(peers),
    }
}

#[cfg(test)]
mod tests {
    use lucerna_shared::engine::api::{Path, PeerView};

    use super::*;

    fn key(key: &str) -> Press {
        Press { key: key.into(), ..Press::default() }
    }

    #[test]
    fn a_slash_finds_from_anywhere_but_not_while_writing() {
        assert_eq!(shortcut(&key("/"), false, &Route::Devices), Act::Go(Route::Find));
        let writing = Press { writing: true, ..key("/") };
        assert_eq!(shortcut(&writing, false, &Route::Devices), Act::Nothing);
    }

    #[test]
    fn the_panic_lock_works_even_while_writing() {
        let press = Press { key: "l".into(), ctrl: true, shift: true, writing: true };
        assert_eq!(shortcut(&press, false, &Route::Today), Act::Lock(LockReason::Asked));
    }

    #[test]
    fn n_starts_a_visit_in_a_chart_only() {
        assert_eq!(shortcut(&key("n"), false, &Route::chart("ab")), Act::Go(Route::Visit { patient: "ab".into() }));
        assert_eq!(shortcut(&key("n"), false, &Route::Today), Act::Nothing);
    }

    #[test]
    fn g_and_a_letter_goes_to_a_section_in_a_chart_and_to_a_place_elsewhere() {
        assert_eq!(shortcut(&key("g"), false, &Route::Today), Act::Await);
        assert_eq!(shortcut(&key("d"), true, &Route::Today), Act::Go(Route::Devices));
        let documents = Route::Chart { patient: "ab".into(), section: Section::Documents };
        assert_eq!(shortcut(&key("d"), true, &Route::chart("ab")), Act::Go(documents));
        assert_eq!(shortcut(&key("h"), true, &Route::chart("ab")), Act::Go(Route::Today));
    }

    #[test]
    fn one_device_alone_is_not_offline() {
        assert_eq!(standing(&SyncView::default()), Standing::Alone);
        let known = SyncView { other_devices: 1, relay: RelayState::Offline, ..SyncView::default() };
        assert_eq!(standing(&known), Standing::Offline);
    }

    #[test]
    fn a_connected_tablet_with_bundles_left_is_exchanging() {
        let peer =
            |left| PeerView { device: "d".into(), name: "B".into(), path: Path::Direct, to_receive: left, to_send: 0 };
        let view = |left| SyncView { other_devices: 1, peers: vec![peer(left)], ..SyncView::default() };
        assert_eq!(standing(&view(3)), Standing::Exchanging(1));
        assert_eq!(standing(&view(0)), Standing::CaughtUp(1));
    }
}
