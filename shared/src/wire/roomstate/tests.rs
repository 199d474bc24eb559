//! A room as a script: who comes, what they say, what the room does about it. Knows only the room's public face.

use proptest::prelude::*;

use super::*;
use crate::wire::limits::{MAX_FRAME, MAX_RELAY};
use crate::wire::{room, sign_join};

const SEED: [u8; 32] = [3; 32];
const HOST: &str = "clinic.example";

struct Script {
    room: Room,
    kind: RoomKind,
    now: i64,
    attachments: BTreeMap<Slot, Vec<u8>>,
    wake: Option<Timestamp>,
}

/// What a socket sees: messages, or the end.
#[derive(Debug, PartialEq)]
enum Seen {
    Got(Slot, ServerMsg),
    Cut(Slot, CloseCode),
}

impl Script {
    fn new(kind: RoomKind) -> Script {
        let room = Room::new(room::id_of(&room::public_key(&SEED)), kind);
        Script { room, kind, now: 1_000_000, attachments: BTreeMap::new(), wake: None }
    }

    fn play(&mut self, input: Input<'_>) -> Vec<Seen> {
        let outputs = self.room.handle(input, Timestamp(self.now));
        let mut seen = Vec::new();
        for output in outputs {
            match output {
                Output::Send { slot, bytes } => seen.push(Seen::Got(slot, ServerMsg::decode(&bytes).expect("ours"))),
                Output::Close { slot, code } => {
                    self.attachments.remove(&slot);
                    seen.push(Seen::Cut(slot, code));
                }
                Output::Attach { slot, bytes } => {
                    assert!(bytes.len() < 400, "{}", bytes.len());
                    self.attachments.insert(slot, bytes);
                }
                Output::WakeAt(at) => self.wake = Some(at),
            }
        }
        seen
    }

    fn open(&mut self, slot: Slot) -> Vec<Seen> {
        self.play(Input::Opened { slot, challenge: challenge(slot), host: HOST })
    }

    fn say(&mut self, slot: Slot, message: &ClientMsg) -> Vec<Seen> {
        let bytes = message.encode().expect("within caps");
        self.play(Input::Message { slot, bytes: &bytes })
    }

    fn join(&mut self, slot: Slot) -> Vec<Seen> {
        self.open(slot);
        self.say(slot, &sign_join(&SEED, &challenge(slot), HOST, self.kind))
    }

    /// The alarm rings when the room asked for it.
    fn ring(&mut self) -> Vec<Seen> {
        self.now = self.wake.take().expect("a wish").0;
        self.play(Input::Tick)
    }

    /// The platform drops the room's memory and keeps its sockets.
    fn hibernate(&mut self) {
        self.room = Room::wake(self.attachments.values().map(Vec::as_slice)).expect("someone is here");
    }
}

fn challenge(slot: Slot) -> [u8; 32] {
    [slot as u8; 32]
}

fn cut(slot: Slot, code: CloseCode) -> Vec<Seen> {
    vec![Seen::Got(slot, ServerMsg::Refused { code: code.code() }), Seen::Cut(slot, code)]
}

fn relay(to: Slot, len: usize) -> ClientMsg {
    ClientMsg::Relay { to, bytes: vec![7; len] }
}

#[test]
fn two_members_meet_and_see_each_other() {
    let mut clinic = Script::new(RoomKind::Clinic);
    let hello =
        ServerMsg::Hello { challenge: challenge(5), host: HOST.into(), protocol: PROTOCOL, now: Timestamp(clinic.now) };
    assert_eq!(clinic.open(5), [Seen::Got(5, hello)]);
    let join = sign_join(&SEED, &challenge(5), HOST, RoomKind::Clinic);
    assert_eq!(clinic.say(5, &join), [Seen::Got(5, ServerMsg::Welcome { you: 5, peers: vec![] })]);
    assert_eq!(
        clinic.join(2),
        [Seen::Got(5, ServerMsg::PeerJoined(2)), Seen::Got(2, ServerMsg::Welcome { you: 2, peers: vec![5] })]
    );
    assert_eq!(clinic.play(Input::Closed { slot: 5 }), [Seen::Got(2, ServerMsg::PeerLeft(5))]);
}

#[test]
fn what_one_says_reaches_the_other_unchanged() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    clinic.join(2);
    let bytes = vec![0, 255, 1];
    let signal = ClientMsg::Signal { to: 2, bytes: bytes.clone() };
    assert_eq!(clinic.say(1, &signal), [Seen::Got(2, ServerMsg::Signal { from: 1, bytes })]);
    let bytes = vec![7; MAX_RELAY];
    assert_eq!(clinic.say(2, &relay(1, MAX_RELAY)), [Seen::Got(1, ServerMsg::Relay { from: 2, bytes })]);
    assert_eq!(clinic.say(1, &ClientMsg::Ping(9)), [Seen::Got(1, ServerMsg::Pong(9))]);
}

