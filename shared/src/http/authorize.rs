//! Who is asking, and whether they may.
//!
//! A token is looked up by the digest of its text. What is found is kept for 30 seconds, what is not
//! found for 5: the documented bound on how long a revoked token is served. Whose a token is never
//! changes, so even when a look-up has to be read again, a read of the account's data can run beside
//! it; its result is thrown away if the token turns out to be revoked (`serve`).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::request::Request;
use crate::{
    base::{
        error::Error,
        id::AccountId,
        time::{Clock, Timestamp},
    },
    model::{
        auth::{Grant, HashedToken, PlainToken, Scope, TokenKind},
        event::{Actor, ActorType},
        token::LookUp,
    },
    store::Store,
};

/// Whoever a valid token belongs to.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What the token's look-up says.
    pub look_up: LookUp,
    /// The token's text, which seals what only it may read again.
    pub bearer: PlainToken,
}

impl Caller {
    /// The account whose data is visible.
    pub fn account(&self) -> &AccountId {
        &self.look_up.account_id
    }

    /// Whether the token may do this, on this path. A path of another account is forbidden, whether
    /// that account exists or not.
    pub fn may(&self, scope: Scope, request: &Request) -> Result<(), Error> {
        if !self.holds(scope) {
            return Err(Error::Forbidden(match self.look_up.kind {
                TokenKind::Secret => "The token's scopes do not allow this",
                TokenKind::Publishable => "A publishable token cannot do this; use a secret token",
            }));
        }
        match &request.account {
            Some(account) if account != self.account().as_str() => {
                Err(Error::Forbidden("The token belongs to another account than the path names"))
            }
            _ => Ok(()),
        }
    }

    /// Whether the token's scopes allow this.
    pub fn holds(&self, scope: Scope) -> bool {
        match self.look_up.kind {
            TokenKind::Secret => self.look_up.scopes.iter().any(|grant| grant.allows(scope)),
            TokenKind::Publishable => scope.publishable(),
        }
    }

    /// Who the caller is, to those who read events.
    pub fn actor(&self, request: &Request) -> Actor {
        Actor::new(self.actor_type(request), self.look_up.token_id.as_str())
    }

    /// What the caller is.
    pub fn actor_type(&self, request: &Request) -> ActorType {
        match self.look_up.kind {
            TokenKind::Publishable => ActorType::Payer,
            TokenKind::Secret if request.is_from_dashboard() => ActorType::Dashboard,
            TokenKind::Secret => ActorType::Token,
        }
    }

    /// What the token may pass on to a token it creates.
    pub fn grants(&self) -> &[Grant] {
        &self.look_up.scopes
    }
}

/// Tokens this process has seen.
#[derive(Debug)]
pub struct Tokens {
    clock: Clock,
    seen: Mutex<HashMap<HashedToken, Seen>>,
}

#[derive(Clone, Debug)]
struct Seen {
    look_up: Option<LookUp>,
    at: Timestamp,
}

const KEEP_FOUND_MS: i64 = 30_000;
const KEEP_MISSED_MS: i64 = 5_000;
/// More tokens than this in one process are a scan, not customers.
const MAX_SEEN: usize = 1_000;

impl Seen {
    fn is_fresh(&self, now: Timestamp) -> bool {
        let keep = if self.look_up.is_some() { KEEP_FOUND_MS } else { KEEP_MISSED_MS };
        (0..keep).contains(&(now.millis() - self.at.millis()))
    }
}

impl Tokens {
    /// No tokens yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, seen: Mutex::default() }
    }

    /// Whose the token is, if this process has seen it work; it may have been revoked since.
    pub fn remembered(&self, token: &PlainToken) -> Option<Caller> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let look_up = seen.get(&token.hashed())?.look_up.clone()?;
        Some(Caller { look_up, bearer: token.clone() })
    }

    /// Whose the token is.
    pub async fn caller(&self, token: &PlainToken, store: &Store) -> Result<Caller, Error> {
        let (digest, now) = (token.hashed(), self.clock.now());
        let seen = {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.get(&digest).filter(|seen| seen.is_fresh(now)).cloned()
        };
        let look_up = match seen {
            Some(seen) => seen.look_up,
            None => {
                let look_up = store.token_look_up(&digest).await?;
                self.remember(digest, Seen { look_up: look_up.clone(), at: now });
                look_up
            }
        };
        let look_up = look_up.filter(|look_up| !look_up.has_expired(now));
        look_up.map(|look_up| Caller { look_up, bearer: token.clone() }).ok_or(Error::Unauthorized)
    }

    fn remember(&self, digest: HashedToken, seen: Seen) {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_SEEN {
            all.clear();
        }
        all.insert(digest, seen);
    }
}
