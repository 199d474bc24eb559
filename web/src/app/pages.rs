//! Which page stands at which place.

use yew::prelude::*;

use crate::features::devices::page::DevicesPage;
use crate::features::find::page::FindPage;
use crate::features::register::page::{EditPage, RegisterPage};
use crate::features::settings::page::{SecurityPage, SettingsPage};
use crate::features::today::page::TodayPage;
use crate::route::Route;
use crate::session::use_nav;

#[component]
pub fn Pages() -> Html {
    match use_nav().route {
        Route::Today => html! { <TodayPage /> },
        Route::Find => html! { <FindPage /> },
        Route::Register { typed } => html! { <RegisterPage {typed} /> },
        Route::EditPatient { patient } => html! { <EditPage key={patient.clone()} {patient} /> },
        Route::Devices => html! { <DevicesPage /> },
        Route::Settings => html! { <SettingsPage /> },
        Route::Security => html! { <SecurityPage /> },
        // The chart, exchange, conflict and audit pages take their places here as they arrive.
        Route::Chart { .. } | Route::Visit { .. } | Route::Exchange | Route::Conflicts | Route::Audit => html! { <TodayPage /> },
    }
}
