//! Draws a conflict: the field, the sides with who wrote them, when and where, and what choosing one means.

use lucerna_shared::clinic::chart::{Conflict, Side};
use yew::prelude::*;

use super::model::{ConflictRef, Event, Model, Stakes, by_patient, stakes};
use crate::i18n::fault::fault_text;
use crate::i18n::{date, knows, t, t_args};
use crate::route::Route;
use crate::session::Nav;
use crate::ui::{Button, Icon, Kind, Notice, Sign, Tone, clock};

pub fn patients(model: &Model, all: &[Conflict], nav: &Nav, send: &Callback<Event>) -> Html {
    html! {
        { for by_patient(all).into_iter().map(|(patient, list)| {
            let name = list.first().map(|c| c.patient_name.clone()).unwrap_or_default();
            let heading = format!("conflict-{patient}");
            html! {
                <section class="conflict-patient" key={patient.to_owned()} aria-labelledby={heading.clone()}>
                    <header class="conflict-patient-head">
                        <h2 id={heading}>{ name }</h2>
                        <Button label={t("conflicts-open-chart")} kind={Kind::Quiet} icon={Sign::Chart} onclick={nav.to(Route::chart(patient))} />
                    </header>
                    { for list.into_iter().map(|c| conflict(model, c, send)) }
                </section>
            }
        }) }
    }
}

fn conflict(model: &Model, conflict: &Conflict, send: &Callback<Event>) -> Html {
    let of = ConflictRef::of(conflict);
    let failed = model.fault.as_ref().filter(|(which, _)| *which == of).map(|(_, fault)| fault_text(fault));
    let busy = model.settling.as_ref() == Some(&of);
    let field = element_name(conflict);
    let label = format!("conflict-{}-{}-{}", conflict.resource_type, conflict.id, conflict.element);
    html! {
        <article class="card conflict" key={label.clone()} aria-labelledby={label.clone()}>
            <h3 id={label}>{ field.clone() }
                if !conflict.needs_clinician { <span class="tag">{ t("conflicts-by-clock") }</span> }
            </h3>
            <p class="hint">{ t(stakes_key(conflict)) }</p>
            if let Some(why) = failed { <Notice tone={Tone::Bad} alert=true>{ why }</Notice> }
            <ul class="conflict-sides">
                { for conflict.sides.iter().enumerate().map(|(at, s)| side(conflict, at, s, &of, &field, busy, model.settling.is_some(), send)) }
            </ul>
            <p class="hint">{ t("conflicts-history") }</p>
        </article>
    }
}

#[allow(clippy::too_many_arguments)]
fn side(
    conflict: &Conflict,
    at: usize,
    side: &Side,
    of: &ConflictRef,
    field: &str,
    busy: bool,
    deaf: bool,
    send: &Callback<Event>,
) -> Html {
    let keep = {
        let (of, op) = (of.clone(), side.op.clone());
        send.reform(move |()| Event::Keep { of: of.clone(), op: op.clone() })
    };
    let shown = at == conflict.shown;
    let words = if side.mine {
        t("conflicts-keep-mine")
    } else {
        t_args("conflicts-keep-theirs", [("name", side.by.clone().into())])
    };
    html! {
        <li class={classes!("conflict-side", side.mine.then_some("mine"), shown.then_some("shown"))}>
            <p class="conflict-whose">
                { if side.mine { t("conflicts-mine") } else { t("conflicts-theirs") } }
                if shown { <span class="tag"><Icon sign={Sign::Eye} />{ t("conflicts-shown") }</span> }
            </p>
            if side.value.is_empty() {
                <p class="conflict-value removed">{ t("conflicts-removed") }</p>
            } else {
                <p class="conflict-value">{ date::dates_within(&side.value) }</p>
            }
            <p class="conflict-by">
                { t_args("conflicts-by", [
                    ("name", side.by.clone().into()),
                    ("device", side.device.clone().into()),
                    ("when", date::day_and_clock(side.at, clock::offset(side.at)).into()),
                ]) }
            </p>
            <p class="hint">{ consequence(conflict, side, field) }</p>
            <Button label={words} kind={if side.mine { Kind::Primary } else { Kind::Plain }} {busy} disabled={deaf && !busy} onclick={keep} />
        </li>
    }
}

/// What the record will say, in plain words.
fn consequence(conflict: &Conflict, side: &Side, field: &str) -> String {
    let others = conflict.sides.len().saturating_sub(1);
    if side.value.is_empty() {
        return t_args("conflicts-means-removed", [("field", field.to_owned().into())]);
    }
    t_args(
        "conflicts-means",
        [
            ("field", field.to_owned().into()),
            ("value", date::dates_within(&side.value).into()),
            ("others", others.into()),
        ],
    )
}

fn stakes_key(conflict: &Conflict) -> &'static str {
    match stakes(conflict) {
        Stakes::Identity => "conflicts-stakes-identity",
        Stakes::Safety => "conflicts-stakes-safety",
        Stakes::Contact => "conflicts-stakes-contact",
        Stakes::Other => "conflicts-stakes-other",
    }
}

/// The field in the reader's words: `Patient.birthDate` → "Date of birth".
fn element_name(conflict: &Conflict) -> String {
    let element = conflict.element.split(['[', '.', ':', '/']).next().unwrap_or_default();
    let own = format!("element-{}-{}", conflict.resource_type.to_ascii_lowercase(), element.to_ascii_lowercase());
    let any = format!("element-{}", element.to_ascii_lowercase());
    let kind = format!("fhir-{}", conflict.resource_type.to_ascii_lowercase());
    let field = [own, any].into_iter().find(|key| knows(key)).map(|key| t(&key)).unwrap_or_else(|| element.to_owned());
    if conflict.resource_type == "Patient" || !knows(&kind) { field } else { format!("{}: {field}", t(&kind)) }
}
