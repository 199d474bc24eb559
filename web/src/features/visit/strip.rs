//! Draws the vitals strip: a number field each, its unit, and what the range says while it is typed.

use lucerna_shared::base::date::Age;
use lucerna_shared::clinic::vital::{Flag, VitalEntry, VitalKind};
use yew::prelude::*;

use super::model::{Event, Visit};
use super::vitals::{self, Verdict};
use crate::i18n::unit::{unit, with_unit};
use crate::i18n::{t, t_args};
use crate::ui::dom;

pub fn strip(visit: &Visit, age: Option<Age>, send: &Callback<Event>) -> Html {
    html! {
        <fieldset class="vitals-strip">
            <legend>{ t("visit-vitals") }<span class="hint">{ t("visit-vitals-hint") }</span></legend>
            <div class="vitals-strip__fields">
                { pressure(visit, age, send) }
                { for vitals::FIELDS.iter().skip(2).map(|kind| field(visit, *kind, age, send)) }
                { bmi(visit) }
            </div>
        </fieldset>
    }
}

/// Systolic over diastolic, one unit for both.
fn pressure(visit: &Visit, age: Option<Age>, send: &Callback<Event>) -> Html {
    let (high, low) = (VitalKind::Systolic, VitalKind::Diastolic);
    let of_unit = unit_of(visit, high);
    html! {
        <div class="vital vital--pressure" role="group" aria-labelledby="vital-pressure-label">
            <span class="vital__label" id="vital-pressure-label">{ t("vital-blood-pressure") }</span>
            <span class="vital__box">
                { number_input(visit, high, &t("vital-systolic"), age, send) }
                <span class="vital__slash" aria-hidden="true">{ "/" }</span>
                { number_input(visit, low, &t("vital-diastolic"), age, send) }
                { unit_button(high, &of_unit, &t("vital-blood-pressure"), send) }
            </span>
            <span class="vital__both">
                { remark(visit, high, age, send) }
                { remark(visit, low, age, send) }
            </span>
        </div>
    }
}

fn field(visit: &Visit, kind: VitalKind, age: Option<Age>, send: &Callback<Event>) -> Html {
    let name = t(name_key(kind));
    html! {
        <div class={classes!("vital", format!("vital--{}", slug(kind)))}>
            <label class="vital__label" for={input_id(kind)}>{ t(short_key(kind)) }</label>
            <span class="vital__box">
                { number_input(visit, kind, &name, age, send) }
                { unit_button(kind, &unit_of(visit, kind), &name, send) }
            </span>
            { remark(visit, kind, age, send) }
        </div>
    }
}

fn number_input(visit: &Visit, kind: VitalKind, name: &str, age: Option<Age>, send: &Callback<Event>) -> Html {
    let value = visit.vital(kind).map(|v| v.value.clone()).unwrap_or_default();
    let verdict = judge(visit, kind, age);
    let oninput = send.reform(move |e: InputEvent| Event::Vital(kind, dom::value_of(&e)));
    html! {
        <input
            id={input_id(kind)}
            class={classes!("vital__input", tone(verdict))}
            type="text"
            inputmode="decimal"
            autocomplete="off"
            enterkeyhint="next"
            maxlength="7"
            aria-label={name.to_owned()}
            aria-describedby={remark_id(kind)}
            aria-invalid={(verdict == Verdict::NotANumber).then_some("true")}
            data-next="1"
            {value}
            {oninput}
        />
    }
}

/// A button where there is a choice of unit, else the unit as text.
fn unit_button(kind: VitalKind, current: &str, name: &str, send: &Callback<Event>) -> Html {
    let shown = unit(current).to_owned();
    if kind.units().len() < 2 {
        return html! { <span class="vital__unit">{ shown }</span> };
    }
    let next = vitals::next_unit(kind, current);
    let onclick = send.reform(move |_: MouseEvent| Event::Unit(kind, next));
    let label = t_args("visit-unit-toggle", [("name", name.into()), ("unit", shown.clone().into())]);
    html! { <button type="button" class="vital__unit vital__unit--toggle" aria-label={label} tabindex="-1" {onclick}>{ shown }</button> }
}

fn remark(visit: &Visit, kind: VitalKind, age: Option<Age>, send: &Callback<Event>) -> Html {
    let entry = visit.vital(kind);
    let says = match judge(visit, kind, age) {
        Verdict::Empty | Verdict::Flagged(Flag::None) => html! {},
        Verdict::NotANumber => {
            html! { <span class="vital__remark vital__remark--wrong">{ t("vital-not-a-number") }</span> }
        }
        Verdict::Confirmed => html! { <span class="vital__remark">{ t("visit-confirmed") }</span> },
        Verdict::Flagged(Flag::Implausible) => {
            let onclick = send.reform(move |_: MouseEvent| Event::Confirm(kind, true));
            html! {
                <span class="vital__remark vital__remark--ask">
                    { t_args("visit-implausible", [("value", entry.map(written).unwrap_or_default().into())]) }
                    <button type="button" class="button plain small" {onclick}>{ t("visit-confirm") }</button>
                </span>
            }
        }
        Verdict::Flagged(flag) => html! {
            <span class={classes!("vital__remark", "vital__remark--flag")}>
                <span aria-hidden="true">{ flag_mark(flag) }</span>{ " " }{ t(flag_key(flag)) }
            </span>
        },
    };
    let together = vitals::together(&visit.draft.vitals, kind, age);
    html! {
        <span class="vital__remarks" id={remark_id(kind)} aria-live="polite">
            { says }
            if let Some(key) = together { <span class="vital__remark vital__remark--flag">{ t(&key) }</span> }
        </span>
    }
}

