//! A strict JSON scanner that strips whitespace and otherwise keeps every byte. It knows grammar and caps, not FHIR.
//! Recursion is capped, so hostile nesting ends in a fault and never in a crash.

use super::resource::{ParseFault, Why};

/// Deepest nesting of objects and arrays that is read.
pub const MAX_DEPTH: usize = 64;
/// Longest string that is read, in bytes of JSON text.
pub const MAX_STRING: usize = 16 * 1024 * 1024;
/// So many keys are compared each with each; more are sorted first.
const FEW_KEYS: usize = 24;

/// One pass over a text. `minified` holds what has been passed since `begin`, without whitespace.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    /// Everything before this has been copied to `minified` (or was whitespace).
    mark: usize,
    minified: String,
    depth: usize,
    keys: Vec<(usize, usize)>,
    /// A key was written with escapes, so that keys may be twins that do not look it.
    odd_keys: bool,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Scanner<'a> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Scanner {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            mark: 0,
            minified: String::new(),
            depth: 0,
            keys: Vec::new(),
            odd_keys: false,
        }
    }

    /// The next byte that is not whitespace; the scanner stands on it.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.pos).copied();
        if byte.is_some_and(|b| b > b' ') {
            return byte;
        }
        self.space();
        self.bytes.get(self.pos).copied()
    }

    /// Starts to keep text, at the next token.
    pub fn begin(&mut self) {
        self.space();
        self.minified.clear();
        self.mark = self.pos;
    }

    /// What was passed since `begin`, minified.
    pub fn taken(&mut self) -> &str {
        if self.minified.is_empty() {
            return &self.text[self.mark..self.pos];
        }
        self.minified.push_str(&self.text[self.mark..self.pos]);
        self.mark = self.pos;
        &self.minified
    }

    /// How long is what was passed since `begin`, minified.
    pub fn taken_len(&self) -> usize {
        self.minified.len() + self.pos - self.mark
    }

    /// Passes one value and returns it minified.
    pub fn take_value(&mut self) -> Result<&str, ParseFault> {
        self.begin();
        self.value()?;
        Ok(self.taken())
    }

    /// Nothing but whitespace may follow.
    pub fn end(&mut self) -> Result<(), ParseFault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(ParseFault::here(Why::TrailingText)),
        }
    }

    pub fn value(&mut self) -> Result<(), ParseFault> {
        match self.peek().ok_or_else(|| ParseFault::here(Why::Truncated))? {
            b'{' => self.any_object(),
            b'[' => self.any_array(),
            b'"' => self.string().map(|_| ()),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => Err(ParseFault::here(Why::NotJson)),
        }
    }

    /// Passes an object; `member` is called with each key and must pass the value. Keys must be unique.
    pub fn object(
        &mut self,
        member: &mut dyn FnMut(&mut Self, &str) -> Result<(), ParseFault>,
    ) -> Result<(), ParseFault> {
        self.open(b'{')?;
        let first_key = self.keys.len();
        if self.peek() == Some(b'}') {
            return self.close();
        }
        loop {
            let (from, to) = self.key()?;
            let key = unescaped(&self.text[from..to]);
            member(self, &key).map_err(|fault| fault.inside_key(&key))?;
            if !self.more(b'}')? {
                break;
            }
        }
        self.end_keys(first_key)?;
        self.close()
    }

    /// An object of which nobody asks what is in it.
    fn any_object(&mut self) -> Result<(), ParseFault> {
        self.open(b'{')?;
        let first_key = self.keys.len();
        if self.peek() == Some(b'}') {
            return self.close();
        }
        loop {
            let (from, to) = self.key()?;
            self.value().map_err(|fault| fault.inside_key(&unescaped(&self.text[from..to])))?;
            if !self.more(b'}')? {
                break;
            }
        }
        self.end_keys(first_key)?;
        self.close()
    }

    fn any_array(&mut self) -> Result<(), ParseFault> {
        self.open(b'[')?;
        if self.peek() == Some(b']') {
            return self.close();
        }
        for index in 0.. {
            self.value().map_err(|fault| fault.inside_index(index))?;
            if !self.more(b']')? {
                break;
            }
        }
        self.close()
    }

    /// Passes a key and its colon, and remembers where it stands.
    fn key(&mut self) -> Result<(usize, usize), ParseFault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        let (from, to) = self.string()?;
        self.odd_keys |= self.bytes[from..to].contains(&b'\\');
        self.keys.push((from, to));
        self.expect(b':')?;
        Ok((from, to))
    }

    /// Whether another member or item follows, its comma passed; if not, the scanner stands on the end.
    #[inline]
    fn more(&mut self, end: u8) -> Result<bool, ParseFault> {
        match self.peek() {
            Some(b',') => {
                self.pos += 1;
                Ok(true)
            }
            Some(byte) if byte == end => Ok(false),
            _ => Err(self.unexpected()),
        }
    }

    fn end_keys(&mut self, first: usize) -> Result<(), ParseFault> {
        if self.odd_keys || !self.surely_unique(first) {
            self.check_unique(first)?;
        }
        self.keys.truncate(first);
        Ok(())
    }

    /// No two of these keys can be the same, since each falls on a place of its own. Usual keys nearly always do.
    fn surely_unique(&self, first: usize) -> bool {
        let mut places = [0u64; 4];
        self.keys[first..].iter().all(|(from, to)| {
            let key = &self.bytes[*from..*to];
            let at = |i: usize| key.get(i).copied().map_or(0, u32::from);
            let mixed =
                (at(0) * 7) ^ (at(key.len() / 2) * 13) ^ (at(key.len().wrapping_sub(1)) * 29) ^ (key.len() as u32 * 37);
            let place = mixed.wrapping_mul(0x9e37_79b1) >> 24;
            let (row, place) = (&mut places[place as usize / 64], 1u64 << (place % 64));
            let free = *row & place == 0;
            *row |= place;
            free
        })
    }

    /// Passes an array; `item` is called with each index and must pass the value.
    pub fn array(
        &mut self,
        item: &mut dyn FnMut(&mut Self, usize) -> Result<(), ParseFault>,
    ) -> Result<(), ParseFault> {
        self.open(b'[')?;
        if self.peek() == Some(b']') {
            return self.close();
        }
        for index in 0.. {
            item(self, index).map_err(|fault| fault.inside_index(index))?;
            if !self.more(b']')? {
                break;
            }
        }
        self.close()
    }

    fn open(&mut self, bracket: u8) -> Result<(), ParseFault> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(ParseFault::here(Why::TooDeep)) } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), ParseFault> {
        self.pos += 1;
        self.depth -= 1;
        Ok(())
    }

    fn expect(&mut self, byte: u8) -> Result<(), ParseFault> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected());
        }
        self.pos += 1;
        Ok(())
    }

    fn unexpected(&self) -> ParseFault {
        ParseFault::here(if self.pos >= self.bytes.len() { Why::Truncated } else { Why::NotJson })
    }

    fn space(&mut self) {
        let start = self.pos;
        while matches!(self.bytes.get(self.pos), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.pos += 1;
        }
        if self.pos > start {
            self.minified.push_str(&self.text[self.mark..start]);
            self.mark = self.pos;
        }
    }

    fn word(&mut self, word: &str) -> Result<(), ParseFault> {
        if !self.bytes[self.pos..].starts_with(word.as_bytes()) {
            return Err(ParseFault::here(Why::NotJson));
        }
        self.pos += word.len();
        Ok(())
    }

    fn digits(&mut self) -> Result<(), ParseFault> {
        let start = self.pos;
        while matches!(self.bytes.get(self.pos), Some(b'0'..=b'9')) {
            self.pos += 1;
        }
        if self.pos == start { Err(ParseFault::here(Why::BadNumber)) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), ParseFault> {
        if self.bytes[self.pos] == b'-' {
            self.pos += 1;
        }
        if self.bytes.get(self.pos) == Some(&b'0') {
            self.pos += 1;
            if matches!(self.bytes.get(self.pos), Some(b'0'..=b'9')) {
                return Err(ParseFault::here(Why::BadNumber));
            }
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.pos) == Some(&b'.') {
            self.pos += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.pos), Some(b'e' | b'E')) {
            self.pos += 1;
            if matches!(self.bytes.get(self.pos), Some(b'+' | b'-')) {
                self.pos += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Passes a string and returns where its content lies, quotes excluded.
    pub fn string(&mut self) -> Result<(usize, usize), ParseFault> {
        self.expect(b'"')?;
        let start = self.pos;
        loop {
            match self.bytes.get(self.pos) {
                None => return Err(ParseFault::here(Why::Truncated)),
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0..=0x1f) => return Err(ParseFault::here(Why::ControlCharacter)),
                Some(_) => self.pos += plain_run(&self.bytes[self.pos..]),
            }
        }
        let end = self.pos;
        self.pos += 1;
        if end - start > MAX_STRING { Err(ParseFault::here(Why::HugeString)) } else { Ok((start, end)) }
    }

    fn escape(&mut self) -> Result<(), ParseFault> {
        match self.bytes.get(self.pos + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.pos += 2,
            Some(b'u') => match self.unit()? {
                0xd800..=0xdbff => match self.unit() {
                    Ok(0xdc00..=0xdfff) => {}
                    _ => return Err(ParseFault::here(Why::LoneSurrogate)),
                },
                0xdc00..=0xdfff => return Err(ParseFault::here(Why::LoneSurrogate)),
                _ => {}
            },
            None => return Err(ParseFault::here(Why::Truncated)),
            Some(_) => return Err(ParseFault::here(Why::NotJson)),
        }
        Ok(())
    }

    /// Passes `\uXXXX`.
    fn unit(&mut self) -> Result<u16, ParseFault> {
        let digits = match self.bytes.get(self.pos..self.pos + 6) {
            Some([b'\\', b'u', digits @ ..]) if digits.iter().all(u8::is_ascii_hexdigit) => digits,
            _ => return Err(ParseFault::here(Why::NotJson)),
        };
        let unit = digits.iter().fold(0u16, |sum, d| sum << 4 | (*d as char).to_digit(16).unwrap_or(0) as u16);
        self.pos += 6;
        Ok(unit)
    }

    fn check_unique(&mut self, first: usize) -> Result<(), ParseFault> {
        let (text, odd) = (self.text, self.odd_keys);
        let keys = &mut self.keys[first..];
        let key = |span: &(usize, usize)| unescaped(&text[span.0..span.1]);
        let twice = if keys.len() <= FEW_KEYS {
            (1..keys.len())
                .find(|&i| keys[..i].iter().any(|earlier| same_key(text, odd, *earlier, keys[i])))
                .map(|i| key(&keys[i]))
        } else {
            keys.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
            keys.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])).map(|pair| key(&pair[0]))
        };
        match twice {
            Some(name) => Err(ParseFault::here(Why::DuplicateKey).inside_key(&name)),
            None => Ok(()),
        }
    }
}

/// Whether two keys say the same; `odd` when some key of the text holds an escape.
fn same_key(text: &str, odd: bool, a: (usize, usize), b: (usize, usize)) -> bool {
    let (a, b) = (&text[a.0..a.1], &text[b.0..b.1]);
    a == b || (odd && (a.contains('\\') || b.contains('\\')) && unescaped(a) == unescaped(b))
}

/// How many bytes from here on are a string's own characters: neither quote nor escape nor control.
/// Looks at eight at a time; the tricks are those of "Bit Twiddling Hacks" (hasless, haszero).
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut run = 0;
    while let Some(chunk) = bytes.get(run..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let found = control | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return run + found.trailing_zeros() as usize / 8;
        }
        run += 8;
    }
    let rest = bytes.get(run..).unwrap_or_default();
    run + rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

/// The characters behind a string's checked JSON text.
pub(crate) fn unescaped(content: &str) -> std::borrow::Cow<'_, str> {
    if !content.contains('\\') {
        return content.into();
    }
    serde_json::from_str::<String>(&format!("\"{content}\"")).unwrap_or_default().into()
}
