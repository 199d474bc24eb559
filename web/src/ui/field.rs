//! Text fields: label above, hint and fault below, all tied together for screen readers.

use yew::prelude::*;

use super::dom;
use super::icon::{Icon, Sign};
use crate::i18n::t;

#[derive(Properties, PartialEq)]
pub struct FieldProps {
    /// Unique on the page; hint and fault get ids from it.
    pub id: AttrValue,
    pub label: AttrValue,
    pub value: AttrValue,
    pub oninput: Callback<String>,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    /// Why the value cannot stay.
    #[prop_or_default]
    pub error: Option<AttrValue>,
    /// What looks odd but may stay.
    #[prop_or_default]
    pub warning: Option<AttrValue>,
    #[prop_or(AttrValue::Static("text"))]
    pub kind: AttrValue,
    #[prop_or_default]
    pub inputmode: Option<AttrValue>,
    #[prop_or(AttrValue::Static("off"))]
    pub autocomplete: AttrValue,
    #[prop_or_default]
    pub placeholder: Option<AttrValue>,
    #[prop_or_default]
    pub maxlength: Option<AttrValue>,
    #[prop_or_default]
    pub required: bool,
    #[prop_or_default]
    pub autofocus: bool,
    #[prop_or_default]
    pub disabled: bool,
    /// A unit behind the value.
    #[prop_or_default]
    pub suffix: Option<AttrValue>,
    /// Layout only, e.g. `short`.
    #[prop_or_default]
    pub class: Classes,
    #[prop_or_default]
    pub node: NodeRef,
    #[prop_or_default]
    pub onblur: Callback<()>,
    #[prop_or_default]
    pub onkeydown: Callback<KeyboardEvent>,
    /// Something to press beside the input, such as "show".
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn Field(props: &FieldProps) -> Html {
    let node = props.node.clone();
    use_focus_on_mount(node.clone(), props.autofocus);
    let oninput = props.oninput.reform(|event: InputEvent| dom::value_of(&event));
    let onblur = props.onblur.reform(|_: FocusEvent| ());
    html! {
        <div class={classes!("field", props.error.is_some().then_some("bad"), props.class.clone())}>
            { label(&props.id, &props.label, props.required) }
            <div class="field-row">
                <input
                    ref={node}
                    id={props.id.clone()}
                    type={props.kind.clone()}
                    value={props.value.clone()}
                    inputmode={props.inputmode.clone()}
                    autocomplete={props.autocomplete.clone()}
                    autocapitalize="off"
                    spellcheck="false"
                    placeholder={props.placeholder.clone()}
                    maxlength={props.maxlength.clone()}
                    disabled={props.disabled}
                    aria-required={props.required.then_some("true")}
                    aria-invalid={props.error.is_some().then_some("true")}
                    aria-describedby={described(&props.id, &props.hint, &props.error, &props.warning)}
                    {oninput}
                    {onblur}
                    onkeydown={props.onkeydown.clone()}
                />
                if let Some(suffix) = &props.suffix { <span class="suffix" aria-hidden="true">{ suffix.clone() }</span> }
                { props.children.clone() }
            </div>
            { below(&props.id, &props.hint, &props.error, &props.warning) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct TextAreaProps {
    pub id: AttrValue,
    pub label: AttrValue,
    pub value: AttrValue,
    pub oninput: Callback<String>,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    #[prop_or_default]
    pub error: Option<AttrValue>,
    #[prop_or(AttrValue::Static("3"))]
    pub rows: AttrValue,
    #[prop_or_default]
    pub required: bool,
    #[prop_or_default]
    pub autofocus: bool,
    #[prop_or_default]
    pub class: Classes,
    #[prop_or_default]
    pub node: NodeRef,
    #[prop_or_default]
    pub onblur: Callback<()>,
    #[prop_or_default]
    pub onkeydown: Callback<KeyboardEvent>,
}

#[component]
pub fn TextArea(props: &TextAreaProps) -> Html {
    let node = props.node.clone();
    use_focus_on_mount(node.clone(), props.autofocus);
    let oninput = props.oninput.reform(|event: InputEvent| dom::value_of(&event));
    let onblur = props.onblur.reform(|_: FocusEvent| ());
    html! {
        <div class={classes!("field", props.error.is_some().then_some("bad"), props.class.clone())}>
            { label(&props.id, &props.label, props.required) }
            <textarea
                ref={node}
                id={props.id.clone()}
                rows={props.rows.clone()}
                // Else a browser may keep what was typed on its own disk, to restore the tab.
                autocomplete="off"
                value={props.value.clone()}
                aria-required={props.required.then_some("true")}
                aria-invalid={props.error.is_some().then_some("true")}
                aria-describedby={described(&props.id, &props.hint, &props.error, &None)}
                {oninput}
                {onblur}
                onkeydown={props.onkeydown.clone()}
            />
            { below(&props.id, &props.hint, &props.error, &None) }
        </div>
    }
}

/// Focuses the element once, when it first appears.
#[hook]
pub fn use_focus_on_mount(node: NodeRef, wanted: bool) {
    use_effect_with((), move |()| {
        if wanted {
            dom::focus(&node);
        }
    });
}

fn label(id: &AttrValue, text: &AttrValue, required: bool) -> Html {
    html! {
        <label for={id.clone()}>
            { text.clone() }
            if required { <span class="required" title={t("required")} aria-hidden="true">{ "*" }</span> }
        </label>
    }
}

fn described(
    id: &str,
    hint: &Option<AttrValue>,
    error: &Option<AttrValue>,
    warning: &Option<AttrValue>,
) -> Option<String> {
    let mut ids = Vec::new();
    if hint.is_some() {
        ids.push(format!("{id}-hint"));
    }
    if error.is_some() || warning.is_some() {
        ids.push(format!("{id}-fault"));
    }
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn below(id: &str, hint: &Option<AttrValue>, error: &Option<AttrValue>, warning: &Option<AttrValue>) -> Html {
    html! {
        <>
            if let Some(hint) = hint { <p class="hint" id={format!("{id}-hint")}>{ hint.clone() }</p> }
            if let Some(error) = error {
                <p class="fault" id={format!("{id}-fault")}><Icon sign={Sign::Warning} />{ error.clone() }</p>
            } else if let Some(warning) = warning {
                <p class="odd" id={format!("{id}-fault")}><Icon sign={Sign::Info} />{ warning.clone() }</p>
            }
        </>
    }
}
