//! Progress of anything over a second: a bar, how far, and how fast. Draws the browser's own element, so it needs no styles by script.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ProgressProps {
    /// What is going on, e.g. "Reading files".
    pub label: AttrValue,
    pub done: u64,
    /// 0 when nobody knows yet.
    #[prop_or_default]
    pub total: u64,
    /// Words under the bar: a count, a rate.
    #[prop_or_default]
    pub detail: Option<AttrValue>,
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn Progress(props: &ProgressProps) -> Html {
    let known = props.total > 0;
    let percent = (props.done.min(props.total) * 100).checked_div(props.total).unwrap_or(0);
    html! {
        <div class="progress">
            <div class="progress-head"><span>{ props.label.clone() }</span>if known { <span class="number">{ format!("{percent} %") }</span> }</div>
            <progress
                aria-label={props.label.clone()}
                max={known.then(|| props.total.to_string())}
                value={known.then(|| props.done.min(props.total).to_string())}
            />
            if let Some(detail) = &props.detail { <p class="hint">{ detail.clone() }</p> }
            { props.children.clone() }
        </div>
    }
}