fn bmi(visit: &Visit) -> Html {
    let value = vitals::bmi(&visit.draft.vitals);
    html! {
        <div class="vital vital--bmi">
            <span class="vital__label">{ t("vital-short-bmi") }</span>
            <output class="vital__output" aria-live="polite">
                if let Some(value) = &value {
                    <b>{ crate::i18n::number::number(value) }</b>
                    <span class="vital__unit">{ unit("kg/m2") }</span>
                } else {
                    <span class="hint">{ t("visit-bmi-empty") }</span>
                }
            </output>
        </div>
    }
}

pub fn written(entry: &VitalEntry) -> String {
    with_unit(&entry.value.trim().replace(',', "."), &entry.unit)
}

fn judge(visit: &Visit, kind: VitalKind, age: Option<Age>) -> Verdict {
    visit.vital(kind).map_or(Verdict::Empty, |entry| vitals::verdict(entry, age))
}

fn unit_of(visit: &Visit, kind: VitalKind) -> String {
    visit.vital(kind).map_or_else(|| kind.unit().to_owned(), |entry| entry.unit.clone())
}

fn tone(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Empty | Verdict::Flagged(Flag::None) | Verdict::Confirmed => None,
        Verdict::NotANumber => Some("vital__input--wrong"),
        Verdict::Flagged(Flag::Implausible) => Some("vital__input--ask"),
        Verdict::Flagged(Flag::Low | Flag::High) => Some("vital__input--off"),
        Verdict::Flagged(Flag::CriticalLow | Flag::CriticalHigh) => Some("vital__input--far"),
    }
}

pub fn flag_key(flag: Flag) -> &'static str {
    match flag {
        Flag::None => "flag-in-range",
        Flag::Low => "visit-flag-low",
        Flag::High => "visit-flag-high",
        Flag::CriticalLow => "visit-flag-critical-low",
        Flag::CriticalHigh => "visit-flag-critical-high",
        Flag::Implausible => "vital-implausible",
    }
}

fn flag_mark(flag: Flag) -> &'static str {
    match flag {
        Flag::None => "",
        Flag::Low => "▼",
        Flag::High => "▲",
        Flag::CriticalLow => "▼▼",
        Flag::CriticalHigh => "▲▲",
        Flag::Implausible => "?",
    }
}

pub fn slug(kind: VitalKind) -> &'static str {
    match kind {
        VitalKind::Systolic => "systolic",
        VitalKind::Diastolic => "diastolic",
        VitalKind::HeartRate => "heart-rate",
        VitalKind::RespiratoryRate => "respiratory-rate",
        VitalKind::Temperature => "temperature",
        VitalKind::OxygenSaturation => "oxygen-saturation",
        VitalKind::Weight => "weight",
        VitalKind::Height => "height",
        VitalKind::Bmi => "bmi",
        VitalKind::Pain => "pain",
    }
}

/// The whole name, for screen readers and the review.
pub fn name_key(kind: VitalKind) -> &'static str {
    match kind {
        VitalKind::Systolic => "vital-systolic",
        VitalKind::Diastolic => "vital-diastolic",
        VitalKind::HeartRate => "vital-heart-rate",
        VitalKind::RespiratoryRate => "vital-respiratory-rate",
        VitalKind::Temperature => "vital-temperature",
        VitalKind::OxygenSaturation => "vital-oxygen-saturation",
        VitalKind::Weight => "vital-weight",
        VitalKind::Height => "vital-height",
        VitalKind::Bmi => "vital-bmi",
        VitalKind::Pain => "vital-pain",
    }
}

/// The short label over the field.
fn short_key(kind: VitalKind) -> &'static str {
    match kind {
        VitalKind::Systolic => "vital-systolic",
        VitalKind::Diastolic => "vital-diastolic",
        VitalKind::HeartRate => "vital-short-heart-rate",
        VitalKind::RespiratoryRate => "vital-short-respiratory-rate",
        VitalKind::Temperature => "vital-short-temperature",
        VitalKind::OxygenSaturation => "vital-short-oxygen-saturation",
        VitalKind::Weight => "vital-short-weight",
        VitalKind::Height => "vital-short-height",
        VitalKind::Bmi => "vital-short-bmi",
        VitalKind::Pain => "vital-short-pain",
    }
}

fn input_id(kind: VitalKind) -> String {
    format!("vital-{}", slug(kind))
}

fn remark_id(kind: VitalKind) -> String {
    format!("vital-{}-remark", slug(kind))
}
