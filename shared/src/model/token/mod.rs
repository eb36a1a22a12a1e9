//! Tokens as objects: who made them, what they allow, until when. Their text is in `auth`.
//!
//! A token that works has a companion, its look-up under the digest of its text. Revoking removes the
//! look-up, so a revoked token is as unknown as one that never was. Functions keep a look-up for at
//! most 30 seconds (`http::authorize`): that is how long a revoked token may still be served.

#[cfg(test)]
mod tests;

use crate::model::entity::Place;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{AccountId, PasskeyId, TokenId, kind},
        input::{Integer, Text, input},
        time::Timestamp,
    },
    model::{
        auth::{Grant, HashedToken, PlainToken, TokenKind},
        entity::{Companion, Entity, Representation, encode, recorded},
        event_type::{TokenEvent, created_or_updated},
        rate_limit::{Limits, RateLimits},
        record::Record,
    },
};

/// A key to the API.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    #[serde(flatten)]
    pub(crate) record: Record<kind::Token>,
    /// Who may hold it.
    kind: TokenKind,
    /// What a person calls it.
    name: Option<Text<0, 200>>,
    /// What a secret token may do. A publishable one may only do what is open to browsers.
    scopes: Vec<Grant>,
    /// The beginning of its text.
    prefix: String,
    /// The end of its text.
    last_four: String,
    /// When it stops working by itself.
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    revoked_at: Option<Timestamp>,
    /// When it was last used, to the second or so.
    #[serde(default)]
    pub(crate) last_used_at: Option<Timestamp>,
    /// Of a session that a passkey opened, the passkey; null, also once it is removed, where none did.
    #[serde(default)]
    passkey_id: Option<PasskeyId>,
    #[schemars(skip)]
    digest: HashedToken,
    #[schemars(skip)]
    limits: Limits,
}

/// A token as the answer that makes it shows it: the only time its text is seen.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IssuedToken {
    #[serde(flatten)]
    shown: Token,
    /// The text to send as `Authorization: Bearer …`. It cannot be shown again.
    token: String,
}

input! {
    /// What a client sends to create a token.
    pub struct NewToken {
        /// Who may hold it.
        pub kind: TokenKind,
        /// What a person calls it.
        pub name: Option<Text<0, 200>>,
        /// What a secret token may do; everything its creator may, when left out.
        pub scopes: Option<Vec<Grant>>,
        /// When it stops working by itself; never, when left out.
        pub expires_at: Option<Timestamp>,
    }
    example {"kind": "secret", "name": "billing worker", "scopes": ["customers:read"]}
}

/// How long a session lasts.
pub const SESSION_HOURS: i64 = 8;

input! {
    /// What a client sends to sign in.
    pub struct NewSession {
        /// What the session may do; everything the token may that asks for it, when left out.
        pub scopes: Option<Vec<Grant>>,
    }
    example {}
}

impl NewSession {
    /// The token that a session is.
    pub fn token(self, now: Timestamp) -> NewToken {
        NewToken {
            kind: TokenKind::Secret,
            name: Some(Text::of("Dashboard session")),
            scopes: self.scopes,
            expires_at: Some(now.plus_hours(SESSION_HOURS)),
        }
    }
}

input! {
    /// How a client replaces a token.
    pub struct Roll {
        /// For how long the old token goes on working; 0 when left out: it stops at once.
        expires_in_hours: Option<Integer<0, 168>>,
    }
    example {"expires_in_hours": 24}
}

impl NewToken {
    /// An account's first token of a kind.
    pub fn first(kind: TokenKind) -> Self {
        Self { kind, name: None, scopes: None, expires_at: None }
    }

    /// Whether a holder of `held` may make this at `now` of real time, by which tokens expire.
    pub fn permitted(self, held: &[Grant], now: Timestamp) -> Result<Self, Error> {
        let wanted = self.scopes.as_deref().unwrap_or_default();
        if self.kind == TokenKind::Publishable && !wanted.is_empty() {
            let hint = "cannot be given to a publishable token";
            return Err(Error::rule("token", "scopes", "not_allowed", hint));
        }
        if self.scopes.as_ref().is_some_and(Vec::is_empty) && self.kind == TokenKind::Secret {
            let hint = "cannot be empty: a token that may do nothing is of no use";
            return Err(Error::rule("token", "scopes", "too_short", hint));
        }
        if self.expires_at.is_some_and(|expiry| expiry <= now) {
            return Err(Error::rule("token", "expires_at", "in_the_past", "must be in the future"));
        }
        within(held, wanted).map(|()| self)
    }
}

/// A token may pass on what it has, and no more.
pub(crate) fn within(held: &[Grant], wanted: &[Grant]) -> Result<(), Error> {
    match wanted.iter().all(|grant| held.iter().any(|own| own.covers(*grant))) {
        true => Ok(()),
        false => Err(Error::Forbidden("A token cannot give another more than it has itself")),
    }
}

impl Token {
    /// A new token and its text, made by a holder of `held`.
    pub fn new(
        record: Record<kind::Token>,
        new: NewToken,
        held: &[Grant],
        limits: RateLimits,
    ) -> (Self, PlainToken) {
        let plain = PlainToken::new(new.kind, record.account_id.environment());
        let mut scopes = match new.kind {
            TokenKind::Secret => new.scopes.unwrap_or_else(|| held.to_vec()),
            TokenKind::Publishable => Vec::new(),
        };
        scopes.sort_unstable();
        scopes.dedup();
        let token = Self {
            record,
            kind: new.kind,
            name: new.name,
            scopes,
            prefix: plain.prefix().to_owned(),
            last_four: plain.last_four().to_owned(),
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_at: None,
            passkey_id: None,
            digest: plain.hashed(),
            limits: limits.of(new.kind),
        };
        (token, plain)
    }

