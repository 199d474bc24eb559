//! Files that the page handed over, read when the engine asks for them.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use js_sys::Uint8Array;
use lucerna_shared::engine::FileSource;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, FileReaderSync};

const UNREADABLE: &str = "the file could not be read";

pub(super) struct HandedOver(pub Vec<File>);

impl HandedOver {
    fn part(&self, index: usize, from: u64, len: u64) -> Result<Blob, String> {
        let file = self.0.get(index).ok_or_else(|| "there is no such file".to_owned())?;
        let part = file.slice_with_f64_and_f64(from as f64, (from + len) as f64);
        part.map_err(|_| UNREADABLE.to_owned())
    }
}

impl FileSource for HandedOver {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> String {
        self.0.get(index).map(File::name).unwrap_or_default()
    }

    fn size(&self, index: usize) -> u64 {
        self.0.get(index).map_or(0, |file| file.size() as u64)
    }

    fn slice(&self, index: usize, from: u64, len: u64) -> LocalBoxFuture<'static, Result<Vec<u8>, String>> {
        let part = self.part(index, from, len);
        async move {
            let read = JsFuture::from(part?.array_buffer()).await;
            // Moved, deleted or changed on the disk since it was chosen.
            read.map(|buffer| Uint8Array::new(&buffer).to_vec()).map_err(|_| UNREADABLE.to_owned())
        }
        .boxed_local()
    }

    fn slice_now(&self, index: usize, from: u64, len: u64) -> Result<Vec<u8>, String> {
        let part = self.part(index, from, len)?;
        let read = FileReaderSync::new().and_then(|reader| reader.read_as_array_buffer(&part));
        read.map(|buffer| Uint8Array::new(&buffer).to_vec()).map_err(|_| UNREADABLE.to_owned())
    }
}
