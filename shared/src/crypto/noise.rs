//! `Noise_XXpsk3_25519_AESGCM_SHA256`, the one handshake of sync and pairing, over snow. It refuses to know transports:
//! each side of one ordered pipe makes a `Handshake`, and it becomes a `Transport`.

use std::fmt;

use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{Aes256Gcm, KeyInit};
use sha2::{Digest, Sha256};
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::CryptoResolver;
use snow::types::{Cipher, Dh, Hash, Random};
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::{Zeroize, Zeroizing};

pub const PATTERN: &str = "Noise_XXpsk3_25519_AESGCM_SHA256";

/// The largest Noise message, by its specification.
pub const MAX_MESSAGE: usize = 65_535;
pub const TAG: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoiseFault {
    #[error("the message is too large")]
    TooLarge,
    #[error("the message does not open here and now")]
    Refused,
    #[error("the handshake is not at this step")]
    OutOfTurn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Initiator,
    Responder,
}

/// What both sides must agree on before the first byte, and this device's own secret.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    pub secret: &'a [u8; 32],
    pub psk: &'a [u8; 32],
    pub prologue: &'a [u8],
}

impl fmt::Debug for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Terms(…)")
    }
}

/// Three messages: → e; ← e, ee, s, es; → s, se, psk. The PSK decides at the third.
pub struct Handshake(snow::HandshakeState);

impl Handshake {
    pub fn make(side: Side, terms: Terms<'_>, fill: &mut dyn FnMut(&mut [u8])) -> Result<Handshake, NoiseFault> {
        let mut ephemeral = Zeroizing::new([0; 32]);
        fill(&mut *ephemeral);
        Handshake::with_ephemeral(side, terms, ephemeral)
    }

    fn with_ephemeral(side: Side, terms: Terms<'_>, ephemeral: Zeroizing<[u8; 32]>) -> Result<Handshake, NoiseFault> {
        let params = PATTERN.parse().map_err(|_| NoiseFault::OutOfTurn)?;
        let builder = snow::Builder::with_resolver(params, Box::new(Resolver { ephemeral }))
            .local_private_key(terms.secret)
            .and_then(|b| b.psk(3, terms.psk))
            .and_then(|b| b.prologue(terms.prologue))
            .map_err(|_| NoiseFault::OutOfTurn)?;
        let state = match side {
            Side::Initiator => builder.build_initiator(),
            Side::Responder => builder.build_responder(),
        };
        Ok(Handshake(state.map_err(|_| NoiseFault::OutOfTurn)?))
    }

    pub fn my_turn(&self) -> bool {
        !self.0.is_handshake_finished() && self.0.is_my_turn()
    }

    pub fn finished(&self) -> bool {
        self.0.is_handshake_finished()
    }

    pub fn write(&mut self, payload: &[u8]) -> Result<Vec<u8>, NoiseFault> {
        // The longest message of XX carries e (32), s (32 + 16) and the payload's tag.
        let mut out = vec![0; payload.len() + 32 + 32 + TAG + TAG];
        let len = self.0.write_message(payload, &mut out).map_err(fault)?;
        out.truncate(len);
        Ok(out)
    }

    pub fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, NoiseFault> {
        let mut out = vec![0; message.len()];
        let len = self.0.read_message(message, &mut out).map_err(fault)?;
        out.truncate(len);
        Ok(out)
    }

    pub fn into_transport(self) -> Result<Transport, NoiseFault> {
        let hash = self.0.get_handshake_hash().try_into().map_err(|_| NoiseFault::OutOfTurn)?;
        let remote_static = self.0.get_remote_static().and_then(|k| k.try_into().ok()).ok_or(NoiseFault::OutOfTurn)?;
        let state = self.0.into_transport_mode().map_err(fault)?;
        Ok(Transport { state, hash, remote_static })
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handshake(…)")
    }
}

/// Sealed messages in order, each once. After a refused message the pipe is to be closed.
pub struct Transport {
    state: snow::TransportState,
    hash: [u8; 32],
    remote_static: [u8; 32],
}

impl Transport {
    /// Binds both sides, all that was agreed, and everything said in the handshake.
    pub fn handshake_hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The X25519 key whose secret the other side has proved to hold.
    pub fn remote_static(&self) -> &[u8; 32] {
        &self.remote_static
    }

    pub fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, NoiseFault> {
        let mut out = vec![0; plain.len() + TAG];
        let len = self.state.write_message(plain, &mut out).map_err(fault)?;
        out.truncate(len);
        Ok(out)
    }

    pub fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, NoiseFault> {
        let mut out = vec![0; sealed.len()];
        let len = self.state.read_message(sealed, &mut out).map_err(fault)?;
        out.truncate(len);
        Ok(out)
    }

    pub fn rekey_outgoing(&mut self) {
        self.state.rekey_outgoing();
    }

    pub fn rekey_incoming(&mut self) {
        self.state.rekey_incoming();
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport(…)")
    }
}

fn fault(error: snow::Error) -> NoiseFault {
    match error {
        snow::Error::Input => NoiseFault::TooLarge,
        snow::Error::State(_) => NoiseFault::OutOfTurn,
        _ => NoiseFault::Refused,
    }
}

