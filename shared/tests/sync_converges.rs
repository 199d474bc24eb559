//! A clinic of tablets, simulated: whatever happens to connections and power, all come to hold the same.

#![allow(clippy::expect_used)]

#[path = "sync_sim/world.rs"]
mod world;

use lucerna_shared::sync::{Command, Input, PeerPath};
use world::{CANARY, World};

const SECOND: i64 = 1000;

fn settled(mut world: World) -> World {
    world.run(120 * SECOND);
    assert!(world.agree(), "the tablets differ");
    world
}

#[test]
fn two_tablets_meet_and_move_to_a_direct_path() {
    let mut world = World::new(1, 2);
    for _ in 0..20 {
        world.commit(0, 5_000);
        world.commit(1, 5_000);
    }
    world.start_all();
    world.run(5 * SECOND);
    assert!(world.agree());
    assert_eq!((world.on_path(0, PeerPath::Direct), world.on_path(1, PeerPath::Direct)), (1, 1));
    assert!(world.max_frame <= 16 * 1024);
    assert!(world.tablets.iter().all(|t| t.caught_up == 1 && t.snapshot.level));
}

#[test]
fn an_edit_is_on_the_other_tablet_well_within_two_seconds() {
    for direct in [true, false] {
        let mut world = World::new(2, 2);
        world.rtc_works = direct;
        world.start_all();
        world.run(10 * SECOND);
        world.commit(0, 500);
        world.run(300);
        assert!(world.agree(), "direct: {direct}");
    }
}

#[test]
fn with_webrtc_blocked_the_same_goes_over_the_relay_sealed() {
    let mut world = World::new(3, 3);
    world.rtc_works = false;
    for _ in 0..200 {
        world.commit(0, 30_000);
    }
    world.start_all();
    let world = settled(world);
    assert_eq!(world.on_path(0, PeerPath::Relay), 2);
    assert!(world.to_edge > 3_000_000);
    assert!(!world.was_on_the_wire(CANARY));
    assert!(!world.was_on_the_wire(&world.tablets[0].device.0));
    assert!(!world.was_on_the_wire(&world.tablets[0].noise_public));
}

#[test]
fn a_third_tablet_gets_the_first_ones_work_from_the_second() {
    let mut world = World::new(4, 3);
    for _ in 0..10 {
        world.commit(0, 2_000);
    }
    world.certify(0, b"a session certificate");
    world.start(0);
    world.start(1);
    world.run(10 * SECOND);
    world.crash(0);
    world.start(2);
    world.run(10 * SECOND);
    assert!(world.agree());
}

#[test]
fn nothing_crosses_a_path_twice_however_many_offer_it() {
    let mut world = World::new(5, 5);
    world.rtc_works = false;
    for _ in 0..20 {
        world.commit(0, 50_000);
    }
    let bytes: usize = world.tablets[0].disk.logs.values().flatten().map(|b| b.bytes.len()).sum();
    world.start_all();
    let world = settled(world);
    let copies = world.to_edge as f64 / bytes as f64;
    assert!(copies < 4.5, "{copies} copies for four receivers");
    assert!(world.tablets.iter().all(|t| t.disk.refused == 0));
}

#[test]
fn when_the_direct_path_breaks_the_relay_carries_on_and_back() {
    let mut world = World::new(6, 2);
    world.start_all();
    world.run(5 * SECOND);
    assert_eq!(world.on_path(0, PeerPath::Direct), 1);
    world.rtc_works = false;
    world.cut_direct(0);
    world.commit(0, 1_000);
    world.run(2 * SECOND);
    assert!(world.agree());
    assert_eq!(world.on_path(1, PeerPath::Relay), 1);
    world.rtc_works = true;
    world.run(10 * 60 * SECOND);
    assert_eq!(world.on_path(0, PeerPath::Direct), 1);
}

