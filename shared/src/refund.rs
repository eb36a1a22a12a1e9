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

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    auth::Scope,
    customer::Customer,
    error::Error,
    http::{Context, Filter, Reply, one_of},
    id::{CustomerId, InvoiceId, PaymentIntentId, RefundId, kind},
    input::{Faults, Input, Json, Location, Text, choice, input},
    invoice::{Invoice, ReturnedPart},
    metadata::Metadata,
    money::{Atoms, Currency},
    payment_intent::{PaymentIntent, narrowed},
    processor::{Failure, Outcome, Processor, RefundOrder, Told},
    record::Record,
    store::{Entity, Expansion, Item, List, Load, Representation, Shape, Tx, back_off},
    telemetry::log_failure,
    time::Timestamp,
    work::Work,
};

choice! {
    /// How far a refund is.
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
            (Self::Pending, Self::Pending)
            | (Self::Succeeded | Self::Failed, Self::Pending | Self::Succeeded | Self::Failed) => {
                false
            }
        }
    }
}

/// Money that is given back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Refund {
    #[serde(flatten)]
    record: Record<kind::Refund>,
    /// The payment that it is taken from.
    payment_intent_id: PaymentIntentId,
    /// Who gets it.
    customer_id: CustomerId,
    /// The invoice that was paid, if it was one.
    invoice_id: Option<InvoiceId>,
    /// How much, in the currency's smallest unit.
    amount_atom: Atoms,
    /// Of what.
    currency: Currency,
    /// How far it is.
    state: RefundState,
    /// The same as `state`.
    #[serde(skip_deserializing)]
    #[schemars(with = "RefundState")]
    status: Option<RefundState>,
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
    asked: u32,
    /// What it gives back of which lines.
    #[serde(default)]
    #[schemars(skip)]
    parts: Vec<ReturnedPart>,
}

/// Why a payment is refunded.
pub type Reason = Text<1, 500>;

input! {
    /// What a client sends to give money back.
    pub struct NewRefund {
        /// The payment that it is taken from.
        payment_intent_id: PaymentIntentId,
        /// How much, in the currency's smallest unit; what is left of the payment, when left out.
        amount_atom: Option<Atoms>,
        /// Why: `duplicate`, `fraudulent`, `requested_by_customer`, or any other words.
        reason: Option<Reason>,
        /// Free text by key.
        metadata: Metadata,
    }
    example {
        "payment_intent_id": "pi_prod_0mkz6k3cp1i2n3t4",
        "amount_atom": 500,
        "reason": "requested_by_customer",
    }
}

const NOUN: &str = "refund";
/// After how many seconds a refund that is still pending is asked about; doubled each time…
const FIRST_ASKED_AFTER: i64 = 60;
/// …but not beyond this many times.
const DOUBLINGS: u32 = 6;
/// How often a transaction is tried again on what others have written in between.
const ATTEMPTS: u32 = 8;

