//! Numbers as a reader of the language writes them. Takes decimal text as it stands and never rounds it.

use super::{Lang, lang};

/// `1234.5` → `1,234.5` in English, `1.234,5` in Indonesian. Text that is no plain decimal comes back as it is.
pub fn number(text: &str) -> String {
    in_lang(text, lang())
}

pub fn count(n: u64) -> String {
    in_lang(&n.to_string(), lang())
}

/// Bytes in the unit a person would say: `850 B`, `1.2 MB`.
pub fn bytes(n: u64) -> String {
    const STEPS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (size, unit) in STEPS {
        if n >= size {
            let tenths = n / (size / 10);
            return format!("{} {unit}", number(&format!("{}.{}", tenths / 10, tenths % 10)));
        }
    }
    format!("{n} B")
}

pub(super) fn in_lang(text: &str, lang: Lang) -> String {
    let (sign, body) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = match body.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (body, None),
    };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !fraction.is_none_or(digits) {
        return text.to_owned();
    }
    let (group, point) = match lang {
        Lang::En => (',', '.'),
        Lang::Id => ('.', ','),
    };
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(group);
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push(point);
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indonesian_writes_a_decimal_comma_and_groups_with_points() {
        assert_eq!(in_lang("1234567.50", Lang::Id), "1.234.567,50");
        assert_eq!(in_lang("-0.5", Lang::Id), "-0,5");
        assert_eq!(in_lang("1000", Lang::En), "1,000");
    }

    #[test]
    fn what_is_no_number_stays_as_it_was() {
        assert_eq!(in_lang("120/80", Lang::Id), "120/80");
        assert_eq!(in_lang("1.2.3", Lang::Id), "1.2.3");
        assert_eq!(in_lang("", Lang::Id), "");
    }
}