/// The curve, hash, cipher and randomness that everything else here uses. snow's own are the same algorithms in older
/// versions of the same crates: a slower AES, and forty kilobytes to download.
struct Resolver {
    ephemeral: Zeroizing<[u8; 32]>,
}

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(OneKey(Some(self.ephemeral.clone()))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        match choice {
            DHChoice::Curve25519 => Some(Box::new(X25519::default())),
            _ => None,
        }
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        match choice {
            HashChoice::SHA256 => Some(Box::new(Sha256Hash::default())),
            _ => None,
        }
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        match choice {
            CipherChoice::AESGCM => Some(Box::new(AesGcm(Aes256Gcm::new(&[0; 32].into())))),
            _ => None,
        }
    }
}

/// Gives the ephemeral key that was drawn for this handshake, once: a second draw fails instead of repeating it.
struct OneKey(Option<Zeroizing<[u8; 32]>>);

impl Random for OneKey {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        match self.0.take() {
            Some(key) if key.len() == dest.len() => {
                dest.copy_from_slice(&*key);
                Ok(())
            }
            _ => Err(snow::Error::Rng),
        }
    }
}

#[derive(Default)]
struct X25519 {
    secret: [u8; 32],
    public: [u8; 32],
}

impl X25519 {
    fn take(&mut self, secret: &[u8; 32]) {
        self.secret = *secret;
        self.public = x25519(*secret, X25519_BASEPOINT_BYTES);
    }
}

impl Drop for X25519 {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Dh for X25519 {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        32
    }

    fn priv_len(&self) -> usize {
        32
    }

    /// Only ever called with the 32 bytes of `Terms`; snow's trait has no way to refuse others.
    fn set(&mut self, privkey: &[u8]) {
        if let Ok(secret) = privkey.try_into() {
            self.take(secret);
        }
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), snow::Error> {
        let mut secret = Zeroizing::new([0; 32]);
        rng.try_fill_bytes(&mut *secret)?;
        self.take(&secret);
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn privkey(&self) -> &[u8] {
        &self.secret
    }

    fn dh(&self, pubkey: &[u8], out: &mut [u8]) -> Result<(), snow::Error> {
        // snow keeps public keys of all curves in one longer buffer.
        let theirs: &[u8; 32] = pubkey.first_chunk().ok_or(snow::Error::Dh)?;
        let shared = Zeroizing::new(x25519(self.secret, *theirs));
        *out.first_chunk_mut().ok_or(snow::Error::Dh)? = *shared;
        Ok(())
    }
}

#[derive(Default)]
struct Sha256Hash(Sha256);

impl Hash for Sha256Hash {
    fn name(&self) -> &'static str {
        "SHA256"
    }

    fn block_len(&self) -> usize {
        64
    }

    fn hash_len(&self) -> usize {
        32
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self, out: &mut [u8]) {
        let hash = self.0.finalize_reset();
        out.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    }
}

struct AesGcm(Aes256Gcm);

/// Noise's AESGCM nonce: 32 zero bits, then the counter, big-endian.
fn nonce_of(counter: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_be_bytes());
    nonce
}

