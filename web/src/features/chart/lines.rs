//! Draws resources as lines: date, what, value, and the marks that must not be missed. A line opens its resource.

use lucerna_shared::clinic::chart::Line;
use yew::prelude::*;

use super::model::{Event, ResourceRef};
use super::words::{own_words, status_name, type_name};
use crate::i18n::{date, t};
use crate::ui::{Icon, Sign};

/// How a line is drawn in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The type stands before the title (timeline).
    pub typed: bool,
    pub dated: bool,
    /// One row of text, for the summary.
    pub tight: bool,
}

pub fn line(line: &Line, style: Style, send: &Callback<Event>) -> Html {
    let of = ResourceRef { resource_type: line.resource_type.clone(), id: line.id.clone() };
    let struck = line.status == "entered-in-error";
    let onclick = send.reform(move |_: MouseEvent| Event::Open(of.clone()));
    let class =
        classes!("line", style.tight.then_some("tight"), struck.then_some("struck"), (!line.active).then_some("past"));
    html! {
        <li key={format!("{}/{}", line.resource_type, line.id)}>
            <button type="button" {class} {onclick}>
                if style.dated {
                    <span class="line-date">{ if line.date.is_empty() { t("chart-undated") } else { date::date(&line.date) } }</span>
                }
                if style.typed {
                    <span class="line-type"><Icon sign={type_sign(&line.resource_type)} />{ type_name(&line.resource_type) }</span>
                }
                <span class="line-words">
                    <span class="line-title">{ title(line) }</span>
                    if !line.detail.is_empty() { <span class="line-detail">{ date::dates_within(&line.detail) }</span> }
                </span>
                { marks(line, struck) }
            </button>
        </li>
    }
}

fn marks(line: &Line, struck: bool) -> Html {
    let says_status = !line.status.is_empty()
        && !struck
        && !matches!(line.status.as_str(), "active" | "final" | "finished" | "completed");
    html! {
        <span class="line-marks">
            if line.conflict { <span class="tag warning"><Icon sign={Sign::Conflict} />{ t("chart-conflict") }</span> }
            if struck { <span class="tag bad">{ t("status-entered-in-error") }</span> }
            if says_status { <span class="tag">{ status_name(&line.status) }</span> }
            if line.signed { <span class="tag good"><Icon sign={Sign::Check} />{ t("chart-signed") }</span> }
        </span>
    }
}

pub fn title(line: &Line) -> String {
    if line.title.is_empty() { type_name(&line.resource_type) } else { own_words(&line.title) }
}

pub fn type_sign(resource_type: &str) -> Sign {
    match resource_type {
        "Condition" => Sign::Problem,
        "AllergyIntolerance" => Sign::Allergy,
        "MedicationRequest"
        | "MedicationStatement"
        | "Medication"
        | "MedicationAdministration"
        | "MedicationDispense" => Sign::Pill,
        "Observation" => Sign::Heart,
        "DiagnosticReport" | "ServiceRequest" | "Specimen" | "ImagingStudy" => Sign::Flask,
        "Encounter" | "Appointment" => Sign::Visit,
        "Immunization" => Sign::Syringe,
        "Patient" | "RelatedPerson" | "Practitioner" => Sign::Person,
        _ => Sign::Document,
    }
}
