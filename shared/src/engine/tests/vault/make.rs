//! How a vault comes to be that the next release will have to open: some weeks of a small clinic on two tablets,
//! with everything in them that a tablet may keep. Run once a release, on the code that is released.

use std::rc::Rc;

use super::{Kept, look};
use crate::clinic::allergy::AllergyForm;
use crate::clinic::chart::Conflict;
use crate::clinic::note::{Diagnosis, VisitDraft};
use crate::clinic::patient::{PatientForm, Sex};
use crate::clinic::vital::{VitalEntry, VitalKind};
use crate::engine::api::*;
use crate::engine::log::Decision;
use crate::engine::tests::clinic::Clinic;
use crate::engine::tests::world::Device;
use crate::fhir::resource::RawJson;
use crate::port::Space;
use crate::port::memory::MemoryStore;
use crate::record::{Change, Op, Packet, ResourceRef};

/// The clinic opens on 15-Jun-2025: before the clock of any machine that will run this.
const FIRST_DAY: i64 = 1_750_000_000_000;
const HOUR: i64 = 3_600_000;

const SYNTHEA: &str = include_str!("../../../../../tests/fixtures/synthea/valentin-keeling.json");

/// More people than one row of the search index holds.
const LISTED: usize = 70;

/// Both tablets, locked, as they lie in the drawer.
pub fn tablets() -> Vec<Rc<Device>> {
    let clinic = Rc::new(Clinic::default());
    let one = clinic.add(Device::new(MemoryStore::default()));
    one.pass(FIRST_DAY);
    one.found();
    first_day(&one);
    clinic.pair("Tablet 2", |invite| invite.digits.clone());
    together(&clinic, 20_000);
    next_day(&clinic);
    let (one, two) = (clinic.restart(0), clinic.restart(1));
    together(&clinic, 60_000);
    apart(&clinic, &one, &two);
    for device in [&one, &two] {
        device.ask(Lock {}).expect("locks");
    }
    let staff = look(&one.restarted()).staff;
    let wrong = one.ask(Unlock { staff, passphrase: Secret("not the passphrase".into()) });
    assert!(matches!(wrong, Err(Fault::WrongPassphrase { .. })));
    vec![one, two]
}

/// The rows of a tablet, and what is to be seen when it is opened.
pub fn left(name: &str, tablet: &Device) -> Kept {
    let rows = tablet.rows();
    tablet.pass(tablet.clock() + HOUR);
    let mut seen = look(&tablet.restarted());
    seen.audit.truncate(rows.iter().filter(|(space, _)| *space == Space::Audit).count());
    seen.now = tablet.clock();
    Kept { name: name.into(), rows, seen }
}

fn person(given: &str, family: &str, birth_date: &str) -> PatientForm {
    PatientForm {
        given: given.into(),
        family: family.into(),
        birth_date: birth_date.into(),
        sex: Sex::Female,
        ..PatientForm::default()
    }
}

fn register(device: &Device, form: PatientForm) -> String {
    device.pass(device.clock() + 60_000);
    device.ask(RegisterPatient { form }).expect("registers").patient
}

fn edit(device: &Device, patient: &str, change: impl Fn(&mut PatientForm)) {
    device.pass(device.clock() + 60_000);
    let before = device.ask(PatientToEdit { patient: patient.into() }).expect("a form");
    let mut after = before.clone();
    change(&mut after);
    device.ask(EditPatient { patient: patient.into(), before, after }).expect("edits");
}

fn visit(words: &str) -> VisitDraft {
    let vital =
        |kind, value: &str, unit: &str| VitalEntry { kind, value: value.into(), unit: unit.into(), confirmed: false };
    VisitDraft {
        started: FIRST_DAY,
        subjective: words.into(),
        objective: "Tampak sakit ringan; tidak sesak.".into(),
        assessment: "ISPA".into(),
        plan: "Istirahat, minum air hangat.".into(),
        vitals: vec![
            vital(VitalKind::Temperature, "37,8", "Cel"),
            vital(VitalKind::Weight, "62.50", "kg"),
            vital(VitalKind::HeartRate, "92", "/min"),
        ],
        diagnoses: vec![Diagnosis {
            code: "J06.9".into(),
            title: "Acute upper respiratory infection".into(),
            problem: true,
            ..Diagnosis::default()
        }],
        follow_up: "2025-06-22".into(),
    }
}

