//! UCUM codes as a reader writes units: `mm[Hg]` → mmHg, `Cel` → °C. A code without a usual short form stays as it is.

/// The unit's printed form; empty for dimensionless codes that nobody writes.
pub fn unit(ucum: &str) -> &str {
    match ucum {
        "mm[Hg]" => "mmHg",
        "Cel" => "°C",
        "[degF]" => "°F",
        "[lb_av]" => "lb",
        "[oz_av]" => "oz",
        "[in_i]" | "[in_us]" => "in",
        "kg/m2" => "kg/m²",
        "{score}" | "{#}" => "/10",
        "1" => "",
        "{beats}/min" | "{breaths}/min" => "/min",
        "umol/L" => "µmol/L",
        other => other,
    }
}

/// A value with its unit and a space between, none before % and °: `36.8 °C`, `98%`.
pub fn with_unit(value: &str, ucum: &str) -> String {
    let value = super::number::number(value);
    match unit(ucum) {
        "" => value,
        tight @ ("%" | "/10" | "/min") => format!("{value}{tight}"),
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
        assert_eq!(with_unit("12.5", "mmol/L"), "12.5 mmol/L");
    }
}
