//! Passkeys: how a person signs in to the dashboard without a secret.
//!
//! | file | what |
//! |---|---|
//! | `mod` | a passkey, when it is made and when it opens a session |
//! | `challenge` | what an authenticator is asked to sign |
//! | `ceremony` | what a browser sends, and whether it is of this deployment and that challenge |
//! | `authenticator` | what an authenticator says |
//! | `key` | its public key |
//!
//! The names are those of WebAuthn: an *authenticator* (a telephone, a laptop, a security key) keeps a
//! private key for a host, and signs a challenge once it has seen to it who asks, by a PIN, a fingerprint
//! or a face. It is asked by the browser, in a *ceremony*, and tells by the *user handle* whose passkey it
//! is: the account's id, so nobody types anything. No attestation is asked for: which model somebody
//! has is not ours to know.

mod authenticator;
mod ceremony;
mod challenge;
mod key;
#[cfg(test)]
#[path = "../../../../tests/api/passkeys/soft.rs"]
mod soft;
#[cfg(test)]
mod tests;

use data_encoding::BASE64URL_NOPAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::{
    authenticator::Said,
    ceremony::{ClientData, decoded, user_handle},
    key::PublicKey,
};
pub use self::{
    ceremony::{Address, NewPasskey, Presented, SignIn},
    challenge::{Challenge, ChallengeKey, Purpose},
    key::Algorithm,
};
use crate::{
    base::{
        error::Error,
        hash,
        id::{AccountId, Environment, PasskeyId, kind},
        input::Text,
        time::Timestamp,
    },
    model::{
        auth::Grant,
        entity::{Companion, Entity, Item, Place, Representation, recorded},
        event_type::PasskeyEvent,
        record::Record,
        token::within,
    },
};

const NOUN: &str = "passkey";

/// What the credential's id of a passkey is unique within.
const CLAIM: &str = "passkeys?credential_id";

/// A key in somebody's device, which signs them in to the dashboard.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Passkey {
    #[serde(flatten)]
    record: Record<kind::Passkey>,
    /// What a person calls it.
    name: Text<1, 200>,
    /// What a session may do that it opens.
    scopes: Vec<Grant>,
    /// The host at which it signs in: that of the address at which it was registered.
    host: String,
    /// What its authenticator calls it, in base64url.
    credential_id: String,
    /// How it signs.
    algorithm: Algorithm,
    /// Whether a service keeps a copy of it, so that a lost device does not lose it.
    is_synced: bool,
    /// When it last opened a session, in real time.
    last_used_at: Option<Timestamp>,
    /// The public key as its authenticator wrote it, in base64url.
    #[schemars(skip)]
    public_key: String,
    /// How often it has signed, as it said last; 0, where it does not count.
    #[schemars(skip)]
    sign_count: u32,
    /// Whether it may be in more than one device, which never changes.
    #[schemars(skip)]
    may_be_copied: bool,
}

/// What a browser needs to register a passkey.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PasskeyChallenge {
    /// What is to be answered, in base64url: once, for this account.
    challenge: String,
    /// Until when, in real time.
    expires_at: Timestamp,
    /// The `rp.id`: the host of the address that was asked. Passkeys work at it alone.
    host: String,
    /// The `user.id`, in base64url.
    user_handle: String,
    /// The `user.name`, which a person sees when they choose a passkey.
    user_name: String,
}

impl PasskeyChallenge {
    /// The challenge that `key` asks `account` at `at`.
    pub fn new(
        (account, name): (&AccountId, &str),
        at: &Address,
        key: &ChallengeKey,
        now: Timestamp,
    ) -> Self {
        let (challenge, expires_at) = key.ask(Purpose::Register(account), now);
        let user_name = match account.environment() {
            Environment::Prod => name.to_owned(),
            Environment::Stg => format!("{name} (test)"),
        };
        let (host, user_handle) = (at.host().to_owned(), user_handle(account));
        Self { challenge, expires_at, host, user_handle, user_name }
    }
}

