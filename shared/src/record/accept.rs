//! What every device demands of a change, its own included, before it counts. Pure: the same answer everywhere and at
//! any time, so that no two devices ever differ over what belongs to the record.

use crate::base::DeviceId;
use crate::fhir::refs::is_id;
use crate::fhir::resource::{RawJson, Resource};

use super::change::{Change, Op};

/// Top-level elements that one change may touch; FHIR's largest resource has about eighty.
pub const OPS_MAX: usize = 4096;
/// Ops that one op may replace: as many as there may be values side by side.
pub const REPLACES_MAX: usize = 4096;
/// Bytes of an element's name, or of an item's id.
pub const NAME_MAX: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    #[error("a resource's type is malformed")]
    Type,
    #[error("a resource's id is malformed")]
    Id,
    #[error("a change touches too many elements")]
    TooManyOps,
    #[error("an element's name is too long or empty")]
    Name,
    #[error("an element's value is not JSON in its shortest form")]
    Value,
    #[error("an op replaces too many others")]
    TooManyReplaced,
    #[error("an op replaces one that its author had not yet made")]
    FromTheFuture,
}

/// `seq` is the change's number in its author's log.
pub fn acceptable(change: &Change, author: &DeviceId, seq: u64) -> Result<(), Unacceptable> {
    if !is_type(&change.resource.resource_type) {
        return Err(Unacceptable::Type);
    }
    if !is_id(&change.resource.id) {
        return Err(Unacceptable::Id);
    }
    if change.ops.len() > OPS_MAX {
        return Err(Unacceptable::TooManyOps);
    }
    change.ops.iter().try_for_each(|op| acceptable_op(op, author, seq))
}

/// The same of a resource that is new and was read by our own scanner, whose values stand in their shortest form.
pub fn acceptable_new(resource: &Resource) -> Result<(), Unacceptable> {
    if !is_type(&resource.resource_type) {
        return Err(Unacceptable::Type);
    }
    if !is_id(&resource.id) {
        return Err(Unacceptable::Id);
    }
    if resource.elements.len() > OPS_MAX {
        return Err(Unacceptable::TooManyOps);
    }
    let named = |name: &str| (1..=NAME_MAX).contains(&name.len());
    if resource.elements.iter().all(|(name, _)| named(name)) { Ok(()) } else { Err(Unacceptable::Name) }
}

fn acceptable_op(op: &Op, author: &DeviceId, seq: u64) -> Result<(), Unacceptable> {
    let item = op.item.as_ref().map_or(0, String::len);
    if op.element.is_empty() || op.element.len() > NAME_MAX || item > NAME_MAX {
        return Err(Unacceptable::Name);
    }
    if let Some(value) = &op.value
        && !value.is_proven()
        && !RawJson::is_shortest(value)
    {
        return Err(Unacceptable::Value);
    }
    if op.replaces.len() > REPLACES_MAX {
        return Err(Unacceptable::TooManyReplaced);
    }
    // What others had made by then cannot be known here; one's own can.
    if op.replaces.iter().any(|gone| gone.author == *author && gone.seq >= seq) {
        return Err(Unacceptable::FromTheFuture);
    }
    Ok(())
}

/// The form of a FHIR type name. Types of later releases pass; what would be a path in an export does not.
fn is_type(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hlc;
    use crate::record::{OpId, ResourceRef};

    const ME: DeviceId = DeviceId([1; 16]);

    fn change(resource_type: &str, id: &str, op: Op) -> Change {
        Change { resource: ResourceRef::new(resource_type, id), hlc: Hlc::new(1, 0), ops: vec![op], schema: 1 }
    }

    fn op(value: &str, replaces: Vec<OpId>) -> Op {
        Op { element: "code".into(), item: None, value: Some(RawJson::from_stored(value)), replaces }
    }

    fn check(change: Change) -> Result<(), Unacceptable> {
        acceptable(&change, &ME, 5)
    }

    #[test]
    fn a_plain_change_is_taken() {
        assert_eq!(check(change("Condition", "c-1", op(r#"{"text":"x"}"#, vec![]))), Ok(()));
    }

    #[test]
    fn a_type_that_is_a_path_never_reaches_an_export() {
        for name in ["../../etc", "condition", "", "Condition/x", "A\u{202e}B"] {
            assert_eq!(check(change(name, "c-1", op("1", vec![]))), Err(Unacceptable::Type), "{name}");
        }
        assert_eq!(check(change("Condition", "a b", op("1", vec![]))), Err(Unacceptable::Id));
    }

    #[test]
    fn values_stand_in_one_form_only() {
        for value in ["{", "1 2", "{ \"a\": 1}", "{\"a\":1,\"a\":2}", &"[".repeat(100_000)] {
            assert_eq!(check(change("Condition", "c-1", op(value, vec![]))), Err(Unacceptable::Value));
        }
    }

    #[test]
    fn nobody_replaces_what_they_have_not_made_yet_nor_a_million_ops() {
        let mine = |seq| OpId { author: ME, seq, index: 0 };
        assert_eq!(check(change("Condition", "c-1", op("1", vec![mine(4)]))), Ok(()));
        for seq in [5, 6, u64::MAX] {
            let change = change("Condition", "c-1", op("1", vec![mine(seq)]));
            assert_eq!(check(change), Err(Unacceptable::FromTheFuture));
        }
        let many = (0..=REPLACES_MAX as u64).map(|seq| OpId { author: DeviceId([2; 16]), seq, index: 0 }).collect();
        assert_eq!(check(change("Condition", "c-1", op("1", many))), Err(Unacceptable::TooManyReplaced));
    }
}
