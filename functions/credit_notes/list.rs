//! `GET /api/customers/{id}/credit-notes`: list a customer's credit notes, newest first.
//!
//! They are the whole ledger: the sum of their amounts in a currency is the customer's balance in it.

use std::process::ExitCode;

use shared::{
    http::{Context, Found, Listing, serve},
    model::{auth::Scope, credit_note::CreditNote, customer::Customer, filter::Unfiltered},
    store::Page,
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::CreditNotesRead, list_credit_notes).await
}

async fn list_credit_notes(
    cx: Context,
    Found(customer): Found<Customer>,
    listing: Listing<Unfiltered<CreditNote>>,
) -> Reply<Page<CreditNote>> {
    cx.list_in(&CreditNote::of_customer(customer.id()), listing).await
}
