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

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::{ActionAsked, Error},
        id::{
            CheckoutSessionId, CustomerId, DisputeId, InvoiceId, PaymentIntentId, PaymentMethodId,
            ProcessorId, kind,
        },
        input::{Integer, choice},
        money::{Atoms, Currency},
    },
    model::{
        entity::{Entity, Representation, recorded},
        event_type::PaymentIntentEvent,
        expansion::{Expansion, Reference},
        filter::{Filter, filter},
        list::List,
        payment_method::PaymentMethod,
        processor::{ActionType, Blame, Charge, DeclineKind, Failure, Outcome},
        record::Record,
    },
};

choice! {
    /// The state of a payment intent.
    pub enum PaymentIntentState {
        /// The processor is being asked.
        Processing = "processing",
        /// The payer has to do what `next_action` says.
        RequiresAction = "requires_action",
        /// The money was taken.
        Succeeded = "succeeded",
        /// It was not, and by this attempt will not be.
        Failed = "failed",
        /// The processor did not answer; it will be asked what became of the attempt.
        Unknown = "unknown",
    }
}

impl PaymentIntentState {
    /// Whether an intent in this state may go over into the `next`.
    pub const fn can_become(self, next: Self) -> bool {
        match (self, next) {
            (
                Self::Processing,
                Self::Succeeded | Self::Failed | Self::RequiresAction | Self::Unknown,
            )
            | (
                Self::Unknown,
                Self::Succeeded | Self::Failed | Self::RequiresAction | Self::Processing,
            )
            | (Self::RequiresAction, Self::Succeeded | Self::Failed | Self::Processing) => true,
            (Self::Processing, Self::Processing)
            | (Self::Unknown, Self::Unknown)
            | (Self::RequiresAction, Self::RequiresAction | Self::Unknown)
            | (
                Self::Succeeded | Self::Failed,
                Self::Processing
                | Self::RequiresAction
                | Self::Succeeded
                | Self::Failed
                | Self::Unknown,
            ) => false,
        }
    }

