//! Bodies and packets as they are packed: sizes, limits, and what arbitrary bytes open to.

use proptest::prelude::*;

use super::body::padme;
use super::*;
use crate::base::Hlc;
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
        ops: vec![Op { element: "note".into(), item: None, value: Some(format!("\"{text}\"")), replaces: vec![] }],
        schema: SCHEMA,
    }
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
    let mut bytes = vec![1];
    bytes.extend_from_slice(&u32::MAX.to_le_bytes());
    bytes.extend_from_slice(&4u32.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    assert_eq!(Body::unpack(&bytes), Err(BundleFault::TooLarge));
}

proptest! {
    #[test]
    fn any_bytes_open_to_a_body_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Body::unpack(&bytes);
        let _ = Packet::decode(&bytes);
    }

    #[test]
    fn padding_costs_at_most_an_eighth(len in 2usize..4_000_000) {
        let padded = padme(len);
        prop_assert!(padded >= len && padded <= len + len / 8 + 1);
    }
}
