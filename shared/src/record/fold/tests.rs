//! Merging told as tests: who replaced what, what waits for a clinician, and that order never matters.

use proptest::prelude::*;

use super::*;
use crate::base::Hash;
use crate::record::Body;
use crate::record::bundle::to_cbor;
use crate::record::view::{BodyView, Told, once_or_folded};

fn device(n: u8) -> DeviceId {
    DeviceId([n; 16])
}

fn op(author: u8, seq: u64) -> OpId {
    OpId { author: device(author), seq, index: 0 }
}

fn edit(element: &str, value: Option<&str>, at: u64, replaces: &[OpId]) -> Change {
    Change {
        resource: ResourceRef::new("Patient", "p1"),
        hlc: Hlc::new(at, 0),
        ops: vec![Op {
            element: element.into(),
            item: None,
            value: value.map(RawJson::from_stored),
            replaces: replaces.to_vec(),
        }],
        schema: SCHEMA,
    }
}

fn fold(changes: &[(u8, u64, Change)]) -> PatientState {
    let mut state = PatientState::default();
    for (author, seq, change) in changes {
        state.apply(device(*author), *seq, Hash::ZERO, change);
    }
    state
}

fn patient(state: &PatientState) -> &ResourceState {
    state.get(&ResourceRef::new("Patient", "p1")).expect("the patient")
}

#[test]
fn an_edit_that_names_what_it_saw_replaces_it() {
    let state = fold(&[
        (1, 1, edit("birthDate", Some("\"1961\""), 1, &[])),
        (2, 1, edit("birthDate", Some("\"1962\""), 2, &[op(1, 1)])),
    ]);
    let birth = &patient(&state).elements[&("birthDate".into(), None)];
    assert_eq!(birth.live.len(), 1);
    assert_eq!(birth.shown().and_then(|l| l.value.as_deref()), Some("\"1962\""));
    assert_eq!(state.waiting(), 0);
}

#[test]
fn two_edits_made_apart_both_survive_and_wait_for_a_clinician() {
    let base = (1, 1, edit("birthDate", Some("\"1961\""), 1, &[]));
    let state = fold(&[
        base,
        (1, 2, edit("birthDate", Some("\"1962\""), 5, &[op(1, 1)])),
        (2, 1, edit("birthDate", Some("\"1963\""), 4, &[op(1, 1)])),
    ]);
    assert!(patient(&state).elements[&("birthDate".into(), None)].contested());
    assert_eq!(state.waiting(), 1);
}

#[test]
fn two_phones_typed_apart_show_the_later_and_keep_the_other() {
    let state = fold(&[(1, 1, edit("telecom", Some("[1]"), 9, &[])), (2, 1, edit("telecom", Some("[2]"), 4, &[]))]);
    let telecom = &patient(&state).elements[&("telecom".into(), None)];
    assert_eq!(telecom.shown().and_then(|l| l.value.as_deref()), Some("[1]"));
    assert_eq!(telecom.live.len(), 2);
    assert_eq!(state.waiting(), 0);
}

#[test]
fn the_same_value_typed_twice_is_no_conflict() {
    let state = fold(&[
        (1, 1, edit("birthDate", Some("\"1961\""), 1, &[])),
        (2, 1, edit("birthDate", Some("\"1961\""), 2, &[])),
    ]);
    assert!(!patient(&state).elements[&("birthDate".into(), None)].contested());
}

#[test]
fn an_edit_beats_a_removal_made_apart() {
    let base = (1, 1, edit("note", Some("[1]"), 1, &[]));
    let state =
        fold(&[base, (1, 2, edit("note", None, 9, &[op(1, 1)])), (2, 1, edit("note", Some("[2]"), 3, &[op(1, 1)]))]);
    let note = &patient(&state).elements[&("note".into(), None)];
    assert_eq!(note.shown().and_then(|l| l.value.as_deref()), Some("[2]"));
}

#[test]
fn a_whole_resource_comes_out_as_it_went_in() {
    let text = r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Pagi"}],"birthDate":"1961-07","multipleBirthInteger":1.0}"#;
    let resource = Resource::parse(text).expect("a resource");
    let mut state = PatientState::default();
    state.apply(device(1), 1, Hash::ZERO, &Change::create(&resource, Hlc::new(1, 0)));
    assert_eq!(state.resource(&ResourceRef::of(&resource)).map(|r| r.to_json()).as_deref(), Some(text));
}

