//! Draws the last look before signing: who, their allergies, and every line once more.

use lucerna_shared::base::date::Age;
use lucerna_shared::clinic::chart::Banner;
use yew::prelude::*;

use super::model::{Event, Text, Visit};
use super::strip::{flag_key, name_key, written};
use super::vitals::{self, Verdict};
use crate::i18n::date::date;
use crate::i18n::fault::fault_text;
use crate::i18n::t;
use crate::ui::allergy_label::AllergyLabelView;
use crate::ui::identity::Identity;
use crate::ui::{Button, Notice, Tone};
use lucerna_shared::clinic::vital::{Flag, VitalEntry, VitalKind};

pub const REVIEW_ID: &str = "visit-review-title";

pub fn review(visit: &Visit, banner: &Banner, age: Option<Age>, send: &Callback<Event>) -> Html {
    html! {
        <section class="visit-review" aria-labelledby={REVIEW_ID}>
            <h2 id={REVIEW_ID} tabindex="-1">{ t("visit-review-title") }</h2>
            <div class="visit-review-who">
                <p class="hint">{ t("visit-review-who") }{ " · " }{ t("visit-review-two-ids") }</p>
                <Identity row={banner.row.clone()} died={banner.deceased.clone().map(AttrValue::from)} />
                <AllergyLabelView label={banner.allergies.clone()} />
            </div>
            if let Some(fault) = &visit.fault {
                <Notice tone={Tone::Bad} alert=true>{ fault_text(fault) }</Notice>
            }
            <dl class="visit-review-lines">
                { text(visit, Text::Subjective) }
                { vital_lines(visit, age, send) }
                { text(visit, Text::Objective) }
                { diagnosis_lines(visit) }
                { text(visit, Text::Assessment) }
                { text(visit, Text::Plan) }
                <dt>{ t("visit-follow-up") }</dt>
                <dd>{ if visit.draft.follow_up.is_empty() { t("visit-follow-up-none") } else { date(&visit.draft.follow_up) } }</dd>
            </dl>
            <p class="hint">{ t("visit-sign-note") }</p>
        </section>
    }
}

fn text(visit: &Visit, which: Text) -> Html {
    let words = visit.text(which).trim();
    let name = t(match which {
        Text::Subjective => "visit-subjective",
        Text::Objective => "visit-objective",
        Text::Assessment => "visit-assessment",
        Text::Plan => "visit-plan",
    });
    html! {
        <>
            <dt>{ name }</dt>
            if words.is_empty() {
                <dd class="hint">{ t("visit-review-nothing") }</dd>
            } else {
                <dd class="visit-review-text">{ words.to_owned() }</dd>
            }
        </>
    }
}

fn vital_lines(visit: &Visit, age: Option<Age>, send: &Callback<Event>) -> Html {
    let typed: Vec<&VitalEntry> =
        vitals::FIELDS.iter().filter_map(|kind| visit.vital(*kind)).filter(|v| !v.value.trim().is_empty()).collect();
    html! {
        <>
            <dt>{ t("visit-vitals") }</dt>
            if typed.is_empty() {
                <dd class="hint">{ t("visit-review-nothing") }</dd>
            } else {
                <dd>
                    <ul class="visit-review-vitals">
                        { for typed.into_iter().map(|entry| vital_line(entry, age, send)) }
                        if let Some(value) = vitals::bmi(&visit.draft.vitals) {
                            <li>{ t("vital-bmi") }{ " " }<b>{ crate::i18n::unit::with_unit(&value, "kg/m2") }</b></li>
                        }
                    </ul>
                </dd>
            }
        </>
    }
}

fn vital_line(entry: &VitalEntry, age: Option<Age>, send: &Callback<Event>) -> Html {
    let kind = entry.kind;
    let said = match vitals::verdict(entry, age) {
        Verdict::Empty | Verdict::Flagged(Flag::None) => html! {},
        Verdict::NotANumber => html! { <span class="tag bad">{ t("vital-not-a-number") }</span> },
        Verdict::Confirmed => html! { <span class="tag">{ t("visit-confirmed") }</span> },
        Verdict::Flagged(Flag::Implausible) => html! {
            <>
                <span class="tag warning">{ t("vital-implausible") }</span>
                <Button label={t("visit-confirm")} class="small" onclick={send.reform(move |()| Event::Confirm(kind, true))} />
            </>
        },
        Verdict::Flagged(flag) => html! { <span class="tag warning">{ t(flag_key(flag)) }</span> },
    };
    html! { <li>{ t(name_key(kind)) }{ " " }<b>{ written(entry) }</b>{ " " }{ said }</li> }
}

fn diagnosis_lines(visit: &Visit) -> Html {
    html! {
        <>
            <dt>{ t("visit-diagnoses") }</dt>
            if visit.draft.diagnoses.is_empty() {
                <dd class="hint">{ t("visit-review-nothing") }</dd>
            } else {
                <dd>
                    <ul class="visit-review-vitals">
                        { for visit.draft.diagnoses.iter().map(|d| html! {
                            <li>
                                <b>{ if d.code.is_empty() { t("visit-diagnosis-uncoded") } else { d.code.clone() } }</b>
                                { " " }{ &d.title }{ " " }
                                if d.problem { <span class="tag">{ t("visit-diagnosis-problem") }</span> }
                            </li>
                        }) }
                    </ul>
                </dd>
            }
        </>
    }
}

/// The problems that kept the engine from signing, each in words.
pub fn problems(visit: &Visit) -> Html {
    if visit.problems.is_empty() {
        return html! {};
    }
    html! {
        <Notice tone={Tone::Bad} alert=true>
            <p id="visit-problems" tabindex="-1">{ t("visit-fields-first") }</p>
            <ul>{ for visit.problems.iter().map(|p| html! { <li>{ field_name(&p.field) }{ ": " }{ t(&p.message) }</li> }) }</ul>
        </Notice>
    }
}

/// The words for a field of the draft, as the engine names it: `vitals.heart-rate`, `diagnoses[1]`.
fn field_name(field: &str) -> String {
    if let Some(kind) = VitalKind::ALL.into_iter().find(|kind| kind.field() == field) {
        return t(name_key(kind));
    }
    match field.split(['[', '.']).next().unwrap_or_default() {
        "subjective" => t("visit-subjective"),
        "objective" => t("visit-objective"),
        "assessment" => t("visit-assessment"),
        "plan" => t("visit-plan"),
        "diagnoses" => t("visit-diagnoses"),
        "follow_up" => t("visit-follow-up"),
        _ => t("visit-title"),
    }
}
