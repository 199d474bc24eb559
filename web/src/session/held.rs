//! The same handles for components that are structs and cannot use hooks.

use yew::html::Scope;
use yew::prelude::*;

use super::nav::Nav;
use crate::platform::client::EngineClient;
use crate::ui::Toasts;

/// The engine. Every page stands below the provider, so a missing one is a fault in `app`, not in data.
pub fn engine<C: Component>(scope: &Scope<C>) -> EngineClient {
    held(scope)
}

pub fn toasts<C: Component>(scope: &Scope<C>) -> Toasts {
    held(scope)
}

/// The navigation as it stood when the component was made: good for going, not for asking where we are.
pub fn nav<C: Component>(scope: &Scope<C>) -> Nav {
    held(scope)
}

fn held<C: Component, T: Clone + PartialEq + 'static>(scope: &Scope<C>) -> T {
    #[allow(clippy::expect_used)]
    scope.context::<T>(Callback::noop()).map(|(found, _)| found).expect("a page stands below its providers")
}
