//! WebSockets to the relay on our own origin, in the worker; several at once, told apart by the engine's numbers.
//! They carry sealed frames and look into none.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use futures_channel::mpsc::UnboundedSender;
use js_sys::{ArrayBuffer, Uint8Array};
use lucerna_shared::port::{NetIn, SocketId};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::page;

/// What a browser reports when there was no orderly close.
const ABNORMAL: u16 = 1006;

#[derive(Debug)]
pub struct Sockets {
    inbox: UnboundedSender<NetIn>,
    open: RefCell<BTreeMap<SocketId, Socket>>,
}

impl Sockets {
    pub fn new(inbox: UnboundedSender<NetIn>) -> Sockets {
        Sockets { inbox, open: RefCell::default() }
    }

    /// An earlier socket of the same number is closed without a word.
    pub fn open(&self, socket: SocketId, path: &str) {
        match connect(socket, path, &self.inbox) {
            Some(made) => drop(self.open.borrow_mut().insert(socket, made)),
            None => drop(self.inbox.unbounded_send(NetIn::RelayClosed { socket, code: ABNORMAL })),
        }
    }

    pub fn send(&self, socket: SocketId, bytes: &[u8]) {
        if let Some(socket) = self.open.borrow().get(&socket) {
            // A socket that is not open any more reports its close; what was sent meanwhile is sent again by sync.
            let _ = socket.inner.send_with_u8_array(bytes);
        }
    }

    /// Closes without a `RelayClosed`: the engine asked for it.
    pub fn close(&self, socket: SocketId) {
        self.open.borrow_mut().remove(&socket);
    }
}

struct Socket {
    inner: WebSocket,
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onopen(None);
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        let _ = self.inner.close();
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket(state {})", self.inner.ready_state())
    }
}

fn connect(socket: SocketId, path: &str, inbox: &UnboundedSender<NetIn>) -> Option<Socket> {
    let inner = WebSocket::new(&address(path)?).ok()?;
    inner.set_binary_type(BinaryType::Arraybuffer);
    let tell = {
        let inbox = inbox.clone();
        move |input| drop(inbox.unbounded_send(input))
    };
    let (opened, heard, closed) = (tell.clone(), tell.clone(), tell);
    let open = Closure::<dyn FnMut()>::new(move || opened(NetIn::RelayOpened { socket }));
    let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // The relay speaks binary; text is not ours.
        if let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() {
            heard(NetIn::RelayMessage { socket, bytes: Uint8Array::new(&buffer).to_vec() });
        }
    });
    let close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
        closed(NetIn::RelayClosed { socket, code: event.code() });
    });
    inner.set_onopen(Some(open.as_ref().unchecked_ref()));
    inner.set_onmessage(Some(message.as_ref().unchecked_ref()));
    inner.set_onclose(Some(close.as_ref().unchecked_ref()));
    Some(Socket { inner, _open: open, _message: message, _close: close })
}

/// Only ever our own origin.
fn address(path: &str) -> Option<String> {
    let location = page::scope()?.location();
    let scheme = if location.protocol() == "https:" { "wss" } else { "ws" };
    path.starts_with("/relay/").then(|| format!("{scheme}://{}{path}", location.host()))
}