impl Passkey {
    /// A new passkey, and the challenge that it answers, for a holder of `held` at `at`. `now` is real
    /// time.
    pub fn registered(
        record: Record<kind::Passkey>,
        new: NewPasskey,
        held: &[Grant],
        at: &Address,
        (key, now): (&ChallengeKey, Timestamp),
    ) -> Result<(Self, Challenge), Error> {
        let client_data = decoded("client_data", new.client_data.as_str())?;
        let bytes = decoded("authenticator_data", new.authenticator_data.as_str())?;
        let purpose = Purpose::Register(&record.account_id);
        let said = ClientData::read(&client_data)?;
        let challenge = said.answers("webauthn.create", purpose, at, (key, now))?;
        let authenticator = Said::read(&bytes)?;
        authenticator.check(at)?;
        let credential = authenticator.credential()?;
        let passkey = Self {
            record,
            name: new.name,
            scopes: held.to_vec(),
            host: at.host().to_owned(),
            credential_id: BASE64URL_NOPAD.encode(credential.id),
            algorithm: credential.key.algorithm(),
            is_synced: authenticator.is_copied(),
            last_used_at: None,
            public_key: BASE64URL_NOPAD.encode(credential.written),
            sign_count: authenticator.count,
            may_be_copied: authenticator.may_be_copied(),
        };
        Ok((passkey, challenge))
    }

    /// The passkey after it has opened a session by what was `presented`; `now` is real time. Whoever
    /// counts signatures counts up: a passkey that does not was copied, or is an old copy.
    pub fn used(&self, presented: &Presented, now: Timestamp) -> Result<Self, Error> {
        if !self.public_key()?.has_signed(&presented.signed, &presented.signature)
            || self.may_be_copied != presented.may_be_copied
        {
            return Err(Error::UnknownPasskey);
        }
        let counts = self.sign_count > 0 || presented.count > 0;
        if counts && presented.count <= self.sign_count {
            let hint = "has signed less often than it had before: it may have been copied. Sign in by \
                        other means, remove it, and register another";
            return Err(Error::not_now(NOUN, "counts_backwards", hint));
        }
        Ok(Self {
            sign_count: presented.count,
            is_synced: presented.is_copied,
            last_used_at: Some(now),
            ..self.clone()
        })
    }

    fn public_key(&self) -> Result<PublicKey, Error> {
        let written = BASE64URL_NOPAD.decode(self.public_key.as_bytes()).ok();
        let key = written.and_then(|written| PublicKey::read(&written).map(|(key, _)| key));
        key.ok_or_else(|| Error::Internal(format!("the key of {} cannot be read", self.id())))
    }

    /// Whether a holder of `held` may remove it: nobody removes what may do more.
    pub fn removable(&self, held: &[Grant]) -> Result<(), Error> {
        within(held, &self.scopes)
    }

    /// The id.
    pub fn id(&self) -> &PasskeyId {
        &self.record.id
    }

    /// What a session may do that it opens.
    pub fn scopes(&self) -> &[Grant] {
        &self.scopes
    }
}

/// Where it is claimed that an account has one passkey of this credential id, in base64url.
pub fn claim(credential_id: &str) -> (&'static str, String) {
    (CLAIM, hash::sha256(credential_id))
}

/// What is said of an answer to a challenge that was answered before.
pub fn answered_before() -> Error {
    let hint = "answers a challenge that was answered before; ask for another";
    not_accepted("client_data", "challenge_used", hint)
}

/// That a field is not accepted: 422.
fn not_accepted(field: &str, code: &str, hint: &str) -> Error {
    Error::rule(NOUN, field, code, hint)
}

impl Representation for PasskeyChallenge {
    fn example() -> Value {
        json!({
            "challenge": "AAABnBPeQ1Bkb2N1bWVudGF0aW9u",
            "expires_at": "2026-01-31T09:35:00.000Z",
            "host": "billing.example.com",
            "user_handle": "YWNjX3Byb2RfMG1qdXZkYTBhMWIyYzNkNA",
            "user_name": "Acme",
        })
    }
}

impl Representation for Passkey {
    fn example() -> Value {
        json!({
            "id": "pkey_prod_0mkz6k3cp1a2s3s4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "name": "Jane's laptop",
            "scopes": ["read", "write"],
            "host": "billing.example.com",
            "credential_id": "AAECAwQFBgcICQoLDA0ODw",
            "algorithm": "ES256",
            "is_synced": true,
            "last_used_at": null,
        })
    }
}

impl Entity for Passkey {
    recorded!(kind::Passkey);
    type Event = PasskeyEvent;
    const RESOURCE: &'static str = "passkeys";
    const HIDDEN: &'static [&'static str] = &["public_key", "sign_count", "may_be_copied"];

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let (what, value) = claim(&self.credential_id);
        let place = Place::Unique { what: what.to_owned(), value };
        let claims = Some((NOUN, "authenticator_data"));
        Ok(vec![Companion { place, item: Item::new(), claims }])
    }

    /// It changes by being used, and by nothing else.
    fn events(before: Option<&Self>, _: &Self) -> Vec<PasskeyEvent> {
        vec![before.map_or(PasskeyEvent::Created, |_| PasskeyEvent::Used)]
    }
}
