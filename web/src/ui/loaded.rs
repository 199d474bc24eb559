//! The four faces of anything that is fetched: waiting, empty, ready, failed. A page that matches them forgets none.

use lucerna_shared::engine::api::Fault;
use yew::prelude::*;

use super::button::Button;
use super::notice::{Notice, Tone};
use crate::i18n::fault::fault_text;
use crate::i18n::t;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Loaded<T> {
    #[default]
    Waiting,
    Empty,
    Ready(T),
    Failed(Fault),
}

impl<T> Loaded<T> {
    pub fn ready(&self) -> Option<&T> {
        match self {
            Loaded::Ready(value) => Some(value),
            Loaded::Waiting | Loaded::Empty | Loaded::Failed(_) => None,
        }
    }

    pub fn from_result(result: Result<T, Fault>, empty: impl FnOnce(&T) -> bool) -> Loaded<T> {
        match result {
            Ok(value) if empty(&value) => Loaded::Empty,
            Ok(value) => Loaded::Ready(value),
            Err(fault) => Loaded::Failed(fault),
        }
    }
}

/// Draws the four faces with the usual waiting and failed ones.
pub fn faces<T>(loaded: &Loaded<T>, empty: impl FnOnce() -> Html, ready: impl FnOnce(&T) -> Html) -> Html {
    match loaded {
        Loaded::Waiting => html! { <Waiting /> },
        Loaded::Empty => empty(),
        Loaded::Ready(value) => ready(value),
        Loaded::Failed(fault) => html! { <FaultNote fault={fault.clone()} /> },
    }
}

#[derive(Properties, PartialEq)]
pub struct WaitingProps {
    #[prop_or(3)]
    pub lines: usize,
}

/// Grey lines where the content will stand. They appear only after a moment, so quick answers do not flicker.
#[component]
pub fn Waiting(props: &WaitingProps) -> Html {
    html! {
        <div class="waiting" aria-busy="true">
            <span class="unseen">{ t("loading") }</span>
            for _ in 0..props.lines { <span class="waiting-line" aria-hidden="true" /> }
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct NothingProps {
    pub text_key: AttrValue,
    /// A way on: usually one button.
    #[prop_or_default]
    pub children: Html,
}

/// An empty state in words.
#[component]
pub fn Nothing(props: &NothingProps) -> Html {
    html! { <div class="nothing"><p>{ t(&props.text_key) }</p>{ props.children.clone() }</div> }
}

#[derive(Properties, PartialEq)]
pub struct FaultNoteProps {
    pub fault: Fault,
    #[prop_or_default]
    pub retry: Option<Callback<()>>,
}

/// A failure in words, with a way to try again where there is one.
#[component]
pub fn FaultNote(props: &FaultNoteProps) -> Html {
    let actions =
        props.retry.clone().map(|onclick| html! { <Button label={t("retry")} {onclick} /> }).unwrap_or_default();
    html! { <Notice tone={Tone::Bad} alert=true {actions}>{ fault_text(&props.fault) }</Notice> }
}