impl Refund {
    fn new(
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
            status: None,
            reason,
            failure: None,
            processor_reference: None,
            metadata,
            ask_at: record.created_at.plus_seconds(FIRST_ASKED_AFTER),
            asked: 0,
            parts,
            record,
        }
    }

    /// The refund after the processor has answered or not. What is final stays as it is.
    pub fn settled(&self, outcome: &Outcome, now: Timestamp) -> Self {
        match outcome {
            _ if self.state != RefundState::Pending => self.clone(),
            Outcome::Succeeded { reference } => Self {
                state: RefundState::Succeeded,
                processor_reference: Some(reference.clone()),
                ..self.clone()
            },
            Outcome::Declined(failure) => {
                Self { state: RefundState::Failed, failure: Some(failure.clone()), ..self.clone() }
            }
            Outcome::ActionNeeded { .. } | Outcome::Unknown(_) => self.postponed(now),
        }
    }

    /// The refund, to be asked about again later: in 1, 2, 4, … 64 minutes.
    fn postponed(&self, now: Timestamp) -> Self {
        let minutes = 1_i64.checked_shl(self.asked.saturating_add(1).min(DOUBLINGS)).unwrap_or(1);
        let ask_at = now.plus_seconds(minutes.saturating_mul(FIRST_ASKED_AFTER));
        Self { ask_at, asked: self.asked.saturating_add(1), ..self.clone() }
    }

    fn order(&self, intent: &PaymentIntent) -> Result<RefundOrder, Error> {
        let damaged = || Error::Internal(format!("{}: a refund of no charge", self.record.id));
        Ok(RefundOrder {
            key: self.key(),
            charge: intent.processor_reference().ok_or_else(damaged)?.to_owned(),
            amount: self.amount_atom,
        })
    }

    /// What the processor is asked with.
    fn key(&self) -> String {
        format!("{}:{}", self.record.account_id, self.record.id)
    }

    /// The id.
    pub fn id(&self) -> &RefundId {
        &self.record.id
    }

    /// How far it is.
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
        Expansion {
            name: "customer",
            load: Load::Reference {
                field: "customer_id",
                shape: Shape::of::<Customer>,
                scope: Scope::CustomersRead,
            },
        },
        Expansion {
            name: "payment_intent",
            load: Load::Reference {
                field: "payment_intent_id",
                shape: Shape::of::<PaymentIntent>,
                scope: Scope::PaymentsRead,
            },
        },
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
    type Kind = kind::Refund;
    const EVENT: &'static str = "refund";
    const RESOURCE: &'static str = "refunds";
    const HIDDEN: &'static [&'static str] = &["ask_at", "asked", "parts"];

    fn record(&self) -> &Record<kind::Refund> {
        &self.record
    }

    fn record_mut(&mut self) -> &mut Record<kind::Refund> {
        &mut self.record
    }

    fn lists(&self) -> Vec<List> {
        let state = ("state", self.state.as_str());
        let payment = ("payment_intent_id", self.payment_intent_id.as_str());
        let customer = ("customer_id", self.customer_id.as_str());
        let invoice = self.invoice_id.as_ref().map(|id| ("invoice_id", id.as_str()));
        let mut lists = List::combinations(Self::RESOURCE, &[state]);
        for of in [payment, customer].into_iter().chain(invoice) {
            lists.push(narrowed(Self::RESOURCE, &[of]));
            lists.push(narrowed(Self::RESOURCE, &[of, state]));
        }
        lists
    }

    fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            RefundState::Pending => Some(self.ask_at),
            RefundState::Succeeded | RefundState::Failed => None,
        }
    }

    fn complete(&self, object: &mut Item) {
        object.insert("status".to_owned(), self.state.as_str().into());
    }
}

