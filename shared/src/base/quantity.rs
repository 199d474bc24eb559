//! Quantities in UCUM: decimal values kept as written, and the conversions that the clinic uses.
//! Not a general UCUM engine: units outside the table are kept, never converted.

use std::fmt;

/// A decimal number in the text that JSON wants; trailing zeros are kept, since they say how exact it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// Reads a typed number; a decimal comma is read as a point. No thousands separators, no exponents.
    pub fn parse(typed: &str) -> Option<Decimal> {
        let text = typed.trim().replace(',', ".");
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", text.strip_prefix('+').unwrap_or(&text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) || digits.len() > 18
        {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let point = if fraction.is_empty() { "" } else { "." };
        Some(Decimal(format!("{sign}{whole}{point}{fraction}")))
    }

    /// Rounded half away from zero to so many decimals.
    pub fn rounded(value: f64, decimals: usize) -> Option<Decimal> {
        let scale = 10f64.powi(decimals as i32);
        let value = (value * scale).round() / scale;
        value.is_finite().then(|| Decimal(format!("{:.decimals$}", if value == 0.0 { 0.0 } else { value })))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(0.0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a unit measures; only units of one kind convert into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pressure,
    Temperature,
    Mass,
    Length,
    Percent,
    Rate,
    Pure,
}

/// UCUM code, kind, and `factor`, `offset` with base = value × factor + offset. Factors from UCUM essence 2.x:
/// m\[Hg\] = 133.322 kPa, \[lb_av\] = 453.59237 g, \[in_i\] = 2.54 cm, \[degF\] = 5/9 K above 459.67.
const UNITS: &[(&str, Kind, f64, f64)] = &[
    ("mm[Hg]", Kind::Pressure, 1.0, 0.0),
    ("kPa", Kind::Pressure, 1.0 / 0.133_322, 0.0),
    ("Cel", Kind::Temperature, 1.0, 0.0),
    ("[degF]", Kind::Temperature, 5.0 / 9.0, -160.0 / 9.0),
    ("K", Kind::Temperature, 1.0, -273.15),
    ("kg", Kind::Mass, 1.0, 0.0),
    ("g", Kind::Mass, 0.001, 0.0),
    ("[lb_av]", Kind::Mass, 0.453_592_37, 0.0),
    ("[oz_av]", Kind::Mass, 0.453_592_37 / 16.0, 0.0),
    ("cm", Kind::Length, 1.0, 0.0),
    ("m", Kind::Length, 100.0, 0.0),
    ("mm", Kind::Length, 0.1, 0.0),
    ("[in_i]", Kind::Length, 2.54, 0.0),
    ("[ft_i]", Kind::Length, 30.48, 0.0),
    ("%", Kind::Percent, 1.0, 0.0),
    ("/min", Kind::Rate, 1.0, 0.0),
    ("kg/m2", Kind::Pure, 1.0, 0.0),
    ("{score}", Kind::Pure, 1.0, 0.0),
];

/// Converts between two units of the same kind; `None` when they are not, or not known.
pub fn convert(value: f64, from: &str, to: &str) -> Option<f64> {
    if from == to {
        return Some(value);
    }
    let (_, from_kind, from_factor, from_offset) = *unit(from)?;
    let (_, to_kind, to_factor, to_offset) = *unit(to)?;
    if from_kind != to_kind || from_kind == Kind::Pure {
        return None;
    }
    Some((value * from_factor + from_offset - to_offset) / to_factor)
}

/// The unit as people write it. UCUM codes outside the table come back as they are.
pub fn printed(code: &str) -> &str {
    match code {
        "mm[Hg]" => "mmHg",
        "Cel" => "°C",
        "[degF]" => "°F",
        "[lb_av]" => "lb",
        "[oz_av]" => "oz",
        "[in_i]" => "in",
        "[ft_i]" => "ft",
        "kg/m2" => "kg/m²",
        "{score}" => "",
        other => other,
    }
}

fn unit(code: &str) -> Option<&'static (&'static str, Kind, f64, f64)> {
    // Annotations in braces say nothing about size: `{beats}/min` is `/min`.
    let bare = match (code.strip_prefix('{').and_then(|rest| rest.split_once('}')), code) {
        (Some((_, rest)), _) if !rest.is_empty() => rest,
        _ => code,
    };
    UNITS.iter().find(|(known, ..)| *known == bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_typed_number_is_kept_as_written_with_a_point() {
        let read = |t: &str| Decimal::parse(t).map(|d| d.to_string());
        assert_eq!(read(" 36,50 "), Some("36.50".into()));
        assert_eq!(read("007"), Some("7".into()));
        assert_eq!(read(".5"), Some("0.5".into()));
        assert_eq!(read("5."), Some("5".into()));
        for not in ["", "-", ".", "1e3", "1.2.3", "1,000.0", "12a", "NaN", "١"] {
            assert_eq!(read(not), None, "{not}");
        }
    }

    #[test]
    fn the_usual_conversions_come_out_right() {
        let to = |v, from, to, decimals| {
            convert(v, from, to).and_then(|v| Decimal::rounded(v, decimals)).map(|d| d.to_string())
        };
        assert_eq!(to(98.6, "[degF]", "Cel", 1), Some("37.0".into()));
        assert_eq!(to(16.0, "kPa", "mm[Hg]", 0), Some("120".into()));
        assert_eq!(to(150.0, "[lb_av]", "kg", 1), Some("68.0".into()));
        assert_eq!(to(60.0, "[in_i]", "cm", 1), Some("152.4".into()));
        assert_eq!(to(80.0, "{beats}/min", "/min", 0), Some("80".into()));
        assert_eq!(convert(1.0, "kg", "cm"), None);
        assert_eq!(convert(1.0, "mmol/L", "mg/dL"), None);
    }

    proptest! {
        #[test]
        fn converting_there_and_back_changes_nothing(value in -1000.0f64..1000.0, a in 0..UNITS.len(), b in 0..UNITS.len()) {
            if let Some(there) = convert(value, UNITS[a].0, UNITS[b].0) {
                let back = convert(there, UNITS[b].0, UNITS[a].0).expect("symmetric");
                prop_assert!((back - value).abs() < 1e-6);
            }
        }

        #[test]
        fn a_decimal_reads_back_and_is_a_json_number(text in "[-+]?[0-9]{0,6}[.,]?[0-9]{0,4}") {
            if let Some(decimal) = Decimal::parse(&text) {
                prop_assert_eq!(Decimal::parse(decimal.as_str()), Some(decimal.clone()));
                let whole = decimal.as_str().trim_start_matches('-').split('.').next().unwrap_or_default();
                prop_assert!(whole == "0" || !whole.starts_with('0'));
            }
        }
    }
}
