//! The targets that the product set itself, each judged by the figures of one run: reached, not reached, or not measured.

use super::maths::exponent;
use super::raw::{Figure, OURS, Raw};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Verdict {
    pub job: &'static str,
    pub target: &'static str,
    /// At each size, smallest first.
    pub measured: String,
    pub reached: Option<bool>,
    /// Why nobody could reach it in this browser: what was asked, and the limit that was measured beside it.
    pub beyond: Option<String>,
}

/// The number of patients that the product is made for.
const LARGEST: u64 = 100_000;
/// A time that grows by less than this exponent is said not to grow.
const FLAT: f64 = 0.1;

pub fn verdicts(raw: &Raw) -> Vec<Verdict> {
    vec![
        times_the_best_peer(raw, "import", Figure::Import),
        import_to_limit(raw),
        at_most(raw, "save one note", "under 20 ms to strict commit", Figure::Note, 20.0, "ms"),
        no_slower(raw),
        at_most(raw, "open a chart of 300 resources", "under 50 ms at every size", Figure::Chart, 50.0, "ms"),
        times_the_best_peer(raw, "open a chart of 300 resources", Figure::Chart),
        at_largest(
            raw,
            "search, a keystroke",
            "99 of 100 under 16 ms in the worker, 100,000 patients",
            Figure::SearchInWorker99,
            16.0,
            "ms",
        ),
        at_largest(raw, "– till similar names came too", "the same", Figure::SearchSimilar99, 16.0, "ms"),
        at_largest(
            raw,
            "unlock after the KDF",
            "under 700 ms to a usable search box, 100,000 patients",
            Figure::Unlock,
            700.0,
            "ms",
        ),
        at_largest(
            raw,
            "peak memory of an import",
            "at most 256 MB, 100,000 patients in one file",
            Figure::PeakImport,
            256.0,
            "MB",
        ),
        export_rate(raw),
        times_the_best_peer(raw, "export NDJSON", Figure::Export),
        at_most(raw, "disk, after the import", "at most 0.6 bytes stored per byte of NDJSON", Figure::Disk, 0.6, ""),
        at_most(raw, "disk, when all jobs were done", "the same", Figure::DiskLater, 0.6, ""),
        growth(raw, "a chart", Figure::Chart),
        growth(raw, "a save", Figure::Note),
        growth(raw, "a keystroke, median", Figure::SearchInWorker),
        growth(raw, "a keystroke, 99 of 100", Figure::SearchInWorker99),
    ]
}

/// Our figure at each size that was asked for; a size that we did not reach is a target not reached.
fn ours(raw: &Raw, figure: Figure) -> Vec<Option<f64>> {
    raw.sizes().into_iter().map(|size| raw.whole(OURS, size, figure)).collect()
}

fn judged(
    job: &'static str,
    target: &'static str,
    values: &[Option<f64>],
    unit: &str,
    good: impl Fn(f64) -> bool,
) -> Verdict {
    let shown = values.iter().map(|value| value.map_or("–".to_owned(), number)).collect::<Vec<_>>().join(" · ");
    let reached = values.iter().any(Option::is_some).then(|| values.iter().all(|value| value.is_some_and(&good)));
    Verdict { job, target, measured: format!("{shown} {unit}").trim().to_owned(), reached, beyond: None }
}

/// What is said of a target that was missed, at the sizes where even the browser's own part of the work cannot meet it.
fn beyond(raw: &Raw, figure: Figure, times: f64) -> Option<String> {
    let limit = raw.limit(match figure {
        Figure::Import => "least-import",
        Figure::Note => "least-note",
        Figure::Chart => "least-chart",
        Figure::Export => "least-export",
        _ => return None,
    })?;
    let missed = |size: &u64| raw.ratio(*size, figure).is_some_and(|ratio| ratio < times);
    let asked = raw.sizes().into_iter().filter(missed).filter_map(|size| {
        let (_, best) = raw.best_peer(size, figure)?;
        Some((size, if figure.more_is_better() { best * times } else { best / times }))
    });
    out_of_reach(raw.sizes().len(), &asked.collect::<Vec<_>>(), limit.median, figure.more_is_better())
}

