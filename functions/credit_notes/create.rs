//! `POST /api/customers/{id}/credit-notes`: give a customer credit.
//!
//! The customer's next invoice in this currency uses it, when it is finalized. Credit that makes good
//! what was paid for an invoice names the invoice: all that is credited and refunded of an invoice is
//! together never more than was paid.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        credit_note::{CreditNote, NewCreditNote},
        customer::Customer,
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CreditNotesWrite, create_credit_note).await
}

async fn create_credit_note(
    cx: Context,
    Found(customer): Found<Customer>,
    Body(new): Body<NewCreditNote>,
) -> Reply<CreditNote> {
    cx.work().issue_credit(customer, new).await
}
