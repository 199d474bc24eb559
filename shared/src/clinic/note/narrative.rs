//! Between plain text and FHIR narrative: XHTML that holds paragraphs and line breaks and nothing else.

use serde_json::{Value, json};

/// A Narrative of the text: blank lines part paragraphs, single breaks are kept, everything is escaped.
pub fn narrative(text: &str) -> Value {
    let mut div = String::from("<div xmlns=\"http://www.w3.org/1999/xhtml\">");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for paragraph in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        div.push_str("<p>");
        for (i, line) in paragraph.lines().enumerate() {
            if i > 0 {
                div.push_str("<br/>");
            }
            escape(line, &mut div);
        }
        div.push_str("</p>");
    }
    div.push_str("</div>");
    json!({ "status": "generated", "div": div })
}

/// The words of a narrative of any origin, tags left out, breaks kept.
pub fn plain(div: &str) -> String {
    let mut out = String::new();
    let mut rest = div;
    while let Some(at) = rest.find(['<', '&']) {
        push_words(&mut out, &rest[..at]);
        rest = &rest[at..];
        let closing = if rest.starts_with('<') { '>' } else { ';' };
        let Some(end) = rest.find(closing) else { break };
        let token = &rest[1..end];
        rest = &rest[end + 1..];
        if closing == ';' {
            out.push_str(&entity(token));
            continue;
        }
        let tag: String = token.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let ends = token.starts_with('/') || token.ends_with('/');
        match tag.as_str() {
            "br" => out.push('\n'),
            "p" | "div" | "table" | "ul" | "ol" | "h1" | "h2" | "h3" | "h4" if ends => out.push_str("\n\n"),
            "li" | "tr" if ends => out.push('\n'),
            "td" | "th" if ends => out.push(' '),
            _ => {}
        }
    }
    if !rest.starts_with(['<', '&']) {
        push_words(&mut out, rest);
    }
    tidy(&out)
}

/// White space in markup is one space.
fn push_words(out: &mut String, text: &str) {
    if text.starts_with(char::is_whitespace) && !out.is_empty() && !out.ends_with(char::is_whitespace) {
        out.push(' ');
    }
    out.push_str(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if text.ends_with(char::is_whitespace) && !out.ends_with(char::is_whitespace) {
        out.push(' ');
    }
}

fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut blank = 0;
    for line in text.lines().map(str::trim) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

fn entity(name: &str) -> String {
    let number = name.strip_prefix("#x").map(|hex| u32::from_str_radix(hex, 16));
    let number = number.or_else(|| name.strip_prefix('#').map(str::parse));
    if let Some(code) = number {
        return code.ok().and_then(char::from_u32).map(String::from).unwrap_or_default();
    }
    match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        "nbsp" => " ".to_owned(),
        "deg" => "°".to_owned(),
        other => format!("&{other};"),
    }
}

fn escape(line: &str, out: &mut String) {
    for c in line.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no other control characters, and no non-characters.
            '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn script_in_a_note_stays_text() {
        let made = narrative("<script>alert(1)</script>\n\u{7}a & b");
        assert_eq!(
            made["div"],
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>&lt;script&gt;alert(1)&lt;/script&gt;<br/>a &amp; b</p></div>"
        );
    }

    #[test]
    fn foreign_narrative_is_read_as_words() {
        let div = "<div>\n <h2>Plan</h2><ul><li>Rest &#38; fluids</li><li>38&#xB0;C</li></ul><p>a<br/>b</p> <a href=\"x\">c</a></div>";
        assert_eq!(plain(div), "Plan\n\nRest & fluids\n38°C\n\na\nb\n\nc");
    }

    proptest! {
        #[test]
        fn lines_come_back_as_typed(lines in prop::collection::vec("[a-zA-Z0-9<>&\"'.,/°é]{1,12}( [a-z<&;]{1,6}){0,3}", 1..5)) {
            let text = lines.join("\n");
            prop_assert_eq!(plain(narrative(&text)["div"].as_str().expect("text")), text);
        }

        #[test]
        fn reading_markup_never_panics(text in "[<>&;#a-z/\" é]{0,40}") {
            let _ = plain(&text);
        }
    }
}
