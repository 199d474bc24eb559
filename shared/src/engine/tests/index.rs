//! The search index on disk: rows gathered into parts, parts that an import packs, and what happens when it is hurt.

use futures::future::{join, join_all};

use super::world::{Device, passphrase};
use crate::base::{Hlc, PatientId};
use crate::clinic::search::IndexEntry;
use crate::engine::Io;
use crate::engine::api::{AppStatus, Call, Event, Fault, Phase, Search, SearchSimilar, Status, Unlock};
use crate::engine::log::Decision;
use crate::engine::open::Open;
use crate::fhir::Resource;
use crate::port::memory::{MemoryStore, Mishap};
use crate::port::{Port, Space, Store, Write};
use crate::record::Change;

/// Enough for rows to be gathered.
const MANY: usize = 1_030;

fn patient(n: usize, family: &str) -> Decision {
    let text =
        format!(r#"{{"resourceType":"Patient","id":"p-{n}","name":[{{"family":"{family}","given":["Nomor"]}}]}}"#);
    let resource = Resource::parse(&text).expect("a resource");
    let change = Change::create(&resource, Hlc::new(1_795_000_000_000 + n as u64, 0));
    Decision { patient: id(n), changes: vec![change] }
}

fn id(n: usize) -> PatientId {
    let mut id = [0xa1; 16];
    id[0] = n as u8;
    id[14..].copy_from_slice(&(n as u16).to_be_bytes());
    PatientId(id)
}

fn write(device: &Device, people: Vec<Decision>) {
    let open = device.engine.unlocked().expect("open");
    pollster::block_on(device.engine.write(&open, people, vec![], vec![])).expect("writes");
}

/// A clinic whose index has outgrown its rows, not yet put in order.
fn crowded() -> Device {
    let device = Device::new(MemoryStore::default());
    device.found();
    write(&device, (0..MANY).map(|n| patient(n, &format!("Rimba{n}"))).collect());
    device
}

/// How many are found by this, each of them with a row.
fn total(device: &Device, query: &str) -> u64 {
    device.ask(Search { query: query.into(), limit: 2_000 }).expect("searches").rows.len() as u64
}

fn tend(device: &Device) {
    pollster::block_on(device.engine.tend());
}

/// How many rows and how many chunks the index has on disk.
fn on_disk(device: &Device) -> (usize, usize) {
    let keys: Vec<usize> =
        device.rows().into_iter().filter(|(s, _)| *s == Space::Index).map(|(_, r)| r.key.len()).collect();
    (keys.iter().filter(|len| **len == 4).count(), keys.iter().filter(|len| **len == 20).count())
}

fn keys_of(device: &Device, len: usize) -> Vec<Vec<u8>> {
    let rows = device.rows().into_iter().filter(|(space, row)| *space == Space::Index && row.key.len() == len);
    rows.map(|(_, row)| row.key).collect()
}

fn commit(device: &Device, writes: Vec<Write>) {
    pollster::block_on(device.engine.port().store.within().commit(writes)).expect("the disk obeys");
}

#[test]
fn many_rows_are_gathered_into_one_part_and_everybody_is_found_as_before() {
    let device = crowded();
    assert!(on_disk(&device).0 > 60);
    tend(&device);
    assert_eq!(on_disk(&device), (0, 1));
    let device = device.restarted();
    assert_eq!((total(&device, "nomor"), total(&device, "rimba1029")), (MANY as u64, 1));
    let told = device.ask(Search { query: "nomor".into(), limit: 5 }).expect("searches");
    assert_eq!((told.rows.len(), told.total, told.more), (5, 200, true));
    write(&device, vec![patient(7, "Telaga"), patient(MANY, "Danau")]);
    for device in [&device, &device.restarted()] {
        tend(device);
        assert_eq!(on_disk(device), (1, 1), "a save writes a row, not a part");
        let found = ["rimba7", "telaga", "danau", "nomor"].map(|query| total(device, query));
        assert_eq!(found[1..], [1, 1, MANY as u64 + 1]);
        assert!(
            !device
                .ask(Search { query: "rimba7".into(), limit: 5 })
                .expect("searches")
                .rows
                .iter()
                .any(|r| r.family == "Rimba7")
        );
    }
}

#[test]
fn an_index_that_was_hurt_is_made_again_from_the_log() {
    let device = crowded();
    tend(&device);
    write(&device, vec![patient(MANY, "Danau")]);
    let (manifest, chunk, row) = (b"manifest".to_vec(), keys_of(&device, 20), keys_of(&device, 4));
    let spoil = |key: &Vec<u8>| Write::put(Space::Index, key.clone(), vec![9; 90]);
    let lose = |key: &Vec<u8>| Write::delete(Space::Index, key.clone());
    let all: Vec<Write> = [&manifest].into_iter().chain(&chunk).chain(&row).map(lose).collect();
    for harm in [vec![spoil(&chunk[0])], vec![lose(&chunk[0])], vec![spoil(&manifest)], vec![spoil(&row[0])], all] {
        let hurt = device.copy();
        commit(&hurt, harm);
        let hurt = hurt.restarted();
        tend(&hurt);
        assert_eq!(total(&hurt, "nomor"), MANY as u64 + 1);
        let told = |event: &Event| matches!(event, Event::Progress { phase: Phase::Indexing, .. });
        assert!(hurt.engine.port().events.borrow().iter().any(told));
        let again = hurt.restarted();
        assert_eq!(total(&again, "nomor"), MANY as u64 + 1);
        tend(&again);
        assert!(!again.engine.port().events.borrow().iter().any(told), "it was whole again");
    }
}

#[test]
fn what_was_read_of_the_index_while_a_passphrase_was_typed_is_not_read_again() {
    let device = crowded();
    tend(&device);
    let chunks = keys_of(&device, 20);
    assert!(!chunks.is_empty());
    let unlocked = |device: &Device| {
        let Ok(AppStatus::Locked(view)) = device.ask(Status {}) else { panic!("it is locked") };
        device.ask(Unlock { staff: view.staff[0].staff.clone(), passphrase: passphrase() }).expect("unlocks");
        (total(device, "nomor"), device.engine.unlocked().expect("open").index.borrow().lacking)
    };
    for typed_for_a_while in [true, false] {
        let locked = device.copy();
        if typed_for_a_while {
            tend(&locked);
            assert_eq!(locked.engine.foresight.waiting(), chunks);
        }
        commit(&locked, chunks.iter().map(|key| Write::delete(Space::Index, key.clone())).collect());
        let whole = (MANY as u64, false);
        assert_eq!(unlocked(&locked) == whole, typed_for_a_while);
        assert!(locked.engine.foresight.waiting().is_empty());
        // Who is signed in has the index; nothing is read ahead.
        tend(&locked);
        assert!(locked.engine.foresight.waiting().is_empty());
    }
}

#[test]
fn a_tablet_that_dies_while_the_index_is_put_in_order_loses_nobody() {
    let crowded = crowded();
    for mishap in [Mishap::LostBefore, Mishap::LostAfter] {
        for k in 1.. {
            let device = crowded.copy().restarted();
            device.engine.port().store.fail_at(k, mishap.clone());
            tend(&device);
            let struck = device.struck();
            let again = device.copy().restarted();
            assert_eq!(total(&again, "nomor"), MANY as u64, "{mishap:?} at {k}");
            tend(&again);
            assert!(matches!(on_disk(&again), (0 | 1, 1)), "{mishap:?} at {k}");
            assert_eq!(total(&again, "nomor"), MANY as u64, "{mishap:?} at {k}");
            if !struck {
                break;
            }
        }
    }
}

#[test]
fn who_changes_while_the_index_is_put_in_order_is_found_by_the_newest_name() {
    let device = crowded();
    device.engine.port().gives_way.set(true);
    let open = device.engine.unlocked().expect("open");
    let work = async {
        for n in 0..40 {
            let people = vec![patient(n * 25 + 1, "Telaga"), patient(MANY + n, "Danau")];
            device.engine.write(&open, people, vec![], vec![]).await.expect("writes");
            device.engine.port().yield_now().await;
        }
    };
    pollster::block_on(join(device.engine.tend(), work));
    for device in [&device, &device.restarted()] {
        tend(device);
        let found = ["nomor", "telaga", "danau"].map(|query| total(device, query));
        assert_eq!(found, [MANY as u64 + 40, 40, 40]);
        assert_eq!(on_disk(device).1, 1);
    }
}

#[test]
fn a_newer_keystroke_ends_the_search_for_names_like_the_older() {
    let device = Device::new(MemoryStore::default());
    device.found();
    write(&device, vec![patient(1, "Melati"), patient(2, "Telaga")]);
    let similar =
        || device.engine.handle(SearchSimilar { query: "melatti".into(), limit: 5 }.into_command(), Io::default());
    let typed = || device.engine.handle(Search { query: "melattix".into(), limit: 5 }.into_command(), Io::default());
    device.engine.port().gives_way.set(true);
    let (older, newer) = pollster::block_on(join(similar(), typed()));
    assert_eq!((older, newer.is_ok()), (Err(Fault::Cancelled), true));
    let written = device.ask(Search { query: "melatti".into(), limit: 5 }).expect("searches");
    assert_eq!((written.total, written.few), (0, true));
    assert_eq!(device.ask(SearchSimilar { query: "melatti".into(), limit: 5 }).expect("searches").total, 1);
}

#[test]
fn whoever_waits_for_an_answer_goes_before_the_order_of_the_index() {
    let device = crowded();
    device.engine.port().gives_way.set(true);
    let engine = std::rc::Rc::new(device.engine);
    let (waited, watched) = (std::rc::Rc::new(std::cell::Cell::new(0)), std::rc::Rc::downgrade(&engine));
    let count = waited.clone();
    engine.port().meanwhile.replace(Some(std::rc::Rc::new(move || {
        if watched.upgrade().is_some_and(|engine| engine.traffic.is_busy()) {
            count.set(count.get() + 1);
        }
    })));
    let asked = engine.handle(SearchSimilar { query: "rimbba7".into(), limit: 5 }.into_command(), Io::default());
    let (answer, ()) = pollster::block_on(join(asked, engine.tend()));
    assert!(answer.is_ok() && waited.get() > 0);
}

fn packed(n: usize, family: &str) -> (PatientId, IndexEntry) {
    (id(n), IndexEntry { family: family.into(), given: "Impor".into(), ..IndexEntry::default() })
}

#[test]
fn whoever_types_while_an_import_packs_its_index_waits_for_a_step_of_it_and_not_for_all() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let open = device.engine.unlocked().expect("open");
    let turns = |count: usize| {
        let entries = (0..count).map(|n| packed(n, "Ramai")).collect();
        device.engine.port().when_yielding(|_| {});
        pollster::block_on(device.engine.pack_index(&open, entries)).expect("packs");
        device.engine.port().turns()
    };
    let few = turns(1);
    assert!(few > 3, "sorting and listing are steps of their own");
    assert!(turns(3_000) - few > 20, "the more come in, the more often others have a turn");
}