impl PaymentIntent {
    /// What is left of it; less, where a part of its invoice was given back in another way. Where all
    /// of the invoice was, the whole: so that it is the invoice that refuses.
    fn returnable_with(&self, invoice: Option<&Invoice>) -> Atoms {
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

impl Context {
    /// Gives money back, and answers with what is known of it by then.
    pub async fn refund(&self, new: NewRefund) -> Reply<Refund> {
        let (work, id) = (self.work(), &new.payment_intent_id);
        let intent: Option<PaymentIntent> = self.store().find(self.account(), id).await?;
        let intent = intent.ok_or_else(|| {
            let hint = "names a payment intent that does not exist";
            Error::rule(NOUN, "payment_intent_id", "no_such_object", hint)
        })?;
        let invoice = work.invoice_paid_by(&intent).await?;
        let amount = new.amount_atom.unwrap_or_else(|| intent.returnable_with(invoice.as_ref()));
        let mut tx = self.begin();
        let repayment = Repayment { intent, amount };
        let why = (new.reason, new.metadata);
        let refund = work.reserve_refund(&mut tx, invoice.as_ref(), &repayment, why)?;
        match self.commit_first(tx, &refund).await? {
            Some(earlier) => Ok(earlier),
            None => self.conclude(&work.settle_refund(refund).await).await,
        }
    }
}

impl Work {
    /// Gives `amount` of a payment back. The refund is made when this returns, but it may still be
    /// pending. An error means that none was made.
    pub async fn refund_payment(
        &self,
        intent: &PaymentIntentId,
        amount: Atoms,
        reason: Option<&str>,
    ) -> Result<Refund, Error> {
        let reason = reason.map(Text::of);
        for attempt in 0..ATTEMPTS {
            let intent: PaymentIntent = self.find(intent).await?;
            let invoice = self.invoice_paid_by(&intent).await?;
            let mut tx = self.begin();
            let repayment = Repayment { intent, amount };
            let why = (reason.clone(), Metadata::default());
            let refund = self.reserve_refund(&mut tx, invoice.as_ref(), &repayment, why)?;
            match self.commit(tx).await {
                Ok(()) => return Ok(self.settle_refund(refund).await),
                Err(Error::Stale) => back_off(attempt).await,
                Err(error) => return Err(error),
            }
        }
        Err(Error::Contended)
    }

    /// The invoice that a payment is counted on. One that has payments is never deleted.
    async fn invoice_paid_by(&self, intent: &PaymentIntent) -> Result<Option<Invoice>, Error> {
        match intent.invoice_id() {
            Some(id) => self.store().find(self.account(), id).await,
            None => Ok(None),
        }
    }

    /// The first step for one refund of a payment of `invoice`, as part of `tx`, which changes nothing
    /// else of the two. After the commit comes `settle_refund`; where it does not, the refund is made
    /// when it is due.
    fn reserve_refund(
        &self,
        tx: &mut Tx,
        invoice: Option<&Invoice>,
        repayment: &Repayment,
        why: (Option<Reason>, Metadata),
    ) -> Result<Refund, Error> {
        repayment.intent.with_refund_reserved(repayment.amount)?;
        let mut parts = Vec::new();
        if let Some(invoice) = invoice {
            let refunded = invoice.refunded(repayment.amount)?;
            parts = refunded.1;
            tx.update(invoice, refunded.0);
        }
        self.begin_refund(tx, repayment, parts, why)
    }

    /// The same where the caller counts the refund on the invoices, `parts` of which it gives back.
    pub fn begin_refund(
        &self,
        tx: &mut Tx,
        repayment: &Repayment,
        parts: Vec<ReturnedPart>,
        why: (Option<Reason>, Metadata),
    ) -> Result<Refund, Error> {
        let reserved = repayment.intent.with_refund_reserved(repayment.amount)?;
        let refund = Refund::new(self.record(), repayment, parts, why);
        tx.insert(&refund);
        tx.update(&repayment.intent, reserved);
        Ok(refund)
    }

    /// Puts into `tx` that a refund was not made: what it counted can be given back again.
    async fn release_refund(&self, tx: &mut Tx, refund: &Refund) -> Result<(), Error> {
        let intent: PaymentIntent = self.find(&refund.payment_intent_id).await?;
        tx.update(&intent, intent.with_refund_released(refund.amount_atom)?);
        let of_lines = refund.parts.iter().map(|part| &part.invoice_id);
        let mut ids: Vec<_> = intent.invoice_id().into_iter().chain(of_lines).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let found: Option<Invoice> = self.store().find(self.account(), id).await?;
            let Some(invoice) = found else { continue };
            let after = match intent.invoice_id() == Some(id) {
                true => invoice.unrefunded(refund.amount_atom)?,
                false => invoice.clone(),
            };
            tx.update(&invoice, after.kept(&refund.parts)?);
        }
        Ok(())
    }

    /// The other steps, right after the first. What cannot be done now is done when the refund is due.
    pub async fn settle_refund(&self, refund: Refund) -> Refund {
        match self.try_to_settle(&refund).await {
            Ok(settled) => settled,
            Err(error) => {
                let text = error.for_the_log().unwrap_or("others kept changing it");
                log_failure("a refund is left pending", text);
                refund
            }
        }
    }

    async fn try_to_settle(&self, refund: &Refund) -> Result<Refund, Error> {
        let (intent, processor) = self.refunded(refund).await?;
        match self.refund_at(&processor, &refund.order(&intent)?).await {
            // It is due in a minute already.
            Outcome::Unknown(text) => {
                log_failure("a refund's outcome is unknown", &text);
                Ok(refund.clone())
            }
            outcome => self.write_outcome(refund.clone(), &outcome).await,
        }
    }

    /// Finds out what became of a refund that is due, and makes it if it was never asked for.
    pub async fn resume_refund(&self, id: &RefundId) -> Result<(), Error> {
        let refund: Refund = self.find(id).await?;
        if refund.state != RefundState::Pending {
            return Ok(());
        }
        let (intent, processor) = self.refunded(&refund).await?;
        let outcome = match self.refund_outcome(&processor, &refund.key()).await {
            Told::Known(outcome) => outcome,
            Told::NeverSeen => self.refund_at(&processor, &refund.order(&intent)?).await,
            Told::Unreachable(text) => Outcome::Unknown(text),
        };
        self.write_outcome(refund, &outcome).await.map(|_| ())
    }

    async fn refunded(&self, refund: &Refund) -> Result<(PaymentIntent, Processor), Error> {
        let lost = |error| match error {
            Error::NotFound => Error::Internal(format!("{}: its payment is gone", refund.id())),
            other => other,
        };
        let intent: PaymentIntent = self.find(&refund.payment_intent_id).await.map_err(lost)?;
        let processor = self.find(intent.processor_id()).await.map_err(lost)?;
        Ok((intent, processor))
    }

    /// Writes what became of a refund, whoever else changes it or its payment at the same time.
    async fn write_outcome(&self, refund: Refund, outcome: &Outcome) -> Result<Refund, Error> {
        let (mut before, mut asked) = (refund, None);
        for attempt in 0..ATTEMPTS {
            let others_postponed = asked.is_some_and(|asked: u32| asked != before.asked);
            let after = before.settled(outcome, self.now());
            let postpones = after.state == RefundState::Pending;
            if before.state != RefundState::Pending || (postpones && others_postponed) {
                return Ok(before);
            }
            let mut tx = self.begin();
            let after = tx.update(&before, after);
            if after.state == RefundState::Failed {
                self.release_refund(&mut tx, &before).await?;
            }
            match self.commit(tx).await {
                Ok(()) => return Ok(after),
                Err(Error::Stale) => back_off(attempt).await,
                Err(error) => return Err(error),
            }
            asked = Some(before.asked);
            before = self.find(before.id()).await?;
        }
        Err(Error::Contended)
    }
}

input! {
    /// Which refunds to list.
    pub struct RefundQuery {
        /// Only those of this payment.
        payment_intent_id: Option<PaymentIntentId>,
        /// Only those to this customer.
        customer_id: Option<CustomerId>,
        /// Only those of payments of this invoice.
        invoice_id: Option<InvoiceId>,
        /// Only those in this state.
        state: Option<RefundState>,
        /// The same as `state`.
        status: Option<RefundState>,
    }
}

/// Which refunds to list.
#[derive(Clone, Debug)]
pub struct RefundFilter(List);

impl Input for RefundFilter {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let query = RefundQuery::read(value, at, faults)?;
        let of = [
            ("payment_intent_id", query.payment_intent_id.as_ref().map(|id| id.as_str())),
            ("customer_id", query.customer_id.as_ref().map(|id| id.as_str())),
            ("invoice_id", query.invoice_id.as_ref().map(|id| id.as_str())),
        ];
        let of = one_of(&of, at, faults)?;
        let states = [("state", query.state), ("status", query.status)];
        let states = states.map(|(name, state)| (name, state.map(RefundState::as_str)));
        let state = one_of(&states, at, faults)?.map(|(_, state)| state);
        let named: Vec<_> = of.into_iter().chain(state.map(|state| ("state", state))).collect();
        Some(Self(narrowed(Refund::RESOURCE, &named)))
    }
}

