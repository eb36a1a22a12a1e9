//! Refunds: money that is given back.
//!
//! A refund takes three steps, and a process may die between any two of them:
//!
//! 1. One transaction writes the refund, pending and due in a minute, counts its amount on the payment
//!    intent and on the invoice that was paid, and keeps the request's answer. The versions of both are
//!    conditions, so refunds never exceed what was captured, nor refunds and credit notes together what
//!    was paid for the invoice, however many are made at the same time.
//! 2. The processor is asked, with the refund's own key.
//! 3. One transaction writes what it answered; when that is no, the amount can be refunded again.
//!
//! Where the answer to 2 is lost, or 3 never came, the refund is still pending when it is due: then the
//! processor is asked what became of the key (`Work::resume_refund`), and asked again if it has never
//! seen it. All of that may happen twice at once: the key makes it one refund, the version one result.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{CustomerId, InvoiceId, PaymentIntentId, RefundId, SubscriptionId, kind},
        input::{Text, choice, input},
        metadata::Metadata,
        money::{Atoms, Currency},
        time::Timestamp,
    },
    model::{
        entity::{Entity, Representation, recorded},
        event_type::{RefundEvent, created_or_updated},
        expansion::{Expansion, Reference},
        filter::{Filter, filter},
        invoice::{Invoice, ReturnedPart},
        list::List,
        payment_intent::PaymentIntent,
        processor::{Blame, DeclineKind, Failure, Outcome, RefundOrder, Rejection},
        record::Record,
    },
};

choice! {
    /// The state of a refund.
    pub enum RefundState {
        /// The processor is being asked.
        Pending = "pending",
        /// The money was given back.
        Succeeded = "succeeded",
        /// It was not, and by this refund will not be.
        Failed = "failed",
    }
}

impl RefundState {
    /// Whether a refund in this state may go over into the `next`.
    pub const fn can_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Pending, Self::Succeeded | Self::Failed) => true,
            // The customer's bank sent the money back, days later.
            (Self::Succeeded, Self::Failed) => true,
            (Self::Pending, Self::Pending)
            | (Self::Succeeded, Self::Pending | Self::Succeeded)
            | (Self::Failed, Self::Pending | Self::Succeeded | Self::Failed) => false,
        }
    }
}

/// Money that is given back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct Refund {
    #[serde(flatten)]
    record: Record<kind::Refund>,
    /// The payment that it is taken from.
    pub(crate) payment_intent_id: PaymentIntentId,
    /// The customer who gets the money back.
    customer_id: CustomerId,
    /// The invoice that was paid, if it was one.
    invoice_id: Option<InvoiceId>,
    /// How much, in the currency's smallest unit.
    pub(crate) amount_atom: Atoms,
    /// The currency of the amount.
    currency: Currency,
    /// The state of the refund.
    pub(crate) state: RefundState,
    /// Why: `duplicate`, `fraudulent`, `requested_by_customer`, or any other words.
    reason: Option<Reason>,
    /// Why no money was given back.
    failure: Option<Failure>,
    /// The processor's name for the refund.
    processor_reference: Option<String>,
    /// Free text by key.
    metadata: Metadata,
    #[schemars(skip)]
    ask_at: Timestamp,
    #[schemars(skip)]
    pub(crate) asked: u32,
    /// What it gives back of which lines.
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) parts: Vec<ReturnedPart>,
    /// The subscription whose end gives it back, if one's does.
    #[serde(default)]
    #[schemars(skip)]
    ends: Option<SubscriptionId>,
}

/// Why a payment is refunded.
pub type Reason = Text<1, 500>;

input! {
    /// What a client sends to give money back.
    pub struct NewRefund {
        /// The payment that it is taken from.
        pub(crate) payment_intent_id: PaymentIntentId,
        /// How much, in the currency's smallest unit; what is left of the payment, when left out.
        pub(crate) amount_atom: Option<Atoms>,
        /// Why: `duplicate`, `fraudulent`, `requested_by_customer`, or any other words.
        pub(crate) reason: Option<Reason>,
        /// Free text by key.
        pub(crate) metadata: Metadata,
    }
    example {
        "payment_intent_id": "pi_prod_0mkz6k3cp1i2n3t4",
        "amount_atom": 500,
        "reason": "requested_by_customer",
    }
}

