//! Secret bytes: never printed, never serialised by accident, compared in constant time, wiped on drop.

use std::fmt;
use std::ops::Deref;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Fill;

/// A 256-bit key or seed. Boxed, so that moving it leaves no copy behind on the stack.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key32(Box<[u8; 32]>);

impl Key32 {
    /// A fresh random key.
    pub fn make(fill: Fill) -> Key32 {
        let mut key = Key32(Box::new([0; 32]));
        fill(key.0.as_mut_slice());
        key
    }

    pub fn from_bytes(mut bytes: [u8; 32]) -> Key32 {
        let key = Key32(Box::new(bytes));
        bytes.zeroize();
        key
    }

    pub fn from_slice(bytes: &[u8]) -> Option<Key32> {
        <[u8; 32]>::try_from(bytes).ok().map(Key32::from_bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.0.as_mut_slice()
    }
}

impl PartialEq for Key32 {
    fn eq(&self, other: &Key32) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for Key32 {}

impl fmt::Debug for Key32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key32(…)")
    }
}

/// Plaintext or key material of any length.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub fn new(bytes: Vec<u8>) -> SecretBytes {
        SecretBytes(bytes)
    }

    /// Hands the bytes out to somebody who now answers for wiping them.
    pub fn into_vec(mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

impl Deref for SecretBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &SecretBytes) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Key32::from_bytes([65; 32])), "Key32(…)");
        assert_eq!(format!("{:?}", SecretBytes::new(vec![65; 3])), "SecretBytes(…)");
    }

    #[test]
    fn keys_are_equal_only_when_every_byte_is() {
        let key = Key32::from_bytes([1; 32]);
        let mut other = [1; 32];
        assert_eq!(key, Key32::from_bytes(other));
        other[31] = 0;
        assert_ne!(key, Key32::from_bytes(other));
        assert_eq!(Key32::from_slice(&[1; 31]), None);
    }
}
