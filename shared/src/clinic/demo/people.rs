//! The people of the demo clinic. Every name is made of plants, weather and places; every number is plainly invented.

use crate::base::date::{Date, PartialDate, epoch_day, from_epoch_day};
use crate::clinic::patient::{PatientForm, Sex};

use super::random::Random;

/// What a person's history tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Long-term illness: any of raised pressure, diabetes, blood lipids, gout.
    Chronic {
        pressure: bool,
        sugar: bool,
        lipids: bool,
        gout: bool,
    },
    Asthma,
    /// Weeks of pregnancy reached today; above 40: the child was born.
    Antenatal {
        weeks: i64,
    },
    Child,
    /// Days since the treatment began.
    Tuberculosis {
        days: i64,
    },
    Acute,
}

/// What is on record about allergies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allergies {
    To(&'static [usize]),
    NoneKnown,
    NotRecorded,
    /// A letter speaks of an allergy, but the substance cannot be read.
    Illegible,
}

#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub given: &'static str,
    /// A mononym stands here alone.
    pub family: &'static str,
    pub sex: Sex,
    pub years: f64,
    pub story: Story,
    pub allergies: Allergies,
    /// Notes are written in Indonesian.
    pub indonesian: bool,
}

const fn person(
    given: &'static str,
    family: &'static str,
    sex: Sex,
    years: f64,
    story: Story,
    allergies: Allergies,
) -> Person {
    Person { given, family, sex, years, story, allergies, indonesian: false }
}

const fn orang(
    given: &'static str,
    family: &'static str,
    sex: Sex,
    years: f64,
    story: Story,
    allergies: Allergies,
) -> Person {
    Person { given, family, sex, years, story, allergies, indonesian: true }
}

const fn chronic(pressure: bool, sugar: bool, lipids: bool, gout: bool) -> Story {
    Story::Chronic { pressure, sugar, lipids, gout }
}

const F: Sex = Sex::Female;
const M: Sex = Sex::Male;
const PRESSURE: Story = chronic(true, false, false, false);
const SUGAR: Story = chronic(false, true, false, false);
const BOTH: Story = chronic(true, true, false, false);
const LIPIDS: Story = chronic(false, false, true, false);
const GOUT: Story = chronic(false, false, false, true);
const NONE: Allergies = Allergies::NoneKnown;
const UNSAID: Allergies = Allergies::NotRecorded;

/// Substance, reaction, criticality, severity; in English and in Indonesian.
pub const ALLERGENS: [[(&str, &str, &str, &str); 2]; 8] = [
    [("penicillin", "urticaria", "high", "severe"), ("penisilin", "urtikaria", "high", "severe")],
    [("sulfamethoxazole", "rash", "low", "moderate"), ("sulfametoksazol", "ruam", "low", "moderate")],
    [("shrimp", "swelling of the lips", "low", "mild"), ("udang", "bibir bengkak", "low", "mild")],
    [("peanut", "wheeze", "high", "severe"), ("kacang tanah", "mengi", "high", "severe")],
    [("ibuprofen", "wheeze", "high", "moderate"), ("ibuprofen", "mengi", "high", "moderate")],
    [("house dust mite", "sneezing, itchy eyes", "low", "mild"), ("tungau debu", "bersin, mata gatal", "low", "mild")],
    [("latex", "contact dermatitis", "low", "mild"), ("lateks", "dermatitis kontak", "low", "mild")],
    [("egg", "rash", "low", "mild"), ("telur", "ruam", "low", "mild")],
];

