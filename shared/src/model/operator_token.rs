//! A token that the operator makes for an account that exists: for one that has lost all of its own,
//! and so has none to make another with.

use serde::Serialize;

use crate::{
    base::{
        error::Error,
        id::{AccountId, TokenId, kind},
        input::{Text, input},
        time::Timestamp,
    },
    model::{
        account::Account,
        auth::{Grant, PlainToken, TokenKind},
        record::Record,
        token::{NewToken, Token},
    },
};

input! {
    /// What an operator sends to create a token.
    pub struct NewTokenOf {
        /// Whose it is to be.
        pub account_id: AccountId,
        /// Who may hold it.
        kind: TokenKind,
        /// What a person calls it.
        name: Option<Text<0, 200>>,
        /// What a secret token may do; everything, when left out.
        scopes: Option<Vec<Grant>>,
        /// When it stops working by itself; never, when left out.
        expires_at: Option<Timestamp>,
    }
}

/// What an operator gets: the only time the text is shown.
#[derive(Debug, Serialize)]
pub struct Reissued {
    /// Whose it is.
    account_id: AccountId,
    /// The token, as its holder can find it.
    token_id: TokenId,
    /// The text to send as `Authorization: Bearer …`.
    token: String,
}

impl NewTokenOf {
    /// The token and its text, for `account`, which an operator may give everything. `now` is real
    /// time, by which tokens expire.
    pub fn issued(
        self,
        account: &Account,
        record: Record<kind::Token>,
        now: Timestamp,
    ) -> Result<(Token, PlainToken), Error> {
        let Self { kind, name, scopes, expires_at, .. } = self;
        let new = NewToken { kind, name, scopes, expires_at }.permitted(&Grant::ALL, now)?;
        Ok(Token::new(record, new, &Grant::ALL, account.rate_limits()))
    }
}

impl Reissued {
    /// The answer that shows the text of `token`.
    pub fn new(token: &Token, text: &PlainToken) -> Self {
        Self {
            account_id: token.record.account_id.clone(),
            token_id: token.id().clone(),
            token: text.reveal().to_owned(),
        }
    }
}
