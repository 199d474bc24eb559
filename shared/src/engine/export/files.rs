//! The files of the zip: text gathered by type until it is large enough, packed by whichever thread is free, and put
//! together in the order in which they became full.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::io::Cursor;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use zip::ZipWriter;
use zip::write::StreamWriter;

use super::Out;
use super::lines::Lines;
use super::pack::{Packing, Sink, job, zip_fault};
use crate::engine::api::Fault;
use crate::engine::import::AnyZip;
use crate::port::Port;

/// One NDJSON file of a type is closed at this size and the next begun (Bulk Data allows several files a type).
const SHARD: usize = 2 * 1024 * 1024;
/// Packed bytes that are handed on at once: each handing on costs the browser a Blob.
const HANDED_ON: usize = 1024 * 1024;
/// So many files lie with the other thread; what more there is is packed here.
const OUTSIDE: usize = 2;

pub(super) struct Files<'a, P: Port> {
    port: &'a P,
    cancelled: Rc<Cell<bool>>,
    zip: ZipWriter<StreamWriter<Sink>>,
    sink: Sink,
    /// By type: how many files were closed, and the text of the next.
    open: BTreeMap<String, (u32, Vec<u8>)>,
    line: VecDeque<Packed>,
    resources: u64,
}

/// A file that is full.
enum Packed {
    Done(Vec<u8>),
    /// With the work itself, should nothing come back.
    Outside(LocalBoxFuture<'static, Option<Vec<u8>>>, Vec<u8>),
    /// Nobody took it, or who took it is gone.
    Undone(Vec<u8>),
}

impl Packed {
    /// Whether it has been done meanwhile.
    fn look(&mut self) {
        if let Packed::Outside(answer, job) = self
            && let Some(answer) = answer.now_or_never()
        {
            *self = answer.map_or_else(|| Packed::Undone(std::mem::take(job)), Packed::Done);
        }
    }
}

impl<'a, P: Port> Files<'a, P> {
    pub fn new(port: &'a P, cancelled: Rc<Cell<bool>>) -> Files<'a, P> {
        let sink = Sink::default();
        let zip = ZipWriter::new_stream(sink.clone());
        Files { port, cancelled, zip, sink, open: BTreeMap::new(), line: VecDeque::new(), resources: 0 }
    }

    /// Takes in more lines, and packs what is large enough.
    pub async fn take(&mut self, lines: Lines<'_>, out: &mut Out) -> Result<(), Fault> {
        self.resources += lines.resources;
        for (kind, text) in lines.files {
            if !self.open.contains_key(kind) {
                self.open.insert(kind.to_owned(), (0, Vec::new()));
            }
            let Some((closed, open)) = self.open.get_mut(kind) else { continue };
            open.extend_from_slice(text);
            if open.len() >= SHARD {
                *closed += 1;
                let (name, text) = (format!("{kind}.{closed:03}.ndjson"), std::mem::take(open));
                self.pack(&name, &text, out).await?;
            }
        }
        Ok(())
    }

    /// Packs what never grew large, and ends the zip. How many resources there are in it.
    pub async fn end(mut self, out: &mut Out) -> Result<u64, Fault> {
        let open = std::mem::take(&mut self.open).into_iter().filter(|(_, (_, text))| !text.is_empty());
        let named = open.map(|(kind, (closed, text))| match closed {
            0 => (format!("{kind}.ndjson"), text),
            _ => (format!("{kind}.{:03}.ndjson", closed + 1), text),
        });
        let mut rest: Vec<(String, Vec<u8>)> = named.collect();
        // The longest first, so that both threads end at about the same time.
        rest.sort_by_key(|(_, text)| Reverse(text.len()));
        for (name, text) in rest {
            self.pack(&name, &text, out).await?;
        }
        while let Some(packed) = self.line.pop_front() {
            let packed = match packed {
                Packed::Done(packed) => packed,
                Packed::Undone(job) => self.here(&job).await?,
                Packed::Outside(answer, job) => match answer.await {
                    Some(packed) => packed,
                    None => self.here(&job).await?,
                },
            };
            self.put(packed, out)?;
        }
        drop(self.zip.finish().map_err(|_| zip_fault())?);
        out.push(self.sink.take());
        Ok(self.resources)
    }

    /// Has a file packed by the other thread, unless that has enough.
    async fn pack(&mut self, name: &str, text: &[u8], out: &mut Out) -> Result<(), Fault> {
        self.line.iter_mut().for_each(Packed::look);
        while let Some(Packed::Done(packed)) = self.line.pop_front_if(|packed| matches!(packed, Packed::Done(_))) {
            self.put(packed, out)?;
        }
        let job = job(name, text);
        let outside = self.line.iter().filter(|packed| matches!(packed, Packed::Outside(..))).count();
        let mut packed = match outside {
            OUTSIDE.. => Packed::Undone(job),
            _ => Packed::Outside(self.port.aside(&job), job),
        };
        // Nobody may be there to take it.
        packed.look();
        if let Packed::Undone(job) = &packed {
            packed = Packed::Done(self.here(job).await?);
        }
        self.line.push_back(packed);
        Ok(())
    }

    /// Packs a file on this thread, with a turn for others between.
    async fn here(&self, job: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut packing = job.get(1..).and_then(Packing::begin).ok_or_else(zip_fault)?;
        while packing.step().ok_or_else(zip_fault)? {
            self.port.yield_now().await;
            if self.cancelled.get() {
                return Err(Fault::Cancelled);
            }
        }
        packing.end().ok_or_else(zip_fault)
    }

    /// Copies a packed file into the zip, as it is.
    fn put(&mut self, packed: Vec<u8>, out: &mut Out) -> Result<(), Fault> {
        let mut one = AnyZip::new(Box::new(Cursor::new(packed))).map_err(|_| zip_fault())?;
        let file = one.by_index_raw(0).map_err(|_| zip_fault())?;
        self.zip.raw_copy_file(file).map_err(|_| zip_fault())?;
        if self.sink.len() >= HANDED_ON {
            out.push(self.sink.take());
        }
        Ok(())
    }
}
