//! What every seal is bound to, as associated data: nothing can be cut from one place and pasted into another.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::base::{ClinicId, KeyId, PatientId};

/// What a staff member's role opens or does not open. The codes are stored and signed: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compartment {
    /// Demographics, appointments, queue.
    Registry = 1,
    Clinical = 2,
    Sensitive = 3,
    Billing = 4,
    Stock = 5,
    /// Staff, audit, consent.
    Governance = 6,
}

impl Compartment {
    pub const ALL: [Compartment; 6] = [
        Compartment::Registry,
        Compartment::Clinical,
        Compartment::Sensitive,
        Compartment::Billing,
        Compartment::Stock,
        Compartment::Governance,
    ];

    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn from_code(code: u8) -> Option<Compartment> {
        Compartment::ALL.into_iter().find(|c| c.code() == code)
    }
}

impl<C> Encode<C> for Compartment {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.u8(self.code())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Compartment {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Compartment::from_code(d.u8()?).ok_or_else(|| decode::Error::message("unknown compartment"))
    }
}

/// Where a sealed object lives and under which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    pub clinic: ClinicId,
    pub compartment: Compartment,
    /// The store, or the kind of object where it travels between devices: `keys`, `bundle`, `drafts`, …
    pub space: &'a str,
    /// The object's primary key in that store.
    pub key: &'a [u8],
    pub patient: PatientId,
    /// The key that seals it, or the key that is sealed.
    pub key_id: KeyId,
    pub epoch: u32,
    /// Format version of what is sealed.
    pub version: u8,
}

impl Context<'_> {
    /// Deterministic CBOR (RFC 8949 §4.2): an array of nine, lengths and numbers in their shortest form.
    pub fn aad(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(80 + self.space.len() + self.key.len());
        head(&mut out, ARRAY, 9);
        string(&mut out, TEXT, b"lucerna");
        head(&mut out, UINT, u64::from(self.version));
        string(&mut out, BYTES, self.clinic.as_bytes());
        head(&mut out, UINT, u64::from(self.compartment.code()));
        string(&mut out, TEXT, self.space.as_bytes());
        string(&mut out, BYTES, self.key);
        string(&mut out, BYTES, self.patient.as_bytes());
        string(&mut out, BYTES, self.key_id.as_bytes());
        head(&mut out, UINT, u64::from(self.epoch));
        out
    }
}

// Written by hand, since associated data must never fail to encode and minicbor's writers may.
const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;

fn string(out: &mut Vec<u8>, major: u8, bytes: &[u8]) {
    head(out, major, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let major = major << 5;
    let wide = value.to_be_bytes();
    match value {
        0..=23 => out.push(major | value as u8),
        24..=0xff => out.extend_from_slice(&[major | 24, wide[7]]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&wide[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&wide[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&wide);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minicbor::bytes::ByteSlice;

    fn context<'a>(key: &'a [u8], epoch: u32) -> Context<'a> {
        Context {
            clinic: ClinicId([1; 16]),
            compartment: Compartment::Clinical,
            space: "keys",
            key,
            patient: PatientId([2; 16]),
            key_id: KeyId([3; 8]),
            epoch,
            version: 1,
        }
    }

    #[test]
    fn another_cbor_library_writes_the_same_bytes() {
        for (len, epoch) in
            [(0, 0), (23, 23), (24, 24), (255, 255), (256, 256), (300, 65_535), (70_000, 65_536), (9, u32::MAX)]
        {
            let key = vec![9; len];
            let ours = context(&key, epoch).aad();
            let key: &ByteSlice = key.as_slice().into();
            let theirs = minicbor::to_vec((
                "lucerna",
                1u8,
                ClinicId([1; 16]),
                2u8,
                "keys",
                key,
                PatientId([2; 16]),
                KeyId([3; 8]),
                epoch,
            ));
            assert_eq!(theirs.ok(), Some(ours));
        }
    }

    #[test]
    fn compartment_codes_read_back_and_others_do_not() {
        for c in Compartment::ALL {
            assert_eq!(Compartment::from_code(c.code()), Some(c));
        }
        assert_eq!(Compartment::from_code(0), None);
        assert!(minicbor::decode::<Compartment>(&[7]).is_err());
    }
}
