//! Stripe: the requests of the boundary, in the words of its API.
//!
//! | file | what |
//! |---|---|
//! | `call` | one request, sent until there is an answer |
//! | `object` | what is read of the answers |
//! | `charge` | charges: prepared, confirmed, given up, asked about |
//! | `refund` | refunds |
//! | `dispute` | disputes, asked about |
//! | `attach` | cards, saved and let go |
//! | `decline` | why a card was declined |
//! | `amount` | how much, as Stripe writes it |
//! | `record` | all that there is, for the audit |
//! | `event` | what Stripe sends by itself: who signed it, what it is about |
//!
//! What an answer proves depends on whether it is the first to a request: a refusal of a first sending
//! says that nothing was done, of a repeated one it says nothing. So a question is never answered with
//! a rejection, and a confirmation that is sent again only with what Stripe says of the charge.

pub(in crate::work) mod amount;
mod attach;
mod call;
mod charge;
mod decline;
mod dispute;
pub(super) mod event;
mod object;
pub(super) mod record;
mod refund;

use self::{
    call::{Line, Refused},
    decline::{Said, judged},
    object::Fault,
};
use crate::{
    model::processor::{
        Blame, Failure, Lost, Rejection,
        wire::{Envelope, Request, Response},
    },
    store::outside::Outside,
};

/// Stripe, for one account.
pub(super) struct Stripe<'a> {
    line: Line<'a>,
}

impl<'a> Stripe<'a> {
    pub(super) fn new(outside: &'a Outside, secret_key: &'a str) -> Self {
        Self { line: Line { outside, secret_key } }
    }

    /// Takes a request, and answers it; or the answer is lost.
    pub(super) async fn receive(&self, document: &str) -> Result<String, Lost> {
        let unreadable = |error: serde_json::Error| Lost(error.to_string());
        let envelope: Envelope = serde_json::from_str(document).map_err(unreadable)?;
        let answer = match envelope.request {
            Request::Attach(card) => self.attach(&card).await?,
            Request::Detach { source } => self.detach(&source).await?,
            Request::Forget { payer } => self.delete_customer(&payer).await?,
            Request::Open(order) => self.open(&order).await?,
            Request::Charge(order) => self.confirm(&order).await?,
            Request::Cancel(order) => self.cancel(&order).await?,
            Request::FindCharge(order) => self.find_charge(&order).await?,
            Request::Refund { idempotency_key, charge, amount, currency } => {
                self.refund((&idempotency_key, &charge), amount, currency).await?
            }
            Request::FindRefund { idempotency_key, charge } => {
                self.find_refund(&idempotency_key, &charge).await?
            }
            Request::FindSetup { reference, payer_key } => {
                self.find_setup(&reference, &payer_key).await?
            }
            Request::FindMethod { source } => self.find_method(&source).await?,
            Request::FindDisputes { since } => self.find_disputes(since).await?,
            Request::FindDispute { reference } => self.find_dispute(&reference).await?,
            Request::Check => self.check().await?,
        };
        serde_json::to_string(&answer).map_err(unreadable)
    }

    /// Whether the key works.
    async fn check(&self) -> Result<Response, Lost> {
        // Any key may read this, also one that is restricted to payments.
        let read: call::Answered<object::Listed<object::Named>> =
            self.line.get("/v1/payment_intents", &[("limit", "1")]).await;
        match read? {
            Ok(_) => Ok(Response::Ready),
            Err(refused) if proves_nothing(&refused) => Err(silent(&refused)),
            Err(refused) => Ok(rejected(&refused)),
        }
    }
}

/// What a refusal means, to a request that was sent for the first time or moves nothing.
fn rejected(Refused { status, fault, .. }: &Refused) -> Response {
    let blame = match (status, fault.param.as_str(), fault.code.as_str()) {
        (401 | 403, ..) => Blame::Account,
        (_, "payment_method" | "customer" | "confirmation_token", _)
        | (_, _, "payment_method_unexpected_state") => Blame::Method,
        _ => Blame::Request,
    };
    let code = [&fault.code, &fault.r#type].into_iter().find(|word| !word.is_empty());
    let code = code.map_or("rejected", String::as_str).to_owned();
    Response::Rejected(Rejection { code, message: fault.message.clone(), blame })
}

/// A refusal that did not look at the request, is about another one, or came after a sending of which
/// nobody knows what came.
fn proves_nothing(Refused { status, fault, repeated }: &Refused) -> bool {
    *repeated || matches!(status, 409 | 424 | 429) || fault.r#type == "idempotency_error"
}

fn failure_of(fault: &Fault) -> Failure {
    judged(&Said {
        code: &fault.code,
        decline_code: fault.decline_code.as_deref(),
        advice_code: fault.advice_code.as_deref(),
        message: &fault.message,
    })
}

/// That nothing is known, where a refusal proves nothing.
fn silent(Refused { status, fault, .. }: &Refused) -> Lost {
    let Fault { r#type, code, message, .. } = fault;
    Lost(format!("Stripe answered {status} {type} {code}: {message}"))
}
