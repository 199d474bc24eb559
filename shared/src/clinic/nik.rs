//! The Indonesian national id (Nomor Induk Kependudukan): 16 digits that hold a place, a birth date, a sex and a serial.
//! Checks form only; whether the number was ever issued is not known here.

use crate::base::date::Date;

use super::patient::Sex;

/// The system under which SatuSehat knows the number.
pub const NIK_SYSTEM: &str = "https://fhir.kemkes.go.id/id/nik";

/// What a well-formed number says about its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nik {
    pub province: u8,
    /// Two-digit year: the century is not in the number.
    pub year: u8,
    pub month: u8,
    pub day: u8,
    pub sex: Sex,
    pub serial: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NikFault {
    #[error("the national id does not have 16 digits")]
    WrongLength,
    #[error("the national id names no province")]
    NoSuchProvince,
    #[error("the national id holds no date")]
    NoDate,
    #[error("the national id has serial 0000")]
    NoSerial,
}

impl NikFault {
    /// Fluent message id.
    pub fn message(self) -> &'static str {
        match self {
            NikFault::WrongLength => "nik-wrong-length",
            NikFault::NoSuchProvince => "nik-no-such-province",
            NikFault::NoDate => "nik-no-date",
            NikFault::NoSerial => "nik-no-serial",
        }
    }
}

/// Province codes in use in 2025 (Kemendagri's list of administrative areas).
const PROVINCES: [u8; 38] = [
    11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 31, 32, 33, 34, 35, 36, 51, 52, 53, 61, 62, 63, 64, 65, 71, 72, 73, 74, 75,
    76, 81, 82, 91, 92, 93, 94, 95, 96,
];

impl Nik {
    /// Digits may be grouped by spaces, points or hyphens. Women's days are written with 40 added.
    pub fn parse(text: &str) -> Result<Nik, NikFault> {
        let digits = digits(text).ok_or(NikFault::WrongLength)?;
        let pair = |at: usize| (digits.as_bytes()[at] - b'0') * 10 + digits.as_bytes()[at + 1] - b'0';
        let province = pair(0);
        if !PROVINCES.contains(&province) {
            return Err(NikFault::NoSuchProvince);
        }
        let (written_day, month, year) = (pair(6), pair(8), pair(10));
        let (day, sex) = if written_day > 40 { (written_day - 40, Sex::Female) } else { (written_day, Sex::Male) };
        // Any century will do for the day's existence, but 29 February needs a leap year.
        let exists = |century: i16| Date::new(century + i16::from(year), month as i8, day as i8).is_ok();
        if !exists(1900) && !exists(2000) {
            return Err(NikFault::NoDate);
        }
        let serial = u16::from(pair(12)) * 100 + u16::from(pair(14));
        if serial == 0 { Err(NikFault::NoSerial) } else { Ok(Nik { province, year, month, day, sex, serial }) }
    }

    /// Whether the birth date could be the one in the number.
    pub fn agrees_with(self, birth: Date) -> bool {
        (birth.year() % 100, birth.month(), birth.day()) == (i16::from(self.year), self.month as i8, self.day as i8)
    }
}

/// The sixteen digits alone, or nothing when there are not sixteen or something else stands among them.
pub fn digits(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '\u{a0}')).collect();
    (bare.len() == 16 && bare.bytes().all(|b| b.is_ascii_digit())).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_womans_day_has_forty_added() {
        let nik = Nik::parse("3201 0154 0761 0003").expect("well formed");
        assert_eq!((nik.day, nik.month, nik.year, nik.sex), (14, 7, 61, Sex::Female));
        assert!(nik.agrees_with(jiff::civil::date(1961, 7, 14)));
        assert!(!nik.agrees_with(jiff::civil::date(1961, 7, 15)));
    }

    #[test]
    fn each_fault_is_named() {
        assert_eq!(Nik::parse("320101540761000"), Err(NikFault::WrongLength));
        assert_eq!(Nik::parse("32010154076100O3"), Err(NikFault::WrongLength));
        assert_eq!(Nik::parse("2001015407610003"), Err(NikFault::NoSuchProvince));
        assert_eq!(Nik::parse("3201013202610003"), Err(NikFault::NoDate));
        assert_eq!(Nik::parse("3201010013610003"), Err(NikFault::NoDate));
        assert_eq!(Nik::parse("3201015407610000"), Err(NikFault::NoSerial));
    }

    proptest! {
        #[test]
        fn any_real_birth_date_makes_a_number_that_agrees(day in 1i8..=28, month in 1i8..=12, year in 1925i16..2026, woman: bool, serial in 1u16..1000) {
            let written = day as u8 + if woman { 40 } else { 0 };
            let text = format!("317101{written:02}{month:02}{:02}{serial:04}", year % 100);
            let nik = Nik::parse(&text).expect("well formed");
            prop_assert!(nik.agrees_with(jiff::civil::date(year, month, day)));
            prop_assert_eq!(nik.sex == Sex::Female, woman);
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,24}") {
            let _ = Nik::parse(&text);
        }
    }
}
