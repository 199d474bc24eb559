//! Two peer connections of one page, joined through the orders and happenings that the engine would relay.
#![cfg(target_arch = "wasm32")]

use futures::StreamExt;
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use lucerna_web::platform::rtc::{Happening, Order, Peers};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const HERE: u32 = 1;
const THERE: u32 = 2;

type Said = (u32, Happening, Option<Vec<u8>>);

/// Passes descriptions and candidates across until both channels stand open on both sides.
async fn joined() -> (Peers, UnboundedReceiver<Said>) {
    let (tell, mut said) = unbounded::<Said>();
    let peers = Peers::new(move |conn, happened, bytes| tell.unbounded_send((conn, happened, bytes)).unwrap());
    peers.obey(THERE, Order::Create { offerer: false }, None);
    peers.obey(HERE, Order::Create { offerer: true }, None);
    let mut open = 0;
    while open < 4 {
        let (conn, happened, _) = said.next().await.unwrap();
        let other = if conn == HERE { THERE } else { HERE };
        match happened {
            Happening::LocalSdp { offer, sdp } => peers.obey(other, Order::RemoteSdp { offer, sdp }, None),
            Happening::LocalCandidate { json } => peers.obey(other, Order::Candidate { json }, None),
            Happening::Open { .. } => open += 1,
            unexpected => panic!("{unexpected:?}"),
        }
    }
    (peers, said)
}

async fn next(said: &mut UnboundedReceiver<Said>) -> Said {
    loop {
        match said.next().await.unwrap() {
            (_, Happening::LocalCandidate { .. } | Happening::High { .. } | Happening::Low { .. }, _) => {}
            other => return other,
        }
    }
}

#[wasm_bindgen_test]
async fn bytes_cross_on_both_channels_in_both_directions() {
    let (peers, mut said) = joined().await;
    for (from, to, channel, byte) in
        [(HERE, THERE, 0, 1), (THERE, HERE, 0, 2), (HERE, THERE, 1, 3), (THERE, HERE, 1, 4)]
    {
        peers.obey(from, Order::Send { channel }, Some(vec![byte; 16_384]));
        assert_eq!(next(&mut said).await, (to, Happening::Message { channel }, Some(vec![byte; 16_384])));
    }
}

#[wasm_bindgen_test]
async fn the_other_side_hears_of_a_close_and_this_side_hears_nothing() {
    let (peers, mut said) = joined().await;
    peers.obey(HERE, Order::Close, None);
    assert_eq!(next(&mut said).await, (THERE, Happening::Closed, None));
}

#[wasm_bindgen_test]
async fn a_full_channel_says_so_and_says_when_it_has_drained() {
    let (peers, mut said) = joined().await;
    let begun = js_sys::Date::now();
    for _ in 0..192 {
        peers.obey(HERE, Order::Send { channel: 1 }, Some(vec![7; 16_384]));
    }
    let (mut received, mut high, mut low) = (0, 0, 0);
    while received < 192 {
        match said.next().await.unwrap() {
            (THERE, Happening::Message { channel: 1 }, _) => received += 1,
            (HERE, Happening::High { channel: 1 }, _) => high += 1,
            (HERE, Happening::Low { channel: 1 }, _) => low += 1,
            _ => {}
        }
    }
    assert!(high > 0 && low > 0, "{high} high, {low} low");
    let took = js_sys::Date::now() - begun;
    console_log!("a data channel in one page: {:.1} MB/s in frames of 16 KiB", 192.0 * 16.384 / took);
}
