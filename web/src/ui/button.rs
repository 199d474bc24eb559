//! Buttons: one size for fingers, four weights. A busy button keeps its place and its focus, and takes no second press.

use yew::prelude::*;

use super::icon::{Icon, Sign};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The one thing this screen is for.
    Primary,
    #[default]
    Plain,
    /// No frame: for rows and toolbars.
    Quiet,
    /// Takes something away.
    Danger,
}

#[derive(Properties, PartialEq)]
pub struct ButtonProps {
    pub label: AttrValue,
    #[prop_or_default]
    pub kind: Kind,
    #[prop_or_default]
    pub icon: Option<Sign>,
    /// Shows the icon alone; the label stays for screen readers and as a tip.
    #[prop_or_default]
    pub icon_only: bool,
    #[prop_or_default]
    pub onclick: Callback<()>,
    /// Submits the form around it.
    #[prop_or_default]
    pub submit: bool,
    #[prop_or_default]
    pub disabled: bool,
    #[prop_or_default]
    pub busy: bool,
    #[prop_or_default]
    pub id: Option<AttrValue>,
    #[prop_or_default]
    pub class: Classes,
    #[prop_or_default]
    pub node: NodeRef,
    /// For buttons that open something: whether it is open.
    #[prop_or_default]
    pub expanded: Option<bool>,
    /// For buttons that stay down.
    #[prop_or_default]
    pub pressed: Option<bool>,
}

#[component]
pub fn Button(props: &ButtonProps) -> Html {
    let kind = match props.kind {
        Kind::Primary => "primary",
        Kind::Plain => "plain",
        Kind::Quiet => "quiet",
        Kind::Danger => "danger",
    };
    let onclick = {
        let (deaf, told) = (props.busy || props.disabled, props.onclick.clone());
        let submit = props.submit;
        Callback::from(move |event: MouseEvent| {
            if deaf {
                event.prevent_default();
            } else if !submit {
                told.emit(());
            }
        })
    };
    let truth = |value: bool| if value { "true" } else { "false" };
    html! {
        <button
            ref={props.node.clone()}
            id={props.id.clone()}
            type={if props.submit { "submit" } else { "button" }}
            class={classes!("button", kind, props.icon_only.then_some("icon-only"), props.busy.then_some("busy"), props.class.clone())}
            disabled={props.disabled}
            aria-busy={props.busy.then_some("true")}
            aria-label={props.icon_only.then(|| props.label.clone())}
            title={props.icon_only.then(|| props.label.clone())}
            aria-expanded={props.expanded.map(truth)}
            aria-pressed={props.pressed.map(truth)}
            {onclick}
        >
            if let Some(sign) = props.icon { <Icon {sign} /> }
            if !props.icon_only { <span>{ props.label.clone() }</span> }
        </button>
    }
}
