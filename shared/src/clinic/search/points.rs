//! What a match is worth: whole name before beginning before slip, then up to five points for who was here lately.
//! Counted in parts of a point so small that a day's part is whole, and sums are compared exactly.

use super::image::{NEVER, Place};

/// Parts of one point: as many as recency takes days to fade.
const POINT: i32 = 365;
pub(super) const EXACT: i32 = 30 * POINT;
const PREFIX: i32 = 20 * POINT;
pub(super) const ID_EXACT: i32 = 60 * POINT;
pub(super) const ID_PREFIX: i32 = 28 * POINT;
pub(super) const JOINED: i32 = 16 * POINT;
const ONE_SLIP: i32 = 10 * POINT;
const TWO_SLIPS: i32 = 5 * POINT;
/// The whole word is near, not only its beginning.
const WHOLE_IS_NEAR: i32 = 2 * POINT;
/// What a day less since the last visit is worth.
pub(super) const A_DAY: i32 = 5;
const MINUTES_A_DAY: i32 = 24 * 60;

/// A known word that begins as typed, or is it.
pub(super) fn begun(known: usize, typed: usize) -> i32 {
    if known == typed { EXACT } else { PREFIX + 5 * POINT * typed as i32 / known.max(1) as i32 }
}

/// The same for a whole name without its spaces.
pub(super) fn begun_joined(known: usize, typed: usize) -> i32 {
    begun(known, typed) - PREFIX + JOINED
}

pub(super) fn slipped(beginning: u8, whole: bool) -> i32 {
    (if beginning == 1 { ONE_SLIP } else { TWO_SLIPS }) + if whole { WHOLE_IS_NEAR } else { 0 }
}

pub(super) fn placed(place: Place) -> i32 {
    match place {
        Place::Whole => ID_EXACT,
        Place::Edge => PREFIX,
        Place::Inside => ONE_SLIP,
    }
}

/// The day of a visit, since 1970.
pub(super) fn day(visit: i32) -> Option<i32> {
    (visit != NEVER).then(|| visit.div_euclid(MINUTES_A_DAY))
}

/// Up to five points, fading over a year since the last visit.
pub(super) fn recency(visit: i32, today: i32) -> i32 {
    day(visit).map_or(0, |day| A_DAY * (365 - today.saturating_sub(day).clamp(0, 365)))
}

/// The same without an end: below nought after that year, and more than five points for a day to come.
pub(super) fn endless_recency(visit: i32, today: i32) -> i32 {
    day(visit).map_or(i32::MIN / 2, |day| A_DAY.saturating_mul(365 - today.saturating_sub(day)))
}