#[test]
fn a_difference_touches_only_what_differs() {
    let before = Resource::parse(r#"{"resourceType":"Patient","id":"p1","gender":"female","birthDate":"1961"}"#)
        .expect("parses");
    let after =
        Resource::parse(r#"{"resourceType":"Patient","id":"p1","gender":"female","active":true}"#).expect("parses");
    let mut state = PatientState::default();
    state.apply(device(1), 1, Hash::ZERO, &Change::create(&before, Hlc::new(1, 0)));
    let change = state.change_to(&after, Hlc::new(2, 0)).expect("a change");
    let mut touched: Vec<&str> = change.ops.iter().map(|op| op.element.as_str()).collect();
    touched.sort_unstable();
    assert_eq!(touched, ["active", "birthDate"]);
    state.apply(device(1), 2, Hash::ZERO, &change);
    assert_eq!(state.resource(&ResourceRef::new("Patient", "p1")).map(|r| r.value()), Some(after.value()));
}

/// Changes of three authors, each of whom had seen some of the others' ops.
fn history() -> impl Strategy<Value = Vec<(u8, u64, Change)>> {
    let element = prop::sample::select(vec!["birthDate", "telecom", "name", "note"]);
    let value = prop::option::of(prop::sample::select(vec!["1", "2", "3"]));
    let seen = prop::collection::vec((1u8..4, 1u64..8), 0..3);
    prop::collection::vec((1u8..4, element, value, 0u64..20, seen), 1..24).prop_map(|rows| {
        let mut next = [0u64; 4];
        rows.into_iter()
            .map(|(author, element, value, at, seen)| {
                next[author as usize] += 1;
                let replaces: Vec<OpId> = seen.into_iter().map(|(a, s)| op(a, s)).collect();
                (author, next[author as usize], edit(element, value, at, &replaces))
            })
            .collect()
    })
}

#[test]
fn what_was_written_once_is_written_out_as_it_was() {
    let text = r#"{"resourceType":"Basic","id":"b","code":{"text":"x"},"a.b":1.0}"#;
    let change = Change::create(&Resource::parse(text).expect("parses"), Hlc::new(1, 0));
    assert_eq!(written(&[(1, 1, change)]), (vec![text.to_owned()], vec![]));
    let text = r#"{"resourceType":"Basic","id":"a \"b"}"#;
    let odd = Resource::new("Basic", "a \"b");
    assert_eq!(written(&[(1, 1, Change::create(&odd, Hlc::new(1, 0)))]), (vec![text.to_owned()], vec![]));
}

/// What is written straight from its change, and what was folded first.
fn written(changes: &[(u8, u64, Change)]) -> (Vec<String>, Vec<String>) {
    let plain = to_cbor(&Body { changes: changes.iter().map(|(_, _, change)| change.clone()).collect() });
    let read = BodyView::read(&plain).expect("reads").changes.into_iter().zip(changes);
    let told = read.map(|(change, (author, seq, _))| {
        let (author, seq) = (device(*author), *seq);
        Told { author, seq, control_head: Hash::ZERO, change }
    });
    let (once, folded) = once_or_folded(told.collect()).expect("reads");
    let json = |told: &Told<'_>| {
        let mut out = String::new();
        told.change.write_json(&mut out);
        out
    };
    (once.iter().map(json).collect(), folded.all().map(|(_, _, resource)| resource.to_json()).collect())
}

proptest! {
    #[test]
    fn what_is_written_out_is_what_the_fold_says(changes in history(), ids in prop::collection::vec(0u8..12, 24), twice: bool) {
        let mut changes = changes;
        for ((_, _, change), id) in changes.iter_mut().zip(&ids) {
            change.resource.id = format!("p{id}");
        }
        if twice {
            changes.extend(changes.first().cloned());
        }
        let mut expected: Vec<String> = fold(&changes).all().map(|(_, _, resource)| resource.to_json()).collect();
        let (mut all, folded) = written(&changes);
        all.extend(folded);
        all.sort();
        expected.sort();
        prop_assert_eq!(all, expected);
    }

    #[test]
    fn any_order_and_any_duplicates_give_the_same_record(changes in history(), order in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let expected = fold(&changes);
        let mut shuffled: Vec<_> = changes.iter().chain(changes.iter().take(order.index(changes.len()) + 1)).cloned().collect();
        let mut state = seed | 1;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            shuffled.swap(i, (state >> 33) as usize % (i + 1));
        }
        prop_assert_eq!(fold(&shuffled), expected);
    }
}
