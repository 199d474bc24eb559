//! The vault in IndexedDB: the `Store` port over binary keys and values. rexie opens and migrates the database;
//! transactions run on the handle itself, because rexie cannot ask for strict durability.
//! It sees sealed bytes under opaque keys, and nothing else.

mod handle;
mod migrations;
mod transaction;

use std::fmt;
use std::future::Future;

use js_sys::{Array, Uint8Array};
use lucerna_shared::port::{Row, Space, Store, StoreFault, Write};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbKeyRange, IdbObjectStore, IdbRequest};

use handle::Handle;
pub(super) use transaction::fault;
use transaction::{Mode, Transaction};

/// One vault is one database. Dropping it closes the handle.
pub struct IdbStore {
    handle: Handle,
}

impl IdbStore {
    /// Opens the database, makes it where there is none, and brings an older one up to date.
    pub async fn open(name: &str) -> Result<IdbStore, StoreFault> {
        Ok(IdbStore { handle: Handle::open(name).await? })
    }

    /// Removes a whole vault from this device. Other handles on it are closed first.
    pub async fn delete(name: &str) -> Result<(), StoreFault> {
        rexie::Rexie::delete(name).await.map_err(|_| StoreFault::Unavailable)
    }

    /// Closes the handle as the browser might; the next call opens it again.
    pub fn close(&self) {
        self.handle.close();
    }

    /// WebKit loses the handle of a page in the background: open it again, and try once more. A transaction that
    /// could not begin or was aborted has written nothing, so that trying again writes nothing twice.
    async fn try_twice<T, F: Future<Output = Result<T, StoreFault>>>(
        &self,
        attempt: impl Fn() -> F,
    ) -> Result<T, StoreFault> {
        match attempt().await {
            Err(StoreFault::Closed) => {
                self.handle.reopen().await?;
                attempt().await
            }
            outcome => outcome,
        }
    }

    async fn read<T>(
        &self,
        space: Space,
        ask: impl Fn(&IdbObjectStore) -> Result<Vec<IdbRequest>, JsValue>,
        read: impl Fn(Vec<JsValue>) -> Option<T>,
    ) -> Result<T, StoreFault> {
        self.try_twice(async || {
            let transaction = Transaction::begin(&self.handle.database()?, &[space], Mode::Read)?;
            let asked = ask(&transaction.store(space)?).map_err(|thrown| fault(&thrown))?;
            match asked.last() {
                Some(last) => transaction.answered(last).await?,
                None => transaction.finished().await?,
            }
            let answers: Result<Vec<JsValue>, JsValue> = asked.iter().map(IdbRequest::result).collect();
            read(answers.map_err(|thrown| fault(&thrown))?)
                .ok_or_else(|| StoreFault::Failed("a row of an unknown kind".to_owned()))
        })
        .await
    }
}

impl Store for IdbStore {
    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.read(space, |store| Ok(vec![store.get(&js(key))?]), |answers| answers.first().map(value))
            .await?
            .transpose()
    }

    async fn get_many(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let ask = |store: &IdbObjectStore| keys.iter().map(|key| store.get(&js(key))).collect();
        let answers = self.read(space, ask, Some).await?;
        answers.iter().map(|answer| value(answer).transpose()).collect()
    }

    async fn range(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Row>, StoreFault> {
        if holds_nothing(from, to, limit) {
            return Ok(Vec::new());
        }
        let limit = limit.unwrap_or(u32::MAX);
        let ask = |store: &IdbObjectStore| {
            let range = key_range(from, to)?;
            Ok(vec![
                store.get_all_keys_with_key_and_limit(&range, limit)?,
                store.get_all_with_key_and_limit(&range, limit)?,
            ])
        };
        self.read(space, ask, |answers| {
            let [keys, values] = answers.as_slice() else { return None };
            let pairs = list(keys)?.iter().zip(list(values)?.iter());
            pairs.map(|(key, value)| Some(Row { key: bytes(&key)?, value: bytes(&value)? })).collect()
        })
        .await
    }

    async fn keys(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        limit: Option<u32>,
    ) -> Result<Vec<Vec<u8>>, StoreFault> {
        if holds_nothing(from, to, limit) {
            return Ok(Vec::new());
        }
        let limit = limit.unwrap_or(u32::MAX);
        let ask =
            |store: &IdbObjectStore| Ok(vec![store.get_all_keys_with_key_and_limit(&key_range(from, to)?, limit)?]);
        self.read(space, ask, |answers| list(answers.first()?)?.iter().map(|key| bytes(&key)).collect()).await
    }

    async fn count(&self, space: Space) -> Result<u64, StoreFault> {
        let read = |answers: Vec<JsValue>| answers.first().and_then(JsValue::as_f64);
        Ok(self.read(space, |store| Ok(vec![store.count()?]), read).await? as u64)
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), StoreFault> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut spaces: Vec<Space> = writes.iter().map(|write| write.space).collect();
        spaces.sort_unstable();
        spaces.dedup();
        self.try_twice(async || {
            let transaction = Transaction::begin(&self.handle.database()?, &spaces, Mode::StrictWrite)?;
            if let Err(why) = put_all(&transaction, &spaces, &writes) {
                transaction.abort().await;
                return Err(why);
            }
            transaction.commit_now();
            transaction.finished().await
        })
        .await
    }
}

impl fmt::Debug for IdbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdbStore")
    }
}

fn put_all(transaction: &Transaction, spaces: &[Space], writes: &[Write]) -> Result<(), StoreFault> {
    let stores: Vec<(Space, IdbObjectStore)> =
        spaces.iter().map(|space| Ok((*space, transaction.store(*space)?))).collect::<Result<_, StoreFault>>()?;
    for write in writes {
        let Some((_, store)) = stores.iter().find(|(space, _)| *space == write.space) else { continue };
        let asked = match &write.value {
            Some(value) => store.put_with_key(&js(value), &js(&write.key)),
            None => store.delete(&js(&write.key)),
        };
        asked.map_err(|thrown| fault(&thrown))?;
    }
    Ok(())
}

/// IndexedDB throws at an empty range, and takes a limit of nought for none.
fn holds_nothing(from: &[u8], to: Option<&[u8]>, limit: Option<u32>) -> bool {
    to.is_some_and(|to| to <= from) || limit == Some(0)
}

fn key_range(from: &[u8], to: Option<&[u8]>) -> Result<JsValue, JsValue> {
    Ok(match to {
        Some(to) => IdbKeyRange::bound_with_lower_open_and_upper_open(&js(from), &js(to), false, true)?.into(),
        None => IdbKeyRange::lower_bound(&js(from))?.into(),
    })
}

fn js(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

/// What `getAll` and its like answer, as it is.
fn list(answer: &JsValue) -> Option<&Array> {
    answer.dyn_ref()
}

/// Keys come back as `ArrayBuffer`, values as the `Uint8Array` that was put.
fn bytes(stored: &JsValue) -> Option<Vec<u8>> {
    match stored.dyn_ref::<Uint8Array>() {
        Some(array) => Some(array.to_vec()),
        None => stored.is_instance_of::<js_sys::ArrayBuffer>().then(|| Uint8Array::new(stored).to_vec()),
    }
}

fn value(answer: &JsValue) -> Option<Result<Vec<u8>, StoreFault>> {
    if answer.is_undefined() {
        return None;
    }
    Some(bytes(answer).ok_or_else(|| StoreFault::Failed("a value of an unknown kind".to_owned())))
}