impl Cipher for AesGcm {
    fn name(&self) -> &'static str {
        "AESGCM"
    }

    fn set(&mut self, key: &[u8; 32]) {
        self.0 = Aes256Gcm::new(&(*key).into());
    }

    fn encrypt(&self, nonce: u64, authtext: &[u8], plaintext: &[u8], out: &mut [u8]) -> usize {
        let (body, rest) = out.split_at_mut(plaintext.len());
        body.copy_from_slice(plaintext);
        match self.0.encrypt_inout_detached(&nonce_of(nonce).into(), authtext, InOutBuf::from(&mut *body)) {
            Ok(tag) => rest[..TAG].copy_from_slice(&tag),
            // Only beyond 64 GiB, which snow's 65,535 bytes never reach; nothing readable may leave even so.
            Err(_) => out.fill(0),
        }
        plaintext.len() + TAG
    }

    fn decrypt(&self, nonce: u64, authtext: &[u8], ciphertext: &[u8], out: &mut [u8]) -> Result<usize, snow::Error> {
        let len = ciphertext.len().checked_sub(TAG).ok_or(snow::Error::Decrypt)?;
        let (body, tag) = ciphertext.split_at(len);
        let tag: [u8; TAG] = tag.try_into().map_err(|_| snow::Error::Decrypt)?;
        let out = out.get_mut(..len).ok_or(snow::Error::Decrypt)?;
        out.copy_from_slice(body);
        let opened =
            self.0.decrypt_inout_detached(&nonce_of(nonce).into(), authtext, InOutBuf::from(&mut *out), &tag.into());
        if opened.is_err() {
            out.fill(0);
            return Err(snow::Error::Decrypt);
        }
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Key32;
    use crate::crypto::agree::derive_agreement_public;

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
    }

    fn key(value: &serde_json::Value) -> [u8; 32] {
        unhex(value.as_str().expect("text")).try_into().expect("32 bytes")
    }

    fn public_of(seed: u8) -> [u8; 32] {
        derive_agreement_public(&Key32::from_bytes([seed; 32]))
    }

    fn pair(psk_a: [u8; 32], psk_b: [u8; 32], prologue_b: &[u8]) -> Result<(Transport, Transport), NoiseFault> {
        let mut n = 0;
        let mut fill = |bytes: &mut [u8]| {
            n += 1;
            bytes.fill(n);
        };
        let terms_a = Terms { secret: &[1; 32], psk: &psk_a, prologue: b"same" };
        let terms_b = Terms { secret: &[2; 32], psk: &psk_b, prologue: prologue_b };
        let mut a = Handshake::make(Side::Initiator, terms_a, &mut fill)?;
        let mut b = Handshake::make(Side::Responder, terms_b, &mut fill)?;
        b.read(&a.write(b"")?)?;
        a.read(&b.write(b"")?)?;
        b.read(&a.write(b"")?)?;
        Ok((a.into_transport()?, b.into_transport()?))
    }

    /// The cacophony vector of exactly this protocol: both handshakes, the transport messages and the hash.
    #[test]
    fn it_speaks_the_published_vector_byte_for_byte() {
        let text = include_str!("../../tests/fixtures/noise/xxpsk3_25519_aesgcm_sha256.json");
        let vector: serde_json::Value = serde_json::from_str(text).expect("json");
        assert_eq!(vector["protocol_name"], PATTERN);
        let make = |side, who: &str| {
            let (secret, psk) = (key(&vector[format!("{who}_static")]), key(&vector[format!("{who}_psks")][0]));
            let prologue = unhex(vector[format!("{who}_prologue")].as_str().expect("text"));
            let terms = Terms { secret: &secret, psk: &psk, prologue: &prologue };
            let ephemeral = Zeroizing::new(key(&vector[format!("{who}_ephemeral")]));
            Handshake::with_ephemeral(side, terms, ephemeral).expect("terms")
        };
        let (mut a, mut b) = (make(Side::Initiator, "init"), make(Side::Responder, "resp"));
        let messages: Vec<(Vec<u8>, Vec<u8>)> = vector["messages"]
            .as_array()
            .expect("list")
            .iter()
            .map(|m| (unhex(m["payload"].as_str().expect("t")), unhex(m["ciphertext"].as_str().expect("t"))))
            .collect();
        for (i, (payload, ciphertext)) in messages.iter().take(3).enumerate() {
            let (from, to) = if i % 2 == 0 { (&mut a, &mut b) } else { (&mut b, &mut a) };
            assert_eq!(&from.write(payload).expect("turn"), ciphertext);
            assert_eq!(&to.read(ciphertext).expect("opens"), payload);
        }
        let (mut a, mut b) = (a.into_transport().expect("done"), b.into_transport().expect("done"));
        assert_eq!(a.handshake_hash(), &key(&vector["handshake_hash"]));
        assert_eq!(a.handshake_hash(), b.handshake_hash());
        for (i, (payload, ciphertext)) in messages.iter().enumerate().skip(3) {
            let (from, to) = if i % 2 == 0 { (&mut a, &mut b) } else { (&mut b, &mut a) };
            assert_eq!(&from.seal(payload).expect("seals"), ciphertext);
            assert_eq!(&to.open(ciphertext).expect("opens"), payload);
        }
    }

    #[test]
    fn each_side_learns_the_key_the_other_holds() {
        let (a, b) = pair([9; 32], [9; 32], b"same").expect("shakes hands");
        assert_eq!(a.remote_static(), &public_of(2));
        assert_eq!(b.remote_static(), &public_of(1));
    }

    #[test]
    fn another_psk_or_another_prologue_is_refused() {
        assert_eq!(pair([9; 32], [8; 32], b"same").err(), Some(NoiseFault::Refused));
        assert_eq!(pair([9; 32], [9; 32], b"other").err(), Some(NoiseFault::Refused));
    }

    #[test]
    fn a_replayed_reordered_or_altered_message_is_refused() {
        let (mut a, mut b) = pair([9; 32], [9; 32], b"same").expect("shakes hands");
        let (first, second) = (a.seal(b"one").expect("seals"), a.seal(b"two").expect("seals"));
        assert_eq!(b.open(&second), Err(NoiseFault::Refused));
        assert_eq!(b.open(&first).as_deref(), Ok(&b"one"[..]));
        assert_eq!(b.open(&first), Err(NoiseFault::Refused));
        let mut altered = second;
        altered[0] ^= 1;
        assert_eq!(b.open(&altered), Err(NoiseFault::Refused));
    }

    #[test]
    fn after_a_rekey_the_old_key_opens_nothing() {
        let (mut a, mut b) = pair([9; 32], [9; 32], b"same").expect("shakes hands");
        a.rekey_outgoing();
        let sealed = a.seal(b"new key").expect("seals");
        assert_eq!(b.open(&sealed), Err(NoiseFault::Refused));
        b.rekey_incoming();
        assert_eq!(b.open(&sealed).as_deref(), Ok(&b"new key"[..]));
    }
}
