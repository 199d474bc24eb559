//! X25519 (RFC 7748): a device's long-lived key for Noise handshakes.

use super::Fill;
use super::secret::Key32;

/// The public key that belongs to this secret.
pub fn derive_agreement_public(secret: &Key32) -> [u8; 32] {
    x25519_dalek::x25519(*secret.as_bytes(), x25519_dalek::X25519_BASEPOINT_BYTES)
}

pub fn make_agreement_secret(fill: Fill) -> Key32 {
    Key32::make(fill)
}

/// The shared secret, or nothing when the other side sent a point of small order (RFC 7748 §6.1).
pub fn agree(secret: &Key32, their_public: &[u8; 32]) -> Option<Key32> {
    let shared = Key32::from_bytes(x25519_dalek::x25519(*secret.as_bytes(), *their_public));
    (shared != Key32::from_bytes([0; 32])).then_some(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_agree_and_a_zero_point_is_refused() {
        let (a, b) = (Key32::from_bytes([1; 32]), Key32::from_bytes([2; 32]));
        assert!(agree(&a, &derive_agreement_public(&b)).is_some());
        assert_eq!(agree(&a, &derive_agreement_public(&b)), agree(&b, &derive_agreement_public(&a)));
        assert_eq!(agree(&a, &[0; 32]), None);
    }
}