impl JsonSchema for RefundFilter {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        RefundQuery::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        RefundQuery::json_schema(generator)
    }
}

impl Filter for RefundFilter {
    type Entity = Refund;

    fn list(&self) -> List {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{AccountId, Id, IdSource},
        payment_intent::tests::succeeded,
        processor::DeclineKind,
        time::Clock,
    };

    fn refund() -> Refund {
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let id = Id::new(account.environment(), Clock.now(), &IdSource::new(Clock));
        let record = Record::new(id, account, Clock.now());
        let repayment = Repayment { intent: succeeded(100), amount: Atoms::new(60) };
        Refund::new(record, &repayment, Vec::new(), (None, Metadata::default()))
    }

    fn outcomes() -> [Outcome; 4] {
        let (code, message) = ("refund_declined".to_owned(), "no".to_owned());
        [
            Outcome::Succeeded { reference: "re_1".to_owned() },
            Outcome::Declined(Failure { code, message, kind: DeclineKind::Hard }),
            Outcome::ActionNeeded { url: "https://example.com".to_owned() },
            Outcome::Unknown("time-out".to_owned()),
        ]
    }

    #[test]
    fn a_refund_ends_once() {
        use RefundState::{Failed, Pending, Succeeded};
        let legal = [(Pending, Succeeded), (Pending, Failed)];
        for from in RefundState::ALL {
            for to in RefundState::ALL {
                assert_eq!(from.can_become(*to), legal.contains(&(*from, *to)), "{from} {to}");
            }
        }
        for first in outcomes() {
            let once = refund().settled(&first, Clock.now());
            for second in outcomes() {
                let twice = once.settled(&second, Clock.now());
                assert!(once.state == twice.state || once.state.can_become(twice.state));
            }
        }
    }

    #[test]
    fn a_refund_is_due_while_it_is_pending_and_each_time_later() {
        let mut refund = refund();
        let now = refund.record.created_at;
        assert_eq!(refund.due_at(), Some(now.plus_seconds(60)));
        let mut minutes = Vec::new();
        for _ in 0..8 {
            refund = refund.settled(&Outcome::Unknown(String::new()), now);
            minutes.push(refund.due_at().unwrap().minus(now) / 60);
        }
        assert_eq!(minutes, [2, 4, 8, 16, 32, 64, 64, 64]);
        assert_eq!(refund.settled(&outcomes()[0], now).due_at(), None);
        assert_eq!(refund.settled(&outcomes()[1], now).due_at(), None);
    }
}
