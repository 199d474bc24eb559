//! Dialogs over the browser's own modal element: it traps focus, closes on Esc and gives focus back.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::button::{Button, Kind};
use super::icon::Sign;
use crate::i18n::t;

#[derive(Properties, PartialEq)]
pub struct DialogProps {
    /// Unique on the page.
    pub id: AttrValue,
    pub title: AttrValue,
    /// Esc, the cross, or a press outside.
    pub onclose: Callback<()>,
    #[prop_or_default]
    pub children: Html,
    /// The buttons at the bottom, the main one last.
    #[prop_or_default]
    pub actions: Html,
    #[prop_or_default]
    pub wide: bool,
}

#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog {
                let _ = dialog.show_modal();
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    let oncancel = {
        let told = props.onclose.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            told.emit(());
        })
    };
    let heading = format!("{}-title", props.id);
    html! {
        <dialog ref={node} id={props.id.clone()} class={classes!("dialog", props.wide.then_some("wide"))} aria-labelledby={heading.clone()} {oncancel}>
            <header class="dialog-head">
                <h2 id={heading}>{ props.title.clone() }</h2>
                <Button label={t("close")} kind={Kind::Quiet} icon={Sign::Close} icon_only=true onclick={props.onclose.clone()} />
            </header>
            <div class="dialog-body">{ props.children.clone() }</div>
            <footer class="dialog-foot">{ props.actions.clone() }</footer>
        </dialog>
    }
}

#[derive(Properties, PartialEq)]
pub struct ConfirmProps {
    pub id: AttrValue,
    pub title: AttrValue,
    pub text: AttrValue,
    /// What the button that goes on says: a verb, not "OK".
    pub confirm: AttrValue,
    #[prop_or_default]
    pub cancel: Option<AttrValue>,
    #[prop_or_default]
    pub danger: bool,
    #[prop_or_default]
    pub busy: bool,
    pub onconfirm: Callback<()>,
    pub oncancel: Callback<()>,
    #[prop_or_default]
    pub children: Html,
}

/// A question with two answers.
#[component]
pub fn Confirm(props: &ConfirmProps) -> Html {
    let cancel = props.cancel.clone().unwrap_or_else(|| t("cancel").into());
    let actions = html! {
        <>
            <Button label={cancel} onclick={props.oncancel.clone()} />
            <Button
                label={props.confirm.clone()}
                kind={if props.danger { Kind::Danger } else { Kind::Primary }}
                busy={props.busy}
                onclick={props.onconfirm.clone()}
            />
        </>
    };
    html! {
        <Dialog id={props.id.clone()} title={props.title.clone()} onclose={props.oncancel.clone()} {actions}>
            <p>{ props.text.clone() }</p>
            { props.children.clone() }
        </Dialog>
    }
}
