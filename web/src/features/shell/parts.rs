//! The pieces of the frame: top bar, rail, status line, menu, list of shortcuts.

use lucerna_shared::engine::api::{LockReason, SyncView};
use yew::prelude::*;

use super::model::{PLACES, Standing, rail_of, standing};
use crate::i18n::{t, t_args};
use crate::route::Route;
use crate::session::{use_desk, use_nav, use_sync};
use crate::ui::tabs::{Rail, Tab};
use crate::ui::{Button, Dialog, Icon, Kind, Sign, clock};

#[derive(Properties, PartialEq)]
pub struct TopBarProps {
    pub onmenu: Callback<()>,
}

#[component]
pub fn TopBar(props: &TopBarProps) -> Html {
    let (desk, nav) = (use_desk(), use_nav());
    let lock = {
        let lock = desk.lock.clone();
        Callback::from(move |()| lock.emit(LockReason::Asked))
    };
    let home = {
        let nav = nav.clone();
        move |_: MouseEvent| nav.go(Route::Today)
    };
    let find = {
        let nav = nav.clone();
        move |_: MouseEvent| nav.go(Route::Find)
    };
    html! {
        <header class="topbar">
            <button type="button" class="brand" onclick={home}>
                <Icon sign={Sign::Lamp} class="brand-mark" />
                <span class="brand-name">{ desk.session.clinic_name.clone() }</span>
            </button>
            <button type="button" class="find-opener" onclick={find} aria-keyshortcuts="/">
                <Icon sign={Sign::Find} />
                <span>{ t("shell-find") }</span>
                <kbd aria-hidden="true">{ "/" }</kbd>
            </button>
            <SyncChip />
            <Button class="lock-button" label={t("shell-lock")} icon={Sign::Lock} onclick={lock} />
            <Button label={t("shell-menu")} icon={Sign::Menu} icon_only=true kind={Kind::Quiet} onclick={props.onmenu.clone()} />
        </header>
    }
}

/// The sync state in the top bar; opens the devices page.
#[component]
fn SyncChip() -> Html {
    let (sync, nav) = (use_sync(), use_nav());
    let words = standing_text(&sync);
    let go = move |_: MouseEvent| nav.go(Route::Devices);
    html! {
        <button type="button" class="sync-chip" onclick={go} aria-label={t_args("sync-open", [("state", words.clone().into())])} title={words}>
            <Icon sign={match standing(&sync) {
                Standing::CaughtUp(_) | Standing::Exchanging(_) => Sign::Sync,
                Standing::Offline | Standing::Connecting => Sign::Offline,
                Standing::Alone => Sign::Devices,
            }} />
            if sync.unshared > 0 && sync.other_devices > 0 { <span class="count">{ sync.unshared }</span> }
        </button>
    }
}

#[component]
pub fn SideRail() -> Html {
    let (nav, sync) = (use_nav(), use_sync());
    let tabs = PLACES.iter().map(|place| {
        let (label, icon) = match place {
            Route::Find => ("rail-find", Sign::Person),
            Route::Conflicts => ("rail-conflicts", Sign::Conflict),
            Route::Exchange => ("rail-exchange", Sign::Exchange),
            Route::Devices => ("rail-devices", Sign::Devices),
            Route::Settings => ("rail-settings", Sign::Settings),
            Route::Today
            | Route::Register { .. }
            | Route::EditPatient { .. }
            | Route::Chart { .. }
            | Route::Visit { .. }
            | Route::Audit
            | Route::Security => ("rail-today", Sign::Today),
        };
        let count = if *place == Route::Conflicts { u64::from(sync.conflicts) } else { 0 };
        Tab { id: place.path().into(), label: t(label).into(), icon: Some(icon), count }
    });
    let onchoose = {
        let nav = nav.clone();
        Callback::from(move |path: AttrValue| nav.go(Route::from_path(&path)))
    };
    html! {
        <Rail class="places" label={t("rail-label")} tabs={tabs.collect::<Vec<_>>()} current={rail_of(&nav.route).path()} {onchoose} />
    }
}

