//! Stored means forever: every format of the record and of the engine, byte for byte, and read again from its file.
//! A released file in `tests/golden` is never edited; a new format adds files. `LUCERNA_GOLDEN=write` writes only missing ones.

use std::path::PathBuf;
use std::rc::Rc;

use minicbor::{Decode, Encode};

use crate::base::{ClinicId, DeviceId, Hash, Hlc, KeyId, PatientId, StaffId, Timestamp};
use crate::clinic::search::{Image, IndexEntry, SearchIndex, image_of};
use crate::crypto::{Compartment, Domain, Key32, SigningPair};
use crate::engine::audit::{Action, AuditHead, Entry, HashOrZero, SignedEntry};
use crate::engine::import::{ImportJob, ImportPieces, ImportSpool, import_record, import_waiting};
use crate::engine::index::{Manifest, Member, Part, Segment};
use crate::engine::log::{Directory, Link, LogRow, Place, StagePlace, decode_links, encode_links};
use crate::engine::pair::{Grant, GrantedKey};
use crate::engine::vault::{Counters, Tries, Trust, Unshared, Vault, VaultStaff};
use crate::engine::visit::StoredDraft;
use crate::fhir::resource::RawJson;
use crate::port::{Row, Span};
use crate::record::bundle::{Body, Lane, VerifiedRoots, body_hash, lane_author, sign_batch, to_cbor};
use crate::record::{Change, Header, Op, OpId, Packet, ResourceRef, SignedHeader};
use crate::sync::Head;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const DEVICE: DeviceId = DeviceId([0xd1; 16]);
const PATIENT: PatientId = PatientId([0xa1; 16]);

/// Compares with the stored file, and returns what the file holds.
fn golden(name: &str, made: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.hex"));
    let hex: String = made.iter().map(|b| format!("{b:02x}")).collect();
    if !path.exists() && std::env::var_os("LUCERNA_GOLDEN").is_some_and(|v| v == "write") {
        std::fs::write(&path, format!("{hex}\n")).expect("writes");
    }
    let stored = std::fs::read_to_string(&path).expect("the golden file is there");
    let stored = stored.trim();
    assert_eq!(hex, stored, "{name} is no longer written as it was released");
    (0..stored.len()).step_by(2).map(|i| u8::from_str_radix(&stored[i..i + 2], 16).expect("hex")).collect()
}

/// Writes, compares, reads, and writes again: what was read is the same to the last byte.
fn check<T: Encode<()> + for<'b> Decode<'b, ()>>(name: &str, value: &T) {
    let bytes = golden(name, &to_cbor(value));
    let again: T = minicbor::decode(&bytes).expect("opens");
    assert_eq!(to_cbor(&again), bytes, "{name}");
}

fn change() -> Change {
    let op = |element: &str, item: Option<&str>, value: Option<&str>, seq| Op {
        element: element.into(),
        item: item.map(str::to_owned),
        value: value.map(RawJson::from_stored),
        replaces: vec![OpId { author: DEVICE, seq, index: 3 }],
    };
    Change {
        resource: ResourceRef::new("Patient", "p-1"),
        hlc: Hlc::new(1_795_000_000_000, 7),
        ops: vec![
            op("birthDate", None, Some("\"1961-07-14\""), 1),
            op("telecom", Some("t1"), Some("{\"value\":\"1.50\"}"), 2),
            op("photo", None, None, 300),
        ],
        schema: 1,
    }
}

fn header() -> Header {
    Header {
        version: 1,
        author: DEVICE,
        first_seq: 41,
        count: 1,
        prev: Hash([0x11; 32]),
        control_head: Hash([0x22; 32]),
        hlc: Hlc::new(1_795_000_000_000, 7),
        patient: PATIENT,
        compartment: Compartment::Registry.code(),
        epoch: 1,
        key_id: KeyId([0x1d; 8]),
        bundle: [0xb1; 16].into(),
        body_hash: body_hash(b"sealed"),
        lane: None,
    }
}

fn lane() -> Lane {
    Lane::new([0x1a; 8]).expect("not zero")
}

fn lane_header() -> Header {
    Header { version: 2, author: lane_author(&DEVICE, lane()), lane: Some(lane()), ..header() }
}

fn signed() -> SignedHeader {
    let bytes = to_cbor(&header());
    let signature = pair().sign(Domain::BundleHeader, &bytes);
    SignedHeader { bytes: bytes.into(), signature: signature.0.into(), proof: None }
}

fn pair() -> SigningPair {
    SigningPair::from_seed(&Key32::from_bytes([5; 32]))
}

