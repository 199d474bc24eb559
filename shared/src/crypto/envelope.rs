//! A sealed small object that says which format it is in and which key opens it:
//! `version (1) ‖ key id (8) ‖ nonce (24) ‖ ciphertext ‖ tag (16)`. Sizes are checked before anything is allocated.

use super::Fill;
use super::context::Context;
use super::fault::{SealFault, Unreadable};
use super::secret::{Key32, SecretBytes};
use super::small::{self, NONCE_LEN, SMALL_MAX, TAG_LEN};
use crate::base::KeyId;

/// The newest format this app writes and the highest it reads.
pub const VERSION: u8 = 1;
const HEADER_LEN: usize = 1 + KeyId::LEN;
/// The longest envelope there can be.
pub const ENVELOPE_MAX: usize = HEADER_LEN + NONCE_LEN + SMALL_MAX + TAG_LEN;

/// What an envelope says of itself before it is opened. Not yet authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub version: u8,
    pub key_id: KeyId,
}

pub fn peek(envelope: &[u8]) -> Result<Header, Unreadable> {
    split(envelope).map(|(header, _)| header)
}

/// Seals under `context`, whose version and key id also stand in front, in the clear.
pub fn seal(key: &Key32, context: &Context, plain: &[u8], fill: Fill) -> Result<Vec<u8>, SealFault> {
    let sealed = small::seal_small(key, context, plain, fill)?;
    Ok([&[context.version], context.key_id.as_bytes(), sealed.as_slice()].concat())
}

pub fn open(key: &Key32, context: &Context, envelope: &[u8]) -> Result<SecretBytes, Unreadable> {
    let (header, sealed) = split(envelope)?;
    if header.key_id != context.key_id {
        return Err(Unreadable::OtherKey { named: header.key_id });
    }
    if header.version != context.version {
        return Err(Unreadable::UnknownFormat);
    }
    small::open_small(key, context, sealed)
}

fn split(envelope: &[u8]) -> Result<(Header, &[u8]), Unreadable> {
    if envelope.len() > ENVELOPE_MAX {
        return Err(Unreadable::TooLarge);
    }
    let (&version, rest) = envelope.split_first().ok_or(Unreadable::Cut)?;
    match version {
        0 => return Err(Unreadable::UnknownFormat),
        1..=VERSION => {}
        _ => return Err(Unreadable::NewerFormat),
    }
    let (key_id, sealed) = rest.split_first_chunk::<{ KeyId::LEN }>().ok_or(Unreadable::Cut)?;
    Ok((Header { version, key_id: KeyId(*key_id) }, sealed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ClinicId, PatientId};
    use crate::crypto::Compartment;

    fn context<'a>() -> Context<'a> {
        Context {
            clinic: ClinicId([1; 16]),
            compartment: Compartment::Registry,
            space: "drafts",
            key: b"row",
            patient: PatientId([2; 16]),
            key_id: KeyId([3; 8]),
            epoch: 4,
            version: VERSION,
        }
    }

    fn sealed() -> (Key32, Vec<u8>) {
        let key = Key32::from_bytes([9; 32]);
        let envelope = seal(&key, &context(), b"typed", &mut |b| b.fill(5)).expect("seals");
        (key, envelope)
    }

    #[test]
    fn an_envelope_names_its_key_and_opens_with_it() {
        let (key, envelope) = sealed();
        assert_eq!(peek(&envelope), Ok(Header { version: 1, key_id: KeyId([3; 8]) }));
        assert_eq!(open(&key, &context(), &envelope).as_deref(), Ok(b"typed".as_slice()));
    }

    #[test]
    fn moved_to_any_other_place_it_does_not_open() {
        let (key, envelope) = sealed();
        let here = context();
        let moved = [
            Context { clinic: ClinicId([7; 16]), ..here },
            Context { compartment: Compartment::Clinical, ..here },
            Context { space: "audit", ..here },
            Context { key: b"other", ..here },
            Context { patient: PatientId([7; 16]), ..here },
            Context { epoch: 5, ..here },
        ];
        for place in moved {
            assert_eq!(open(&key, &place, &envelope), Err(Unreadable::NotAuthentic));
        }
        let other = Context { key_id: KeyId([7; 8]), ..here };
        assert_eq!(open(&key, &other, &envelope), Err(Unreadable::OtherKey { named: KeyId([3; 8]) }));
    }

    #[test]
    fn each_way_of_being_unreadable_has_its_name() {
        let (key, envelope) = sealed();
        let mut newer = envelope.clone();
        newer[0] = 2;
        assert_eq!(open(&key, &context(), &newer), Err(Unreadable::NewerFormat));
        newer[0] = 0;
        assert_eq!(open(&key, &context(), &newer), Err(Unreadable::UnknownFormat));
        assert_eq!(open(&key, &context(), &envelope[..30]), Err(Unreadable::Cut));
        assert_eq!(open(&key, &context(), &[]), Err(Unreadable::Cut));
        assert_eq!(open(&key, &context(), &vec![1; ENVELOPE_MAX + 1]), Err(Unreadable::TooLarge));
        assert_eq!(open(&Key32::from_bytes([8; 32]), &context(), &envelope), Err(Unreadable::NotAuthentic));
    }
}
