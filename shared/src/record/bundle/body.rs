//! What is sealed of a bundle: its changes as CBOR, packed, and padded so that the size says little.

use minicbor::{Decode, Encode};

use crate::record::ResourceRef;
use crate::record::change::Change;

use super::{BundleFault, MAX_OPENED, MAX_SEALED, TARGET_SEALED, to_cbor};

/// Version of the bodies that are written.
const VERSION: u8 = 2;
/// Bytes before the packed text.
const HEAD: usize = 10;
/// No body opens to more than this many times its own length. Ours keep to it by more padding.
const RATIO_MAX: usize = 64;
/// Number of the dictionary that bodies are written with. Zero is none.
const DICTIONARY: u8 = 1;

/// FHIR as it stands in our bodies: what most visits and resources have in common. Frozen: bodies are packed against it.
static DICTIONARY_1: &[u8] = include_bytes!("dictionary_1.bin");

fn dictionary(number: u8) -> Option<&'static [u8]> {
    match number {
        0 => Some(&[]),
        DICTIONARY => Some(DICTIONARY_1),
        _ => None,
    }
}

/// The changes of one bundle, as they are sealed:
/// `[version u8][dictionary u8][length u32 LE][packed length u32 LE][lz4 of CBOR][zero padding]`.
/// Version 1 had no dictionary, and no byte for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Body {
    #[n(0)]
    pub changes: Vec<Change>,
}

impl Body {
    pub fn pack(&self) -> Result<Vec<u8>, BundleFault> {
        pack_plain(&to_cbor(self))
    }

    pub fn unpack(bytes: &[u8]) -> Result<Body, BundleFault> {
        Body::read(&Body::unwrapped(bytes)?)
    }

    /// The CBOR in what `pack` made.
    pub fn unwrapped(bytes: &[u8]) -> Result<Vec<u8>, BundleFault> {
        let (&version, rest) = bytes.split_first().ok_or(BundleFault::Malformed)?;
        let (number, rest) = match version {
            1 => (0, rest),
            VERSION => rest.split_first().map(|(number, rest)| (*number, rest)).ok_or(BundleFault::Malformed)?,
            _ => return Err(BundleFault::UnknownVersion),
        };
        let dictionary = dictionary(number).ok_or(BundleFault::UnknownVersion)?;
        let (plain_len, rest) = rest.split_first_chunk::<4>().ok_or(BundleFault::Malformed)?;
        let (packed_len, rest) = rest.split_first_chunk::<4>().ok_or(BundleFault::Malformed)?;
        let plain_len = u32::from_le_bytes(*plain_len) as usize;
        let packed_len = u32::from_le_bytes(*packed_len) as usize;
        // Refused before anything is allocated.
        if plain_len > MAX_OPENED || (version > 1 && plain_len > bytes.len().saturating_mul(RATIO_MAX)) {
            return Err(BundleFault::TooLarge);
        }
        let packed = rest.get(..packed_len).ok_or(BundleFault::Malformed)?;
        let plain = lz4_flex::block::decompress_with_dict(packed, plain_len, dictionary);
        let plain = plain.map_err(|_| BundleFault::Malformed)?;
        if version > 1 && plain.len() != plain_len {
            return Err(BundleFault::Malformed);
        }
        Ok(plain)
    }

    /// Takes what `unwrapped` gave.
    pub fn read(plain: &[u8]) -> Result<Body, BundleFault> {
        minicbor::decode(plain).map_err(|_| BundleFault::Malformed)
    }
}

/// Packs the CBOR of a body.
pub(super) fn pack_plain(plain: &[u8]) -> Result<Vec<u8>, BundleFault> {
    if plain.len() > MAX_OPENED {
        return Err(BundleFault::TooLarge);
    }
    let mut out = vec![0; HEAD + lz4_flex::block::get_maximum_output_size(plain.len())];
    let room = out.get_mut(HEAD..).unwrap_or_default();
    let packed =
        lz4_flex::block::compress_into_with_dict(plain, room, DICTIONARY_1).map_err(|_| BundleFault::TooLarge)?;
    let len = padme((HEAD + packed).max(plain.len().div_ceil(RATIO_MAX)));
    if len + 16 > MAX_SEALED {
        return Err(BundleFault::TooLarge);
    }
    let (plain_len, packed_len) = ((plain.len() as u32).to_le_bytes(), (packed as u32).to_le_bytes());
    let head = [VERSION, DICTIONARY].into_iter().chain(plain_len).chain(packed_len);
    out.iter_mut().zip(head).for_each(|(slot, byte)| *slot = byte);
    out.truncate(HEAD + packed);
    out.resize(len, 0);
    Ok(out)
}

/// Padmé (Nikitin et al. 2019): hides all but the order of size, for at most 12 % more.
pub(super) fn padme(len: usize) -> usize {
    if len < 2 {
        return len;
    }
    let e = usize::BITS - 1 - len.leading_zeros();
    let s = usize::BITS - e.leading_zeros();
    let mask = (1usize << e.saturating_sub(s)) - 1;
    (len + mask) & !mask
}

/// A body beside what `pack` made of it.
pub type Packed = (Body, Vec<u8>);

/// Splits changes of one patient into bodies near the target size, in order.
pub fn split(changes: Vec<Change>) -> Result<Vec<Packed>, (BundleFault, ResourceRef)> {
    let mut out = Vec::new();
    let mut rest = std::collections::VecDeque::from(changes);
    // FHIR text packs to about a third or better; start from there and halve what turns out too large.
    let guess = TARGET_SEALED * 3;
    while !rest.is_empty() {
        let mut batch = Vec::new();
        let mut size = 0usize;
        while let Some(change) = rest.pop_front() {
            size += change
                .ops
                .iter()
                .map(|op| op.value.as_ref().map_or(0, |value| value.len()) + op.element.len() + 8)
                .sum::<usize>()
                + 32;
            batch.push(change);
            if size >= guess {
                break;
            }
        }
        loop {
            let body = Body { changes: batch };
            let Some(name) = body.changes.first().map(|c| c.resource.clone()) else { break };
            match body.pack() {
                Ok(packed) if packed.len() + 16 <= TARGET_SEALED || body.changes.len() == 1 => {
                    out.push((body, packed));
                    break;
                }
                Err(fault) if body.changes.len() == 1 => return Err((fault, name)),
                Ok(_) | Err(_) => {
                    batch = body.changes;
                    let half = batch.split_off(batch.len().div_ceil(2));
                    for change in half.into_iter().rev() {
                        rest.push_front(change);
                    }
                }
            }
        }
    }
    Ok(out)
}
