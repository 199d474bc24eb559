//! A day on one tablet, step by step: everything that writes, and what only reads beside it. Each step can be tried
//! again after it failed.

use std::cell::RefCell;
use std::rc::Rc;

use crate::clinic::allergy::AllergyForm;
use crate::clinic::note::VisitDraft;
use crate::engine::api::*;
use crate::engine::tests::clinic::Clinic;
use crate::engine::tests::together::{packets, pair_apart};
use crate::engine::tests::world::{Device, passphrase};
use crate::engine::tests::{BUNDLE, form};

/// More people than one row of the search index holds.
const LISTED: usize = 70;

pub struct Day {
    pub device: Rc<Device>,
    pub staff: String,
    /// What the second tablet wrote the evening before, and this one has not seen.
    theirs: Vec<Vec<u8>>,
    /// The patient whom both tablets know and both edit.
    shared: String,
    note: RefCell<String>,
    allergy: RefCell<String>,
    _clinic: Rc<Clinic>,
}

type Act = fn(&Day) -> Result<(), Fault>;

pub const STEPS: &[(&str, Act)] = &[
    ("a draft", |day| day.draft("Batuk tiga hari.")),
    ("a longer draft", |day| day.draft("Batuk tiga hari, tanpa demam.")),
    ("a visit is signed", Day::sign),
    ("an addendum", Day::addendum),
    ("somebody is registered", |day| day.device.ask(RegisterPatient { form: form("Kenanga", "Hujan") }).map(drop)),
    ("an allergy", Day::allergy),
    ("a mistake is marked", Day::mark),
    ("an edit", |day| day.edit("1961-07-15")),
    ("an import", |day| day.import("one.json", BUNDLE)),
    ("a list is imported", |day| day.import("list.ndjson", &list())),
    ("an import is cancelled", Day::cancelled_import),
    ("another draft", |day| day.draft("Salah pasien.")),
    ("it is thrown away", |day| day.device.ask(DiscardDraft { patient: day.shared.clone() })),
    ("one record is exported", |day| {
        day.device.ask_for_file(ExportPatient { patient: day.shared.clone(), job: 4 }).map(drop)
    }),
    ("the clinic is exported", |day| day.device.ask_for_file(ExportClinic { job: 5 }).map(drop)),
    ("a chart is opened", |day| day.device.ask(OpenChart { patient: day.shared.clone() }).map(drop)),
    ("what can wait is put in order", |day| {
        pollster::block_on(day.device.engine.tend());
        Ok(())
    }),
    ("locked, and unlocked", |day| {
        day.device.ask(Lock {})?;
        day.device.ask(Unlock { staff: day.staff.clone(), passphrase: passphrase() }).map(drop)
    }),
    ("what the other tablet wrote", Day::receive),
    ("a conflict is settled", Day::settle),
    ("a last draft", |day| day.draft("Kontrol minggu depan.")),
];

impl Day {
    /// Two tablets that know one patient; the second has gone on writing where this one cannot hear it.
    pub fn begin() -> Day {
        let (clinic, one, two) = pair_apart();
        let shared = one.ask(RegisterPatient { form: form("Melati", "Pagi") }).expect("registers").patient;
        let open = two.engine.unlocked().expect("open");
        pollster::block_on(two.engine.receive(&open, packets(&one))).expect("takes it");
        edit(&two, &shared, "1961-07-16").expect("edits");
        for given in ["Dahlia", "Seruni"] {
            two.ask(RegisterPatient { form: form(given, "Sore") }).expect("registers");
        }
        let theirs = packets(&two);
        let staff = one.engine.unlocked().expect("open").staff_id.hex();
        Day {
            device: one,
            staff,
            theirs,
            shared,
            note: RefCell::default(),
            allergy: RefCell::default(),
            _clinic: clinic,
        }
    }

