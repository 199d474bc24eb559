//! How far each author's log is known, and what follows from comparing two such lists: who lacks what, who was rolled
//! back, who was cloned. Pure.

use std::collections::BTreeMap;

use crate::base::{DeviceId, Hash};
use crate::sync::io::Head;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vector(BTreeMap<DeviceId, (u64, Hash)>);

/// What a head that a peer reports means for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Same,
    /// They hold more.
    Behind,
    /// We hold more.
    Ahead,
    /// The same number, another bundle.
    Forked,
}

impl Vector {
    #[cfg(test)]
    pub fn from_heads(heads: &[Head]) -> Vector {
        let mut vector = Vector::default();
        for head in heads {
            vector.advance(*head);
        }
        vector
    }

    /// Zero if nothing is held.
    pub fn seq(&self, author: &DeviceId) -> u64 {
        self.0.get(author).map_or(0, |(seq, _)| *seq)
    }

    /// Moves forward; never back.
    pub fn advance(&mut self, head: Head) -> bool {
        let moves = head.seq > self.seq(&head.author);
        if moves {
            self.0.insert(head.author, (head.seq, head.hash));
        }
        moves
    }

    pub fn standing(&self, theirs: &Head) -> Standing {
        match self.0.get(&theirs.author) {
            None if theirs.seq == 0 => Standing::Same,
            None => Standing::Behind,
            Some((seq, _)) if *seq < theirs.seq => Standing::Behind,
            Some((seq, _)) if *seq > theirs.seq => Standing::Ahead,
            Some((_, hash)) if *hash == theirs.hash => Standing::Same,
            Some(_) => Standing::Forked,
        }
    }

    pub fn heads(&self) -> impl Iterator<Item = Head> + '_ {
        self.0.iter().map(|(author, (seq, hash))| Head { author: *author, seq: *seq, hash: *hash })
    }

    /// How many changes of `self` the other does not hold, leaving out what `skip` says.
    pub fn beyond(&self, other: &Vector, skip: impl Fn(&DeviceId) -> bool) -> u64 {
        self.heads().filter(|h| !skip(&h.author)).map(|h| h.seq.saturating_sub(other.seq(&h.author))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(author: u8, seq: u64, hash: u8) -> Head {
        Head { author: DeviceId([author; 16]), seq, hash: Hash([hash; 32]) }
    }

    #[test]
    fn comparing_heads_tells_who_lacks_what() {
        let mine = Vector::from_heads(&[head(1, 5, 1), head(2, 7, 2)]);
        assert_eq!(mine.standing(&head(1, 5, 1)), Standing::Same);
        assert_eq!(mine.standing(&head(1, 5, 9)), Standing::Forked);
        assert_eq!(mine.standing(&head(2, 9, 9)), Standing::Behind);
        assert_eq!(mine.standing(&head(2, 3, 9)), Standing::Ahead);
        assert_eq!(mine.standing(&head(3, 1, 1)), Standing::Behind);
    }

    #[test]
    fn a_vector_never_goes_back() {
        let mut mine = Vector::from_heads(&[head(1, 5, 1)]);
        assert!(!mine.advance(head(1, 4, 2)));
        assert_eq!(mine.seq(&DeviceId([1; 16])), 5);
    }

    #[test]
    fn what_lies_beyond_counts_changes() {
        let mine = Vector::from_heads(&[head(1, 5, 1), head(2, 7, 2)]);
        let theirs = Vector::from_heads(&[head(1, 3, 1), head(3, 9, 3)]);
        assert_eq!(mine.beyond(&theirs, |_| false), 9);
        assert_eq!(mine.beyond(&theirs, |a| *a == DeviceId([2; 16])), 2);
    }
}
