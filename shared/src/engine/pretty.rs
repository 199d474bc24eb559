//! JSON laid out for reading. Works on the text, so that every number stands as it was written.

use crate::fhir::resource::Resource;

/// The resource's JSON, two spaces a level.
pub(super) fn pretty(resource: &Resource) -> String {
    indent(&resource.to_json())
}

fn indent(minified: &str) -> String {
    let mut out = String::with_capacity(minified.len() * 3 / 2);
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    let mut chars = minified.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth * 2));
    };
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' if matches!(chars.peek(), Some('}' | ']')) => out.push(c),
            '{' | '[' => {
                out.push(c);
                depth += 1;
                line(&mut out, depth);
            }
            '}' | ']' if matches!(out.chars().next_back(), Some('{' | '[')) => out.push(c),
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                in_string = true;
                out.push(c);
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_numbers_its_escapes_and_its_empty_lists() {
        let laid = indent(r#"{"a":[],"b":{"c":1.50,"d":"x\"{,y"},"e":[1,2]}"#);
        assert_eq!(
            laid,
            "{\n  \"a\": [],\n  \"b\": {\n    \"c\": 1.50,\n    \"d\": \"x\\\"{,y\"\n  },\n  \"e\": [\n    1,\n    2\n  ]\n}"
        );
    }
}