/// After how many seconds a refund that is still pending is asked about; doubled each time…
const FIRST_ASKED_AFTER: i64 = 60;

/// …but not beyond this many times.
const DOUBLINGS: u32 = 6;

impl Refund {
    pub(crate) fn new(
        record: Record<kind::Refund>,
        Repayment { intent, amount }: &Repayment,
        parts: Vec<ReturnedPart>,
        (reason, metadata): (Option<Reason>, Metadata),
    ) -> Self {
        Self {
            payment_intent_id: intent.id().clone(),
            customer_id: intent.customer_id().clone(),
            invoice_id: intent.invoice_id().cloned(),
            amount_atom: *amount,
            currency: intent.currency(),
            state: RefundState::Pending,
            reason,
            failure: None,
            processor_reference: None,
            metadata,
            ask_at: record.created_at.plus_seconds(FIRST_ASKED_AFTER),
            asked: 0,
            parts,
            ends: None,
            record,
        }
    }

    /// The same, given back by the end of a subscription.
    pub(crate) fn at_end_of(self, subscription: &SubscriptionId) -> Self {
        Self { ends: Some(subscription.clone()), ..self }
    }

    /// The subscription whose end gives it back, if one's does.
    pub(crate) fn ends(&self) -> Option<&SubscriptionId> {
        self.ends.as_ref()
    }

    /// The invoices that it gives back of.
    pub(crate) fn invoices(&self) -> impl Iterator<Item = &InvoiceId> {
        self.invoice_id.iter().chain(self.parts.iter().map(|part| &part.invoice_id))
    }

    /// The refund after the processor has answered or not. What is final stays as it is; one that
    /// succeeded can only fail.
    pub fn settled(&self, outcome: &Outcome, now: Timestamp) -> Self {
        let fails = matches!(outcome, Outcome::Declined(_));
        match outcome {
            _ if self.state == RefundState::Failed => self.clone(),
            _ if self.state == RefundState::Succeeded && !fails => self.clone(),
            Outcome::Succeeded { reference, .. } => Self {
                state: RefundState::Succeeded,
                processor_reference: Some(reference.clone()),
                ..self.clone()
            },
            Outcome::Declined(failure) => {
                Self { state: RefundState::Failed, failure: Some(failure.clone()), ..self.clone() }
            }
            Outcome::Rejected(Rejection {
                code,
                message,
                blame: Blame::Request | Blame::Method,
            }) => {
                let failure = Failure::new(code, message, DeclineKind::Hard);
                Self { state: RefundState::Failed, failure: Some(failure), ..self.clone() }
            }
            Outcome::Pending { reference } => {
                Self { processor_reference: Some(reference.clone()), ..self.postponed(now) }
            }
            // That the account's key is refused says nothing of a refund that was perhaps made.
            Outcome::Rejected(_)
            | Outcome::ActionNeeded(_)
            | Outcome::Cancelled
            | Outcome::Strange(_)
            | Outcome::Unknown(_)
            | Outcome::Unreachable(_) => self.postponed(now),
        }
    }

