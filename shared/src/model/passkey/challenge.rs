//! What an authenticator is asked to sign: a number that is drawn for one ceremony.
//!
//! A challenge says itself when it was drawn and what for, under an HMAC of the deployment, so asking
//! for one writes nothing. It is answered within five minutes and once: that it was is written by the
//! change that it leads to (`store::Tx::redeem`). In its bytes are eight of when, in milliseconds, sixteen
//! random ones, and the 32 of the HMAC over what it is for and these.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::hmac;

use crate::base::{
    hash::random_text,
    id::{AccountId, random},
    time::Timestamp,
};

/// How long a challenge may be answered.
const SECONDS: i64 = 300;
/// How far the clocks of two processes may be apart.
const SKEW: i64 = 60;
/// When, and the random bytes.
const HEAD: usize = 24;

/// What a challenge is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// To register a passkey of this account.
    Register(&'a AccountId),
    /// To sign in, whoever it turns out to be.
    SignIn,
}

impl Purpose<'_> {
    fn signed_with(self, head: &[u8]) -> Vec<u8> {
        let words = match self {
            Self::Register(account) => format!("register {account}\n"),
            Self::SignIn => "sign in\n".to_owned(),
        };
        [words.as_bytes(), head].concat()
    }
}

/// What a deployment signs its challenges with.
#[derive(Clone)]
pub struct ChallengeKey(hmac::Key);

impl ChallengeKey {
    /// A new key, as it is kept.
    pub fn draw() -> String {
        random_text::<32>()
    }

    /// Reads a key as it is kept.
    pub fn read(kept: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(kept.as_bytes()).ok().filter(|bytes| bytes.len() == 32)?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// A new challenge in base64url, and until when it may be answered.
    pub fn ask(&self, purpose: Purpose<'_>, now: Timestamp) -> (String, Timestamp) {
        let nonce: [u8; 16] = random();
        let head = [now.millis().to_be_bytes().as_slice(), &nonce].concat();
        let tag = hmac::sign(&self.0, &purpose.signed_with(&head));
        let text = BASE64URL_NOPAD.encode(&[&head, tag.as_ref()].concat());
        (text, now.plus_seconds(SECONDS))
    }

    /// The challenge that `text` is, if it was drawn for this and may still be answered.
    pub(super) fn recognize(
        &self,
        purpose: Purpose<'_>,
        text: &str,
        now: Timestamp,
    ) -> Option<Challenge> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (head, tag) = bytes.split_at_checked(HEAD)?;
        hmac::verify(&self.0, &purpose.signed_with(head), tag).ok()?;
        let (at, _) = head.split_first_chunk::<8>()?;
        let drawn_at = Timestamp::from_millis(i64::from_be_bytes(*at))?;
        let ends_at = drawn_at.plus_seconds(SECONDS);
        let may_be_answered = now < ends_at && drawn_at <= now.plus_seconds(SKEW);
        may_be_answered.then(|| Challenge { name: HEXLOWER.encode(head), ends_at })
    }
}

impl fmt::Debug for ChallengeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeKey(…)")
    }
}

/// A challenge that was answered, and may be answered once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    name: String,
    ends_at: Timestamp,
}

impl Challenge {
    /// What no other challenge is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From when on, in seconds since 1970, nobody needs to know that it was answered.
    pub fn forgotten_at(&self) -> i64 {
        self.ends_at.plus_hours(1).seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Clock;

    fn key() -> ChallengeKey {
        ChallengeKey::read(&ChallengeKey::draw()).unwrap()
    }

    #[test]
    fn a_challenge_is_answered_within_five_minutes_for_what_it_was_drawn_for() {
        let (key, now) = (key(), Clock.now());
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let other: AccountId = "acc_stg_0000000000000002".parse().unwrap();
        let (text, ends_at) = key.ask(Purpose::Register(&account), now);
        let recognized = |purpose, now| key.recognize(purpose, &text, now).is_some();
        assert_eq!(ends_at, now.plus_seconds(300));
        assert!(recognized(Purpose::Register(&account), now));
        assert!(recognized(Purpose::Register(&account), ends_at.plus_millis(-1)));
        assert!(!recognized(Purpose::Register(&account), ends_at));
        assert!(!recognized(Purpose::Register(&account), now.plus_seconds(-61)));
        assert!(!recognized(Purpose::Register(&other), now));
        assert!(!recognized(Purpose::SignIn, now));
    }

    #[test]
    fn a_challenge_that_another_key_or_nobody_signed_is_none() {
        let (key, now) = (key(), Clock.now());
        let (text, _) = key.ask(Purpose::SignIn, now);
        assert!(super::tests::key().recognize(Purpose::SignIn, &text, now).is_none());
        for place in 0..text.len() {
            let mut other = text.clone();
            let with = if other.as_bytes()[place] == b'A' { "B" } else { "A" };
            other.replace_range(place..=place, with);
            assert!(key.recognize(Purpose::SignIn, &other, now).is_none(), "{place}");
        }
        for none in ["", "AAAA", &text[..32], &format!("{text}AAAA")] {
            assert!(key.recognize(Purpose::SignIn, none, now).is_none(), "{none}");
        }
    }

    #[test]
    fn no_two_challenges_are_called_the_same() {
        let (key, now) = (key(), Clock.now());
        let name = || {
            let (text, _) = key.ask(Purpose::SignIn, now);
            key.recognize(Purpose::SignIn, &text, now).unwrap().name().to_owned()
        };
        assert_ne!(name(), name());
        assert_eq!(format!("{key:?}"), "ChallengeKey(…)");
    }
}
