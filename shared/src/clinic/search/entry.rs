//! What the index knows of one patient: the stored entry, and the keys worked out from it.

use crate::base::date::{Date, PartialDate, instant_of};
use crate::base::{PatientId, order};
use crate::clinic::nik;
use crate::clinic::patient::{Known, PatientForm, PatientRow, Sex, birth_date, row_of};
use crate::fhir::Resource;

use super::image::NEVER;
use super::text::{digits, normal, phone_digits};

/// One patient as persisted (sealed) for the index. A released format: fields are only ever added.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct IndexEntry {
    #[n(0)]
    pub fhir_id: String,
    #[n(1)]
    pub family: String,
    #[n(2)]
    pub given: String,
    #[n(3)]
    pub prefix: String,
    /// FHIR partial date, or empty.
    #[n(4)]
    pub birth_date: String,
    #[n(5)]
    pub sex: Sex,
    #[n(6)]
    pub mrn: String,
    #[n(7)]
    pub nik: String,
    #[n(8)]
    pub phone: String,
    #[n(9)]
    pub deceased: bool,
    /// FHIR dateTime of the latest encounter, or empty.
    #[n(10)]
    pub last_visit: String,
    /// Other names by which the patient is or was known.
    #[n(11)]
    pub aliases: Vec<String>,
    /// Other phones and identifiers.
    #[n(12)]
    pub numbers: Vec<String>,
}

/// What lists show of an entry. The rest is passed over when it is read.
#[derive(minicbor::Decode)]
pub(super) struct Shown {
    #[n(1)]
    family: String,
    #[n(2)]
    given: String,
    #[n(3)]
    prefix: String,
    #[n(4)]
    birth_date: String,
    #[n(5)]
    sex: Sex,
    #[n(6)]
    mrn: String,
    #[n(7)]
    nik: String,
    #[n(8)]
    phone: String,
    #[n(9)]
    deceased: bool,
    #[n(10)]
    last_visit: String,
}

/// An entry as lists show it, read whole or only as far as they show it.
macro_rules! row {
    ($entry:expr, $id:expr) => {
        PatientRow {
            patient: $id.hex(),
            family: $entry.family,
            given: $entry.given,
            prefix: $entry.prefix,
            birth_date: $entry.birth_date,
            sex: $entry.sex,
            mrn: $entry.mrn,
            nik: $entry.nik,
            phone: $entry.phone,
            deceased: $entry.deceased,
            last_visit: $entry.last_visit,
        }
    };
}

impl Shown {
    pub fn into_row(self, id: PatientId) -> PatientRow {
        row!(self, id)
    }
}

