//! Between the registration form and a FHIR Patient. An edit touches only the elements and items it changes:
//! other names, identifiers, phones and extensions stay as they are, byte for byte.

use serde_json::{Value, json};

use crate::base::date::{Date, PartialDate, parse_typed};
use crate::clinic::nik::{self, NIK_SYSTEM};
use crate::fhir::{RawJson, Resource};

use super::known::{Known, chosen_name, chosen_nik, chosen_phone, list, phone_among, text, words};
use super::{PatientForm, Sex};

const ID_TYPES: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
const CONTACT_ROLES: &str = "http://terminology.hl7.org/CodeSystem/v2-0131";

/// The birth date that the form means: its date, else the year its age counts back to.
pub fn birth_date(form: &PatientForm, today: Date) -> Option<PartialDate> {
    if !form.birth_date.trim().is_empty() {
        return parse_typed(&form.birth_date, today);
    }
    let years = form.age_years.trim().parse::<i16>().ok().filter(|years| (0..=125).contains(years))?;
    Some(PartialDate::Year(today.year() - years))
}

/// A new Patient from a form without blocking problems.
pub fn to_resource(form: &PatientForm, fhir_id: &str, mrn: &str, mrn_system: &str, today: Date) -> Resource {
    let mut identifiers = vec![json!({
        "use": "usual",
        "type": { "coding": [{ "system": ID_TYPES, "code": "MR", "display": "Medical record number" }] },
        "system": mrn_system,
        "value": mrn,
    })];
    identifiers.extend(nik_identifier(form));
    let or_null = |items: Vec<Value>| if items.is_empty() { Value::Null } else { Value::Array(items) };
    Resource::new("Patient", fhir_id)
        .with("identifier", Value::Array(identifiers))
        .with("active", json!(true))
        .with("name", json!([name_of(form)]))
        .with("telecom", or_null(phone_of(&form.phone).into_iter().collect()))
        .with("gender", json!(form.sex.code()))
        .with("birthDate", birth_date(form, today).map(|d| json!(d.to_string())).unwrap_or_default())
        .with("address", or_null(address_of(form).into_iter().collect()))
        .with("contact", or_null(guardian_of(form).into_iter().collect()))
}

pub fn from_resource(patient: &Resource) -> PatientForm {
    let known = Known::of(patient);
    let (address, contact) = (patient.element("address"), patient.element("contact"));
    let address = chosen_address(list(&address)).map(|i| &list(&address)[i]).cloned().unwrap_or_default();
    let guardian = chosen_guardian(list(&contact)).map(|i| &list(&contact)[i]).cloned().unwrap_or_default();
    let (given, family, prefix) = known.names();
    PatientForm {
        given,
        family,
        prefix,
        birth_date: text(&patient.element("birthDate")),
        age_years: String::new(),
        sex: Sex::from_code(&text(&patient.element("gender"))),
        phone: known.phone(),
        nik: known.nik(),
        address_line: list(&address["line"]).iter().map(text).collect::<Vec<_>>().join(", "),
        city: text(&address["city"]),
        province: text(&address["state"]),
        postal_code: text(&address["postalCode"]),
        guardian_name: whole_name(&guardian["name"]),
        guardian_phone: phone_among(&guardian["telecom"]),
    }
}

/// The elements that differ between two forms, as they shall stand in this Patient; `None` removes one.
pub fn edit(
    before: &PatientForm,
    after: &PatientForm,
    patient: &Resource,
    today: Date,
) -> Vec<(String, Option<RawJson>)> {
    let mut changes = Vec::new();
    let differ = |field: fn(&PatientForm) -> &str| field(before).trim() != field(after).trim();
    let mut list_change =
        |element: &str, choose: fn(&[Value]) -> Option<usize>, wanted: Option<Value>, owned: &[&str]| {
            let old = patient.get(element);
            let mut items = old.and_then(RawJson::items).unwrap_or_default();
            let tree = patient.element(element);
            match (choose(list(&tree)), wanted) {
                (Some(at), Some(wanted)) => items[at] = merged(&items[at], &wanted, owned),
                (Some(at), None) => drop(items.remove(at)),
                (None, Some(wanted)) => items.push(RawJson::from_value(&wanted)),
                (None, None) => return,
            }
            changes.push((element.to_owned(), (!items.is_empty()).then(|| RawJson::array(&items))));
        };
    if differ(|f| &f.given) || differ(|f| &f.family) || differ(|f| &f.prefix) {
        list_change(
            "name",
            chosen_name,
            Some(name_of(after)),
            &["text", "family", "given", "prefix", "_given", "_family", "_prefix"],
        );
    }
    if differ(|f| &f.phone) {
        list_change("telecom", chosen_phone, phone_of(&after.phone), &["value", "_value"]);
    }
    if differ(|f| &f.nik) {
        list_change("identifier", chosen_nik, nik_identifier(after), &["value", "_value"]);
    }
    if differ(|f| &f.address_line) || differ(|f| &f.city) || differ(|f| &f.province) || differ(|f| &f.postal_code) {
        let owned = ["line", "city", "state", "postalCode", "text", "_line", "_city", "_state", "_postalCode", "_text"];
        list_change("address", chosen_address, address_of(after), &owned);
    }
    if differ(|f| &f.guardian_name) || differ(|f| &f.guardian_phone) {
        list_change("contact", chosen_guardian, guardian_of(after), &["name", "telecom"]);
    }
    if before.sex != after.sex {
        changes.push(("gender".to_owned(), Some(RawJson::text(after.sex.code()))));
    }
    if differ(|f| &f.birth_date) || differ(|f| &f.age_years) {
        let date = birth_date(after, today).map(|d| RawJson::text(&d.to_string()));
        if patient.get("birthDate") != date.as_ref() {
            changes.push(("birthDate".to_owned(), date));
            // A birth time belongs to the date that it stood beside.
            if patient.get("_birthDate").is_some() {
                changes.push(("_birthDate".to_owned(), None));
            }
        }
    }
    changes
}

