//! What the welcome forms ask and when they are right; how strong a passphrase is, in words. Pure.

/// Below this a passphrase is refused.
pub const SHORTEST: usize = 10;

/// The invitation in what a camera read or in an address's fragment, as the engine takes it; `None` for anything else.
pub fn invitation_in(text: &str) -> Option<String> {
    let fragment = text.rsplit('#').next().unwrap_or(text).trim();
    fragment.starts_with("join-").then(|| fragment.to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    TooShort,
    Weak,
    Fair,
    Strong,
}

impl Strength {
    pub fn key(self) -> &'static str {
        match self {
            Strength::TooShort => "strength-too-short",
            Strength::Weak => "strength-weak",
            Strength::Fair => "strength-fair",
            Strength::Strong => "strength-strong",
        }
    }

    /// For a meter of three steps.
    pub fn steps(self) -> u8 {
        match self {
            Strength::TooShort => 0,
            Strength::Weak => 1,
            Strength::Fair => 2,
            Strength::Strong => 3,
        }
    }
}

/// Guessed words first in every list of leaked passwords, and this app's own.
const COMMON: [&str; 16] = [
    "password",
    "passphrase",
    "qwerty",
    "asdf",
    "12345",
    "letmein",
    "welcome",
    "admin",
    "lucerna",
    "clinic",
    "klinik",
    "rahasia",
    "sandi",
    "indonesia",
    "bismillah",
    "sayang",
];

/// A rough count of what a guesser must try. Errs on the side of calling it weak.
pub fn strength(passphrase: &str) -> Strength {
    let length = passphrase.chars().count();
    if length < SHORTEST {
        return Strength::TooShort;
    }
    let lower = passphrase.to_lowercase();
    // A common word is worth about one character; a run of one sign or of neighbours hardly more.
    let common: usize = COMMON.iter().map(|word| lower.matches(word).count() * (word.len() - 1)).sum();
    let signs: Vec<u32> = lower.chars().map(u32::from).collect();
    let runs = signs.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    let counted = length.saturating_sub(common).saturating_sub(runs * 3 / 4);
    let has = |test: fn(char) -> bool| passphrase.chars().any(test);
    let letters = if has(char::is_lowercase) && has(char::is_uppercase) { 5.2 } else { 4.4 };
    // Letters in words carry about half of what random ones would.
    let each = match (has(char::is_alphabetic), has(char::is_numeric), has(|c| !c.is_alphanumeric() && c != ' ')) {
        (false, _, false) => 2.8,
        (true, false, false) => letters * 0.62,
        (_, _, false) | (true, false, true) => letters * 0.72,
        (_, _, true) => letters * 0.85,
    };
    let bits = counted as f64 * each;
    if bits < 38.0 {
        Strength::Weak
    } else if bits < 58.0 {
        Strength::Fair
    } else {
        Strength::Strong
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Secrets {
    pub passphrase: String,
    pub again: String,
}

impl Secrets {
    /// Fluent keys of what is wrong with the passphrase and with its repetition.
    pub fn problems(&self) -> (Option<&'static str>, Option<&'static str>) {
        let first = (strength(&self.passphrase) == Strength::TooShort).then_some("passphrase-too-short");
        (first, (self.passphrase != self.again).then_some("passphrase-differs"))
    }

    pub fn fine(&self) -> bool {
        self.problems() == (None, None)
    }
}

/// The digits of a typed code, at most twelve; separators are the typist's business.
pub fn digits(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_digit).take(12).collect()
}

/// `123456789012` → `1234 5678 9012`, also while it is typed.
pub fn grouped(digits: &str) -> String {
    digits.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join(" ")
}

/// The Fluent key of a first guess at this device's name, from what the browser says of itself.
pub fn device_name_key(user_agent: &str) -> &'static str {
    let is = |word: &str| user_agent.contains(word);
    if is("iPad") {
        "device-ipad"
    } else if is("iPhone") {
        "device-iphone"
    } else if is("Android") && is("Mobile") {
        "device-android-phone"
    } else if is("Android") {
        "device-android-tablet"
    } else if is("Windows") {
        "device-windows"
    } else if is("Macintosh") {
        "device-mac"
    } else {
        "device-computer"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_known_by_its_fragment_wherever_it_was_read() {
        let code = "join-0178-00ff";
        assert_eq!(invitation_in(code).as_deref(), Some(code));
        assert_eq!(invitation_in(&format!("https://clinic.example/#{code}")).as_deref(), Some(code));
        assert_eq!(invitation_in("https://clinic.example/"), None);
    }

    #[test]
    fn a_passphrase_of_several_words_is_strong_and_a_common_one_is_not() {
        assert_eq!(strength("short"), Strength::TooShort);
        assert_eq!(strength("password12345"), Strength::Weak);
        assert_eq!(strength("1234567890"), Strength::Weak);
        assert_eq!(strength("aaaaaaaaaaaaaaaa"), Strength::Weak);
        assert_eq!(strength("kunci gudang"), Strength::Weak);
        assert!(strength("hujan di kebun teh") >= Strength::Fair);
        assert_eq!(strength("seven yellow lanterns over water"), Strength::Strong);
        assert_eq!(strength("T7#mQ2!vLz9@x"), Strength::Fair);
    }

    #[test]
    fn the_repetition_must_be_the_same() {
        let secrets = Secrets { passphrase: "hujan di kebun teh".into(), again: "hujan di kebun".into() };
        assert_eq!(secrets.problems(), (None, Some("passphrase-differs")));
        assert!(Secrets { again: secrets.passphrase.clone(), ..secrets }.fine());
    }

    #[test]
    fn a_code_is_grouped_by_four_however_it_was_typed() {
        assert_eq!(digits("1234-5678 90129"), "123456789012");
        assert_eq!(grouped("123456789"), "1234 5678 9");
        assert_eq!(grouped(""), "");
    }

    #[test]
    fn a_tablet_and_a_phone_are_told_apart() {
        assert_eq!(device_name_key("Mozilla/5.0 (Linux; Android 14; SM-X200) Safari"), "device-android-tablet");
        assert_eq!(device_name_key("Mozilla/5.0 (Linux; Android 14) Mobile Safari"), "device-android-phone");
        assert_eq!(device_name_key("Mozilla/5.0 (X11; Linux x86_64)"), "device-computer");
    }
}
