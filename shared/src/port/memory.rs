//! A disk in memory, rows and scratch files, for native tests and simulations, and a wrapper that breaks any disk on
//! purpose. It knows nothing of what the bytes mean.

mod faulty;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Row, Scratch, ScratchName, Space, Span, Store, StoreFault, Write};
pub use faulty::{Deed, Faulty, Mishap};

type Rows = BTreeMap<(Space, Vec<u8>), Vec<u8>>;
type Files = BTreeMap<ScratchName, File>;

/// A scratch file, and how much of it survives a crash for certain.
#[derive(Clone, Debug, Default)]
struct File {
    bytes: Vec<u8>,
    flushed: usize,
}

/// Clones share the same rows and files, as two handles on one database do.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    rows: Rc<RefCell<Rows>>,
    files: Rc<RefCell<Files>>,
}

impl MemoryStore {
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// A separate copy of what is stored now: a backup, a clone of the disk, or a state to roll back to. Of what was
    /// not flushed half is there, as a disk without power may leave it.
    pub fn snapshot(&self) -> MemoryStore {
        let mut files = self.files.borrow().clone();
        for File { bytes, flushed } in files.values_mut() {
            bytes.truncate(*flushed + (bytes.len() - *flushed) / 2);
            *flushed = bytes.len();
        }
        MemoryStore { rows: Rc::new(RefCell::new(self.rows.borrow().clone())), files: Rc::new(RefCell::new(files)) }
    }

    /// Every row of every space, in order: for canaries that look for plaintext.
    pub fn dump(&self) -> Vec<(Space, Row)> {
        let rows = self.rows.borrow();
        rows.iter().map(|((space, key), value)| (*space, Row { key: key.clone(), value: value.clone() })).collect()
    }

    /// Every scratch file, for the same.
    pub fn files(&self) -> Vec<Vec<u8>> {
        self.files.borrow().values().map(|file| file.bytes.clone()).collect()
    }

    fn within<T>(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
        take: impl Fn(&Vec<u8>, &Vec<u8>) -> T,
    ) -> Vec<T> {
        self.rows
            .borrow()
            .range((space, from.to_vec())..)
            .take_while(|((at, key), _)| *at == space && to.is_none_or(|to| key.as_slice() < to))
            .take(limit.map_or(usize::MAX, |limit| limit as usize))
            .map(|((_, key), value)| take(key, value))
            .collect()
    }

    fn apply(&self, writes: impl IntoIterator<Item = Write>) {
        let mut rows = self.rows.borrow_mut();
        for write in writes {
            match write.value {
                Some(value) => rows.insert((write.space, write.key), value),
                None => rows.remove(&(write.space, write.key)),
            };
        }
    }
}

