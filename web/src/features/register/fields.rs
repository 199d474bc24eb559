//! The form's fields in the order a receptionist asks for them.

use jiff::civil::Date;
use lucerna_shared::clinic::patient::{PatientForm, Sex};
use yew::prelude::*;

use super::model::Model;
use crate::i18n::{date, knows, t, t_args};
use crate::ui::patient_line::sex_text;
use crate::ui::{Choice, Field, Toggle};

#[derive(Properties, PartialEq)]
pub struct FieldsProps {
    pub model: Model,
    pub today: Date,
    pub onedit: Callback<PatientForm>,
}

/// One text field of the form: its name there, where it stands, and what the keyboard should be.
struct Slot {
    name: &'static str,
    label: &'static str,
    get: fn(&PatientForm) -> &String,
    set: fn(&mut PatientForm, String),
    inputmode: Option<&'static str>,
    hint: Option<String>,
    required: bool,
    class: &'static str,
}

macro_rules! slot {
    ($name:ident, $label:literal) => {
        Slot {
            name: stringify!($name),
            label: $label,
            get: |form| &form.$name,
            set: |form, value| form.$name = value,
            inputmode: None,
            hint: None,
            required: false,
            class: "",
        }
    };
}

#[component]
pub fn Fields(props: &FieldsProps) -> Html {
    let model = &props.model;
    let draw = |slot: Slot| field(props, slot);
    let understood = model.understood(props.today).map(|d| {
        let fhir = d.to_string();
        t_args(
            "birth-understood",
            [("date", date::date(&fhir).into()), ("age", date::age(&fhir, &props.today.to_string()).into())],
        )
    });
    let sexes = [("female", Sex::Female), ("male", Sex::Male), ("other", Sex::Other), ("unknown", Sex::Unknown)];
    let sex = sexes.iter().find(|(_, sex)| *sex == model.form.sex).map_or("unknown", |(value, _)| value);
    let onsex = {
        let (told, form) = (props.onedit.clone(), model.form.clone());
        Callback::from(move |value: AttrValue| {
            let sex = sexes.iter().find(|(name, _)| *name == value.as_str()).map(|(_, sex)| *sex).unwrap_or_default();
            told.emit(PatientForm { sex, ..form.clone() });
        })
    };
    let choices: Vec<Choice> = sexes.iter().map(|(value, sex)| Choice::new(*value, sex_text(*sex))).collect();
    html! {
        <>
            <fieldset class="group">
                <legend>{ t("form-identity") }</legend>
                <div class="grid names">
                    { draw(Slot { required: true, hint: Some(t("form-given-hint")), ..slot!(given, "form-given") }) }
                    { draw(slot!(family, "form-family")) }
                    { draw(Slot { class: "short", ..slot!(prefix, "form-prefix") }) }
                </div>
                <div class="grid">
                    { draw(Slot { required: true, hint: Some(understood.unwrap_or_else(|| t("form-birth-hint"))), ..slot!(birth_date, "form-birth") }) }
                    { draw(Slot { inputmode: Some("numeric"), class: "short", ..slot!(age_years, "form-age") }) }
                </div>
                <Toggle id="sex" label={t("form-sex")} required=true {choices} value={sex} onchange={onsex} />
                { draw(Slot { inputmode: Some("numeric"), hint: Some(t("form-nik-hint")), ..slot!(nik, "form-nik") }) }
            </fieldset>
            if model.asks_guardian(props.today) {
                <fieldset class="group">
                    <legend>{ t("form-guardian") }</legend>
                    <div class="grid">
                        { draw(slot!(guardian_name, "form-guardian-name")) }
                        { draw(Slot { inputmode: Some("tel"), ..slot!(guardian_phone, "form-guardian-phone") }) }
                    </div>
                </fieldset>
            }
            <fieldset class="group">
                <legend>{ t("form-contact") }</legend>
                { draw(Slot { inputmode: Some("tel"), ..slot!(phone, "form-phone") }) }
                { draw(slot!(address_line, "form-address")) }
                <div class="grid">
                    { draw(slot!(city, "form-city")) }
                    { draw(slot!(province, "form-province")) }
                    { draw(Slot { inputmode: Some("numeric"), class: "short", ..slot!(postal_code, "form-postal") }) }
                </div>
            </fieldset>
        </>
    }
}

fn field(props: &FieldsProps, slot: Slot) -> Html {
    let form = props.model.form.clone();
    let value = (slot.get)(&form).clone();
    let problem = props.model.problem(slot.name).map(|(key, blocking)| (AttrValue::from(words(key)), blocking));
    let (error, warning) = match problem {
        Some((text, true)) => (Some(text), None),
        Some((text, false)) => (None, Some(text)),
        None => (None, None),
    };
    let oninput = {
        let (told, set) = (props.onedit.clone(), slot.set);
        move |typed: String| {
            let mut form = form.clone();
            set(&mut form, typed);
            told.emit(form);
        }
    };
    html! {
        <Field
            id={slot.name} label={t(slot.label)} {value} {oninput} {error} {warning} required={slot.required} class={slot.class}
            inputmode={slot.inputmode.map(AttrValue::from)} hint={slot.hint.map(AttrValue::from)} autofocus={slot.name == "given"}
        />
    }
}

/// The engine names a message; one that nobody wrote becomes a general one rather than a bare key.
fn words(key: &str) -> String {
    if knows(key) { t(key) } else { t("field-check") }
}
