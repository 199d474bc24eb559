//! What the command line asks of the benchmark: which parts, which sizes, which candidates, how often.

use anyhow::{Context, Result, bail};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub build: bool,
    pub sizes: Vec<u64>,
    /// Empty for all.
    pub only: Vec<String>,
    pub rounds: u32,
    pub minutes: u32,
    /// Part of the day's measurements, as Playwright's words; empty for all.
    pub words: Vec<String>,
    /// The comparison with the peers, and the app on its own.
    pub peers: bool,
    pub alone: bool,
}

impl Wish {
    pub fn read(words: &[String]) -> Result<Self> {
        let mut wish = Self::whole();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("`{word}` wants a value"));
            match word.as_str() {
                "--no-build" => wish.build = false,
                "--sizes" => wish.sizes = value()?.split(',').map(size).collect::<Result<_>>()?,
                "--only" => wish.only = value()?.split(',').map(str::to_owned).collect(),
                "--rounds" => wish.rounds = value()?.parse().context("rounds are counted")?,
                "--minutes" => wish.minutes = value()?.parse().context("minutes are counted")?,
                flag if flag.starts_with("--") => bail!("bench does not know `{flag}`"),
                part => wish.words.push(part.to_owned()),
            }
        }
        let named = wish.words.iter().any(|word| word == "peers");
        wish.words.retain(|word| word != "peers");
        // Sizes and candidates are words of the comparison alone.
        let narrowed = wish.sizes != Self::whole().sizes || !wish.only.is_empty();
        wish.peers = named || narrowed || wish.words.is_empty();
        wish.alone = !wish.words.is_empty() || !(named || narrowed);
        Ok(wish)
    }

    /// What a run without any word measures.
    pub fn whole() -> Self {
        Self {
            build: true,
            sizes: vec![1_000, 10_000, 100_000],
            only: Vec::new(),
            rounds: 3,
            minutes: 5,
            words: Vec::new(),
            peers: true,
            alone: true,
        }
    }

    /// Whether the figures are those that the page of record may show.
    pub fn is_whole(&self) -> bool {
        let whole = Self::whole();
        (&self.sizes, &self.only, &self.words) == (&whole.sizes, &whole.only, &whole.words)
            && self.rounds >= whole.rounds
            && self.peers
            && self.alone
    }
}

/// `500`, `1k`, `100k`.
fn size(word: &str) -> Result<u64> {
    let (digits, times) = word.strip_suffix('k').map_or((word, 1), |digits| (digits, 1_000));
    let count: u64 = digits.parse().with_context(|| format!("`{word}` is no number of patients"))?;
    Ok(count * times)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: &str) -> Result<Wish> {
        Wish::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn without_words_everything_is_measured() {
        let all = wish("").unwrap();
        assert!(all == Wish::whole() && all.is_whole());
        assert!(wish("--no-build").unwrap().is_whole());
    }

    #[test]
    fn a_part_is_a_part_and_says_so() {
        let some = wish("--sizes 50,1k,100k --only lucerna,dexie --rounds 1").unwrap();
        assert_eq!((some.sizes.as_slice(), some.only.len(), some.rounds), ([50, 1_000, 100_000].as_slice(), 2, 1));
        assert!(some.peers && !some.alone && !some.is_whole());
        let day = wish("--no-build day").unwrap();
        assert!(!day.peers && day.alone && !day.is_whole() && day.words == ["day"]);
        let peers = wish("peers").unwrap();
        assert!(peers.peers && !peers.alone && peers.words.is_empty());
        assert!(!wish("--rounds 1").unwrap().is_whole());
    }

    #[test]
    fn strangers_are_refused() {
        assert!(wish("--size 1k").is_err() && wish("--sizes").is_err() && wish("--sizes many").is_err());
    }
}
