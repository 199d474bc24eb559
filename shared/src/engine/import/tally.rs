//! What an import has met so far: numbers by type, and what is wrong, as much of it as a screen can hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clinic::patient::PatientRow;
use crate::engine::api::{ImportCount, ImportPreview, Issue};
use crate::fhir::issue::{self, Severity};

/// Issues kept of each severity; of the rest only how many there were.
const ISSUES_KEPT: usize = 500;
pub(super) const SAMPLE: usize = 8;

#[derive(Default)]
pub(super) struct Tally {
    counts: BTreeMap<String, ImportCount>,
    /// Worst first when they are told; each list in the order in which they were met.
    issues: BTreeMap<Severity, Vec<(String, issue::Issue)>>,
    /// How many there were in all.
    numbers: BTreeMap<(Severity, &'static str), u64>,
    pub sample: Vec<PatientRow>,
    pub patients_new: u32,
    pub patients_known: u32,
    pub resources: u64,
}

/// What is kept of a preview for the report, and for whoever comes back to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Facts {
    pub issues: Vec<Issue>,
    pub files: u32,
}

impl Tally {
    pub fn issue(&mut self, file: &str, issue: issue::Issue) {
        *self.numbers.entry((issue.severity, issue.code)).or_default() += 1;
        let kept = self.issues.entry(issue.severity).or_default();
        if kept.len() < ISSUES_KEPT {
            kept.push((file.to_owned(), issue));
        }
    }

    pub fn count(&mut self, resource_type: &str) -> &mut ImportCount {
        if !self.counts.contains_key(resource_type) {
            let count = ImportCount { resource_type: resource_type.to_owned(), ..ImportCount::default() };
            self.counts.insert(resource_type.to_owned(), count);
        }
        self.counts.entry(resource_type.to_owned()).or_default()
    }

    pub fn blocked(&self) -> bool {
        self.numbers.keys().any(|(severity, _)| *severity >= Severity::Error)
    }

    /// Worst first, at most so many that a screen can hold them, and how many more there are of which kind.
    pub fn shown(&self) -> Vec<Issue> {
        let mut shown: Vec<Issue> = Vec::new();
        let mut left = self.numbers.clone();
        for (file, issue) in self.issues.values().rev().flatten().take(ISSUES_KEPT) {
            if let Some(left) = left.get_mut(&(issue.severity, issue.code)) {
                *left = left.saturating_sub(1);
            }
            shown.push(Issue {
                file: file.clone(),
                severity: issue.severity.as_str().to_owned(),
                code: issue.code.to_owned(),
                path: issue.path.clone(),
                text: issue.text.clone(),
            });
        }
        for ((severity, code), more) in left.into_iter().rev().filter(|(_, more)| *more > 0) {
            shown.push(Issue {
                file: String::new(),
                severity: severity.as_str().to_owned(),
                code: code.to_owned(),
                path: String::new(),
                text: format!("and {more} more of this kind"),
            });
        }
        shown
    }

    pub fn preview(&self, job: u32, files: u32) -> ImportPreview {
        ImportPreview {
            job,
            files,
            patients_new: self.patients_new,
            patients_known: self.patients_known,
            types: self.counts.values().cloned().collect(),
            issues: self.shown(),
            blocked: self.blocked(),
            sample: self.sample.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_shown_and_all_of_it_is_counted() {
        let mut tally = Tally::default();
        for i in 0..2_000 {
            tally.issue("a", issue::Issue::new(Severity::Warning, "value", format!("line {i}"), "odd"));
        }
        assert!(!tally.blocked());
        tally.issue("b", issue::Issue::new(Severity::Error, "conflict", "line 9", "two people"));
        let shown = tally.shown();
        assert_eq!((shown.len(), shown[0].severity.as_str()), (ISSUES_KEPT + 1, "error"));
        assert_eq!(shown[ISSUES_KEPT].text, "and 1501 more of this kind");
        assert!(tally.blocked());
    }
}
