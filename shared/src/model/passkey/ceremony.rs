//! What a browser sends of a ceremony, and whether it is of this deployment and this challenge.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use super::{
    authenticator::Said,
    challenge::{Challenge, ChallengeKey, Purpose},
    not_accepted,
};
use crate::base::{
    error::Error,
    id::AccountId,
    input::{Text, Word, input},
    time::Timestamp,
};

const CLIENT_DATA: &str = "client_data";

/// Bytes in base64url without padding: at most three quarters of this many.
type Encoded = Word<4096>;

/// Where a deployment was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    origin: String,
    host: String,
}

impl Address {
    /// The address that a browser calls this origin: without the port that goes without saying.
    pub fn of(origin: &str) -> Option<Self> {
        let origin = origin.to_ascii_lowercase();
        let (scheme, place) = origin.split_once("://")?;
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let place = place.strip_suffix(usual).unwrap_or(place);
        let end = place.rfind(':').filter(|end| !place.ends_with(']') && *end > 0);
        let host = end.and_then(|end| place.get(..end)).unwrap_or(place);
        let address = Self { origin: format!("{scheme}://{place}"), host: host.to_owned() };
        (!address.host.is_empty()).then_some(address)
    }

    /// What passkeys are made for here: the relying party's id.
    pub fn host(&self) -> &str {
        &self.host
    }
}

input! {
    /// What a browser sends to register a passkey: what `navigator.credentials.create` came to.
    pub struct NewPasskey {
        /// What a person calls it.
        pub(super) name: Text<1, 200>,
        /// `response.clientDataJSON`, in base64url without padding.
        pub(super) client_data: Encoded,
        /// `response.getAuthenticatorData()`, in base64url without padding.
        pub(super) authenticator_data: Encoded,
    }
    example {
        "name": "Jane's laptop",
        "client_data": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0",
        "authenticator_data": "AAAA",
    }
}

input! {
    /// What a browser sends to sign in: what `navigator.credentials.get` came to, each in base64url
    /// without padding.
    pub struct SignIn {
        /// `response.userHandle`: the account's id.
        user_handle: Word<128>,
        /// `rawId`.
        credential_id: Word<1364>,
        /// `response.clientDataJSON`.
        client_data: Encoded,
        /// `response.authenticatorData`.
        authenticator_data: Encoded,
        /// `response.signature`.
        signature: Encoded,
    }
}

/// An answer to a challenge that is right in all that no passkey is needed to know.
#[derive(Clone, Debug)]
pub struct Presented {
    account: AccountId,
    credential_id: String,
    challenge: Challenge,
    /// What was signed: the authenticator data, and the SHA-256 of the client data.
    pub(super) signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) count: u32,
    pub(super) may_be_copied: bool,
    pub(super) is_copied: bool,
}

impl Presented {
    /// Whose passkey it says it is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Which of them, in base64url.
    pub fn credential_id(&self) -> &str {
        &self.credential_id
    }

    /// What it answers.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }
}

impl SignIn {
    /// What is presented at `at`, in answer to a challenge of `key`.
    pub fn presented(
        &self,
        at: &Address,
        key: &ChallengeKey,
        now: Timestamp,
    ) -> Result<Presented, Error> {
        let client_data = decoded(CLIENT_DATA, self.client_data.as_str())?;
        let mut signed = decoded("authenticator_data", self.authenticator_data.as_str())?;
        let signature = decoded("signature", self.signature.as_str())?;
        let said = ClientData::read(&client_data)?;
        let challenge = said.answers("webauthn.get", Purpose::SignIn, at, (key, now))?;
        let authenticator = Said::read(&signed)?;
        authenticator.check(at)?;
        let (may_be_copied, is_copied) = (authenticator.may_be_copied(), authenticator.is_copied());
        let count = authenticator.count;
        signed
            .extend_from_slice(ring::digest::digest(&ring::digest::SHA256, &client_data).as_ref());
        let handle = BASE64URL_NOPAD.decode(self.user_handle.as_str().as_bytes()).ok();
        let account = handle.and_then(|handle| String::from_utf8(handle).ok()?.parse().ok());
        Ok(Presented {
            account: account.ok_or(Error::UnknownPasskey)?,
            credential_id: self.credential_id.as_str().to_owned(),
            challenge,
            signed,
            signature,
            count,
            may_be_copied,
            is_copied,
        })
    }
}

/// What an account is called by its passkeys' authenticators: its id, in base64url.
pub(super) fn user_handle(account: &AccountId) -> String {
    BASE64URL_NOPAD.encode(account.as_str().as_bytes())
}

/// The bytes that a field holds.
pub(super) fn decoded(field: &'static str, text: &str) -> Result<Vec<u8>, Error> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| not_accepted(field, "invalid_encoding", "is not base64url without padding"))
}

/// What the browser says was asked for, by whom.
#[derive(Debug, Deserialize)]
pub(super) struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: Option<bool>,
}

impl ClientData {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(bytes)
            .map_err(|_| not_accepted(CLIENT_DATA, "invalid", "is no client data of a browser"))
    }

    /// The challenge that is answered, if the page asked for this was one of `at`.
    pub(super) fn answers(
        &self,
        ceremony: &str,
        purpose: Purpose<'_>,
        at: &Address,
        (key, now): (&ChallengeKey, Timestamp),
    ) -> Result<Challenge, Error> {
        if self.r#type != ceremony {
            let hint = format!("is not of the type {ceremony}");
            return Err(not_accepted(CLIENT_DATA, "wrong_type", &hint));
        }
        if self.origin != at.origin || self.cross_origin == Some(true) {
            let hint = format!("is not of a page of {}, where this was asked for", at.origin);
            return Err(not_accepted(CLIENT_DATA, "wrong_origin", &hint));
        }
        key.recognize(purpose, &self.challenge, now).ok_or_else(|| {
            let hint = "answers no challenge that was made for this within five minutes; ask for \
                        another";
            not_accepted(CLIENT_DATA, "challenge_expired", hint)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_is_what_a_browser_calls_it() {
        for (origin, expected, host) in [
            ("https://billing.example.com", "https://billing.example.com", "billing.example.com"),
            (
                "https://Billing.Example.com:443",
                "https://billing.example.com",
                "billing.example.com",
            ),
            ("https://a.example:8443", "https://a.example:8443", "a.example"),
            ("http://localhost:9000", "http://localhost:9000", "localhost"),
            ("http://localhost:80", "http://localhost", "localhost"),
            ("http://[::1]:9000", "http://[::1]:9000", "[::1]"),
            ("http://[::1]", "http://[::1]", "[::1]"),
        ] {
            let address = Address::of(origin).unwrap();
            assert_eq!((address.origin.as_str(), address.host()), (expected, host));
        }
        assert_eq!([Address::of("nonsense"), Address::of("https://")], [None, None]);
    }
}
