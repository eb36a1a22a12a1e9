//! Passkeys: what is asked to register one, how one is registered, and how one opens a session.

use super::{
    Work,
    answer::{Answer, Reply},
};
use crate::{
    base::{error::Error, time::Timestamp},
    model::{
        account::Account,
        auth::Grant,
        passkey::{Address, Challenge, NewPasskey, Passkey, PasskeyChallenge, Presented},
        token::Token,
    },
};

impl Work {
    /// What a browser needs to register a passkey of `account` at `origin`. `now` is real time, here and
    /// below: no test clock moves who may sign in.
    pub async fn passkey_challenge(
        &self,
        account: &Account,
        origin: Option<String>,
        now: Timestamp,
    ) -> Reply<PasskeyChallenge> {
        let (at, key) = (address(origin)?, self.store().challenge_key().await?);
        let whose = (self.account(), account.name());
        Answer::of(&PasskeyChallenge::new(whose, &at, &key, now), None)
    }

    /// A new passkey, and the challenge that it answers, for a holder of `held`.
    pub async fn new_passkey(
        &self,
        new: NewPasskey,
        held: &[Grant],
        (origin, now): (Option<String>, Timestamp),
    ) -> Result<(Passkey, Challenge), Error> {
        let (at, key) = (address(origin)?, self.store().challenge_key().await?);
        Passkey::registered(self.record(), new, held, &at, (&key, now))
    }

    /// Has `passkey` open a session, by what was `presented`: once.
    pub(crate) async fn open_session(
        &self,
        passkey: &Passkey,
        presented: &Presented,
        now: Timestamp,
    ) -> Reply<Token> {
        let used = passkey.used(presented, now)?;
        let account: Account = self.find(self.account()).await?;
        let by = (passkey.id(), passkey.scopes());
        let (session, text) = Token::opened_by(by, self.record(), account.rate_limits(), now);
        let mut answer = self.answer(&session).await?;
        answer.secret = Some(text);
        let mut tx = self.begin();
        tx.redeem(presented.challenge());
        tx.update(passkey, used);
        tx.insert(&session);
        // What the session knows of its account is what the account says, also where somebody changes it now.
        tx.while_at(&account);
        self.commit(tx).await?;
        Ok(answer)
    }
}

/// Where a browser is, which reached this deployment at `origin`.
pub(crate) fn address(origin: Option<String>) -> Result<Address, Error> {
    let at = origin.as_deref().and_then(Address::of);
    at.ok_or_else(|| Error::not_now("passkey", "no_host", "needs a request that says its Host"))
}