/// `asked` of each size that missed it, of so many: a rate at least, or a time at most.
fn out_of_reach(sizes: usize, asked: &[(u64, f64)], limit: f64, more_is_better: bool) -> Option<String> {
    let past = |(_, asked): &&(u64, f64)| if more_is_better { limit < *asked } else { limit > *asked };
    let out: Vec<&(u64, f64)> = asked.iter().filter(past).collect();
    let values = out.iter().map(|(_, asked)| *asked);
    let mildest = if more_is_better { values.min_by(f64::total_cmp) } else { values.max_by(f64::total_cmp) }?;
    let named = out.iter().map(|(size, _)| thousands(*size as f64)).collect::<Vec<_>>().join(" · ");
    let at = if out.len() < sizes { format!(" at {named} patients") } else { String::new() };
    let (mildest, limit) = (number(mildest), number(limit));
    Some(match more_is_better {
        true => format!("out of reach{at}: {mildest} MB/s at least, where the least reaches {limit}"),
        false => format!("out of reach{at}: {mildest} ms at most, where the least is {limit}"),
    })
}

fn at_most(raw: &Raw, job: &'static str, target: &'static str, figure: Figure, most: f64, unit: &str) -> Verdict {
    judged(job, target, &ours(raw, figure), unit, |value| value <= most)
}

fn at_largest(raw: &Raw, job: &'static str, target: &'static str, figure: Figure, most: f64, unit: &str) -> Verdict {
    judged(job, target, &[raw.whole(OURS, LARGEST, figure)], unit, |value| value <= most)
}

fn times_the_best_peer(raw: &Raw, job: &'static str, figure: Figure) -> Verdict {
    let ratios: Vec<Option<f64>> = raw.sizes().into_iter().map(|size| raw.ratio(size, figure)).collect();
    // Where no peer came so far there is nothing to compare with, and nothing missed.
    let comparable: Vec<Option<f64>> = ratios
        .iter()
        .zip(raw.sizes())
        .filter(|(_, size)| raw.best_peer(*size, figure).is_some())
        .map(|(ratio, _)| *ratio)
        .collect();
    let reached = judged(job, "", &comparable, "", |ratio| ratio >= 5.0).reached;
    let beyond = beyond(raw, figure, 5.0).filter(|_| reached == Some(false));
    Verdict { reached, beyond, ..judged(job, "at least 5 × the best peer", &ratios, "×", |ratio| ratio >= 5.0) }
}

fn no_slower(raw: &Raw) -> Verdict {
    let ratios: Vec<Option<f64>> = raw.sizes().into_iter().map(|size| raw.ratio(size, Figure::Note)).collect();
    let known: Vec<Option<f64>> = ratios.iter().filter(|ratio| ratio.is_some()).copied().collect();
    let reached = judged("", "", &known, "", |ratio| ratio >= 1.0).reached;
    let beyond = beyond(raw, Figure::Note, 1.0).filter(|_| reached == Some(false));
    Verdict {
        reached,
        beyond,
        ..judged("save one note", "no slower than the best peer's", &ratios, "×", |ratio| ratio >= 1.0)
    }
}

fn import_to_limit(raw: &Raw) -> Verdict {
    let limit = raw.limit("parse-seal").map(|limit| limit.median);
    let shares: Vec<Option<f64>> = ours(raw, Figure::Import).into_iter().map(|rate| Some(rate? / limit?)).collect();
    let missed = raw.sizes().into_iter().zip(&shares).filter(|(_, share)| share.is_some_and(|share| share < 0.5));
    let asked: Vec<(u64, f64)> = missed.filter_map(|(size, _)| Some((size, limit? / 2.0))).collect();
    let kept = raw.limit("least-import").map(|kept| kept.median);
    Verdict {
        beyond: kept.and_then(|kept| out_of_reach(raw.sizes().len(), &asked, kept, true)),
        ..judged("import", "at least half the rate of JSON parsing and sealing alone", &shares, "of it", |share| {
            share >= 0.5
        })
    }
}

fn export_rate(raw: &Raw) -> Verdict {
    judged("export NDJSON", "at least 40 MB/s", &ours(raw, Figure::Export), "MB/s", |rate| rate >= 40.0)
}

