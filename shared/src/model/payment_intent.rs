//! Payment intents: one attempt each to take money by one payment method.
//!
//! An intent is written *before* its processor is asked, with the idempotency key that it will be
//! asked with, so that after a lost answer or a lost process somebody knows what to ask about.
//!
//! | from | to | when |
//! |---|---|---|
//! | processing | succeeded, failed, requires_action, unknown | the processor answered, or did not |
//! | unknown | succeeded, failed, requires_action, processing | it was asked what became of the attempt |
//! | requires_action | succeeded, failed, processing | the payer did it, or did not; or it was given up |
//!
//! An intent in `requires_action` can still be paid. It is one attempt of its invoice, which makes no
//! other before this one was given up at the processor.
//!
//! `succeeded` and `failed` are final. What is refunded of an intent that succeeded is counted on it
//! *before* the processor is asked to refund: so refunds never exceed what was captured, however many
//! are asked for at the same time.

mod attempt;
mod state;
#[cfg(test)]
pub(crate) mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::state::PaymentIntentState;
use crate::{
    base::{
        error::{ActionAsked, Error},
        id::{
            CheckoutSessionId, CustomerId, DisputeId, InvoiceId, PaymentIntentId, PaymentMethodId,
            ProcessorId, kind,
        },
        input::Integer,
        money::{Atoms, Currency},
    },
    model::{
        entity::{Entity, Representation, recorded},
        event_type::PaymentIntentEvent,
        expansion::{Expansion, Reference},
        filter::{Filter, filter},
        list::List,
        processor::{ActionType, Failure},
        record::Record,
    },
};

/// One attempt to take money.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct PaymentIntent {
    #[serde(flatten)]
    record: Record<kind::PaymentIntent>,
    /// Who pays.
    customer_id: CustomerId,
    /// What for, if it is an invoice.
    invoice_id: Option<InvoiceId>,
    /// The checkout session it was made by, if it was.
    checkout_session_id: Option<CheckoutSessionId>,
    /// How much is asked for, in the currency's smallest unit.
    amount_atom: Atoms,
    /// The currency of the amounts.
    currency: Currency,
    /// The state of the payment intent.
    state: PaymentIntentState,
    /// The payment method that is charged.
    payment_method_id: PaymentMethodId,
    /// The processor that is asked.
    processor_id: ProcessorId,
    /// The processor's name for the charge.
    processor_reference: Option<String>,
    /// Which attempt to collect this it is, from 1.
    attempt: u32,
    /// Why no money was taken.
    failure: Option<Failure>,
    /// What the payer has to do, while the state is `requires_action`.
    next_action: Option<NextAction>,
    /// The same as `next_action.url`.
    next_action_url: Option<String>,
    /// How much was taken.
    captured_amount_atom: Atoms,
    /// How much of that was given back, or is about to be.
    refunded_amount_atom: Atoms,
    /// The newest dispute of it, if there is one.
    dispute_id: Option<DisputeId>,
    #[schemars(skip)]
    idempotency_key: String,
    #[schemars(skip)]
    return_url: Option<String>,
    /// Whether the processor did nothing because of the account or the request.
    #[serde(default)]
    #[schemars(skip)]
    refused: bool,
}

/// What the payer has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct NextAction {
    /// How.
    pub r#type: ActionType,
    /// Where, if it is an address.
    pub url: Option<String>,
}

/// What an attempt is made of.
#[derive(Clone, Debug)]
pub struct NewIntent {
    /// Who pays.
    pub customer_id: CustomerId,
    /// What for.
    pub invoice_id: Option<InvoiceId>,
    /// By which session.
    pub checkout_session_id: Option<CheckoutSessionId>,
    /// How much.
    pub amount: Atoms,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The payment method that is charged.
    pub payment_method_id: PaymentMethodId,
    /// The processor that is asked.
    pub processor_id: ProcessorId,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// What the processor is asked with: `account:invoice:attempt`.
    pub key: String,
    /// Where the payer comes back to; none, where no payer is there.
    pub return_url: Option<String>,
}

const NOUN: &str = "payment intent";

