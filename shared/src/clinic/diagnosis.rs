//! ICD-10: the bounded list that the assessment searches. Titles are WHO's, verbatim, in English; there are none in
//! Indonesian under a free licence. The list comes as text (`icd10.tsv`); where from is for others to know.

use serde::{Deserialize, Serialize};

use super::search::text::normal;
use crate::base::order;

mod usual;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeHit {
    /// ICD-10 code.
    pub code: String,
    pub title: String,
}

/// The whole list, ready to be searched with every keystroke.
#[derive(Debug, Default)]
pub struct CodeIndex {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    code: Box<str>,
    title: Box<str>,
    /// The title's words, normalised, each after a space.
    words: Box<str>,
    usual: bool,
}

impl CodeIndex {
    /// Reads `code<TAB>title` lines; lines with `#` and lines of another form are passed over.
    pub fn load(table: &str) -> CodeIndex {
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        let rows = lines.filter_map(|line| line.split_once('\t')).map(|(code, title)| Row {
            code: code.into(),
            title: title.into(),
            words: format!(" {}", normal(title)).into(),
            usual: usual::is_usual(code),
        });
        CodeIndex { rows: rows.collect() }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The title of a code, exactly.
    pub fn title(&self, code: &str) -> Option<&str> {
        self.rows.iter().find(|row| *row.code == *code).map(|row| &*row.title)
    }

    /// By the beginning of a code, with or without its point, or by beginnings of words in any order. Usual diagnoses,
    /// whole words and short titles come first.
    pub fn search(&self, query: &str, limit: usize) -> Vec<CodeHit> {
        let code: String = query.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_uppercase();
        let code_like =
            code.len() >= 2 && code.as_bytes()[0].is_ascii_alphabetic() && code.as_bytes()[1].is_ascii_digit();
        let normal = normal(query);
        let words: Vec<String> = normal.split(' ').filter(|w| !w.is_empty()).map(|w| format!(" {w}")).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(u32, &Row)> =
            self.rows.iter().filter_map(|row| Some((row.score(code_like.then_some(&code), &words)?, row))).collect();
        order::sort_by_key(&mut found, |(score, row)| (*score, row.code.len(), row.code.as_ref()));
        found
            .into_iter()
            .take(limit)
            .map(|(_, row)| CodeHit { code: row.code.to_string(), title: row.title.to_string() })
            .collect()
    }
}

impl Row {
    /// Lower is better; `None` is no match.
    fn score(&self, code: Option<&String>, words: &[String]) -> Option<u32> {
        if let Some(asked) = code {
            let mut own = self.code.chars().filter(|c| *c != '.');
            if asked.chars().all(|c| own.next() == Some(c)) {
                return Some(own.count() as u32);
            }
        }
        let mut score = 200 + self.words.len() as u32;
        if self.usual {
            score -= 100;
        }
        for word in words {
            let at = self.words.find(word.as_str())?;
            let whole = matches!(self.words.as_bytes().get(at + word.len()), None | Some(b' '));
            score += if whole { 0 } else { 20 };
            score += if at == 0 { 0 } else { 10 };
        }
        Some(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(query: &str) -> Vec<String> {
        let index = CodeIndex::load(include_str!("../../../web/static/data/icd10.tsv"));
        index.search(query, 5).into_iter().map(|hit| hit.code).collect()
    }

    #[test]
    fn a_code_is_found_by_its_beginning_with_or_without_the_point() {
        assert_eq!(codes("i10"), ["I10"]);
        assert_eq!(codes("E119").first().map(String::as_str), Some("E11.9"));
        assert_eq!(codes("e11.9").first().map(String::as_str), Some("E11.9"));
        assert_eq!(codes("e11").first().map(String::as_str), Some("E11"));
    }

    #[test]
    fn words_are_found_by_their_beginnings_in_any_order() {
        assert_eq!(codes("hypert ess").first().map(String::as_str), Some("I10"));
        assert_eq!(codes("asthma").first().map(String::as_str), Some("J45.9"));
        assert!(codes("type 2 diab").contains(&"E11".to_owned()));
        assert_eq!(codes("hypert").first().map(String::as_str), Some("I10"));
        assert_eq!(codes("headache").first().map(String::as_str), Some("R51"));
        assert!(codes("zzz").is_empty());
        assert!(codes("  ").is_empty());
    }

    #[test]
    fn the_list_is_whole_and_names_its_source() {
        let table = include_str!("../../../web/static/data/icd10.tsv");
        assert!(table.starts_with("# ICD-10"));
        let index = CodeIndex::load(table);
        assert!(index.len() > 12_000);
        assert_eq!(index.title("I10"), Some("Essential (primary) hypertension"));
    }
}
