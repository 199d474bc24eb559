//! Scratch files in the origin's private file system, or as rows of the vault where the browser gives none.
//! It sees sealed bytes under random names, and nothing else.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Promise, Reflect, global};
use lucerna_shared::port::row_scratch::RowScratch;
use lucerna_shared::port::{Scratch, ScratchName, Span, StoreFault};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

use super::idb::{IdbStore, fault};

/// The folder of one vault's files.
const FOLDER: &str = "scratch";
/// A file of a worker that was just terminated is let go a moment later.
const TRIES: u32 = 15;
const BETWEEN_TRIES_MS: u32 = 100;

pub struct BrowserScratch {
    folder: String,
    /// Asked for once; `None` where there are no files.
    files: RefCell<Option<Option<Rc<Files>>>>,
    rows: RowScratch<IdbStore>,
}

/// The folder, and the files in it that are open.
struct Files {
    folder: FileSystemDirectoryHandle,
    open: RefCell<BTreeMap<ScratchName, Rc<Opened>>>,
}

/// A file that nobody else can open; closed when dropped.
struct Opened {
    handle: FileSystemSyncAccessHandle,
}

impl BrowserScratch {
    pub fn new(store: Rc<IdbStore>) -> BrowserScratch {
        BrowserScratch::in_folder(FOLDER, store)
    }

    pub fn in_folder(folder: &str, store: Rc<IdbStore>) -> BrowserScratch {
        BrowserScratch { folder: folder.to_owned(), files: RefCell::default(), rows: RowScratch::new(store) }
    }

    async fn files(&self) -> Option<Rc<Files>> {
        if let Some(known) = self.files.borrow().clone() {
            return known;
        }
        let found = Files::find(&self.folder).await.map(Rc::new);
        // Whoever asked at the same time and was quicker keeps what is open.
        self.files.borrow_mut().get_or_insert(found).clone()
    }
}

impl Files {
    /// Old browsers have no such folder or no files in it that can be written at once, some give none to private windows.
    async fn find(name: &str) -> Option<Files> {
        let storage = Reflect::get(&Reflect::get(&global(), &"navigator".into()).ok()?, &"storage".into()).ok()?;
        let directory: Function = Reflect::get(&storage, &"getDirectory".into()).ok()?.dyn_into().ok()?;
        let kind = Reflect::get(&global(), &"FileSystemFileHandle".into()).ok()?;
        let prototype = Reflect::get(&kind, &"prototype".into()).ok()?;
        if !Reflect::has(&prototype, &"createSyncAccessHandle".into()).ok()? {
            return None;
        }
        let root: Promise = directory.call0(&storage).ok()?.dyn_into().ok()?;
        let root: FileSystemDirectoryHandle = JsFuture::from(root).await.ok()?.dyn_into().ok()?;
        let options = web_sys::FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let folder = JsFuture::from(root.get_directory_handle_with_options(name, &options)).await.ok()?;
        Some(Files { folder: folder.dyn_into().ok()?, open: RefCell::default() })
    }

    /// `Unavailable` if there is no such file and none is to be made.
    async fn open(&self, name: &ScratchName, make: bool) -> Result<Rc<Opened>, StoreFault> {
        if let Some(opened) = self.open.borrow().get(name) {
            return Ok(opened.clone());
        }
        let handle = self.handle(name, make).await?;
        let handle = patiently(|| handle.create_sync_access_handle()).await?;
        let opened = Rc::new(Opened { handle: handle.dyn_into().map_err(|thrown| fault(&thrown))? });
        self.open.borrow_mut().insert(*name, opened.clone());
        Ok(opened)
    }