pub const PEOPLE: [Person; 50] = [
    person("Melati", "Pagi", F, 58.0, PRESSURE, Allergies::To(&[0])),
    orang("Bambu", "Rimba", M, 64.0, BOTH, NONE),
    person("Kenanga", "Hujan", F, 27.0, Story::Antenatal { weeks: 31 }, NONE),
    orang("", "Embun", F, 49.0, SUGAR, UNSAID),
    person("Rotan", "Lembah", M, 41.0, Story::Tuberculosis { days: 96 }, NONE),
    person("Cempaka", "Kabut", F, 4.2, Story::Child, Allergies::To(&[7])),
    person("Jati", "Kemarau", M, 71.0, PRESSURE, Allergies::To(&[1, 4])),
    orang("Seroja", "Telaga", F, 33.0, Story::Asthma, Allergies::To(&[5])),
    person("", "Guntur", M, 38.0, GOUT, UNSAID),
    person("Pandan", "Muara", F, 45.0, LIPIDS, NONE),
    orang("Meranti", "Hulu", M, 22.0, Story::Acute, UNSAID),
    person("Anggrek", "Awan", F, 29.0, Story::Antenatal { weeks: 92 }, Allergies::To(&[2])),
    person("Damar", "Pesisir", M, 55.0, SUGAR, NONE),
    orang("Teratai", "Danau", F, 1.4, Story::Child, NONE),
    person("Ulin", "Sungai", M, 67.0, chronic(true, true, true, false), Allergies::To(&[0])),
    person("Kemuning", "Gerimis", F, 52.0, PRESSURE, NONE),
    orang("Bakau", "Teluk", M, 47.0, chronic(true, false, false, true), NONE),
    person("Dahlia", "Sawah", F, 19.0, Story::Acute, NONE),
    person("Randu", "Angin", M, 9.0, Story::Asthma, Allergies::To(&[3])),
    orang("", "Mendung", M, 76.0, PRESSURE, Allergies::Illegible),
    person("Flamboyan", "Bukit", F, 61.0, BOTH, NONE),
    person("Nipah", "Hilir", M, 35.0, Story::Tuberculosis { days: 410 }, UNSAID),
    orang("Kamboja", "Pelangi", F, 24.0, Story::Antenatal { weeks: 18 }, UNSAID),
    person("Cendana", "Karang", M, 2.6, Story::Child, UNSAID),
    person("Soka", "Padang", F, 44.0, LIPIDS, NONE),
    orang("Lontar", "Savana", M, 59.0, SUGAR, Allergies::To(&[1])),
    person("Kemangi", "Kebun", F, 31.0, Story::Acute, Allergies::To(&[6])),
    person("Beringin", "Kawah", M, 69.0, PRESSURE, NONE),
    orang("Sirih", "Ladang", F, 37.0, Story::Asthma, NONE),
    person("Trembesi", "Selat", M, 50.0, GOUT, NONE),
    person("", "Rintik", F, 0.7, Story::Child, UNSAID),
    orang("Aren", "Tanjung", M, 43.0, LIPIDS, UNSAID),
    person("Serai", "Kabut", F, 65.0, BOTH, Allergies::To(&[2])),
    person("Ketapang", "Pantai", M, 28.0, Story::Acute, NONE),
    orang("Lengkuas", "Rawa", F, 54.0, PRESSURE, UNSAID),
    person("Pinang", "Mendung", M, 16.0, Story::Asthma, NONE),
    person("Manggis", "Pagi", F, 3.3, Story::Child, NONE),
    orang("Sagu", "Muara", M, 62.0, PRESSURE, NONE),
    person("Kunyit", "Bukit", F, 48.0, SUGAR, NONE),
    person("Salak", "Gunung", M, 26.0, Story::Acute, UNSAID),
    orang("Kecombrang", "Hujan", F, 30.0, Story::Antenatal { weeks: 55 }, NONE),
    person("Kemiri", "Rimba", M, 57.0, chronic(false, false, true, true), NONE),
    person("Alamanda", "Telaga", F, 40.0, Story::Tuberculosis { days: 1210 }, NONE),
    orang("Duku", "Lembah", M, 5.1, Story::Child, Allergies::To(&[2])),
    person("Waru", "Samudra", M, 82.0, PRESSURE, Allergies::To(&[4])),
    person("Bougenvil", "Awan", F, 46.0, SUGAR, Allergies::To(&[0, 2])),
    orang("", "Halimun", F, 12.0, Story::Asthma, UNSAID),
    person("Rambutan", "Danau", M, 0.4, Story::Child, UNSAID),
    person("Kesambi", "Gerimis", F, 36.0, Story::Acute, NONE),
    orang("Gaharu", "Pulau", M, 34.0, Story::Acute, NONE),
];

/// The one whose history ends with a death, by place in `PEOPLE`, and how many days ago.
pub const DECEASED: (usize, i64) = (44, 403);
/// Those of whom only the year of birth is known, by place in `PEOPLE`.
pub const YEAR_ONLY: [usize; 2] = [19, 44];

/// Province codes of the national id, and the provinces' names.
const PROVINCES: [(u8, &str); 8] = [
    (32, "Jawa Barat"),
    (33, "Jawa Tengah"),
    (34, "DI Yogyakarta"),
    (35, "Jawa Timur"),
    (36, "Banten"),
    (51, "Bali"),
    (64, "Kalimantan Timur"),
    (73, "Sulawesi Selatan"),
];
const STREETS: [&str; 5] = ["Jalan Contoh", "Jalan Umpama", "Gang Misal", "Jalan Rekaan", "Gang Andai"];
const TOWNS: [&str; 4] = ["Kota Contoh", "Desa Umpama", "Kecamatan Misal", "Desa Rekaan"];

