//! Makes the dictionary that small bodies are packed with, or says what one is worth: `cargo xtask dictionary`.
//! A dictionary that was released is frozen; what this writes is a candidate for the next number.
#![allow(clippy::expect_used)]

mod corpus;
mod cover;

use std::path::PathBuf;
use std::time::Instant;

use corpus::Corpus;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", size, out] => {
            let size = size.parse().expect("a size in bytes");
            std::fs::write(out, cover::dictionary(&[corpus::demo(), corpus::fixtures()], size)).expect("writes");
        }
        ["weigh", files @ ..] => weigh(files),
        _ => eprintln!(
            "dictionary make BYTES FILE | weigh FILE…\n\nweigh also reads ../shared/data/patients/small20 where it is"
        ),
    }
}

/// Prints, for each kind of body, what it packs to without and with each dictionary, and what that costs in time.
fn weigh(files: &[&str]) {
    let dictionaries: Vec<(String, Vec<u8>)> = std::iter::once(("none".to_owned(), Vec::new()))
        .chain(files.iter().map(|file| ((*file).to_owned(), std::fs::read(file).expect("reads"))))
        .collect();
    let mut corpora = vec![("demo", corpus::demo()), ("fixtures", corpus::fixtures())];
    let strangers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/patients/small20");
    if strangers.is_dir() {
        corpora.push(("small20", corpus::folder(&strangers)));
    }
    for (name, corpus) in &corpora {
        for (kind, bodies) in kinds(corpus) {
            let plain: usize = bodies.iter().map(Vec::len).sum();
            println!("{name}, {kind}: {} bodies of {} bytes on average", bodies.len(), plain / bodies.len().max(1));
            for (label, dictionary) in &dictionaries {
                let begun = Instant::now();
                let packed: Vec<Vec<u8>> = bodies.iter().map(|body| pack(body, dictionary)).collect();
                let micros = begun.elapsed().as_micros() as f64 / bodies.len().max(1) as f64;
                let begun = Instant::now();
                for (packed, body) in packed.iter().zip(&bodies) {
                    let back = lz4_flex::block::decompress_with_dict(packed, body.len(), dictionary).expect("unpacks");
                    assert_eq!(back, *body);
                }
                let back = begun.elapsed().as_micros() as f64 / bodies.len().max(1) as f64;
                let sum: usize = packed.iter().map(Vec::len).sum();
                println!(
                    "  {label:40} {:.3} of plain, {micros:.1} µs to pack, {back:.1} µs to unpack",
                    sum as f64 / plain as f64
                );
            }
        }
    }
}

fn pack(body: &[u8], dictionary: &[u8]) -> Vec<u8> {
    if dictionary.is_empty() {
        return lz4_flex::block::compress(body);
    }
    lz4_flex::block::compress_with_dict(body, dictionary)
}

fn kinds(corpus: &Corpus) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let all = |of: fn(&corpus::History) -> Vec<Vec<u8>>| corpus.iter().flat_map(of).collect::<Vec<_>>();
    vec![
        ("one resource", all(corpus::resources)),
        ("one visit", all(corpus::visits)),
        ("whole history", all(corpus::whole)),
    ]
}