    /// Whether nothing more becomes of it.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed => true,
            Self::Processing | Self::RequiresAction | Self::Unknown => false,
        }
    }
}

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

    /// The charge that the processor is asked for.
    pub fn charge(&self, method: &PaymentMethod) -> Charge {
        let statement = self.invoice_id.as_ref().map(|invoice| invoice.as_str());
        Charge {
            key: self.idempotency_key.clone(),
            amount: self.amount_atom,
            currency: self.currency,
            source: method.source().to_owned(),
            payer: method.payer().map(str::to_owned),
            statement: statement.unwrap_or(self.record.id.as_str()).to_owned(),
            reference: self.processor_reference.clone(),
            return_url: self.return_url.clone(),
            again: false,
        }
    }

    /// The same charge, to ask about: also where the payment method is gone.
    pub(crate) fn charge_by(&self, method: Option<&PaymentMethod>) -> Charge {
        match method {
            Some(method) => self.charge(method),
            None => Charge {
                key: self.idempotency_key.clone(),
                amount: self.amount_atom,
                currency: self.currency,
                source: String::new(),
                payer: None,
                statement: String::new(),
                reference: self.processor_reference.clone(),
                return_url: self.return_url.clone(),
                again: false,
            },
        }
    }

    /// The outcome, if the processor took what it was asked for. Anything else is for a person to look
    /// at.
    pub(crate) fn checked(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Succeeded { taken: Some(taken), reference }
                if taken.amount != self.amount_atom || taken.currency != self.currency =>
            {
                let (asked, currency) = (self.amount_atom.get(), self.currency);
                let (took, of) = (taken.amount.get(), taken.currency);
                Outcome::Strange(format!(
                    "{reference}: {took} {of} were taken where {asked} {currency} were asked for"
                ))
            }
            outcome => outcome,
        }
    }

    /// The intent, prepared at its processor under this name.
    pub(crate) fn opened(&self, reference: String) -> Self {
        Self { processor_reference: Some(reference), ..self.clone() }
    }

    /// The intent after the processor has answered or not. What is final stays as it is, and so does
    /// what an answer cannot change.
    pub fn settled(&self, outcome: &Outcome) -> Self {
        let next = match outcome {
            Outcome::Succeeded { .. } => PaymentIntentState::Succeeded,
            Outcome::Declined(_) | Outcome::Rejected(_) | Outcome::Cancelled => {
                PaymentIntentState::Failed
            }
            Outcome::ActionNeeded(_) => PaymentIntentState::RequiresAction,
            Outcome::Pending { .. } => PaymentIntentState::Processing,
            Outcome::Strange(_) | Outcome::Unknown(_) | Outcome::Unreachable(_) => {
                PaymentIntentState::Unknown
            }
        };
        let named = |reference: &String| Some(reference.clone());
        if !self.state.can_become(next) {
            return match outcome {
                Outcome::Pending { reference } if self.state == next => {
                    Self { processor_reference: named(reference), ..self.clone() }
                }
                _ => self.clone(),
            };
        }
        let settled =
            Self { state: next, next_action: None, next_action_url: None, ..self.clone() };
        let failed = |failure| Self { failure: Some(failure), ..settled.clone() };
        match outcome {
            Outcome::Succeeded { reference, .. } => Self {
                processor_reference: named(reference),
                captured_amount_atom: self.amount_atom,
                ..settled
            },
            Outcome::Declined(failure) => failed(failure.clone()),
            Outcome::Rejected(rejection) => Self {
                failure: Some(rejection.failure()),
                refused: rejection.blame != Blame::Method,
                ..settled
            },
            Outcome::Cancelled => {
                let message = "The payment was given up before it was confirmed";
                failed(Failure::new("payment_cancelled", message, DeclineKind::Soft))
            }
            Outcome::ActionNeeded(action) => Self {
                processor_reference: action.reference.clone().or(settled.processor_reference),
                next_action: Some(NextAction { r#type: action.r#type, url: action.url.clone() }),
                next_action_url: action.url.clone(),
                ..settled
            },
            Outcome::Pending { reference } => {
                Self { processor_reference: named(reference), ..settled }
            }
            Outcome::Strange(_) | Outcome::Unknown(_) | Outcome::Unreachable(_) => settled,
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

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        base::{
            id::{AccountId, Id, IdSource},
            time::Clock,
        },
        model::{
            entity::Shown,
            processor::{Action, Rejection},
        },
    };

    pub(crate) fn intent(amount: i64) -> PaymentIntent {
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let id = Id::new(account.environment(), Clock.now(), &IdSource::new(Clock));
        let new = NewIntent {
            customer_id: "cus_stg_0000000000000001".parse().unwrap(),
            invoice_id: "in_stg_0000000000000001".parse().ok(),
            checkout_session_id: None,
            amount: Atoms::new(amount),
            currency: Currency::USD,
            payment_method_id: "pm_stg_0000000000000001".parse().unwrap(),
            processor_id: "proc_stg_0000000000000001".parse().unwrap(),
            attempt: 1,
            key: "acc_stg_0000000000000001:in_stg_0000000000000001:1".to_owned(),
            return_url: None,
        };
        PaymentIntent::new(Record::new(id, account, Clock.now()), new)
    }

    pub(crate) fn succeeded(amount: i64) -> PaymentIntent {
        intent(amount).settled(&outcomes()[0])
    }

    /// One of each.
    pub(crate) fn outcomes() -> [Outcome; 7] {
        let (code, message, blame) = ("too_small".to_owned(), "no".to_owned(), Blame::Request);
        let (r#type, url) = (ActionType::Redirect, Some("https://example.com".to_owned()));
        [
            Outcome::Succeeded { reference: "ch_1".to_owned(), taken: None },
            Outcome::Declined(Failure::new("insufficient_funds", "no", DeclineKind::Soft)),
            Outcome::Rejected(Rejection { code, message, blame }),
            Outcome::ActionNeeded(Action { r#type, url, reference: None }),
            Outcome::Pending { reference: "ch_1".to_owned() },
            Outcome::Cancelled,
            Outcome::Unknown("time-out".to_owned()),
        ]
    }

    #[test]
    fn an_intent_goes_only_where_the_table_says() {
        use PaymentIntentState::{Failed, Processing, RequiresAction, Succeeded, Unknown};
        let legal = [
            (Processing, Succeeded),
            (Processing, Failed),
            (Processing, RequiresAction),
            (Processing, Unknown),
            (Unknown, Succeeded),
            (Unknown, Failed),
            (Unknown, RequiresAction),
            (Unknown, Processing),
            (RequiresAction, Succeeded),
            (RequiresAction, Failed),
            (RequiresAction, Processing),
        ];
        for from in PaymentIntentState::ALL {
            for to in PaymentIntentState::ALL {
                assert_eq!(from.can_become(*to), legal.contains(&(*from, *to)), "{from} {to}");
            }
            let ends = PaymentIntentState::ALL.iter().all(|to| !from.can_become(*to));
            assert_eq!(from.is_final(), ends, "{from}");
        }
    }

    #[test]
    fn what_is_final_is_not_settled_again() {
        for first in outcomes() {
            let once = intent(100).settled(&first);
            for second in outcomes() {
                let twice = once.settled(&second);
                assert!(once.state == twice.state || once.state.can_become(twice.state));
                assert_eq!(
                    twice.captured() == Atoms::new(100),
                    twice.state.as_str() == "succeeded"
                );
            }
        }
    }

    #[test]
    fn the_key_is_hidden_and_the_status_is_the_state() {
        let shown = Shown::of(&succeeded(100)).unwrap();
        assert!(!shown.object.contains_key("idempotency_key"));
        assert_eq!(shown.object.get("status"), shown.object.get("state"));
    }

    #[test]
    fn only_what_was_taken_can_be_refunded() {
        assert_eq!(intent(100).with_refund_reserved(Atoms::new(1)).unwrap_err().status(), 422);
        let paid = succeeded(100);
        for amount in [0, -1, 101, i64::MAX, i64::MIN] {
            assert_eq!(paid.with_refund_reserved(Atoms::new(amount)).unwrap_err().status(), 422);
        }
        let half = paid.with_refund_reserved(Atoms::new(60)).unwrap();
        assert_eq!(half.refundable(), Atoms::new(40));
        assert!(half.with_refund_reserved(Atoms::new(41)).is_err());
        let full = half.with_refund_reserved(Atoms::new(40)).unwrap();
        assert!(full.with_refund_reserved(Atoms::new(1)).is_err());
        assert_eq!(full.with_refund_released(Atoms::new(40)).unwrap().refundable(), Atoms::new(40));
        assert!(half.with_refund_released(Atoms::new(61)).is_err());
    }

    proptest! {
        #[test]
        fn refunds_never_exceed_what_was_captured(
            captured in 1_i64..1000,
            steps in prop::collection::vec((any::<bool>(), -10_i64..1200), 0..40),
        ) {
            let (mut intent, mut reserved) = (succeeded(captured), Vec::new());
            for (reserve, amount) in steps {
                if reserve {
                    if let Ok(next) = intent.with_refund_reserved(Atoms::new(amount)) {
                        reserved.push(amount);
                        intent = next;
                    }
                } else if let Some(amount) = reserved.pop() {
                    intent = intent.with_refund_released(Atoms::new(amount)).unwrap();
                }
                prop_assert_eq!(intent.refunded().get(), reserved.iter().sum::<i64>());
                prop_assert!(intent.refunded() <= intent.captured());
                prop_assert!(!intent.refundable().is_negative());
            }
        }
    }
}
