//! What is in memory while somebody is signed in. Dropped whole at lock; its keys wipe themselves.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::base::{ClinicId, DeviceId, Hash, Hlc, KeyId, PatientId, StaffId, Timestamp};
use crate::crypto::bundle::StaffBundle;
use crate::crypto::ledger::{CompartmentKey, PatientKey};
use crate::crypto::store_keys::StoreKeys;
use crate::crypto::{Compartment, Context, ControlLog, SigningPair};
use crate::record::PatientState;
use crate::sync::Head;

use super::api::{Session, StaffTile};
use super::audit::AuditHead;
use super::compact::Untidy;
use super::index::PatientIndex;
use super::log::{Tag, Unfolded};
use super::vault::Unshared;

/// Secrets and certified facts of the signed-in person on this device.
pub(super) struct Open {
    pub clinic: ClinicId,
    pub clinic_name: String,
    pub demo: bool,
    pub device: DeviceId,
    pub device_cert: Hash,
    pub device_name: String,
    pub staff: StaffTile,
    pub staff_id: StaffId,
    pub staff_cert: Hash,
    pub bundle: StaffBundle,
    pub keys: StoreKeys,
    pub session: SigningPair,
    pub session_cert: Hash,
    pub control: RefCell<ControlLog>,
    pub heads: RefCell<BTreeMap<DeviceId, Head>>,
    pub hlc: Cell<Hlc>,
    pub index: RefCell<PatientIndex>,
    pub conflicts: RefCell<BTreeMap<PatientId, u32>>,
    pub audit: RefCell<AuditHead>,
    /// Next number of this device's record numbers.
    pub next_mrn: Cell<u64>,
    /// The highest change of ours that another device is known to hold, imports that none does, and when all was last
    /// shared.
    pub witnessed: Cell<u64>,
    pub unshared: RefCell<Vec<Unshared>>,
    pub last_synced: Cell<Timestamp>,
    pub quarantined: Cell<u32>,
    pub states: RefCell<States>,
    pub patient_keys: RefCell<HashMap<PatientId, Vec<HeldKey>>>,
    /// Grows with every key that is stored, so that a slow reader never puts back a list that has meanwhile grown.
    pub keys_edition: Cell<u64>,
    /// The number that stands in the store; `next_mrn` goes there with the next commit.
    pub stored_mrn: Cell<u64>,
    /// When the session's certificate ends.
    pub session_end: Timestamp,
    /// Authors whose log does not fit with what others hold, counted once each.
    pub suspects: RefCell<BTreeSet<DeviceId>>,
    /// Tags of imports that are not finished: their rows are not read as part of the record.
    pub staged: RefCell<BTreeSet<Tag>>,
    pub untidy: RefCell<Untidy>,
    /// Keys under which a draft may stand: all that stood at unlocking and all written since. Never taken out again,
    /// so that nobody looks in vain for what is there.
    pub drafted: RefCell<BTreeSet<Vec<u8>>>,
    /// Set when the vault was locked or removed: whatever is still under way must write nothing more.
    pub closed: Cell<bool>,
}

/// A patient key with the compartment it belongs to.
#[derive(Clone, Debug)]
pub(super) struct HeldKey {
    pub compartment: Compartment,
    pub epoch: u32,
    pub key: PatientKey,
    /// The entry as stored and sent.
    pub ledger: Vec<u8>,
}

impl Open {
    /// The next reading of this device's clock.
    pub fn tick(&self, now: Timestamp) -> Hlc {
        let next = self.hlc.get().tick(now);
        self.hlc.set(next);
        next
    }

    /// The newest key of a compartment.
    pub fn compartment_key(&self, compartment: Compartment) -> Option<&CompartmentKey> {
        self.bundle.current(compartment)
    }

    pub fn own_head(&self) -> Head {
        self.heads.borrow().get(&self.device).copied().unwrap_or(Head { author: self.device, seq: 0, hash: Hash::ZERO })
    }

    /// Remembers the keys read for a patient. Bounded: an export asks for everybody's.
    pub fn keep_keys(&self, patient: PatientId, keys: Vec<HeldKey>) {
        let mut kept = self.patient_keys.borrow_mut();
        if kept.len() >= KEYS_KEPT {
            kept.clear();
        }
        kept.insert(patient, keys);
    }

    /// Takes in the keys of what was committed.
    pub fn learn_keys(&self, keys: Vec<(PatientId, HeldKey)>) {
        if keys.is_empty() {
            return;
        }
        self.keys_edition.set(self.keys_edition.get() + 1);
        let mut kept = self.patient_keys.borrow_mut();
        for (patient, key) in keys {
            if let Some(known) = kept.get_mut(&patient)
                && !known.iter().any(|k| k.key.id == key.key.id)
            {
                known.push(key);
            }
        }
    }

    /// An import became visible: what was read of patients before may lack what it brought.
    pub fn forget_patients(&self) {
        self.states.borrow_mut().forget();
        self.keys_edition.set(self.keys_edition.get() + 1);
        self.patient_keys.borrow_mut().clear();
    }

