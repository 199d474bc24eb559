//! Imports of every shape: what arrives in pieces, in zips and out of order ends as if it had come in one.

use std::io::Write as _;

use super::BUNDLE;
use super::world::Device;
use crate::engine::api::*;
use crate::port::memory::MemoryStore;

fn fresh() -> Device {
    let device = Device::new(MemoryStore::default());
    device.found();
    device
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(*name, options).expect("a file");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("a zip").into_inner()
}

fn preview(device: &Device, name: &str, bytes: Vec<u8>) -> ImportPreview {
    device.ask_with_files(PreviewImport { job: 3 }, vec![(name.to_owned(), bytes)]).expect("previews")
}

fn texts(preview: &ImportPreview) -> Vec<(&str, &str, &str)> {
    preview.issues.iter().map(|i| (i.severity.as_str(), i.file.as_str(), i.text.as_str())).collect()
}

#[test]
fn a_zip_is_read_as_the_files_within_it() {
    let line = br#"{"resourceType":"Basic","id":"b1","code":{"text":"x"}}"#;
    let zip = zip_of(&[
        ("a/one.json", BUNDLE.as_bytes()),
        ("two.ndjson", line),
        ("readme.txt", b"hello"),
        ("__MACOSX/._one.json", b"\0"),
    ]);
    let device = fresh();
    let seen = preview(&device, "all.zip", zip);
    assert_eq!((seen.patients_new, seen.blocked), (1, false), "{seen:?}");
    let other = ("information", "all.zip/readme.txt", "not read: neither .json nor .ndjson");
    assert!(texts(&seen).contains(&other), "{seen:?}");
    let report = device.ask(CommitImport { job: 3 }).expect("commits");
    assert_eq!((report.resources, report.patients), (4, 1));
}

#[test]
fn zips_that_are_broken_nested_or_made_to_burst_are_refused_by_name() {
    let nested = zip_of(&[("inner.zip", &zip_of(&[("one.json", BUNDLE.as_bytes())]))]);
    assert_eq!(
        texts(&preview(&fresh(), "a.zip", nested)),
        [("error", "a.zip/inner.zip", "a zip within a zip is not read")]
    );
    let bomb = zip_of(&[("bomb.ndjson", &vec![b' '; 40 * 1024 * 1024])]);
    assert!(bomb.len() < 100_000);
    let seen = preview(&fresh(), "b.zip", bomb);
    assert!(seen.blocked);
    assert_eq!(texts(&seen), [("error", "b.zip/bomb.ndjson", "the file unpacks to far more than a record would")]);
    let whole = zip_of(&[("one.json", BUNDLE.as_bytes())]);
    for cut in [5, whole.len() / 2, whole.len() - 3] {
        let seen = preview(&fresh(), "c.zip", whole[..cut].to_vec());
        assert!(seen.blocked, "cut at {cut}");
        assert_eq!(texts(&seen), [("fatal", "c.zip", "the zip is broken")]);
    }
    let mut damaged = whole.clone();
    let middle = damaged.len() / 3;
    damaged[middle] ^= 0x55;
    assert!(preview(&fresh(), "d.zip", damaged).blocked);
}

#[test]
fn a_file_cut_off_anywhere_is_refused_or_says_what_is_missing() {
    for cut in (1..BUNDLE.len() - 1).step_by(97) {
        let seen = preview(&fresh(), "cut.json", BUNDLE.as_bytes()[..cut].to_vec());
        assert!(seen.blocked, "cut at {cut}: {:?}", texts(&seen));
    }
}