/// Mononyms: a single name is a whole name, kept as family and as text.
fn name_of(form: &PatientForm) -> Value {
    let (given, family, prefix) = (squeezed(&form.given), squeezed(&form.family), squeezed(&form.prefix));
    let (given, family) = if family.is_empty() { (String::new(), given) } else { (given, family) };
    let whole: Vec<&str> = [prefix.as_str(), &given, &family].into_iter().filter(|t| !t.is_empty()).collect();
    let mut name = json!({ "use": "official", "text": whole.join(" "), "family": family });
    if !given.is_empty() {
        name["given"] = json!(given.split(' ').collect::<Vec<_>>());
    }
    if !prefix.is_empty() {
        name["prefix"] = json!([prefix]);
    }
    name
}

fn phone_of(phone: &str) -> Option<Value> {
    let phone = squeezed(phone);
    (!phone.is_empty()).then(|| json!({ "system": "phone", "value": phone, "use": "mobile" }))
}

fn nik_identifier(form: &PatientForm) -> Option<Value> {
    let digits = nik::digits(&form.nik)?;
    let kind =
        json!({ "coding": [{ "system": ID_TYPES, "code": "NI", "display": "National unique individual identifier" }] });
    Some(json!({ "use": "official", "type": kind, "system": NIK_SYSTEM, "value": digits }))
}

fn address_of(form: &PatientForm) -> Option<Value> {
    let mut address = json!({ "use": "home" });
    let line = squeezed(&form.address_line);
    if !line.is_empty() {
        address["line"] = json!([line]);
    }
    for (key, value) in [("city", &form.city), ("state", &form.province), ("postalCode", &form.postal_code)] {
        let value = squeezed(value);
        if !value.is_empty() {
            address[key] = json!(value);
        }
    }
    (address.as_object().map_or(0, serde_json::Map::len) > 1).then_some(address)
}

fn guardian_of(form: &PatientForm) -> Option<Value> {
    let name = squeezed(&form.guardian_name);
    let mut contact = json!({
        "relationship": [{ "coding": [{ "system": CONTACT_ROLES, "code": "N", "display": "Next-of-Kin" }] }],
    });
    if !name.is_empty() {
        contact["name"] = json!({ "text": name });
    }
    let phone = phone_of(&form.guardian_phone);
    if name.is_empty() && phone.is_none() {
        return None;
    }
    if let Some(phone) = phone {
        contact["telecom"] = json!([phone]);
    }
    Some(contact)
}

/// Puts the wanted members into an item; of those that the form owns, the unwanted go; all others stay verbatim.
fn merged(item: &RawJson, wanted: &Value, owned: &[&str]) -> RawJson {
    let mut members = item.members().unwrap_or_default();
    members.retain(|(key, _)| !owned.contains(&key.as_str()) || wanted.get(key).is_some());
    let fresh = wanted.as_object().into_iter().flatten().filter(|(key, _)| owned.contains(&key.as_str()));
    for (key, value) in fresh {
        let raw = RawJson::from_value(value);
        match members.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => *old = raw,
            None => members.push((key.clone(), raw)),
        }
    }
    RawJson::object(&members)
}

fn chosen_address(addresses: &[Value]) -> Option<usize> {
    let home = addresses.iter().position(|a| a["use"] == "home");
    home.or_else(|| addresses.iter().position(|a| a["use"] != "old"))
}

