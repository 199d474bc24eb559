//! What the benchmark's driver wrote, a line a measurement, and the questions that tables ask of it.

use super::maths::{Spread, median, percentile};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Ours; everybody else is a peer.
pub const OURS: &str = "lucerna";

#[derive(Debug, Default, Serialize)]
pub struct Raw {
    pub machine: Option<Machine>,
    pub data: Vec<Data>,
    pub limits: BTreeMap<String, Vec<f64>>,
    pub runs: Vec<Run>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: u32,
    pub memory: u64,
    pub browser: String,
    pub load: f64,
    pub revision: String,
    pub changed: bool,
    pub command: String,
    pub began: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Data {
    pub source: String,
    pub patients: u64,
    pub resources: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// One job of one candidate in one round.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    pub candidate: String,
    pub size: u64,
    pub round: u32,
    pub job: String,
    pub samples: Vec<f64>,
    pub unit: String,
    pub resources: Option<f64>,
    pub bytes: Option<f64>,
    /// Ended because it took longer than it may; what was done until then stands in `bytes`.
    pub stopped: bool,
    pub why: Option<String>,
    pub failed: Option<String>,
    /// The longest task of the page meanwhile, in milliseconds.
    pub task: Option<f64>,
    /// What the browser says it stores, per byte of NDJSON.
    pub estimate: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Machine { machine: Machine },
    Data { data: Data },
    Limit { limit: String, samples: Vec<f64> },
    Run(Run),
}

impl Raw {
    pub fn read(text: &str) -> Result<Self> {
        let mut raw = Self::default();
        for line in text.lines() {
            match serde_json::from_str(line).with_context(|| format!("cannot read `{line}`"))? {
                Line::Machine { machine } => raw.machine = Some(machine),
                Line::Data { data } => raw.data.push(data),
                Line::Limit { limit, samples } => raw.limits.entry(limit).or_default().extend(samples),
                Line::Run(run) => raw.runs.push(run),
            }
        }
        Ok(raw)
    }