#[test]
fn a_frame_for_nobody_or_oneself_or_somebody_waiting_is_answered_with_their_absence() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    clinic.open(2);
    for to in [1, 2, 3] {
        assert_eq!(clinic.say(1, &relay(to, 10)), [Seen::Got(1, ServerMsg::PeerLeft(to))]);
    }
}

#[test]
fn who_does_not_join_in_five_seconds_is_sent_away() {
    let mut clinic = Script::new(RoomKind::Clinic);
    let opened = clinic.now;
    clinic.open(1);
    assert_eq!(clinic.wake, Some(Timestamp(opened + HANDSHAKE_MS)));
    assert_eq!(clinic.ring(), cut(1, CloseCode::HandshakeTimeout));
}

#[test]
fn a_join_that_comes_late_is_refused_even_when_no_alarm_rang() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.open(1);
    clinic.now += HANDSHAKE_MS + 1;
    let join = sign_join(&SEED, &challenge(1), HOST, RoomKind::Clinic);
    assert_eq!(clinic.say(1, &join), cut(1, CloseCode::HandshakeTimeout));
}

#[test]
fn a_join_for_another_host_room_kind_or_challenge_is_refused() {
    for (join, code) in [
        (sign_join(&SEED, &challenge(1), "evil.example", RoomKind::Clinic), CloseCode::BadSignature),
        (sign_join(&[4; 32], &challenge(1), HOST, RoomKind::Clinic), CloseCode::WrongRoom),
        (sign_join(&SEED, &challenge(1), HOST, RoomKind::Pairing), CloseCode::WrongRoom),
        (sign_join(&SEED, &challenge(2), HOST, RoomKind::Clinic), CloseCode::BadSignature),
    ] {
        let mut clinic = Script::new(RoomKind::Clinic);
        clinic.open(1);
        assert_eq!(clinic.say(1, &join), cut(1, code));
    }
}

#[test]
fn a_recorded_join_does_not_open_the_room_again() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.open(1);
    let recorded = sign_join(&SEED, &challenge(1), HOST, RoomKind::Clinic);
    clinic.say(1, &recorded);
    clinic.open(2);
    assert_eq!(clinic.say(2, &recorded), cut(2, CloseCode::BadSignature));
}

#[test]
fn nobody_speaks_before_joining_or_joins_twice() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    clinic.open(2);
    assert_eq!(clinic.say(2, &relay(1, 1)), cut(2, CloseCode::BadMessage));
    let mut gone = cut(1, CloseCode::BadMessage);
    assert_eq!(clinic.say(1, &sign_join(&SEED, &challenge(1), HOST, RoomKind::Clinic)), gone);
    gone.clear();
    assert_eq!(clinic.say(1, &ClientMsg::Ping(1)), gone);
}

#[test]
fn who_sends_too_fast_is_cut_off_and_nobody_else_is() {
    let mut clinic = Script::new(RoomKind::Clinic);
    for slot in [1, 2, 3] {
        clinic.join(slot);
    }
    clinic.say(1, &relay(2, MAX_RELAY - 4096));
    clinic.say(1, &relay(2, MAX_RELAY - 4096));
    let mut expected = cut(1, CloseCode::TooFast);
    expected.extend([2, 3].map(|peer| Seen::Got(peer, ServerMsg::PeerLeft(1))));
    assert_eq!(clinic.say(1, &relay(2, MAX_RELAY)), expected);
    assert_eq!(clinic.say(2, &relay(3, 1)).len(), 1);
}

#[test]
fn many_tiny_frames_count_as_much_as_a_few_large_ones() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    let answered = (0..5_000).take_while(|n| clinic.say(1, &ClientMsg::Ping(*n)).len() == 1).count();
    assert_eq!(answered as u64, BURST_BYTES / 1024 - 1);
}

#[test]
fn a_sender_at_the_granted_rate_goes_on_for_ever() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    clinic.join(2);
    for _ in 0..200 {
        clinic.now += 63;
        assert_eq!(clinic.say(1, &relay(2, 65_536)).len(), 1);
    }
}

#[test]
fn an_oversized_or_garbled_or_text_message_ends_its_sender_only() {
    let mut clinic = Script::new(RoomKind::Clinic);
    for slot in [1, 2, 3, 4] {
        clinic.join(slot);
    }
    let large = vec![0; 3 * MAX_FRAME];
    assert_eq!(clinic.play(Input::Message { slot: 1, bytes: &large })[1], Seen::Cut(1, CloseCode::TooLarge));
    assert_eq!(clinic.play(Input::Message { slot: 2, bytes: &[255] })[1], Seen::Cut(2, CloseCode::BadMessage));
    assert_eq!(clinic.play(Input::Text { slot: 3 })[1], Seen::Cut(3, CloseCode::BadMessage));
    assert_eq!(clinic.say(4, &ClientMsg::Ping(1)), [Seen::Got(4, ServerMsg::Pong(1))]);
}

