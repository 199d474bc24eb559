//! The vault: making a clinic, opening and closing it. What stands here in the clear is what the lock screen needs
//! (clinic and staff names) and what a passphrase is checked against; everything else is sealed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use futures::future::join;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::base::order::filled;
use crate::base::{ClinicId, DeviceId, Hash, Hlc, StaffId, Timestamp};
use crate::clinic::patient::FieldProblem;
use crate::crypto::bundle::StaffBundle;
use crate::crypto::cert::{self, Certificate, SESSION_MAX_MS};
use crate::crypto::kdf::PassphraseParams;
use crate::crypto::slot::{SlotFault, SlotSet, make_passphrase_slot, open_slot};
use crate::crypto::store_keys::StoreKeys;
use crate::crypto::{Body, ControlLog, Role as CertRole, SigningPair};
use crate::port::{Port, Space, Store, Write};
use crate::record::bundle::to_cbor;

use super::Engine;
use super::api::{AppStatus, CreateClinic, Fault, LockView, RemoveClinic, Role, Secret, Session, StaffTile};
use super::audit::{Act, Action, AuditHead};
use super::index::PatientIndex;
use super::log::SealedBody;
use super::log::Stage;
use super::open::{Open, States, row_context};

const VAULT: &[u8] = b"vault";
const TRIES: &[u8] = b"tries";
const TRUST: &[u8] = b"trust";
const COUNTERS: &[u8] = b"counters";
/// The longest wait after failed tries.
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1000;
/// How often, and how long each time, locking waits for what is under way.
const LAST_WORDS: u32 = 50;
const LAST_WORD_MS: u32 = 10;
/// Shortest passphrase for a new clinic, in characters.
pub const PASSPHRASE_MIN: usize = 10;

/// In the clear: read before anybody has unlocked.
#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct Vault {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub clinic: ClinicId,
    #[n(2)]
    pub clinic_name: String,
    #[n(3)]
    pub demo: bool,
    #[n(4)]
    pub device: DeviceId,
    #[n(5)]
    pub device_name: String,
    #[n(6)]
    pub staff: Vec<VaultStaff>,
}

#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct VaultStaff {
    #[n(0)]
    pub staff: StaffId,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub role: u8,
    /// `crypto::slot::SlotSet`.
    #[n(3)]
    pub slots: ByteVec,
}

#[derive(Clone, Copy, Debug, Default, Encode, Decode)]
pub(super) struct Tries {
    #[n(0)]
    pub failed: u32,
    #[n(1)]
    pub retry_at: i64,
}

/// Sealed: which certificates this device believes in and is.
#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct Trust {
    #[n(0)]
    pub anchor: Hash,
    #[n(1)]
    pub device_cert: Hash,
    #[n(2)]
    pub staff: Vec<(StaffId, Hash)>,
}

/// Sealed: numbers that must survive.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub(super) struct Counters {
    #[n(0)]
    pub next_mrn: u64,
    #[n(1)]
    pub witnessed: u64,
    #[n(2)]
    pub last_synced: i64,
    /// This device's imports that nobody else is known to hold whole.
    #[n(3)]
    pub imports: Option<Vec<Unshared>>,
}

/// One of this device's imports, by the author of its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Unshared {
    #[n(0)]
    pub author: DeviceId,
    /// Its last change, and the last that another device is known to hold.
    #[n(1)]
    pub seq: u64,
    #[n(2)]
    pub witnessed: u64,
}

/// Everything a device needs to be part of a clinic; made here or handed over in pairing.
pub(super) struct Founding {
    pub clinic: ClinicId,
    pub clinic_name: String,
    pub demo: bool,
    pub device_name: String,
    pub staff_name: String,
    pub role: Role,
    pub bundle: StaffBundle,
    /// Every certificate of the control log; the genesis among them.
    pub certificates: Vec<Vec<u8>>,
    pub anchor: Hash,
    pub device_cert: Hash,
    pub staff_cert: Hash,
    pub action: Action,
}

impl Role {
    pub(super) fn code(self) -> CertRole {
        match self {
            Role::Owner => CertRole::OWNER,
            Role::Clinician => CertRole::CLINICIAN,
        }
    }