/// `● offline · 2 tablets connected · 3 changes not yet on another device · as of 10:41`. Grey, not red.
#[component]
pub fn StatusLine() -> Html {
    let sync = use_sync();
    let alone = standing(&sync) == Standing::Alone;
    html! {
        <footer class="status-line">
            <span class={classes!("status-dot", online(&sync).then_some("on"))} aria-hidden="true" />
            <span>{ standing_text(&sync) }</span>
            if !alone {
                <span>
                    { if sync.unshared > 0 { t_args("sync-unshared", [("count", sync.unshared.into())]) } else { t("sync-all-shared") } }
                </span>
            }
            if !alone && sync.last_synced > 0 {
                <span>{ t_args("sync-as-of", [("time", clock::when(sync.last_synced).into())]) }</span>
            }
        </footer>
    }
}

pub fn standing_text(sync: &SyncView) -> String {
    match standing(sync) {
        Standing::Alone => t("sync-alone"),
        Standing::Offline => t("sync-offline"),
        Standing::Connecting => t("sync-connecting"),
        Standing::CaughtUp(count) => t_args("sync-connected", [("count", count.into())]),
        Standing::Exchanging(count) => t_args("sync-exchanging", [("count", count.into())]),
    }
}

fn online(sync: &SyncView) -> bool {
    match standing(sync) {
        Standing::CaughtUp(_) | Standing::Exchanging(_) => true,
        Standing::Alone | Standing::Offline | Standing::Connecting => false,
    }
}

#[derive(Properties, PartialEq)]
pub struct MenuProps {
    pub onclose: Callback<()>,
    pub onshortcuts: Callback<()>,
}

/// Who is signed in, and the places that are not in the rail.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let (desk, nav) = (use_desk(), use_nav());
    let session = &desk.session;
    let item = |key: &str, sign: Sign, onclick: Callback<()>| html! { <Button class="menu-item" kind={Kind::Quiet} label={t(key)} icon={sign} {onclick} /> };
    let go = |route: Route| {
        let (nav, close) = (nav.clone(), props.onclose.clone());
        Callback::from(move |()| {
            close.emit(());
            nav.go(route.clone());
        })
    };
    let lock = {
        let lock = desk.lock.clone();
        Callback::from(move |()| lock.emit(LockReason::Asked))
    };
    let role = crate::ui::patient_line::role_text(session.staff.role);
    html! {
        <Dialog id="menu" title={t("shell-menu")} onclose={props.onclose.clone()}>
            <p class="menu-who">
                <strong>{ t_args("shell-signed-in", [("name", session.staff.name.as_str().into()), ("role", role.into())]) }</strong>
                <span class="hint">{ t_args("shell-this-device", [("name", session.device_name.as_str().into())]) }</span>
            </p>
            <div class="menu">
                { item("title-settings", Sign::Settings, go(Route::Settings)) }
                { item("title-security", Sign::Shield, go(Route::Security)) }
                { item("title-audit", Sign::Audit, go(Route::Audit)) }
                { item("title-devices", Sign::Devices, go(Route::Devices)) }
                { item("shell-shortcuts", Sign::Keyboard, props.onshortcuts.clone()) }
                { item("shell-lock", Sign::Lock, lock) }
            </div>
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
pub struct ShortcutsProps {
    pub onclose: Callback<()>,
}

#[component]
pub fn Shortcuts(props: &ShortcutsProps) -> Html {
    let row = |keys: &[&str], text: String| {
        let keys = keys.iter().map(|k| html! { <kbd>{ *k }</kbd> });
        html! { <div class="keys-row"><dt>{ for keys }</dt><dd>{ text }</dd></div> }
    };
    html! {
        <Dialog id="shortcuts" title={t("shell-shortcuts")} onclose={props.onclose.clone()} wide=true>
            <dl class="keys">
                { row(&["/"], t("keys-find")) }
                { row(&["n"], t("keys-visit")) }
                { row(&["g"], t("keys-go")) }
                { row(&[], t("keys-places")) }
                { row(&[], t("keys-sections")) }
                { row(&["Ctrl", "Enter"], t("keys-sign")) }
                { row(&["Esc"], t("keys-close")) }
                { row(&["Ctrl", "Shift", "L"], t("keys-lock")) }
                { row(&["?"], t("keys-help")) }
            </dl>
        </Dialog>
    }
}
