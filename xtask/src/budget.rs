//! What a tablet downloads before Today can be shown, and the most that it may be. A release above the cap is no release.
//! It judges sizes; it neither builds nor compresses.

use anyhow::{Result, bail};
use std::fmt::{self, Write as _};

/// Compressed bytes. Raised only with a measurement that shows what the new bytes buy; the numbers stand in
/// `docs/performance.md`.
pub const CAP: usize = 1_400_000;

/// What the first screens do without: pictures of the installed app, the service worker that keeps the release once
/// the page stands, and tables read when somebody looks something up. A file that nobody listed here counts.
const LATER: &[&str] = &["icon", "manifest.webmanifest", "sw.js", "icd10."];

/// One file of the release.
#[derive(Debug, Clone)]
pub struct Size {
    pub path: String,
    pub raw: usize,
    /// Nothing where compressing gains nothing.
    pub brotli: Option<usize>,
}

impl Size {
    /// What travels.
    fn sent(&self) -> usize {
        self.brotli.unwrap_or(self.raw)
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    fn later(&self) -> bool {
        LATER.iter().any(|start| self.name().starts_with(start))
    }
}

/// Raw and compressed sizes, as printed after a build.
#[derive(Debug, Default)]
pub struct Sizes(pub Vec<Size>);

impl Sizes {
    fn first(&self) -> impl Iterator<Item = &Size> {
        self.0.iter().filter(|size| !size.later())
    }

    /// Bytes that travel before Today.
    pub fn before_today(&self) -> usize {
        self.first().map(Size::sent).sum()
    }

    /// Refuses a release that is heavier than the cap.
    pub fn within(&self, cap: usize) -> Result<()> {
        let sum = self.before_today();
        if sum <= cap {
            return Ok(());
        }
        let mut rows = String::new();
        for size in self.first() {
            writeln!(rows, "{:>10}  {}", size.sent(), size.path)?;
        }
        bail!("{} bytes travel before Today, {} more than the cap of {cap}:\n{rows}", sum, sum - cap)
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, later) in [("before Today", false), ("later", true)] {
            let rows: Vec<&Size> = self.0.iter().filter(|size| size.later() == later).collect();
            for size in &rows {
                writeln!(f, "{:>10} {:>9}  {}", size.raw, size.sent(), size.path)?;
            }
            let raw: usize = rows.iter().map(|size| size.raw).sum();
            let sent: usize = rows.iter().map(|size| size.sent()).sum();
            writeln!(f, "{raw:>10} {sent:>9}  {title}: {} files (bytes raw, as sent)", rows.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(rows: &[(&str, usize, Option<usize>)]) -> Sizes {
        Sizes(rows.iter().map(|&(path, raw, brotli)| Size { path: path.to_owned(), raw, brotli }).collect())
    }

    #[test]
    fn pictures_and_tables_do_not_count_and_a_stranger_does() {
        let known =
            sizes(&[("index.html", 10, Some(4)), ("assets/0a/icd10.tsv", 900, Some(300)), ("icon-512.png", 70, None)]);
        assert_eq!(known.before_today(), 4);
        assert_eq!(sizes(&[("assets/0a/new.bin", 50, None)]).before_today(), 50);
    }

    #[test]
    fn a_release_above_the_cap_is_refused_with_the_files_that_made_it_so() {
        let release = sizes(&[("assets/0a/app_bg.wasm", 300, Some(100)), ("sw.js", 10, None)]);
        assert!(release.within(100).is_ok());
        let why = release.within(99).unwrap_err().to_string();
        assert!(why.contains("1 more than the cap of 99") && why.contains("app_bg.wasm") && !why.contains("sw.js"));
    }
}
