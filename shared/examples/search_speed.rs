//! Times every keystroke of searches over a made clinic: `cargo run --release --example search_speed -- 100000`.
//! Prints the images' size, how long they take to build and to open, and the slowest keystrokes. With a query after the
//! number, `-- 100000 3201`, that alone, over and over, for a profiler.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::rc::Rc;
use std::time::{Duration, Instant};

use lucerna_shared::base::PatientId;
use lucerna_shared::clinic::search::{Image, IndexEntry, SearchIndex, image_of};

/// A keystroke counts with the best of so many tries, since other programs take their share of the machine.
const ROUNDS: usize = 5;
const AGAIN: u32 = 200;
/// Patients in one image, as the engine gathers them.
const FULL: usize = 32_768;
const SYLLABLES: [&str; 48] = [
    "a", "me", "la", "ti", "su", "ra", "ni", "wa", "yu", "di", "ka", "pu", "tri", "nur", "ha", "sa", "bu", "lan",
    "min", "har", "to", "no", "wi", "bo", "wo", "in", "dah", "li", "ma", "ri", "ber", "son", "ton", "ell", "an", "der",
    "gar", "cia", "lo", "pez", "smi", "th", "jo", "hn", "zah", "ru", "el", "fa",
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    /// Early ones much more often: names are not spread evenly.
    fn likely(&mut self, n: usize) -> usize {
        let x = self.below(1_000_000) as f64 / 1_000_000.0;
        ((x * x * x * n as f64) as usize).min(n - 1)
    }
}

fn word(random: &mut Random) -> String {
    let parts = 2 + random.below(3);
    let text: String = (0..parts).map(|_| SYLLABLES[random.below(SYLLABLES.len())]).collect();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn entry(random: &mut Random, n: usize, names: &[String]) -> IndexEntry {
    let born = format!("{}-{:02}-{:02}", 1930 + random.below(95), 1 + random.below(12), 1 + random.below(28));
    let digits = |random: &mut Random, count: usize| -> String {
        (0..count).map(|_| char::from(b'0' + random.below(10) as u8)).collect()
    };
    let uuid = |random: &mut Random| {
        let part = |random: &mut Random| format!("{:08x}", random.below(1 << 31));
        format!("{}-{}-{}", part(random), part(random), part(random))
    };
    let id = uuid(random);
    IndexEntry {
        fhir_id: id.clone(),
        given: format!("{} {}", names[random.likely(names.len())], names[random.likely(names.len())]),
        family: names[random.likely(names.len())].clone(),
        birth_date: born,
        mrn: format!("K7-{n:05}"),
        nik: format!("3201{}", digits(random, 12)),
        phone: format!("08{}", digits(random, 10)),
        last_visit: format!("20{:02}-{:02}-11T08:15:00+07:00", 10 + random.below(16), 1 + random.below(12)),
        numbers: vec![
            id,
            format!("S99{}", digits(random, 6)),
            format!("999-{}-{}", digits(random, 2), digits(random, 4)),
        ],
        ..IndexEntry::default()
    }
}

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let mut random = Random(7);
    let mut names: Vec<String> = (0..30_000).map(|_| word(&mut random)).collect();
    names.sort();
    names.dedup();
    for i in (1..names.len()).rev() {
        names.swap(i, random.below(i + 1));
    }
    let mut people: Vec<(PatientId, IndexEntry)> = (0..count)
        .map(|n| {
            let mut id = [0u8; 16];
            id.iter_mut().for_each(|byte| *byte = random.below(256) as u8);
            (PatientId(id), entry(&mut random, n, &names))
        })
        .collect();

    let start = Instant::now();
    let mut images: Vec<Vec<u8>> = Vec::new();
    for part in people.chunks_mut(FULL) {
        part.sort_by_key(|(id, _)| *id);
        images.push(image_of(part.iter().map(|(id, entry)| (*id, entry))).bytes().to_vec());
    }
    let built = start.elapsed();
    let bytes: usize = images.iter().map(Vec::len).sum();
    let start = Instant::now();
    let mut index = SearchIndex::new();
    for image in images {
        let place = index.tiers();
        index.splice(place..place, Rc::new(Image::open(image).expect("opens")));
    }
    println!(
        "{count} patients, {} words of names: {:.1} MB, {} bytes each; built in {built:?}, opened in {:?}",
        names.len(),
        bytes as f64 / 1e6,
        bytes / count.max(1),
        start.elapsed()
    );

    let today = jiff::civil::date(2026, 11, 22);
    if let Some(query) = std::env::args().nth(2) {
        let start = Instant::now();
        let found: usize = (0..AGAIN).map(|_| index.search(std::hint::black_box(&query), 20, today).total).sum();
        return println!("{:?} each for {} found", start.elapsed() / AGAIN, found / AGAIN as usize);
    }
    let mut times: Vec<(Duration, String)> = Vec::new();
    for n in 0..300 {
        let who = &people[random.below(people.len())].1;
        let first: String = who.given.chars().take(3).collect();
        let slip: String = who.family.chars().enumerate().filter(|(i, _)| *i != 2).map(|(_, c)| c).collect();
        let whole = match n % 10 {
            0 => format!("{} {}", who.given, who.family),
            1 => format!("{} {first}", who.family),
            2 => slip.clone(),
            3 => format!("{slip} {slip}x"),
            4 => who.phone.clone(),
            5 => who.nik.clone(),
            6 => who.mrn.clone(),
            7 => format!("{} {}", who.family, who.birth_date),
            8 => who.birth_date.clone(),
            _ => who.phone.chars().skip(8).collect(),
        };
        for (end, _) in whole.char_indices().skip(1).chain([(whole.len(), ' ')]) {
            let took = (0..ROUNDS).map(|_| {
                let start = Instant::now();
                let hits = index.search(&whole[..end], 20, today).hits;
                let rows = hits.iter().filter_map(|id| index.entry(*id).map(|entry| entry.into_row(*id)));
                std::hint::black_box(rows.collect::<Vec<_>>());
                start.elapsed()
            });
            times.push((took.min().unwrap_or_default(), whole[..end].to_owned()));
        }
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].0;
    println!(
        "{} keystrokes: p50 {:?}, p90 {:?}, p99 {:?}, longest {:?}",
        times.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    for (took, query) in times.iter().rev().take(8) {
        println!("  {took:?}  {query:?}");
    }
}
