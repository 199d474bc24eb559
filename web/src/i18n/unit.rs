//! Values with their units as a reader writes them: numbers by language, units by `shared::base::quantity`.

use lucerna_shared::base::quantity::printed;

use super::number::number;

/// The unit's printed form; a score is told out of ten.
pub fn unit(ucum: &str) -> &str {
    if ucum == "{score}" { "/10" } else { printed(ucum) }
}

/// A value with its unit, and a space between except before `%` and fractions: `36.8 °C`, `98%`, `80/min`.
pub fn with_unit(value: &str, ucum: &str) -> String {
    let value = number(value);
    match unit(ucum) {
        "" => value,
        tight if tight.starts_with(['%', '/']) => format!("{value}{tight}"),
        spaced => format!("{value} {spaced}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_written_as_people_write_it() {
        assert_eq!(with_unit("36.8", "Cel"), "36.8 °C");
        assert_eq!(with_unit("98", "%"), "98%");
        assert_eq!(with_unit("80", "/min"), "80/min");
        assert_eq!(with_unit("12.5", "mmol/L"), "12.5 mmol/L");
    }
}
