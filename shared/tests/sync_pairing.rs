//! Pairing told as scripts, through the edge's own room: how a device comes in, and how it does not.

#![allow(clippy::expect_used)]

use std::collections::{BTreeMap, VecDeque};

use lucerna_shared::base::Timestamp;
use lucerna_shared::crypto::Key32;
use lucerna_shared::crypto::agree::derive_agreement_public;
use lucerna_shared::sync::{Invitation, Inviter, JoinRequest, Joiner, PairCommand, PairFault, PairInput};
use lucerna_shared::wire::{self, Room, RoomKind, ServerMsg};
use zeroize::Zeroizing;

const HOST: &str = "clinic.test";
const GRANT: &[u8] = b"GRANT-WITH-ALL-KEYS";
const MINUTE: i64 = 60_000;

#[allow(clippy::large_enum_variant, reason = "two of them in a test")]
enum Machine {
    Inviter(Inviter),
    Joiner(Joiner),
}

struct Party {
    machine: Machine,
    slot: Option<(String, u32)>,
    socket: u32,
    said: Vec<PairCommand>,
}

impl Party {
    fn verifier(&self) -> Option<String> {
        self.said.iter().find_map(|c| match c {
            PairCommand::Verify { verifier } => Some(verifier.clone()),
            _ => None,
        })
    }

    fn failed(&self) -> Option<PairFault> {
        self.said.iter().find_map(|c| match c {
            PairCommand::Failed(why) => Some(*why),
            _ => None,
        })
    }

    fn done(&self) -> bool {
        self.said.contains(&PairCommand::Done)
    }

    fn asked(&self) -> Option<JoinRequest> {
        self.said.iter().find_map(|c| match c {
            PairCommand::Asked { request, .. } => Some(request.clone()),
            _ => None,
        })
    }

    fn granted(&self) -> bool {
        self.said.iter().any(|c| matches!(c, PairCommand::Granted { grant } if grant.as_slice() == GRANT))
    }
}

type Tamper = Box<dyn FnMut(usize, &mut Vec<u8>)>;

struct Table {
    now: Timestamp,
    parties: Vec<Party>,
    rooms: BTreeMap<String, Room>,
    /// With the number of the socket it came by, if it came by one: nothing is heard of a closed socket.
    queue: VecDeque<(usize, Option<u32>, PairInput)>,
    wire: Vec<u8>,
    /// Sees each payload that the relay passes on, with the number of the party it goes to.
    tamper: Tamper,
    slots: u32,
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("randomness");
}

fn secret() -> Zeroizing<[u8; 32]> {
    let mut secret = Zeroizing::new([0; 32]);
    fill(&mut *secret);
    secret
}

fn request_of(secret: &[u8; 32]) -> JoinRequest {
    JoinRequest {
        device_name: "CANARY Tablet 2".into(),
        staff_name: "Sari".into(),
        staff_public: [1; 32],
        device_public: [2; 32],
        noise_public: derive_agreement_public(&Key32::from_bytes(*secret)),
    }
}

impl Table {
    fn new() -> Table {
        Table {
            now: Timestamp(1_000_000),
            parties: Vec::new(),
            rooms: BTreeMap::new(),
            queue: VecDeque::new(),
            wire: Vec::new(),
            tamper: Box::new(|_, _| {}),
            slots: 0,
        }
    }

    /// An owner with an open invitation.
    fn invite(&mut self) -> Invitation {
        self.invite_from(&mut fill)
    }

    fn invite_from(&mut self, random: &mut dyn FnMut(&mut [u8])) -> Invitation {
        let (machine, commands) = Inviter::new(secret(), HOST.into(), self.now, random);
        self.seat(Machine::Inviter(machine), commands);
        let party = self.parties.len() - 1;
        self.invitation(party).expect("a code to show")
    }

    fn invitation(&self, party: usize) -> Option<Invitation> {
        self.parties[party].said.iter().rev().find_map(|c| match c {
            PairCommand::Ready(invitation) => Some(invitation.clone()),
            _ => None,
        })
    }

    fn join(&mut self, code: &str) -> usize {
        let secret = secret();
        let request = request_of(&secret);
        self.join_as(code, secret, request)
    }

    fn join_as(&mut self, code: &str, secret: Zeroizing<[u8; 32]>, request: JoinRequest) -> usize {
        let (machine, commands) = Joiner::new(code, secret, request, HOST.into(), self.now, &mut fill).expect("a code");
        self.seat(Machine::Joiner(machine), commands);
        self.parties.len() - 1
    }

    fn seat(&mut self, machine: Machine, commands: Vec<PairCommand>) {
        self.parties.push(Party { machine, slot: None, socket: 0, said: Vec::new() });
        self.obey(self.parties.len() - 1, commands);
        self.run();
    }

    fn give(&mut self, party: usize, input: PairInput) {
        self.queue.push_back((party, None, input));
        self.run();
    }

