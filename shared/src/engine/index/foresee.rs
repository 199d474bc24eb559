//! Rows of the search index, read while a passphrase is typed: nobody waits for the disk then. They stay sealed until
//! somebody has unlocked. A row of a part is written once, under a name used once, so that what was read stays true.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::part::CHUNKS;
use crate::engine::Engine;
use crate::port::{Port, Row, Space, Store};

/// Bytes that may wait: the index of a hundred thousand patients takes half of it.
const MOST: usize = 48 * 1024 * 1024;
/// Rows, a mebibyte each at most, that are read before a look whether somebody came.
const AT_ONCE: u32 = 4;

/// Sealed rows by their keys.
#[derive(Default)]
pub(in crate::engine) struct Foresight {
    rows: RefCell<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// The index was read, or all of it waits here: there is nothing more to read.
    over: Cell<bool>,
}

impl Foresight {
    pub fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.rows.borrow_mut().remove(key)
    }

    /// Somebody is reading the index now.
    pub fn end(&self) {
        self.over.set(true);
    }

    /// What no part was made of.
    pub fn forget(&self) {
        self.rows.take();
    }

    #[cfg(test)]
    pub fn waiting(&self) -> Vec<Vec<u8>> {
        self.rows.borrow().keys().cloned().collect()
    }

    /// Where to go on, if there may be more.
    fn next(&self) -> Option<Vec<u8>> {
        let rows = self.rows.borrow();
        let more = !self.over.get() && rows.values().map(Vec::len).sum::<usize>() < MOST;
        more.then(|| rows.last_key_value().map_or_else(|| vec![CHUNKS], |(last, _)| [last.as_slice(), &[0]].concat()))
    }

    fn keep(&self, rows: Vec<Row>) {
        if !self.over.get() {
            self.over.set(rows.len() < AT_ONCE as usize);
            self.rows.borrow_mut().extend(rows.into_iter().map(|row| (row.key, row.value)));
        }
    }
}

impl<P: Port> Engine<P> {
    /// Reads ahead until it is enough or somebody asks for something; the next call goes on. Failing costs nothing: what
    /// is not here is read when it is needed.
    pub(in crate::engine) async fn foresee_index(&self) {
        let seen = self.traffic.arrived();
        while self.open.borrow().is_none() && self.traffic.arrived() == seen {
            let Some(from) = self.foresight.next() else { return };
            let Ok(rows) = self.port.store().range(Space::Index, &from, None, Some(AT_ONCE)).await else { return };
            self.foresight.keep(rows);
        }
    }
}