    /// A session that a passkey opens, and its text: it may do what the passkey may. `now` is real time.
    pub(crate) fn opened_by(
        (passkey, scopes): (&PasskeyId, &[Grant]),
        record: Record<kind::Token>,
        limits: RateLimits,
        now: Timestamp,
    ) -> (Self, PlainToken) {
        let new = NewSession { scopes: None }.token(now);
        let (session, text) = Self::new(record, new, scopes, limits);
        (Self { passkey_id: Some(passkey.clone()), ..session }, text)
    }

    /// The token, with what its account says of limits now.
    pub fn limited_by(self, limits: RateLimits) -> Self {
        Self { limits: limits.of(self.kind), ..self }
    }

    /// The token, not working any more, for a holder of `held`: a token cannot end one that may do
    /// more. Revoking again changes nothing.
    pub fn revoked(&self, held: &[Grant], now: Timestamp) -> Result<Self, Error> {
        within(held, &self.scopes)?;
        Ok(self.ended(now))
    }

    fn ended(&self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), ..self.clone() }
    }

    /// The token as it is while its successor takes over, and the successor with its text, for a
    /// holder of `held`, the token `caller`: whoever sees the text can do what the token can. A token
    /// cannot end itself at once, because if the answer were lost nobody would know its successor.
    /// `now` is real time, by which tokens expire.
    pub fn rolled(
        &self,
        record: Record<kind::Token>,
        roll: &Roll,
        (caller, held): (&TokenId, &[Grant]),
        now: Timestamp,
    ) -> Result<(Self, Self, PlainToken), Error> {
        within(held, &self.scopes)?;
        let hours = roll.expires_in_hours.map_or(0, Integer::get);
        if hours == 0 && caller == self.id() {
            let hint = "must be at least 1 when a token replaces itself, so that a lost answer \
                        can be asked for again";
            return Err(Error::rule("token", "expires_in_hours", "too_small", hint));
        }
        if !self.works(now) {
            let hint = "has been revoked or has expired; create a new one";
            return Err(Error::rule("token", "id", "not_active", hint));
        }
        let plain = PlainToken::new(self.kind, self.record.account_id.environment());
        let made_at = record.created_at;
        let successor = Self {
            record,
            prefix: plain.prefix().to_owned(),
            last_four: plain.last_four().to_owned(),
            last_used_at: None,
            digest: plain.hashed(),
            ..self.clone()
        };
        let old = match hours {
            0 => self.ended(made_at),
            hours => {
                let end = now.plus_hours(hours);
                let expires_at = Some(self.expires_at.map_or(end, |earlier| earlier.min(end)));
                Self { expires_at, ..self.clone() }
            }
        };
        Ok((old, successor, plain))
    }

    /// Whether it works at `now` of real time.
    pub fn works(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expiry| expiry > now)
    }

    pub(crate) fn id(&self) -> &TokenId {
        &self.record.id
    }
}

impl Representation for IssuedToken {
    fn example() -> Value {
        let mut example = Token::example();
        if let Value::Object(object) = &mut example {
            let text = "st_prod_5hK0yT3vQ8mZ1cR7nW4xB6jL2pD9sF0aG8kE";
            object.insert("token".to_owned(), text.into());
        }
        example
    }
}

impl Representation for Token {
    fn example() -> Value {
        serde_json::json!({
            "id": "tok_prod_0mkz6k3ct1o2k3e4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "kind": "secret",
            "name": "billing worker",
            "scopes": ["customers:read", "customers:write"],
            "prefix": "st_prod_",
            "last_four": "9fQ2",
            "expires_at": null,
            "revoked_at": null,
            "last_used_at": null,
            "passkey_id": null,
        })
    }
}

impl Entity for Token {
    recorded!(kind::Token);
    type Event = TokenEvent;
    const RESOURCE: &'static str = "tokens";
    const HIDDEN: &'static [&'static str] = &["digest", "limits"];

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        if self.revoked_at.is_some() {
            return Ok(Vec::new());
        }
        let look_up = LookUp {
            account_id: self.record.account_id.clone(),
            token_id: self.id().clone(),
            kind: self.kind,
            scopes: self.scopes.clone(),
            limits: self.limits,
            expires_at: self.expires_at.map(Timestamp::seconds),
        };
        let item = encode(&look_up)?;
        Ok(vec![Companion { place: Place::Token(self.digest.clone()), item, claims: None }])
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<TokenEvent> {
        created_or_updated(before)
    }
}

/// What a request is told of its token: found by the digest of the token's text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LookUp {
    /// Whose it is.
    pub account_id: AccountId,
    /// Which it is.
    pub token_id: TokenId,
    /// Who may hold it.
    pub kind: TokenKind,
    /// What it allows.
    pub scopes: Vec<Grant>,
    /// How often.
    pub limits: Limits,
    /// In seconds since 1970, which is also when DynamoDB may remove the look-up.
    #[serde(default)]
    pub expires_at: Option<i64>,
}

impl LookUp {
    /// Whether the token has expired by itself at `now`.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now.seconds())
    }
}