#[test]
fn the_sixty_fifth_member_finds_the_room_full() {
    let mut clinic = Script::new(RoomKind::Clinic);
    for slot in 1..=64 {
        assert!(matches!(clinic.join(slot).last(), Some(Seen::Got(_, ServerMsg::Welcome { .. }))));
    }
    assert_eq!(clinic.open(65), cut(65, CloseCode::RoomFull));
    clinic.say(10, &ClientMsg::Leave);
    assert!(matches!(clinic.join(65).last(), Some(Seen::Got(65, ServerMsg::Welcome { .. }))));
}

#[test]
fn the_third_device_finds_the_pairing_room_full_even_if_it_was_already_waiting() {
    let mut pairing = Script::new(RoomKind::Pairing);
    pairing.open(3);
    pairing.join(1);
    pairing.join(2);
    let join = sign_join(&SEED, &challenge(3), HOST, RoomKind::Pairing);
    assert_eq!(pairing.say(3, &join), cut(3, CloseCode::RoomFull));
    assert_eq!(pairing.open(4), cut(4, CloseCode::RoomFull));
}

#[test]
fn strangers_at_the_door_are_few_and_members_do_not_notice() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    for slot in 100..100 + MAX_WAITING as Slot {
        clinic.open(slot);
    }
    assert_eq!(clinic.open(200), cut(200, CloseCode::Busy));
    assert_eq!(clinic.say(1, &ClientMsg::Ping(1)).len(), 1);
    assert_eq!(clinic.ring().len(), 2 * MAX_WAITING);
    assert_eq!(clinic.join(2).len(), 2);
}

#[test]
fn who_falls_silent_is_let_go_and_who_pings_stays() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    clinic.join(2);
    for _ in 0..4 {
        clinic.now += 25_000;
        clinic.say(2, &ClientMsg::Ping(0));
    }
    clinic.now = clinic.now.max(1_000_000 + IDLE_MS);
    let mut expected = cut(1, CloseCode::Idle);
    expected.push(Seen::Got(2, ServerMsg::PeerLeft(1)));
    assert_eq!(clinic.play(Input::Tick), expected);
}

#[test]
fn members_who_leave_are_told_their_own_code() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    assert_eq!(clinic.say(1, &ClientMsg::Leave), cut(1, CloseCode::Left));
    assert!(clinic.room.is_empty());
}

#[test]
fn a_room_that_slept_knows_its_members_its_door_and_its_clock() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    clinic.join(2);
    clinic.open(3);
    clinic.hibernate();
    assert_eq!(clinic.say(3, &relay(1, 1)), cut(3, CloseCode::BadMessage));
    clinic.open(4);
    clinic.hibernate();
    let join = sign_join(&SEED, &challenge(4), HOST, RoomKind::Clinic);
    assert_eq!(clinic.say(4, &join).last(), Some(&Seen::Got(4, ServerMsg::Welcome { you: 4, peers: vec![1, 2] })));
    assert_eq!(clinic.say(1, &relay(2, 5)).len(), 1);
    clinic.hibernate();
    clinic.now += IDLE_MS + 1;
    assert_eq!(clinic.play(Input::Tick).iter().filter(|s| matches!(s, Seen::Cut(_, CloseCode::Idle))).count(), 3);
}

#[test]
fn a_sleep_gives_back_no_more_than_what_was_spent_since_the_last_save() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    clinic.join(2);
    let (mut passed, mut sleeps) = (0, 0);
    while clinic.say(1, &relay(2, 65_536)).len() == 1 {
        passed += 65_536;
        if passed % (6 * 65_536) == 0 {
            clinic.hibernate();
            sleeps += 1;
        }
        assert!(passed <= BURST_BYTES + sleeps * SAVE_EVERY_BYTES);
    }
    assert!(sleeps > 0);
}

#[test]
fn a_slot_is_never_zero_and_never_taken() {
    let mut clinic = Script::new(RoomKind::Clinic);
    clinic.join(1);
    assert_eq!(clinic.room.free_slot(0), 2);
    assert_eq!(clinic.room.free_slot(u32::MAX), u32::MAX);
}

proptest! {
    #[test]
    fn nothing_a_stranger_sends_panics_or_reaches_a_member(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut clinic = Script::new(RoomKind::Clinic);
        clinic.join(1);
        clinic.open(2);
        for seen in clinic.play(Input::Message { slot: 2, bytes: &bytes }) {
            prop_assert!(matches!(seen, Seen::Got(2, _) | Seen::Cut(2, _)));
        }
    }

    #[test]
    fn no_attachment_makes_waking_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Room::wake([bytes.as_slice()]);
        let _ = Room::slot_of(&bytes);
    }
}
