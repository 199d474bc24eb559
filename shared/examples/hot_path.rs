//! What one resource costs on its way into the record and out again, step by step, in microseconds.
//! `cargo run --release --example hot_path -p lucerna-shared -- FOLDER`: a folder of FHIR bundles (Synthea's, say).
//! The same resources are read once as bundles and once as lines, and once more cut down to the small ones.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use lucerna_shared::base::{ClinicId, DeviceId, Hash, Hlc, KeyId, PatientId};
use lucerna_shared::clinic::chart::{ResourceFacts, chart};
use lucerna_shared::crypto::bulk::derive_bundle_seal;
use lucerna_shared::crypto::ledger::PatientKey;
use lucerna_shared::crypto::{Compartment, Key32};
use lucerna_shared::fhir::bundle::ndjson_line;
use lucerna_shared::fhir::read::{Entry, read_file};
use lucerna_shared::fhir::refs::{RefIndex, owner};
use lucerna_shared::fhir::{ResourceView, validate};
use lucerna_shared::record::accept::acceptable;
use lucerna_shared::record::bundle::split;
use lucerna_shared::record::view::{BodyView, Told, once_or_folded};
use lucerna_shared::record::{Body, Change, PatientState};

const AUTHOR: DeviceId = DeviceId([1; 16]);
/// A resource of at most so many bytes is a small one.
const SMALL: usize = 1200;

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "../shared/data/patients/small20".into());
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json"))
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, std::fs::read(entry.path()).ok()?)))
        .collect();
    files.sort();
    report("bundles", &files);
    let lines = |small: bool| -> Vec<(String, Vec<u8>)> {
        let of_file = |(name, bytes): &(String, Vec<u8>)| {
            let mut text = String::new();
            for entry in entries(name, bytes).iter().filter(|e| !small || e.resource.json_len() <= SMALL) {
                text.push_str(&ndjson_line(&entry.resource));
            }
            (format!("{name}.ndjson"), text.into_bytes())
        };
        files.iter().map(of_file).collect()
    };
    report("lines", &lines(false));
    report("small lines", &lines(true));
}

fn entries(name: &str, bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    read_file(name, bytes, &mut |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    });
    entries
}

/// Times every step over all files, the fastest of five rounds, and prints a table.
fn report(what: &str, files: &[(String, Vec<u8>)]) {
    let mut best: Vec<(&str, Duration)> = Vec::new();
    let (mut resources, mut json) = (0, 0);
    for _ in 0..5 {
        let mut clock = Clock::default();
        resources = 0;
        json = 0;
        for (name, bytes) in files {
            let (count, size) = one_file(&mut clock, name, bytes);
            resources += count;
            json += size;
        }
        if best.is_empty() {
            best.clone_from(&clock.0);
        }
        for (kept, now) in best.iter_mut().zip(&clock.0) {
            kept.1 = kept.1.min(now.1);
        }
    }
    let file_bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    println!(
        "\n{what}: {resources} resources, {} bytes each, {} of the files'",
        json / resources.max(1),
        file_bytes / resources.max(1)
    );
    for (step, took) in best {
        let each = took.as_secs_f64() * 1e6 / resources.max(1) as f64;
        println!("{step:>24} {each:8.2} µs {:8.0} MB/s", json as f64 / took.as_secs_f64() / 1e6);
    }
}

