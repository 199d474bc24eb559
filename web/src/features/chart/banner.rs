//! Draws the banner that stands over everything about one patient and is never covered: identity and allergies.

use lucerna_shared::clinic::chart::Banner;
use yew::prelude::*;

use super::model::Event;
use crate::i18n::{date, t, t_args};
use crate::route::Section;
use crate::ui::allergy_label::AllergyLabelView;
use crate::ui::identity::Identity;

pub fn banner(banner: &Banner, send: &Callback<Event>) -> Html {
    let dead = banner.deceased.is_some() || banner.row.deceased;
    html! {
        <header class={classes!("chart-banner", dead.then_some("deceased"))} aria-label={t("chart-banner")}>
            <Identity row={banner.row.clone()} heading=true died={banner.deceased.clone().map(AttrValue::from)} />
            if dead { <span class="chart-banner-dead">{ deceased(banner) }</span> }
            <AllergyLabelView label={banner.allergies.clone()} onclick={send.reform(|()| Event::Go(Section::Allergies))} />
        </header>
    }
}

fn deceased(banner: &Banner) -> String {
    match banner.deceased.as_deref() {
        Some(day) if !day.is_empty() => t_args("chart-deceased-on", [("date", date::date(day).into())]),
        Some(_) | None => t("chart-deceased"),
    }
}
