//! The vitals strip: which fields there are, in which units, and what is said about a value while it is typed.
//! Ranges and conversions are the clinic's (`shared::clinic::vital`); this file only asks them.

use lucerna_shared::clinic::vital::{self, Flag, VitalEntry, VitalKind};

/// In the order in which they are taken; Enter goes from one to the next.
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

/// The units a value may be typed in, the usual one first.
pub fn units(kind: VitalKind) -> &'static [&'static str] {
    match kind {
        VitalKind::Systolic | VitalKind::Diastolic => &["mm[Hg]", "kPa"],
        VitalKind::HeartRate | VitalKind::RespiratoryRate => &["/min"],
        VitalKind::Temperature => &["Cel", "[degF]"],
        VitalKind::OxygenSaturation => &["%"],
        VitalKind::Weight => &["kg", "[lb_av]"],
        VitalKind::Height => &["cm", "[in_i]"],
        VitalKind::Bmi => &["kg/m2"],
        VitalKind::Pain => &["{score}"],
    }
}

/// The kinds whose unit changes together: both pressures.
pub fn same_unit(kind: VitalKind) -> Vec<VitalKind> {
    match kind {
        VitalKind::Systolic | VitalKind::Diastolic => vec![VitalKind::Systolic, VitalKind::Diastolic],
        other => vec![other],
    }
}

/// The unit after this one.
pub fn next_unit(kind: VitalKind, unit: &str) -> &'static str {
    let all = units(kind);
    let at = all.iter().position(|u| *u == unit).unwrap_or(0);
    all.get((at + 1) % all.len()).copied().unwrap_or_default()
}

/// A value that makes sense in its unit is converted; one that only makes sense in the new unit was typed for it
/// and stays as it is (98.6 typed under °C, then the unit tapped).
pub fn change_unit(entry: &mut VitalEntry, unit: &'static str) {
    if entry.unit == unit {
        return;
    }
    if let Some(value) = number(&entry.value) {
        let meant_for_new = implausible(entry.kind, value, &entry.unit) && !implausible(entry.kind, value, unit);
        if !meant_for_new && let Some(converted) = vital::convert(entry.kind, value, &entry.unit, unit) {
            entry.value = short(converted);
        }
        entry.confirmed = false;
    }
    entry.unit = unit.to_owned();
}

fn implausible(kind: VitalKind, value: f64, unit: &str) -> bool {
    vital::flag(kind, value, unit, None) == Flag::Implausible
}

/// What a field says beneath itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing typed.
    Empty,
    /// Typed, and no number.
    NotANumber,
    Flagged(Flag),
    /// Implausible, and the clinician said that it is right.
    Confirmed,
}

pub fn verdict(entry: &VitalEntry, age_years: Option<u32>) -> Verdict {
    if entry.value.trim().is_empty() {
        return Verdict::Empty;
    }
    let Some(value) = number(&entry.value) else { return Verdict::NotANumber };
    match vital::flag(entry.kind, value, &entry.unit, age_years) {
        Flag::Implausible if entry.confirmed => Verdict::Confirmed,
        flag => Verdict::Flagged(flag),
    }
}

/// Body mass index of the typed weight and height, one decimal.
pub fn bmi(vitals: &[VitalEntry]) -> Option<String> {
    let in_unit = |kind, unit| {
        let entry = vitals.iter().find(|v| v.kind == kind)?;
        vital::convert(kind, number(&entry.value)?, &entry.unit, unit)
    };
    let value = vital::bmi(in_unit(VitalKind::Weight, "kg")?, in_unit(VitalKind::Height, "cm")?)?;
    Some(format!("{value:.1}"))
}

/// As typed, with a decimal comma read as a point.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".");
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.parse().ok().filter(|_| plain)
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