    /// Codes this version does not know may read and write nothing beyond a clinician's.
    pub(super) fn from_code(code: u8) -> Role {
        if CertRole(code) == CertRole::OWNER { Role::Owner } else { Role::Clinician }
    }
}

impl<P: Port> Engine<P> {
    async fn load_vault(&self) -> Result<Option<Vault>, Fault> {
        match self.port.store().get(Space::Meta, VAULT).await? {
            None => Ok(None),
            Some(bytes) => {
                let vault: Vault = minicbor::decode(&bytes).map_err(|_| Fault::damaged("the vault's header"))?;
                if vault.version > 1 {
                    return Err(Fault::damaged("the vault was written by a newer version of the app"));
                }
                Ok(Some(vault))
            }
        }
    }

    async fn load_tries(&self) -> Result<Tries, Fault> {
        let bytes = self.port.store().get(Space::Meta, TRIES).await?;
        Ok(bytes.and_then(|b| minicbor::decode(&b).ok()).unwrap_or_default())
    }

    pub(super) async fn lock_view(&self) -> Result<AppStatus, Fault> {
        let vault = match self.load_vault().await {
            Ok(Some(vault)) => vault,
            Ok(None) => {
                // Rows without a header: the vault lost its head, which is never a blank new clinic.
                if self.port.store().count(Space::Log).await? > 0 {
                    return Ok(AppStatus::Damaged { reason: "the vault's header is missing".into() });
                }
                return Ok(AppStatus::Fresh);
            }
            Err(Fault::Damaged { detail }) => return Ok(AppStatus::Damaged { reason: detail }),
            Err(other) => return Err(other),
        };
        let tries = self.load_tries().await?;
        Ok(AppStatus::Locked(LockView {
            clinic_name: vault.clinic_name,
            demo: vault.demo,
            staff: vault
                .staff
                .iter()
                .map(|s| StaffTile { staff: s.staff.hex(), name: s.name.clone(), role: Role::from_code(s.role) })
                .collect(),
            retry_at: tries.retry_at,
            failed_tries: tries.failed,
        }))
    }

    pub(super) async fn create_clinic(&self, command: CreateClinic) -> Result<Session, Fault> {
        let mut problems = Vec::new();
        for (field, value) in [
            ("clinic_name", &command.clinic_name),
            ("staff_name", &command.staff_name),
            ("device_name", &command.device_name),
        ] {
            name_problem(field, value).into_iter().for_each(|p| problems.push(p));
        }
        passphrase_problem(&command.passphrase).into_iter().for_each(|p| problems.push(p));
        if !problems.is_empty() {
            return Err(Fault::Fields { problems });
        }
        self.found_clinic(&command.clinic_name, &command.staff_name, &command.device_name, &command.passphrase, false)
            .await
    }

    /// Makes the keys and first certificates of a clinic with one owner on one device, and opens it.
    pub(super) async fn found_clinic(
        &self,
        clinic_name: &str,
        staff_name: &str,
        device_name: &str,
        passphrase: &Secret,
        demo: bool,
    ) -> Result<Session, Fault> {
        let now = self.now();
        let mut clinic = ClinicId::ZERO;
        let bundle = {
            let mut fill = self.fill();
            fill(&mut clinic.0);
            StaffBundle::make(&mut fill)
        };
        let Some(root) = bundle.root_pair() else { return Err(Fault::damaged("the clinic's root")) };
        let genesis = Certificate::genesis(&root, clinic, clinic_name.trim(), now)?;
        let staff = cert::Staff {
            key: bundle.staff_pair().public(),
            name: staff_name.trim().to_owned(),
            title: String::new(),
            role: CertRole::OWNER,
            issued: now,
        };
        let staff = Certificate::issue(genesis.hash(), &root, Body::Staff(staff))?;
        let device = cert::Device {
            key: bundle.device_pair().public(),
            agreement: bundle.device_agreement_public(),
            name: device_name.trim().to_owned(),
            issued: now,
        };
        let device = Certificate::issue(staff.hash(), &bundle.staff_pair(), Body::Device(device))?;
        self.establish(
            Founding {
                clinic,
                clinic_name: clinic_name.trim().to_owned(),
                demo,
                device_name: device_name.trim().to_owned(),
                staff_name: staff_name.trim().to_owned(),
                role: Role::Owner,
                bundle,
                certificates: [&genesis, &staff, &device].into_iter().map(|c| c.bytes().to_vec()).collect(),
                anchor: genesis.hash(),
                device_cert: device.hash(),
                staff_cert: staff.hash(),
                action: Action::CreatedClinic,
            },
            passphrase,
        )
        .await
    }

