//! Putting a patient's many small rows together while nobody waits. What is sealed and signed stays byte for byte: only
//! where it stands changes. Rows and keys of the first release become segments on the same way.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::base::DeviceId;
use crate::port::{Port, Space, Store, Write, prefix_end};

use super::Engine;
use super::api::Fault;
use super::log::{BODIES_FULL, BUNDLES_MAX, Bundle, Segment, rows};
use super::open::Open;

/// Rows of a patient from which on they are put together.
const MANY: usize = 8;
/// Rows and bytes taken up in one step, during which a save has to wait.
const STEP_ROWS: usize = 64;
const STEP_BYTES: usize = 4 << 20;
/// Keys looked through in one step.
const PAGE: u32 = 1024;
/// Nobody must have asked for anything during this time.
const QUIET_MS: u32 = 1_000;

/// The patient's part in a key of `Space::Log` and of `Space::Keys`.
type Place = [u8; 16];

/// Commands under way, and how many there ever were: whoever has time to spare looks here first.
#[derive(Default)]
pub(super) struct Traffic {
    under_way: Cell<u32>,
    arrived: Cell<u64>,
    /// How many these were at the last look.
    looked: Cell<u64>,
}

pub(super) struct UnderWay<'a>(&'a Traffic);

impl Traffic {
    pub fn enter(&self) -> UnderWay<'_> {
        self.under_way.set(self.under_way.get() + 1);
        self.arrived.set(self.arrived.get() + 1);
        UnderWay(self)
    }

    pub fn arrived(&self) -> u64 {
        self.arrived.get()
    }

    /// Nobody waits, and nobody came since it was asked last.
    pub fn is_quiet(&self) -> bool {
        let arrived = self.arrived();
        !self.is_busy() && self.looked.replace(arrived) == arrived
    }

    pub fn is_busy(&self) -> bool {
        self.under_way.get() > 0
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
    }
}

/// What is known of rows that could be put together. Made anew at each unlocking.
#[derive(Default)]
pub(super) struct Untidy {
    walk: Walk,
    /// Whose rows to look at; true if some may be of the first release.
    due: BTreeMap<Place, bool>,
    /// How many rows these patients were left with: they are looked at again when as many more have come.
    left: HashMap<Place, usize>,
}

/// One look at every key after unlocking.
enum Walk {
    /// Whoever has keys in the store of the first release may have rows of it. Beyond this key.
    Keys(Vec<u8>),
    /// Beyond this key, with the patient it belongs to and their rows so far.
    Log(Vec<u8>, Place, usize),
    Done,
}

impl Default for Walk {
    fn default() -> Walk {
        Walk::Keys(Vec::new())
    }
}

impl<P: Port> Engine<P> {
    /// Works as long as nobody asks for anything. True when nothing is left to do; false when `seen` commands have
    /// become more.
    pub(super) async fn compact(&self, open: &Rc<Open>, seen: u64) -> Result<bool, Fault> {
        if open.has_untidy() {
            self.port.sleep(QUIET_MS).await;
        }
        while open.has_untidy() && !open.closed.get() && self.traffic.arrived() == seen {
            if self.traffic.is_busy() {
                self.port.sleep(QUIET_MS).await;
            } else {
                self.tidy(open).await?;
                self.port.yield_now().await;
            }
        }
        Ok(open.closed.get() || self.traffic.arrived() == seen)
    }

    /// One step: a page of keys, or one patient.
    async fn tidy(&self, open: &Open) -> Result<(), Fault> {
        // Whoever read a long chart may write into it, which needs it folded.
        let unfolded = open.states.borrow().unfolded();
        if let Some(patient) = unfolded {
            if self.state(open, &patient).await.is_err() {
                open.states.borrow_mut().let_go(&patient);
            }
            return Ok(());
        }
        let due = {
            let mut untidy = open.untidy.borrow_mut();
            for patient in open.states.borrow_mut().take_touched() {
                untidy.due.entry(open.keys.row_key(&patient)).or_default();
            }
            untidy.due.pop_first()
        };
        match due {
            Some((place, first)) => self.put_together(open, place, first).await,
            None => self.look_further(open).await,
        }
    }

    async fn look_further(&self, open: &Open) -> Result<(), Fault> {
        let walk = std::mem::replace(&mut open.untidy.borrow_mut().walk, Walk::Done);
        let next = match walk {
            Walk::Keys(from) => {
                let keys = self.port.store().keys(Space::Keys, &from, None, Some(PAGE)).await?;
                let mut untidy = open.untidy.borrow_mut();
                untidy.due.extend(keys.iter().filter_map(|key| Some((place_of(key)?, true))));
                match keys.last() {
                    Some(last) => Walk::Keys(after(last)),
                    None => Walk::Log(Vec::new(), Place::default(), 0),
                }
            }
            Walk::Log(from, mut patient, mut rows) => {
                let keys = self.port.store().keys(Space::Log, &from, None, Some(PAGE)).await?;
                let mut untidy = open.untidy.borrow_mut();
                for key in keys.iter().filter(|key| !open.is_staged(key)) {
                    let Some(place) = place_of(key) else { continue };
                    rows = if place == patient { rows + 1 } else { 1 };
                    patient = place;
                    if rows == MANY {
                        untidy.due.entry(place).or_default();
                    }
                }
                match keys.last() {
                    Some(last) => Walk::Log(after(last), patient, rows),
                    None => Walk::Done,
                }
            }
            Walk::Done => Walk::Done,
        };
        open.untidy.borrow_mut().walk = next;
        Ok(())
    }