#[test]
fn a_change_its_body_and_its_header() {
    check("record_change_v1", &change());
    check("record_header_v1", &header());
    check("record_signed_header_v1", &signed());
    let stored: SignedHeader =
        minicbor::decode(&golden("record_signed_header_v1", &to_cbor(&signed()))).expect("opens");
    assert_eq!(stored.header(), Ok(header()));
    golden("record_header_hash_v1", &stored.hash().0);
    assert_eq!(stored.verify(&pair().public(), &mut VerifiedRoots::default()), Ok(()));
    let body = Body { changes: vec![change(), change()] };
    // The packed text depends on the compressor, so the files need only open, not be written the same.
    for name in ["record_body_v1", "record_body_v2"] {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.hex"));
        let packed = body.pack().expect("packs");
        let stored = if path.exists() { read(&path) } else { golden(name, &packed) };
        assert_eq!(Body::unpack(&stored).as_ref(), Ok(&body), "{name}");
    }
}

#[test]
fn headers_of_a_lane_signed_together() {
    check("record_header_v2", &lane_header());
    let batch = [41, 42, 43].map(|first_seq| to_cbor(&Header { first_seq, ..lane_header() }));
    let signed = sign_batch(&pair(), batch.to_vec());
    let last = signed.last().expect("three");
    let stored: SignedHeader = minicbor::decode(&golden("record_signed_header_v2", &to_cbor(last))).expect("opens");
    assert_eq!(stored.header(), Ok(Header { first_seq: 43, ..lane_header() }));
    assert_eq!(stored.verify(&pair().public(), &mut VerifiedRoots::default()), Ok(()));
    golden("record_header_hash_v2", &stored.hash().0);
}

fn read(path: &PathBuf) -> Vec<u8> {
    let text = std::fs::read_to_string(path).expect("the golden file is there");
    let hex = text.trim();
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect()
}

#[test]
fn what_travels_and_the_rows_of_the_log() {
    let packet = Packet { signed: signed(), body: b"sealed".to_vec().into(), ledger: b"wrapped".to_vec().into() };
    let bytes = golden("record_packet_v1", &packet.encode());
    assert_eq!(Packet::decode(&bytes), Ok(packet));
    check("log_row_v1", &LogRow { header: b"sealed header".to_vec().into(), body: b"sealed".to_vec().into() });
    let place = Place { signed: signed(), key: 0, length: 6 };
    check("log_directory_v2", &Directory { keys: vec![b"wrapped".to_vec().into()], bundles: vec![place] });
    let links = vec![Link::new(41, vec![0x10; 32]), Link::new(300, vec![0x0c; 16])];
    let value = golden("chain_v2", &encode_links(&links));
    assert_eq!(decode_links(&Row { key: vec![0; 24], value }), Ok(links));
    let first = Row { key: [[0xaa; 16].as_slice(), &41u64.to_be_bytes()].concat(), value: vec![0x10; 32] };
    assert_eq!(decode_links(&first), Ok(vec![Link::new(41, vec![0x10; 32])]), "version 1 is a key and nothing else");
    let head = Head { author: lane_author(&DEVICE, lane()), seq: 41, hash: Hash([0x33; 32]) };
    let hlc = Hlc::new(1_795_000_000_000, 7);
    check("stage_v1", &StagePlace { version: 1, lane: lane(), head, bundles: 41, hlc });
    check("log_head_v1", &Head { author: DEVICE, seq: 41, hash: Hash([0x33; 32]) });
    check("conflicts_v1", &vec![(PATIENT, 2u32)]);
    check("quarantine_v1", &("not a bundle".to_owned(), minicbor::bytes::ByteVec::from(b"packet".to_vec())));
}

#[test]
fn what_waits_of_an_import() {
    let mut job = ImportJob::new(30 << 20, [0x77; 32]);
    (job.written, job.indexed) = ((2, Some(PATIENT)), (1, None));
    job.index.push(Part { id: [0x81; 16], patients: 8_000, bytes: 1_500_000 });
    (job.resources, job.patients, job.done, job.spent) = (9, 2, 4, 1_234);
    check("import_job_v1", &job);
    let spans = [Span { at: 0, length: 90_000 }, Span { at: 5_000_000_000, length: 16 }];
    check("import_pieces_v1", &ImportPieces { version: 1, parts: vec![spans.into(), vec![]] });
    let text = r#"{"resourceType":"Observation","id":"o-1","valueQuantity":{"value":62.50}}"#;
    let resource = crate::fhir::resource::Resource::parse(text).expect("a resource");
    let mut spool = ImportSpool::new([7; 8], job);
    let mut record = Vec::new();
    import_record(&mut record, 1, "line 12: Observation", &resource);
    assert_eq!(spool.add(&PATIENT, &record), None);
    let piece = golden("import_piece_v1", spool.gathered(&PATIENT));
    let read: Vec<_> = import_waiting(&piece).map(|one| one.expect("reads")).collect();
    let [one] = &read[..] else { panic!("{} resources", read.len()) };
    assert_eq!((one.patient, one.file, one.path), (PATIENT, 1, "line 12: Observation"));
    assert_eq!(one.resource().expect("a resource").to_json(), text);
}

