//! The public key of a passkey, as its authenticator wrote it: a COSE key (RFC 9052), a map of CBOR.
//!
//! The map has small whole numbers for keys, and whole numbers or bytes for values; nothing else of CBOR
//! is read. Of what it may say, three kinds of keys are known: ES256 on P-256, EdDSA on Ed25519, and
//! RS256. The first is what nearly all authenticators make, the last what Windows Hello makes with older
//! hardware. `ring` verifies all three, as it does for TLS.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use crate::base::input::choice;

choice! {
    /// How a passkey signs.
    pub enum Algorithm {
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
        /// RSA of at least 2048 bits with SHA-256.
        Rs256 = "RS256",
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// The point, uncompressed.
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
    /// The modulus and the exponent.
    Rs256(Vec<u8>, Vec<u8>),
}

/// The most members that a key has.
const MOST: u64 = 8;
/// The fewest and the most bytes of an RSA modulus.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

impl PublicKey {
    /// The key that `bytes` begin with, and what comes after it.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut cbor = Cbor(bytes);
        let key = Cose::read(&mut cbor)?;
        let read = match (key.number(1)?, key.number(3)?) {
            // Key type 2 on curve 1.
            (2, -7) if key.number(-1) == Some(1) => {
                let (x, y) = (key.bytes(-2, 32)?, key.bytes(-3, 32)?);
                Self::Es256([&[4], x, y].concat())
            }
            // Key type 1 on curve 6.
            (1, -8) if key.number(-1) == Some(6) => Self::EdDsa(key.bytes(-2, 32)?.to_vec()),
            (3, -257) => {
                let (modulus, exponent) = (key.text(-1)?, key.text(-2)?);
                let fits = MODULUS.contains(&modulus.len()) && (1..=8).contains(&exponent.len());
                fits.then(|| Self::Rs256(modulus.to_vec(), exponent.to_vec()))?
            }
            _ => return None,
        };
        Some((read, cbor.0))
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Rs256(..) => Algorithm::Rs256,
        }
    }

    /// Whether the holder of the private key signed `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256(n, e) => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        verified.is_ok()
    }
}

/// What is left of a text of CBOR.
struct Cbor<'a>(&'a [u8]);

impl<'a> Cbor<'a> {
    /// The major type of what comes next, and its number.
    fn head(&mut self) -> Option<(u8, u64)> {
        let (first, rest) = self.0.split_first()?;
        let (number, rest) = match first & 0b1_1111 {
            small @ 0..=23 => (u64::from(small), rest),
            24 => rest.split_first().map(|(one, rest)| (u64::from(*one), rest))?,
            25 => {
                let (two, rest) = rest.split_first_chunk::<2>()?;
                (u64::from(u16::from_be_bytes(*two)), rest)
            }
            26 => {
                let (four, rest) = rest.split_first_chunk::<4>()?;
                (u64::from(u32::from_be_bytes(*four)), rest)
            }
            _ => return None,
        };
        self.0 = rest;
        Some((first >> 5, number))
    }

    fn value(&mut self) -> Option<Value<'a>> {
        let (major, number) = self.head()?;
        match major {
            0 => i64::try_from(number).ok().map(Value::Number),
            1 => i64::try_from(number).ok().map(|number| Value::Number(-1 - number)),
            2 => {
                let (bytes, rest) = self.0.split_at_checked(usize::try_from(number).ok()?)?;
                self.0 = rest;
                Some(Value::Bytes(bytes))
            }
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

/// A COSE key: its members by their labels.
struct Cose<'a>(Vec<(i64, Value<'a>)>);

impl<'a> Cose<'a> {
    fn read(cbor: &mut Cbor<'a>) -> Option<Self> {
        let (5, count @ 1..=MOST) = cbor.head()? else { return None };
        let mut members: Vec<(i64, Value<'a>)> = Vec::new();
        for _ in 0..count {
            let Value::Number(label) = cbor.value()? else { return None };
            if members.iter().any(|(known, _)| *known == label) {
                return None;
            }
            members.push((label, cbor.value()?));
        }
        Some(Self(members))
    }

    fn member(&self, label: i64) -> Option<Value<'a>> {
        self.0.iter().find(|(known, _)| *known == label).map(|(_, value)| *value)
    }

    fn number(&self, label: i64) -> Option<i64> {
        match self.member(label)? {
            Value::Number(number) => Some(number),
            Value::Bytes(_) => None,
        }
    }

    fn text(&self, label: i64) -> Option<&'a [u8]> {
        match self.member(label)? {
            Value::Bytes(bytes) => Some(bytes),
            Value::Number(_) => None,
        }
    }

    fn bytes(&self, label: i64, length: usize) -> Option<&'a [u8]> {
        self.text(label).filter(|bytes| bytes.len() == length)
    }
}
