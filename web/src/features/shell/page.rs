//! The frame round every page: holds sync state, keys and the idle lock while the clinic is open.

use std::rc::Rc;

use lucerna_shared::engine::api::{Event, LockReason, SyncStatus, SyncView};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Act, Press, shortcut};
use super::notices::Notices;
use super::parts::{Menu, Shortcuts, SideRail, StatusLine, TopBar};
use crate::i18n::{t, t_args};
use crate::platform::{lifecycle, storage};
use crate::route::Route;
use crate::session::{use_client, use_desk, use_engine_event, use_nav, use_prefs};
use crate::ui::{Button, Dialog, Kind, dom, idle, keys, use_toasts};

#[derive(Properties, PartialEq)]
pub struct ShellProps {
    pub children: Html,
}

#[component]
pub fn Shell(props: &ShellProps) -> Html {
    let desk = use_desk();
    let sync = use_sync_view();
    let menu = use_state(|| false);
    let shortcuts = use_state(|| false);
    use_shortcuts(shortcuts.setter());
    let idle_lock = {
        let lock = desk.lock.clone();
        Callback::from(move |()| lock.emit(LockReason::Idle))
    };
    let prefs = use_prefs();
    let left = idle::use_idle(prefs.wishes.idle_minutes, idle_lock);

    let open_shortcuts = {
        let (menu, shortcuts) = (menu.setter(), shortcuts.setter());
        Callback::from(move |()| {
            menu.set(false);
            shortcuts.set(true);
        })
    };
    html! {
        <ContextProvider<Rc<SyncView>> context={sync}>
            <div class="app">
                <button type="button" class="skip" onclick={|_: MouseEvent| dom::focus_page()}>{ t("skip-to-page") }</button>
                <TopBar onmenu={let menu = menu.setter(); move |()| menu.set(true)} />
                <Notices />
                <div class="frame">
                    <SideRail />
                    <main id="page" class="page" tabindex="-1">{ props.children.clone() }</main>
                </div>
                <StatusLine />
            </div>
            if *menu { <Menu onclose={let menu = menu.setter(); move |()| menu.set(false)} onshortcuts={open_shortcuts} /> }
            if *shortcuts { <Shortcuts onclose={let shortcuts = shortcuts.setter(); move |()| shortcuts.set(false)} /> }
            if let Some(seconds) = left { <StillThere {seconds} /> }
        </ContextProvider<Rc<SyncView>>>
    }
}

/// How sync stands: asked once, then as the engine tells it.
#[hook]
fn use_sync_view() -> Rc<SyncView> {
    let (client, toasts) = (use_client(), use_toasts());
    let view = use_state(|| Rc::new(SyncView::default()));
    {
        let (client, view) = (client.clone(), view.setter());
        use_effect_with((), move |()| {
            let watching = lifecycle::watch(&client);
            spawn_local(async move {
                if let Ok(first) = client.call(SyncStatus {}).await {
                    view.set(Rc::new(first));
                }
                storage::persist().await;
            });
            move || drop(watching)
        });
    }
    {
        let view = view.setter();
        use_engine_event((), move |event| match event {
            Event::Sync(now) => view.set(Rc::new(now.clone())),
            Event::CaughtUp { received, sent } if received + sent > 0 => {
                toasts.say(t_args("sync-caught-up", [("received", (*received).into()), ("sent", (*sent).into())]));
            }
            Event::CaughtUp { .. }
            | Event::Changed { .. }
            | Event::Progress { .. }
            | Event::Pairing(_)
            | Event::Locked { .. } => {}
        });
    }
    (*view).clone()
}

#[hook]
fn use_shortcuts(show: UseStateSetter<bool>) {
    let (desk, nav) = (use_desk(), use_nav());
    let awaiting = use_mut_ref(|| false);
    keys::use_keys((nav.route.clone(), desk.clone()), move |event| {
        let press = Press {
            key: event.key().to_lowercase(),
            ctrl: event.ctrl_key() || event.meta_key() || event.alt_key(),
            shift: event.shift_key(),
            writing: event.is_composing() || dom::takes_text(event) || dom::dialog_is_open(),
        };
        let act = shortcut(&press, *awaiting.borrow(), &nav.route);
        *awaiting.borrow_mut() = act == Act::Await;
        match act {
            Act::Go(Route::Find) if nav.route == Route::Find => drop(dom::focus_id("find-box")),
            Act::Go(route) => nav.go(route),
            Act::Lock(reason) => desk.lock.emit(reason),
            Act::ShowShortcuts => show.set(true),
            Act::Await => {}
            Act::Nothing => return false,
        }
        true
    });
}

#[derive(Properties, PartialEq)]
struct StillThereProps {
    seconds: i64,
}

/// The countdown before the idle lock. Any touch or key ends it; the buttons only say so.
#[component]
fn StillThere(props: &StillThereProps) -> Html {
    let desk = use_desk();
    let lock = Callback::from(move |()| desk.lock.emit(LockReason::Idle));
    let actions = html! {
        <>
            <Button label={t("idle-lock")} onclick={lock} />
            <Button label={t("idle-stay")} kind={Kind::Primary} />
        </>
    };
    html! {
        <Dialog id="idle" title={t("idle-title")} onclose={|()| ()} {actions}>
            <p role="timer">{ t_args("idle-text", [("seconds", props.seconds.into())]) }</p>
        </Dialog>
    }
}