    pub fn sizes(&self) -> Vec<u64> {
        self.data.iter().map(|data| data.patients).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// In the order in which they first came.
    pub fn candidates(&self) -> Vec<&str> {
        let mut seen = Vec::new();
        for run in &self.runs {
            if !seen.contains(&run.candidate.as_str()) {
                seen.push(run.candidate.as_str());
            }
        }
        seen
    }

    pub fn limit(&self, name: &str) -> Option<Spread> {
        Spread::of(self.limits.get(name)?)
    }

    pub fn runs(&self, candidate: &str, size: u64, job: &str) -> impl Iterator<Item = &Run> {
        let wanted = (candidate.to_owned(), size, job.to_owned());
        self.runs.iter().filter(move |run| {
            (&run.candidate, run.size, &run.job) == (&wanted.0, wanted.1, &wanted.2) && run.failed.is_none()
        })
    }

    /// A figure of one candidate at one size: a value for each round, and whether the job was cut short.
    pub fn figure(&self, candidate: &str, size: u64, figure: Figure) -> Option<(Spread, bool)> {
        let runs: Vec<&Run> = self.runs(candidate, size, figure.job()).collect();
        let values: Vec<f64> = runs.iter().filter_map(|run| figure.of(run)).collect();
        Some((Spread::of(&values)?, runs.iter().any(|run| run.stopped)))
    }

    /// The figure of a job that ran to its end.
    pub fn whole(&self, candidate: &str, size: u64, figure: Figure) -> Option<f64> {
        self.figure(candidate, size, figure).filter(|(_, stopped)| !stopped).map(|(spread, _)| spread.median)
    }

    /// The best of the peers, with its name. Of a job that was cut short only the rate counts: it is what was reached till then.
    pub fn best_peer(&self, size: u64, figure: Figure) -> Option<(&str, f64)> {
        let peers = self.candidates().into_iter().filter(|name| *name != OURS);
        let figures = peers.filter_map(|name| {
            let (spread, stopped) = self.figure(name, size, figure)?;
            (!stopped || figure.more_is_better()).then_some((name, spread.median))
        });
        if figure.more_is_better() {
            figures.max_by(|a, b| a.1.total_cmp(&b.1))
        } else {
            figures.min_by(|a, b| a.1.total_cmp(&b.1))
        }
    }

    /// How many times better than the best peer we are; below 1 we are worse.
    pub fn ratio(&self, size: u64, figure: Figure) -> Option<f64> {
        let ours = self.figure(OURS, size, figure)?.0.median;
        let (_, peer) = self.best_peer(size, figure)?;
        Some(if figure.more_is_better() { ours / peer } else { peer / ours })
    }
}

/// What a table shows of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    Import,
    ImportResources,
    Note,
    Chart,
    ChartFirst,
    Charts,
    Search,
    Search99,
    SearchInWorker,
    SearchInWorker99,
    SearchSimilar99,
    Unlock,
    UnlockAtOnce,
    UnlockClick,
    Export,
    Disk,
    DiskLater,
    PeakImport,
    PeakExport,
    Held,
}

impl Figure {
    pub const ALL: [Figure; 20] = [
        Figure::Import,
        Figure::ImportResources,
        Figure::Note,
        Figure::Chart,
        Figure::ChartFirst,
        Figure::Charts,
        Figure::Search,
        Figure::Search99,
        Figure::SearchInWorker,
        Figure::SearchInWorker99,
        Figure::SearchSimilar99,
        Figure::Unlock,
        Figure::UnlockAtOnce,
        Figure::UnlockClick,
        Figure::Export,
        Figure::Disk,
        Figure::DiskLater,
        Figure::PeakImport,
        Figure::PeakExport,
        Figure::Held,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Figure::Import => "import, MB/s",
            Figure::ImportResources => "import, resources/s",
            Figure::Note => "save one note, ms",
            Figure::Chart => "open a chart of 300 resources, ms",
            Figure::ChartFirst => "– the first after unlocking",
            Figure::Charts => "open 1,000 random charts, s",
            Figure::Search => "search, a keystroke, ms",
            Figure::Search99 => "– 99 of 100 within",
            Figure::SearchInWorker => "search in the worker alone, ms",
            Figure::SearchInWorker99 => "– 99 of 100 within",
            Figure::SearchSimilar99 => "– till similar names came too",
            Figure::Unlock => "unlock after the KDF, ms",
            Figure::UnlockAtOnce => "– with nothing read ahead",
            Figure::UnlockClick => "– from the click, with the KDF",
            Figure::Export => "export NDJSON, MB/s",
            Figure::Disk => "stored per byte of NDJSON",
            Figure::DiskLater => "– when all jobs were done",
            Figure::PeakImport => "peak memory of the import, MB",
            Figure::PeakExport => "peak memory of the export, MB",
            Figure::Held => "memory held afterwards, MB",
        }
    }

