//! The place of one patient: the chart, with the visit's workspace and the access log put into it.
//! Features do not know each other; here they meet.

use lucerna_shared::clinic::chart::Banner;
use lucerna_shared::clinic::patient::PatientIdText;
use lucerna_shared::engine::api::Saved;
use yew::prelude::*;

use crate::features::audit::page::AuditLogView;
use crate::features::chart::page::ChartPage;
use crate::features::visit::page::VisitPage;
use crate::route::{Route, Section};
use crate::session::use_nav;

#[derive(Properties, PartialEq)]
pub struct PatientPlaceProps {
    pub patient: PatientIdText,
    /// The section to show; none while a visit is open over the section that was shown last.
    #[prop_or_default]
    pub section: Option<Section>,
}

#[component]
pub fn PatientPlace(props: &PatientPlaceProps) -> Html {
    let nav = use_nav();
    let last = use_mut_ref(Section::default);
    if let Some(section) = props.section {
        *last.borrow_mut() = section;
    }
    let section = *last.borrow();
    // Counts drafts and notes that came or went, so that the chart asks again.
    let fresh = use_state(|| 0u32);
    let again = {
        let fresh = fresh.clone();
        Callback::from(move |()| fresh.set(fresh.wrapping_add(1)))
    };
    let workspace = props.section.is_none().then(|| {
        let patient = props.patient.clone();
        let onclose = {
            let (nav, patient, again) = (nav.clone(), patient.clone(), again.clone());
            Callback::from(move |()| {
                again.emit(());
                nav.replace(Route::Chart { patient: patient.clone(), section });
            })
        };
        let (onsigned, ondraft) = (again.reform(|_: Saved| ()), again.clone());
        Callback::from(move |banner: Banner| {
            html! {
                <VisitPage key={patient.clone()} patient={patient.clone()} {banner} onclose={onclose.clone()}
                    onsigned={onsigned.clone()} ondraft={ondraft.clone()} />
            }
        })
    });
    let access_log = html! { <AuditLogView patient={props.patient.clone()} /> };
    html! { <ChartPage patient={props.patient.clone()} {section} {workspace} {access_log} fresh={*fresh} /> }
}
