//! Which stretches of the corpus a dictionary should hold: those whose eight-byte pieces occur in most bodies, each
//! piece counted once (after the COVER algorithm of Liao, Petri, Moffat and Wirth, 2016).

use std::collections::{BinaryHeap, HashMap};

use super::corpus::{Corpus, History, resources, visits};

/// Bytes of a piece, and of the stretches that are chosen.
const PIECE: usize = 8;
const STRETCH: usize = 96;

/// The best stretches, the most useful last: where two fall on one place of lz4's table, the later one stays.
pub fn dictionary(corpora: &[Corpus], size: usize) -> Vec<u8> {
    let mut pieces = Pieces::default();
    let mut texts = Vec::new();
    for corpus in corpora {
        let bodies: Vec<(usize, Vec<u8>)> =
            corpus.iter().enumerate().flat_map(|(n, h)| samples(h).map(move |b| (n, b))).collect();
        pieces.count(&bodies);
        texts.extend(bodies.into_iter().map(|(_, body)| pieces.ids(body)));
    }
    // Worth only falls, so that what was once found is a bound: a text is looked through again when it leads.
    let mut lead: BinaryHeap<(u64, usize)> = BinaryHeap::new();
    lead.extend(texts.iter().enumerate().filter_map(|(n, text)| Some((pieces.best(text)?.0.to_bits(), n))));
    let mut chosen: Vec<Vec<u8>> = Vec::new();
    let mut left = size;
    while let Some((bound, n)) = lead.pop().filter(|_| left >= PIECE) {
        let Some((worth, from)) = pieces.best(&texts[n]) else { continue };
        if worth.to_bits() < bound {
            lead.push((worth.to_bits(), n));
            continue;
        }
        let mut stretch = pieces.take(&texts[n], from);
        stretch.truncate(left);
        left -= stretch.len();
        chosen.push(stretch);
        lead.push((worth.to_bits(), n));
    }
    chosen.into_iter().rev().flatten().collect()
}

fn samples(history: &History) -> impl Iterator<Item = Vec<u8>> + use<> {
    visits(history).into_iter().chain(resources(history).into_iter().take(1))
}

/// A body with the number of the piece that begins at each place.
struct Text {
    body: Vec<u8>,
    ids: Vec<u32>,
}

#[derive(Default)]
struct Pieces {
    numbers: HashMap<[u8; PIECE], u32>,
    worth: Vec<f64>,
    /// How often each piece stands in the stretch under the eye.
    inside: Vec<u32>,
}

impl Pieces {
    /// A piece is worth the share of bodies it occurs in; what occurs with one patient only is worth nothing.
    fn count(&mut self, bodies: &[(usize, Vec<u8>)]) {
        // Of each piece: the body and the patient that it was last seen with, its bodies, its patients.
        let mut seen: Vec<(usize, usize, u32, u32)> = Vec::new();
        for (n, (patient, body)) in bodies.iter().enumerate() {
            for piece in body.windows(PIECE) {
                let number = self.number(piece) as usize;
                seen.resize(self.worth.len().max(seen.len()), (usize::MAX, usize::MAX, 0, 0));
                let (last_body, last_patient, bodies, patients) = &mut seen[number];
                *bodies += u32::from(*last_body != n);
                *patients += u32::from(*last_patient != *patient);
                (*last_body, *last_patient) = (n, *patient);
            }
        }
        for (number, (_, _, count, patients)) in seen.into_iter().enumerate() {
            if patients > 1 {
                self.worth[number] += f64::from(count) / bodies.len() as f64;
            }
        }
        self.inside.resize(self.worth.len(), 0);
    }

    fn number(&mut self, piece: &[u8]) -> u32 {
        let next = self.worth.len() as u32;
        let number = *self.numbers.entry(piece.try_into().expect("of that length")).or_insert(next);
        if number == next {
            self.worth.push(0.0);
        }
        number
    }

    fn ids(&mut self, body: Vec<u8>) -> Text {
        let ids = body.windows(PIECE).map(|piece| self.number(piece)).collect();
        Text { body, ids }
    }

    /// The stretch of a text whose pieces, each counted once, are worth most.
    fn best(&mut self, text: &Text) -> Option<(f64, usize)> {
        let span = STRETCH.min(text.body.len()) + 1 - PIECE;
        let (mut sum, mut best) = (0.0, (1e-9, None));
        for (at, id) in text.ids.iter().enumerate() {
            let count = &mut self.inside[*id as usize];
            *count += 1;
            if *count == 1 {
                sum += self.worth[*id as usize];
            }
            if at >= span {
                sum -= self.leave(text.ids[at - span]);
            }
            if sum > best.0 {
                best = (sum, Some((at + 1).saturating_sub(span)));
            }
        }
        for id in text.ids.iter().rev().take(span) {
            self.leave(*id);
        }
        Some((best.0, best.1?))
    }

    fn leave(&mut self, id: u32) -> f64 {
        let count = &mut self.inside[id as usize];
        *count -= 1;
        if *count == 0 { self.worth[id as usize] } else { 0.0 }
    }

    /// Takes a stretch out, without what is worthless at its ends; its pieces are worth nothing from now on.
    fn take(&mut self, text: &Text, from: usize) -> Vec<u8> {
        let span = STRETCH.min(text.body.len()) + 1 - PIECE;
        let ids = &text.ids[from..(from + span).min(text.ids.len())];
        let useful = |id: &u32| self.worth[*id as usize] > 1e-9;
        let first = ids.iter().position(useful).unwrap_or(0);
        let last = ids.iter().rposition(useful).unwrap_or(0);
        for id in ids {
            self.worth[*id as usize] = 0.0;
        }
        text.body[from + first..from + last + PIECE].to_vec()
    }
}
