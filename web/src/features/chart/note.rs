//! Draws a note as it was written: sections with their headings and text, then whatever else the document holds.

use lucerna_shared::clinic::chart::{Detail, DetailRow};
use yew::prelude::*;

use super::detail::facts;
use super::words::path_name;
use crate::i18n::t;

pub fn note(detail: &Detail) -> Html {
    let sections = sections(&detail.rows);
    let rest: Vec<&DetailRow> =
        detail.rows.iter().filter(|r| !r.path.starts_with("section") && !r.path.starts_with("text")).collect();
    html! {
        <article class="note">
            { facts(detail) }
            { for sections.iter().map(|section| html! {
                <section class="note-section">
                    if !section.title.is_empty() { <h3>{ section.title }</h3> }
                    { for section.text.iter().map(|text| html! { <p class="note-text">{ *text }</p> }) }
                </section>
            }) }
            if sections.is_empty() { <p class="hint">{ t("chart-note-empty") }</p> }
            <details class="note-rest">
                <summary>{ t("chart-note-rest") }</summary>
                <dl class="panel-rows">{ for rest.iter().map(|row| html! { <><dt>{ path_name(&row.path) }</dt><dd>{ &row.value }</dd></> }) }</dl>
            </details>
        </article>
    }
}

#[derive(Debug, Default, PartialEq)]
struct Section<'a> {
    index: &'a str,
    title: &'a str,
    text: Vec<&'a str>,
}

/// The note's sections from the rows `section[n].title` and `section[n].text…`, in their order.
fn sections(rows: &[DetailRow]) -> Vec<Section<'_>> {
    let mut all: Vec<Section<'_>> = Vec::new();
    for row in rows {
        let Some(rest) = row.path.strip_prefix("section") else { continue };
        let (index, field) = rest.split_once('.').unwrap_or((rest, ""));
        if all.last().is_none_or(|s| s.index != index) {
            all.push(Section { index, ..Section::default() });
        }
        let Some(section) = all.last_mut() else { continue };
        match field {
            "title" => section.title = &row.value,
            "text" | "text.div" => section.text.push(&row.value),
            _ => {}
        }
    }
    all.retain(|s| !s.text.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_keep_their_order_and_their_words() {
        let row = |path: &str, value: &str| DetailRow { path: path.into(), value: value.into() };
        let rows = [
            row("status", "final"),
            row("section[0].title", "Subjective"),
            row("section[0].text.status", "generated"),
            row("section[0].text.div", "cough"),
            row("section[1].title", "Plan"),
            row("section[1].text.div", "rest"),
        ];
        let read: Vec<_> = sections(&rows).into_iter().map(|s| (s.title, s.text)).collect();
        assert_eq!(read, [("Subjective", vec!["cough"]), ("Plan", vec!["rest"])]);
    }
}
