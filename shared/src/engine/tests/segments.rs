//! The rows of the log: what one commit makes of them, and that those of the first release are read beside them.

use super::together::{bring_in, packets, pair_apart, record};
use super::world::{Device, passphrase};
use super::{BUNDLE, form};
use crate::base::PatientId;
use crate::engine::api::*;
use crate::engine::log::{Decision, LogRow, decode_links};
use crate::fhir::resource::RawJson;
use crate::port::memory::MemoryStore;
use crate::port::{Row, Space, Store, Write};
use crate::record::bundle::to_cbor;
use crate::record::{Change, Op, ResourceRef};

fn rows(device: &Device, space: Space) -> Vec<Row> {
    device.rows().into_iter().filter(|(s, _)| *s == space).map(|(_, row)| row).collect()
}

fn counts(device: &Device) -> [usize; 3] {
    [Space::Log, Space::Chain, Space::Keys].map(|space| rows(device, space).len())
}

/// Writes what stands in the log as version 1 would have: a row and a link for each bundle, keys in their own store.
fn as_first_release(device: &Device) -> MemoryStore {
    let (engine, open) = (&device.engine, device.engine.unlocked().expect("open"));
    let store = engine.port().store.within().snapshot();
    let mut writes = Vec::new();
    for row in rows(device, Space::Log) {
        writes.push(Write::delete(Space::Log, row.key.clone()));
        let segment = engine.open_segment(&open, &row.key, row.value).expect("opens");
        for bundle in &segment.bundles {
            let patient = open.keys.row_key(&bundle.header.patient);
            let key = [patient.as_slice(), &bundle.signed.hash().0[..16]].concat();
            let header = engine
                .seal_row(&open, &open.keys.log_header, Space::Log, &key, &to_cbor(&bundle.signed))
                .expect("seals")
                .into();
            let body = segment.body(bundle).to_vec().into();
            writes.push(Write::put(Space::Log, key.clone(), to_cbor(&LogRow { header, body })));
            let author = open.keys.row_hash("author", bundle.header.author.as_bytes());
            let link = [author.as_slice(), &bundle.header.last_seq().to_be_bytes()].concat();
            writes.push(Write::put(Space::Chain, link, key));
            let name = [patient.as_slice(), bundle.header.key_id.as_bytes()].concat();
            let ledger = bundle.ledger.as_ref().expect("a segment has its keys");
            let sealed = engine.seal_row(&open, &open.keys.config, Space::Keys, &name, ledger).expect("seals");
            writes.push(Write::put(Space::Keys, name, sealed));
        }
    }
    pollster::block_on(store.commit(writes)).expect("the disk obeys");
    store
}

fn unlocked_on(store: MemoryStore, like: &Device) -> Device {
    let staff = like.engine.unlocked().expect("open").staff_id.hex();
    let device = Device::new(store);
    device.pass(like.clock() + 1);
    device.ask(Unlock { staff, passphrase: passphrase() }).expect("unlocks");
    device
}

#[test]
fn one_commit_is_one_row_a_patient_and_one_row_of_the_chain() {
    let device = Device::new(MemoryStore::default());
    device.found();
    let before = counts(&device);
    let patient = bring_in(&device);
    // Patient and observation lie in two compartments, the organisation in the clinic's commons.
    let [log, chain, keys] = counts(&device);
    assert_eq!([log - before[0], chain - before[1], keys], [2, 1, 0]);
    let links: Vec<usize> =
        rows(&device, Space::Chain).iter().map(|row| decode_links(row).expect("links").len()).collect();
    assert!(links.contains(&3), "{links:?}");
    assert_eq!(packets(&device).len(), links.iter().sum::<usize>());
    let calls = |device: &Device| device.engine.port().store.calls();
    let device = device.restarted();
    let start = calls(&device);
    assert!(!record(&device, &patient).is_empty());
    assert_eq!(calls(&device) - start, 1, "a chart is one range");
}

