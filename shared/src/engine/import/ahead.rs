//! Work for two threads in one order: some lies with the other thread, some is done here meanwhile, and what comes of it
//! is taken in the order in which it was given. Where there is no other thread, or it dies, all of it is done here.

use std::collections::VecDeque;

use futures::FutureExt;
use futures::future::LocalBoxFuture;

use crate::engine::api::Fault;
use crate::engine::export;
use crate::port::Port;
use crate::record::bundle::to_cbor;

use super::check::Fill;
use super::pack::pack;
use super::stretch::read_stretch;

/// So much lies with the other thread, that it never waits for this one.
const OUTSIDE: usize = 6;
/// Given and not taken yet, on either thread: what memory they may need.
const AHEAD: usize = 16;

/// What is to be done with a piece of work; its first byte.
pub(super) const READ: u8 = 0;
pub(super) const PACK: u8 = 1;
/// An export's.
pub(in crate::engine) const LINES: u8 = 2;
pub(in crate::engine) const ZIP: u8 = 3;

/// One piece of work, wherever it is done. It sees no key and no store.
pub fn work(job: &[u8], fill: Fill<'_>) -> Option<Vec<u8>> {
    match job.split_first()? {
        (&READ, stretch) => Some(read_stretch(stretch, fill)?.0),
        (&PACK, batch) => Some(to_cbor(&pack(batch)?)),
        (&LINES, batch) => export::write(batch),
        (&ZIP, file) => export::pack(file),
        _ => None,
    }
}

#[derive(Default)]
pub(in crate::engine) struct Ahead {
    line: VecDeque<Piece>,
}

enum Piece {
    Done(Vec<u8>),
    /// With the work itself, should nothing come back.
    Outside(LocalBoxFuture<'static, Option<Vec<u8>>>, Vec<u8>),
}

impl Ahead {
    /// Gives one more piece of work: to the other thread, unless that has enough, or this is the `last` for now.
    pub fn give<P: Port>(&mut self, port: &P, kind: u8, job: Vec<u8>, last: bool) -> Result<(), Fault> {
        let job = [&[kind], job.as_slice()].concat();
        let outside = |piece: &&mut Piece| matches!(piece, Piece::Outside(..));
        for piece in self.line.iter_mut().filter(outside) {
            piece.look(port)?;
        }
        let outside = self.line.iter().filter(|piece| matches!(piece, Piece::Outside(..))).count();
        let mut piece = if last || outside >= OUTSIDE {
            Piece::Done(here(port, &job)?)
        } else {
            Piece::Outside(port.aside(&job), job)
        };
        // Nobody may be there to take it.
        piece.look(port)?;
        self.line.push_back(piece);
        Ok(())
    }

    /// What came of the piece given first; of those that are not ready none is awaited unless there are too many, or
    /// `all` are wanted.
    pub async fn take<P: Port>(&mut self, port: &P, all: bool) -> Result<Option<Vec<u8>>, Fault> {
        let wait = all || self.line.len() > AHEAD;
        let Some(first) = self.line.front_mut() else { return Ok(None) };
        first.look(port)?;
        match self.line.pop_front() {
            Some(Piece::Done(done)) => Ok(Some(done)),
            Some(Piece::Outside(answer, job)) if wait => match answer.await {
                Some(done) => Ok(Some(done)),
                None => here(port, &job).map(Some),
            },
            Some(waiting) => {
                self.line.push_front(waiting);
                Ok(None)
            }
            None => Ok(None),
        }
    }
}

impl Piece {
    /// Whether it has been done meanwhile.
    fn look<P: Port>(&mut self, port: &P) -> Result<(), Fault> {
        if let Piece::Outside(answer, job) = self
            && let Some(answer) = answer.now_or_never()
        {
            *self = Piece::Done(match answer {
                Some(done) => done,
                None => here(port, job)?,
            });
        }
        Ok(())
    }
}

fn here<P: Port>(port: &P, job: &[u8]) -> Result<Vec<u8>, Fault> {
    work(job, &mut |bytes| port.entropy().fill(bytes)).ok_or_else(|| Fault::damaged("a piece of an import"))
}

/// The other thread, for as long as an import or an export has work for it.
pub(in crate::engine) struct Aside<'a, P: Port>(&'a P);

impl<'a, P: Port> Aside<'a, P> {
    pub fn begin(port: &'a P) -> Aside<'a, P> {
        port.begin_aside();
        Aside(port)
    }
}

impl<P: Port> Drop for Aside<'_, P> {
    fn drop(&mut self) {
        self.0.end_aside();
    }
}
