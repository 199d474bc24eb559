//! Fixed-size opaque identifiers. They are random or keyed hashes, never derived in the clear from a patient's data.

use std::fmt;
use std::str::FromStr;

use minicbor::bytes::ByteArray;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of the expected length in hex")]
pub struct BadId;

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            pub const LEN: usize = $len;
            pub const ZERO: Self = Self([0; $len]);

            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            pub fn hex(&self) -> String {
                // A list of patients has one in each row.
                let digit = |four: u8| char::from(if four < 10 { b'0' + four } else { b'a' + four - 10 });
                self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:02x}{:02x}…)", stringify!($name), self.0[0], self.0[1])
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let bytes = text.as_bytes();
                if bytes.len() != $len * 2 {
                    return Err(BadId);
                }
                let mut out = [0u8; $len];
                for (slot, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
                    let pair = std::str::from_utf8(pair).map_err(|_| BadId)?;
                    *slot = u8::from_str_radix(pair, 16).map_err(|_| BadId)?;
                }
                Ok(Self(out))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
                let bytes: ByteArray<$len> = minicbor::Decode::decode(d, ctx)?;
                Ok(Self(bytes.into()))
            }
        }
    };
}

opaque_id!(
    /// A clinic: random, made once when the clinic is created.
    ClinicId, 16
);
opaque_id!(
    /// A patient's pseudonym: a keyed hash of the FHIR logical id, the same on every device of one clinic.
    /// `PatientId::ZERO` is the clinic's own compartment (organizations, practitioners, locations).
    PatientId, 16
);
opaque_id!(
    /// A device: the first 16 bytes of SHA-256 of its Ed25519 public key.
    DeviceId, 16
);
opaque_id!(
    /// A member of staff: the first 16 bytes of SHA-256 of their Ed25519 public key.
    StaffId, 16
);
opaque_id!(
    /// A signed-in session of one member of staff on one device, at most 12 hours.
    SessionId, 16
);
opaque_id!(
    /// Names a key without revealing it: random 8 bytes, chosen when the key is made.
    KeyId, 8
);
opaque_id!(
    /// SHA-256.
    Hash, 32
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_own_hex() {
        let id = PatientId([7; 16]);
        assert_eq!(id.hex().parse(), Ok(id));
    }

    #[test]
    fn a_short_or_odd_text_is_no_id() {
        assert_eq!("07".parse::<PatientId>(), Err(BadId));
        assert_eq!("zz".repeat(16).parse::<PatientId>(), Err(BadId));
    }
}