    fn run(&mut self) {
        while let Some((party, socket, input)) = self.queue.pop_front() {
            if socket.is_some_and(|socket| socket != self.parties[party].socket) {
                continue;
            }
            let commands = match &mut self.parties[party].machine {
                Machine::Inviter(machine) => machine.handle(input, self.now, &mut fill),
                Machine::Joiner(machine) => machine.handle(input, self.now, &mut fill),
            };
            self.obey(party, commands);
        }
    }

    fn obey(&mut self, party: usize, commands: Vec<PairCommand>) {
        for command in commands {
            match command {
                PairCommand::RelayConnect { path } => self.connect(party, path),
                PairCommand::RelaySend(bytes) => {
                    self.wire.extend_from_slice(&bytes);
                    if let Some((path, slot)) = self.parties[party].slot.clone() {
                        self.room(&path, wire::Input::Message { slot, bytes: &bytes });
                    }
                }
                PairCommand::RelayClose => {
                    self.parties[party].socket = 0;
                    if let Some((path, slot)) = self.parties[party].slot.take() {
                        self.room(&path, wire::Input::Closed { slot });
                    }
                }
                other => self.parties[party].said.push(other),
            }
        }
    }

    fn connect(&mut self, party: usize, path: String) {
        assert!(path.ends_with("?k=p"), "{path}");
        let id = path["/relay/".len()..].split('?').next().expect("an id").parse().expect("hex");
        let room = self.rooms.entry(path.clone()).or_insert_with(|| Room::new(id, RoomKind::Pairing));
        self.slots += 1;
        let slot = room.free_slot(self.slots);
        self.parties[party].slot = Some((path.clone(), slot));
        self.parties[party].socket = self.slots;
        self.queue.push_back((party, Some(self.slots), PairInput::RelayOpened));
        self.room(&path, wire::Input::Opened { slot, challenge: [self.slots as u8; 32], host: HOST });
    }

    fn room(&mut self, path: &str, input: wire::Input<'_>) {
        let Some(room) = self.rooms.get_mut(path) else { return };
        for output in room.handle(input, self.now) {
            let of = |slot: u32, parties: &[Party]| {
                parties.iter().position(|p| p.slot.as_ref().is_some_and(|(at, s)| at == path && *s == slot))
            };
            match output {
                wire::Output::Send { slot, bytes } => {
                    let Some(party) = of(slot, &self.parties) else { continue };
                    let bytes = match ServerMsg::decode(&bytes).expect("a frame") {
                        ServerMsg::Signal { from, mut bytes } => {
                            (self.tamper)(party, &mut bytes);
                            ServerMsg::Signal { from, bytes }.encode().expect("small")
                        }
                        _ => bytes,
                    };
                    let socket = Some(self.parties[party].socket);
                    self.queue.push_back((party, socket, PairInput::RelayMessage(bytes)));
                }
                wire::Output::Close { slot, code } => {
                    let Some(party) = of(slot, &self.parties) else { continue };
                    self.parties[party].slot = None;
                    let socket = Some(self.parties[party].socket);
                    self.queue.push_back((party, socket, PairInput::RelayClosed { code: code.code() }));
                }
                wire::Output::Attach { .. } | wire::Output::WakeAt(_) => {}
            }
        }
    }

    fn approve(&mut self, inviter: usize) {
        self.give(inviter, PairInput::Approve { grant: Zeroizing::new(GRANT.to_vec()) });
    }
}

fn comes_in(table: &mut Table, code: &str) {
    let joiner = table.join(code);
    let digits = table.parties[joiner].verifier().expect("six digits");
    assert_eq!(digits.len(), 6);
    assert_eq!(table.parties[0].verifier(), Some(digits));
    assert_eq!(table.parties[0].asked().map(|r| r.staff_name), Some("Sari".into()));
    assert!(!table.parties[joiner].granted(), "nothing leaves before the owner has approved");
    table.approve(0);
    assert!(table.parties[joiner].granted());
    assert!(!table.parties[0].done(), "not before the other side has committed");
    table.give(joiner, PairInput::Stored);
    assert!(table.parties[joiner].done() && table.parties[0].done());
}

#[test]
fn a_device_comes_in_by_typed_digits() {
    let mut table = Table::new();
    let invitation = table.invite();
    comes_in(&mut table, &invitation.digits);
    for hidden in [GRANT, b"CANARY", b"Sari"] {
        assert!(!table.wire.windows(hidden.len()).any(|w| w == hidden), "the relay saw plaintext");
    }
}

#[test]
fn a_device_comes_in_by_the_scanned_address() {
    let mut table = Table::new();
    let invitation = table.invite();
    comes_in(&mut table, &format!("https://{HOST}/#{}", invitation.fragment));
}

#[test]
fn a_grant_larger_than_one_message_arrives_whole() {
    let mut table = Table::new();
    let invitation = table.invite();
    let joiner = table.join(&invitation.digits);
    let grant: Vec<u8> = (0..400_000u32).map(|i| i as u8).collect();
    table.give(0, PairInput::Approve { grant: Zeroizing::new(grant.clone()) });
    let got = table.parties[joiner].said.iter().any(|c| matches!(c, PairCommand::Granted { grant: g } if **g == grant));
    assert!(got);
}

