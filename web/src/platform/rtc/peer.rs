//! One peer connection with its two channels. Negotiation steps run one after another, in the order they came;
//! bytes go past them.

use std::rc::Rc;

use futures::StreamExt;
use futures_channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use js_sys::{Array, ArrayBuffer, JSON, Uint8Array};
use lucerna_shared::port::ConnId;
use lucerna_shared::sync::Channel;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MessageEvent, RtcConfiguration, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState, RtcDataChannelType,
    RtcIceCandidateInit, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType,
    RtcSessionDescriptionInit,
};

use super::{Happening, Order, Report};

const LOW_WATER: u32 = 256 * 1024;
const HIGH_WATER: u32 = 1024 * 1024;

pub(super) struct Peer {
    conn: ConnId,
    inner: RtcPeerConnection,
    lines: Vec<Line>,
    steps: UnboundedSender<Order>,
    report: Report,
    _candidate: Closure<dyn FnMut(RtcPeerConnectionIceEvent)>,
    _state: Closure<dyn FnMut()>,
}

impl Peer {
    /// `None` where the browser gives no peer connections.
    pub fn create(conn: ConnId, offerer: bool, report: Report) -> Option<Peer> {
        let configuration = RtcConfiguration::new();
        configuration.set_ice_servers(&Array::new());
        let inner = RtcPeerConnection::new_with_configuration(&configuration).ok()?;

        let tell = {
            let report = report.clone();
            Rc::new(move |happened, bytes| report(conn, happened, bytes)) as Tell
        };
        let lines = [Channel::Control, Channel::Bulk].map(|channel| Line::new(&inner, channel, tell.clone())).into();
        let candidate = on_candidate(tell.clone());
        let state = on_state(inner.clone(), tell.clone());
        inner.set_onicecandidate(Some(candidate.as_ref().unchecked_ref()));
        inner.set_onconnectionstatechange(Some(state.as_ref().unchecked_ref()));

        let (steps, queue) = mpsc::unbounded();
        spawn_local(negotiate(inner.clone(), offerer, queue, tell));
        Some(Peer { conn, inner, lines, steps, report, _candidate: candidate, _state: state })
    }

    pub fn negotiate(&self, order: Order) {
        // The task ends only with this peer.
        let _ = self.steps.unbounded_send(order);
    }

    pub fn send(&self, channel: u16, bytes: &[u8]) {
        let Some(line) = self.lines.iter().find(|line| line.channel == channel) else { return };
        if line.inner.ready_state() != RtcDataChannelState::Open {
            return;
        }
        if line.inner.send_with_u8_array(bytes).is_err() {
            // A full or dead channel has lost a frame: the connection is of no more use.
            (self.report)(self.conn, Happening::Closed, None);
        } else if line.inner.buffered_amount() > HIGH_WATER {
            (self.report)(self.conn, Happening::High { channel }, None);
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.steps.close_channel();
        self.inner.set_onicecandidate(None);
        self.inner.set_onconnectionstatechange(None);
        self.lines.clear();
        self.inner.close();
    }
}

type Tell = Rc<dyn Fn(Happening, Option<Vec<u8>>)>;

/// One data channel and its ears.
struct Line {
    channel: u16,
    inner: RtcDataChannel,
    _plain: [Closure<dyn FnMut()>; 3],
    _message: Closure<dyn FnMut(MessageEvent)>,
}

impl Line {
    fn new(connection: &RtcPeerConnection, channel: Channel, tell: Tell) -> Line {
        let channel = channel.id();
        let options = RtcDataChannelInit::new();
        options.set_negotiated(true);
        options.set_id(channel);
        options.set_ordered(true);
        let inner = connection.create_data_channel_with_data_channel_dict("", &options);
        inner.set_binary_type(RtcDataChannelType::Arraybuffer);
        inner.set_buffered_amount_low_threshold(LOW_WATER);

        let plain = |happened: Happening| {
            let tell = tell.clone();
            Closure::<dyn FnMut()>::new(move || tell(happened.clone(), None))
        };
        let [open, low, close] =
            [Happening::Open { channel }, Happening::Low { channel }, Happening::Closed].map(plain);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() {
                tell(Happening::Message { channel }, Some(Uint8Array::new(&buffer).to_vec()));
            }
        });
        inner.set_onopen(Some(open.as_ref().unchecked_ref()));
        inner.set_onbufferedamountlow(Some(low.as_ref().unchecked_ref()));
        inner.set_onclose(Some(close.as_ref().unchecked_ref()));
        inner.set_onmessage(Some(message.as_ref().unchecked_ref()));
        Line { channel, inner, _plain: [open, low, close], _message: message }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.inner.set_onopen(None);
        self.inner.set_onbufferedamountlow(None);
        self.inner.set_onclose(None);
        self.inner.set_onmessage(None);
        self.inner.close();
    }
}

