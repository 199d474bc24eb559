//! Short words after an act: what happened, and Undo where it is safe. Also the page's voice for screen readers.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::button::{Button, Kind};
use super::icon::{Icon, Sign};
use crate::i18n::t;

#[derive(Clone, Debug, PartialEq)]
struct Toast {
    id: u32,
    text: AttrValue,
    failed: bool,
    undo: Option<Callback<()>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    next: u32,
    toasts: Vec<Toast>,
    spoken: AttrValue,
}

#[derive(Debug)]
pub enum Say {
    Show { text: AttrValue, failed: bool, undo: Option<Callback<()>> },
    Speak(AttrValue),
    Dismiss(u32),
}

impl Reducible for Shown {
    type Action = Say;

    fn reduce(self: Rc<Self>, action: Say) -> Rc<Self> {
        let mut shown = (*self).clone();
        match action {
            Say::Show { text, failed, undo } => {
                shown.next += 1;
                // Three at most: the oldest gives way.
                let spare = shown.toasts.len().saturating_sub(2);
                shown.toasts.drain(..spare);
                shown.toasts.push(Toast { id: shown.next, text, failed, undo });
            }
            // A screen reader repeats only what changed: a trailing space makes the same words new.
            Say::Speak(text) if text == shown.spoken => shown.spoken = format!("{text} ").into(),
            Say::Speak(text) => shown.spoken = text,
            Say::Dismiss(id) => shown.toasts.retain(|toast| toast.id != id),
        }
        Rc::new(shown)
    }
}

/// The handle that pages hold.
#[derive(Clone, PartialEq)]
pub struct Toasts(UseReducerDispatcher<Shown>);

impl Toasts {
    pub fn say(&self, text: impl Into<AttrValue>) {
        self.0.dispatch(Say::Show { text: text.into(), failed: false, undo: None });
    }

    pub fn say_with_undo(&self, text: impl Into<AttrValue>, undo: Callback<()>) {
        self.0.dispatch(Say::Show { text: text.into(), failed: false, undo: Some(undo) });
    }

    /// Stays until dismissed.
    pub fn fail(&self, text: impl Into<AttrValue>) {
        self.0.dispatch(Say::Show { text: text.into(), failed: true, undo: None });
    }

    /// Read out by screen readers, shown to nobody.
    pub fn speak(&self, text: impl Into<AttrValue>) {
        self.0.dispatch(Say::Speak(text.into()));
    }
}

#[derive(Properties, PartialEq)]
pub struct ToastHostProps {
    pub children: Html,
}

/// Holds the toasts for everything below it.
#[component]
pub fn ToastHost(props: &ToastHostProps) -> Html {
    let shown = use_reducer(Shown::default);
    let toasts = Toasts(shown.dispatcher());
    html! {
        <ContextProvider<Toasts> context={toasts.clone()}>
            { props.children.clone() }
            <div class="toasts" role="status" aria-live="polite">
                for toast in shown.toasts.clone() {
                    <ToastBox key={toast.id} toast={toast.clone()} ondone={let toasts = toasts.clone(); move |id| toasts.0.dispatch(Say::Dismiss(id))} />
                }
            </div>
            <div class="unseen" role="status" aria-live="polite">{ shown.spoken.clone() }</div>
        </ContextProvider<Toasts>>
    }
}

/// The toasts of the page.
#[hook]
pub fn use_toasts() -> Toasts {
    let found = use_context::<Toasts>();
    let spare = use_reducer(Shown::default);
    found.unwrap_or_else(|| Toasts(spare.dispatcher()))
}

#[derive(Properties, PartialEq)]
struct ToastBoxProps {
    toast: Toast,
    ondone: Callback<u32>,
}

#[component]
fn ToastBox(props: &ToastBoxProps) -> Html {
    let toast = props.toast.clone();
    {
        let (ondone, id) = (props.ondone.clone(), toast.id);
        let stays = (!toast.failed).then_some(if toast.undo.is_some() { 10_000 } else { 5_000 });
        use_effect_with(id, move |_| {
            let timer = stays.map(|millis| Timeout::new(millis, move || ondone.emit(id)));
            move || drop(timer)
        });
    }
    let dismiss = {
        let (ondone, id) = (props.ondone.clone(), toast.id);
        Callback::from(move |()| ondone.emit(id))
    };
    html! {
        <div class={classes!("toast", toast.failed.then_some("failed"))}>
            <Icon sign={if toast.failed { Sign::Warning } else { Sign::Check }} />
            <span>{ toast.text.clone() }</span>
            if let Some(undo) = toast.undo.clone() {
                <Button label={t("undo")} kind={Kind::Quiet} onclick={let dismiss = dismiss.clone(); move |()| { undo.emit(()); dismiss.emit(()) }} />
            }
            <Button label={t("dismiss")} kind={Kind::Quiet} icon={Sign::Close} icon_only=true onclick={dismiss} />
        </div>
    }
}
