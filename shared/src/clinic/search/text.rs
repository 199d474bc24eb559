//! How names, numbers and queries are made comparable: case, accents, punctuation and spaces do not count.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, no accents, no punctuation, single spaces. Apostrophes join, all other signs part.
pub fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        text.bytes().for_each(|b| push(&mut out, b as char));
    } else {
        text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).for_each(|c| push(&mut out, c));
    }
    out.truncate(out.trim_end().len());
    out
}

fn push(out: &mut String, c: char) {
    match c {
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ı' => out.push('i'),
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        '\'' | '’' | '‘' | '`' | 'ʼ' => {}
        c if c.is_alphanumeric() => out.push(c.to_ascii_lowercase()),
        _ if out.is_empty() || out.ends_with(' ') => {}
        _ => out.push(' '),
    }
}

/// The digits of a phone number, the country code 62 as trunk zero, so that `+62 812…` is `0812…`.
pub fn phone_digits(text: &str) -> String {
    let digits = digits(text);
    let international = text.trim_start().starts_with('+');
    let bare = digits
        .strip_prefix("0062")
        .or_else(|| digits.strip_prefix("62").filter(|rest| international || rest.len() >= 8));
    bare.map_or(digits.clone(), |national| format!("0{}", national.trim_start_matches('0')))
}

pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Edit distance (insert, delete, replace) of two words, if it is at most `most`.
pub fn within(a: &str, b: &str, most: u32) -> Option<u32> {
    if a.len().abs_diff(b.len()) as u32 > most {
        return None;
    }
    let pattern = Pattern::new(a)?;
    Some(pattern.distance(b)).filter(|d| *d <= most)
}

/// A word of at most 64 bytes, made ready to be compared with many (Myers 1999, in Hyyrö's form).
#[derive(Debug)]
pub struct Pattern {
    masks: [u64; 256],
    len: u32,
}

impl Pattern {
    pub fn new(word: &str) -> Option<Pattern> {
        let len = word.len();
        if !(1..=64).contains(&len) {
            return None;
        }
        let mut masks = [0u64; 256];
        word.bytes().enumerate().for_each(|(i, b)| masks[usize::from(b)] |= 1 << i);
        Some(Pattern { masks, len: len as u32 })
    }

    pub fn distance(&self, text: &str) -> u32 {
        self.walk(text).0
    }

    /// The distance to the text, and the least distance to any beginning of it: what has been typed so far may be one.
    pub fn walk(&self, text: &str) -> (u32, u32) {
        let last = 1u64 << (self.len - 1);
        let (mut plus, mut minus) = (u64::MAX, 0u64);
        let (mut score, mut least) = (self.len, self.len);
        for byte in text.bytes() {
            let mask = self.masks[usize::from(byte)];
            let x = mask | minus;
            let d0 = ((mask & plus).wrapping_add(plus) ^ plus) | x;
            let (mut h_plus, h_minus) = (minus | !(d0 | plus), plus & d0);
            if h_plus & last != 0 {
                score += 1;
            } else if h_minus & last != 0 {
                score -= 1;
            }
            least = least.min(score);
            h_plus = h_plus << 1 | 1;
            plus = (h_minus << 1) | !(d0 | h_plus);
            minus = h_plus & d0;
        }
        (score, least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_accents_and_signs_do_not_count() {
        assert_eq!(normal("  Nur'Aini  BINTI-Señor, Ørsted. "), "nuraini binti senor orsted");
        assert_eq!(normal("Carla Echevarría"), "carla echevarria");
        assert_eq!(normal("ＦＵＬＬ"), "full");
        assert_eq!(normal("...-"), "");
        assert_eq!(phone_digits("+62 812-0000-0001"), phone_digits("0812 0000 0001"));
    }

    fn slow(a: &[u8], b: &[u8]) -> Vec<u32> {
        let mut row: Vec<u32> = (0..=b.len() as u32).collect();
        for (i, x) in a.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i as u32 + 1;
            for (j, y) in b.iter().enumerate() {
                let next = (diagonal + u32::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
                diagonal = row[j + 1];
                row[j + 1] = next;
            }
        }
        row
    }

    proptest! {
        #[test]
        fn the_quick_distance_is_the_textbook_one(a in "[a-c]{1,9}", b in "[a-c]{0,9}") {
            let pattern = Pattern::new(&a).expect("short");
            let row = slow(a.as_bytes(), b.as_bytes());
            prop_assert_eq!(pattern.distance(&b), row[b.len()]);
            prop_assert_eq!(pattern.walk(&b).1, *row.iter().min().expect("not empty"));
        }

        #[test]
        fn a_normal_text_stays_as_it_is(text in "\\PC*") {
            let once = normal(&text);
            prop_assert_eq!(normal(&once), once.clone());
        }
    }
}