    /// Writes a new vault, all in one transaction, and opens it.
    pub(super) async fn establish(&self, founding: Founding, passphrase: &Secret) -> Result<Session, Fault> {
        let _turn = self.door.lock().await;
        if self.load_vault().await?.is_some() {
            return Err(Fault::Refused { detail: "this device already holds a clinic".into() });
        }
        let slots = {
            let mut fill = self.fill();
            make_passphrase_slot(founding.clinic, &passphrase.0, PassphraseParams::DEFAULT, &founding.bundle, &mut fill)
                .map_err(slot_fault)?
        };
        let vault = Vault {
            version: 1,
            clinic: founding.clinic,
            clinic_name: founding.clinic_name.clone(),
            demo: founding.demo,
            device: founding.bundle.device(),
            device_name: founding.device_name.clone(),
            staff: vec![VaultStaff {
                staff: founding.bundle.staff(),
                name: founding.staff_name.clone(),
                role: founding.role.code().0,
                slots: slots.to_bytes().map_err(slot_fault)?.into(),
            }],
        };
        let trust = Trust {
            anchor: founding.anchor,
            device_cert: founding.device_cert,
            staff: vec![(founding.bundle.staff(), founding.staff_cert)],
        };
        let control = control_log(&founding.certificates, founding.anchor)?;
        if control.clinic() != founding.clinic {
            return Err(Fault::Refused { detail: "the certificates are of another clinic".into() });
        }
        let open = self.begin_session(&vault, &trust, founding.bundle, control)?;
        let mut writes = vec![Write::put(Space::Meta, VAULT, to_cbor(&vault))];
        writes.push(Write::put(
            Space::Meta,
            TRUST,
            self.seal_row(&open, &open.keys.config, Space::Meta, TRUST, &to_cbor(&trust))?,
        ));
        for bytes in &founding.certificates {
            writes.push(self.certificate_write(&open, &Certificate::parse(bytes)?)?);
        }
        writes.push(self.session_write(&open)?);
        // In the same transaction as the vault: no clinic is ever found without its name, or its notes without their author.
        let first = match founding.action {
            Action::CreatedClinic => {
                vec![self.organization(&open), self.practitioner(&open, &open.staff_id, &open.staff.name)]
            }
            _ => Vec::new(),
        };
        let first = self.seal(&open, first).await?;
        self.enter(Rc::new(open), first, vec![Act::new(founding.action), Act::new(Action::Unlocked)], writes).await
    }

