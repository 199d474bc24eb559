//! Which page stands at which place.

use yew::prelude::*;

use super::patient::PatientPlace;
use crate::features::audit::page::AuditPage;
use crate::features::conflicts::page::ConflictsPage;
use crate::features::devices::page::DevicesPage;
use crate::features::exchange::page::ExchangePage;
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
        Route::EditPatient { patient } => html! { <EditPage key={patient.clone()} patient={patient.clone()} /> },
        Route::Chart { patient, section } => {
            html! { <PatientPlace key={patient.clone()} patient={patient.clone()} {section} /> }
        }
        Route::Visit { patient } => {
            html! { <PatientPlace key={patient.clone()} patient={patient.clone()} /> }
        }
        Route::Exchange => html! { <ExchangePage /> },
        Route::Conflicts => html! { <ConflictsPage /> },
        Route::Audit => html! { <AuditPage /> },
        Route::Devices => html! { <DevicesPage /> },
        Route::Settings => html! { <SettingsPage /> },
        Route::Security => html! { <SecurityPage /> },
    }
}