fn on_candidate(tell: Tell) -> Closure<dyn FnMut(RtcPeerConnectionIceEvent)> {
    Closure::new(move |event: RtcPeerConnectionIceEvent| {
        // The last event carries none; an empty one only says that gathering has ended.
        let Some(candidate) = event.candidate().filter(|candidate| !candidate.candidate().is_empty()) else { return };
        if let Ok(json) = JSON::stringify(&candidate.to_json()) {
            tell(Happening::LocalCandidate { json: json.into() }, None);
        }
    })
}

fn on_state(connection: RtcPeerConnection, tell: Tell) -> Closure<dyn FnMut()> {
    Closure::new(move || match connection.connection_state() {
        RtcPeerConnectionState::Failed => tell(Happening::Failed, None),
        RtcPeerConnectionState::Closed => tell(Happening::Closed, None),
        // `disconnected` mends itself or fails; the rest is on its way.
        _ => {}
    })
}

async fn negotiate(connection: RtcPeerConnection, offerer: bool, mut steps: UnboundedReceiver<Order>, tell: Tell) {
    if offerer && describe(&connection, true, &tell).await.is_err() {
        return tell(Happening::Failed, None);
    }
    // Candidates may overtake the description that they belong to.
    let mut early = Vec::new();
    while let Some(order) = steps.next().await {
        let done = match order {
            Order::RemoteSdp { offer, sdp } => {
                let accepted = accept(&connection, offer, &sdp, &tell).await;
                for json in early.drain(..) {
                    add(&connection, json).await;
                }
                accepted
            }
            Order::Candidate { json } => {
                match connection.remote_description() {
                    Some(_) => add(&connection, json).await,
                    None => early.push(json),
                }
                Ok(())
            }
            Order::Create { .. } | Order::Send { .. } | Order::Close => Ok(()),
        };
        if done.is_err() {
            return tell(Happening::Failed, None);
        }
    }
}

async fn accept(connection: &RtcPeerConnection, offer: bool, sdp: &str, tell: &Tell) -> Result<(), JsValue> {
    let description = RtcSessionDescriptionInit::new(if offer { RtcSdpType::Offer } else { RtcSdpType::Answer });
    description.set_sdp(sdp);
    JsFuture::from(connection.set_remote_description(&description)).await?;
    if offer { describe(connection, false, tell).await } else { Ok(()) }
}

async fn describe(connection: &RtcPeerConnection, offer: bool, tell: &Tell) -> Result<(), JsValue> {
    let made = if offer { connection.create_offer() } else { connection.create_answer() };
    let description: RtcSessionDescriptionInit = JsFuture::from(made).await?.unchecked_into();
    JsFuture::from(connection.set_local_description(&description)).await?;
    let sdp = connection.local_description().map(|local| local.sdp()).unwrap_or_default();
    tell(Happening::LocalSdp { offer, sdp }, None);
    Ok(())
}

/// A candidate for a path that this browser does not know is no reason to give up the others.
async fn add(connection: &RtcPeerConnection, json: String) {
    if let Ok(candidate) = JSON::parse(&json) {
        let candidate: RtcIceCandidateInit = candidate.unchecked_into();
        let added = connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&candidate));
        let _ = JsFuture::from(added).await;
    }
}
