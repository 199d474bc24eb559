//! One JSON text laid out flat: a row of nodes that borrow from it, for whoever looks at every member once.
//! Meant for text that `RawJson` vouches for; of anything else it makes nothing, and never panics.

use std::borrow::Cow;

use super::json::{MAX_DEPTH, plain_run, unescaped};

/// The nodes of a text in the order in which they begin. A member's key is a node before that of its value.
#[derive(Debug)]
pub(super) struct Tape<'t> {
    text: &'t str,
    nodes: Vec<Slot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    kind: Kind,
    /// A string with escapes in it.
    escaped: bool,
    /// Where its text lies, a string's quotes left off.
    from: u32,
    to: u32,
    /// The node after this one and all that it holds.
    next: u32,
}

/// One value of a tape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'t> {
    tape: &'t Tape<'t>,
    at: usize,
}

impl<'t> Tape<'t> {
    pub fn read(text: &'t str) -> Option<Tape<'t>> {
        u32::try_from(text.len()).ok()?;
        let mut writer = Writer { bytes: text.as_bytes(), pos: 0, nodes: Vec::with_capacity(text.len() / 12 + 4) };
        writer.value(0)?;
        (writer.pos == text.len()).then_some(Tape { text, nodes: writer.nodes })
    }

    pub fn root(&'t self) -> Node<'t> {
        Node { tape: self, at: 0 }
    }
}

impl<'t> Node<'t> {
    fn slot(self) -> Slot {
        const NOTHING: Slot = Slot { kind: Kind::Null, escaped: false, from: 0, to: 0, next: u32::MAX };
        self.tape.nodes.get(self.at).copied().unwrap_or(NOTHING)
    }

    pub fn kind(self) -> Kind {
        self.slot().kind
    }

    /// As written; of a string what stands between the quotes, escapes and all.
    pub fn raw(self) -> &'t str {
        let slot = self.slot();
        self.tape.text.get(slot.from as usize..slot.to as usize).unwrap_or_default()
    }

    /// The characters of a string.
    pub fn text(self) -> Option<Cow<'t, str>> {
        let slot = self.slot();
        (slot.kind == Kind::Text).then(|| if slot.escaped { unescaped(self.raw()) } else { Cow::Borrowed(self.raw()) })
    }

    /// What stands inside a list, item by item; nothing of any other value.
    pub fn items(self) -> impl Iterator<Item = Node<'t>> {
        self.inside(Kind::List)
    }

    /// The members of an object in their order; nothing of any other value.
    pub fn members(self) -> impl Iterator<Item = (Cow<'t, str>, Node<'t>)> {
        let mut nodes = self.inside(Kind::Object);
        std::iter::from_fn(move || Some((nodes.next()?.text()?, nodes.next()?)))
    }

    pub fn get(self, name: &str) -> Option<Node<'t>> {
        self.members().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn inside(self, kind: Kind) -> impl Iterator<Item = Node<'t>> {
        let slot = self.slot();
        let end = if slot.kind == kind { slot.next as usize } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let node = (at < end).then_some(Node { tape: self.tape, at })?;
            at = node.slot().next as usize;
            Some(node)
        })
    }
}

struct Writer<'t> {
    bytes: &'t [u8],
    pos: usize,
    nodes: Vec<Slot>,
}

impl Writer<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.pos += 1)
    }

    fn leaf(&mut self, kind: Kind, escaped: bool, from: usize, to: usize) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Slot { kind, escaped, from: from as u32, to: to as u32, next });
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        let from = self.pos;
        match self.peek()? {
            b'"' => self.string(),
            b'{' => self.holder(Kind::Object, depth),
            b'[' => self.holder(Kind::List, depth),
            b'n' => self.word("null", Kind::Null),
            b't' => self.word("true", Kind::Bool),
            b'f' => self.word("false", Kind::Bool),
            b'-' | b'0'..=b'9' => {
                while matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
                    self.pos += 1;
                }
                self.leaf(Kind::Number, false, from, self.pos);
                Some(())
            }
            _ => None,
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Option<()> {
        let to = self.pos + word.len();
        (self.bytes.get(self.pos..to)? == word.as_bytes()).then(|| {
            self.leaf(kind, false, self.pos, to);
            self.pos = to;
        })
    }

    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        let (from, mut escaped) = (self.pos, false);
        loop {
            self.pos += plain_run(self.bytes.get(self.pos..)?);
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.pos += 2;
                }
                _ => return None,
            }
        }
        self.leaf(Kind::Text, escaped, from, self.pos);
        self.take(b'"')
    }

    fn holder(&mut self, kind: Kind, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (at, from) = (self.nodes.len(), self.pos);
        let end = if kind == Kind::Object { b'}' } else { b']' };
        self.leaf(kind, false, from, from);
        self.pos += 1;
        if self.peek()? != end {
            loop {
                if kind == Kind::Object {
                    self.string()?;
                    self.take(b':')?;
                }
                self.value(depth + 1)?;
                match self.peek()? {
                    b',' => self.pos += 1,
                    byte if byte == end => break,
                    _ => return None,
                }
            }
        }
        self.pos += 1;
        let next = self.nodes.len() as u32;
        let slot = self.nodes.get_mut(at)?;
        (slot.to, slot.next) = (self.pos as u32, next);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::resource::RawJson;
    use proptest::prelude::*;
    use serde_json::Value;

    fn tree(node: Node<'_>) -> Value {
        match node.kind() {
            Kind::List => node.items().map(tree).collect(),
            Kind::Object => Value::Object(node.members().map(|(key, value)| (key.into_owned(), tree(value))).collect()),
            Kind::Text => Value::from(node.text().expect("a string")),
            _ => serde_json::from_str(node.raw()).expect("a word or a number"),
        }
    }

    #[test]
    fn a_text_comes_out_as_the_tree_that_it_is() {
        let text = r#"{"a":[1.0,-2e3,true,null,"x\u00e9\"",[],{}],"\u0062":{"c":{"d":"e"}},"f":""}"#;
        let tape = Tape::read(text).expect("valid");
        assert_eq!(tree(tape.root()), serde_json::from_str::<Value>(text).expect("valid"));
        assert_eq!(tape.root().get("b").map(Node::raw), Some(r#"{"c":{"d":"e"}}"#));
    }

    proptest! {
        #[test]
        fn what_raw_json_takes_is_laid_out_whole_and_the_rest_does_no_harm(text in "[\\[\\]{}\",:a\\\\u0-9e. -]{0,40}") {
            let tape = Tape::read(&text);
            if let Ok(raw) = RawJson::parse(&text) {
                let tape = Tape::read(raw.as_str()).expect("laid out");
                if let Ok(whole) = serde_json::from_str::<Value>(raw.as_str()) {
                    prop_assert_eq!(tree(tape.root()), whole);
                }
            } else if let Some(tape) = tape {
                tape.root().members().for_each(drop);
            }
        }
    }
}
