//! The devices page: live sync, the list of devices, pairing for owners.

use lucerna_shared::engine::api::{DeviceRow, Devices, Event, Path, ReconnectSync, RelayState, Role, SyncView};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::pairing::PairTablet;
use crate::i18n::number::count;
use crate::i18n::{t, t_args};
use crate::route::Route;
use crate::session::{use_client, use_nav, use_query, use_session, use_sync};
use crate::ui::{Button, Icon, Notice, Sign, Tone, clock, faces};

#[component]
pub fn DevicesPage() -> Html {
    let session = use_session();
    let owner = session.staff.role == Role::Owner;
    html! {
        <div class="devices">
            <header class="page-head"><h1>{ t("title-devices") }</h1></header>
            <div class="devices-columns">
                <div class="stack">
                    if owner {
                        <PairTablet />
                    } else {
                        <Notice>{ t("pair-owner-only") }</Notice>
                    }
                    <section class="panel" aria-labelledby="devices-list"><h2 id="devices-list">{ t("devices-list") }</h2><DeviceList /></section>
                </div>
                <section class="panel" aria-labelledby="sync-now"><h2 id="sync-now">{ t("sync-now") }</h2><SyncNow /></section>
            </div>
        </div>
    }
}

#[component]
fn DeviceList() -> Html {
    let devices = use_query(Devices {}, |event| matches!(event, Event::Sync(_) | Event::Pairing(_)));
    faces(&devices.loaded, Html::default, |rows| {
        html! {
            <ul class="device-list">
                { for rows.iter().map(device) }
            </ul>
        }
    })
}

fn device(row: &DeviceRow) -> Html {
    let state = if row.this {
        t("device-this")
    } else if row.connected {
        t("device-connected")
    } else if row.last_seen > 0 {
        t_args("device-seen", [("time", clock::when(row.last_seen).into())])
    } else {
        t("device-never-seen")
    };
    html! {
        <li key={row.device.clone()} class="device">
            <Icon sign={Sign::Devices} />
            <span class="row-words"><strong>{ row.name.clone() }</strong><span class="hint">{ state }</span></span>
            <span class={classes!("status-dot", (row.connected || row.this).then_some("on"))} aria-hidden="true" />
        </li>
    }
}

#[component]
fn SyncNow() -> Html {
    let (client, sync, nav) = (use_client(), use_sync(), use_nav());
    let again = Callback::from(move |()| {
        let client = client.clone();
        // The outcome comes as a sync event; there is nothing more to say here.
        spawn_local(async move { drop(client.call(ReconnectSync {}).await) });
    });
    html! {
        <div class="stack">
            <dl class="facts">
                { fact("sync-point", t(relay_key(sync.relay))) }
                { fact("sync-connected-now", count(sync.peers.len() as u64)) }
                { fact("sync-not-yet-shared", count(sync.unshared)) }
                if sync.last_synced > 0 { { fact("sync-last", clock::when(sync.last_synced)) } }
            </dl>
            { peers(&sync) }
            if sync.conflicts > 0 {
                <Notice tone={Tone::Warning} actions={html! { <Button label={t("today-settle")} onclick={nav.to(Route::Conflicts)} /> }}>
                    { t_args("today-conflict-count", [("count", sync.conflicts.into())]) }
                </Notice>
            }
            if sync.quarantined > 0 {
                <Notice tone={Tone::Warning}>{ t_args("sync-quarantined", [("count", sync.quarantined.into())]) }</Notice>
            }
            <p class="hint">{ t("sync-grey") }</p>
            if sync.other_devices > 0 { <Button label={t("sync-again")} icon={Sign::Sync} onclick={again} /> }
        </div>
    }
}

fn peers(sync: &SyncView) -> Html {
    html! {
        <ul class="device-list">
            { for sync.peers.iter().map(|peer| html! {
                <li key={peer.device.clone()} class="device">
                    <Icon sign={Sign::Sync} />
                    <span class="row-words">
                        <strong>{ peer.name.clone() }</strong>
                        <span class="hint">{ t(match peer.path { Path::Direct => "path-direct", Path::Relay => "path-relay" }) }</span>
                        if peer.to_receive + peer.to_send > 0 {
                            <span class="hint">{ t_args("peer-left", [("receive", peer.to_receive.into()), ("send", peer.to_send.into())]) }</span>
                        }
                    </span>
                </li>
            }) }
        </ul>
    }
}

fn fact(key: &str, value: String) -> Html {
    html! { <div><dt>{ t(key) }</dt><dd>{ value }</dd></div> }
}

fn relay_key(relay: RelayState) -> &'static str {
    match relay {
        RelayState::Off => "relay-off",
        RelayState::Connecting => "relay-connecting",
        RelayState::Online => "relay-online",
        RelayState::Offline => "relay-offline",
    }
}