fn sign(device: &Device, patient: &str, words: &str) -> String {
    device.pass(device.clock() + 60_000);
    device.ask(SaveDraft { patient: patient.into(), draft: visit(words) }).expect("saves");
    device.ask(SignVisit { patient: patient.into(), draft: visit(words) }).expect("signs").id
}

fn import(device: &Device, name: &str, text: &str) {
    device.pass(device.clock() + 60_000);
    let preview = device.ask_with_file(PreviewImport { job: 5 }, name, text).expect("previews");
    assert!(!preview.blocked, "{:?}", preview.issues);
    device.ask(CommitImport { job: 5 }).expect("commits");
}

/// All clocks agree, and time goes by.
fn together(clinic: &Rc<Clinic>, millis: i64) {
    let latest = clinic.devices.borrow().iter().map(|device| device.clock()).max().expect("a tablet");
    clinic.devices.borrow().iter().for_each(|device| device.pass(latest));
    clinic.run(millis);
}

fn first_day(one: &Device) {
    let melati = register(
        one,
        PatientForm {
            nik: "3173015407610001".into(),
            phone: "+62 812 0000 0001".into(),
            ..person("Melati", "Pagi", "1961-07-14")
        },
    );
    register(one, person("Siti", "Aminah", "1990-01-01"));
    register(one, person("Siti", "Aminah", "1990-01-01"));
    register(one, PatientForm { city: "Åkersberga".into(), ..person("José Ñuflo", "Núñez-Łukasiewicz", "1975") });
    let long = "Raden Ajeng Kusumaningrum Hadiningrat Wijayakusuma Purwanegara Sastrodihardjo van den Berg";
    register(one, person(long, "Ng", "2001-12-31"));
    register(
        one,
        PatientForm {
            birth_date: String::new(),
            age_years: "40".into(),
            sex: Sex::Unknown,
            ..person("Sukarno", "", "")
        },
    );
    let note = sign(one, &melati, "Batuk tiga hari, „tanpa“ demam — 😷.");
    one.ask(AddAddendum { patient: melati.clone(), note, text: "Pasien menelepon: membaik.".into() }).expect("adds");
    let allergy = AllergyForm {
        substance: "Amoxicillin".into(),
        reaction: "ruam".into(),
        criticality: "high".into(),
        ..AllergyForm::default()
    };
    let saved = one.ask(RecordAllergy { patient: melati.clone(), form: allergy }).expect("records");
    one.ask(RecordAllergy {
        patient: melati.clone(),
        form: AllergyForm { substance: "Kacang".into(), ..AllergyForm::default() },
    })
    .expect("records");
    let (resource_type, reason) = ("AllergyIntolerance".into(), "salah pasien".into());
    one.ask(MarkError { patient: melati.clone(), resource_type, id: saved.id, reason }).expect("marks");
    edit(one, &melati, |form| {
        form.address_line = "Jl. Kenanga 5".into();
        form.guardian_name = "Anggrek Pagi".into();
    });
    edit(one, &melati, |form| form.phone = String::new());
    one.ask(OpenChart { patient: melati }).expect("a chart");
}

