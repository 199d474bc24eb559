//! Vaults as earlier releases left them on a tablet's disk, and what must be found in them for ever after.
//! `tests/fixtures/vaults/<version>.zip` is written once, by that version's own engine (`make.rs`), and never again.

mod make;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write as _};
use std::path::PathBuf;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::clinic::Clinic;
use super::form;
use super::world::{Device, passphrase};
use crate::clinic::note::VisitDraft;
use crate::clinic::patient::PatientRow;
use crate::engine::api::*;
use crate::port::memory::{MemoryStore, Mishap};
use crate::port::{Row, Space, Store, StoreFault, Write};

/// What the people of a clinic can see on one tablet, in lines that a reader can compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The clock when it was left, in milliseconds since the epoch.
    pub now: i64,
    pub staff: String,
    pub clinic: String,
    pub device: String,
    pub patients: Vec<String>,
    pub drafts: Vec<String>,
    pub conflicts: Vec<String>,
    pub quarantined: u32,
    pub devices: Vec<String>,
    /// The end of each author's log: what other tablets will ask about.
    pub heads: Vec<String>,
    /// Oldest first.
    pub audit: Vec<String>,
    /// Every resource as it is exported, one a line, sorted.
    #[serde(skip)]
    pub export: Vec<String>,
}

/// One tablet of a kept vault.
pub struct Kept {
    pub name: String,
    pub rows: Vec<(Space, Row)>,
    pub seen: Seen,
}

#[derive(Serialize, Deserialize)]
struct Line {
    space: String,
    key: String,
    value: String,
}

const TABLETS: [&str; 2] = ["tablet-1", "tablet-2"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/vaults")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

/// Every tablet of every vault that is kept.
pub fn kept() -> Vec<Kept> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).expect("the vaults").map(|file| file.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "zip"));
    files.sort();
    assert!(!files.is_empty(), "no vault is kept");
    files.iter().flat_map(|path| TABLETS.map(|tablet| read(path, tablet))).collect()
}

fn read(path: &PathBuf, tablet: &str) -> Kept {
    let bytes = std::fs::read(path).expect("the vault is there");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let mut text = |name: String| {
        let mut text = String::new();
        archive.by_name(&name).expect("is in it").read_to_string(&mut text).expect("reads");
        text
    };
    let rows = text(format!("{tablet}.rows.ndjson"));
    let rows = rows.lines().map(|line| {
        let line: Line = serde_json::from_str(line).expect("a row");
        let space = Space::ALL.into_iter().find(|space| space.name() == line.space).expect("a space of today");
        (space, Row { key: unhex(&line.key), value: unhex(&line.value) })
    });
    let rows = rows.collect();
    let mut seen: Seen = serde_json::from_str(&text(format!("{tablet}.seen.json"))).expect("what was seen");
    seen.export = text(format!("{tablet}.export.ndjson")).lines().map(str::to_owned).collect();
    Kept { name: format!("{} {tablet}", path.file_stem().expect("a name").display()), rows, seen }
}

/// Keeps what this version writes, unless it is kept already: a released vault is never written again.
fn keep(path: &PathBuf, tablets: &[Kept]) {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut file = |name: String, text: String| {
        let options = zip::write::SimpleFileOptions::default().compression_level(Some(9));
        zip.start_file(name, options).expect("a file");
        zip.write_all(text.as_bytes()).expect("writes");
    };
    for Kept { name, rows, seen } in tablets {
        let line = |(space, row): &(Space, Row)| Line {
            space: space.name().into(),
            key: hex(&row.key),
            value: hex(&row.value),
        };
        let lines = rows.iter().map(|row| serde_json::to_string(&line(row)).expect("JSON") + "\n");
        file(format!("{name}.rows.ndjson"), lines.collect());
        file(format!("{name}.seen.json"), serde_json::to_string_pretty(seen).expect("JSON"));
        file(format!("{name}.export.ndjson"), seen.export.join("\n"));
    }
    std::fs::write(path, zip.finish().expect("a zip").into_inner()).expect("writes");
}

pub fn disk(rows: &[(Space, Row)]) -> MemoryStore {
    let store = MemoryStore::new();
    let writes = rows.iter().map(|(space, row)| Write::put(*space, row.key.clone(), row.value.clone()));
    pollster::block_on(store.commit(writes.collect())).expect("the disk obeys");
    store
}

/// The app of today on such a disk, not yet unlocked.
fn locked(kept: &Kept, store: MemoryStore) -> Device {
    let device = Device::new(store);
    device.pass(kept.seen.now + 60_000);
    device
}

pub fn unlock(kept: &Kept, device: &Device) -> Result<Session, Fault> {
    device.ask(Unlock { staff: kept.seen.staff.clone(), passphrase: passphrase() })
}

pub fn opened(kept: &Kept) -> Device {
    let device = locked(kept, disk(&kept.rows));
    unlock(kept, &device).expect("unlocks");
    device
}

pub fn people(device: &Device) -> Vec<PatientRow> {
    device.ask(Recent { limit: 100_000 }).expect("lists")
}