/// Time spent by step, in the order in which steps first came.
#[derive(Default)]
struct Clock(Vec<(&'static str, Duration)>);

impl Clock {
    fn time<T>(&mut self, step: &'static str, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let value = black_box(work());
        let took = began.elapsed();
        match self.0.iter_mut().find(|(name, _)| *name == step) {
            Some((_, sum)) => *sum += took,
            None => self.0.push((step, took)),
        }
        value
    }
}

/// One file is taken for one patient. Returns how many resources it held and how long they are in JSON.
fn one_file(clock: &mut Clock, name: &str, bytes: &[u8]) -> (usize, usize) {
    clock.time("serde_json, a tree", || {
        let lines = bytes.split(|b| *b == b'\n').filter(|_| name.ends_with("ndjson"));
        let whole = std::iter::once(bytes).filter(|_| !name.ends_with("ndjson"));
        lines.chain(whole).filter_map(|text| serde_json::from_slice::<serde_json::Value>(text).ok()).count()
    });
    let entries = clock.time("read", || entries(name, bytes));
    let json: usize = entries.iter().map(|e| e.resource.json_len()).sum();
    clock.time("validate", || entries.iter().map(|e| validate(&e.resource, &e.path).len()).sum::<usize>());
    let refs = clock.time("owner", || {
        let mut refs = RefIndex::new();
        entries.iter().for_each(|e| refs.add(&e.full_url, &e.resource));
        entries.iter().for_each(|e| drop(black_box(owner(&e.resource, &e.full_url, &refs))));
        refs
    });
    drop(refs);
    clock.time("to_json", || entries.iter().map(|e| e.resource.to_json().len()).sum::<usize>());
    let hlc = Hlc::new(1, 0);
    let changes: Vec<Change> =
        clock.time("create", || entries.iter().map(|e| Change::create(&e.resource, hlc)).collect());
    let count = changes.len();
    clock.time("acceptable", || changes.iter().filter(|c| acceptable(c, &AUTHOR, u64::MAX).is_ok()).count());
    let packed = clock.time("split and pack", || split(changes).unwrap_or_default());
    let key = PatientKey { id: KeyId([2; 8]), key: Key32::from_bytes([3; 32]) };
    let seal = |at: usize| {
        let bundle = [at as u8; 16];
        derive_bundle_seal(ClinicId([4; 16]), Compartment::Clinical, 1, PatientId([5; 16]), &key, &bundle)
    };
    let sealed: Vec<Vec<u8>> = clock
        .time("seal", || packed.iter().enumerate().filter_map(|(at, (_, plain))| seal(at).seal(plain).ok()).collect());
    let opened: Vec<Vec<u8>> =
        clock.time("open", || sealed.iter().enumerate().filter_map(|(at, body)| seal(at).open(body).ok()).collect());
    let bodies: Vec<Body> = clock.time("unpack", || opened.iter().filter_map(|b| Body::unpack(b).ok()).collect());
    let state = clock.time("fold", || {
        let mut state = PatientState::default();
        for (change, seq) in bodies.iter().flat_map(|b| &b.changes).zip(1..) {
            state.apply(AUTHOR, seq, Hash::ZERO, change);
        }
        state
    });
    let folded: Vec<_> = clock.time("resources", || state.all().map(|(_, _, resource)| resource).collect());
    let view = clock.time("chart", || {
        let fact = |resource| ResourceFacts { resource, conflict: false, by: String::new(), ours: false };
        let facts: Vec<_> = folded.iter().map(ResourceView::of).map(fact).collect();
        chart(
            "00",
            &facts,
            lucerna_shared::base::date::civil_date(lucerna_shared::base::Timestamp(1_790_000_000_000), 0),
        )
    });
    clock.time("chart as JSON", || serde_json::to_string(&view).map(|text| text.len()).unwrap_or_default());
    clock.time("export, unfolded", || {
        let plain: Vec<Vec<u8>> = opened.iter().filter_map(|body| Body::unwrapped(body).ok()).collect();
        let views = plain.iter().filter_map(|plain| BodyView::read(plain).ok());
        let told = views.flat_map(|body| body.changes).zip(1..).map(|(change, seq)| Told {
            author: AUTHOR,
            seq,
            control_head: Hash::ZERO,
            change,
        });
        let mut out = String::new();
        if let Ok((once, rest)) = once_or_folded(told.collect()) {
            once.iter().for_each(|one| one.change.write_json(&mut out));
            rest.all().for_each(|(_, _, resource)| resource.write_json(&mut out));
        }
        out.len()
    });
    (count, json)
}