impl PaymentIntent {
    /// An attempt that is about to be made.
    pub fn new(record: Record<kind::PaymentIntent>, new: NewIntent) -> Self {
        Self {
            record,
            customer_id: new.customer_id,
            invoice_id: new.invoice_id,
            checkout_session_id: new.checkout_session_id,
            amount_atom: new.amount,
            currency: new.currency,
            state: PaymentIntentState::Processing,
            payment_method_id: new.payment_method_id,
            processor_id: new.processor_id,
            processor_reference: None,
            attempt: new.attempt,
            failure: None,
            refused: false,
            next_action: None,
            next_action_url: None,
            captured_amount_atom: Atoms::ZERO,
            refunded_amount_atom: Atoms::ZERO,
            dispute_id: None,
            idempotency_key: new.key,
            return_url: new.return_url,
        }
    }

    /// Whether the processor did nothing because of the account or the request: no card declined.
    pub fn was_refused(&self) -> bool {
        self.refused
    }

    /// How much of it can still be given back.
    pub fn refundable(&self) -> Atoms {
        self.captured_amount_atom.minus(self.refunded_amount_atom).unwrap_or_default()
    }

    /// The intent with `amount` counted as given back: the first step of a refund.
    pub fn with_refund_reserved(&self, amount: Atoms) -> Result<Self, Error> {
        if self.state != PaymentIntentState::Succeeded {
            let hint = format!("is {}; only one that succeeded can be refunded", self.state);
            return Err(Error::not_now(NOUN, "not_succeeded", &hint));
        }
        let refused = |code: &str, hint: &str| Error::rule("refund", "amount_atom", code, hint);
        if self.refundable().is_zero() {
            return Err(Error::not_now(NOUN, "already_refunded", "is already refunded in full"));
        }
        if !amount.is_positive() {
            return Err(refused("out_of_range", "must be more than 0"));
        }
        if amount > self.refundable() {
            let left = self.refundable().get();
            let hint = format!("is more than the {left} that can still be refunded");
            return Err(refused("more_than_paid", &hint));
        }
        let refunded_amount_atom = self.refunded_amount_atom.plus(amount)?;
        Ok(Self { refunded_amount_atom, ..self.clone() })
    }

    /// The intent, disputed.
    pub(crate) fn disputed(&self, dispute: &DisputeId) -> Self {
        Self { dispute_id: Some(dispute.clone()), ..self.clone() }
    }

    /// The intent after a refund of `amount` that was reserved has failed.
    pub fn with_refund_released(&self, amount: Atoms) -> Result<Self, Error> {
        match self.refunded_amount_atom.minus(amount) {
            Ok(left) if !left.is_negative() => {
                Ok(Self { refunded_amount_atom: left, ..self.clone() })
            }
            _ => Err(Error::Internal(format!("{}: {amount:?} was not reserved", self.record.id))),
        }
    }

    /// The attempts to collect an invoice.
    pub fn of_invoice(invoice: &InvoiceId) -> List {
        PaymentIntentFilter { invoice_id: Some(invoice.clone()), ..Default::default() }.list()
    }

    /// The id.
    pub fn id(&self) -> &PaymentIntentId {
        &self.record.id
    }

    /// Its state.
    pub fn state(&self) -> PaymentIntentState {
        self.state
    }

    /// Who pays.
    pub fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// What for, if it is an invoice.
    pub fn invoice_id(&self) -> Option<&InvoiceId> {
        self.invoice_id.as_ref()
    }

    /// How much is asked for.
    pub fn amount(&self) -> Atoms {
        self.amount_atom
    }

    /// How much was taken.
    pub fn captured(&self) -> Atoms {
        self.captured_amount_atom
    }

    /// How much was given back or is about to be.
    pub fn refunded(&self) -> Atoms {
        self.refunded_amount_atom
    }

    /// The currency of the amounts.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The payment method that is charged.
    pub fn payment_method_id(&self) -> &PaymentMethodId {
        &self.payment_method_id
    }

    /// The processor that is asked.
    pub fn processor_id(&self) -> &ProcessorId {
        &self.processor_id
    }

