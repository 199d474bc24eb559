//! The comparison in words and tables, once as Markdown for `docs/performance.md` and, the same, for the terminal.
//! It changes only what stands between its own marks.

use super::Figure as Single;
use super::raw::{Figure, OURS, Raw};
use super::targets::{exponent_of, number, thousands, verdicts};
use anyhow::{Result, bail};
use std::fmt::Write as _;

/// What a limit is called, and in which unit.
const LIMITS: [(&str, &str); 16] = [
    ("parse-seal", "JSON.parse of the NDJSON and sealing it in pieces of 64 KiB, nothing kept, MB/s"),
    (
        "least-import",
        "the least import: the same in pieces of 56 KiB, put into IndexedDB, one strict commit at the end, nothing checked or packed, MB/s",
    ),
    (
        "least-export",
        "the least export: patients of 4.5 KB under a key each, twelve in a value of IndexedDB, read, opened by WebCrypto, handed over as a Blob, nothing unpacked or written, MB/s of the NDJSON that they are",
    ),
    ("least-export-large", "the same in values of 1 MiB under one key, MB/s of NDJSON"),
    ("deflate", "CompressionStream over the NDJSON, MB/s"),
    ("put-4", "IndexedDB, values of 4.5 KB, 1 MiB in a relaxed transaction, one strict commit at the end, MB/s"),
    ("put-56", "IndexedDB, values of 56 KiB, the same, MB/s"),
    ("parse", "JSON.parse of the NDJSON alone, MB/s"),
    ("aes-64", "WebCrypto AES-256-GCM, pieces of 64 KiB, MB/s"),
    ("aes-1024", "WebCrypto AES-256-GCM, pieces of 1 MiB, MB/s"),
    ("put", "IndexedDB, values of 1 MiB, each a strict commit, MB/s"),
    ("get", "IndexedDB, reading them, MB/s"),
    ("strict-put", "IndexedDB, one value of 4 KiB, strict commit, ms"),
    (
        "least-note",
        "the least save: one strict commit of rows as a save writes them, nothing sealed or signed, from the page, ms",
    ),
    (
        "least-chart",
        "the least chart of 300: one sealed value read beside a strict entry of the access log, opened, JSON.parse, a line of each resource to the page, ms",
    ),
    ("echo", "postMessage to a worker and back, ms"),
];
const GROWTH: [Figure; 7] = [
    Figure::Import,
    Figure::Note,
    Figure::Chart,
    Figure::Charts,
    Figure::SearchInWorker,
    Figure::Unlock,
    Figure::Export,
];

/// Everything about the comparison.
pub fn comparison(raw: &Raw) -> String {
    let mut out = String::new();
    out.push_str(&machine(raw));
    out.push_str(&targets(raw));
    for size in raw.sizes() {
        out.push_str(&size_table(raw, size));
    }
    out.push_str(&growth(raw));
    out.push_str(&limits(raw));
    out.push_str(&mishaps(raw));
    out
}

/// The figures that stand alone: the app on its own, start, day and sync.
pub fn singles(figures: &[Single]) -> String {
    let mut rows = vec![vec!["What".to_owned(), "Measured".to_owned(), String::new()]];
    for figure in figures {
        rows.push(vec![figure.what.clone(), format!("{} {}", number(figure.value), figure.unit), figure.note.clone()]);
    }
    table(&rows)
}

/// Puts `text` between the marks `<!-- bench:name -->` and `<!-- /bench:name -->` of a page.
pub fn between_marks(page: &str, name: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    let Some((before, rest)) = page.split_once(&begin) else { bail!("the page has no mark `{begin}`") };
    let Some((_, after)) = rest.split_once(&end) else { bail!("the page has no mark `{end}`") };
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim()))
}

fn machine(raw: &Raw) -> String {
    let mut out = String::new();
    if let Some(machine) = &raw.machine {
        let gigabytes = machine.memory as f64 / f64::from(1 << 30);
        let changed = if machine.changed { ", with changes" } else { "" };
        let _ = writeln!(
            out,
            "`{}` on {} with {} cores and {gigabytes:.0} GiB, headless Chromium {}, load {:.1} at the start, {} UTC, revision {}{changed}.",
            machine.command,
            machine.cpu,
            machine.cores,
            machine.browser,
            machine.load,
            machine.began.get(..16).unwrap_or(&machine.began).replace('T', " "),
            machine.revision
        );
    }
    for data in &raw.data {
        let _ = writeln!(
            out,
            "{} patients: {} resources, {} MB of NDJSON ({}), SHA-256 `{}…`.",
            thousands(data.patients as f64),
            thousands(data.resources as f64),
            number(data.bytes as f64 / 1e6),
            data.source,
            data.sha256.get(..16).unwrap_or(&data.sha256)
        );
    }
    out
}

fn targets(raw: &Raw) -> String {
    let mut rows = vec![["Job", "Target", "Measured", ""].map(str::to_owned).to_vec()];
    for verdict in verdicts(raw) {
        let judged = match verdict.reached {
            Some(true) => "reached",
            Some(false) => "**not reached**",
            None => "not measured",
        };
        let beyond = verdict.beyond.map(|why| format!("; {why}")).unwrap_or_default();
        rows.push(vec![
            verdict.job.to_owned(),
            verdict.target.to_owned(),
            verdict.measured,
            format!("{judged}{beyond}"),
        ]);
    }
    let sizes = raw.sizes().into_iter().map(|size| thousands(size as f64)).collect::<Vec<_>>().join(" · ");
    format!("\n### Targets\n\nAt {sizes} patients.\n\n{}", table(&rows))
}