fn growth(raw: &Raw, job: &'static str, figure: Figure) -> Verdict {
    let value = exponent_of(raw, OURS, figure);
    judged(job, "does not grow with the number of patients (exponent under 0.1)", &[value], "", |exponent| {
        exponent < FLAT
    })
}

/// How the time of a job grows from the smallest to the largest size that was reached.
pub fn exponent_of(raw: &Raw, candidate: &str, figure: Figure) -> Option<f64> {
    let points: Vec<(f64, f64)> = raw
        .sizes()
        .into_iter()
        .filter_map(|size| {
            let value = raw.whole(candidate, size, figure)?;
            // A rate of bytes becomes the time for them.
            let bytes = raw.data.iter().find(|data| data.patients == size)?.bytes as f64;
            Some((size as f64, if figure.more_is_better() { bytes / value } else { value }))
        })
        .collect();
    exponent(&points)
}

/// As many figures as mean something.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1_000.0 => thousands(value),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A number of things, all its digits grouped.
pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::super::raw::tests::RAW;
    use super::*;

    fn verdict(job: &str, words: &str) -> Verdict {
        verdicts(&Raw::read(RAW).unwrap())
            .into_iter()
            .find(|verdict| verdict.job == job && verdict.target.contains(words))
            .unwrap()
    }

    #[test]
    fn a_target_is_reached_only_if_every_size_reaches_it() {
        let chart = verdict("open a chart of 300 resources", "under 50 ms");
        assert_eq!((chart.measured.as_str(), chart.reached), ("13.0 · 13.0 ms", Some(true)));
        // Ten thousand patients were asked for and did not come in.
        let import = verdict("import", "half the rate");
        assert_eq!((import.measured.as_str(), import.reached), ("0.48 · – of it", Some(false)));
    }

    #[test]
    fn what_was_not_measured_is_neither_reached_nor_missed() {
        assert_eq!(verdict("unlock after the KDF", "700").reached, None);
        assert_eq!(verdict("save one note", "20 ms").reached, None);
    }

    #[test]
    fn a_target_below_the_limit_of_the_browser_is_out_of_reach() {
        let lines = |least: f64| {
            let peer = r#"{"candidate":"dexie","size":10000,"round":0,"job":"chart","samples":[60]}"#;
            format!("{RAW}\n{peer}\n{{\"limit\":\"least-chart\",\"samples\":[{least}]}}")
        };
        let judged = |least: f64| {
            let all = verdicts(&Raw::read(&lines(least)).unwrap());
            all.into_iter().find(|v| v.job == "open a chart of 300 resources" && v.target.contains("5 ×")).unwrap()
        };
        // 65 and 60 ms of the best peer allow 13 and 12.
        assert_eq!((judged(11.9).reached, judged(11.9).beyond), (Some(false), None));
        let words = "out of reach at 10,000 patients: 12.0 ms at most, where the least is 12.9";
        assert_eq!(judged(12.9).beyond.as_deref(), Some(words));
        let words = "out of reach at 10,000 patients: 12.0 ms at most, where the least is 13.1";
        assert_eq!(judged(13.1).beyond.as_deref(), Some(words));
    }

    #[test]
    fn a_rate_above_the_limit_of_the_browser_is_out_of_reach() {
        let asked = [(1_000, 80.0), (10_000, 90.0)];
        assert_eq!(out_of_reach(2, &asked, 95.0, true), None);
        let words = "out of reach at 10,000 patients: 90.0 MB/s at least, where the least reaches 85.0";
        assert_eq!(out_of_reach(2, &asked, 85.0, true).as_deref(), Some(words));
        let words = "out of reach: 80.0 MB/s at least, where the least reaches 70.0";
        assert_eq!(out_of_reach(2, &asked, 70.0, true).as_deref(), Some(words));
    }

    #[test]
    fn growth_is_judged_by_its_exponent() {
        let chart = verdict("a chart", "does not grow");
        assert_eq!((chart.measured.as_str(), chart.reached), ("0.00", Some(true)));
    }

    #[test]
    fn numbers_are_short_and_grouped() {
        let shown: Vec<String> = [0.456, 4.56, 45.6, 456.7, 45_678.9, 1_234_567.0].into_iter().map(number).collect();
        assert_eq!(shown, ["0.46", "4.56", "45.6", "457", "45,679", "1,234,567"]);
    }
}
