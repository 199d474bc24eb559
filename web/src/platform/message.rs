//! What page and worker say to each other, as structured-clone objects: `{t, …}`. Commands, replies and events
//! are JSON that only the ends understand; bytes travel beside it as transferables.

use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File};

/// From the page to the engine's worker.
#[derive(Clone, Debug)]
pub enum ToWorker {
    /// A command as JSON, with files that it names by position.
    Command {
        id: u32,
        json: String,
        files: Vec<File>,
    },
    /// Something happened on a peer connection: `json` is a `rtc::Happening`.
    Rtc {
        conn: u32,
        json: String,
        bytes: Option<Vec<u8>>,
    },
    /// The tablet slept or the page was hidden: connections may be dead.
    Wake,
    Online(bool),
    /// Take the vault over from another tab.
    TakeOver,
}

/// From the worker to the page.
#[derive(Clone, Debug)]
pub enum ToPage {
    Ready,
    Reply {
        id: u32,
        ok: bool,
        json: String,
        blob: Option<Blob>,
    },
    Event {
        json: String,
    },
    /// What to do with a peer connection: `json` is a `rtc::Order`.
    Rtc {
        conn: u32,
        json: String,
        bytes: Option<Vec<u8>>,
    },
    /// The worker can no longer be trusted to answer; `worker.js` sends it when something threw.
    Crashed,
}

/// An object to post, and what of it is handed over rather than copied.
#[derive(Debug)]
pub struct Parcel {
    pub body: Object,
    pub transfer: Array,
}

impl Parcel {
    fn new(kind: &str) -> Parcel {
        let parcel = Parcel { body: Object::new(), transfer: Array::new() };
        parcel.with("t", &kind.into())
    }

    fn with(self, key: &str, value: &JsValue) -> Parcel {
        // Setting a property on a fresh plain object cannot fail.
        let _ = Reflect::set(&self.body, &key.into(), value);
        self
    }

    fn with_bytes(self, bytes: Option<&[u8]>) -> Parcel {
        match bytes {
            None => self,
            Some(bytes) => {
                let buffer = Uint8Array::from(bytes).buffer();
                self.transfer.push(&buffer);
                self.with("bytes", &buffer)
            }
        }
    }
}

impl ToWorker {
    pub fn parcel(&self) -> Parcel {
        match self {
            ToWorker::Command { id, json, files } => Parcel::new("cmd")
                .with("id", &(*id).into())
                .with("json", &json.into())
                .with("files", &files.iter().collect::<Array>()),
            ToWorker::Rtc { conn, json, bytes } => rtc(*conn, json, bytes.as_deref()),
            ToWorker::Wake => Parcel::new("wake"),
            ToWorker::Online(online) => Parcel::new("online").with("online", &(*online).into()),
            ToWorker::TakeOver => Parcel::new("take-over"),
        }
    }

    pub fn read(message: &JsValue) -> Option<ToWorker> {
        Some(match text(message, "t")?.as_str() {
            "cmd" => ToWorker::Command {
                id: number(message, "id")?,
                json: text(message, "json")?,
                files: Array::from(&field(message, "files")).iter().filter_map(|f| f.dyn_into().ok()).collect(),
            },
            "rtc" => {
                ToWorker::Rtc { conn: number(message, "conn")?, json: text(message, "json")?, bytes: bytes(message) }
            }
            "wake" => ToWorker::Wake,
            "online" => ToWorker::Online(field(message, "online").as_bool()?),
            "take-over" => ToWorker::TakeOver,
            _ => return None,
        })
    }
}

impl ToPage {
    pub fn parcel(&self) -> Parcel {
        match self {
            ToPage::Ready => Parcel::new("ready"),
            ToPage::Reply { id, ok, json, blob } => {
                let parcel =
                    Parcel::new("reply").with("id", &(*id).into()).with("ok", &(*ok).into()).with("json", &json.into());
                match blob {
                    Some(blob) => parcel.with("blob", blob),
                    None => parcel,
                }
            }
            ToPage::Event { json } => Parcel::new("event").with("json", &json.into()),
            ToPage::Rtc { conn, json, bytes } => rtc(*conn, json, bytes.as_deref()),
            ToPage::Crashed => Parcel::new("crashed"),
        }
    }

    pub fn read(message: &JsValue) -> Option<ToPage> {
        Some(match text(message, "t")?.as_str() {
            "ready" => ToPage::Ready,
            "reply" => ToPage::Reply {
                id: number(message, "id")?,
                ok: field(message, "ok").as_bool()?,
                json: text(message, "json")?,
                blob: field(message, "blob").dyn_into().ok(),
            },
            "event" => ToPage::Event { json: text(message, "json")? },
            "rtc" => {
                ToPage::Rtc { conn: number(message, "conn")?, json: text(message, "json")?, bytes: bytes(message) }
            }
            "crashed" => ToPage::Crashed,
            _ => return None,
        })
    }
}

fn rtc(conn: u32, json: &str, bytes: Option<&[u8]>) -> Parcel {
    Parcel::new("rtc").with("conn", &conn.into()).with("json", &json.into()).with_bytes(bytes)
}

fn field(message: &JsValue, key: &str) -> JsValue {
    Reflect::get(message, &key.into()).unwrap_or(JsValue::UNDEFINED)
}

fn text(message: &JsValue, key: &str) -> Option<String> {
    field(message, key).as_string()
}

fn number(message: &JsValue, key: &str) -> Option<u32> {
    field(message, key).as_f64().map(|number| number as u32)
}

fn bytes(message: &JsValue) -> Option<Vec<u8>> {
    let buffer: ArrayBuffer = field(message, "bytes").dyn_into().ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}
