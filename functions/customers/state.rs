//! `GET /api/customers/{id}/state`: read what a customer has and owes.
//!
//! The one call that decides whether a feature is open to a customer: the subscriptions that run with
//! their items and periods, what is past due, the credit, and the usage so far. It includes every change
//! that had been answered when the request was sent.

use std::process::ExitCode;

use shared::{
    http::{Context, Named, serve},
    model::{auth::Scope, customer::Customer, customer_state::CustomerState},
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsRead, get_customer_state).await
}

async fn get_customer_state(cx: Context, Named(id): Named<Customer>) -> Reply<CustomerState> {
    cx.work().customer_state(&id).await
}
