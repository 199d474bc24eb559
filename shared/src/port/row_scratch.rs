//! Scratch files as rows of the store, for browsers that give a page no files: the same promises, at a higher price.
//! It knows nothing of what the bytes mean.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::{Scratch, ScratchName, Space, Span, Store, StoreFault, Write, prefix_end};

/// Marks the rows of a file among others under the same name.
const MARK: u8 = 1;
/// Rows removed in one commit.
const SWEEP: u32 = 128;

#[derive(Debug)]
pub struct RowScratch<S> {
    store: Rc<S>,
    /// Where files end that this session wrote to.
    ends: RefCell<HashMap<ScratchName, u64>>,
}

impl<S: Store> RowScratch<S> {
    pub fn new(store: Rc<S>) -> RowScratch<S> {
        RowScratch { store, ends: RefCell::default() }
    }

    async fn keys_of(&self, name: &ScratchName, limit: Option<u32>) -> Result<Vec<Vec<u8>>, StoreFault> {
        let first = [name.as_slice(), &[MARK]].concat();
        self.store.keys(Space::Spool, &first, prefix_end(&first).as_deref(), limit).await
    }
}

fn row_key(name: &ScratchName, span: Span) -> Vec<u8> {
    [name.as_slice(), &[MARK], &span.at.to_be_bytes(), &span.length.to_be_bytes()].concat()
}

fn end_of(key: &[u8]) -> Option<u64> {
    let (at, length) = key.get(9..)?.split_first_chunk::<8>()?;
    Some(u64::from_be_bytes(*at) + u64::from(u32::from_be_bytes(length.try_into().ok()?)))
}

impl<S: Store> Scratch for RowScratch<S> {
    async fn append(&self, name: &ScratchName, bytes: &[u8]) -> Result<Span, StoreFault> {
        let known = self.ends.borrow().get(name).copied();
        let at = match known {
            Some(at) => at,
            None => self.keys_of(name, None).await?.last().and_then(|key| end_of(key)).unwrap_or_default(),
        };
        let span = Span { at, length: bytes.len() as u32 };
        self.store.commit(vec![Write::put(Space::Spool, row_key(name, span), bytes.to_vec())]).await?;
        self.ends.borrow_mut().insert(*name, at + bytes.len() as u64);
        Ok(span)
    }

    async fn read(&self, name: &ScratchName, span: Span) -> Result<Vec<u8>, StoreFault> {
        self.store.get(Space::Spool, &row_key(name, span)).await?.ok_or(StoreFault::Unavailable)
    }

    /// Each commit was strict.
    async fn flush(&self, _: &ScratchName) -> Result<(), StoreFault> {
        Ok(())
    }

    async fn remove(&self, name: &ScratchName) -> Result<(), StoreFault> {
        self.ends.borrow_mut().remove(name);
        loop {
            let keys = self.keys_of(name, Some(SWEEP)).await?;
            if keys.is_empty() {
                return Ok(());
            }
            self.store.commit(keys.into_iter().map(|key| Write::delete(Space::Spool, key)).collect()).await?;
        }
    }

    async fn names(&self) -> Result<Vec<ScratchName>, StoreFault> {
        let (mut names, mut from) = (Vec::new(), Vec::new());
        while let Some(key) = self.store.keys(Space::Spool, &from, None, Some(1)).await?.pop() {
            let Some(name) = key.first_chunk::<8>() else { break };
            if !self.keys_of(name, Some(1)).await?.is_empty() {
                names.push(*name);
            }
            let Some(next) = prefix_end(name) else { break };
            from = next;
        }
        Ok(names)
    }

    /// They are rows of the store.
    async fn room(&self) -> Result<u64, StoreFault> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::conformance::is_scratch;
    use crate::port::memory::MemoryStore;

    #[test]
    fn rows_of_a_store_keep_every_promise_of_a_scratch_file() {
        assert_eq!(pollster::block_on(is_scratch(&RowScratch::new(Rc::new(MemoryStore::new())))), Ok(()));
    }

    #[test]
    fn other_rows_under_the_same_name_are_left_alone() {
        pollster::block_on(async {
            let store = Rc::new(MemoryStore::new());
            let others = [vec![7; 8], [vec![7; 8], vec![0xff; 6]].concat()];
            store.commit(others.map(|key| Write::put(Space::Spool, key, vec![1])).into()).await.unwrap();
            let scratch = RowScratch::new(store.clone());
            assert_eq!(scratch.names().await, Ok(vec![]));
            scratch.append(&[7; 8], b"piece").await.unwrap();
            assert_eq!(scratch.names().await, Ok(vec![[7; 8]]));
            scratch.remove(&[7; 8]).await.unwrap();
            assert_eq!(store.count(Space::Spool).await, Ok(2));
        });
    }
}