#[test]
fn with_the_server_gone_tablets_that_are_connected_go_on() {
    let mut world = World::new(7, 2);
    world.start_all();
    world.run(5 * SECOND);
    world.edge_works = false;
    world.cut_relay(0);
    world.cut_relay(1);
    world.run(60 * SECOND);
    world.commit(1, 1_000);
    world.run(SECOND);
    assert!(world.agree());
    world.edge_works = true;
    world.run(60 * SECOND);
    world.commit(0, 1_000);
    world.run(SECOND);
    assert!(world.agree());
    assert_eq!(world.on_path(0, PeerPath::Direct), 1);
}

#[test]
fn a_tablet_that_lost_only_its_own_side_is_met_again() {
    let mut world = World::new(8, 2);
    world.start_all();
    world.run(5 * SECOND);
    for round in 0..6 {
        world.crash(round % 2);
        world.commit(0, 500);
        world.commit(1, 500);
        world.start(round % 2);
        world.run(8 * SECOND);
        assert!(world.agree(), "round {round}");
    }
}

#[test]
fn after_sleep_everything_is_dropped_and_resumed() {
    let mut world = World::new(9, 2);
    world.start_all();
    world.run(5 * SECOND);
    world.commit(1, 100);
    world.give(0, Input::Wake);
    world.run(10 * SECOND);
    assert!(world.agree());
    assert_eq!(world.on_path(0, PeerPath::Direct), 1);
}

#[test]
fn a_tablet_whose_clock_is_two_years_off_still_meets_the_others() {
    let mut world = World::new(15, 3);
    world.tablets[1].skew = 2 * 365 * 86_400 * SECOND;
    world.tablets[2].skew = -10 * 365 * 86_400 * SECOND;
    for tablet in 0..3 {
        world.commit(tablet, 1_000);
    }
    world.start_all();
    world.run(10 * SECOND);
    assert!(world.agree());
    assert_eq!(world.on_path(1, PeerPath::Direct), 2);
}

#[test]
fn a_relay_that_alters_frames_only_delays() {
    for altered in 1..8 {
        let mut world = World::new(17, 2);
        world.rtc_works = false;
        world.tamper = altered;
        world.commit(0, 30_000);
        world.start_all();
        world.run(60 * SECOND);
        assert!(world.agree(), "{altered}");
        world.tamper = 1;
        world.commit(1, 30_000);
        world.run(60 * SECOND);
        assert!(world.agree(), "{altered}, later");
    }
}

#[test]
fn at_the_turn_of_the_week_they_meet_in_the_next_room() {
    let mut world = World::new(16, 2);
    world.rtc_works = false;
    world.start_all();
    for _ in 0..8 {
        world.run(86_400 * SECOND);
        world.commit(0, 100);
        world.run(10 * SECOND);
        assert!(world.agree());
    }
    assert_eq!(world.rooms_used(), 2);
}

#[test]
fn whatever_the_weather_all_come_to_hold_the_same() {
    for seed in 100..124 {
        let tablets = 3 + seed as usize % 3;
        let mut world = World::new(seed, tablets);
        world.start_all();
        for _ in 0..60 {
            let tablet = world.dice.below(tablets as u64) as usize;
            match world.dice.below(13) {
                0..=4 => world.commit(tablet, 40_000),
                5 => world.cut_relay(tablet),
                6 => world.cut_direct(tablet),
                7 => world.crash(tablet),
                8 => world.start(tablet),
                9 => world.give(tablet, Input::Wake),
                10 => {
                    world.rtc_works = world.dice.below(2) == 0;
                    world.edge_works = world.dice.below(3) != 0;
                }
                11 => world.tamper = 1,
                _ => {
                    world.tablets[tablet].fail_applies = 1;
                    let certificate = [b"certificate".as_slice(), &world.dice.next().to_be_bytes()].concat();
                    world.certify(tablet, &certificate);
                }
            }
            let pause = world.dice.below(3_000) as i64;
            world.run(pause);
        }
        // The weather clears. Nobody is restarted who still runs: they must find each other from where they are.
        world.edge_works = true;
        world.tamper = 0;
        for tablet in 0..tablets {
            world.tablets[tablet].fail_applies = 0;
            if !world.is_up(tablet) {
                world.start(tablet);
            }
        }
        world.run(240 * SECOND);
        assert!(world.agree(), "seed {seed}");
        assert!(!world.was_on_the_wire(CANARY), "seed {seed}");
        assert!(world.tablets.iter().all(|t| t.snapshot.level), "seed {seed}");
    }
}

