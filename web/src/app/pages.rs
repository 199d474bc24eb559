//! Which page stands at which place. The only file that knows several places at once, so it joins chart and access log.

use lucerna_shared::clinic::chart::Banner;
use lucerna_shared::clinic::patient::PatientIdText;
use lucerna_shared::engine::api::Saved;
use yew::prelude::*;

use crate::features::audit::page::{AuditLogView, AuditPage};
use crate::features::chart::page::ChartPage;
use crate::features::conflicts::page::ConflictsPage;
use crate::features::devices::page::DevicesPage;
use crate::features::exchange::page::ExchangePage;
use crate::features::find::page::FindPage;
use crate::features::register::page::{EditPage, RegisterPage};
use crate::features::settings::page::{SecurityPage, SettingsPage};
use crate::features::today::page::TodayPage;
use crate::features::visit::page::VisitPage;
use crate::route::{Route, Section};
use crate::session::use_nav;

#[component]
pub fn Pages() -> Html {
    match use_nav().route {
        Route::Today => html! { <TodayPage /> },
        Route::Find => html! { <FindPage /> },
        Route::Register { typed } => html! { <RegisterPage {typed} /> },
        Route::EditPatient { patient } => html! { <EditPage key={patient.clone()} patient={patient.clone()} /> },
        Route::Chart { patient, section } => {
            html! { <ChartPlace key={patient.clone()} patient={patient.clone()} {section} visiting=false /> }
        }
        Route::Visit { patient } => {
            html! { <ChartPlace key={patient.clone()} patient={patient.clone()} section={Section::Summary} visiting=true /> }
        }
        Route::Exchange => html! { <ExchangePage /> },
        Route::Conflicts => html! { <ConflictsPage /> },
        Route::Audit => html! { <AuditPage /> },
        Route::Devices => html! { <DevicesPage /> },
        Route::Settings => html! { <SettingsPage /> },
        Route::Security => html! { <SecurityPage /> },
    }
}

#[derive(Properties, PartialEq)]
struct ChartPlaceProps {
    patient: PatientIdText,
    section: Section,
    /// The visit workspace is open over the chart.
    visiting: bool,
}

/// The chart with its access log and, while a visit is open, the visit beside it. Its key is the patient, so that
/// nothing of one patient's page survives into another's.
#[component]
fn ChartPlace(props: &ChartPlaceProps) -> Html {
    let nav = use_nav();
    let fresh = use_state(|| 0u32);
    let patient = props.patient.clone();
    let again = {
        let fresh = fresh.clone();
        Callback::from(move |()| fresh.set(fresh.wrapping_add(1)))
    };
    let workspace = props.visiting.then(|| {
        let onclose = nav.to(Route::Chart { patient: patient.clone(), section: props.section });
        let (patient, again) = (patient.clone(), again);
        Callback::from(move |banner: Banner| {
            let onsigned = again.reform(|_: Saved| ());
            html! { <VisitPage patient={patient.clone()} {banner} onclose={onclose.clone()} {onsigned} ondraft={again.clone()} /> }
        })
    });
    let access_log = html! { <AuditLogView patient={patient.clone()} /> };
    html! { <ChartPage {patient} section={props.section} {workspace} {access_log} fresh={*fresh} /> }
}
