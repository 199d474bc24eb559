//! Peer connections, which browsers give to pages only: the page obeys the engine's orders and reports what happens.
//! Two negotiated channels each; no STUN or TURN server, so that no address leaves the clinic's network.

mod peer;
mod words;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use lucerna_shared::port::ConnId;

use peer::Peer;
pub use words::{Happening, Order};

type Report = Rc<dyn Fn(ConnId, Happening, Option<Vec<u8>>)>;

/// All peer connections of this page.
pub struct Peers {
    open: RefCell<BTreeMap<ConnId, Peer>>,
    report: Report,
}

impl Peers {
    /// `report` carries what happened to the engine.
    pub fn new(report: impl Fn(ConnId, Happening, Option<Vec<u8>>) + 'static) -> Peers {
        Peers { open: RefCell::default(), report: Rc::new(report) }
    }

    pub fn obey(&self, conn: ConnId, order: Order, bytes: Option<Vec<u8>>) {
        match order {
            Order::Create { offerer } => match Peer::create(conn, offerer, self.report.clone()) {
                Some(peer) => drop(self.open.borrow_mut().insert(conn, peer)),
                None => (self.report)(conn, Happening::Failed, None),
            },
            Order::Close => drop(self.open.borrow_mut().remove(&conn)),
            Order::Send { channel } => {
                if let (Some(peer), Some(bytes)) = (self.open.borrow().get(&conn), bytes) {
                    peer.send(channel, &bytes);
                }
            }
            Order::RemoteSdp { .. } | Order::Candidate { .. } => {
                if let Some(peer) = self.open.borrow().get(&conn) {
                    peer.negotiate(order);
                }
            }
        }
    }

    /// The engine that gave these orders is gone.
    pub fn close_all(&self) {
        drop(self.open.take());
    }
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peers({} open)", self.open.borrow().len())
    }
}
