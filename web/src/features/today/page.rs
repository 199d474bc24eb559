//! Drafts to finish, conflicts to settle, the patients seen last, and how sync stands. Only what is there.

use lucerna_shared::engine::api::{Drafts, Event, Imports, Recent, StorageUse};
use yew::prelude::*;

use crate::i18n::{t, t_args};
use crate::route::Route;
use crate::session::query::on_any_change;
use crate::session::{use_nav, use_query, use_session, use_sync};
use crate::ui::{Button, Icon, Kind, Nothing, Notice, PatientLine, Sign, Tone, clock, faces};

const RECENT: u32 = 12;

#[component]
pub fn TodayPage() -> Html {
    let (nav, session) = (use_nav(), use_session());
    let stored = use_query(StorageUse {}, on_any_change);
    let patients = stored.loaded.ready().map_or(session.patients, |view| view.patients);
    html! {
        <div class="today">
            <header class="page-head">
                <div>
                    <h1>{ greeting(&session.staff.name) }</h1>
                    <p class="hint">{ t_args("today-count", [("count", patients.into())]) }</p>
                </div>
                <div class="page-actions">
                    <Button label={t("shell-find")} icon={Sign::Find} onclick={nav.to(Route::Find)} />
                    <Button label={t("register-patient")} icon={Sign::PersonAdd} kind={Kind::Primary} onclick={nav.to(Route::register())} />
                </div>
            </header>
            <LeftOver />
            <div class="today-columns">
                <section class="panel" aria-labelledby="today-recent"><h2 id="today-recent">{ t("today-recent") }</h2><RecentPatients any={patients > 0} /></section>
                <div class="today-side">
                    <section class="panel" aria-labelledby="today-drafts"><h2 id="today-drafts">{ t("today-drafts") }</h2><MyDrafts /></section>
                    <section class="panel" aria-labelledby="today-conflicts"><h2 id="today-conflicts">{ t("today-conflicts") }</h2><Conflicts /></section>
                    <section class="panel" aria-labelledby="today-tablets"><h2 id="today-tablets">{ t("today-tablets") }</h2><Tablets /></section>
                </div>
            </div>
        </div>
    }
}

/// An import that was interrupted waits for a word; one that left nothing is told once.
#[component]
fn LeftOver() -> Html {
    let nav = use_nav();
    let standing = use_query(Imports {}, |_| false);
    let Some(standing) = standing.loaded.ready() else { return html! {} };
    if standing.unfinished.is_some() {
        return html! {
            <Notice tone={Tone::Warning} alert=true>
                { t("today-import-left") }{ " " }
                <Button label={t("today-import-open")} icon={Sign::Import} onclick={nav.to(Route::Exchange)} />
            </Notice>
        };
    }
    if standing.dropped {
        html! { <Notice tone={Tone::Quiet}>{ t("import-dropped") }</Notice> }
    } else {
        html! {}
    }
}

fn greeting(name: &str) -> String {
    let now = clock::now();
    let hour = (now / 60_000 + i64::from(clock::offset(now))).rem_euclid(24 * 60) / 60;
    let key = match hour {
        4..11 => "greet-morning",
        11..15 => "greet-noon",
        15..18 => "greet-afternoon",
        _ => "greet-evening",
    };
    t_args(key, [("name", name.into())])
}

#[derive(Properties, PartialEq)]
struct RecentProps {
    /// Whether the clinic has patients at all: those that came by sync or import may not have been seen here yet.
    any: bool,
}

#[component]
fn RecentPatients(props: &RecentProps) -> Html {
    let nav = use_nav();
    let recent = use_query(Recent { limit: RECENT }, on_any_change);
    faces(&recent.loaded, Html::default, |rows| {
        if rows.is_empty() && props.any {
            return html! { <Nothing text_key="today-none-seen"><Button label={t("shell-find")} icon={Sign::Find} onclick={nav.to(Route::Find)} /></Nothing> };
        }
        if rows.is_empty() {
            return html! { <Nothing text_key="today-no-patients"><Button label={t("rail-exchange")} icon={Sign::Import} onclick={nav.to(Route::Exchange)} /></Nothing> };
        }
        html! {
            <ul class="rows">
                for row in rows.clone() {
                    <li key={row.patient.clone()}>
                        <button type="button" class="row" onclick={let go = nav.to(Route::chart(row.patient.clone())); move |_: MouseEvent| go.emit(())}>
                            <PatientLine {row} visit=true />
                            <Icon sign={Sign::Forward} />
                        </button>
                    </li>
                }
            </ul>
        }
    })
}

#[component]
fn MyDrafts() -> Html {
    let nav = use_nav();
    let drafts = use_query(Drafts {}, |event| matches!(event, Event::Changed { .. }));
    faces(&drafts.loaded, Html::default, |rows| {
        if rows.is_empty() {
            return html! { <Nothing text_key="today-no-drafts" /> };
        }
        html! {
            <ul class="rows">
                for draft in rows.clone() {
                    <li key={draft.row.patient.clone()}>
                        <button type="button" class="row" onclick={let go = nav.to(Route::Visit { patient: draft.row.patient.clone() }); move |_: MouseEvent| go.emit(())}>
                            <span class="row-words">
                                <PatientLine row={draft.row.clone()} />
                                <span class="hint">{ t_args("today-draft-saved", [("time", clock::when(draft.saved).into())]) }</span>
                            </span>
                            <Icon sign={Sign::Edit} />
                        </button>
                    </li>
                }
            </ul>
        }
    })
}

#[component]
fn Conflicts() -> Html {
    let (sync, nav) = (use_sync(), use_nav());
    if sync.conflicts == 0 {
        return html! { <Nothing text_key="today-no-conflicts" /> };
    }
    html! {
        <div class="panel-line">
            <p>{ t_args("today-conflict-count", [("count", sync.conflicts.into())]) }</p>
            <Button label={t("today-settle")} icon={Sign::Conflict} onclick={nav.to(Route::Conflicts)} />
        </div>
    }
}

#[component]
fn Tablets() -> Html {
    let (sync, nav) = (use_sync(), use_nav());
    if sync.other_devices == 0 && sync.peers.is_empty() {
        return html! {
            <Nothing text_key="today-alone"><Button label={t("alone-pair")} icon={Sign::Devices} onclick={nav.to(Route::Devices)} /></Nothing>
        };
    }
    html! {
        <ul class="tablets">
            for peer in sync.peers.clone() {
                <li key={peer.device.clone()}><span class="status-dot on" aria-hidden="true" />{ peer.name.clone() }<span class="hint">{ t("device-connected") }</span></li>
            }
            if sync.peers.is_empty() { <li><span class="status-dot" aria-hidden="true" />{ t("today-none-connected") }</li> }
            if sync.unshared > 0 { <li class="hint">{ t_args("sync-unshared", [("count", sync.unshared.into())]) }</li> }
        </ul>
    }
}
