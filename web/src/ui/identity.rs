//! Who this is, in full, where a mistake would matter: name, birth and age, sex, and every number with its label.
//! The national id is masked until it is asked for.

use lucerna_shared::clinic::patient::PatientRow;
use yew::prelude::*;

use super::clock;
use super::patient_line::{full_name, masked, sex_text};
use crate::i18n::{date, t, t_args};

#[derive(Properties, PartialEq)]
pub struct IdentityProps {
    pub row: PatientRow,
    /// Draws the name as the page's first heading.
    #[prop_or_default]
    pub heading: bool,
    /// The day of death, as precise as it is known: the age is then the one reached.
    #[prop_or_default]
    pub died: Option<AttrValue>,
}

#[component]
pub fn Identity(props: &IdentityProps) -> Html {
    let row = &props.row;
    let name = full_name(row);
    html! {
        <div class="identity">
            if props.heading { <h1 class="identity-name">{ name }</h1> } else { <strong class="identity-name">{ name }</strong> }
            <span class="identity-fact"><span class="identity-label">{ t("identity-born") }</span>{ born(row, props.died.as_deref()) }</span>
            <span class="identity-fact"><span class="identity-label">{ t("identity-gender") }</span>{ sex_text(row.sex) }</span>
            if !row.mrn.is_empty() {
                <span class="identity-fact"><span class="identity-label">{ t("mrn") }</span><span class="number">{ &row.mrn }</span></span>
            }
            if !row.nik.is_empty() {
                <span class="identity-fact"><span class="identity-label">{ t("nik") }</span><Masked key={row.nik.clone()} number={row.nik.clone()} /></span>
            }
            if row.mrn.is_empty() && row.nik.is_empty() { <span class="identity-fact">{ t("no-id") }</span> }
        </div>
    }
}

/// `14-Jul-1961 (65 years)`, of the dead `14-Jul-1961 (died at 65 years)`; unknown is a word. Without the day of death
/// no age is told: nobody grows older in a list.
fn born(row: &PatientRow, died: Option<&str>) -> String {
    let birth = row.birth_date.as_str();
    if birth.is_empty() {
        return t("identity-unknown");
    }
    let age = match died.filter(|day| !day.is_empty()) {
        Some(day) => {
            let reached = date::age(birth, day.split('T').next().unwrap_or(day));
            if reached.is_empty() { reached } else { t_args("age-at-death", [("age", reached.into())]) }
        }
        None if row.deceased => String::new(),
        None => date::age(birth, &clock::today()),
    };
    if age.is_empty() { date::date(birth) } else { format!("{} ({age})", date::date(birth)) }
}

#[derive(Properties, PartialEq)]
struct MaskedProps {
    number: AttrValue,
}

/// Shows the last four digits; a tap shows all, another hides them again.
#[component]
fn Masked(props: &MaskedProps) -> Html {
    let open = use_state(|| false);
    let onclick = {
        let open = open.clone();
        move |_: MouseEvent| open.set(!*open)
    };
    let shown = if *open { props.number.to_string() } else { masked(&props.number) };
    let label = format!("{}. {}", shown, t(if *open { "identity-hide" } else { "identity-show" }));
    html! { <button type="button" class="identity-masked number" aria-label={label} aria-pressed={open.to_string()} {onclick}>{ shown }</button> }
}
