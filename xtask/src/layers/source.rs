//! A Rust file as the rules see it: comments, text literals and test modules are blanked, lines stay where they were.
//! It is no parser; it knows just enough to not be fooled by a word in a comment.

/// One file's code.
#[derive(Debug)]
pub struct Source {
    /// From the root, with slashes.
    pub path: String,
    code: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        // A file that is itself a module of tests may use anything, as one inside a file may.
        let tests = path.ends_with("/tests.rs") || path.contains("/tests/");
        let code = if tests { String::new() } else { without_tests(&without_words(text)) };
        Self { path: path.to_owned(), code }
    }

    /// Lines that hold `word` as a whole path segment or identifier, counted from 1.
    pub fn lines_with(&self, word: &str) -> Vec<usize> {
        self.code
            .match_indices(word)
            .filter(|(at, _)| self.stands_alone(*at, word))
            .map(|(at, _)| self.line(at))
            .collect()
    }

    /// The first names after `prefix::`, with their lines: `crate::{base, wire::room}` gives `base` and `wire`.
    pub fn names_after(&self, prefix: &str) -> Vec<(String, usize)> {
        let opening = format!("{prefix}::");
        let mut names = Vec::new();
        for (at, _) in self.code.match_indices(&opening).filter(|(at, _)| self.stands_alone(*at, &opening)) {
            let rest = &self.code[at + opening.len()..];
            match rest.strip_prefix('{') {
                Some(group) => names.extend(heads(group).into_iter().map(|name| (name, self.line(at)))),
                None => names.push((identifier(rest), self.line(at))),
            }
        }
        names.retain(|(name, _)| !name.is_empty());
        names
    }

    fn stands_alone(&self, at: usize, word: &str) -> bool {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        // A chain of `super` counts from its beginning; every other word may stand inside a path.
        let inside = |c: char| part(c) || (c == ':' && word.starts_with("super"));
        let before = self.code[..at].chars().next_back().is_none_or(|c| !inside(c));
        let after = self.code[at + word.len()..].chars().next().is_none_or(|c| !part(c));
        before && (after || word.ends_with(':'))
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first identifier of each item of a `{…}` group, whose opening brace is already behind us.
fn heads(group: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut item = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => found.push(std::mem::take(&mut item)),
            _ if depth == 0 => item.push(c),
            _ => {}
        }
    }
    found.push(item);
    found.iter().map(|item| identifier(item.trim())).collect()
}

/// Blanks comments, and what stands between quotes.
fn without_words(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let peek = |at: usize| chars.get(at).copied().unwrap_or('\0');
    while at < chars.len() {
        let end = match (peek(at), peek(at + 1)) {
            ('/', '/') => until(&chars, at, |i| peek(i) == '\n'),
            ('/', '*') => end_of_block(&chars, at),
            ('r', '"' | '#') if raw_hashes(&chars, at).is_some() => end_of_raw(&chars, at),
            ('"', _) => end_of_quote(&chars, at, '"'),
            ('\'', '\\') => end_of_quote(&chars, at, '\''),
            ('\'', _) if peek(at + 2) == '\'' => at + 3,
            _ => {
                out.push(peek(at));
                at += 1;
                continue;
            }
        };
        let end = end.min(chars.len());
        out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

fn until(chars: &[char], from: usize, stop: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|i| stop(*i)).unwrap_or(chars.len())
}

fn end_of_block(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn end_of_quote(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(from + 1 + hashes) == Some(&'"')).then_some(hashes)
}

fn end_of_raw(chars: &[char], from: usize) -> usize {
    let hashes = raw_hashes(chars, from).unwrap_or(0);
    let body = from + 2 + hashes;
    let closes =
        |i: usize| chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    until(chars, body, closes) + 1 + hashes
}

/// Blanks everything from a `#[cfg(test)]` to the end of the item that it stands on.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]") {
        let rest = &out[start..];
        let end = match (rest.find('{'), rest.find(';')) {
            (Some(open), semicolon) if semicolon.is_none_or(|s| open < s) => closing(rest, open),
            (_, Some(semicolon)) => semicolon + 1,
            _ => rest.len(),
        };
        let blank: String = rest[..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..start + end, &blank);
    }
    out
}

fn closing(text: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in text[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(code: &str, word: &str) -> Vec<usize> {
        Source::new("x.rs", code).lines_with(word)
    }

    #[test]
    fn a_word_in_a_comment_or_a_text_is_not_code() {
        assert_eq!(
            lines("// yew\n/* yew /* yew */ yew */\nlet x = \"yew \\\" yew\"; let y = r#\"yew\"#;\nuse yew;", "yew"),
            [4]
        );
        assert_eq!(lines("let quote = '\"'; use yew; let other = '\\'';", "yew"), [1]);
    }

    #[test]
    fn a_longer_name_is_another_name() {
        assert_eq!(lines("use yewish; use my_yew;\nyew::html!{}", "yew"), [2]);
    }

    #[test]
    fn tests_may_use_anything() {
        assert_eq!(lines("#[cfg(test)]\nmod tests { fn f() { yew } }\nyew", "yew"), [3]);
        assert_eq!(lines("#[cfg(test)]\nmod tests;\nyew", "yew"), [3]);
    }

    #[test]
    fn the_names_of_a_group_are_its_heads() {
        let source =
            Source::new("x.rs", "use crate::{base::{Id, time}, wire};\nfn f() { crate::sync::go(); mycrate::no(); }");
        let names: Vec<String> = source.names_after("crate").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["base", "wire", "sync"]);
    }
}
