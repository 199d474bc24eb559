//! What a clinician may type and whom it must find.

use proptest::prelude::*;

use super::*;

mod naive;

const TODAY: Date = jiff::civil::date(2026, 11, 22);

fn entry(given: &str, family: &str, birth: &str) -> IndexEntry {
    IndexEntry { given: given.into(), family: family.into(), birth_date: birth.into(), ..IndexEntry::default() }
}

fn id(n: u8) -> PatientId {
    PatientId([n; 16])
}

fn index() -> SearchIndex {
    let mut index = SearchIndex::new();
    let melati = IndexEntry {
        mrn: "LC-000123".into(),
        nik: "3201015407610003".into(),
        phone: "+62 812-3456-7890".into(),
        ..entry("Melati Putri", "Pagi", "1961-07-14")
    };
    index.upsert(id(1), melati);
    index.upsert(id(2), entry("Siti", "Aminah", "1990-02-01"));
    index.upsert(id(3), entry("", "Sitiaminah", "1985"));
    index.upsert(id(4), entry("Carla", "Echevarría", "2011-08-11"));
    index.upsert(id(5), IndexEntry { last_visit: "2026-11-20".into(), ..entry("Siti", "Nur'aini", "1970-07-14") });
    index
}

fn found(query: &str) -> Vec<u8> {
    index().search(query, 10, TODAY).hits.into_iter().map(|id| id.0[0]).collect()
}

#[test]
fn name_fragments_find_in_any_order_and_without_accents() {
    assert_eq!(found("mel pag"), [1]);
    assert_eq!(found("pagi melati"), [1]);
    assert_eq!(found("ECHEVARRIA"), [4]);
    assert_eq!(found("nuraini"), [5]);
    assert_eq!(found("nur'a"), [5]);
}

#[test]
fn spaces_do_not_count() {
    assert_eq!(found("siti aminah"), [2, 3]);
    assert_eq!(found("melatiputri"), [1]);
    assert!(found("putripagi").is_empty());
}

#[test]
fn slips_are_forgiven_when_little_else_matches() {
    assert_eq!(found("melatti"), [1]);
    assert_eq!(found("aminha"), [2]);
    assert_eq!(found("echeveria"), [4]);
    assert!(found("xyz").is_empty());
}

#[test]
fn a_birth_date_is_found_in_any_usual_form_alone_or_with_a_name() {
    for query in
        ["14/7/1961", "14 Jul 1961", "1961-07-14", "14071961", "14-07-61", "melati 14/7/61", "14 juli 1961 pagi"]
    {
        assert_eq!(found(query), [1], "{query}");
    }
    assert_eq!(found("14/7"), [5, 1]);
    assert_eq!(found("1985"), [3]);
    assert_eq!(found("siti 1990"), [2]);
}

#[test]
fn phones_national_ids_and_record_numbers_are_found_by_parts() {
    for query in [
        "081234567890",
        "+62 812 3456",
        "7890",
        "3201015407610003",
        "3201 0154",
        "0003",
        "LC-0001",
        "lc000123",
        "000123",
    ] {
        assert_eq!(found(query), [1], "{query}");
    }
    assert_eq!(found("pagi 7890"), [1]);
    assert!(found("siti 7890").is_empty());
}

#[test]
fn exact_names_come_first_then_those_seen_lately() {
    assert_eq!(found("siti"), [5, 2, 3]);
    assert_eq!(index().search("siti", 1, TODAY).total, 3);
    assert!(found("  ").is_empty());
}

#[test]
fn a_removed_or_changed_patient_is_found_no_more_by_the_old_name() {
    let mut index = index();
    index.upsert(id(1), entry("Kenanga", "Sore", "1961-07-14"));
    index.remove(id(2));
    assert_eq!(index.search("melati", 10, TODAY).total, 0);
    assert_eq!(index.search("kenanga", 10, TODAY).total, 1);
    assert_eq!(index.search("aminah", 10, TODAY).hits.first(), None);
    assert_eq!(index.len(), 4);
}

#[test]
fn duplicates_are_suggested_while_registering() {
    let form = PatientForm {
        given: "melati".into(),
        family: "pagi".into(),
        birth_date: "14/7/61".into(),
        ..PatientForm::default()
    };
    let likely = index().likely_duplicates(&form, None, TODAY);
    assert_eq!(likely.first().map(|d| d.row.family.as_str()), Some("Pagi"));
    assert!(index().likely_duplicates(&form, Some(id(1)), TODAY).is_empty());
}

#[test]
fn an_entry_reads_back_from_its_stored_form() {
    let melati = index().entry(id(1)).expect("there");
    let bytes = minicbor::to_vec(&melati).expect("encodes");
    assert_eq!(minicbor::decode::<IndexEntry>(&bytes).expect("decodes"), melati);
}

proptest! {
    #[test]
    fn any_two_words_are_found_by_their_beginnings_in_any_order(given in "[a-z]{3,9}", family in "[a-z]{3,9}", a in 2usize..9, b in 2usize..9, swap: bool) {
        let mut index = index();
        index.upsert(id(9), entry(&given, &family, ""));
        let (x, y) = (&given[..a.min(given.len())], &family[..b.min(family.len())]);
        let query = if swap { format!("{y} {x}") } else { format!("{x} {y}") };
        let hits = index.search(&query, 100, TODAY).hits;
        prop_assert!(hits.contains(&id(9)));
    }

    #[test]
    fn searching_never_panics(query in "\\PC{0,40}") {
        let _ = index().search(&query, 5, TODAY);
    }
}

/// Prints figures; the goal is one frame (16 ms) at 100,000 patients in a release build.
#[test]
fn ten_thousand_patients_are_searched_within_a_frame_each() {
    let syllables = [
        "me", "la", "ti", "su", "ra", "ni", "wa", "yu", "di", "ka", "pu", "tri", "nur", "ha", "sa", "bu", "lan", "min",
    ];
    let mut seed = 7u64;
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let mut index = SearchIndex::new();
    for n in 0..10_000u32 {
        let mut word = |parts: usize| (0..parts).map(|_| syllables[next(syllables.len())]).collect::<String>();
        let (given, family) = (format!("{} {}", word(3), word(2)), word(4));
        let mut id = [0u8; 16];
        id[..4].copy_from_slice(&n.to_le_bytes());
        let phone = format!("0812{n:08}");
        index.upsert(PatientId(id), IndexEntry { phone, ..entry(&given, &family, "1980-05-05") });
    }
    index.settle();
    for query in ["m", "mela", "mela suran", "melatisu", "xelatisurani", "14/7/1961", "00012", "1980"] {
        let start = std::time::Instant::now();
        let total = index.search(query, 10, TODAY).total;
        let took = start.elapsed();
        println!("{query}: {total} in {took:?}");
        assert!(took.as_millis() < 250, "{query} took {took:?} in an unoptimised build");
    }
}
