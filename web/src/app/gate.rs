//! Which of the three faces the app shows: no clinic yet, locked, or the clinic itself. Asks the engine and believes it.

use std::cell::Cell;
use std::rc::Rc;

use lucerna_shared::engine::api::{AppStatus, Event, Fault, LockReason, LockView, Session, Status};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::pages::Pages;
use crate::features::lock::lost::LostPage;
use crate::features::lock::page::{AnotherTabPage, DamagedPage, LockPage};
use crate::features::shell::page::Shell;
use crate::features::welcome::page::WelcomePage;
use crate::i18n::t;
use crate::session::{Desk, use_client, use_engine_event};
use crate::ui::{FaultNote, Waiting};

#[derive(Clone, Debug, PartialEq)]
enum Face {
    Booting,
    Fresh,
    Locked(LockView),
    Open(Rc<Session>),
    Missing,
    Damaged(String),
    AnotherTab,
    Failed(Fault),
}

impl Face {
    fn of(status: Result<AppStatus, Fault>) -> Face {
        match status {
            Ok(AppStatus::Fresh) => Face::Fresh,
            Ok(AppStatus::Locked(view)) => Face::Locked(view),
            Ok(AppStatus::Unlocked(session)) => Face::Open(Rc::new(session)),
            Ok(AppStatus::Missing) => Face::Missing,
            Ok(AppStatus::Damaged { reason }) => Face::Damaged(reason),
            Err(Fault::AnotherTab) => Face::AnotherTab,
            Err(fault) => Face::Failed(fault),
        }
    }
}

#[component]
pub fn Gate() -> Html {
    let client = use_client();
    let face = use_state(|| Face::Booting);
    // Why it locked, to say so on the lock screen.
    let why = use_state(|| None::<LockReason>);

    let answered = use_memo((), |()| Cell::new(false));

    let ask = use_callback(client.clone(), {
        let (face, answered) = (face.setter(), answered.clone());
        move |(): (), client: &crate::platform::client::EngineClient| {
            let (client, face, answered) = (client.clone(), face.clone(), answered.clone());
            spawn_local(async move {
                let status = client.call(Status {}).await;
                answered.set(true);
                face.set(Face::of(status));
            });
        }
    });
    {
        let (ask, client, face, answered) = (ask.clone(), client.clone(), face.setter(), answered.clone());
        use_effect_with((), move |()| {
            ask.emit(());
            // The engine is the larger module and comes later: a first visitor need not wait for it to be welcomed.
            spawn_local(async move {
                if client.surely_fresh().await && !answered.get() {
                    face.set(Face::Fresh);
                }
            });
        });
    }
    {
        let (ask, why, face) = (ask.clone(), why.setter(), face.setter());
        use_engine_event((), move |event| {
            if let Event::Locked { reason } = event {
                // Nothing of the clinic stays on the screen while the engine is asked.
                face.set(if *reason == LockReason::AnotherTab { Face::AnotherTab } else { Face::Booting });
                why.set(Some(*reason));
                if *reason != LockReason::AnotherTab {
                    ask.emit(());
                }
            }
        });
    }
    let onopen = {
        let (face, why) = (face.setter(), why.setter());
        Callback::from(move |session: Session| {
            why.set(None);
            face.set(Face::Open(Rc::new(session)));
        })
    };
    let take_over = {
        let (client, ask) = (client.clone(), ask.clone());
        Callback::from(move |()| {
            client.take_over();
            ask.emit(());
        })
    };
    match &*face {
        Face::Booting => {
            html! { <main class="boot" id="page"><h1 class="unseen">{ t("app-name") }</h1><Waiting /></main> }
        }
        Face::Fresh => html! { <WelcomePage {onopen} /> },
        Face::Locked(view) => html! { <LockPage view={view.clone()} why={*why} {onopen} onchanged={ask} /> },
        Face::Missing => html! { <LostPage onchanged={ask} /> },
        Face::Damaged(reason) => html! { <DamagedPage reason={reason.clone()} retry={ask} /> },
        Face::AnotherTab => html! { <AnotherTabPage {take_over} /> },
        Face::Failed(fault) => html! {
            <main class="boot" id="page"><h1>{ t("app-name") }</h1><FaultNote fault={fault.clone()} retry={ask} /></main>
        },
        Face::Open(session) => {
            let lock = Callback::from(move |reason| client.lock(reason));
            let desk = Desk { session: session.clone(), lock };
            html! { <ContextProvider<Desk> context={desk}><Shell><Pages /></Shell></ContextProvider<Desk>> }
        }
    }
}