#[test]
fn one_wrong_digit_burns_the_invitation() {
    let mut table = Table::new();
    let invitation = table.invite();
    let mut digits = invitation.digits.clone().into_bytes();
    digits[11] = if digits[11] == b'9' { b'0' } else { digits[11] + 1 };
    let guess = table.join(&String::from_utf8(digits).expect("digits"));
    assert_eq!(table.parties[guess].failed(), Some(PairFault::WrongCode));
    assert_eq!(table.parties[0].failed(), Some(PairFault::WrongCode));
    let second = table.join(&invitation.digits);
    table.now = table.now.plus_millis(MINUTE);
    table.give(second, PairInput::Tick);
    assert_eq!(table.parties[second].failed(), Some(PairFault::NobodyThere));
}

#[test]
fn a_wrong_scanned_key_burns_the_invitation() {
    let mut table = Table::new();
    let invitation = table.invite();
    let fragment = format!("{}{}", &invitation.fragment[..10], "0".repeat(64));
    let guess = table.join(&fragment);
    assert_eq!(table.parties[guess].failed(), Some(PairFault::WrongCode));
    assert_eq!(table.parties[0].failed(), Some(PairFault::WrongCode));
}

#[test]
fn after_five_minutes_the_code_is_worth_nothing() {
    let mut table = Table::new();
    let invitation = table.invite();
    table.now = table.now.plus_millis(5 * MINUTE);
    let late = table.join(&invitation.digits);
    assert_eq!(table.parties[0].failed(), Some(PairFault::Expired));
    assert!(table.parties[late].verifier().is_none());
}

#[test]
fn a_second_device_does_not_get_in_beside_the_first() {
    let mut table = Table::new();
    let invitation = table.invite();
    let first = table.join(&invitation.digits);
    let second = table.join(&invitation.digits);
    assert_eq!(table.parties[second].failed(), Some(PairFault::NobodyThere));
    table.approve(0);
    assert!(table.parties[first].granted());
    assert!(!table.parties[second].granted());
}

#[test]
fn a_photographed_code_is_worth_nothing_after_its_use() {
    let mut table = Table::new();
    let invitation = table.invite();
    comes_in(&mut table, &invitation.fragment);
    for code in [&invitation.fragment, &invitation.digits] {
        let thief = table.join(code);
        table.now = table.now.plus_millis(MINUTE);
        table.give(thief, PairInput::Tick);
        assert_eq!(table.parties[thief].failed(), Some(PairFault::NobodyThere));
    }
}

#[test]
fn a_relay_that_alters_any_frame_gets_nothing_through() {
    for target in 0..2 {
        for nth in 0..5 {
            let mut table = Table::new();
            let invitation = table.invite();
            let mut seen = 0;
            table.tamper = Box::new(move |party, bytes| {
                if party == target {
                    if seen == nth
                        && let Some(last) = bytes.last_mut()
                    {
                        *last ^= 1;
                    }
                    seen += 1;
                }
            });
            let joiner = table.join(&invitation.digits);
            table.approve(0);
            table.give(joiner, PairInput::Stored);
            let untouched = table.parties[0].done() && table.parties[joiner].done();
            let refused = table.parties[0].failed().is_some() || table.parties[joiner].failed().is_some();
            assert!(refused || untouched, "to {target}, frame {nth}");
            assert!(!untouched || nth >= 3, "to {target}, frame {nth} was altered and nobody noticed");
        }
    }
}

#[test]
fn a_request_for_a_key_the_sender_does_not_hold_is_refused() {
    let mut table = Table::new();
    let invitation = table.invite();
    let request = request_of(&[9; 32]);
    table.join_as(&invitation.digits, secret(), request);
    assert_eq!(table.parties[0].failed(), Some(PairFault::Broken));
    assert!(table.parties[0].asked().is_none());
}

#[test]
fn the_owner_may_say_no() {
    let mut table = Table::new();
    let invitation = table.invite();
    let joiner = table.join(&invitation.digits);
    table.give(0, PairInput::Reject);
    assert_eq!(table.parties[joiner].failed(), Some(PairFault::Rejected));
    assert!(!table.parties[joiner].granted());
}

#[test]
fn two_owners_do_not_show_the_same_number_at_one_time() {
    let mut table = Table::new();
    // Both draw the same number first.
    let first = table.invite_from(&mut |bytes| bytes.fill(7));
    table.invite_from(&mut |bytes| bytes.fill(7));
    let second = table.invitation(1).expect("a code");
    assert_ne!(first.digits[..4], second.digits[..4]);
    comes_in(&mut table, &first.digits);
}

#[test]
fn what_is_no_code_is_said_at_once() {
    let result = Joiner::new("12 34", secret(), request_of(&[1; 32]), HOST.into(), Timestamp(0), &mut fill);
    assert_eq!(result.err(), Some(PairFault::NotACode));
}
