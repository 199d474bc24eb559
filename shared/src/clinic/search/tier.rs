//! An image in use, and whose part of it no longer counts because something newer is known.

use std::cmp::Ordering;
use std::rc::Rc;

use crate::base::PatientId;

use super::image::Image;

#[derive(Clone, Debug)]
pub(super) struct Tier {
    pub image: Rc<Image>,
    /// One bit a slot.
    gone: Vec<u64>,
    /// Slots that still count.
    pub live: usize,
}

impl Tier {
    pub fn new(image: Rc<Image>) -> Tier {
        let (gone, live) = (vec![0; image.len().div_ceil(64)], image.len());
        Tier { image, gone, live }
    }

    pub fn is_gone(&self, slot: u32) -> bool {
        self.gone.get(slot as usize / 64).is_some_and(|bits| bits >> (slot % 64) & 1 == 1)
    }

    pub fn lose(&mut self, slot: u32) {
        if !self.is_gone(slot)
            && let Some(bits) = self.gone.get_mut(slot as usize / 64)
        {
            *bits |= 1 << (slot % 64);
            self.live -= 1;
        }
    }

    /// Where a patient stands here and still counts.
    pub fn find(&self, id: &PatientId) -> Option<u32> {
        self.image.slot_of(id).filter(|slot| !self.is_gone(*slot))
    }

    /// Loses everybody whom a newer image holds.
    pub fn lose_to(&mut self, newer: &Image) {
        // A few are looked up one by one; many are walked through side by side, both being sorted.
        if newer.len() * 16 < self.image.len() {
            for id in newer.ids() {
                if let Some(slot) = self.image.slot_of(&id) {
                    self.lose(slot);
                }
            }
            return;
        }
        let image = self.image.clone();
        let mut theirs = newer.ids().peekable();
        for (slot, id) in (0u32..).zip(image.ids()) {
            while theirs.next_if(|other| *other < id).is_some() {}
            match theirs.peek().map(|other| other.cmp(&id)) {
                Some(Ordering::Equal) => self.lose(slot),
                Some(_) => {}
                None => break,
            }
        }
    }

    /// Slots that count, with their ids.
    pub fn slots(&self) -> impl Iterator<Item = (u32, PatientId)> + '_ {
        (0u32..).zip(self.image.ids()).filter(|(slot, _)| !self.is_gone(*slot))
    }
}
