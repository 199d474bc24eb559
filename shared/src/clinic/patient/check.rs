//! What is wrong with a registration form as it stands. Only what would make the record wrong blocks; doubt warns.

use crate::base::date::{Date, PartialDate, parse_typed};
use crate::clinic::nik::Nik;

use super::{FieldProblem, PatientForm, Sex};

/// Nobody is known to have lived longer than 122 years; beyond this a date is a slip.
const OLDEST: i32 = 125;
const LONGEST_TEXT: usize = 200;
/// Under this age a guardian is asked for.
const OF_AGE: i32 = 18;

/// Every problem of the form, in the order of its fields.
pub fn check(form: &PatientForm, today: Date) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut add = |field: &str, message: &str, blocking: bool| {
        problems.push(FieldProblem { field: field.into(), message: message.into(), blocking });
    };
    for (field, text) in texts(form) {
        if text.chars().count() > LONGEST_TEXT {
            add(field, "text-too-long", true);
        } else if text.chars().any(char::is_control) {
            add(field, "text-control-character", true);
        }
    }
    if form.given.trim().is_empty() && form.family.trim().is_empty() {
        add("given", "name-required", true);
    } else if !format!("{}{}", form.given, form.family).chars().any(char::is_alphabetic) {
        add("given", "name-no-letters", true);
    }
    let birth = birth(form, today, &mut add);
    if !form.phone.trim().is_empty() && !is_phone(&form.phone) {
        add("phone", "phone-unusual", false);
    }
    if !form.nik.trim().is_empty() {
        match Nik::parse(&form.nik) {
            Err(fault) => add("nik", fault.message(), true),
            Ok(nik) => {
                if let Some(PartialDate::Day(date)) =
                    birth.filter(|b| matches!(b, PartialDate::Day(d) if !nik.agrees_with(*d)))
                {
                    debug_assert!(!nik.agrees_with(date));
                    add("nik", "nik-birth-date-differs", false);
                }
                if matches!(form.sex, Sex::Female | Sex::Male) && form.sex != nik.sex {
                    add("nik", "nik-sex-differs", false);
                }
            }
        }
    }
    let minor = birth.and_then(|b| b.age_on(today)).is_some_and(|age| age.years < OF_AGE);
    if minor && form.guardian_name.trim().is_empty() {
        add("guardian_name", "guardian-missing", false);
    }
    if !form.guardian_phone.trim().is_empty() && !is_phone(&form.guardian_phone) {
        add("guardian_phone", "phone-unusual", false);
    }
    problems
}

fn birth(form: &PatientForm, today: Date, add: &mut dyn FnMut(&str, &str, bool)) -> Option<PartialDate> {
    if form.birth_date.trim().is_empty() {
        return match (form.age_years.trim(), super::birth_date(form, today)) {
            ("", _) => {
                add("birth_date", "birth-date-or-age-required", true);
                None
            }
            (_, None) => {
                add("age_years", "age-unreadable", true);
                None
            }
            (_, found) => found,
        };
    }
    let Some(date) = parse_typed(&form.birth_date, today) else {
        add("birth_date", "birth-date-unreadable", true);
        return None;
    };
    if date.first_day() > today {
        add("birth_date", "birth-date-in-future", true);
    } else if i32::from(today.year() - date.year()) > OLDEST {
        add("birth_date", "birth-date-too-long-ago", true);
    }
    Some(date)
}

/// Whether the text can be dialled: five to fifteen digits (E.164), with the usual signs between.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (5..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c))
}

fn texts(form: &PatientForm) -> [(&'static str, &str); 13] {
    [
        ("given", &form.given),
        ("family", &form.family),
        ("prefix", &form.prefix),
        ("birth_date", &form.birth_date),
        ("age_years", &form.age_years),
        ("phone", &form.phone),
        ("nik", &form.nik),
        ("address_line", &form.address_line),
        ("city", &form.city),
        ("province", &form.province),
        ("postal_code", &form.postal_code),
        ("guardian_name", &form.guardian_name),
        ("guardian_phone", &form.guardian_phone),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    fn messages(form: PatientForm) -> Vec<(String, bool)> {
        check(&form, TODAY).into_iter().map(|p| (p.message, p.blocking)).collect()
    }

    fn melati() -> PatientForm {
        PatientForm {
            family: "Melati".into(),
            birth_date: "14-7-1961".into(),
            sex: Sex::Female,
            ..PatientForm::default()
        }
    }

    #[test]
    fn a_single_name_with_a_birth_date_is_enough() {
        assert_eq!(messages(melati()), []);
        assert_eq!(messages(PatientForm { birth_date: String::new(), age_years: "65".into(), ..melati() }), []);
    }

    #[test]
    fn a_form_without_name_or_birth_is_blocked() {
        let blocked = messages(PatientForm::default());
        assert_eq!(blocked, [("name-required".into(), true), ("birth-date-or-age-required".into(), true)]);
    }

    #[test]
    fn impossible_births_are_blocked() {
        for (text, message) in [
            ("31/2/1961", "birth-date-unreadable"),
            ("1-1-2027", "birth-date-in-future"),
            ("1899", "birth-date-too-long-ago"),
        ] {
            assert_eq!(messages(PatientForm { birth_date: text.into(), ..melati() }), [(message.into(), true)]);
        }
        assert_eq!(
            messages(PatientForm { birth_date: String::new(), age_years: "abc".into(), ..melati() }),
            [("age-unreadable".into(), true)]
        );
    }

    #[test]
    fn a_national_id_that_disagrees_warns_and_a_malformed_one_blocks() {
        let with = |nik: &str| messages(PatientForm { nik: nik.into(), ..melati() });
        assert_eq!(with("3201015407610003"), []);
        assert_eq!(with("3201011407610003"), [("nik-sex-differs".into(), false)]);
        assert_eq!(with("3201015507610003"), [("nik-birth-date-differs".into(), false)]);
        assert_eq!(with("123"), [("nik-wrong-length".into(), true)]);
    }

    #[test]
    fn a_minor_without_guardian_and_an_odd_phone_only_warn() {
        let child = PatientForm { birth_date: "1/2/2020".into(), phone: "ask mother".into(), ..melati() };
        assert_eq!(messages(child), [("phone-unusual".into(), false), ("guardian-missing".into(), false)]);
    }
}