    pub(super) async fn unlock(&self, staff: &str, passphrase: &Secret) -> Result<Session, Fault> {
        // One try at a time, or many at once would share one waiting time.
        let _turn = self.door.lock().await;
        if let Ok(open) = self.unlocked() {
            return Ok(open.session_view());
        }
        let (vault, bundle) = self.check_passphrase(staff, passphrase).await?;
        let keys = StoreKeys::derive(&bundle.device_root);
        let sealed_here = |space: Space, key: &[u8], sealed: &[u8]| {
            let context = row_context(vault.clinic, space.name(), key);
            crate::crypto::envelope::open(&keys.config, &context, sealed)
        };
        let store = self.port.store();
        let (sealed, rows) = join(store.get(Space::Meta, TRUST), store.range(Space::Control, &[], None, None)).await;
        let sealed = sealed?.ok_or_else(|| Fault::damaged("the list of trusted certificates"))?;
        let trust: Trust = minicbor::decode(&sealed_here(Space::Meta, TRUST, &sealed)?)
            .map_err(|_| Fault::damaged("the list of trusted certificates"))?;
        let mut certificates = Vec::new();
        for row in rows? {
            certificates.push(sealed_here(Space::Control, &row.key, &row.value)?.into_vec());
        }
        let parsed = certificates.iter().map(|bytes| Certificate::parse(bytes)).collect::<Result<Vec<_>, _>>()?;
        // Accepted and sealed by this device before: restored without verifying every signature once more.
        let control = ControlLog::restore(trust.anchor, parsed)?;
        let failed = self.load_tries().await?.failed;
        let open = self.begin_session(&vault, &trust, bundle, control)?;
        let writes = vec![self.session_write(&open)?, Write::delete(Space::Meta, TRIES)];
        let open = Rc::new(open);
        self.load_into(&open).await?;
        let mut acts = Vec::new();
        if failed > 0 {
            acts.push(Act::new(Action::FailedSignIn).note(failed.to_string()));
        }
        acts.push(Act::new(Action::Unlocked));
        let view = self.enter(open.clone(), Vec::new(), acts, writes).await?;
        // What cannot be read again today stays where it is; nobody is kept from work by it.
        let _ = self.review_quarantine(&open).await;
        Ok(view)
    }

    async fn check_passphrase(&self, staff: &str, passphrase: &Secret) -> Result<(Vault, StaffBundle), Fault> {
        let vault = self.load_vault().await?.ok_or(Fault::NotFound)?;
        let now = self.now();
        let tries = self.load_tries().await?;
        // A longer wait than there is means that the clock was set back: nobody waits until an imagined year.
        if (1..=LONGEST_WAIT_MS).contains(&(tries.retry_at.saturating_sub(now.0))) {
            return Err(Fault::TooSoon { retry_at: tries.retry_at });
        }
        let entry = vault.staff.iter().find(|s| s.staff.hex() == staff).ok_or(Fault::NotFound)?;
        let set = SlotSet::parse(&entry.slots).map_err(slot_fault)?;
        match open_slot(&passphrase.0, &set) {
            Ok(slots) => Ok((vault, slots.bundle)),
            Err(SlotFault::WrongPassphrase) => {
                let failed = tries.failed.saturating_add(1);
                let wait = 1000i64.saturating_mul(1 << failed.saturating_sub(1).min(20)).min(LONGEST_WAIT_MS);
                // Counted from after the derivation, which itself takes a second.
                let retry_at = self.now().plus_millis(wait).0;
                let row = to_cbor(&Tries { failed, retry_at });
                self.port.store().commit(vec![Write::put(Space::Meta, TRIES, row)]).await?;
                Err(Fault::WrongPassphrase { retry_at })
            }
            Err(other) => Err(slot_fault(other)),
        }
    }

    /// Makes the session key and its certificate, signed by the person and the device.
    fn begin_session(
        &self,
        vault: &Vault,
        trust: &Trust,
        bundle: StaffBundle,
        mut control: ControlLog,
    ) -> Result<Open, Fault> {
        let now = self.now();
        let staff_id = bundle.staff();
        let entry =
            vault.staff.iter().find(|s| s.staff == staff_id).ok_or_else(|| Fault::damaged("the list of staff"))?;
        let staff_cert = trust
            .staff
            .iter()
            .find(|(s, _)| *s == staff_id)
            .map(|(_, c)| *c)
            .ok_or_else(|| Fault::damaged("the list of staff"))?;
        let session = SigningPair::make(&mut self.fill());
        let certificate = Certificate::session(
            staff_cert,
            cert::Session {
                key: session.public(),
                device: trust.device_cert,
                not_before: now,
                not_after: now.plus_millis(SESSION_MAX_MS),
            },
            &bundle.staff_pair(),
            &bundle.device_pair(),
        )?;
        let session_cert = certificate.hash();
        control.add(certificate)?;
        let authority = control.verify_chain(&session_cert).map_err(|_| Fault::NotAllowed)?;
        // The role as it is certified: the one beside the name on the lock screen is only there to be shown.
        let role = Role::from_code(authority.role.0);
        Ok(Open {
            clinic: vault.clinic,
            clinic_name: vault.clinic_name.clone(),
            demo: vault.demo,
            device: bundle.device(),
            device_cert: trust.device_cert,
            device_name: vault.device_name.clone(),
            staff: StaffTile { staff: staff_id.hex(), name: entry.name.clone(), role },
            staff_id,
            staff_cert,
            keys: StoreKeys::derive(&bundle.device_root),
            bundle,
            session,
            session_cert,
            control: RefCell::new(control),
            heads: RefCell::new(BTreeMap::new()),
            hlc: Cell::new(Hlc::default().tick(now)),
            index: RefCell::new(PatientIndex::default()),
            conflicts: RefCell::new(BTreeMap::new()),
            audit: RefCell::new(AuditHead::default()),
            next_mrn: Cell::new(1),
            witnessed: Cell::new(0),
            unshared: RefCell::default(),
            last_synced: Cell::new(Timestamp(0)),
            quarantined: Cell::new(0),
            states: RefCell::new(States::default()),
            patient_keys: RefCell::new(HashMap::new()),
            keys_edition: Cell::new(0),
            stored_mrn: Cell::new(1),
            session_end: now.plus_millis(SESSION_MAX_MS),
            suspects: RefCell::default(),
            staged: RefCell::default(),
            untidy: RefCell::default(),
            drafted: RefCell::default(),
            closed: Cell::new(false),
        })
    }