    pub fn job(self) -> &'static str {
        match self {
            Figure::Import | Figure::ImportResources => "import",
            Figure::Note => "note",
            Figure::Chart => "chart",
            Figure::ChartFirst => "chart-first",
            Figure::Charts => "charts-1000",
            Figure::Search | Figure::Search99 => "search",
            Figure::SearchInWorker | Figure::SearchInWorker99 => "search-in-worker",
            Figure::SearchSimilar99 => "search-similar",
            Figure::Unlock => "unlock",
            Figure::UnlockAtOnce => "unlock-at-once",
            Figure::UnlockClick => "unlock-click",
            Figure::Export => "export",
            Figure::Disk => "disk",
            Figure::DiskLater => "disk-later",
            Figure::PeakImport => "peak-import",
            Figure::PeakExport => "peak-export",
            Figure::Held => "held",
        }
    }

    pub fn more_is_better(self) -> bool {
        matches!(self, Figure::Import | Figure::ImportResources | Figure::Export)
    }

    /// What one round says.
    fn of(self, run: &Run) -> Option<f64> {
        let seconds = || run.samples.first().copied().filter(|seconds| *seconds > 0.0);
        // A job that was cut short before it had anything to show has no rate.
        let per_second = |done: Option<f64>| Some(done.filter(|done| *done > 0.0)? / seconds()?);
        match self {
            Figure::Import | Figure::Export => per_second(run.bytes).map(|rate| rate / 1e6),
            Figure::ImportResources => per_second(run.resources),
            Figure::Charts => {
                let mean = run.samples.iter().sum::<f64>() / run.samples.len().max(1) as f64;
                (!run.samples.is_empty()).then_some(mean)
            }
            Figure::Search99 | Figure::SearchInWorker99 | Figure::SearchSimilar99 => percentile(&run.samples, 0.99),
            _ => median(&run.samples),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub const RAW: &str = r#"{"machine":{"cpu":"Abacus","cores":2,"memory":8000000000,"browser":"156","load":0.1,"revision":"abc","changed":false,"command":"cargo xtask bench","began":"2026-01-01T00:00:00Z"}}
{"data":{"source":"Synthea","patients":1000,"resources":10000,"bytes":10000000,"sha256":"00","version":1}}
{"data":{"source":"Synthea","patients":10000,"resources":100000,"bytes":100000000,"sha256":"01","version":1}}
{"limit":"parse-seal","samples":[40]}
{"limit":"parse-seal","samples":[44]}
{"candidate":"lucerna","size":1000,"round":0,"job":"import","samples":[0.5],"resources":10000,"bytes":10000000,"stopped":false}
{"candidate":"lucerna","size":1000,"round":0,"job":"chart","samples":[10,12,90]}
{"candidate":"lucerna","size":1000,"round":1,"job":"chart","samples":[14,14,14]}
{"candidate":"lucerna","size":10000,"round":0,"job":"chart","samples":[13,13,13]}
{"candidate":"dexie","size":1000,"round":0,"job":"import","samples":[5],"resources":10000,"bytes":10000000,"stopped":false}
{"candidate":"dexie","size":1000,"round":0,"job":"chart","samples":[65]}
{"candidate":"rxdb","size":1000,"round":0,"job":"import","samples":[20],"resources":1000,"bytes":1000000,"stopped":true}
{"candidate":"rxdb","size":1000,"round":0,"job":"chart","failed":"it fell over"}"#;

    #[test]
    fn each_round_has_one_voice_and_the_middle_round_speaks() {
        let raw = Raw::read(RAW).unwrap();
        let (chart, stopped) = raw.figure(OURS, 1000, Figure::Chart).unwrap();
        assert_eq!((chart.median, chart.min, chart.max, chart.rounds, stopped), (13.0, 12.0, 14.0, 2, false));
        assert_eq!(raw.limit("parse-seal").unwrap().median, 42.0);
        assert_eq!((raw.sizes(), raw.candidates()), (vec![1000, 10_000], vec!["lucerna", "dexie", "rxdb"]));
    }

    #[test]
    fn we_are_compared_with_the_best_peer_and_never_with_one_that_failed() {
        let raw = Raw::read(RAW).unwrap();
        assert_eq!(raw.best_peer(1000, Figure::Import), Some(("dexie", 2.0)));
        assert_eq!(raw.ratio(1000, Figure::Import), Some(10.0));
        assert_eq!(raw.best_peer(1000, Figure::Chart), Some(("dexie", 65.0)));
        assert_eq!(raw.ratio(1000, Figure::Chart), Some(5.0));
        assert_eq!(raw.ratio(10_000, Figure::Chart), None);
        assert!(raw.figure("rxdb", 1000, Figure::Import).unwrap().1);
        assert_eq!(raw.whole("rxdb", 1000, Figure::Import), None);
    }
}
