//! The only thing `web` calls: commands in, views and events out. Authorise → decide → seal → audit → store in one place.

pub mod api;

use std::rc::Rc;

use futures::future::LocalBoxFuture;

/// Files that a person handed over, read one at a time so that memory stays bounded.
pub trait FileSource {
    fn count(&self) -> usize;
    fn name(&self, index: usize) -> String;
    /// Bytes.
    fn size(&self, index: usize) -> u64;
    fn read(&self, index: usize) -> LocalBoxFuture<'static, Result<Vec<u8>, String>>;
}

/// What travels beside a command and its reply.
#[derive(Default)]
pub struct Io {
    pub files: Option<Rc<dyn FileSource>>,
    /// Takes the pieces of an exported file in order; the shell makes a Blob of them.
    pub out: Option<Box<dyn FnMut(Vec<u8>)>>,
}

impl std::fmt::Debug for Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Io").field("files", &self.files.is_some()).field("out", &self.out.is_some()).finish()
    }
}

// The engine itself: `Engine<P: Port>` in an `Rc`, all methods on `&self`; commands may run concurrently (each is its own
// future), writers take turns inside. `Engine::new(port)`, `async fn handle(&self, Command, Io) -> Result<String, Fault>`
// (the reply as JSON), `async fn net(&self, NetIn)`.
