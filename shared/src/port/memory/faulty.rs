//! A disk that misbehaves when it is told to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::port::{Row, Scratch, ScratchName, Space, Span, Store, StoreFault, Write};

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

/// What was done to a disk, to be done again to another.
#[derive(Clone, Debug)]
pub enum Deed {
    Commit(Vec<Write>),
    Append(ScratchName, Vec<u8>),
    Flush(ScratchName),
    Remove(ScratchName),
}

impl Deed {
    pub async fn again<S: Store + Scratch>(&self, disk: &S) -> Result<(), StoreFault> {
        match self {
            Deed::Commit(writes) => disk.commit(writes.clone()).await,
            Deed::Append(name, bytes) => disk.append(name, bytes).await.map(drop),
            Deed::Flush(name) => disk.flush(name).await,
            Deed::Remove(name) => disk.remove(name).await,
        }
    }
}

/// Passes everything to the store within, except that from the chosen call on it misbehaves: a lost store stays
/// lost (the process is dead), a refusal happens once.
#[derive(Clone, Debug)]
pub struct Faulty<S> {
    within: S,
    calls: Rc<Cell<u64>>,
    plan: Rc<RefCell<Option<(u64, Mishap)>>>,
    dead: Rc<Cell<bool>>,
    journal: Rc<RefCell<Option<Vec<Deed>>>>,
}

impl<S> Faulty<S> {
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

    /// From now on every change is written down, so that a test can lay any of a disk's earlier states out again.
    pub fn keep_journal(&self) {
        self.journal.replace(Some(Vec::new()));
    }

    /// What went through since, in order.
    pub fn journal(&self) -> Vec<Deed> {
        self.journal.borrow().clone().unwrap_or_default()
    }

    fn write_down(&self, deed: impl FnOnce() -> Deed) {
        if let Some(journal) = self.journal.borrow_mut().as_mut() {
            journal.push(deed());
        }
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

    /// Something that changes the disk: `whole` as it should be, `torn` as a lying store leaves it.
    async fn meet<T>(
        &self,
        whole: impl AsyncFnOnce() -> Result<T, StoreFault>,
        torn: impl AsyncFnOnce() -> Result<T, StoreFault>,
        deed: impl FnOnce() -> Deed,
    ) -> Result<T, StoreFault> {
        match self.strike()? {
            None => {
                let done = whole().await?;
                self.write_down(deed);
                Ok(done)
            }
            Some(Mishap::Refused(fault)) => Err(fault),
            Some(Mishap::LostBefore) => Err(StoreFault::Closed),
            Some(Mishap::LostAfter) => whole().await.and(Err(StoreFault::Closed)),
            Some(Mishap::Torn) => torn().await.and(Err(StoreFault::Closed)),
        }
    }

    fn may_read(&self) -> Result<(), StoreFault> {
        match self.strike()? {
            None => Ok(()),
            Some(Mishap::Refused(fault)) => Err(fault),
            Some(Mishap::LostBefore | Mishap::LostAfter | Mishap::Torn) => Err(StoreFault::Closed),
        }
    }
}

impl<S: Store> Store for Faulty<S> {
    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.may_read()?;
        self.within.get(space, key).await
    }

    async fn get_many(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        self.may_read()?;
        self.within.get_many(space, keys).await
    }

    async fn range(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Row>, StoreFault> {
        self.may_read()?;
        self.within.range(space, from, to, limit).await
    }

    async fn keys(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Vec<u8>>, StoreFault> {
        self.may_read()?;
        self.within.keys(space, from, to, limit).await
    }

    async fn count(&self, space: Space) -> Result<u64, StoreFault> {
        self.may_read()?;
        self.within.count(space).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreFault> {
        let half = || writes.get(..writes.len() / 2).unwrap_or_default().to_vec();
        let whole = async || self.within.commit(writes.clone()).await;
        self.meet(whole, async || self.within.commit(half()).await, || Deed::Commit(writes.clone())).await
    }
}

impl<S: Scratch> Scratch for Faulty<S> {
    async fn append(&self, name: &ScratchName, bytes: &[u8]) -> Result<Span, StoreFault> {
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        let whole = async || self.within.append(name, bytes).await;
        let deed = || Deed::Append(*name, bytes.to_vec());
        self.meet(whole, async || self.within.append(name, half).await, deed).await
    }

    async fn read(&self, name: &ScratchName, span: Span) -> Result<Vec<u8>, StoreFault> {
        self.may_read()?;
        self.within.read(name, span).await
    }

    async fn flush(&self, name: &ScratchName) -> Result<(), StoreFault> {
        // Neither this nor a removal can be torn: it happens whole or not at all.
        self.meet(async || self.within.flush(name).await, async || Ok(()), || Deed::Flush(*name)).await
    }

    async fn remove(&self, name: &ScratchName) -> Result<(), StoreFault> {
        self.meet(async || self.within.remove(name).await, async || Ok(()), || Deed::Remove(*name)).await
    }

    async fn names(&self) -> Result<Vec<ScratchName>, StoreFault> {
        self.may_read()?;
        self.within.names().await
    }

    async fn room(&self) -> Result<u64, StoreFault> {
        self.may_read()?;
        self.within.room().await
    }
}
