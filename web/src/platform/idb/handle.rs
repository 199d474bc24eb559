//! An open database that may be lost at any time and is opened again on demand.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Reflect, global};
use lucerna_shared::port::StoreFault;
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbFactory};

use super::migrations::{NEWEST, migrate};

pub(super) struct Handle {
    name: String,
    open: Rc<RefCell<Option<IdbDatabase>>>,
    ears: RefCell<Vec<Closure<dyn FnMut()>>>,
}

impl Handle {
    pub async fn open(name: &str) -> Result<Handle, StoreFault> {
        if let Err(fault) = migrate(name).await {
            return Err(if is_newer(name).await { StoreFault::Newer } else { fault });
        }
        let handle = Handle { name: name.to_owned(), open: Rc::default(), ears: RefCell::default() };
        handle.reopen().await?;
        Ok(handle)
    }

    /// `Closed` when it was lost; `reopen` then.
    pub fn database(&self) -> Result<IdbDatabase, StoreFault> {
        self.open.borrow().clone().ok_or(StoreFault::Closed)
    }

    /// `Unavailable` if the database was deleted meanwhile: a blank one must never take its place under an engine
    /// that goes on writing.
    pub async fn reopen(&self) -> Result<(), StoreFault> {
        self.close();
        let database = open_raw(&self.name).await?;
        self.listen(&database);
        self.open.replace(Some(database));
        Ok(())
    }

    pub fn close(&self) {
        if let Some(database) = self.open.take() {
            database.set_onversionchange(None);
            database.set_onclose(None);
            database.close();
        }
    }

    /// Another tab wants to delete or upgrade the database, or the browser closed it: let it go at once, or the
    /// other waits for ever.
    fn listen(&self, database: &IdbDatabase) {
        let open = self.open.clone();
        let lost = Closure::<dyn FnMut()>::new(move || {
            if let Some(database) = open.take() {
                database.close();
            }
        });
        database.set_onversionchange(Some(lost.as_ref().unchecked_ref()));
        database.set_onclose(Some(lost.as_ref().unchecked_ref()));
        self.ears.replace(vec![lost]);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether a newer app has raised the version: then what is there is its own, and is left as it is.
async fn is_newer(name: &str) -> bool {
    open_raw(name).await.is_ok_and(|database| {
        database.close();
        database.version() > f64::from(NEWEST)
    })
}

/// Opens what is there, at whatever version it is.
async fn open_raw(name: &str) -> Result<IdbDatabase, StoreFault> {
    let unavailable = |_: JsValue| StoreFault::Unavailable;
    let factory: IdbFactory =
        Reflect::get(&global(), &"indexedDB".into()).and_then(|found| found.dyn_into()).map_err(unavailable)?;
    let request = factory.open(name).map_err(unavailable)?;
    let (send, outcome) = oneshot::channel::<bool>();
    let send = Rc::new(RefCell::new(Some(send)));
    let tell = move |opened: bool| {
        if let Some(send) = send.borrow_mut().take() {
            let _ = send.send(opened);
        }
    };
    let told = tell.clone();
    let success = Closure::<dyn FnMut()>::new(move || told(true));
    let error = Closure::<dyn FnMut()>::new(move || tell(false));
    let blank = request.clone();
    let missing = Closure::<dyn FnMut()>::new(move || {
        if let Some(making) = blank.transaction() {
            let _ = making.abort();
        }
    });
    request.set_onupgradeneeded(Some(missing.as_ref().unchecked_ref()));
    request.set_onsuccess(Some(success.as_ref().unchecked_ref()));
    request.set_onerror(Some(error.as_ref().unchecked_ref()));
    match outcome.await {
        Ok(true) => request.result().and_then(|opened| opened.dyn_into()).map_err(unavailable),
        Ok(false) | Err(_) => Err(StoreFault::Unavailable),
    }
}
