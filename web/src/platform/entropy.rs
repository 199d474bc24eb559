//! Randomness from `crypto.getRandomValues`, drawn some kilobytes at a time: a call of the browser costs more than what
//! it brings, and an import draws ten times a patient.

use std::cell::RefCell;

use lucerna_shared::port::Entropy;
use wasm_bindgen::throw_str;
use zeroize::Zeroize;

const POOL: usize = 4096;

#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserEntropy;

/// What was drawn and is not used yet. What is handed out is wiped here, so that nothing is handed out twice.
struct Pool {
    bytes: [u8; POOL],
    used: usize,
}

thread_local! {
    static DRAWN: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL], used: POOL }) };
}

impl Entropy for BrowserEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > POOL / 4 {
            return draw(bytes);
        }
        DRAWN.with_borrow_mut(|pool| pool.take(bytes));
    }
}

impl Pool {
    fn take(&mut self, bytes: &mut [u8]) {
        if POOL - self.used < bytes.len() {
            draw(&mut self.bytes);
            self.used = 0;
        }
        let end = self.used + bytes.len();
        match self.bytes.get_mut(self.used..end) {
            Some(next) => {
                bytes.copy_from_slice(next);
                next.zeroize();
                self.used = end;
            }
            None => draw(bytes),
        }
    }
}

fn draw(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        // No key may ever be made of zeros: the worker ends here and starts again locked.
        throw_str("the browser has no randomness");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nothing_is_handed_out_twice_and_nothing_that_was_wiped() {
        let mut seen = HashSet::new();
        for length in [32, 8, 24, 16, 31].repeat(200) {
            let mut bytes = vec![0; length];
            BrowserEntropy.fill(&mut bytes);
            assert!(bytes.iter().any(|byte| *byte != 0));
            assert!(seen.insert(bytes[..8].to_vec()), "eight bytes came again");
        }
        let mut long = vec![0; 3 * POOL];
        BrowserEntropy.fill(&mut long);
        assert!(long.chunks(64).all(|some| some.iter().any(|byte| *byte != 0)));
        DRAWN.with_borrow(|pool| assert!(pool.bytes[..pool.used].iter().all(|byte| *byte == 0)));
    }
}