    /// Locking that failed has locked all the same.
    pub fn sign_in(&self) {
        if matches!(self.device.ask(Status {}), Ok(AppStatus::Locked(_))) {
            self.device.ask(Unlock { staff: self.staff.clone(), passphrase: passphrase() }).expect("unlocks");
        }
    }

    fn draft(&self, words: &str) -> Result<(), Fault> {
        let draft = VisitDraft { subjective: words.into(), ..VisitDraft::default() };
        self.device.ask(SaveDraft { patient: self.shared.clone(), draft }).map(drop)
    }

    fn sign(&self) -> Result<(), Fault> {
        let draft = VisitDraft { subjective: "Batuk tiga hari, tanpa demam.".into(), ..VisitDraft::default() };
        let saved = self.device.ask(SignVisit { patient: self.shared.clone(), draft })?;
        self.note.replace(saved.id);
        Ok(())
    }

    fn addendum(&self) -> Result<(), Fault> {
        let (note, text) = (self.note.borrow().clone(), "Pasien menelepon: membaik.".into());
        self.device.ask(AddAddendum { patient: self.shared.clone(), note, text }).map(drop)
    }

    fn allergy(&self) -> Result<(), Fault> {
        let form = AllergyForm { substance: "Amoxicillin".into(), ..AllergyForm::default() };
        let saved = self.device.ask(RecordAllergy { patient: self.shared.clone(), form })?;
        self.allergy.replace(saved.id);
        Ok(())
    }

    fn mark(&self) -> Result<(), Fault> {
        let (resource_type, id) = ("AllergyIntolerance".into(), self.allergy.borrow().clone());
        let mark = MarkError { patient: self.shared.clone(), resource_type, id, reason: "salah pasien".into() };
        self.device.ask(mark).map(drop)
    }

    fn edit(&self, born: &str) -> Result<(), Fault> {
        edit(&self.device, &self.shared, born)
    }

    fn import(&self, name: &str, text: &str) -> Result<(), Fault> {
        self.device.ask_with_file(PreviewImport { job: 1 }, name, text)?;
        self.device.ask(CommitImport { job: 1 }).map(drop)
    }

    fn cancelled_import(&self) -> Result<(), Fault> {
        let other = BUNDLE.replace("1111-", "9999-").replace("Rimba", "Laut");
        self.device.ask_with_file(PreviewImport { job: 2 }, "two.json", &other)?;
        self.device.ask(CancelJob { job: 2 })
    }

    fn receive(&self) -> Result<(), Fault> {
        let open = self.device.engine.unlocked()?;
        pollster::block_on(self.device.engine.receive(&open, self.theirs.clone())).map(drop)
    }

    fn settle(&self) -> Result<(), Fault> {
        let conflict = self.device.ask(Conflicts {})?.into_iter().next().ok_or(Fault::NotFound)?;
        let keep = conflict.sides.iter().find(|side| side.mine).map(|side| side.op.clone()).ok_or(Fault::NotFound)?;
        let (patient, resource_type) = (conflict.patient, conflict.resource_type);
        let settle = Settle { patient, resource_type, id: conflict.id, element: conflict.element, keep };
        self.device.ask(settle).map(drop)
    }
}

fn edit(device: &Device, patient: &str, born: &str) -> Result<(), Fault> {
    let before = device.ask(PatientToEdit { patient: patient.into() })?;
    let after = crate::clinic::patient::PatientForm { birth_date: born.into(), ..before.clone() };
    device.ask(EditPatient { patient: patient.into(), before, after }).map(drop)
}

fn list() -> String {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    let name = |n: usize| format!("Orang{}{}", letter(n / 26), letter(n));
    let person = |n: usize| {
        let (name, year) = (name(n), 1920 + n);
        format!(
            r#"{{"resourceType":"Patient","id":"list-{n}","name":[{{"family":"Baris","given":["{name}"]}}],"birthDate":"{year}"}}"#
        ) + "\n"
    };
    (0..LISTED).map(person).collect()
}
