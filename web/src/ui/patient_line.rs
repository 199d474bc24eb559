//! A patient as one line: SURNAME, Given · born 14-Jul-1961 (65 years) · sex · number. Two identifiers, always.

use lucerna_shared::clinic::patient::{PatientRow, Sex};
use lucerna_shared::engine::api::Role;
use yew::prelude::*;

use super::clock;
use crate::i18n::{date, t, t_args};

#[derive(Properties, PartialEq)]
pub struct PatientLineProps {
    pub row: PatientRow,
    /// Adds the last visit.
    #[prop_or_default]
    pub visit: bool,
}

#[component]
pub fn PatientLine(props: &PatientLineProps) -> Html {
    let row = &props.row;
    html! {
        <span class={classes!("patient-line", row.deceased.then_some("deceased"))}>
            <span class="patient-name">{ full_name(row) }</span>
            <span class="patient-facts">
                <span>{ if row.deceased { born_text(&row.birth_date, "") } else { born_text(&row.birth_date, &clock::today()) } }</span>
                <span>{ sex_text(row.sex) }</span>
                <span class="number">{ id_text(row) }</span>
                if row.deceased { <span class="tag">{ t("deceased") }</span> }
                if props.visit { <span>{ visit_text(row) }</span> }
            </span>
        </span>
    }
}

/// `SURNAME, Given (Title)`; a single name is a whole name.
pub fn full_name(row: &PatientRow) -> String {
    let title = if row.prefix.is_empty() { String::new() } else { format!(" ({})", row.prefix) };
    match (row.family.trim(), row.given.trim()) {
        ("", "") => t("no-name"),
        ("", only) | (only, "") => format!("{}{title}", only.to_uppercase()),
        (family, given) => format!("{}, {given}{title}", family.to_uppercase()),
    }
}

/// `born 14-Jul-1961 (65 years)`, or that it is unknown, in words; no age without a day to count to.
pub fn born_text(birth: &str, today: &str) -> String {
    if birth.is_empty() {
        return t("born-unknown");
    }
    let age = date::age(birth, today);
    let born = format!("{} {}", t("born"), date::date(birth));
    if age.is_empty() { born } else { format!("{born} ({age})") }
}

pub fn sex_text(sex: Sex) -> String {
    match sex {
        Sex::Female => t("sex-female"),
        Sex::Male => t("sex-male"),
        Sex::Other => t("sex-other"),
        Sex::Unknown => t("sex-unknown"),
    }
}

pub fn role_text(role: Role) -> String {
    match role {
        Role::Owner => t("role-owner"),
        Role::Clinician => t("role-clinician"),
    }
}

/// The clinic's number, else the masked national id, each with its label.
pub fn id_text(row: &PatientRow) -> String {
    if !row.mrn.is_empty() {
        return format!("{} {}", t("mrn"), row.mrn);
    }
    if row.nik.is_empty() { t("no-id") } else { format!("{} {}", t("nik"), masked(&row.nik)) }
}

/// `••••6789`: enough to compare, not enough to copy.
pub fn masked(number: &str) -> String {
    let tail: Vec<char> = number.chars().rev().take(4).collect();
    format!("••••{}", tail.into_iter().rev().collect::<String>())
}

fn visit_text(row: &PatientRow) -> String {
    if row.last_visit.is_empty() {
        t("no-visit")
    } else {
        t_args("last-visit", [("date", date::date(&row.last_visit).into())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mononym_is_a_whole_name() {
        let row = PatientRow { given: "Sukarni".into(), ..Default::default() };
        assert_eq!(full_name(&row), "SUKARNI");
    }

    #[test]
    fn the_family_name_comes_first_in_capitals() {
        let row =
            PatientRow { given: "Melati".into(), family: "Pagi".into(), prefix: "Ibu".into(), ..Default::default() };
        assert_eq!(full_name(&row), "PAGI, Melati (Ibu)");
    }

    #[test]
    fn the_national_id_shows_its_last_four_digits_only() {
        assert_eq!(masked("3171234567896789"), "••••6789");
    }
}
