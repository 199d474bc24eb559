//! One of a few: a row of buttons that is a radio group underneath. Drop-downs are for lists too long to show.

use yew::prelude::*;

use super::dom;

#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub value: AttrValue,
    pub label: AttrValue,
}

impl Choice {
    pub fn new(value: impl Into<AttrValue>, label: impl Into<AttrValue>) -> Choice {
        Choice { value: value.into(), label: label.into() }
    }
}

#[derive(Properties, PartialEq)]
pub struct ToggleProps {
    /// Unique on the page; names the radio group.
    pub id: AttrValue,
    pub label: AttrValue,
    pub choices: Vec<Choice>,
    pub value: AttrValue,
    pub onchange: Callback<AttrValue>,
    #[prop_or_default]
    pub required: bool,
    #[prop_or_default]
    pub error: Option<AttrValue>,
    /// Hides the label from sight, not from screen readers.
    #[prop_or_default]
    pub bare: bool,
    #[prop_or_default]
    pub class: Classes,
}

#[component]
pub fn Toggle(props: &ToggleProps) -> Html {
    let fault = props.error.as_ref().map(|_| format!("{}-fault", props.id));
    html! {
        <fieldset class={classes!("toggle", props.class.clone())} aria-describedby={fault.clone()}>
            <legend class={classes!(props.bare.then_some("unseen"))}>
                { props.label.clone() }
                if props.required { <span class="required" aria-hidden="true">{ "*" }</span> }
            </legend>
            <div class="toggle-row">
                for choice in props.choices.clone() {
                    <label class="toggle-item" key={choice.value.to_string()}>
                        <input
                            type="radio"
                            id={format!("{}-{}", props.id, choice.value)}
                            name={props.id.clone()}
                            value={choice.value.clone()}
                            checked={choice.value == props.value}
                            onchange={let told = props.onchange.clone(); let value = choice.value.clone(); move |_: Event| told.emit(value.clone())}
                        />
                        <span>{ choice.label }</span>
                    </label>
                }
            </div>
            if let Some(error) = &props.error { <p class="fault" id={fault}>{ error.clone() }</p> }
        </fieldset>
    }
}

#[derive(Properties, PartialEq)]
pub struct SelectProps {
    pub id: AttrValue,
    pub label: AttrValue,
    pub choices: Vec<Choice>,
    pub value: AttrValue,
    pub onchange: Callback<AttrValue>,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
}

/// A drop-down, for more choices than fit on a row.
#[component]
pub fn Select(props: &SelectProps) -> Html {
    let onchange = props.onchange.reform(|event: Event| AttrValue::from(dom::chosen(&event)));
    html! {
        <div class="field">
            <label for={props.id.clone()}>{ props.label.clone() }</label>
            <select id={props.id.clone()} {onchange} aria-describedby={props.hint.as_ref().map(|_| format!("{}-hint", props.id))}>
                for choice in props.choices.clone() {
                    <option value={choice.value.clone()} selected={choice.value == props.value}>{ choice.label }</option>
                }
            </select>
            if let Some(hint) = &props.hint { <p class="hint" id={format!("{}-hint", props.id)}>{ hint.clone() }</p> }
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct CheckProps {
    pub id: AttrValue,
    pub label: AttrValue,
    pub checked: bool,
    pub onchange: Callback<bool>,
}

/// A tick box with a finger-sized label.
#[component]
pub fn Check(props: &CheckProps) -> Html {
    let onchange = {
        let (told, next) = (props.onchange.clone(), !props.checked);
        move |_: Event| told.emit(next)
    };
    html! {
        <label class="check" for={props.id.clone()}>
            <input type="checkbox" id={props.id.clone()} checked={props.checked} {onchange} />
            <span>{ props.label.clone() }</span>
        </label>
    }
}
