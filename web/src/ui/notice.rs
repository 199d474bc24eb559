//! A strip that says something about the whole screen: quiet, a warning, or a failure. Never colour alone.

use yew::prelude::*;

use super::icon::{Icon, Sign};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Quiet,
    Good,
    Warning,
    Bad,
}

#[derive(Properties, PartialEq)]
pub struct NoticeProps {
    #[prop_or_default]
    pub tone: Tone,
    #[prop_or_default]
    pub children: Html,
    /// Buttons at the end.
    #[prop_or_default]
    pub actions: Html,
    /// Read out at once.
    #[prop_or_default]
    pub alert: bool,
    #[prop_or_default]
    pub class: Classes,
}

#[component]
pub fn Notice(props: &NoticeProps) -> Html {
    let (tone, sign) = match props.tone {
        Tone::Quiet => ("quiet", Sign::Info),
        Tone::Good => ("good", Sign::Check),
        Tone::Warning => ("warning", Sign::Warning),
        Tone::Bad => ("bad", Sign::Warning),
    };
    html! {
        <div class={classes!("notice", tone, props.class.clone())} role={props.alert.then_some("alert")}>
            <Icon {sign} />
            <div class="notice-text">{ props.children.clone() }</div>
            <div class="notice-actions">{ props.actions.clone() }</div>
        </div>
    }
}