    /// Reads what a signed-in session keeps in memory: chain ends, conflicts, counters, and beside them the search index.
    async fn load_into(&self, open: &Rc<Open>) -> Result<(), Fault> {
        let (index, rows) = join(self.load_index(open), self.load_rows(open)).await;
        rows.and(index)
    }

    async fn load_rows(&self, open: &Rc<Open>) -> Result<(), Fault> {
        *open.staged.borrow_mut() = filled(self.stages(open).await?.iter().map(Stage::tag));
        *open.heads.borrow_mut() = self.load_heads(open).await?;
        if let Some(last) = self.last_own_hlc(open).await? {
            open.hlc.set(open.hlc.get().witness(last, self.now()));
        }
        *open.conflicts.borrow_mut() = self.load_conflicts(open).await?;
        *open.drafted.borrow_mut() = self.draft_keys().await?;
        *open.audit.borrow_mut() = self.load_audit_head(open).await?;
        open.quarantined.set(self.port.store().count(Space::Quarantine).await? as u32);
        if let Some(sealed) = self.port.store().get(Space::Meta, COUNTERS).await? {
            let plain = self.open_row(open, &open.keys.config, Space::Meta, COUNTERS, &sealed)?;
            let counters: Counters = minicbor::decode(&plain).map_err(|_| Fault::damaged("the counters"))?;
            open.next_mrn.set(counters.next_mrn.max(1));
            open.stored_mrn.set(open.next_mrn.get());
            open.witnessed.set(counters.witnessed);
            open.last_synced.set(Timestamp(counters.last_synced));
            *open.unshared.borrow_mut() = counters.imports.unwrap_or_default();
        }
        Ok(())
    }

    pub(super) fn counters_write(&self, open: &Open) -> Result<Write, Fault> {
        let counters = Counters {
            next_mrn: open.next_mrn.get(),
            witnessed: open.witnessed.get(),
            last_synced: open.last_synced.get().0,
            imports: Some(open.unshared.borrow().clone()).filter(|imports| !imports.is_empty()),
        };
        let sealed = self.seal_row(open, &open.keys.config, Space::Meta, COUNTERS, &to_cbor(&counters))?;
        Ok(Write::put(Space::Meta, COUNTERS, sealed))
    }

    pub(super) fn certificate_write(&self, open: &Open, certificate: &Certificate) -> Result<Write, Fault> {
        let key = certificate.hash().0;
        let sealed = self.seal_row(open, &open.keys.config, Space::Control, &key, certificate.bytes())?;
        Ok(Write::put(Space::Control, key, sealed))
    }

    fn session_write(&self, open: &Open) -> Result<Write, Fault> {
        let control = open.control.borrow();
        let certificate = control.get(&open.session_cert).ok_or_else(|| Fault::damaged("the session's certificate"))?;
        self.certificate_write(open, certificate)
    }

