//! Lines over time: a small one inside a row, a large one with axes, units and the same as a table for screen readers.

use lucerna_shared::base::order;
use yew::prelude::*;

use super::plot::{Frame, path, span, ticks};
use crate::i18n::{date, number::number, t};

/// One value of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// FHIR date or dateTime.
    pub at: AttrValue,
    /// Milliseconds since the epoch, to place it.
    pub t: f64,
    pub value: f64,
    /// Out of its range: drawn as a filled diamond, not by colour alone.
    pub flagged: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: AttrValue,
    pub marks: Vec<Mark>,
}

#[derive(Properties, PartialEq)]
pub struct SparklineProps {
    pub marks: Vec<Mark>,
}

/// A line without axes. The numbers stand beside it in words, so it is hidden from screen readers.
#[component]
pub fn Sparkline(props: &SparklineProps) -> Html {
    // One value is no line, and a lone dot looks like dust.
    if props.marks.len() < 2 {
        return html! {};
    }
    let frame = Frame::SPARK;
    let (times, values) = (span(props.marks.iter().map(|m| m.t)), span(props.marks.iter().map(|m| m.value)));
    let points: Vec<_> = props.marks.iter().map(|m| (frame.x(m.t, times), frame.y(m.value, values))).collect();
    html! {
        <svg class="sparkline" viewBox={format!("0 0 {} {}", frame.width, frame.height)} width="96" height="28" aria-hidden="true" focusable="false">
            <path class="line" d={path(&points)} />
            if let Some((x, y)) = points.last() { <circle class="dot" cx={x.to_string()} cy={y.to_string()} r="2.5" /> }
        </svg>
    }
}

#[derive(Properties, PartialEq)]
pub struct TrendProps {
    pub title: AttrValue,
    /// UCUM's printed form, on the axis.
    pub unit: AttrValue,
    /// One line each; blood pressure has two.
    pub series: Vec<Series>,
}

#[component]
pub fn Trend(props: &TrendProps) -> Html {
    let frame = Frame::CHART;
    let all = || props.series.iter().flat_map(|s| s.marks.iter());
    let times = span(all().map(|m| m.t));
    let steps = ticks(span(all().map(|m| m.value)));
    let values = (steps.first().copied().unwrap_or(0.0), steps.last().copied().unwrap_or(1.0));
    let (right, floor) = (frame.width - frame.right, frame.height - frame.bottom);
    let mut ends: Vec<&Mark> = all().collect();
    order::sort_by(&mut ends, |a, b| a.t.total_cmp(&b.t));
    let first_last = [(ends.first(), frame.left, "start"), (ends.last(), right, "end")];
    html! {
        <figure class="trend">
            <figcaption>{ format!("{} ({})", props.title, props.unit) }</figcaption>
            <svg viewBox={format!("0 0 {} {}", frame.width, frame.height)} role="img" aria-label={format!("{} ({})", props.title, props.unit)}>
                for step in steps.clone() {
                    <line class="grid" x1={frame.left.to_string()} x2={right.to_string()} y1={frame.y(step, values).to_string()} y2={frame.y(step, values).to_string()} />
                    <text class="axis" x={(frame.left - 8.0).to_string()} y={(frame.y(step, values) + 4.0).to_string()} text-anchor="end">{ number(&step.to_string()) }</text>
                }
                { for first_last.into_iter().filter_map(|(mark, x, anchor)| mark.map(|m| html! {
                    <text class="axis" x={x.to_string()} y={(floor + 22.0).to_string()} text-anchor={anchor}>{ date::date(&m.at) }</text>
                })) }
                { for props.series.iter().enumerate().map(|(i, series)| line(&frame, series, i, times, values)) }
            </svg>
            <details class="trend-table">
                <summary>{ t("chart-table") }</summary>
                <table>
                    <thead><tr><th scope="col">{ t("chart-date") }</th>{ for props.series.iter().map(|s| html! { <th scope="col">{ format!("{} ({})", s.name, props.unit) }</th> }) }</tr></thead>
                    <tbody>{ for rows(&props.series) }</tbody>
                </table>
            </details>
        </figure>
    }
}

fn line(frame: &Frame, series: &Series, index: usize, times: (f64, f64), values: (f64, f64)) -> Html {
    let points: Vec<_> = series.marks.iter().map(|m| (frame.x(m.t, times), frame.y(m.value, values))).collect();
    html! {
        <g class={classes!("series", format!("series-{index}"))}>
            <path class="line" d={path(&points)} />
            { for series.marks.iter().zip(&points).map(|(mark, (x, y))| if mark.flagged {
                html! { <path class="flagged" d={format!("M{x} {}l5 5l-5 5l-5 -5z", y - 5.0)} /> }
            } else {
                html! { <circle class="dot" cx={x.to_string()} cy={y.to_string()} r="3" /> }
            }) }
        </g>
    }
}

/// One row for each time, newest first; a series without a value at that time leaves its cell blank.
fn rows(series: &[Series]) -> Vec<Html> {
    let mut times: Vec<&AttrValue> = series.iter().flat_map(|s| s.marks.iter().map(|m| &m.at)).collect();
    order::sort(&mut times);
    times.dedup();
    times
        .into_iter()
        .rev()
        .map(|at| {
            let cells = series.iter().map(|s| {
                let value =
                    s.marks.iter().find(|m| m.at == *at).map(|m| number(&m.value.to_string())).unwrap_or_default();
                html! { <td class="number">{ value }</td> }
            });
            html! { <tr><th scope="row">{ date::date(at) }</th>{ for cells }</tr> }
        })
        .collect()
}
