//! The Durable Object round one room: carries sockets, clock and randomness to `wire::Room` and obeys what it says.
//! Nothing is stored but an alarm, nothing is logged, and no frame is looked into.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lucerna_shared::base::{Hash, Timestamp};
use lucerna_shared::wire::limits::MAX_HOST;
use lucerna_shared::wire::{Input, Output, Room, RoomId, RoomKind, Slot};
use sha2::{Digest, Sha256};
use worker::js_sys::{Date, Uint8Array};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::ext::WebSocketExt;
use worker::{
    DurableObject, Env, Error, Request, Response, Result, ScheduledTime, State, Url, WebSocket,
    WebSocketIncomingMessage, WebSocketPair, durable_object,
};

use crate::{headers, headers::plain, limits};

const NORMAL: u16 = 1000;

/// At the door: what can be refused without waking the room is refused here.
pub async fn enter(request: Request, env: &Env, url: &Url) -> Result<Response> {
    let Some((room, kind)) = address(url) else { return plain(404, "no such room") };
    let headers = request.headers();
    if !headers.get("upgrade")?.is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
        return plain(426, "a room takes WebSockets only");
    }
    let Some(host) = host_of(&request)? else { return plain(400, "the request names no host") };
    if headers.get("origin")?.as_deref().and_then(authority) != Some(host.as_str()) {
        return plain(403, "a room is entered from its own origin only");
    }
    if !limits::may_open_socket(&request, now())? {
        return plain(429, "too many sockets from one address");
    }
    let rooms = env.durable_object("ROOM")?;
    rooms.id_from_name(&object_name(&room, kind))?.get_stub()?.fetch_with_request(request).await
}

/// `/relay/<64 hex>?k=c` or `k=p`, and nothing besides.
fn address(url: &Url) -> Option<(RoomId, RoomKind)> {
    let hex = url.path().strip_prefix("/relay/")?;
    let kind = RoomKind::from_letter(url.query()?.strip_prefix("k=")?)?;
    let room: RoomId = hex.parse().ok()?;
    (room.hex() == hex).then_some((room, kind))
}

/// The platform writes an object's name to disk beside its alarm: a hash, so that no list of rooms lies there.
fn object_name(room: &RoomId, kind: RoomKind) -> String {
    let name = Sha256::new().chain_update("lucerna/room-object/v1").chain_update(kind.letter());
    Hash(name.chain_update(room.as_bytes()).finalize().into()).hex()
}

/// The authority as the browser sent it: the same text as `location.host`, which the client signs.
fn host_of(request: &Request) -> Result<Option<String>> {
    let host = request.headers().get("host")?.map(|host| host.to_ascii_lowercase());
    Ok(host.filter(|host| !host.is_empty() && host.len() <= MAX_HOST))
}

fn authority(origin: &str) -> Option<&str> {
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))
}

fn now() -> Timestamp {
    Timestamp(Date::now() as i64)
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::RustError("no randomness".into()))?;
    Ok(bytes)
}

/// One room of one kind. Sockets outlive this object: it may be put to sleep and built anew between two messages.
#[durable_object]
pub struct RoomObject {
    state: State,
    room: RefCell<Option<Room>>,
    sockets: RefCell<BTreeMap<Slot, WebSocket>>,
}

impl DurableObject for RoomObject {
    fn new(state: State, _env: Env) -> Self {
        let mut sockets = BTreeMap::new();
        let mut attachments = Vec::new();
        for socket in state.get_websockets() {
            let attachment = attachment_of(&socket);
            match Room::slot_of(&attachment) {
                Some(slot) => {
                    sockets.insert(slot, socket);
                    attachments.push(attachment);
                }
                // Sent away before the room slept, or of no room we know: either way it has no say here.
                None => drop(socket.close(Some(NORMAL), None::<&str>)),
            }
        }
        let room = Room::wake(attachments.iter().map(Vec::as_slice));
        RoomObject { state, room: RefCell::new(room), sockets: RefCell::new(sockets) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let Some((id, kind)) = address(&request.url()?) else { return plain(404, "no such room") };
        let Some(host) = host_of(&request)? else { return plain(400, "the request names no host") };
        let (challenge, seed) = (random::<32>()?, u32::from_be_bytes(random::<4>()?));
        let pair = WebSocketPair::new()?;
        let slot = self.with_room(id, kind, |room| room.free_slot(seed));
        self.state.accept_websocket_with_tags(&pair.server, &[&slot.to_string()]);
        self.sockets.borrow_mut().insert(slot, pair.server);
        let input = Input::Opened { slot, challenge, host: &host };
        let outputs = self.with_room(id, kind, |room| room.handle(input, now()));
        self.obey(outputs).await?;
        Ok(Response::builder().with_status(101).with_headers(headers::strict()?).with_websocket(pair.client).empty())
    }

    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
        let Some(slot) = self.slot_of(&socket) else { return Ok(()) };
        match message {
            WebSocketIncomingMessage::Binary(bytes) => self.tell(Input::Message { slot, bytes: &bytes }).await,
            WebSocketIncomingMessage::String(_) => self.tell(Input::Text { slot }).await,
        }
    }