    /// Changes made here, imported ones among them, that no other device is known to hold.
    pub fn changes_unshared(&self) -> u64 {
        let own = self.own_head().seq.saturating_sub(self.witnessed.get());
        own + self.unshared.borrow().iter().map(|import| import.seq - import.witnessed.min(import.seq)).sum::<u64>()
    }

    /// What others hold of this device's imports; true if that is more than before. What is held whole is forgotten.
    pub fn note_held(&self, held: &BTreeMap<DeviceId, u64>) -> bool {
        let mut imports = self.unshared.borrow_mut();
        let mut grew = false;
        for import in imports.iter_mut() {
            let now = held.get(&import.author).copied().unwrap_or_default();
            grew |= now > import.witnessed;
            import.witnessed = import.witnessed.max(now);
        }
        imports.retain(|import| import.witnessed < import.seq);
        grew
    }

    /// Binds a row of this device's own stores to its place.
    pub fn row_context<'a>(&self, space: &'a str, key: &'a [u8]) -> Context<'a> {
        row_context(self.clinic, space, key)
    }

    pub fn session_view(&self) -> Session {
        Session {
            clinic_name: self.clinic_name.clone(),
            demo: self.demo,
            staff: self.staff.clone(),
            device_name: self.device_name.clone(),
            patients: self.index.borrow().len() as u64,
        }
    }
}

/// What every sealed row of a device's own stores is bound to; also before anybody is signed in.
pub(super) fn row_context<'a>(clinic: ClinicId, space: &'a str, key: &'a [u8]) -> Context<'a> {
    Context {
        clinic,
        compartment: Compartment::Governance,
        space,
        key,
        patient: PatientId::ZERO,
        key_id: KeyId::ZERO,
        epoch: 0,
        version: 1,
    }
}

/// Of how many patients the keys stay in memory.
const KEYS_KEPT: usize = 2048;
/// How many patients stay in memory.
const KEPT: usize = 48;

/// All that is known of a patient. A chart can be drawn from either; whoever writes needs it folded.
#[derive(Clone)]
pub(super) enum Known {
    Folded(Rc<PatientState>),
    Unfolded(Rc<Vec<Unfolded>>),
}

impl Known {
    /// Whether folding it takes less time than the disk takes for an entry of the access log.
    pub fn is_short(&self) -> bool {
        const SHORT: usize = 32 * 1024;
        match self {
            Known::Folded(_) => true,
            Known::Unfolded(bundles) => bundles.iter().map(Unfolded::len).sum::<usize>() <= SHORT,
        }
    }
}

/// Known patients, the latest used kept. `version` counts commits to a patient, so that a slow reader never
/// puts back what a commit has meanwhile made old.
#[derive(Default)]
pub(super) struct States {
    kept: HashMap<PatientId, (Known, u64)>,
    versions: HashMap<PatientId, u64>,
    touched: BTreeSet<PatientId>,
    clock: u64,
    /// Added to every version: grows when all of them became old at once.
    edition: u64,
}

impl States {
    pub fn get(&mut self, patient: &PatientId) -> Option<Known> {
        self.clock += 1;
        let clock = self.clock;
        self.kept.get_mut(patient).map(|(known, used)| {
            *used = clock;
            known.clone()
        })
    }

    /// Somebody who is not folded yet.
    pub fn unfolded(&self) -> Option<PatientId> {
        let unfolded = |known: &Known| matches!(known, Known::Unfolded(_));
        self.kept.iter().find(|(_, (known, _))| unfolded(known)).map(|(patient, _)| *patient)
    }

    pub fn version(&self, patient: &PatientId) -> u64 {
        self.versions.get(patient).copied().unwrap_or_default() + self.edition
    }

    /// Patients to whom something was written since this was last asked.
    pub fn take_touched(&mut self) -> BTreeSet<PatientId> {
        std::mem::take(&mut self.touched)
    }

    /// Somebody's rows may be many now, or somebody is not folded yet.
    pub fn is_untidy(&self) -> bool {
        !self.touched.is_empty() || self.unfolded().is_some()
    }

    pub fn bump(&mut self, patient: PatientId) {
        self.touched.insert(patient);
        *self.versions.entry(patient).or_default() += 1;
    }

    pub fn let_go(&mut self, patient: &PatientId) {
        self.kept.remove(patient);
    }

    /// Whatever is kept may be old, and so may what is being read.
    pub fn forget(&mut self) {
        self.edition += 1;
        self.kept.clear();
    }

    pub fn keep(&mut self, patient: PatientId, known: Known) {
        self.clock += 1;
        self.kept.insert(patient, (known, self.clock));
        if self.kept.len() > KEPT {
            let oldest =
                self.kept.iter().filter(|(p, _)| **p != patient).min_by_key(|(_, (_, used))| *used).map(|(p, _)| *p);
            if let Some(oldest) = oldest {
                self.kept.remove(&oldest);
            }
        }
    }
}
