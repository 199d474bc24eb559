//! Draws a note as it was written, section by section, with the addenda that were added to it after signing.

use lucerna_shared::clinic::chart::{Chart, Detail};
use lucerna_shared::clinic::note::{NoteSection, read_note};
use lucerna_shared::engine::api;
use lucerna_shared::fhir::Resource;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::detail::{facts, rows};
use super::words::own_words;
use crate::i18n::{date, t};
use crate::session::use_client;

/// Addenda looked at for one note; nobody adds more.
const MOST: usize = 40;

pub fn note(detail: &Detail, patient: &str, chart: &Chart) -> Html {
    let sections = Resource::parse(&detail.json).map(|read| read_note(&read)).unwrap_or_default();
    let candidates: Vec<String> =
        addendum_lines(chart).filter(|id| *id != detail.line.id).take(MOST).map(str::to_owned).collect();
    html! {
        <article class="note">
            { facts(detail) }
            { for sections.iter().filter(|s| !s.text.is_empty()).map(section) }
            if sections.is_empty() { <p class="hint">{ t("chart-note-empty") }</p> }
            if !candidates.is_empty() {
                <Addenda key={detail.line.id.clone()} patient={patient.to_owned()} note={detail.line.id.clone()} {candidates} />
            }
            <details class="note-rest">
                <summary>{ t("chart-note-rest") }</summary>
                { rows(&detail.rows) }
            </details>
        </article>
    }
}

fn section(section: &NoteSection) -> Html {
    html! {
        <section class="note-section">
            if !section.title.is_empty() { <h3>{ own_words(&section.title) }</h3> }
            <p class="note-text">{ date::dates_within(&section.text) }</p>
        </section>
    }
}

/// Notes of this clinic that append to another, newest first as in the timeline.
fn addendum_lines(chart: &Chart) -> impl Iterator<Item = &str> {
    chart.timeline.iter().filter(|l| l.resource_type == "Composition" && l.title == "Addendum").map(|l| l.id.as_str())
}

#[derive(Properties, PartialEq)]
struct AddendaProps {
    patient: String,
    note: String,
    candidates: Vec<String>,
}

/// Reads the addenda of the chart and shows those of this note, oldest first.
#[component]
fn Addenda(props: &AddendaProps) -> Html {
    let client = use_client();
    let found = use_state(Vec::<Detail>::new);
    {
        let found = found.setter();
        use_effect_with(
            (props.patient.clone(), props.note.clone(), props.candidates.clone()),
            move |(patient, note, ids)| {
                let (patient, note, ids) = (patient.clone(), note.clone(), ids.clone());
                spawn_local(async move {
                    let mut mine = Vec::new();
                    for id in ids.into_iter().rev() {
                        let call =
                            api::OpenResource { patient: patient.clone(), resource_type: "Composition".into(), id };
                        if let Ok(detail) = client.call(call).await
                            && appends(&detail.json, &note)
                        {
                            mine.push(detail);
                        }
                    }
                    found.set(mine);
                });
            },
        );
    }
    html! {
        { for found.iter().map(|detail| {
            let sections = Resource::parse(&detail.json).map(|read| read_note(&read)).unwrap_or_default();
            html! {
                <section class="note-addendum" key={detail.line.id.clone()}>
                    <h3>{ t("chart-addendum-text") }<span class="hint">{ date::date(&detail.line.date) }{ " · " }{ &detail.line.by }</span></h3>
                    { for sections.iter().map(|s| html! { <p class="note-text">{ &s.text }</p> }) }
                </section>
            }
        }) }
    }
}

fn appends(json: &str, note: &str) -> bool {
    let Ok(read) = Resource::parse(json) else { return false };
    let target = format!("Composition/{note}");
    read.get("relatesTo").is_some_and(|raw| raw.as_str().contains(&format!("\"{target}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_addendum_belongs_to_the_note_that_it_names() {
        let json = r#"{"resourceType":"Composition","id":"b","relatesTo":[{"code":"appends","targetReference":{"reference":"Composition/a"}}]}"#;
        assert!(appends(json, "a"));
        assert!(!appends(json, "b"));
    }
}
