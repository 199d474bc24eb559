//! A QR code as an SVG: black on white in either theme, since scanners expect it so.

use yew::prelude::*;

use super::model::{QUIET, qr_path};

#[derive(Properties, PartialEq)]
pub struct QrProps {
    pub modules: Vec<Vec<bool>>,
    pub label: AttrValue,
}

#[component]
pub fn Qr(props: &QrProps) -> Html {
    let size = (props.modules.len() + 2 * QUIET).to_string();
    html! {
        <svg class="qr" viewBox={format!("0 0 {size} {size}")} role="img" aria-label={props.label.clone()} shape-rendering="crispEdges">
            <rect class="qr-paper" width={size.clone()} height={size} />
            <path class="qr-ink" d={qr_path(&props.modules)} />
        </svg>
    }
}