    /// The processor's name for the charge, once it is made.
    pub fn processor_reference(&self) -> Option<&str> {
        self.processor_reference.as_deref()
    }

    /// Which attempt it is, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// What the processor is asked with.
    pub fn key(&self) -> &str {
        &self.idempotency_key
    }

    /// Why no money was taken.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// That the payer has to act first, as a client is told.
    pub(crate) fn needs_payer(&self) -> Error {
        let action = self.next_action.as_ref();
        let (url, kind) = (action.and_then(|action| action.url.clone()), action.map(|a| a.r#type));
        let hint = match &url {
            Some(url) => format!("needs the customer's confirmation at {url}"),
            None => "needs the customer's confirmation".to_owned(),
        };
        let next = ActionAsked {
            r#type: kind.unwrap_or(ActionType::Redirect).as_str().to_owned(),
            url,
            payment_intent_id: Some(self.record.id.to_string()),
            processor_reference: self.processor_reference.clone(),
        };
        Error::needs_action("payment", "authentication_required", &hint, next)
    }

    /// The same attempt, where what the payer has to do is done at `page`.
    pub(crate) fn confirmed_at(&self, page: &str) -> Self {
        let url = Some(page.to_owned());
        let next_action = self.next_action.clone().map(|action| NextAction { url, ..action });
        Self { next_action, ..self.clone() }
    }

    /// What the processor knows the attempt by.
    pub(crate) fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// What the payer has to do.
    pub fn next_action(&self) -> Option<&NextAction> {
        self.next_action.as_ref()
    }
}

impl Representation for PaymentIntent {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("payment_method", "payment_method_id", Reference::PaymentMethod),
        Expansion::reference("processor", "processor_id", Reference::Processor),
    ];

    fn example() -> Value {
        serde_json::json!({
            "id": "pi_prod_0mkz6k3cp1i2n3t4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:01.000Z",
            "version": 2,
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "invoice_id": "in_prod_0mkz6k3cq1r2s3t4",
            "checkout_session_id": null,
            "amount_atom": 3252,
            "currency": "usd",
            "state": "succeeded",
            "status": "succeeded",
            "payment_method_id": "pm_prod_0mkz6k3cp1m2c3d4",
            "processor_id": "proc_prod_0mkz6k3cp1r2o3c4",
            "processor_reference": "ch_5d41402abc4b2a76b9719d91",
            "attempt": 1,
            "failure": null,
            "next_action": null,
            "next_action_url": null,
            "captured_amount_atom": 3252,
            "refunded_amount_atom": 0,
            "dispute_id": null,
        })
    }
}

impl Entity for PaymentIntent {
    recorded!(kind::PaymentIntent);
    type Event = PaymentIntentEvent;
    const RESOURCE: &'static str = "payment-intents";
    const HIDDEN: &'static [&'static str] = &["idempotency_key", "return_url", "refused"];
    const LATER: &'static [&'static str] = &["amount_atom"];

    fn lists(&self) -> Vec<List> {
        PaymentIntentFilter::lists(self)
    }

    fn events(before: Option<&Self>, after: &Self) -> Vec<PaymentIntentEvent> {
        let Some(before) = before else { return vec![PaymentIntentEvent::Created] };
        match after.state {
            PaymentIntentState::Succeeded if before.state != after.state => {
                vec![PaymentIntentEvent::Succeeded]
            }
            PaymentIntentState::Failed if before.state != after.state => {
                vec![PaymentIntentEvent::Failed]
            }
            _ => vec![PaymentIntentEvent::Updated],
        }
    }
}

filter! {
    /// Which payment intents to list.
    pub struct PaymentIntentFilter of PaymentIntent {
        /// Only those of this customer.
        customer_id: CustomerId,
        /// Only those for this invoice.
        invoice_id: InvoiceId,
        /// Only those in this state.
        state: PaymentIntentState,
        /// The same as `state`.
        status: PaymentIntentState,
        /// Only those of this amount, whatever the currency.
        amount_atom: Integer<0, { i64::MAX }>,
    }
    same status = state
    together [customer_id, state]
    together [invoice_id, state]
    sorted amount_atom with []
}