#[test]
fn what_an_import_packs_is_found_when_it_is_adopted_and_swept_away_when_it_never_was() {
    let device = Device::new(MemoryStore::default());
    device.found();
    write(&device, vec![patient(1, "Hulu"), patient(2, "Muara")]);
    let open = device.engine.unlocked().expect("open");
    let pack = |open: &Open| {
        let parts = [vec![packed(2, "Lama"), packed(3, "Baru")], vec![packed(4, "Dua"), packed(4, "Kata")]];
        let packs = parts.map(|entries| device.engine.pack_index(open, entries));
        pollster::block_on(join_all(packs)).into_iter().map(|packed| packed.expect("packs")).collect::<Vec<_>>()
    };
    let packs = pack(&open);
    let parts: Vec<_> = packs.iter().map(|packed| packed.part.clone()).collect();
    packs.into_iter().for_each(|packed| commit(&device, packed.writes));
    assert_eq!(total(&device, "impor"), 0);
    let never = device.copy().restarted();
    assert_eq!((total(&never, "impor"), on_disk(&never).1), (0, 2));
    tend(&never);
    assert_eq!(on_disk(&never).1, 0);
    let forgotten = device.copy();
    parts.iter().for_each(|part| commit(&forgotten, part.forget()));
    assert_eq!(on_disk(&forgotten).1, 0);

    let adoption = pollster::block_on(device.engine.adopt_index(&open, &parts)).expect("reads them");
    commit(&device, vec![adoption.write.clone()]);
    device.engine.adopted(&open, adoption);
    for device in [&device, &device.restarted()] {
        tend(device);
        let found = ["impor", "kata", "dua", "muara", "lama"].map(|query| total(device, query));
        assert_eq!(found[..4], [2, 1, 0, 1], "what a row says is newer than a part");
        assert_eq!(on_disk(device).1, 1, "small parts were gathered");
    }
}
