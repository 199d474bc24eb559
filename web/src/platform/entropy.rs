//! Randomness from `crypto.getRandomValues`.

use lucerna_shared::port::Entropy;
use wasm_bindgen::throw_str;

#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserEntropy;

impl Entropy for BrowserEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // No key may ever be made of zeros: the worker ends here and starts again locked.
            throw_str("the browser has no randomness");
        }
    }
}
