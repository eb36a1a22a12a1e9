//! Invoked with IAM credentials: create an account and its first tokens.
//!
//! The event is `{"environment": "prod" | "stg", "name": "…"}`; the answer holds the texts of a secret
//! and a publishable token, which are never shown again. A staging account begins with the test
//! processor as its default.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Operator, serve_operator},
    model::{
        account::{Account, Credentials, NewAccount},
        auth::TokenKind,
        processor::Processor,
    },
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_operator(create_account).await
}

async fn create_account(operator: Operator, new: NewAccount) -> Result<Credentials, Error> {
    let (now, ids) = (operator.now(), operator.ids());
    let account = Account::new(new, now, ids);
    let processor = Processor::first(account.id(), now, ids);
    let account = account.charged_by(processor.as_ref().map(Processor::id));
    let (secret, secret_text) = account.first_token(TokenKind::Secret, now, ids);
    let (publishable, publishable_text) = account.first_token(TokenKind::Publishable, now, ids);
    let mut tx = operator.begin(account.id());
    tx.insert(&account);
    processor.iter().for_each(|processor| {
        tx.insert(processor);
    });
    tx.insert(&secret);
    tx.insert(&publishable);
    operator.commit(tx, Credentials::new(&account, &secret_text, &publishable_text)).await
}