fn size_table(raw: &Raw, size: u64) -> String {
    let candidates = raw.candidates();
    let mut head = vec!["Job".to_owned()];
    head.extend(candidates.iter().map(|name| (*name).to_owned()));
    head.push("ours to the best peer's".to_owned());
    let mut rows = vec![head];
    for figure in Figure::ALL {
        let mut row = vec![figure.name().to_owned()];
        row.extend(candidates.iter().map(|name| cell(raw, name, size, figure)));
        row.push(raw.ratio(size, figure).map_or("–".to_owned(), |ratio| format!("{} ×", number(ratio))));
        if row.iter().skip(1).any(|cell| cell != "–") {
            rows.push(row);
        }
    }
    format!("\n### {} patients\n\n{}", thousands(size as f64), table(&rows))
}

/// `median (min–max)`, a rate that was cut short as such, and a dash for what was not reached.
fn cell(raw: &Raw, candidate: &str, size: u64, figure: Figure) -> String {
    match raw.figure(candidate, size, figure) {
        None => "–".to_owned(),
        Some((spread, true)) => format!("{}, stopped", number(spread.median)),
        Some((spread, false)) if spread.rounds == 1 => format!("{} (once)", number(spread.median)),
        Some((spread, false)) => {
            format!("{} ({}–{})", number(spread.median), number(spread.min), number(spread.max))
        }
    }
}

fn growth(raw: &Raw) -> String {
    let candidates = raw.candidates();
    let mut head = vec!["Time of".to_owned()];
    head.extend(candidates.iter().map(|name| (*name).to_owned()));
    let mut rows = vec![head];
    for figure in GROWTH {
        let name = figure.name().split(", ").next().unwrap_or_default().to_owned();
        let mut row = vec![name];
        row.extend(candidates.iter().map(|candidate| {
            exponent_of(raw, candidate, figure).map_or("–".to_owned(), |exponent| format!("{exponent:.2}"))
        }));
        rows.push(row);
    }
    if raw.sizes().len() < 2 { String::new() } else { format!("\n### Growth\n\n{}", table(&rows)) }
}

fn limits(raw: &Raw) -> String {
    let mut rows = vec![vec!["Limit of this browser on this machine".to_owned(), "Measured".to_owned()]];
    for (name, words) in LIMITS {
        if let Some(limit) = raw.limit(name) {
            rows.push(vec![
                words.to_owned(),
                format!("{} ({}–{})", number(limit.median), number(limit.min), number(limit.max)),
            ]);
        }
    }
    if rows.len() < 2 { String::new() } else { format!("\n### Limits\n\n{}", table(&rows)) }
}

/// What did not come to its end, and why.
fn mishaps(raw: &Raw) -> String {
    let mut out = String::new();
    for run in &raw.runs {
        let at = format!("{} at {} patients, {}", run.candidate, thousands(run.size as f64), run.job);
        if let Some(why) = &run.failed {
            let _ = writeln!(out, "- {at}: failed ({why}); what follows was not reached.");
        } else if run.stopped && !run.job.starts_with("peak") {
            let why = run.why.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
            let _ =
                writeln!(out, "- {at}: stopped after {} s{why}.", number(run.samples.first().copied().unwrap_or(0.0)));
        } else if run.candidate == OURS && run.job == "import" && run.task.is_some_and(|task| task > 50.0) {
            let _ = writeln!(out, "- {at}: the page was busy for {} ms at a stretch.", number(run.task.unwrap_or(0.0)));
        }
    }
    if out.is_empty() { out } else { format!("\n{out}") }
}

/// A Markdown table whose columns line up.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &[String]| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut out = String::new();
    for (at, row) in rows.iter().enumerate() {
        out.push_str(&line(row));
        if at == 0 {
            let rule: Vec<String> = widths.iter().map(|width| "-".repeat((*width).max(3))).collect();
            out.push_str(&line(&rule));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::raw::tests::RAW;
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written_anew() {
        let page = "prose\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nmore prose\n";
        let written = between_marks(page, "x", "new").unwrap();
        assert_eq!(written, "prose\n<!-- bench:x -->\n\nnew\n\n<!-- /bench:x -->\nmore prose\n");
        assert_eq!(between_marks(&written, "x", "new").unwrap(), written);
        assert!(between_marks(page, "y", "new").is_err());
    }

    #[test]
    fn the_page_of_record_has_its_marks() {
        let page = include_str!("../../../docs/performance.md");
        assert!(between_marks(page, "comparison", "").is_ok() && between_marks(page, "alone", "").is_ok());
    }

    #[test]
    fn what_was_not_reached_is_a_dash_and_what_was_cut_short_says_so() {
        let raw = Raw::read(RAW).unwrap();
        assert_eq!(cell(&raw, "dexie", 10_000, Figure::Chart), "–");
        assert_eq!(cell(&raw, "rxdb", 1000, Figure::Import), "0.05, stopped");
        assert_eq!(cell(&raw, OURS, 1000, Figure::Chart), "13.0 (12.0–14.0)");
        assert_eq!(cell(&raw, OURS, 10_000, Figure::Chart), "13.0 (once)");
        let told = comparison(&raw);
        assert!(told.contains("rxdb at 1,000 patients, chart: failed (it fell over)"), "{told}");
    }

    #[test]
    fn a_table_lines_up() {
        let rows = [["a".to_owned(), "long".to_owned()].to_vec(), ["bbb".to_owned(), "–".to_owned()].to_vec()];
        assert_eq!(table(&rows), "| a   | long |\n| --- | ---- |\n| bbb | –    |\n");
    }
}
