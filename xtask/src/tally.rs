//! Counting tests: what each runner prints, added up without being told.
//! A stage that fails before its first test counts as one failure, so that the sum can never look clean.

use std::fmt;
use std::ops::{Add, AddAssign};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Tally {
    pub fn count(&mut self, passed: bool) {
        if passed { self.passed += 1 } else { self.failed += 1 }
    }

    /// Adds what one line of a runner's output says. Runners' own lines are disjoint, so all are tried.
    pub fn read(&mut self, line: &str) {
        let line = plain(line);
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result:") {
            self.read_libtest(result);
        } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            self.read_pair(rest.split_once(' ').map(|(word, number)| (number, word)));
        } else {
            let mut words = line.splitn(2, ' ');
            let (number, what) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            // Playwright ends with "  12 passed (3.4s)" and a line of its own for each other outcome.
            let known = ["passed", "failed", "skipped", "flaky", "did not run", "interrupted"];
            let what = what.split(" (").next().unwrap_or("");
            if known.contains(&what) {
                self.read_pair(Some((number, what)));
            }
        }
    }

    /// "ok. 8 passed; 0 failed; 0 ignored; …": cargo test, and wasm-bindgen's runner after it.
    fn read_libtest(&mut self, result: &str) {
        let result = result.split_once(". ").map_or(result, |(_, counts)| counts);
        for part in result.split(';') {
            self.read_pair(part.trim().split_once(' '));
        }
    }

    fn read_pair(&mut self, pair: Option<(&str, &str)>) {
        let Some((number, what)) = pair else { return };
        let Ok(number) = number.parse::<usize>() else { return };
        match what {
            "passed" | "pass" => self.passed += number,
            // A test that passed on a second try, or never ran, has not passed.
            "failed" | "fail" | "flaky" | "did not run" | "interrupted" | "cancelled" => self.failed += number,
            "ignored" | "skipped" => self.skipped += number,
            _ => {}
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5} passed {:>4} failed {:>4} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The line without terminal colours.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            rest.find(|c| c.is_ascii_alphabetic());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, passed: usize, failed: usize, skipped: usize) {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        assert_eq!(tally, Tally { passed, failed, skipped });
    }

    #[test]
    fn cargo_test_is_read_over_several_binaries() {
        let output = "running 2 tests\ntest a ... ok\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
                      test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out";
        check(output, 7, 1, 1);
    }

    #[test]
    fn node_is_read_in_both_of_its_formats() {
        check("# tests 4\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 0\n# duration_ms 12", 3, 1, 0);
        check("ℹ tests 2\nℹ pass 2\nℹ fail 0\nℹ skipped 0", 2, 0, 0);
    }

    #[test]
    fn playwright_is_read_with_its_unhappy_endings() {
        check(
            "  1 failed\n    a.spec.ts:3:1 › x\n  1 flaky\n  2 did not run\n  1 skipped\n  12 passed (3.4s)",
            12,
            4,
            1,
        );
        check("\u{1b}[32m  3 passed\u{1b}[39m (1m)", 3, 0, 0);
    }

    #[test]
    fn a_sentence_about_tests_is_not_a_result() {
        check("3 passed judgement on the matter\npassed 4\n# passing by", 0, 0, 0);
    }
}
