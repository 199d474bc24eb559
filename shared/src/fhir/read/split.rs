//! Finds where each item of a Bundle's `entry` list lies, in steps, so that a large file is never read in one breath.
//! Follows strings and brackets only: whether the text is JSON is for the scanner to say, of each item and of the rest.

use std::ops::Range;

#[derive(Debug, Default)]
pub(super) struct Splitter {
    pos: usize,
    depth: u32,
    in_string: bool,
    /// Content of the last string that stands directly in the outer object.
    last: Range<usize>,
    of_entry: bool,
    in_list: bool,
    item: Option<usize>,
    pub items: Vec<Range<usize>>,
    /// The text around the items, with `0` in the place of each; empty when there is no such list.
    pub frame: Vec<u8>,
    copied: usize,
}

impl Splitter {
    /// Goes on for about so many bytes. True at the end of the text.
    pub fn step(&mut self, bytes: &[u8], budget: usize) -> bool {
        let stop = bytes.len().min(self.pos.saturating_add(budget));
        while self.pos < stop {
            let Some(byte) = bytes.get(self.pos) else { break };
            if self.in_string {
                self.string(*byte);
            } else {
                self.token(bytes, *byte);
            }
            self.pos += 1;
        }
        if stop < bytes.len() {
            return false;
        }
        self.close_item(bytes, bytes.len());
        if !self.frame.is_empty() && !self.in_list {
            self.frame.extend_from_slice(bytes.get(self.copied..).unwrap_or_default());
        }
        true
    }

    fn string(&mut self, byte: u8) {
        match byte {
            // What is escaped is passed with it; the loop adds the one.
            b'\\' => self.pos += 1,
            b'"' => {
                self.in_string = false;
                if self.depth == 1 {
                    self.last.end = self.pos;
                }
            }
            _ => {}
        }
    }

    fn token(&mut self, bytes: &[u8], byte: u8) {
        let listing = self.in_list && self.depth == 2;
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => return,
            b',' | b']' if listing => {
                self.close_item(bytes, self.pos);
                self.frame.push(byte);
                if byte == b']' {
                    (self.in_list, self.depth, self.copied) = (false, 1, self.pos + 1);
                }
                return;
            }
            _ if listing && self.item.is_none() => self.item = Some(self.pos),
            _ => {}
        }
        match byte {
            b'"' => {
                self.in_string = true;
                if self.depth == 1 {
                    self.last = self.pos + 1..self.pos + 1;
                }
            }
            b':' if self.depth == 1 => self.of_entry = is_entry(bytes.get(self.last.clone()).unwrap_or_default()),
            b',' if self.depth == 1 => self.of_entry = false,
            b'{' | b'[' => {
                if byte == b'[' && self.depth == 1 && self.of_entry {
                    self.in_list = true;
                    self.frame.extend_from_slice(bytes.get(self.copied..=self.pos).unwrap_or_default());
                }
                self.depth = self.depth.saturating_add(1);
            }
            // A brace that closes nothing belongs to an item, which then is no JSON.
            b'}' | b']' if !listing => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn close_item(&mut self, bytes: &[u8], end: usize) {
        let Some(start) = self.item.take() else { return };
        let text = bytes.get(start..end).unwrap_or_default().trim_ascii_end();
        self.items.push(start..start + text.len());
        self.frame.push(b'0');
    }
}

fn is_entry(key: &[u8]) -> bool {
    key == b"entry" || (key.contains(&b'\\') && crate::fhir::json::unescaped(&String::from_utf8_lossy(key)) == "entry")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, budget: usize) -> (Vec<&str>, String) {
        let mut splitter = Splitter::default();
        while !splitter.step(text.as_bytes(), budget) {}
        let items = splitter.items.iter().map(|range| &text[range.clone()]).collect();
        (items, String::from_utf8(splitter.frame).expect("text"))
    }

    #[test]
    fn items_are_told_from_what_only_looks_like_them() {
        let text =
            r#"{"x":{"entry":[1]},"y":"\"entry\":[",  "\u0065ntry" : [ {"a":[1,"],{"]} , 2,"]" ] ,"type":"batch"}"#;
        for budget in [1, 7, 1_000] {
            let (items, frame) = split(text, budget);
            assert_eq!(items, [r#"{"a":[1,"],{"]}"#, "2", r#""]""#]);
            assert_eq!(frame, r#"{"x":{"entry":[1]},"y":"\"entry\":[",  "\u0065ntry" : [0,0,0] ,"type":"batch"}"#);
        }
    }

    #[test]
    fn what_is_cut_off_or_mismatched_stays_an_item_that_is_no_json() {
        assert_eq!(split(r#"{"entry":[{"a":"b"#, 9), (vec![r#"{"a":"b"#], r#"{"entry":[0"#.into()));
        assert_eq!(split(r#"{"entry":[{"a":1]}]}"#, 9).0, [r#"{"a":1]}"#]);
        assert_eq!(split(r#"{"entry":[}]}"#, 9), (vec!["}"], r#"{"entry":[0]}"#.into()));
        assert_eq!(split(r#"{"a":[{"entry":[1]}]}"#, 9), (vec![], String::new()));
    }
}