impl IndexEntry {
    pub fn from_resource(patient: &Resource, last_visit: &str, fhir_id: &str) -> IndexEntry {
        let known = Known::of(patient);
        let row = row_of(patient, &known, last_visit);
        let shown = normal(&format!("{} {}", row.given, row.family));
        let texts = |list: &serde_json::Value, key: &str| -> Vec<String> {
            let items = list.as_array().into_iter().flatten();
            items.filter_map(|item| item[key].as_str()).map(str::to_owned).collect()
        };
        let mut aliases = Vec::new();
        for name in known.name.as_array().into_iter().flatten() {
            let given = name["given"].as_array().into_iter().flatten().filter_map(|g| g.as_str());
            let words: Vec<&str> = given.chain(name["family"].as_str()).collect();
            let alias =
                if words.is_empty() { name["text"].as_str().unwrap_or_default().to_owned() } else { words.join(" ") };
            if normal(&alias) != shown && !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        let mut numbers = texts(&known.identifier, "value");
        numbers.extend(texts(&known.telecom, "value"));
        numbers.retain(|n| {
            n.len() <= 64
                && *n != row.mrn
                && *n != row.nik
                && *n != row.phone
                && n.contains(|c: char| c.is_ascii_digit())
        });
        IndexEntry {
            fhir_id: fhir_id.to_owned(),
            family: row.family,
            given: row.given,
            prefix: row.prefix,
            birth_date: row.birth_date,
            sex: row.sex,
            mrn: row.mrn,
            nik: row.nik,
            phone: row.phone,
            deceased: row.deceased,
            last_visit: row.last_visit,
            aliases,
            numbers,
        }
    }

    pub fn into_row(self, id: PatientId) -> PatientRow {
        row!(self, id)
    }

    /// `given family`, normalised.
    #[cfg(test)]
    pub(super) fn whole(&self) -> String {
        let (given, family) = (normal(&self.given), normal(&self.family));
        format!("{given} {family}").trim().to_owned()
    }

    pub(super) fn keys(&self) -> Keys {
        let (given, family) = (normal(&self.given), normal(&self.family));
        let mut names: Vec<Box<str>> = words(&given).chain(words(&family)).map(Box::from).collect();
        let (of_given, of_family) = (words(&given).count(), words(&family).count());
        for alias in &self.aliases {
            for word in words(&normal(alias)) {
                if !names.iter().any(|known| **known == *word) {
                    names.push(word.into());
                }
            }
        }
        let whole = format!("{given} {family}").trim().to_owned();
        let (g, f) = (given.replace(' ', ""), family.replace(' ', ""));
        let joined: Vec<Box<str>> = match (g.is_empty(), f.is_empty()) {
            (false, false) => vec![format!("{g}{f}").into(), format!("{f}{g}").into()],
            _ if whole.contains(' ') => vec![whole.replace(' ', "").into()],
            _ => Vec::new(),
        };
        let phones = [&self.phone].into_iter().chain(&self.numbers).map(|n| phone_digits(n));
        let numbers = phones.chain([digits(&self.nik), digits(&self.mrn)]).filter(|n| !n.is_empty());
        let numbers: Vec<Box<str>> = numbers.map(Box::from).collect();
        let id_words = [&self.mrn, &self.nik].into_iter().chain(&self.numbers);
        let mut ids: Vec<Box<str>> = id_words.map(|id| normal(id).replace(' ', "").into()).collect();
        order::sort(&mut ids);
        ids.dedup();
        ids.retain(|id| !id.is_empty());
        let birth = PartialDate::parse(&self.birth_date);
        let last_visit = instant_of(&self.last_visit).map_or(NEVER, |at| minutes(at.0));
        Keys { names, given: of_given, family: of_family, joined, whole: whole.into(), numbers, ids, birth, last_visit }
    }
}

/// Worked out from an entry when it enters the index.
#[derive(Debug)]
pub(super) struct Keys {
    /// Words of the given name, the family's, and what else the other names have.
    pub names: Vec<Box<str>>,
    /// How many of them are of the given name, and how many of the family's.
    pub given: usize,
    pub family: usize,
    /// Whole names without spaces, in both orders.
    pub joined: Vec<Box<str>>,
    /// `given family`, normalised.
    pub whole: Box<str>,
    /// Digits of phones and identifiers.
    pub numbers: Vec<Box<str>>,
    /// Identifiers without signs, whole.
    pub ids: Vec<Box<str>>,
    pub birth: Option<PartialDate>,
    /// Minutes since 1970, or `NEVER`.
    pub last_visit: i32,
}

/// The first eight bytes, for comparing many at once. Shorter texts end in noughts, which no normalised text holds.
pub(super) fn beginning(text: &str) -> u64 {
    let mut start = [0u8; 8];
    start.iter_mut().zip(text.bytes()).for_each(|(slot, byte)| *slot = byte);
    u64::from_be_bytes(start)
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(' ').filter(|word| !word.is_empty())
}

fn minutes(millis: i64) -> i32 {
    i32::try_from(millis.div_euclid(60_000)).unwrap_or(NEVER)
}

/// What a cheap first look asks before a candidate is judged as a duplicate.
pub(super) struct DuplicateProbe {
    /// The first two letters of each longer word of the name.
    pub words: Vec<String>,
    pub birth: Option<PartialDate>,
    /// Numbers long enough to say something.
    pub numbers: Vec<String>,
}

impl DuplicateProbe {
    pub fn new(form: &PatientForm, today: Date) -> DuplicateProbe {
        let name = normal(&format!("{} {}", form.given, form.family));
        let phone = phone_digits(&form.phone).trim_start_matches('0').to_owned();
        let numbers = [phone, nik::digits(&form.nik).unwrap_or_default()];
        DuplicateProbe {
            words: name.split(' ').filter(|w| w.len() >= 3).map(|w| w.chars().take(2).collect()).collect(),
            birth: birth_date(form, today),
            numbers: numbers.into_iter().filter(|number| number.len() >= 7).collect(),
        }
    }
}