    /// The outcome, if the processor gave back what it was asked for; anything else is for a person to
    /// look at.
    pub(crate) fn checked(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Succeeded { taken: Some(taken), reference }
                if taken.amount != self.amount_atom || taken.currency != self.currency =>
            {
                let (asked, currency) = (self.amount_atom.get(), self.currency);
                let (gave, of) = (taken.amount.get(), taken.currency);
                Outcome::Strange(format!(
                    "{reference}: {gave} {of} were given back where {asked} {currency} were asked for"
                ))
            }
            outcome => outcome,
        }
    }

    /// The refund, to be asked about again later: in 1, 2, 4, … 64 minutes.
    fn postponed(&self, now: Timestamp) -> Self {
        let minutes = 1_i64.checked_shl(self.asked.saturating_add(1).min(DOUBLINGS)).unwrap_or(1);
        let ask_at = now.plus_seconds(minutes.saturating_mul(FIRST_ASKED_AFTER));
        Self { ask_at, asked: self.asked.saturating_add(1), ..self.clone() }
    }

    pub(crate) fn order(&self, intent: &PaymentIntent) -> Result<RefundOrder, Error> {
        let damaged = || Error::Internal(format!("{}: a refund of no charge", self.record.id));
        Ok(RefundOrder {
            key: self.key(),
            charge: intent.processor_reference().ok_or_else(damaged)?.to_owned(),
            amount: self.amount_atom,
            currency: self.currency,
        })
    }

    /// What the processor is asked with.
    pub(crate) fn key(&self) -> String {
        format!("{}:{}", self.record.account_id, self.record.id)
    }

    /// The id.
    pub fn id(&self) -> &RefundId {
        &self.record.id
    }

    /// Its state.
    pub fn state(&self) -> RefundState {
        self.state
    }

    /// How much.
    pub fn amount(&self) -> Atoms {
        self.amount_atom
    }

    /// The payment that it is taken from.
    pub fn payment_intent_id(&self) -> &PaymentIntentId {
        &self.payment_intent_id
    }
}

impl Representation for Refund {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("payment_intent", "payment_intent_id", Reference::PaymentIntent),
    ];

    fn example() -> Value {
        serde_json::json!({
            "id": "re_prod_0mkz6k3cr1e2f3d4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:01.000Z",
            "version": 2,
            "payment_intent_id": "pi_prod_0mkz6k3cp1i2n3t4",
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "invoice_id": "in_prod_0mkz6k3cq1r2s3t4",
            "amount_atom": 500,
            "currency": "usd",
            "state": "succeeded",
            "status": "succeeded",
            "reason": "requested_by_customer",
            "failure": null,
            "processor_reference": "re_7d793037a0760186574b0282",
            "metadata": {},
        })
    }
}

impl Entity for Refund {
    recorded!(kind::Refund);
    type Event = RefundEvent;
    const RESOURCE: &'static str = "refunds";
    const HIDDEN: &'static [&'static str] = &["ask_at", "asked", "parts", "ends"];

    fn lists(&self) -> Vec<List> {
        RefundFilter::lists(self)
    }

    fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            RefundState::Pending => Some(self.ask_at),
            RefundState::Succeeded | RefundState::Failed => None,
        }
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<RefundEvent> {
        created_or_updated(before)
    }
}

/// The refunds of an invoice's payments whose outcome is not known.
pub(crate) fn under_way_of(invoice: &InvoiceId) -> List {
    let (invoice_id, state) = (Some(invoice.clone()), Some(RefundState::Pending));
    RefundFilter { invoice_id, state, ..Default::default() }.list()
}

/// The refunds to a customer that were not made.
pub(crate) fn failed_of(customer: &CustomerId) -> List {
    let (customer_id, state) = (Some(customer.clone()), Some(RefundState::Failed));
    RefundFilter { customer_id, state, ..Default::default() }.list()
}

impl PaymentIntent {
    /// What is left of it; less, where a part of its invoice was given back in another way. Where all
    /// of the invoice was, the whole: so that it is the invoice that refuses.
    pub(crate) fn returnable_with(&self, invoice: Option<&Invoice>) -> Atoms {
        match invoice.map(Invoice::returnable) {
            Some(left) if left.is_positive() => self.refundable().min(left),
            Some(_) | None => self.refundable(),
        }
    }
}

/// A part of a payment that is to be given back.
#[derive(Debug)]
pub struct Repayment {
    /// The payment.
    pub intent: PaymentIntent,
    /// How much of it.
    pub amount: Atoms,
}

filter! {
    /// Which refunds to list.
    pub struct RefundFilter of Refund {
        /// Only those of this payment.
        payment_intent_id: PaymentIntentId,
        /// Only those to this customer.
        customer_id: CustomerId,
        /// Only those of payments of this invoice.
        invoice_id: InvoiceId,
        /// Only those in this state.
        state: RefundState,
        /// The same as `state`.
        status: RefundState,
    }
    same status = state
    together [payment_intent_id, state]
    together [customer_id, state]
    together [invoice_id, state]
}