    async fn handle(&self, name: &ScratchName, make: bool) -> Result<FileSystemFileHandle, StoreFault> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(make);
        let handle = self.folder.get_file_handle_with_options(&hex(name), &options);
        JsFuture::from(handle).await.and_then(|handle| handle.dyn_into()).map_err(|thrown| fault(&thrown))
    }

    async fn names(&self) -> Result<Vec<ScratchName>, StoreFault> {
        let (mut names, keys) = (Vec::new(), self.folder.keys());
        loop {
            let next = keys.next().map_err(|thrown| fault(&thrown))?;
            let next = JsFuture::from(next).await.map_err(|thrown| fault(&thrown))?;
            let value = Reflect::get(&next, &"value".into()).map_err(|thrown| fault(&thrown))?;
            let Some(name) = value.as_string() else { return Ok(names) };
            names.extend(unhex(&name));
        }
    }

    async fn remove(&self, name: &ScratchName) -> Result<(), StoreFault> {
        self.open.borrow_mut().remove(name);
        match patiently(|| self.folder.remove_entry(&hex(name))).await {
            Ok(_) | Err(StoreFault::Unavailable) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn size(&self, name: &ScratchName) -> Result<u64, StoreFault> {
        let open = self.open.borrow().get(name).cloned();
        if let Some(opened) = open {
            return opened.size();
        }
        let file = JsFuture::from(self.handle(name, false).await?.get_file()).await;
        let file: File = file.and_then(|file| file.dyn_into()).map_err(|thrown| fault(&thrown))?;
        Ok(file.size() as u64)
    }
}

impl Opened {
    fn size(&self) -> Result<u64, StoreFault> {
        self.handle.get_size().map(|size| size as u64).map_err(|thrown| fault(&thrown))
    }

    fn append(&self, bytes: &[u8]) -> Result<Span, StoreFault> {
        let at = self.size()?;
        let options = FileSystemReadWriteOptions::new();
        options.set_at(at as f64);
        match self.handle.write_with_u8_array_and_options(bytes, &options) {
            Ok(written) if written == bytes.len() as f64 => Ok(Span { at, length: bytes.len() as u32 }),
            outcome => {
                // Half a piece is none: what comes next takes its place.
                let _ = self.handle.truncate_with_f64(at as f64);
                Err(outcome.map_or_else(|thrown| fault(&thrown), |_| StoreFault::Full))
            }
        }
    }

    fn read(&self, span: Span) -> Result<Vec<u8>, StoreFault> {
        // Nothing is taken from memory for what is not there.
        if span.at.checked_add(u64::from(span.length)).is_none_or(|end| self.size().is_ok_and(|size| end > size)) {
            return Err(StoreFault::Unavailable);
        }
        let mut bytes = vec![0; span.length as usize];
        let options = FileSystemReadWriteOptions::new();
        options.set_at(span.at as f64);
        let read = self.handle.read_with_u8_array_and_options(&mut bytes, &options).map_err(|thrown| fault(&thrown))?;
        if read == bytes.len() as f64 { Ok(bytes) } else { Err(StoreFault::Unavailable) }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.handle.close();
    }
}

impl Scratch for BrowserScratch {
    async fn append(&self, name: &ScratchName, bytes: &[u8]) -> Result<Span, StoreFault> {
        match self.files().await {
            Some(files) => files.open(name, true).await?.append(bytes),
            None => self.rows.append(name, bytes).await,
        }
    }

    async fn read(&self, name: &ScratchName, span: Span) -> Result<Vec<u8>, StoreFault> {
        match self.files().await {
            Some(files) => files.open(name, false).await?.read(span),
            None => self.rows.read(name, span).await,
        }
    }

    async fn flush(&self, name: &ScratchName) -> Result<(), StoreFault> {
        let Some(files) = self.files().await else { return self.rows.flush(name).await };
        let open = files.open.borrow().get(name).cloned();
        // What is not open was not written to.
        open.map_or(Ok(()), |opened| opened.handle.flush().map_err(|thrown| fault(&thrown)))
    }

    async fn remove(&self, name: &ScratchName) -> Result<(), StoreFault> {
        match self.files().await {
            Some(files) => files.remove(name).await,
            None => self.rows.remove(name).await,
        }
    }

    async fn names(&self) -> Result<Vec<ScratchName>, StoreFault> {
        match self.files().await {
            Some(files) => files.names().await,
            None => self.rows.names().await,
        }
    }

    async fn room(&self) -> Result<u64, StoreFault> {
        let Some(files) = self.files().await else { return self.rows.room().await };
        let mut room = 0;
        for name in files.names().await? {
            room += files.size(&name).await?;
        }
        Ok(room)
    }
}

impl fmt::Debug for BrowserScratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserScratch")
    }
}

/// Asks again while another worker still holds the file.
async fn patiently(ask: impl Fn() -> Promise) -> Result<JsValue, StoreFault> {
    for _ in 1..TRIES {
        match JsFuture::from(ask()).await {
            Err(thrown) if is_held(&thrown) => TimeoutFuture::new(BETWEEN_TRIES_MS).await,
            outcome => return outcome.map_err(|thrown| fault(&thrown)),
        }
    }
    JsFuture::from(ask()).await.map_err(|thrown| fault(&thrown))
}

fn is_held(thrown: &JsValue) -> bool {
    let exception = thrown.dyn_ref::<DomException>();
    exception.is_some_and(|thrown| matches!(thrown.name().as_str(), "NoModificationAllowedError" | "InvalidStateError"))
}

fn hex(name: &ScratchName) -> String {
    name.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(name: &str) -> Option<ScratchName> {
    let number = u64::from_str_radix(name, 16).ok().filter(|_| name.len() == 16)?;
    Some(number.to_be_bytes())
}
