//! Invoked with IAM credentials: create a token for an account that has lost its own.
//!
//! The event is `{"account_id": "acc_…", "kind": "secret" | "publishable"}` and, as for `POST
//! /api/tokens`, `name`, `scopes` and `expires_at`; the answer holds the text, which is never shown
//! again. Sent twice, it makes two.

use std::process::ExitCode;

use shared::{
    base::error::Error,
    http::{Operator, serve_operator},
    model::{
        account::Account,
        operator_token::{NewTokenOf, Reissued},
    },
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve_operator(create_token).await
}

async fn create_token(operator: Operator, new: NewTokenOf) -> Result<Reissued, Error> {
    let work = operator.work(&new.account_id).await?;
    let account: Account = work.find(&new.account_id).await?;
    let (token, text) = new.issued(&account, work.record(), operator.now())?;
    let mut tx = work.begin();
    tx.insert(&token);
    work.commit(tx).await?;
    Ok(Reissued::new(&token, &text))
}
