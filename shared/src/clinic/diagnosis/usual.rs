//! What a general clinic diagnoses day after day. These codes are offered first among equals, so that "hypert" means
//! blood pressure and not wide-set eyes. It is an order of a list, no advice: every other code is still found.

/// ICD-10 codes, sorted.
const USUAL: [&str; 100] = [
    "A01.0", "A09", "A09.9", "A15.0", "A16.2", "A37.9", "A46", "A63.0", "A97.0", "B01.9", "B02.9", "B05.9", "B06.9",
    "B18.1", "B20", "B24", "B26.9", "B35.4", "B36.0", "B37.3", "B50.9", "B51.9", "B54", "B77.9", "B82.0", "B86",
    "D50.9", "D64.9", "E03.9", "E05.9", "E10.9", "E11", "E11.9", "E14.9", "E46", "E66.9", "E78.0", "E78.5", "F20.9",
    "F32.9", "F41.1", "F41.9", "F51.0", "G40.9", "G43.9", "G44.2", "G47.0", "H10.9", "H25.9", "H52.4", "H60.9",
    "H61.2", "H66.9", "I10", "I11.9", "I20.9", "I25.9", "I50.9", "I64", "J00", "J01.9", "J02.9", "J03.9", "J06.9",
    "J11.1", "J18.9", "J20.9", "J30.4", "J44.9", "J45.9", "K02.9", "K04.0", "K21.9", "K29.7", "K30", "K59.0", "K80.2",
    "L02.9", "L20.9", "L23.9", "L30.9", "L50.9", "M10.9", "M13.9", "M17.9", "M54.5", "M79.1", "N18.9", "N20.0",
    "N39.0", "N40", "N76.0", "O21.0", "R05", "R10.4", "R42", "R50.9", "R51", "T14.0", "Z34.9",
];

pub fn is_usual(code: &str) -> bool {
    USUAL.binary_search(&code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_sorted_and_each_is_in_the_list() {
        assert!(USUAL.is_sorted_by(|a, b| a < b));
        let table = include_str!("../../../../web/static/data/icd10.tsv");
        let index = crate::clinic::diagnosis::CodeIndex::load(table);
        let unknown: Vec<_> = USUAL.iter().filter(|code| index.title(code).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
