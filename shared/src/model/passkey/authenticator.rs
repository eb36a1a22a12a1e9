//! What an authenticator says beside its signature: authenticator data, by bytes (WebAuthn, section 6.1).
//!
//! | bytes | what |
//! |---|---|
//! | 32 | the SHA-256 of the host that it was asked by |
//! | 1 | flags |
//! | 4 | how often it signed; 0, where it does not count |
//! | 16, 2, … | of a new passkey: the authenticator's model, the length of the credential's id, the id, and the public key |

use ring::digest::{SHA256, digest};

use super::{ceremony::Address, key::PublicKey, not_accepted};
use crate::base::error::Error;

const DATA: &str = "authenticator_data";

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const MAY_BE_COPIED: u8 = 0x08;
const IS_COPIED: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// How long a credential's id may be.
const LONGEST_ID: usize = 1023;

/// Authenticator data, taken apart.
pub(super) struct Said<'a> {
    host: [u8; 32],
    flags: u8,
    /// How often the passkey has signed, where it counts.
    pub(super) count: u32,
    rest: &'a [u8],
}

/// A new passkey, as its authenticator says.
pub(super) struct Credential<'a> {
    pub(super) id: &'a [u8],
    pub(super) key: PublicKey,
    /// The same, as it was written.
    pub(super) written: &'a [u8],
}

impl<'a> Said<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::parts(bytes).ok_or_else(|| not_understood("is no authenticator data"))
    }

    fn parts(bytes: &'a [u8]) -> Option<Self> {
        let (host, rest) = bytes.split_first_chunk::<32>()?;
        let (flags, rest) = rest.split_first()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let said = Self { host: *host, flags: *flags, count: u32::from_be_bytes(*count), rest };
        let more = said.has(HAS_CREDENTIAL) || said.has(HAS_EXTENSIONS);
        (rest.is_empty() || more).then_some(said)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag == flag
    }

    /// Whether the passkey may be in more than one device.
    pub(super) fn may_be_copied(&self) -> bool {
        self.has(MAY_BE_COPIED)
    }

    /// Whether a service keeps a copy of it.
    pub(super) fn is_copied(&self) -> bool {
        self.has(IS_COPIED)
    }

    /// Whether it was asked by the host of `at`, and saw to it who asks.
    pub(super) fn check(&self, at: &Address) -> Result<(), Error> {
        if digest(&SHA256, at.host().as_bytes()).as_ref() != self.host {
            let hint = format!("is for another host than {}", at.host());
            return Err(not_accepted(DATA, "wrong_host", &hint));
        }
        if !self.has(USER_PRESENT) || !self.has(USER_VERIFIED) {
            let hint = "says that nobody was verified: a PIN, a fingerprint or a face is required";
            return Err(not_accepted(DATA, "not_verified", hint));
        }
        match self.is_copied() && !self.may_be_copied() {
            true => Err(not_understood("says that a passkey is copied that cannot be")),
            false => Ok(()),
        }
    }

    /// The passkey that it made.
    pub(super) fn credential(&self) -> Result<Credential<'a>, Error> {
        self.read_credential().ok_or_else(|| {
            not_understood("has no credential with a key of ES256, EdDSA or RS256 in it")
        })
    }

    fn read_credential(&self) -> Option<Credential<'a>> {
        let rest = self.has(HAS_CREDENTIAL).then_some(self.rest)?;
        let (_, rest) = rest.split_first_chunk::<16>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, rest) = rest.split_at_checked(length)?;
        let (key, after) = PublicKey::read(rest)?;
        let written = rest.get(..rest.len().checked_sub(after.len())?)?;
        let whole = after.is_empty() || self.has(HAS_EXTENSIONS);
        let fits = (1..=LONGEST_ID).contains(&id.len());
        (whole && fits).then_some(Credential { id, key, written })
    }
}

fn not_understood(hint: &str) -> Error {
    not_accepted(DATA, "invalid", hint)
}
