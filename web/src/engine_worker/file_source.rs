//! Files that the page handed over, read when the engine asks for them.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use js_sys::Uint8Array;
use lucerna_shared::engine::FileSource;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

pub(super) struct HandedOver(pub Vec<File>);

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

    fn read(&self, index: usize) -> LocalBoxFuture<'static, Result<Vec<u8>, String>> {
        let file = self.0.get(index).cloned();
        async move {
            let file = file.ok_or_else(|| "there is no such file".to_owned())?;
            let read = JsFuture::from(file.array_buffer()).await;
            // Moved, deleted or changed on the disk since it was chosen.
            read.map(|buffer| Uint8Array::new(&buffer).to_vec()).map_err(|_| "the file could not be read".to_owned())
        }
        .boxed_local()
    }
}
