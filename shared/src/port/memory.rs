//! An ordered store in memory, for native tests and simulations, and a wrapper that breaks any store on purpose.
//! It knows nothing of what the bytes mean.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Row, Space, Store, StoreFault, Write};

type Rows = BTreeMap<(Space, Vec<u8>), Vec<u8>>;

/// Clones share the same rows, as two handles on one database do.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    rows: Rc<RefCell<Rows>>,
}

impl MemoryStore {
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// A separate copy of what is stored now: a backup, a clone of the disk, or a state to roll back to.
    pub fn snapshot(&self) -> MemoryStore {
        MemoryStore { rows: Rc::new(RefCell::new(self.rows.borrow().clone())) }
    }

    /// Every row of every space, in order: for canaries that look for plaintext.
    pub fn dump(&self) -> Vec<(Space, Row)> {
        let rows = self.rows.borrow();
        rows.iter().map(|((space, key), value)| (*space, Row { key: key.clone(), value: value.clone() })).collect()
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

/// How a call goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The store refuses; nothing was written. The caller hears this fault.
    Refused(StoreFault),
    /// The tablet died before the write reached the disk.
    LostBefore,
    /// The write is on the disk, but the tablet died before the caller heard so.
    LostAfter,
    /// A lying store: the first half of the writes is there. No honest store does this; it proves that a test would notice.
    Torn,
}

/// Passes everything to the store within, except that from the chosen call on it misbehaves: a lost store stays
/// lost (the process is dead), a refusal happens once.
#[derive(Clone, Debug)]
pub struct Faulty<S> {
    within: S,
    calls: Rc<Cell<u64>>,
    plan: Rc<RefCell<Option<(u64, Mishap)>>>,
    dead: Rc<Cell<bool>>,
    journal: Rc<RefCell<Option<Vec<Vec<Write>>>>>,
}

impl<S: Store> Faulty<S> {
    pub fn new(within: S) -> Faulty<S> {
        Faulty { within, calls: Rc::default(), plan: Rc::default(), dead: Rc::default(), journal: Rc::default() }
    }

    /// The `k`-th call from now on (the next one is 1) meets this mishap.
    pub fn fail_at(&self, k: u64, mishap: Mishap) {
        self.plan.replace(Some((self.calls.get() + k, mishap)));
    }

    /// How many calls there were, so that a test can walk through failing at each.
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// Whether the planned mishap has happened.
    pub fn struck(&self) -> bool {
        self.plan.borrow().is_none()
    }

    /// The store beneath, as the next start of the app would find it.
    pub fn within(&self) -> &S {
        &self.within
    }

    /// From now on every commit is written down, so that a test can lay any of a disk's earlier states out again.
    pub fn keep_journal(&self) {
        self.journal.replace(Some(Vec::new()));
    }

    /// The commits that went through since, in order.
    pub fn journal(&self) -> Vec<Vec<Write>> {
        self.journal.borrow().clone().unwrap_or_default()
    }

    fn strike(&self) -> Result<Option<Mishap>, StoreFault> {
        if self.dead.get() {
            return Err(StoreFault::Closed);
        }
        self.calls.set(self.calls.get() + 1);
        let due = self.plan.borrow().as_ref().is_some_and(|(at, _)| *at == self.calls.get());
        let mishap = if due { self.plan.borrow_mut().take().map(|(_, mishap)| mishap) } else { None };
        if matches!(mishap, Some(Mishap::LostBefore | Mishap::LostAfter | Mishap::Torn)) {
            self.dead.set(true);
        }
        Ok(mishap)
    }

    fn read(&self) -> Result<(), StoreFault> {
        match self.strike()? {
            None => Ok(()),
            Some(Mishap::Refused(fault)) => Err(fault),
            Some(Mishap::LostBefore | Mishap::LostAfter | Mishap::Torn) => Err(StoreFault::Closed),
        }
    }
}

impl<S: Store> Store for Faulty<S> {
    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.read()?;
        self.within.get(space, key).await
    }

    async fn get_many(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        self.read()?;
        self.within.get_many(space, keys).await
    }

    async fn range(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Row>, StoreFault> {
        self.read()?;
        self.within.range(space, from, to, limit).await
    }

    async fn keys(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Vec<u8>>, StoreFault> {
        self.read()?;
        self.within.keys(space, from, to, limit).await
    }

    async fn count(&self, space: Space) -> Result<u64, StoreFault> {
        self.read()?;
        self.within.count(space).await
    }

    async fn commit(&self, mut writes: Vec<Write>) -> Result<(), StoreFault> {
        match self.strike()? {
            None => {
                let copy = self.journal.borrow().is_some().then(|| writes.clone());
                self.within.commit(writes).await?;
                if let (Some(journal), Some(copy)) = (self.journal.borrow_mut().as_mut(), copy) {
                    journal.push(copy);
                }
                Ok(())
            }
            Some(Mishap::Refused(fault)) => Err(fault),
            Some(Mishap::LostBefore) => Err(StoreFault::Closed),
            Some(Mishap::LostAfter) => {
                self.within.commit(writes).await?;
                Err(StoreFault::Closed)
            }
            Some(Mishap::Torn) => {
                writes.truncate(writes.len() / 2);
                self.within.commit(writes).await?;
                Err(StoreFault::Closed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::conformance::conforms;

    fn two_writes() -> Vec<Write> {
        vec![Write::put(Space::Log, *b"a", vec![1]), Write::put(Space::Audit, *b"b", vec![2])]
    }

    async fn rows(store: &MemoryStore) -> usize {
        store.dump().len()
    }

    #[test]
    fn the_memory_store_conforms() {
        assert_eq!(pollster::block_on(conforms(&MemoryStore::new())), Ok(()));
    }

    #[test]
    fn a_wrapped_store_without_a_plan_conforms_too() {
        assert_eq!(pollster::block_on(conforms(&Faulty::new(MemoryStore::new()))), Ok(()));
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
    fn a_snapshot_does_not_follow_later_writes() {
        pollster::block_on(async {
            let store = MemoryStore::new();
            let before = store.snapshot();
            store.commit(two_writes()).await.unwrap();
            assert_eq!((rows(&before).await, rows(&store.clone()).await), (0, 2));
        });
    }
}