/// Every resource of the clinic as it leaves, one a line, sorted.
pub fn export(device: &Device) -> Vec<String> {
    let (_, bytes) = device.ask_for_file(ExportClinic { job: 77 }).expect("exports");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let mut lines = Vec::new();
    for index in 0..archive.len() {
        let mut text = String::new();
        archive.by_index(index).expect("a file").read_to_string(&mut text).expect("reads");
        lines.extend(text.lines().map(str::to_owned));
    }
    lines.sort();
    lines
}

/// The access log, oldest first.
pub fn audit(device: &Device) -> Vec<String> {
    let line = |row: &AuditRow| {
        let patient = row.patient.as_ref().map_or("-", |patient| &patient.patient);
        format!("{} {} {} {} {patient}", row.at, row.action, row.by, row.device)
    };
    device.ask(AuditLog { patient: None, limit: 100_000 }).expect("the log").iter().rev().map(line).collect()
}

/// What was typed, field by field.
pub fn words(draft: &VisitDraft) -> String {
    let VisitDraft { subjective, objective, assessment, plan, follow_up, .. } = draft;
    let vitals = draft.vitals.iter().map(|v| format!("{} {}", v.value, v.unit));
    let diagnoses = draft.diagnoses.iter().map(|d| format!("{} {}", d.code, d.title));
    let typed = [subjective, objective, assessment, plan, follow_up].into_iter().cloned();
    typed.chain(vitals).chain(diagnoses).collect::<Vec<_>>().join("|")
}

/// The lines that stand in one and not in the other.
fn apart(one: &[String], other: &[String]) -> Vec<String> {
    let lacks = |lines: &[String], line: &String| lines.binary_search(line).is_err();
    let only_here = one.iter().filter(|line| lacks(other, line));
    only_here.chain(other.iter().filter(|line| lacks(one, line))).cloned().collect()
}

/// Looks at everything that the tablet shows.
pub fn look(device: &Device) -> Seen {
    let AppStatus::Unlocked(session) = device.ask(Status {}).expect("a status") else { panic!("not unlocked") };
    let audit = audit(device);
    let people = people(device);
    assert_eq!(people.len() as u64, session.patients);
    let mut patients: Vec<String> = people
        .iter()
        .map(|p| {
            format!("{} {}|{}|{}|{}|{}|{}", p.patient, p.family, p.given, p.birth_date, p.mrn, p.nik, p.last_visit)
        })
        .collect();
    patients.sort();
    let mut drafts = Vec::new();
    for row in device.ask(Drafts {}).expect("drafts") {
        let draft: Option<VisitDraft> = device.ask(LoadDraft { patient: row.row.patient.clone() }).expect("a draft");
        drafts.push(format!("{} {} {}", row.row.patient, row.saved, words(&draft.expect("it is listed"))));
    }
    let mut conflicts = Vec::new();
    for conflict in device.ask(Conflicts {}).expect("conflicts") {
        let mut sides: Vec<String> =
            conflict.sides.iter().map(|s| format!("{} by {}: {}", s.op, s.by, s.value)).collect();
        sides.sort();
        conflicts.push(format!("{} {}: {}", conflict.id, conflict.element, sides.join(", ")));
    }
    conflicts.sort();
    let mut devices: Vec<String> = device.ask(Devices {}).expect("devices").into_iter().map(|d| d.name).collect();
    devices.sort();
    let open = device.engine.unlocked().expect("open");
    let heads = open.heads.borrow().values().map(|h| format!("{} {} {}", h.author, h.seq, h.hash)).collect();
    Seen {
        now: device.clock(),
        staff: session.staff.staff,
        clinic: session.clinic_name,
        device: session.device_name,
        patients,
        drafts,
        conflicts,
        quarantined: device.ask(SyncStatus {}).expect("a view").quarantined,
        devices,
        heads,
        audit,
        export: export(device),
    }
}

/// As it was left: time has gone by, and the access log has grown at its end.
pub fn assert_as_left(kept: &Kept, device: &Device) {
    let mut seen = look(device);
    seen.now = kept.seen.now;
    seen.audit.truncate(kept.seen.audit.len());
    assert_eq!(seen, kept.seen, "{}", kept.name);
    assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None, "{}", kept.name);
}

#[test]
fn a_vault_of_this_version_is_kept() {
    let path = folder().join(concat!("v", env!("CARGO_PKG_VERSION"), ".zip"));
    if !path.exists() && std::env::var_os("LUCERNA_GOLDEN").is_some_and(|v| v == "write") {
        let tablets = make::tablets();
        let left: Vec<_> = TABLETS.into_iter().zip(&tablets).map(|(name, tablet)| make::left(name, tablet)).collect();
        keep(&path, &left);
    }
    assert!(path.exists(), "LUCERNA_GOLDEN=write makes it, once, for a release");
}