    async fn enter(
        &self,
        open: Rc<Open>,
        bodies: Vec<SealedBody>,
        acts: Vec<Act>,
        writes: Vec<Write>,
    ) -> Result<Session, Fault> {
        self.append(&open, bodies, acts, writes).await?;
        let view = open.session_view();
        *self.open.borrow_mut() = Some(open.clone());
        self.start_sync(&open);
        Ok(view)
    }

    pub(super) async fn lock(&self) -> Result<(), Fault> {
        // Locked at once and in any case; neither a full disk nor a long job may keep a chart open.
        let Some(open) = self.open.borrow_mut().take() else { return Ok(()) };
        self.stop_sync();
        self.imports.take();
        self.jobs.borrow().values().for_each(|job| job.set(true));
        self.cancel_pairing().await;
        // What was asked before the lock is finished first, within reason: a note just signed stays signed.
        for _ in 0..LAST_WORDS {
            if Rc::strong_count(&open) == 1 {
                break;
            }
            self.port.sleep(LAST_WORD_MS).await;
        }
        let _turn = self.door.lock().await;
        let counters = self.counters_write(&open)?;
        let outcome = self.append(&open, Vec::new(), vec![Act::new(Action::Locked)], vec![counters]).await;
        // What is still under way belongs to a session that is over: the next one counts on from what is stored now.
        open.closed.set(true);
        outcome.map(|_| ())
    }

    pub(super) async fn remove_clinic(&self, command: RemoveClinic) -> Result<(), Fault> {
        let _door = self.door.lock().await;
        self.check_passphrase(&command.staff, &command.passphrase).await?;
        self.stop_sync();
        let _turn = self.writer.lock().await;
        if let Some(open) = self.open.borrow_mut().take() {
            open.closed.set(true);
        }
        self.imports.take();
        self.jobs.borrow().values().for_each(|job| job.set(true));
        self.sweep_files(|_| false).await?;
        self.foresight.forget();
        // The header goes last: what a crash leaves half removed is seen as damaged, not as a blank clinic.
        for space in Space::ALL.into_iter().rev() {
            loop {
                let rows = self.port.store().range(space, &[], None, Some(512)).await?;
                if rows.is_empty() {
                    break;
                }
                let writes = rows.into_iter().map(|row| Write::delete(space, row.key)).collect();
                self.port.store().commit(writes).await?;
            }
        }
        Ok(())
    }
}

/// Rebuilds the control log from its certificates, whatever their order.
pub(super) fn control_log(certificates: &[Vec<u8>], anchor: Hash) -> Result<ControlLog, Fault> {
    let mut parsed = Vec::with_capacity(certificates.len());
    for bytes in certificates {
        parsed.push(Certificate::parse(bytes)?);
    }
    let at = parsed
        .iter()
        .position(|c| c.hash() == anchor)
        .ok_or_else(|| Fault::damaged("the clinic's first certificate"))?;
    let mut log = ControlLog::found(parsed.swap_remove(at))?;
    for certificate in parsed {
        log.add(certificate)?;
    }
    Ok(log)
}

pub(super) fn name_problem(field: &str, value: &str) -> Option<FieldProblem> {
    let message = match value.trim().chars().count() {
        0 => "field-required",
        n if n > 100 || value.trim().len() > cert::TEXT_MAX => "field-too-long",
        _ => return None,
    };
    Some(FieldProblem { field: field.to_owned(), message: message.to_owned(), blocking: true })
}

pub(super) fn passphrase_problem(passphrase: &Secret) -> Option<FieldProblem> {
    let short = passphrase.0.chars().count() < PASSPHRASE_MIN;
    short.then(|| FieldProblem { field: "passphrase".into(), message: "passphrase-too-short".into(), blocking: true })
}

pub(super) fn slot_fault(fault: SlotFault) -> Fault {
    match fault {
        SlotFault::WrongPassphrase => Fault::WrongPassphrase { retry_at: 0 },
        other => Fault::Damaged { detail: other.to_string() },
    }
}
