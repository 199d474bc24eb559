//! Going from place to place: history entries whose path says nothing about a patient, focus on the new page,
//! and a question before leaving a form that would be lost.

use std::cell::Cell;
use std::rc::Rc;

use yew::prelude::*;

use crate::i18n::t;
use crate::platform::history;
use crate::route::Route;
use crate::ui::{Confirm, dom};

/// The handle that pages hold; it changes with every place.
#[derive(Clone)]
pub struct Nav {
    pub route: Route,
    go: Callback<(Route, Way)>,
    /// A page has something typed that leaving would lose.
    unsaved: Rc<Cell<bool>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Push,
    Replace,
}

impl Nav {
    pub fn go(&self, to: Route) {
        self.go.emit((to, Way::Push));
    }

    /// Takes the place of the present entry, so that Back does not return here.
    pub fn replace(&self, to: Route) {
        self.go.emit((to, Way::Replace));
    }

    /// After saving, when there is nothing left to lose: goes without asking.
    pub fn leave(&self, to: Route) {
        self.unsaved.set(false);
        self.go.emit((to, Way::Replace));
    }

    pub fn back(&self) {
        history::back();
    }

    /// A callback that goes there.
    pub fn to(&self, route: Route) -> Callback<()> {
        let nav = self.clone();
        Callback::from(move |()| nav.go(route.clone()))
    }
}

impl PartialEq for Nav {
    fn eq(&self, other: &Nav) -> bool {
        self.route == other.route && self.go == other.go
    }
}

#[hook]
pub fn use_nav() -> Nav {
    let found = use_context::<Nav>();
    #[allow(clippy::expect_used)]
    found.expect("a page stands below the navigation's provider")
}

/// While `unsaved`, leaving this page asks first.
#[hook]
pub fn use_guard(unsaved: bool) {
    let nav = use_nav();
    use_effect_with(unsaved, move |unsaved| {
        nav.unsaved.set(*unsaved);
        move || nav.unsaved.set(false)
    });
}

/// The place of the present history entry.
fn current() -> Route {
    Route::from_entry(history::state().as_deref(), &history::path())
}

#[derive(Properties, PartialEq)]
pub struct NavHostProps {
    pub children: Html,
}

/// Holds the present place for everything below it.
#[component]
pub fn NavHost(props: &NavHostProps) -> Html {
    let route = use_state(current);
    let pending = use_state(|| None::<Route>);
    let unsaved = use_mut_ref(|| Rc::new(Cell::new(false))).borrow().clone();
    // The latest route for listeners that live longer than one drawing.
    let latest = use_mut_ref(Route::default);
    *latest.borrow_mut() = (*route).clone();

    let go = use_callback((), {
        let (route, pending, unsaved, latest) = (route.setter(), pending.setter(), unsaved.clone(), latest.clone());
        move |(to, way): (Route, Way), _: &()| {
            if *latest.borrow() == to {
                return;
            }
            if unsaved.get() {
                pending.set(Some(to));
                return;
            }
            match way {
                Way::Push => history::push(to.path(), &to.to_state()),
                Way::Replace => history::replace(to.path(), &to.to_state()),
            }
            route.set(to);
        }
    });
    {
        let (route, pending, unsaved, latest) = (route.setter(), pending.setter(), unsaved.clone(), latest.clone());
        use_effect_with((), move |()| {
            let listening = history::on_pop(move || {
                let to = current();
                if unsaved.get() {
                    let here = latest.borrow().clone();
                    history::push(here.path(), &here.to_state());
                    pending.set(Some(to));
                } else {
                    route.set(to);
                }
            });
            move || drop(listening)
        });
    }
    {
        let first = use_mut_ref(|| true);
        use_effect_with((*route).clone(), move |route| {
            dom::set_title(&format!("{} · {}", t(route.title_key()), t("app-name")));
            // The first page keeps the browser's focus; a new place takes it, so that reading starts at its heading.
            if !std::mem::replace(&mut *first.borrow_mut(), false) {
                dom::focus_page();
            }
        });
    }
    let nav = Nav { route: (*route).clone(), go: go.clone(), unsaved: unsaved.clone() };
    let stay = {
        let pending = pending.setter();
        Callback::from(move |()| pending.set(None))
    };
    let leave = {
        let (asked, pending) = ((*pending).clone(), pending.setter());
        Callback::from(move |()| {
            unsaved.set(false);
            pending.set(None);
            if let Some(to) = asked.clone() {
                go.emit((to, Way::Push));
            }
        })
    };
    html! {
        <ContextProvider<Nav> context={nav}>
            { props.children.clone() }
            if pending.is_some() {
                <Confirm
                    id="leave"
                    title={t("leave-title")}
                    text={t("leave-text")}
                    confirm={t("leave-go")}
                    cancel={AttrValue::from(t("leave-stay"))}
                    danger=true
                    onconfirm={leave}
                    oncancel={stay}
                />
            }
        </ContextProvider<Nav>>
    }
}