#[test]
fn a_vault_of_the_first_release_is_read_written_to_and_sent_on() {
    let (_clinic, one, two) = pair_apart();
    let patient = bring_in(&one);
    let registered = one.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers").patient;
    let (seen, sent) = (record(&one, &patient), packets(&one));
    let old = unlocked_on(as_first_release(&one), &one);
    let before = counts(&old);
    assert_eq!(before[0], before[1], "a row and a link for each bundle");
    assert_eq!(record(&old, &patient), seen);
    assert_eq!(packets(&old), sent, "byte for byte");
    let edit = PatientToEdit { patient: registered.clone() };
    let form_before = old.ask(edit.clone()).expect("a form");
    let mut after = form_before.clone();
    after.phone = "+62 812 0000 0077".into();
    old.ask(EditPatient { patient: registered.clone(), before: form_before, after }).expect("edits");
    let [log, chain, keys] = counts(&old);
    assert_eq!([log - before[0], chain - before[1], keys - before[2]], [1, 1, 0]);
    let old = unlocked_on(old.engine.port().store.within().snapshot(), &old);
    assert_eq!(old.ask(edit).expect("a form").phone, "+62 812 0000 0077");
    let open = old.engine.unlocked().expect("open");
    let control: Vec<Vec<u8>> = open.control.borrow().certificates().map(|c| c.bytes().to_vec()).collect();
    pollster::block_on(two.engine.take_certificates(&two.engine.unlocked().expect("open"), &control)).expect("takes");
    let advance = super::hostile::receive(&two, packets(&old));
    assert_eq!(advance.heads.iter().map(|h| h.seq).max(), Some(open.own_head().seq));
    for patient in [&patient, &registered] {
        assert_eq!(record(&two, patient), record(&old, patient));
    }
}

#[test]
fn what_is_much_is_parted_into_several_rows_and_comes_back_whole() {
    let (_clinic, one, two) = pair_apart();
    let patient = PatientId([7; 16]);
    let noise = |n: u64| (0..8_000u64).map(|i| format!("{:x}", (i + n).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let change = |n: u64| {
        let text: String = noise(n);
        let op = Op { element: "note".into(), item: None, value: Some(RawJson::text(&text)), replaces: vec![] };
        Change {
            resource: ResourceRef::new("Basic", format!("b{n}")),
            hlc: crate::base::Hlc::new(n + 1, 0),
            ops: vec![op],
            schema: 1,
        }
    };
    let open = one.engine.unlocked().expect("open");
    let before = counts(&one);
    let decision = Decision { patient, changes: (0..80).map(change).collect() };
    pollster::block_on(one.engine.write(&open, vec![decision], vec![], vec![])).expect("writes");
    let [log, chain, _] = counts(&one);
    assert!(log - before[0] > 1, "more than a mebibyte");
    assert_eq!(chain - before[1], 2, "eighty bundles");
    let whole = record(&one, &patient.hex());
    assert_eq!(whole.len(), 80);
    // In sips of every size: nothing comes twice, nothing is left out.
    let sent = packets(&one);
    let mut sips = Vec::new();
    let mut after = 0;
    for max_bytes in (1u64..).map(|n| n * 70_000) {
        let read = one.engine.read_log(&open, &open.device, after, max_bytes);
        let (items, done) = pollster::block_on(read).expect("the log");
        after = items.last().map_or(after, |(seq, _)| *seq);
        sips.extend(items.into_iter().map(|(_, bytes)| bytes));
        if done {
            break;
        }
    }
    assert_eq!(sips, sent);
    super::hostile::receive(&two, sent);
    assert_eq!(record(&two, &patient.hex()), whole);
    assert_eq!(record(&unlocked_on(two.engine.port().store.within().snapshot(), &two), &patient.hex()), whole);
}

#[test]
fn a_row_that_was_altered_or_moved_to_another_place_is_seen() {
    let device = Device::new(MemoryStore::default());
    device.found();
    device.ask_with_file(PreviewImport { job: 7 }, "one.json", BUNDLE).expect("previews");
    device.ask(CommitImport { job: 7 }).expect("commits");
    let (engine, open) = (&device.engine, device.engine.unlocked().expect("open"));
    let row = rows(&device, Space::Log).remove(0);
    assert!(engine.open_segment(&open, &row.key, row.value.clone()).is_ok());
    for at in [0, 1, 4, 9, 60] {
        let mut value = row.value.clone();
        value[at] ^= 1;
        assert!(engine.open_segment(&open, &row.key, value).is_err(), "byte {at}");
    }
    for length in 0..row.value.len() {
        assert!(engine.open_segment(&open, &row.key, row.value[..length].to_vec()).is_err(), "cut at {length}");
    }
    let mut elsewhere = row.key.clone();
    elsewhere[31] ^= 1;
    assert!(engine.open_segment(&open, &elsewhere, row.value).is_err());
}