fn chosen_guardian(contacts: &[Value]) -> Option<usize> {
    let person = |c: &Value| !c["name"].is_null() || !c["telecom"].is_null();
    contacts.iter().position(person)
}

fn whole_name(name: &Value) -> String {
    match text(&name["text"]) {
        whole if !whole.is_empty() => whole,
        _ => [words(&name["given"]), text(&name["family"])].join(" ").trim().to_owned(),
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::known::row;
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    fn form() -> PatientForm {
        PatientForm {
            given: "Melati Putri".into(),
            family: "Pagi".into(),
            prefix: "Ibu".into(),
            birth_date: "14/7/1961".into(),
            sex: Sex::Female,
            phone: "+62 812-0000-0001".into(),
            nik: "3201 0154 0761 0003".into(),
            address_line: "Jl. Kenanga 3".into(),
            city: "Bogor".into(),
            province: "Jawa Barat".into(),
            postal_code: "16110".into(),
            guardian_name: "Awan".into(),
            guardian_phone: "+62 812-0000-0002".into(),
            ..PatientForm::default()
        }
    }

    #[test]
    fn a_registered_patient_reads_back_as_the_form_that_made_it() {
        let patient = to_resource(&form(), "p1", "LC-000001", "urn:uuid:0f0f0f0f-0000-4000-8000-000000000001", TODAY);
        let expected = PatientForm { birth_date: "1961-07-14".into(), nik: "3201015407610003".into(), ..form() };
        assert_eq!(from_resource(&patient), expected);
        assert_eq!(row(&patient, "2026-01-01").mrn, "LC-000001");
        insta::assert_snapshot!(serde_json::to_string_pretty(&patient.value()).expect("json"));
    }

    #[test]
    fn a_mononym_in_either_field_is_the_whole_name() {
        for form in [
            PatientForm { family: "Embun".into(), age_years: "40".into(), ..PatientForm::default() },
            PatientForm { given: " Embun ".into(), age_years: "40".into(), ..PatientForm::default() },
        ] {
            let patient = to_resource(&form, "p", "1", "urn:x", TODAY);
            assert_eq!(
                patient.get("name").map(RawJson::as_str),
                Some(r#"[{"family":"Embun","text":"Embun","use":"official"}]"#)
            );
            assert_eq!(patient.element("birthDate"), "1986");
            let read = from_resource(&patient);
            assert_eq!(
                (read.given.as_str(), read.family.as_str()),
                ("Embun", ""),
                "where the form asks for an only name"
            );
        }
    }

    #[test]
    fn an_edit_changes_one_item_and_keeps_everything_beside_it_verbatim() {
        let text = r#"{"resourceType":"Patient","id":"p","telecom":[{"system":"email","value":"a@b.example"},{"system":"phone","value":"1","rank":1,"extension":[{"url":"http://x.example","valueDecimal":1.50}]}],"birthDate":"1990-01-01","_birthDate":{"id":"t"}}"#;
        let patient = Resource::parse(text).expect("valid");
        let before = from_resource(&patient);
        let after =
            PatientForm { phone: "2".into(), birth_date: "2 Jan 1990".into(), sex: Sex::Male, ..before.clone() };
        let changes: Vec<(String, Option<String>)> = edit(&before, &after, &patient, TODAY)
            .into_iter()
            .map(|(n, v)| (n, v.map(|v| v.as_str().to_owned())))
            .collect();
        let telecom = r#"[{"system":"email","value":"a@b.example"},{"system":"phone","value":"2","rank":1,"extension":[{"url":"http://x.example","valueDecimal":1.50}]}]"#;
        assert_eq!(
            changes,
            [
                ("telecom".into(), Some(telecom.into())),
                ("gender".into(), Some("\"male\"".into())),
                ("birthDate".into(), Some("\"1990-01-02\"".into())),
                ("_birthDate".into(), None),
            ]
        );
    }

    #[test]
    fn a_form_saved_unchanged_changes_nothing_and_a_cleared_phone_goes() {
        let patient = to_resource(&form(), "p1", "LC-1", "urn:x", TODAY);
        let before = from_resource(&patient);
        assert_eq!(edit(&before, &before, &patient, TODAY), []);
        let cleared = PatientForm { phone: String::new(), nik: String::new(), ..before.clone() };
        let changes = edit(&before, &cleared, &patient, TODAY);
        assert_eq!(changes[0], ("telecom".to_owned(), None));
        assert_eq!(changes[1].1.as_ref().and_then(RawJson::items).map(|i| i.len()), Some(1));
    }
}
