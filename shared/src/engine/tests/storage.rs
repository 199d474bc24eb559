//! What the settings say of the room on this device: all of it, kind by kind, exactly for little and nearly for much.

use super::form;
use super::world::Device;
use crate::clinic::note::VisitDraft;
use crate::engine::api::*;
use crate::port::memory::MemoryStore;
use crate::port::{Scratch, Space, Store, Write};

fn kinds(device: &Device) -> Vec<KindUse> {
    device.ask(StorageKinds {}).expect("a view")
}

fn of(kinds: &[KindUse], kind: StorageKind) -> &KindUse {
    kinds.iter().find(|used| used.kind == kind).expect("every kind is there")
}

fn put(device: &Device, space: Space, rows: impl Iterator<Item = (Vec<u8>, usize)>) {
    let writes = rows.map(|(key, size)| Write::put(space, key, vec![7; size])).collect();
    pollster::block_on(device.engine.port().store.commit(writes)).expect("writes");
}

#[test]
fn a_small_clinic_is_counted_to_the_byte() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let patient = device.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers").patient;
    let draft = VisitDraft { subjective: "batuk".into(), ..VisitDraft::default() };
    device.ask(SaveDraft { patient, draft }).expect("saves");
    put(&device, Space::Quarantine, [(vec![1; 16], 500)].into_iter());
    put(&device, Space::Spool, [(vec![1; 20], 3_000)].into_iter());
    pollster::block_on(device.engine.port().store.append(&[1; 8], &[7; 40_000])).expect("appends");
    let kinds = kinds(&device);
    let all: usize = device.rows().iter().map(|(_, row)| row.key.len() + row.value.len()).sum();
    assert_eq!(kinds.iter().map(|used| used.bytes).sum::<u64>(), all as u64 + 40_000);
    assert_eq!(of(&kinds, StorageKind::Waiting), &KindUse { kind: StorageKind::Waiting, bytes: 516, about: false });
    assert_eq!(of(&kinds, StorageKind::Import).bytes, 43_020);
    for kind in [StorageKind::Records, StorageKind::Search, StorageKind::Drafts, StorageKind::Audit, StorageKind::Keys]
    {
        assert!(of(&kinds, kind).bytes > 0 && !of(&kinds, kind).about, "{kind:?}");
    }
}

#[test]
fn rows_of_an_unfinished_import_are_not_called_records() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let before = kinds(&device);
    let open = device.engine.unlocked().expect("open");
    open.staged.borrow_mut().insert([9; 8]);
    put(&device, Space::Log, [([vec![1; 16], vec![9; 16]].concat(), 1_000)].into_iter());
    let after = kinds(&device);
    assert_eq!(of(&after, StorageKind::Records), of(&before, StorageKind::Records));
    assert_eq!(of(&after, StorageKind::Import).bytes, of(&before, StorageKind::Import).bytes + 1_032);
}

#[test]
fn a_large_clinic_is_estimated_within_a_tenth_from_a_few_hundred_rows() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let row = |n: u64| (crate::crypto::sha256(&n.to_be_bytes()).0.to_vec(), 200 + (n % 17) as usize * 400);
    put(&device, Space::Log, (0..20_000).map(row));
    let all: usize = (0..20_000).map(row).map(|(key, size)| key.len() + size).sum();
    let kinds = kinds(&device);
    let records = of(&kinds, StorageKind::Records);
    assert!(records.about);
    assert!(records.bytes.abs_diff(all as u64) < all as u64 / 10, "{} of {all}", records.bytes);
}
