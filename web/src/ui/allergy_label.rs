//! The allergy label: exactly four states, each with an icon and words, never colour alone (NHS CUI guidance).

use lucerna_shared::clinic::allergy::AllergyLabel;
use yew::prelude::*;

use super::icon::{Icon, Sign};
use crate::i18n::{t, t_args};

#[derive(Properties, PartialEq)]
pub struct AllergyLabelProps {
    pub label: AllergyLabel,
    /// Makes the label a button that leads to the allergies.
    #[prop_or_default]
    pub onclick: Option<Callback<()>>,
}

#[component]
pub fn AllergyLabelView(props: &AllergyLabelProps) -> Html {
    let (tone, sign, words) = match &props.label {
        AllergyLabel::Known { substances } if substances.is_empty() => ("known", Sign::Allergy, t("allergies-known")),
        AllergyLabel::Known { substances } => {
            ("known", Sign::Allergy, t_args("allergies-known-to", [("substances", substances.join(", ").into())]))
        }
        AllergyLabel::NoneKnown => ("none", Sign::Check, t("allergies-none-known")),
        AllergyLabel::NotRecorded => ("unasked", Sign::Info, t("allergies-not-recorded")),
        AllergyLabel::Unavailable => ("unavailable", Sign::Warning, t("allergies-unavailable")),
    };
    let inner = html! { <><Icon {sign} /><span>{ words }</span></> };
    match props.onclick.clone() {
        Some(told) => {
            let onclick = move |_: MouseEvent| told.emit(());
            html! { <button type="button" class={classes!("allergy-label", tone)} {onclick}>{ inner }</button> }
        }
        None => html! { <span class={classes!("allergy-label", tone)}>{ inner }</span> },
    }
}