    async fn websocket_close(&self, socket: WebSocket, code: usize, _reason: String, _clean: bool) -> Result<()> {
        // The runtime does not answer a Close by itself, and 1005 and 1006 may not be sent back.
        let code = u16::try_from(code).ok().filter(|code| !matches!(code, 1005 | 1006));
        drop(socket.close(code.or(Some(NORMAL)), Some("")));
        self.gone(&socket).await
    }

    async fn websocket_error(&self, socket: WebSocket, _error: Error) -> Result<()> {
        self.gone(&socket).await
    }

    async fn alarm(&self) -> Result<Response> {
        self.tell(Input::Tick).await?;
        Response::empty()
    }
}

impl RoomObject {
    fn with_room<T>(&self, id: RoomId, kind: RoomKind, act: impl FnOnce(&mut Room) -> T) -> T {
        act(self.room.borrow_mut().get_or_insert_with(|| Room::new(id, kind)))
    }

    async fn tell(&self, input: Input<'_>) -> Result<()> {
        let outputs = self.room.borrow_mut().as_mut().map(|room| room.handle(input, now()));
        self.obey(outputs.unwrap_or_default()).await
    }

    async fn gone(&self, socket: &WebSocket) -> Result<()> {
        let Some(slot) = self.slot_of(socket) else { return Ok(()) };
        self.sockets.borrow_mut().remove(&slot);
        self.tell(Input::Closed { slot }).await
    }

    fn slot_of(&self, socket: &WebSocket) -> Option<Slot> {
        self.state.get_tags(socket).first()?.parse().ok()
    }

    /// A socket that cannot take what it is sent is already going; its own close event tells the room.
    async fn obey(&self, outputs: Vec<Output>) -> Result<()> {
        let mut wake = None;
        for output in outputs {
            match output {
                Output::Send { slot, bytes } => {
                    if let Some(socket) = self.sockets.borrow().get(&slot) {
                        drop(socket.send_with_bytes(bytes));
                    }
                }
                Output::Close { slot, code } => {
                    if let Some(socket) = self.sockets.borrow_mut().remove(&slot) {
                        // Until the peer answers, the socket lingers: a room that wakes must not take it for a member.
                        WebSocketExt::serialize_attachment(raw(&socket), JsValue::NULL)?;
                        drop(socket.close(Some(code.code()), Some(code.name())));
                    }
                }
                Output::Attach { slot, bytes } => {
                    if let Some(socket) = self.sockets.borrow().get(&slot) {
                        let value = Uint8Array::from(bytes.as_slice());
                        WebSocketExt::serialize_attachment(raw(socket), value.into())?;
                    }
                }
                Output::WakeAt(at) => wake = Some(at),
            }
        }
        if let Some(Timestamp(at)) = wake {
            let date = Date::new(&(at as f64).into());
            self.state.storage().set_alarm(ScheduledTime::new(date)).await?;
        }
        Ok(())
    }
}

fn raw(socket: &WebSocket) -> &worker::web_sys::WebSocket {
    socket.as_ref()
}

fn attachment_of(socket: &WebSocket) -> Vec<u8> {
    WebSocketExt::deserialize_attachment(raw(socket))
        .ok()
        .and_then(|value| value.dyn_into::<Uint8Array>().ok())
        .map(|bytes| bytes.to_vec())
        .unwrap_or_default()
}
