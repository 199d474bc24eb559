//! The vitals strip: which fields there are, in which units, and what is said about a value while it is typed.
//! Ranges, units and conversions are the clinic's (`shared::clinic::vital`); this file only asks them.

use lucerna_shared::base::date::Age;
use lucerna_shared::base::quantity::{Decimal, convert};
use lucerna_shared::clinic::vital::{self, Flag, VitalEntry, VitalKind};

/// In the order in which they are taken; Enter goes from one to the next. Body mass index is computed, not typed.
pub const FIELDS: [VitalKind; 9] = [
    VitalKind::Systolic,
    VitalKind::Diastolic,
    VitalKind::HeartRate,
    VitalKind::RespiratoryRate,
    VitalKind::Temperature,
    VitalKind::OxygenSaturation,
    VitalKind::Weight,
    VitalKind::Height,
    VitalKind::Pain,
];

/// The kinds whose unit changes together: both pressures.
pub fn same_unit(kind: VitalKind) -> Vec<VitalKind> {
    match kind {
        VitalKind::Systolic | VitalKind::Diastolic => vec![VitalKind::Systolic, VitalKind::Diastolic],
        other => vec![other],
    }
}

/// The unit after this one.
pub fn next_unit(kind: VitalKind, unit: &str) -> &'static str {
    let all = kind.units();
    let at = all.iter().position(|u| *u == unit).unwrap_or(0);
    all.get((at + 1) % all.len()).copied().unwrap_or_default()
}

/// A value that makes sense in its unit is converted; one that only makes sense in the new unit was typed for it
/// and stays as it is (98.6 typed under °C, then the unit tapped).
pub fn change_unit(entry: &mut VitalEntry, unit: &'static str) {
    if entry.unit == unit {
        return;
    }
    let now = VitalEntry { unit: unit.to_owned(), confirmed: false, ..entry.clone() };
    let meant_for_new =
        flagged(entry, None) == Some(Flag::Implausible) && flagged(&now, None) != Some(Flag::Implausible);
    let converted = Decimal::parse(&entry.value)
        .and_then(|typed| convert(typed.to_f64(), &entry.unit, unit))
        .and_then(|value| Decimal::rounded(value, 1));
    *entry = now;
    if let Some(value) = converted.filter(|_| !meant_for_new) {
        let text = value.as_str();
        entry.value = text.strip_suffix(".0").unwrap_or(text).to_owned();
    }
}

/// What a field says beneath itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing typed.
    Empty,
    NotANumber,
    Flagged(Flag),
    /// Implausible, and the clinician said that it is right.
    Confirmed,
}

pub fn verdict(entry: &VitalEntry, age: Option<Age>) -> Verdict {
    if entry.is_blank() {
        return Verdict::Empty;
    }
    match flagged(entry, age) {
        None => Verdict::NotANumber,
        Some(Flag::Implausible) if entry.confirmed => Verdict::Confirmed,
        Some(flag) => Verdict::Flagged(flag),
    }
}

fn flagged(entry: &VitalEntry, age: Option<Age>) -> Option<Flag> {
    entry.value_in_own_unit().map(|value| vital::flag(entry.kind, value, age))
}

/// What two values say together, as message keys with the field they stand at: a missing or higher diastolic pressure.
pub fn together(vitals: &[VitalEntry], kind: VitalKind, age: Option<Age>) -> Option<String> {
    let said = vital::check(vitals, age).into_iter();
    said.filter(|p| p.field == kind.field())
        .map(|p| p.message)
        .find(|m| matches!(m.as_str(), "vital-pressure-incomplete" | "vital-diastolic-above-systolic"))
}

/// Body mass index of the typed weight and height, one decimal.
pub fn bmi(vitals: &[VitalEntry]) -> Option<String> {
    let own = |kind| vitals.iter().find(|v| v.kind == kind)?.value_in_own_unit();
    vital::bmi(own(VitalKind::Weight)?, own(VitalKind::Height)?).map(|value| value.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: VitalKind, value: &str, unit: &str) -> VitalEntry {
        VitalEntry { kind, value: value.into(), unit: unit.into(), confirmed: false }
    }

    #[test]
    fn a_sensible_value_is_converted_with_its_unit() {
        let mut weight = entry(VitalKind::Weight, "62", "kg");
        change_unit(&mut weight, "[lb_av]");
        assert_eq!((weight.value.as_str(), weight.unit.as_str()), ("136.7", "[lb_av]"));
    }

    #[test]
    fn a_value_that_only_fits_the_new_unit_was_typed_for_it() {
        let mut temperature = entry(VitalKind::Temperature, "98.6", "Cel");
        change_unit(&mut temperature, "[degF]");
        assert_eq!(temperature.value, "98.6");
    }

    #[test]
    fn a_slip_asks_and_a_confirmed_value_does_not() {
        let mut temperature = entry(VitalKind::Temperature, "368", "Cel");
        assert_eq!(verdict(&temperature, None), Verdict::Flagged(Flag::Implausible));
        temperature.confirmed = true;
        assert_eq!(verdict(&temperature, None), Verdict::Confirmed);
        assert_eq!(verdict(&entry(VitalKind::HeartRate, "8o", "/min"), None), Verdict::NotANumber);
        assert_eq!(verdict(&entry(VitalKind::HeartRate, " ", "/min"), None), Verdict::Empty);
    }

    #[test]
    fn weight_and_height_give_the_body_mass_index_in_any_unit() {
        let vitals = [entry(VitalKind::Weight, "62", "kg"), entry(VitalKind::Height, "1,55", "m")];
        assert_eq!(bmi(&vitals).as_deref(), Some("25.8"));
        assert_eq!(bmi(&vitals[..1]), None);
    }

    #[test]
    fn the_units_of_a_kind_go_round() {
        assert_eq!(next_unit(VitalKind::Temperature, "Cel"), "[degF]");
        assert_eq!(next_unit(VitalKind::Temperature, "[degF]"), "Cel");
        assert_eq!(next_unit(VitalKind::Pain, "{score}"), "{score}");
    }
}
