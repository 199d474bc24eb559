//! Draws the diagnoses: chips of what was taken, and a bounded list from ICD-10 that the keyboard walks.

use yew::prelude::*;

use super::model::{Event, Visit};
use crate::i18n::{t, t_args};
use crate::ui::{Icon, Sign, dom};

pub const BOX_ID: &str = "visit-diagnosis-box";
const LIST_ID: &str = "visit-diagnosis-list";

pub fn diagnoses(visit: &Visit, send: &Callback<Event>) -> Html {
    html! {
        <div class="diagnoses">
            if !visit.draft.diagnoses.is_empty() {
                <ul class="diagnoses__chips" aria-label={t("visit-diagnoses")}>
                    { for (0..visit.draft.diagnoses.len()).map(|at| chip(visit, at, send)) }
                </ul>
            }
            { search(visit, send) }
        </div>
    }
}

fn chip(visit: &Visit, at: usize, send: &Callback<Event>) -> Html {
    let Some(diagnosis) = visit.draft.diagnoses.get(at) else { return html! {} };
    let remove = send.reform(move |_: MouseEvent| Event::Untake(at));
    let listed = diagnosis.problem;
    let list = send.reform(move |_: MouseEvent| Event::OnProblemList(at, !listed));
    html! {
        <li class="diagnosis-chip">
            <span class={classes!("diagnosis-chip__code", diagnosis.code.is_empty().then_some("diagnosis-chip__code--none"))}>
                { if diagnosis.code.is_empty() { t("visit-diagnosis-uncoded") } else { diagnosis.code.clone() } }
            </span>
            <span class="diagnosis-chip__title">{ &diagnosis.title }</span>
            <button type="button" class="diagnosis-chip__problem" aria-pressed={listed.to_string()} onclick={list}>
                <Icon sign={if listed { Sign::Check } else { Sign::Plus }} />{ t("visit-diagnosis-problem") }
            </button>
            <button type="button" class="button quiet icon-only small" onclick={remove}
                aria-label={t_args("visit-diagnosis-remove", [("title", diagnosis.title.clone().into())])}>
                <Icon sign={Sign::Close} />
            </button>
        </li>
    }
}

fn search(visit: &Visit, send: &Callback<Event>) -> Html {
    let found = &visit.diagnosis;
    let open = !found.query.trim().is_empty();
    let active = found.hits.get(found.highlighted).map(|_| option_id(found.highlighted));
    let oninput = send.reform(|e: InputEvent| Event::DiagnosisQuery(dom::value_of(&e)));
    let keys = send.clone();
    let has_hits = !found.hits.is_empty();
    let onkeydown = Callback::from(move |e: KeyboardEvent| {
        if !open || e.ctrl_key() || e.meta_key() {
            return;
        }
        let event = match e.key().as_str() {
            "ArrowDown" => Event::Highlight(1),
            "ArrowUp" => Event::Highlight(-1),
            "Enter" if has_hits => Event::TakeHighlighted,
            "Enter" => Event::TakeAsTyped,
            "Escape" => Event::DiagnosisQuery(String::new()),
            _ => return,
        };
        e.prevent_default();
        e.stop_propagation();
        keys.emit(event);
    });
    html! {
        <div class="diagnoses__search">
            <label class="unseen" for={BOX_ID}>{ t("visit-diagnosis-find") }</label>
            <input
                id={BOX_ID}
                class="input"
                type="text"
                role="combobox"
                autocomplete="off"
                spellcheck="false"
                maxlength="120"
                placeholder={t("visit-diagnosis-find")}
                aria-autocomplete="list"
                aria-expanded={open.to_string()}
                aria-controls={LIST_ID}
                aria-activedescendant={active}
                value={found.query.clone()}
                {oninput}
                {onkeydown}
            />
            if open && !found.waiting && !has_hits { <p class="diagnoses__none">{ t("visit-diagnosis-none") }</p> }
            <div id={LIST_ID} role="listbox" aria-label={t("visit-diagnoses")} class="diagnoses__list" hidden={!open}>
                { for found.hits.iter().enumerate().map(|(at, hit)| {
                    let taken = hit.clone();
                    // The pointer goes down before the box loses the focus, so that the tap is not lost with the list.
                    let onpointerdown = send.reform(move |e: PointerEvent| { e.prevent_default(); Event::Take(taken.clone()) });
                    html! {
                        <div id={option_id(at)} key={hit.code.clone()} role="option" class="diagnoses__hit"
                            aria-selected={(at == found.highlighted).to_string()} {onpointerdown}>
                            <span class="diagnoses__code">{ &hit.code }</span><span>{ &hit.title }</span>
                        </div>
                    }
                }) }
                if open && !found.waiting {
                    { as_typed(&found.query, !has_hits, send) }
                }
            </div>
            <p class="unseen" role="status">
                if open && !found.waiting { { t_args("visit-diagnosis-count", [("count", found.hits.len().into())]) } }
            </p>
        </div>
    }
}

/// The way out of any list: the clinician's own words. It is what Enter takes when ICD-10 has nothing.
fn as_typed(query: &str, chosen: bool, send: &Callback<Event>) -> Html {
    let onpointerdown = send.reform(|e: PointerEvent| {
        e.prevent_default();
        Event::TakeAsTyped
    });
    html! {
        <div role="option" aria-selected={chosen.to_string()} class="diagnoses__hit" {onpointerdown}>
            <Icon sign={Sign::Plus} />{ t_args("visit-diagnosis-as-typed", [("text", query.trim().to_owned().into())]) }
        </div>
    }
}

/// Scrolls to the list, and in it to the highlighted hit.
pub fn reveal(highlighted: usize) {
    dom::reveal(LIST_ID);
    dom::reveal(&option_id(highlighted));
}

fn option_id(at: usize) -> String {
    format!("visit-diagnosis-{at}")
}
