//! What a screen may ask of the engine and what comes back. Crosses the worker boundary as JSON.
//! Bytes (files, exports) travel beside it as transferables, named here by a handle.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroize;

use crate::clinic::allergy::AllergyForm;
use crate::clinic::chart::{Chart, Conflict, Detail};
use crate::clinic::diagnosis::CodeHit;
use crate::clinic::note::VisitDraft;
use crate::clinic::patient::{FieldProblem, LikelyDuplicate, PatientForm, PatientIdText, PatientRow};

/// A passphrase or code on its way to the KDF: never printed, wiped on drop.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A typed command: what it is called and what it answers.
pub trait Call: Serialize {
    type Reply: Serialize + DeserializeOwned;
    fn into_command(self) -> Command;
}

macro_rules! commands {
    ($( $(#[$meta:meta])* $name:ident { $( $(#[$fmeta:meta])* $field:ident : $ty:ty ),* $(,)? } -> $reply:ty; )*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Serialize, Deserialize)]
            pub struct $name { $( $(#[$fmeta])* pub $field: $ty ),* }

            impl Call for $name {
                type Reply = $reply;
                fn into_command(self) -> Command { Command::$name(self) }
            }
        )*

        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[allow(clippy::large_enum_variant)]
        pub enum Command { $( $name($name) ),* }

        impl Command {
            /// The command's name, safe to log.
            pub fn name(&self) -> &'static str {
                match self { $( Command::$name(_) => stringify!($name) ),* }
            }
        }
    };
}

commands! {
    /// Which screen to open with: no clinic yet, locked, or unlocked.
    Status {} -> AppStatus;

    /// Makes a new clinic with this person as its owner, and unlocks it.
    CreateClinic { clinic_name: String, staff_name: String, device_name: String, passphrase: Secret } -> Session;
    /// Makes the demo clinic (synthetic patients), and unlocks it. Progress comes as `Event::Progress`.
    OpenDemo {} -> Session;
    Unlock { staff: String, passphrase: Secret } -> Session;
    /// The caller terminates the worker afterwards.
    Lock {} -> ();
    /// Removes the clinic from this device; the caller has asked twice. Needs the passphrase of a member of staff.
    RemoveClinic { staff: String, passphrase: Secret } -> ();

    /// What matches as it is written, at once.
    Search { query: String, limit: u32 } -> SearchResults;
    /// The same, and after it similar names: ask when `few` match. A newer search cancels it.
    SearchSimilar { query: String, limit: u32 } -> SearchResults;
    /// Recently opened or changed patients, newest first.
    Recent { limit: u32 } -> Vec<PatientRow>;
    /// Checks a form as it is typed: problems by field, likely duplicates.
    CheckPatient { form: PatientForm, patient: Option<PatientIdText> } -> PatientCheck;
    RegisterPatient { form: PatientForm } -> PatientRow;
    /// The form as stored, to edit.
    PatientToEdit { patient: PatientIdText } -> PatientForm;
    /// Writes only what differs from `before`, so that an edit made elsewhere meanwhile is not undone.
    EditPatient { patient: PatientIdText, before: PatientForm, after: PatientForm } -> PatientRow;

    OpenChart { patient: PatientIdText } -> Chart;
    OpenResource { patient: PatientIdText, resource_type: String, id: String } -> Detail;

    SaveDraft { patient: PatientIdText, draft: VisitDraft } -> Saved;
    LoadDraft { patient: PatientIdText } -> Option<VisitDraft>;
    DiscardDraft { patient: PatientIdText } -> ();
    /// My unsigned drafts over all patients.
    Drafts {} -> Vec<DraftRow>;
    /// Signs the visit with the user's key. Problems with values come back as `Fault::Fields`.
    SignVisit { patient: PatientIdText, draft: VisitDraft } -> Saved;
    AddAddendum { patient: PatientIdText, note: String, text: String } -> Saved;
    RecordAllergy { patient: PatientIdText, form: AllergyForm } -> Saved;
    /// Marks one resource entered-in-error, with the reason kept.
    MarkError { patient: PatientIdText, resource_type: String, id: String, reason: String } -> Saved;
    /// ICD-10 by code or words.
    SearchDiagnosis { query: String, limit: u32 } -> Vec<CodeHit>;

    /// Reads the files handed over beside this command; nothing becomes part of the record. Progress as events under this job.
    PreviewImport { job: u32 } -> ImportPreview;
    /// Writes what the preview showed, all or nothing.
    CommitImport { job: u32 } -> ImportReport;
    /// What an earlier session left of an import; what had not come to be written is swept away by asking.
    Imports {} -> ImportStanding;
    /// Finishes an import whose writing was interrupted. Needs no file.
    ResumeImport { job: u32 } -> ImportReport;
    /// Undoes it instead: the record is as it was before.
    UndoImport { job: u32 } -> ();
    /// Stops a preview or commit that is running, or lets a preview go; nothing stays.
    CancelJob { job: u32 } -> ();
    /// One patient as a FHIR Bundle (collection). The file arrives beside the reply.
    ExportPatient { patient: PatientIdText, job: u32 } -> ExportReport;
    /// The clinic as NDJSON by type in a zip. The file arrives beside the reply.
    ExportClinic { job: u32 } -> ExportReport;

    /// Opens a pairing window of five minutes on this (owner's) device.
    StartPairing {} -> PairingInvite;
    CancelPairing {} -> ();
    /// The owner lets the waiting device in, or not.
    AnswerPairing { accept: bool, role: Role } -> ();
    /// On the new device: `code` from the QR or as typed. The outcome comes as `Event::Pairing`.
    JoinClinic { code: Secret, device_name: String, staff_name: String, passphrase: Secret } -> ();
    SyncStatus {} -> SyncView;
    /// Try again now (after a network change).
    ReconnectSync {} -> ();
    Devices {} -> Vec<DeviceRow>;

    Conflicts {} -> Vec<Conflict>;
    /// Keeps the value of one op (`Side::op`); the others are replaced, not lost: history shows them.
    Settle { patient: PatientIdText, resource_type: String, id: String, element: String, keep: String } -> Saved;

    /// Newest first.
    AuditLog { patient: Option<PatientIdText>, limit: u32 } -> Vec<AuditRow>;
    /// Walks the whole audit chain and checks every hash and signature.
    VerifyAudit {} -> AuditVerdict;
    StorageUse {} -> StorageView;
    /// What takes how much room on this device. Looks at a part of many rows, so that it takes no time in a large clinic.
    StorageKinds {} -> Vec<KindUse>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum AppStatus {
    /// No clinic on this device.
    Fresh,
    Locked(LockView),
    Unlocked(Session),
    /// There was a clinic here, and the browser has lost its database: never a blank clinic without a word. The page
    /// remembers; the engine, which sees an empty store, says `Fresh`.
    Missing,
    /// The database that should hold the clinic is damaged; guided recovery, never a blank clinic.
    Damaged {
        reason: String,
    },
}

/// What the lock screen may show before anybody has unlocked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LockView {
    pub clinic_name: String,
    pub demo: bool,
    pub staff: Vec<StaffTile>,
    /// Milliseconds since the epoch before which another try is refused; 0 if none.
    pub retry_at: i64,
    pub failed_tries: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaffTile {
    pub staff: String,
    pub name: String,
    pub role: Role,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Owner,
    #[default]
    Clinician,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub clinic_name: String,
    pub demo: bool,
    pub staff: StaffTile,
    pub device_name: String,
    pub patients: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    pub query: String,
    pub rows: Vec<PatientRow>,
    /// How many match in all ("Showing 10 of 40").
    pub total: u64,
    /// More than `total`, and not counted ("Showing 10 of more than 200").
    #[serde(default)]
    pub more: bool,
    /// So few that similar names are worth asking for.
    #[serde(default)]
    pub few: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PatientCheck {
    pub problems: Vec<FieldProblem>,
    pub duplicates: Vec<LikelyDuplicate>,
}

/// Returned only after a strict commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// The id of the resource that was made or changed, where there is one; else empty.
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftRow {
    pub row: PatientRow,
    pub saved: i64,
}

/// One thing wrong with imported data, named by its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The file it stands in.
    pub file: String,
    /// FHIR issue severity: fatal, error, warning, information.
    pub severity: String,
    /// FHIR issue code, e.g. structure, value, required, duplicate.
    pub code: String,
    /// Where: `Bundle.entry[3].resource.birthDate`, or a line of NDJSON.
    pub path: String,
    /// Plain words, in English, without values from the record.
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportPreview {
    pub job: u32,
    pub files: u32,
    pub patients_new: u32,
    pub patients_known: u32,
    /// By FHIR type: how many new, changed, already here.
    pub types: Vec<ImportCount>,
    pub issues: Vec<Issue>,
    /// Something is so broken that nothing may be imported.
    pub blocked: bool,
    /// Names of the first new patients, to recognise the file by.
    pub sample: Vec<PatientRow>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCount {
    pub resource_type: String,
    pub new: u32,
    pub changed: u32,
    pub same: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    pub resources: u64,
    pub patients: u64,
    pub millis: i64,
    pub issues: Vec<Issue>,
    /// The report as a FHIR OperationOutcome, pretty-printed.
    pub outcome: String,
}

/// What an interruption left of imports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportStanding {
    /// One had been read, or was being undone: nothing of it was kept.
    pub dropped: bool,
    /// One had begun to be written: none of it is seen until it is finished.
    pub unfinished: Option<UnfinishedImport>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedImport {
    pub resources: u64,
    pub patients: u64,
    /// Resources written before the interruption.
    pub done: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExportReport {
    /// Suggested file name; says nothing about a patient.
    pub file_name: String,
    pub media_type: String,
    pub resources: u64,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairingInvite {
    /// For the QR: the app's own URL with the secret in its fragment.
    pub url_fragment: String,
    /// Modules of the QR of that URL, row by row; true is dark.
    pub qr: Vec<Vec<bool>>,
    /// Twelve digits to type instead.
    pub digits: String,
    pub expires: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRow {
    pub device: String,
    pub name: String,
    pub this: bool,
    pub connected: bool,
    /// Milliseconds since the epoch; 0 if never.
    pub last_seen: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SyncView {
    pub relay: RelayState,
    pub peers: Vec<PeerView>,
    /// Changes made here that no other device is known to have.
    pub unshared: u64,
    /// Other devices of this clinic, connected or not.
    pub other_devices: u32,
    /// Milliseconds since the epoch of the last moment when everything was shared; 0 if never.
    pub last_synced: i64,
    pub conflicts: u32,
    pub quarantined: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelayState {
    /// Not trying: locked, or there is no other device.
    #[default]
    Off,
    Connecting,
    Online,
    Offline,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerView {
    pub device: String,
    pub name: String,
    pub path: Path,
    /// Still to receive and to send, in bundles.
    pub to_receive: u64,
    pub to_send: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// WebRTC data channel.
    Direct,
    /// The relay's WebSocket, opaque.
    Relay,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    pub at: i64,
    pub by: String,
    pub device: String,
    /// Fluent message id of what was done: `audit-opened-chart`, `audit-signed-visit`, …
    pub action: String,
    pub patient: Option<PatientRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditVerdict {
    pub entries: u64,
    /// The first entry that does not verify, if any.
    pub broken_at: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StorageView {
    pub patients: u64,
    pub bundles: u64,
}

/// What lies on the device, in the clinic's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StorageKind {
    /// Bundles, and the chains that lead to them.
    Records,
    Search,
    Drafts,
    Audit,
    /// Certificates, wrapped keys, the vault itself.
    Keys,
    /// What came from another device and could not be used yet.
    Waiting,
    /// Of an import that is not finished.
    Import,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindUse {
    pub kind: StorageKind,
    /// Keys and values as they were given to the browser, which adds its own and may compress.
    pub bytes: u64,
    /// Estimated from evenly spaced rows, not counted.
    pub about: bool,
}

/// What the engine says without being asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// These patients changed (here or by sync); open screens refresh.
    Changed {
        patients: Vec<PatientIdText>,
        remote: bool,
    },
    Progress {
        job: u32,
        phase: Phase,
        done: u64,
        total: u64,
    },
    Sync(SyncView),
    /// Everything that was missing has arrived and been sent: "caught up".
    CaughtUp {
        received: u64,
        sent: u64,
    },
    Pairing(PairingEvent),
    /// The vault was closed (another tab took over, or the session was ended).
    Locked {
        reason: LockReason,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Reading,
    Checking,
    Sealing,
    Writing,
    Undoing,
    Exporting,
    Demo,
    /// The search index is being made again from the record.
    Indexing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockReason {
    Asked,
    Idle,
    AnotherTab,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairingEvent {
    /// On both sides: compare the six digits.
    Verify {
        digits: String,
        device_name: String,
        staff_name: String,
    },
    /// The owner's side asks: let it in?
    Asked {
        digits: String,
        device_name: String,
        staff_name: String,
    },
    /// The new device is in; on it, the clinic now exists and is unlocked.
    Done {
        session: Option<Session>,
    },
    Failed {
        fault: Fault,
    },
}

/// Why a command was not carried out. `code` is a Fluent message id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    #[error("wrong passphrase")]
    WrongPassphrase { retry_at: i64 },
    #[error("too many tries")]
    TooSoon { retry_at: i64 },
    #[error("locked")]
    Locked,
    #[error("not found")]
    NotFound,
    #[error("some fields need attention")]
    Fields { problems: Vec<FieldProblem> },
    #[error("this role may not do that")]
    NotAllowed,
    #[error("the device has no space left")]
    StorageFull,
    #[error("the device's storage failed")]
    Storage { detail: String },
    #[error("stored data did not open")]
    Damaged { detail: String },
    #[error("cancelled")]
    Cancelled,
    #[error("another tab holds this clinic")]
    AnotherTab,
    #[error("the pairing code is wrong or has expired")]
    BadPairingCode,
    #[error("the relay cannot be reached")]
    Offline,
    #[error("{detail}")]
    Refused { detail: String },
}
