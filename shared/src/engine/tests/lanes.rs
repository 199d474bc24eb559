//! Chains beside a device's own: numbered apart, vouched for by the same device, and by no other.

use super::hostile::{quarantined, receive};
use super::together::{bring_in, packets, pair_apart, record};
use super::world::Device;
use crate::base::Hash;
use crate::record::bundle::{Lane, lane_author, sign_batch, to_cbor};
use crate::record::{Header, Packet};

/// What a device wrote, as it would stand in a lane of its own: the same bodies, numbered from one.
fn in_a_lane(writer: &Device, signer: &Device, packets: &[Vec<u8>], lane: Lane) -> Vec<Vec<u8>> {
    let device = writer.engine.unlocked().expect("open").device;
    let open = signer.engine.unlocked().expect("open");
    let (mut next, mut prev) = (1, Hash::ZERO);
    let mut headers = Vec::new();
    let packets: Vec<Packet> = packets.iter().map(|bytes| Packet::decode(bytes).expect("a packet")).collect();
    for packet in &packets {
        let own = packet.signed.header().expect("a header");
        let header = Header {
            author: lane_author(&device, lane),
            first_seq: next,
            prev,
            lane: Some(lane),
            control_head: open.session_cert,
            ..own
        };
        next = header.last_seq() + 1;
        headers.push(to_cbor(&header));
        prev = crate::record::bundle::header_hash(headers.last().expect("just pushed"));
    }
    let signed = sign_batch(&open.session, headers);
    packets.into_iter().zip(signed).map(|(packet, signed)| Packet { signed, ..packet }.encode()).collect()
}

#[test]
fn a_lane_is_taken_in_beside_the_devices_own_chain_and_passed_on() {
    let (_clinic, one, two) = pair_apart();
    let before = packets(&one).len();
    let patient = bring_in(&one);
    let lane = Lane::new([3; 8]).expect("a lane");
    let sent = in_a_lane(&one, &one, &packets(&one)[before..], lane);
    let author = lane_author(&one.engine.unlocked().expect("open").device, lane);
    let advance = receive(&two, sent.clone());
    assert_eq!(advance.heads.iter().map(|h| h.author).collect::<Vec<_>>(), vec![author]);
    assert_eq!(record(&two, &patient), record(&one, &patient));
    let open = two.engine.unlocked().expect("open");
    let (items, done) = pollster::block_on(two.engine.read_log(&open, &author, 0, u64::MAX)).expect("the log");
    assert_eq!((items.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), done), (sent, true));
    assert_eq!(quarantined(&two), 0);
}

#[test]
fn nobody_writes_into_another_devices_lane() {
    let (_clinic, one, two) = pair_apart();
    let before = packets(&one).len();
    let patient = bring_in(&one);
    let lane = Lane::new([3; 8]).expect("a lane");
    let forged = in_a_lane(&one, &two, &packets(&one)[before..], lane);
    assert!(receive(&two, forged).heads.is_empty());
    assert!(record(&two, &patient).is_empty());
    assert_eq!(quarantined(&two), 1, "the first is seen; those that rest on it are not asked for again");
}

#[test]
fn a_tablet_that_lost_its_own_lane_gets_it_back() {
    let (_clinic, one, two) = pair_apart();
    let before = packets(&one).len();
    let lost = one.restarted();
    let patient = bring_in(&one);
    let sent = in_a_lane(&one, &one, &packets(&one)[before..], Lane::new([3; 8]).expect("a lane"));
    receive(&two, sent.clone());
    let open = one.engine.unlocked().expect("open");
    let control: Vec<Vec<u8>> = open.control.borrow().certificates().map(|c| c.bytes().to_vec()).collect();
    pollster::block_on(lost.engine.take_certificates(&lost.engine.unlocked().expect("open"), &control)).expect("takes");
    assert_eq!(receive(&lost, sent).heads.len(), 1);
    assert_eq!(record(&lost, &patient), record(&two, &patient));
}