impl Store for MemoryStore {
    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(self.rows.borrow().get(&(space, key.to_vec())).cloned())
    }

    async fn get_many(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        let rows = self.rows.borrow();
        Ok(keys.iter().map(|key| rows.get(&(space, key.clone())).cloned()).collect())
    }

    async fn range(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Row>, StoreFault> {
        let row = |key: &Vec<u8>, value: &Vec<u8>| Row { key: key.clone(), value: value.clone() };
        Ok(self.within(space, from, to, limit, row))
    }

    async fn keys(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Vec<u8>>, StoreFault> {
        Ok(self.within(space, from, to, limit, |key, _| key.clone()))
    }

    async fn count(&self, space: Space) -> Result<u64, StoreFault> {
        Ok(self.rows.borrow().keys().filter(|(at, _)| *at == space).count() as u64)
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreFault> {
        self.apply(writes);
        Ok(())
    }
}

impl Scratch for MemoryStore {
    async fn append(&self, name: &ScratchName, bytes: &[u8]) -> Result<Span, StoreFault> {
        let mut files = self.files.borrow_mut();
        let file = files.entry(*name).or_default();
        let span = Span { at: file.bytes.len() as u64, length: bytes.len() as u32 };
        file.bytes.extend_from_slice(bytes);
        Ok(span)
    }

    async fn read(&self, name: &ScratchName, Span { at, length }: Span) -> Result<Vec<u8>, StoreFault> {
        let files = self.files.borrow();
        let rest = files.get(name).and_then(|file| file.bytes.get(at as usize..));
        rest.and_then(|rest| rest.get(..length as usize)).map(<[u8]>::to_vec).ok_or(StoreFault::Unavailable)
    }

    async fn flush(&self, name: &ScratchName) -> Result<(), StoreFault> {
        if let Some(file) = self.files.borrow_mut().get_mut(name) {
            file.flushed = file.bytes.len();
        }
        Ok(())
    }

    async fn remove(&self, name: &ScratchName) -> Result<(), StoreFault> {
        self.files.borrow_mut().remove(name);
        Ok(())
    }

    async fn names(&self) -> Result<Vec<ScratchName>, StoreFault> {
        Ok(self.files.borrow().keys().copied().collect())
    }

    async fn room(&self) -> Result<u64, StoreFault> {
        Ok(self.files.borrow().values().map(|file| file.bytes.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::conformance::{conforms, is_scratch};

    fn two_writes() -> Vec<Write> {
        vec![Write::put(Space::Log, *b"a", vec![1]), Write::put(Space::Audit, *b"b", vec![2])]
    }

    async fn rows(store: &MemoryStore) -> usize {
        store.dump().len()
    }

    #[test]
    fn the_memory_store_conforms() {
        assert_eq!(pollster::block_on(conforms(&MemoryStore::new())), Ok(()));
        assert_eq!(pollster::block_on(is_scratch(&MemoryStore::new())), Ok(()));
    }

    #[test]
    fn a_wrapped_store_without_a_plan_conforms_too() {
        assert_eq!(pollster::block_on(conforms(&Faulty::new(MemoryStore::new()))), Ok(()));
        assert_eq!(pollster::block_on(is_scratch(&Faulty::new(MemoryStore::new()))), Ok(()));
    }

    #[test]
    fn a_refused_commit_leaves_nothing_and_the_next_one_works() {
        pollster::block_on(async {
            let store = Faulty::new(MemoryStore::new());
            store.fail_at(1, Mishap::Refused(StoreFault::Full));
            assert_eq!(store.commit(two_writes()).await, Err(StoreFault::Full));
            assert_eq!(rows(store.within()).await, 0);
            assert_eq!(store.commit(two_writes()).await, Ok(()));
            assert_eq!(rows(store.within()).await, 2);
        });
    }

    #[test]
    fn a_death_leaves_all_or_nothing_and_only_a_liar_leaves_half() {
        for (mishap, left) in [(Mishap::LostBefore, 0), (Mishap::LostAfter, 2), (Mishap::Torn, 1)] {
            pollster::block_on(async {
                let store = Faulty::new(MemoryStore::new());
                store.fail_at(1, mishap);
                assert_eq!(store.commit(two_writes()).await, Err(StoreFault::Closed));
                assert_eq!(store.get(Space::Log, b"a").await, Err(StoreFault::Closed), "the dead answer nobody");
                assert_eq!(rows(store.within()).await, left);
            });
        }
    }

    #[test]
    fn what_was_flushed_survives_a_death_and_of_the_rest_some_may_be_lost() {
        pollster::block_on(async {
            let disk = Faulty::new(MemoryStore::new());
            let first = disk.append(&[1; 8], b"sure").await.unwrap();
            disk.flush(&[1; 8]).await.unwrap();
            let second = disk.append(&[1; 8], b"maybe").await.unwrap();
            disk.fail_at(1, Mishap::LostBefore);
            assert_eq!(disk.flush(&[1; 8]).await, Err(StoreFault::Closed));
            let after = disk.within().snapshot();
            assert_eq!(after.read(&[1; 8], first).await, Ok(b"sure".to_vec()));
            assert_eq!(after.read(&[1; 8], second).await, Err(StoreFault::Unavailable));
        });
    }

    #[test]
    fn a_snapshot_does_not_follow_later_writes() {
        pollster::block_on(async {
            let store = MemoryStore::new();
            let before = store.snapshot();
            store.commit(two_writes()).await.unwrap();
            assert_eq!((rows(&before).await, rows(&store.clone()).await), (0, 2));
        });
    }
}