fn next_day(clinic: &Rc<Clinic>) {
    let morning = clinic.device(0).clock() + 14 * HOUR;
    let [one, two] = [0, 1].map(|index| {
        clinic.device(index).pass(morning);
        clinic.restart(index)
    });
    together(clinic, 60_000);
    import(&one, "valentin-keeling.json", SYNTHEA);
    let listed: String = (0..LISTED)
        .map(|n| format!("{{\"resourceType\":\"Patient\",\"id\":\"list-{n}\",\"name\":[{{\"family\":\"Baris\",\"given\":[\"Orang {n}\"]}}],\"birthDate\":\"19{:02}-05-0{}\"}}\n", 20 + n, 1 + n % 9))
        .collect();
    import(&two, "list.ndjson", &listed);
    let kenanga = register(&two, person("Kenanga", "Hujan", "1988-08-08"));
    sign(&two, &kenanga, "Pusing sejak pagi.");
    together(clinic, 30_000);
    // One that two people edit apart, and that the owner settles.
    contest(clinic, &kenanga, "1988-08-09", "1988-08-10");
    let conflict = one.ask(Conflicts {}).expect("conflicts").remove(0);
    let keep = conflict.sides[0].op.clone();
    let Conflict { resource_type, id, element, patient, .. } = conflict;
    one.ask(Settle { patient, resource_type, id, element, keep }).expect("settles");
    together(clinic, 10_000);
}

/// Two people write two dates of birth at once.
fn contest(clinic: &Rc<Clinic>, patient: &str, here: &str, there: &str) {
    let (one, two) = (clinic.device(0), clinic.device(1));
    clinic.go_dark(1);
    edit(&one, patient, |form| form.birth_date = here.into());
    edit(&two, patient, |form| form.birth_date = there.into());
    two.engine.port().out.borrow_mut().clear();
    two.ask(ReconnectSync {}).expect("wakes");
    together(clinic, 30_000);
    assert_eq!(one.ask(Conflicts {}).expect("conflicts").len(), 1);
}

/// What no other tablet has seen when they are put away, and what waits on one of them.
fn apart(clinic: &Rc<Clinic>, one: &Rc<Device>, two: &Rc<Device>) {
    let find = |query: &str| one.ask(Search { query: query.into(), limit: 1 }).expect("finds").rows.remove(0).patient;
    let (melati, keeling) = (find("melati pagi"), find("keeling"));
    contest(clinic, &melati, "1961-07-15", "1961-07-16");
    // A change that the other tablet will not take, signed by a device that it knows.
    write(two, &melati, change("Patient", "somebody-else", "1"));
    together(clinic, 10_000);
    assert_eq!(one.ask(SyncStatus {}).expect("a view").quarantined, 1);
    clinic.go_dark(0);
    clinic.go_dark(1);
    let dahlia = register(two, person("Dahlia", "Sore", "1999-09-09"));
    sign(two, &dahlia, "Nyeri lutut kiri.");
    let (open, theirs) = (one.engine.unlocked().expect("open"), two.engine.unlocked().expect("open"));
    let known = open.heads.borrow().get(&theirs.device).expect("it has written").seq;
    let unsent = pollster::block_on(two.engine.read_log(&theirs, &theirs.device, known, u64::MAX)).expect("the log").0;
    let mut packet = Packet::decode(&unsent[0].1).expect("a packet");
    packet.signed.signature[7] ^= 1;
    pollster::block_on(one.engine.receive(&open, vec![packet.encode()])).expect("the store works");
    drop((open, theirs));
    edit(one, &keeling, |form| form.phone = "+62 21 5550 100".into());
    one.ask(SaveDraft { patient: melati, draft: visit("Belum selesai ditulis…") }).expect("saves");
    one.ask(SaveDraft { patient: keeling.clone(), draft: visit("Dibuang") }).expect("saves");
    one.ask(DiscardDraft { patient: keeling }).expect("discards");
    two.ask(SaveDraft { patient: dahlia, draft: visit("Draf di tablet kedua") }).expect("saves");
}

fn change(resource_type: &str, id: &str, value: &str) -> Change {
    let op = Op { element: "note".into(), item: None, value: Some(RawJson::from_stored(value)), replaces: vec![] };
    let hlc = crate::base::Hlc::new(FIRST_DAY as u64, 9);
    Change { resource: ResourceRef::new(resource_type, id), hlc, ops: vec![op], schema: 1 }
}

fn write(device: &Device, patient: &str, change: Change) {
    let open = device.engine.unlocked().expect("open");
    let decision = Decision { patient: patient.parse().expect("an id"), changes: vec![change] };
    pollster::block_on(device.engine.write(&open, vec![decision], vec![], vec![])).expect("writes");
}