    /// Looks at one patient's rows, a step's worth at a time; a save may come between.
    async fn put_together(&self, open: &Open, place: Place, first: bool) -> Result<(), Fault> {
        let end = prefix_end(&place);
        let mut keys = self.port.store().keys(Space::Log, &place, end.as_deref(), None).await?;
        keys.retain(|key| !open.is_staged(key));
        let before = open.untidy.borrow().left.get(&place).copied().unwrap_or_default();
        if !first && keys.len() < before + MANY {
            return Ok(());
        }
        let (mut left, mut of_first_release) = (0, false);
        for keys in keys.chunks(STEP_ROWS) {
            let Some(merged) = self.merge_rows(open, keys).await? else {
                open.untidy.borrow_mut().due.insert(place, first);
                return Ok(());
            };
            left += merged.left;
            of_first_release |= merged.of_first_release;
            self.port.yield_now().await;
        }
        open.untidy.borrow_mut().left.insert(place, left);
        // Keys beside rows that are segments already have no more readers. Those of rows that became segments just now
        // go at the next unlocking: somebody may have read the row and not yet its key.
        if first && !of_first_release {
            let keys = self.port.store().keys(Space::Keys, &place, end.as_deref(), None).await?;
            let gone = keys.into_iter().map(|key| Write::delete(Space::Keys, key)).collect();
            self.commit_rows(open, gone).await?;
        }
        Ok(())
    }

    /// One transaction: the small rows among these go, fewer take their place, and the chains lead there. `None` if
    /// somebody wants something first.
    async fn merge_rows(&self, open: &Open, keys: &[Vec<u8>]) -> Result<Option<Merged>, Fault> {
        let _turn = self.writer.lock().await;
        if self.traffic.is_busy() {
            return Ok(None);
        }
        let values = self.port.store().get_many(Space::Log, keys).await?;
        let mut taken: Vec<(&Vec<u8>, Segment)> = Vec::new();
        let (mut here, mut bytes, mut of_first_release) = (0, 0, false);
        for (key, value) in keys.iter().zip(values) {
            let Some(value) = value else { continue };
            here += 1;
            let size = value.len();
            let segment = self.open_segment(open, key, value)?;
            let old = segment.is_of_first_release();
            of_first_release |= old;
            let small = segment.bundles.len() < BUNDLES_MAX && size < BODIES_FULL / 2;
            if (old || small) && (bytes == 0 || bytes + size <= STEP_BYTES) {
                bytes += size;
                taken.push((key, segment));
            }
        }
        if taken.len() < MANY && !of_first_release {
            return Ok(Some(Merged { left: here, of_first_release }));
        }
        let mut bundles = Vec::new();
        let mut stood: HashMap<(DeviceId, u64), &Vec<u8>> = HashMap::new();
        for (key, segment) in &taken {
            for stored in &segment.bundles {
                let ledger = match &stored.ledger {
                    Some(ledger) => ledger.to_vec(),
                    None => self.ledger_apart(open, &stored.header).await?,
                };
                stood.insert((stored.header.author, stored.header.last_seq()), key);
                bundles.push(Bundle {
                    header: stored.header.clone(),
                    signed: stored.signed.clone(),
                    body: segment.body(stored).to_vec(),
                    ledger,
                });
            }
        }
        let mut writes: Vec<Write> = taken.iter().map(|(key, _)| Write::delete(Space::Log, key.as_slice())).collect();
        let mut moves = Vec::with_capacity(bundles.len());
        let mut made = 0;
        for row in rows(bundles) {
            let Some(patient) = row.first().map(|bundle| bundle.header.patient) else { continue };
            let to = open.segment_key(&patient, None, &mut self.fill());
            for bundle in &row {
                let name = (bundle.header.author, bundle.header.last_seq());
                let Some(from) = stood.get(&name) else { continue };
                moves.push((name, from.to_vec(), to.clone()));
            }
            writes.push(self.segment_write(open, to, row)?);
            made += 1;
        }
        writes.extend(self.relink(open, moves).await?);
        let left = here - taken.len() + made;
        self.commit_rows(open, writes).await?;
        Ok(Some(Merged { left, of_first_release }))
    }
}

/// What one step found and left.
struct Merged {
    left: usize,
    of_first_release: bool,
}

impl Open {
    fn has_untidy(&self) -> bool {
        let untidy = self.untidy.borrow();
        !matches!(untidy.walk, Walk::Done) || !untidy.due.is_empty() || self.states.borrow().is_untidy()
    }
}

fn place_of(key: &[u8]) -> Option<Place> {
    key.first_chunk().copied()
}

/// The first key beyond this one.
fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}
