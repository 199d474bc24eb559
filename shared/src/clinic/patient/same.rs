//! Whether a form may be about somebody who is registered already. Suggests; merging is a person's decision.

use crate::base::date::{Date, PartialDate};
use crate::base::order;
use crate::clinic::nik;
use crate::clinic::search::text::{normal, phone_digits, within};

use super::{LikelyDuplicate, PatientForm, PatientRow, Sex, birth_date};

/// Below this a candidate is not shown.
const LIKELY: f64 = 0.55;

/// The likely ones among the candidates, likeliest first, at most five.
pub fn duplicates(
    form: &PatientForm,
    candidates: impl IntoIterator<Item = PatientRow>,
    today: Date,
) -> Vec<LikelyDuplicate> {
    let probe = Probe::new(form, today);
    let mut found: Vec<LikelyDuplicate> = candidates.into_iter().filter_map(|row| probe.judge(row)).collect();
    order::sort_by(&mut found, |a, b| b.score.total_cmp(&a.score).then_with(|| a.row.patient.cmp(&b.row.patient)));
    found.truncate(5);
    found
}

/// How alike two sets of normalised name words are, 0 to 1: each word finds its best partner, order does not matter.
pub fn likeness(a: &[&str], b: &[&str]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    if a.concat() == b.concat() {
        return 1.0;
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let best = |word: &&str| {
        let scores = long.iter().map(|other| match within(word, other, 2) {
            Some(0) => 1.0,
            Some(1) if word.len().min(other.len()) >= 4 => 0.8,
            Some(2) if word.len().min(other.len()) >= 6 => 0.6,
            _ if word.len() == 1 && other.starts_with(*word) => 0.5,
            _ => 0.0,
        });
        scores.fold(0.0, f64::max)
    };
    let matched: f64 = short.iter().map(best).sum();
    // A name that lacks some words of the other is a little less alike, not half.
    matched / (short.len() as f64 + 0.3 * (long.len() - short.len()) as f64)
}

struct Probe {
    name: String,
    birth: Option<PartialDate>,
    phone: String,
    nik: Option<String>,
    sex: Sex,
}

impl Probe {
    fn new(form: &PatientForm, today: Date) -> Probe {
        Probe {
            name: normal(&format!("{} {}", form.given, form.family)),
            birth: birth_date(form, today),
            phone: trimmed(&form.phone),
            nik: nik::digits(&form.nik),
            sex: form.sex,
        }
    }

    fn judge(&self, row: PatientRow) -> Option<LikelyDuplicate> {
        let mut score = 0.0;
        let mut reasons = Vec::new();
        let mut reason = |id: &str, weight: f64| {
            score += weight;
            reasons.push(id.to_owned());
        };
        if self.nik.is_some() && nik::digits(&row.nik) == self.nik {
            reason("same-nik", 0.9);
        }
        if self.phone.len() >= 7 && trimmed(&row.phone) == self.phone {
            reason("same-phone", 0.3);
        }
        match (self.birth, PartialDate::parse(&row.birth_date)) {
            (Some(PartialDate::Day(ours)), Some(PartialDate::Day(theirs))) if ours == theirs => {
                reason("same-birth-date", 0.35)
            }
            (Some(ours), Some(theirs)) if ours.overlaps(theirs) => reason("same-birth-year", 0.15),
            _ => {}
        }
        let theirs = normal(&format!("{} {}", row.given, row.family));
        let (a, b): (Vec<&str>, Vec<&str>) = (self.name.split(' ').collect(), theirs.split(' ').collect());
        match likeness(&a, &b) {
            same if same >= 0.99 => reason("same-name", 0.45),
            alike if alike >= 0.6 => reason("similar-name", 0.4 * alike),
            _ => {}
        }
        let sexes_differ = matches!((self.sex, row.sex), (Sex::Female, Sex::Male) | (Sex::Male, Sex::Female));
        let score = (score - if sexes_differ { 0.2 } else { 0.0 }).clamp(0.0, 1.0);
        (score >= LIKELY).then_some(LikelyDuplicate { row, score, reasons })
    }
}

/// A phone with or without its trunk zero is the same phone.
fn trimmed(phone: &str) -> String {
    phone_digits(phone).trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    fn known() -> PatientRow {
        PatientRow {
            family: "Pagi".into(),
            given: "Melati Putri".into(),
            birth_date: "1961-07-14".into(),
            phone: "0812-0000-0001".into(),
            nik: "3201015407610003".into(),
            sex: Sex::Female,
            ..PatientRow::default()
        }
    }

    fn reasons(form: PatientForm) -> Vec<String> {
        duplicates(&form, [known()], TODAY).into_iter().flat_map(|d| d.reasons).collect()
    }

    #[test]
    fn the_same_person_is_recognised_by_name_and_birth_by_phone_or_by_national_id() {
        let base = PatientForm { given: "Melatti".into(), family: "pagi".into(), ..PatientForm::default() };
        assert_eq!(
            reasons(PatientForm { birth_date: "14-7-61".into(), ..base.clone() }),
            ["same-birth-date", "similar-name"]
        );
        assert_eq!(
            reasons(PatientForm { phone: "+62 812 0000 0001".into(), ..base.clone() }),
            ["same-phone", "similar-name"]
        );
        assert_eq!(reasons(PatientForm { nik: "3201015407610003".into(), ..PatientForm::default() }), ["same-nik"]);
    }

    #[test]
    fn a_shared_name_or_a_shared_phone_alone_says_nothing() {
        assert!(
            reasons(PatientForm { given: "Melati Putri".into(), family: "Pagi".into(), ..PatientForm::default() })
                .is_empty()
        );
        assert!(
            reasons(PatientForm { family: "Awan".into(), phone: "081200000001".into(), ..PatientForm::default() })
                .is_empty()
        );
    }
}