#[test]
fn the_vault_and_what_stands_beside_it() {
    let staff = StaffId([0x51; 16]);
    check(
        "vault_v1",
        &Vault {
            version: 1,
            clinic: ClinicId([0xc1; 16]),
            clinic_name: "Klinik Contoh".into(),
            demo: false,
            device: DEVICE,
            device_name: "Tablet 1".into(),
            staff: vec![VaultStaff { staff, name: "Dr. Contoh".into(), role: 1, slots: b"slots".to_vec().into() }],
        },
    );
    check("tries_v1", &Tries { failed: 3, retry_at: NOW.0 });
    check(
        "trust_v1",
        &Trust { anchor: Hash([1; 32]), device_cert: Hash([2; 32]), staff: vec![(staff, Hash([3; 32]))] },
    );
    check("counters_v1", &Counters { next_mrn: 12, witnessed: 41, last_synced: NOW.0, imports: None });
    let unshared = Unshared { author: DEVICE, seq: 7, witnessed: 2 };
    let counters = Counters { next_mrn: 12, witnessed: 41, last_synced: NOW.0, imports: Some(vec![unshared]) };
    check("counters_with_imports_v1", &counters);
}

#[test]
fn the_audit_chain() {
    let entry = Entry {
        version: 1,
        seq: 9,
        prev: Hash([0x44; 32]),
        at: NOW,
        session: Hash([0x22; 32]),
        action: Action::OpenedResource,
        patient: Some(PATIENT),
        note: "Observation".into(),
    };
    check("audit_entry_v1", &entry);
    let signed = SignedEntry { bytes: to_cbor(&entry).into(), signature: [7; 64].into() };
    check("audit_signed_entry_v1", &signed);
    check("audit_head_v1", &AuditHead { seq: 9, hash: HashOrZero(Hash([0x55; 32])) });
}

#[test]
fn the_image_of_a_part_of_the_index() {
    let one = IndexEntry {
        family: "Pagi".into(),
        given: "Melati Putri".into(),
        birth_date: "1961-07-14".into(),
        phone: "0812-0000-0001".into(),
        mrn: "K7-0001".into(),
        last_visit: "2026-11-20T08:00:00Z".into(),
        ..IndexEntry::default()
    };
    let other = IndexEntry { given: "Mélati".into(), birth_date: "1985".into(), ..IndexEntry::default() };
    let entries = [(PATIENT, one.clone()), (PatientId([0xa2; 16]), other)];
    let made = image_of(entries.iter().map(|(patient, entry)| (*patient, entry)));
    let image = Image::open(golden("index_image_v2", made.bytes())).expect("opens");
    let mut index = SearchIndex::new();
    index.splice(0..0, Rc::new(image));
    assert_eq!(index.entry(PATIENT), Some(one));
    for (query, total) in [("melati", 2), ("pag mel", 1), ("1985", 1), ("0001", 1), ("k7", 1), ("melatpi", 2)] {
        assert_eq!(index.search(query, 5, jiff::civil::date(2026, 11, 22)).total, total, "{query}");
    }
}

#[test]
fn drafts_the_index_and_the_grant() {
    check("draft_v1", &StoredDraft { version: 1, patient: PATIENT, saved: NOW, json: "{}".into() });
    let entry = IndexEntry {
        fhir_id: "p-1".into(),
        family: "Pagi".into(),
        given: "Melati".into(),
        birth_date: "1961-07-14".into(),
        aliases: vec!["Mawar".into()],
        ..IndexEntry::default()
    };
    check("index_segment_v1", &Segment { members: vec![Member { patient: PATIENT, entry }] });
    let part = Part { id: [0x9a; 16], patients: 2, bytes: 1_000 };
    check("index_manifest_v1", &Manifest { parts: vec![part], lacking: false });
    let grant = Grant {
        version: 1,
        clinic: ClinicId([0xc1; 16]),
        clinic_name: "Klinik Contoh".into(),
        demo: false,
        role: 2,
        anchor: Hash([1; 32]),
        staff_cert: Hash([2; 32]),
        device_cert: Hash([3; 32]),
        certificates: vec![b"certificate".to_vec().into()],
        network_key: vec![4; 32].into(),
        pseudonym_key: vec![5; 32].into(),
        compartments: vec![GrantedKey { compartment: 1, epoch: 1, key: vec![6; 32].into() }],
    };
    check("grant_v1", &grant);
}