impl Person {
    /// Born so long ago that the age is the one in the list; within the year the day is drawn.
    pub fn birth(&self, today: Date, random: &mut Random) -> Date {
        let slack = if self.years < 15.0 { 12 } else { 350 };
        let days = (self.years * 365.25) as i64 + random.between(1, slack);
        from_epoch_day(i64::from(epoch_day(today)) - days)
    }

    /// As registered at the desk. `place` is the person's place in `PEOPLE`.
    pub fn form(&self, place: usize, birth: Date, random: &mut Random) -> PatientForm {
        let (code, province) = random.pick(&PROVINCES);
        let minor = self.years < 17.0;
        let year_only = YEAR_ONLY.contains(&place);
        let woman = self.sex == Sex::Female;
        let prefix = match (minor, woman, self.indonesian) {
            (true, ..) => "",
            (_, true, true) => "Ibu",
            (_, false, true) => "Bapak",
            (_, true, false) => "Mrs",
            (_, false, false) => "Mr",
        };
        // District 9999 exists in no province: the number is well formed and can be nobody's.
        let day = birth.day() as i16 + if woman { 40 } else { 0 };
        let nik = format!("{code}9999{day:02}{:02}{:02}{:04}", birth.month(), birth.year() % 100, place + 1);
        let phone = |series: usize| format!("+62 8{:02}-0000-{:04}", 11 + (place % 8), place + 1 + series);
        let has_nik = !year_only && self.years > 1.0 && place % 9 != 8;
        PatientForm {
            given: self.given.into(),
            family: self.family.into(),
            prefix: prefix.into(),
            birth_date: if year_only { PartialDate::Year(birth.year()) } else { PartialDate::Day(birth) }.to_string(),
            age_years: String::new(),
            sex: self.sex,
            phone: if minor { String::new() } else { phone(100) },
            nik: if has_nik { nik } else { String::new() },
            address_line: format!("{} {}", random.pick(&STREETS), random.between(1, 99)),
            city: random.pick(&TOWNS).into(),
            province: province.into(),
            postal_code: format!("000{:02}", code),
            guardian_name: if minor { guardian(place) } else { String::new() },
            guardian_phone: if minor { phone(500) } else { String::new() },
        }
    }
}

/// A parent made of the same words as everybody.
fn guardian(place: usize) -> String {
    let first = PEOPLE[(place * 7 + 11) % PEOPLE.len()].given;
    let last = PEOPLE[place].family;
    format!("{} {last}", if first.is_empty() { "Mawar" } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Plants, weather and places.
    const WORDS: &str = "Alamanda Anggrek Aren Bakau Bambu Beringin Bougenvil Cempaka Cendana Dahlia Damar Duku Flamboyan Gaharu \
        Jati Kamboja Kecombrang Kemangi Kemiri Kemuning Kenanga Kesambi Ketapang Kunyit Lengkuas Lontar Manggis Mawar Melati \
        Meranti Nipah Pandan Pinang Rambutan Randu Rotan Sagu Salak Serai Seroja Sirih Soka Teratai Trembesi Ulin Waru \
        Angin Awan Embun Gerimis Guntur Halimun Hujan Kabut Kemarau Mendung Pagi Pelangi Rintik \
        Bukit Danau Gunung Hilir Hulu Karang Kawah Kebun Ladang Lembah Muara Padang Pantai Pesisir Pulau Rawa Rimba Samudra \
        Savana Sawah Selat Sungai Tanjung Telaga Teluk";

    #[test]
    fn every_name_is_made_of_plants_weather_and_places() {
        let words: BTreeSet<&str> = WORDS.split_whitespace().collect();
        for (place, person) in PEOPLE.iter().enumerate() {
            let names = format!("{} {} {}", person.given, person.family, guardian(place));
            assert!(names.split_whitespace().all(|word| words.contains(word)), "{names}");
        }
    }

    #[test]
    fn no_two_people_share_a_whole_name_and_some_have_one_name_only() {
        let names: BTreeSet<_> = PEOPLE.iter().map(|p| (p.given, p.family)).collect();
        assert_eq!(names.len(), PEOPLE.len());
        assert!(PEOPLE.iter().filter(|p| p.given.is_empty()).count() >= 4);
    }
}
