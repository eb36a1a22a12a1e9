//! `PATCH /api/customers/{id}/credit-balance`: set a customer's credit balance in a currency.
//!
//! The amount is what the balance shall be. The difference to what it is becomes a credit note:
//! `issued` where the balance grows, `voided` where it shrinks.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{auth::Scope, credit_note::CreditTarget, customer::Customer},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CreditNotesWrite, set_credit_balance).await
}

async fn set_credit_balance(
    cx: Context,
    Found(customer): Found<Customer>,
    Body(target): Body<CreditTarget>,
) -> Reply<Customer> {
    cx.work().set_credit_balance(customer, target).await
}
