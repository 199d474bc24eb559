//! One resource opened for reading: its values with their paths, in the order of the document.

use crate::fhir::{Json, RawJson, Resource};

use super::DetailRow;
use super::words::collapsed;

/// More rows than anybody reads; the JSON itself is shown beside them.
const MOST: usize = 1_000;

pub fn detail(resource: &Resource) -> Vec<DetailRow> {
    let mut rows = Vec::new();
    for (name, raw) in resource.elements.iter().filter(|(name, _)| name != "resourceType") {
        walk(name, raw, &mut rows);
    }
    rows
}

fn walk(path: &str, raw: &RawJson, rows: &mut Vec<DetailRow>) {
    if rows.len() >= MOST {
        return;
    }
    let mut leaf = |value: String| {
        if !value.is_empty() {
            rows.push(DetailRow { path: path.to_owned(), value });
        }
    };
    match raw.as_str().as_bytes().first() {
        Some(b'[') => {
            for (i, item) in raw.items().unwrap_or_default().iter().enumerate() {
                walk(&format!("{path}[{i}]"), item, rows);
            }
        }
        Some(b'{') => match collapsed(Json::of(raw)) {
            Some(value) => leaf(value),
            None => {
                for (name, inner) in raw.members().unwrap_or_default() {
                    walk(&format!("{path}.{name}"), &inner, rows);
                }
            }
        },
        Some(b'"') => leaf(raw.as_text().unwrap_or_default()),
        // Numbers stand as they were written.
        _ => leaf(raw.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_with_their_paths_in_document_order() {
        let text = r#"{"resourceType":"Observation","id":"a","status":"final","component":[{"valueQuantity":{"value":148,"unit":"mmHg"},"code":{"text":"Systolic"}}],"extension":[{"url":"x","valueDecimal":1.50}]}"#;
        let rows = detail(&Resource::parse(text).expect("valid"));
        let seen: Vec<String> = rows.iter().map(|r| format!("{} = {}", r.path, r.value)).collect();
        assert_eq!(
            seen,
            [
                "id = a",
                "status = final",
                "component[0].valueQuantity = 148 mmHg",
                "component[0].code = Systolic",
                "extension[0].url = x",
                "extension[0].valueDecimal = 1.50",
            ]
        );
    }
}