#[test]
fn a_device_without_a_certificate_is_turned_away() {
    let mut world = World::new(10, 2);
    world.commit(0, 100);
    let stranger = world.add_tablet();
    world.tablets[stranger].known = world.tablets[0].known.clone();
    world.start_all();
    world.run(30 * SECOND);
    assert!(world.tablets[stranger].disk.logs.is_empty());
    let told = |c: &Command| matches!(c, Command::Stranger { .. });
    assert!(world.tablets[0].commands.iter().any(told));
}

#[test]
fn a_device_certified_elsewhere_introduces_itself() {
    let mut world = World::new(11, 2);
    world.commit(0, 100);
    let newcomer = world.add_tablet();
    let all: Vec<_> = world.tablets.iter().map(world::Tablet::key).collect();
    world.tablets[newcomer].known = all.clone();
    world.certify(newcomer, b"certificate of the newcomer");
    world.start(1);
    world.start(newcomer);
    world.run(3 * SECOND);
    let arrived = world.tablets[1].disk.control.values().any(|c| c == b"certificate of the newcomer");
    assert!(arrived, "the certificate is shown to those who do not know the device");
    world.tablets[1].known = all.clone();
    world.give(1, Input::Devices(all));
    world.commit(1, 100);
    world.run(3 * SECOND);
    let newcomers_log = world.tablets[newcomer].disk.heads();
    assert_eq!(newcomers_log, world.tablets[1].disk.heads());
    assert_eq!(newcomers_log.len(), 1);
}

#[test]
fn a_revoked_device_is_cut_off_at_once() {
    let mut world = World::new(12, 2);
    world.start_all();
    world.run(5 * SECOND);
    let only_me = vec![world.tablets[0].key()];
    world.give(0, Input::Devices(only_me));
    world.commit(0, 100);
    world.run(20 * SECOND);
    assert!(world.tablets[1].disk.logs.is_empty());
}

#[test]
fn a_tablet_whose_disk_went_back_in_time_is_told() {
    let mut world = World::new(13, 2);
    for _ in 0..5 {
        world.commit(0, 100);
    }
    world.start_all();
    world.run(5 * SECOND);
    world.crash(0);
    let device = world.tablets[0].device;
    world.tablets[0].disk.logs.get_mut(&device).expect("its log").truncate(2);
    world.start(0);
    world.run(5 * SECOND);
    let told = |c: &Command| matches!(c, Command::RolledBack { theirs, .. } if theirs.author == device);
    assert!(world.tablets[0].commands.iter().any(told));
}

#[test]
fn two_histories_under_one_number_are_a_fork_and_both_stay() {
    let mut world = World::new(14, 3);
    world.commit(0, 100);
    world.start(0);
    world.start(1);
    world.run(5 * SECOND);
    world.crash(0);
    world.crash(1);
    let device = world.tablets[0].device;
    let log = world.tablets[1].disk.logs.get(&device).expect("its log").clone();
    world.tablets[0].disk.logs.clear();
    let seq = log[0].seq;
    while world.tablets[0].disk.heads().first().is_none_or(|h| h.seq < seq) {
        world.commit(0, 100);
    }
    world.start_all();
    world.run(20 * SECOND);
    let kept = &world.tablets[1].disk.logs[&device];
    assert_eq!(kept[0].hash, log[0].hash, "what was there is kept");
    let told = |c: &Command| matches!(c, Command::Fork { .. } | Command::RolledBack { .. });
    assert!(world.tablets.iter().any(|t| t.commands.iter().any(told)));
}