#[test]
fn every_kept_vault_opens_and_holds_what_it_held() {
    for kept in kept() {
        let device = opened(&kept);
        assert_as_left(&kept, &device);
        for person in people(&device) {
            let chart = device.ask(OpenChart { patient: person.patient.clone() }).expect("a chart");
            assert_eq!(chart.banner.row.patient, person.patient);
        }
        assert_as_left(&kept, &device.restarted());
    }
}

#[test]
fn a_day_s_work_in_an_old_vault_adds_to_it_and_takes_nothing_away() {
    for kept in kept() {
        let device = opened(&kept);
        let numbers: Vec<String> = people(&device).into_iter().map(|p| p.mrn).collect();
        let new = device.ask(RegisterPatient { form: form("Kamboja", "Senja") }).expect("registers");
        assert!(!numbers.contains(&new.mrn), "a record number is never given twice");
        let old =
            people(&device).into_iter().find(|p| !p.mrn.is_empty() && p.patient != new.patient).expect("somebody");
        let before = device.ask(PatientToEdit { patient: old.patient.clone() }).expect("a form");
        let mut after = before.clone();
        after.city = "Salatiga".into();
        device.ask(EditPatient { patient: old.patient.clone(), before, after }).expect("edits");
        let draft = VisitDraft { subjective: "batuk dua hari".into(), ..VisitDraft::default() };
        device.ask(SignVisit { patient: old.patient.clone(), draft }).expect("signs");
        let device = device.restarted();
        let now = export(&device);
        let gone: Vec<&String> = kept.seen.export.iter().filter(|line| now.binary_search(line).is_err()).collect();
        assert_eq!(gone.len(), 1, "only the resource that was edited differs: {gone:?}");
        assert!(now.iter().any(|line| line.contains("Salatiga")) && now.iter().any(|line| line.contains("Kamboja")));
        assert_eq!(audit(&device)[..kept.seen.audit.len()], kept.seen.audit[..]);
        assert_eq!(device.ask(VerifyAudit {}).expect("a verdict").broken_at, None);
    }
}

/// What only its own author takes for a record: `make.rs` has one tablet sign a change that no other may accept.
fn refused(line: &str) -> bool {
    line.contains("somebody-else")
}

/// Which resources these lines are.
fn names(lines: &[String]) -> BTreeSet<String> {
    let name = |line: &String| {
        let resource: serde_json::Value = serde_json::from_str(line).expect("JSON");
        format!("{}/{}", resource["resourceType"], resource["id"])
    };
    lines.iter().map(name).collect()
}

fn taken(mut lines: Vec<String>) -> Vec<String> {
    lines.retain(|line| !refused(line));
    lines
}

#[test]
fn tablets_of_an_old_clinic_find_each_other_and_take_in_a_new_one() {
    let mut clinics: BTreeMap<String, Vec<Kept>> = BTreeMap::new();
    for kept in kept() {
        clinics.entry(kept.name.split(' ').next().expect("a version").into()).or_default().push(kept);
    }
    for tablets in clinics.values() {
        let clinic = Rc::new(Clinic::default());
        for kept in tablets {
            let device = clinic.add(locked(kept, disk(&kept.rows)));
            device.pass(tablets.iter().map(|k| k.seen.now).max().expect("a time") + 60_000);
            unlock(kept, &device).expect("unlocks");
        }
        clinic.run(60_000);
        let both = export(&clinic.device(0));
        assert_eq!(apart(&both, &taken(export(&clinic.device(1)))), Vec::<String>::new());
        let names = names(&both);
        for kept in tablets {
            let was = taken(kept.seen.export.clone());
            assert!(self::names(&was).is_subset(&names), "{}", kept.name);
            let shared = was.iter().filter(|line| tablets.iter().all(|other| other.seen.export.contains(line)));
            let gone = shared.filter(|line| both.binary_search(line).is_err());
            assert_eq!(gone.collect::<Vec<_>>(), Vec::<&String>::new(), "{}", kept.name);
        }
        let third = clinic.pair("Tablet 9", |invite| invite.digits.clone());
        clinic.run(60_000);
        let with_third = export(&third);
        assert_eq!(apart(&export(&clinic.device(0)), &with_third), Vec::<String>::new());
        assert!(both.iter().all(|line| with_third.binary_search(line).is_ok()));
    }
}

#[test]
fn opening_an_old_vault_that_fails_at_any_call_leaves_it_whole() {
    for kept in kept() {
        for call in 1.. {
            let mut struck = false;
            for mishap in [Mishap::Refused(StoreFault::Full), Mishap::LostAfter] {
                let device = locked(&kept, disk(&kept.rows));
                device.engine.port().store.fail_at(call, mishap.clone());
                let outcome = unlock(&kept, &device);
                struck = device.struck();
                let rows = device.rows();
                if outcome.is_err() && rows == kept.rows {
                    continue;
                }
                let again = locked(&kept, disk(&rows));
                unlock(&kept, &again).expect("unlocks");
                assert_as_left(&kept, &again);
                if outcome.is_err() {
                    assert_eq!(mishap, Mishap::LostAfter, "call {call} wrote though it failed");
                }
            }
            if !struck {
                break;
            }
        }
    }
}
