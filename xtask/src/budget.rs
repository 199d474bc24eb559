//! What a tablet downloads before the first screen and before Today, and the most that it may be. A release above the cap is no release.
//! It judges sizes; it neither builds nor compresses.

use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// The most compressed bytes that may travel. Raised only with a measurement that shows what the new bytes buy; the
/// numbers stand in `docs/performance.md`.
pub const CAPS: Caps = Caps { first_screen: 520_000, today: 1_510_000 };

#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Before a first visitor is welcomed.
    pub first_screen: usize,
    /// Before Today: the first screen's bytes and the engine's.
    pub today: usize,
}

/// When a file is needed. One that nobody listed here is needed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    FirstScreen,
    /// Nobody is signed in without the engine.
    Today,
    /// Pictures of the installed app, the service worker that keeps the release once the page stands, and tables read
    /// when somebody looks something up.
    Later,
}

const TODAY: &[&str] = &["engine", "worker.js"];
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

    fn need(&self) -> Need {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        let listed = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        if listed(LATER) {
            Need::Later
        } else if listed(TODAY) {
            Need::Today
        } else {
            Need::FirstScreen
        }
    }

    /// What the sums of a release are told by.
    fn kind(&self) -> &str {
        self.path.rsplit_once('.').map_or("other", |(_, ending)| ending)
    }
}

/// Raw and compressed sizes, as printed after a build.
#[derive(Debug, Default)]
pub struct Sizes(pub Vec<Size>);

impl Sizes {
    fn until(&self, need: Need) -> impl Iterator<Item = &Size> {
        self.0.iter().filter(move |size| size.need() <= need)
    }

    /// Bytes that travel before a first visitor is welcomed.
    pub fn before_first_screen(&self) -> usize {
        self.until(Need::FirstScreen).map(Size::sent).sum()
    }

    /// Bytes that travel before Today.
    pub fn before_today(&self) -> usize {
        self.until(Need::Today).map(Size::sent).sum()
    }

    /// Refuses a release that is heavier than the caps.
    pub fn within(&self, caps: Caps) -> Result<()> {
        let first = (self.before_first_screen(), caps.first_screen, Need::FirstScreen, "the first screen");
        for (sum, cap, need, what) in [first, (self.before_today(), caps.today, Need::Today, "Today")] {
            if sum > cap {
                let mut rows = String::new();
                for size in self.until(need) {
                    writeln!(rows, "{:>10}  {}", size.sent(), size.path)?;
                }
                bail!("{sum} bytes travel before {what}, {} more than the cap of {cap}:\n{rows}", sum - cap)
            }
        }
        Ok(())
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, need) in
            [("for the first screen", Need::FirstScreen), ("for Today besides", Need::Today), ("later", Need::Later)]
        {
            let rows: Vec<&Size> = self.0.iter().filter(|size| size.need() == need).collect();
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            for size in &rows {
                writeln!(f, "{:>10} {:>9}  {}", size.raw, size.sent(), size.path)?;
                *kinds.entry(size.kind()).or_default() += size.sent();
            }
            let raw: usize = rows.iter().map(|size| size.raw).sum();
            let sent: usize = rows.iter().map(|size| size.sent()).sum();
            let kinds: Vec<String> = kinds.iter().map(|(kind, sum)| format!("{kind} {sum}")).collect();
            writeln!(f, "{raw:>10} {sent:>9}  {title} (bytes raw, as sent): {}", kinds.join(", "))?;
        }
        writeln!(f, "{:>20}  before Today in all", self.before_today())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(rows: &[(&str, usize, Option<usize>)]) -> Sizes {
        Sizes(rows.iter().map(|&(path, raw, brotli)| Size { path: path.to_owned(), raw, brotli }).collect())
    }

    #[test]
    fn pictures_and_tables_do_not_count_the_engine_counts_for_today_and_a_stranger_at_once() {
        let known = sizes(&[
            ("index.html", 10, Some(4)),
            ("assets/0a/engine_bg.wasm", 90, Some(30)),
            ("assets/0a/icd10.tsv", 900, Some(300)),
            ("icon-512.png", 70, None),
        ]);
        assert_eq!((known.before_first_screen(), known.before_today()), (4, 34));
        assert_eq!(sizes(&[("assets/0a/new.bin", 50, None)]).before_first_screen(), 50);
    }

    #[test]
    fn a_release_above_a_cap_is_refused_with_the_files_that_made_it_so() {
        let release = sizes(&[
            ("assets/0a/page_bg.wasm", 300, Some(100)),
            ("assets/0a/engine_bg.wasm", 500, Some(200)),
            ("sw.js", 10, None),
        ]);
        let within = |first_screen, today| release.within(Caps { first_screen, today });
        assert!(within(100, 300).is_ok());
        let why = within(99, 300).unwrap_err().to_string();
        assert!(why.contains("1 more than the cap of 99") && why.contains("page_bg.wasm") && !why.contains("engine"));
        let why = within(100, 298).unwrap_err().to_string();
        assert!(why.contains("2 more than the cap of 298") && why.contains("engine_bg.wasm") && !why.contains("sw.js"));
    }

    #[test]
    fn what_is_printed_sums_up_by_kind_and_by_need() {
        let release = sizes(&[("page_bg.wasm", 9, Some(3)), ("page.js", 5, Some(2)), ("engine_bg.wasm", 9, Some(4))]);
        let printed = release.to_string();
        assert!(printed.contains("for the first screen (bytes raw, as sent): js 2, wasm 3"));
        assert!(printed.contains("9  before Today in all"));
    }
}
