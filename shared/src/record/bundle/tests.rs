//! Bodies and packets as they are packed: sizes, limits, and what arbitrary bytes open to.

use proptest::prelude::*;

use super::body::padme;
use super::*;
use crate::base::Hlc;
use crate::fhir::resource::RawJson;
use crate::record::Change;
use crate::record::change::{Op, ResourceRef, SCHEMA};

fn change(n: usize, size: usize) -> Change {
    // Poorly compressible text, so that sizes are honest.
    let mut state = n as u64 + 1;
    let text: String = (0..size)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            char::from(b'!' + ((state >> 33) % 90) as u8)
        })
        .filter(|c| *c != '"' && *c != '\\')
        .collect();
    Change {
        resource: ResourceRef::new("Observation", format!("o{n}")),
        hlc: Hlc::new(n as u64, 0),
        ops: vec![op(&format!("\"{text}\""))],
        schema: SCHEMA,
    }
}

fn op(value: &str) -> Op {
    Op { element: "note".into(), item: None, value: Some(RawJson::from_stored(value)), replaces: vec![] }
}

#[test]
fn a_body_reads_back_as_it_was() {
    let body = Body { changes: vec![change(1, 10), change(2, 5_000)] };
    assert_eq!(Body::unpack(&body.pack().expect("packs")), Ok(body));
}

#[test]
fn many_changes_split_into_bodies_of_sixty_four_kib_in_order() {
    let changes: Vec<Change> = (0..200).map(|n| change(n, 4_000)).collect();
    let bodies = split(changes.clone()).expect("splits");
    assert!(bodies.iter().all(|(_, packed)| packed.len() + 16 <= TARGET_SEALED));
    let again: Vec<Change> = bodies.into_iter().flat_map(|(body, _)| body.changes).collect();
    assert_eq!(again, changes);
}

#[test]
fn one_large_resource_stands_alone_and_a_huge_one_is_refused() {
    let bodies = split(vec![change(1, 10), change(2, 300_000), change(3, 10)]).expect("splits");
    assert!(bodies.iter().any(|(body, _)| body.changes.len() == 1));
    assert_eq!(
        split(vec![change(1, 2_000_000)]).map(|_| ()),
        Err((BundleFault::TooLarge, ResourceRef::new("Observation", "o1")))
    );
}

#[test]
fn a_length_beyond_the_cap_is_refused_before_anything_is_allocated() {
    for head in [vec![1], vec![2, 1]] {
        let mut bytes = head;
        bytes.extend_from_slice(&u32::MAX.to_le_bytes());
        bytes.extend_from_slice(&4u32.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        assert_eq!(Body::unpack(&bytes), Err(BundleFault::TooLarge));
    }
}

#[test]
fn a_body_that_would_swell_is_refused_and_ours_pads_until_it_does_not() {
    let flat = Change { ops: vec![op(&format!("\"{}\"", "A".repeat(8_000_000)))], ..change(1, 0) };
    let body = Body { changes: vec![flat] };
    let packed = body.pack().expect("packs");
    assert!(packed.len() * 64 >= 8_000_000 && packed.len() < 160_000, "{}", packed.len());
    let cut = &packed[..packed.len() / 2];
    assert_eq!(Body::unpack(cut), Err(BundleFault::TooLarge));
    assert_eq!(Body::unpack(&packed), Ok(body));
}

#[test]
fn a_claimed_length_that_is_not_the_texts_own_is_malformed() {
    let packed = Body { changes: vec![change(1, 100)] }.pack().expect("packs");
    for by in [1i64, -1] {
        let mut altered = packed.clone();
        let claimed = i64::from(u32::from_le_bytes(altered[2..6].try_into().expect("four"))) + by;
        altered[2..6].copy_from_slice(&(claimed as u32).to_le_bytes());
        assert_eq!(Body::unpack(&altered), Err(BundleFault::Malformed));
    }
}

#[test]
fn a_body_packed_against_a_later_dictionary_waits_for_the_app_that_has_it() {
    let mut packed = Body { changes: vec![change(1, 10)] }.pack().expect("packs");
    packed[1] = 2;
    assert_eq!(Body::unpack(&packed), Err(BundleFault::UnknownVersion));
    packed[0] = 3;
    assert_eq!(Body::unpack(&packed), Err(BundleFault::UnknownVersion));
}

#[test]
fn the_dictionary_is_the_one_that_was_released() {
    let hash: String = body_hash(include_bytes!("dictionary_1.bin")).0.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hash, "99795436cf0aefdc74c918d33a3332461c4201a7fb8eab640a36ba58d21d0086");
}

#[test]
fn what_every_record_says_costs_next_to_nothing() {
    let text =
        r#"{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}],"text":"Heart rate"}"#;
    let pulse = Change { ops: vec![op(text)], ..change(1, 0) };
    let packed = Body { changes: vec![pulse] }.pack().expect("packs");
    assert!(packed.len() < 100, "{}", packed.len());
}

fn any_change() -> impl Strategy<Value = Change> {
    let value = prop::option::of("[ -~]{0,40}").prop_map(|text| text.map(|t| format!("{t:?}")));
    let ops = prop::collection::vec(("[a-z]{1,12}", value), 0..6);
    (ops, "[A-Z][a-z]{1,9}", any::<u32>()).prop_map(|(ops, name, at)| Change {
        resource: ResourceRef::new(name, format!("id-{at}")),
        hlc: Hlc::new(u64::from(at), 0),
        ops: ops
            .into_iter()
            .map(|(element, value)| Op {
                element,
                item: None,
                value: value.map(RawJson::from_stored),
                replaces: vec![],
            })
            .collect(),
        schema: SCHEMA,
    })
}

proptest! {
    #[test]
    fn any_bytes_open_to_a_body_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Body::unpack(&bytes);
        let _ = Packet::decode(&bytes);
    }

    #[test]
    fn every_body_reads_back_as_it_was(changes in prop::collection::vec(any_change(), 0..20)) {
        let body = Body { changes };
        prop_assert_eq!(Body::unpack(&body.pack().expect("packs")), Ok(body));
    }

    #[test]
    fn a_body_altered_anywhere_opens_to_a_body_or_a_fault(
        changes in prop::collection::vec(any_change(), 1..10),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        version in prop::sample::select(vec![1u8, 2]),
    ) {
        let mut packed = Body { changes }.pack().expect("packs");
        packed[0] = version;
        for (at, byte) in flips {
            let at = 1 + at.index(packed.len() - 1);
            packed[at] = byte;
        }
        let _ = Body::unpack(&packed);
    }

    #[test]
    fn padding_costs_at_most_an_eighth(len in 2usize..4_000_000) {
        let padded = padme(len);
        prop_assert!(padded >= len && padded <= len + len / 8 + 1);
    }
}
