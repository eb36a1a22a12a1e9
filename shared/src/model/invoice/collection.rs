//! When an invoice's money is taken, and when nobody tries any longer. Pure: what happened and the
//! instant in, the next state out.
//!
//! An attempt is *open* from before the processor is asked until its outcome is known. While one is
//! open no other begins, whatever else happens; when its outcome stays unknown the processor is asked
//! about it, never charged again. The number of an attempt, which is part of the processor's
//! idempotency key, grows only when the one before ended in a definitive decline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CollectionMethod, Invoice, InvoiceState,
    corrected::CorrectedLine,
    metering::Metering,
    payer::Waiting,
    returned::{SupersededCredit, UnmetCredit},
};
use crate::{
    base::{
        error::Error,
        id::{
            CheckoutSessionId, DiscountId, InvoiceId, PaymentIntentId, PaymentMethodId, ProcessorId,
        },
        money::Atoms,
        time::Timestamp,
    },
    model::billing::dunning,
};

/// How many methods are tried one after the other, before the next retry is waited for.
const MOST_METHODS: u32 = 3;
/// The longest time until a processor is asked again that did nothing.
const LONGEST_PUT_OFF_HOURS: i64 = 12;
/// Why a payment was not even tried.
const NO_METHOD: &str = "no_payment_method";
/// How long an answer of the processor may take before somebody else asks about it.
const ANSWER_SECONDS: i64 = 60;
/// The longest time between two questions about one attempt.
const LONGEST_SECONDS: i64 = 3600;

/// Why a payment was not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PaymentError {
    /// For a program: `insufficient_funds`, `no_payment_method`, …
    pub code: String,
    /// The same in words for a person.
    pub message: String,
}

/// What is remembered of an invoice's payment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Collection {
    /// When a draft is finalized by itself.
    pub(super) finalize_at: Option<Timestamp>,
    /// Days until it is due, where the subscription says so.
    pub(super) net_days: Option<i64>,
    /// What it takes to put usage on a draft again; none, where it bills no usage.
    pub(super) metering: Option<Metering>,
    /// The invoice of the period before, where that may be a draft as long as this one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) behind: Option<InvoiceId>,
    /// The discounts of its subscription that reduce it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) discounts: Vec<DiscountId>,
    /// What changes would have credited of its lines, had that not been refunded before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) unmet: Vec<UnmetCredit>,
    /// What was credited of its lines because a void change left their time to a later one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) superseded: Vec<SupersededCredit>,
    /// What credit notes gave back of its lines of usage because these billed too much.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) corrected: Vec<CorrectedLine>,
    /// The attempt whose outcome is not known.
    pub(super) open: Option<PaymentIntentId>,
    /// How often the processor was asked about it.
    pub(super) asked: u32,
    /// What follows it, where it waits for the payer.
    pub(super) waiting: Option<Waiting>,
    /// How often in a row nothing could be asked of the processor.
    pub(super) put_off: u32,
    /// How many methods were tried one after the other.
    pub(super) run: u32,
    /// When to try next, or to ask.
    pub(super) next_at: Option<Timestamp>,
    /// When the first attempt failed.
    pub(super) first_failed_at: Option<Timestamp>,
    /// How many attempts failed.
    pub(super) failures: i64,
    /// When to try again, ascending.
    pub(super) retries: Vec<Timestamp>,
    /// When nobody tries any longer.
    pub(super) gives_up_at: Option<Timestamp>,
    /// The methods that are not to be charged for this invoice again.
    pub(super) refused: Vec<PaymentMethodId>,
    /// The checkout session that it was made for.
    pub(super) session: Option<CheckoutSessionId>,
    /// Whether that session decides when it is charged: nothing is then tried by itself.
    pub(super) held: bool,
    /// The processors whose methods are tried, in this order; any, when there are none.
    pub(super) route: Vec<ProcessorId>,
    /// The methods that were declined since the first processor was last tried.
    pub(super) passed: Vec<PaymentMethodId>,
}

/// Whether another payment method is left after one was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candidates {
    /// There is one: it is tried at once.
    More,
    /// There is none: what would be a retry only looks whether one was added.
    None,
}

impl Collection {
    /// When something happens to the invoice by itself.
    pub(super) fn due_at(
        &self,
        state: InvoiceState,
        due_date: Option<Timestamp>,
    ) -> Option<Timestamp> {
        // Nobody gives up while an attempt is open: what became of it is asked first.
        let gives_up_at = self.gives_up_at.filter(|_| self.open.is_none());
        let collecting = [self.next_at, gives_up_at];
        match state {
            InvoiceState::Draft => self.finalize_at,
            InvoiceState::Open | InvoiceState::PartiallyPaid => {
                collecting.into_iter().chain([due_date]).flatten().min()
            }
            InvoiceState::PastDue => collecting.into_iter().flatten().min(),
            // A payment by hand that nobody knows the outcome of.
            InvoiceState::Uncollectible => self.next_at.filter(|_| self.open.is_some()),
            InvoiceState::Paid | InvoiceState::Void => None,
        }
    }

    /// Whether a payment method was refused for good, or is not tried again before the others were.
    pub fn has_refused(&self, method: &PaymentMethodId) -> bool {
        self.refused.contains(method) || self.passed.contains(method)
    }

    /// Whether the retries are used up, or the time for them.
    pub(crate) fn is_given_up(&self, now: Timestamp) -> bool {
        self.gives_up_at.is_some_and(|end| end <= now) && self.open.is_none()
    }

    /// Nothing is tried any more.
    pub(super) fn ended(self) -> Self {
        let retries = Vec::new();
        Self { next_at: None, gives_up_at: None, retries, open: None, waiting: None, ..self }
    }

    fn after(&self, now: Timestamp) -> Option<Timestamp> {
        self.retries.iter().copied().find(|retry| *retry > now)
    }
}

impl Invoice {
    /// The state of its payment.
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    /// The attempt whose outcome is not known.
    pub fn open_attempt(&self) -> Option<&PaymentIntentId> {
        self.collection.open.as_ref()
    }

    /// The number of the next attempt.
    pub fn next_attempt(&self) -> i64 {
        self.attempt_count.saturating_add(1)
    }

    /// Whether money is to be taken for it now.
    pub fn is_to_be_collected(&self, now: Timestamp) -> bool {
        self.state.is_payable() && self.collection.next_at.is_some_and(|at| at <= now)
    }

    /// Whether its money is taken without anybody asking.
    pub(crate) fn is_automatic(&self) -> bool {
        self.collection_method == CollectionMethod::ChargeAutomatically
            && !self.collection.held
            && self.state.is_collected()
    }

    /// Whether the money of this draft will be taken without anybody asking, as soon as it is final.
    pub(crate) fn will_be_charged(&self) -> bool {
        self.collection_method == CollectionMethod::ChargeAutomatically
            && !self.collection.held
            && self.total_amount_atom.is_positive()
    }

    pub(super) fn with(&self, collection: Collection) -> Self {
        let next = collection.planned();
        Self { next_payment_attempt_at: next, collection, ..self.clone() }
    }

    /// The invoice with an attempt to pay it, which is written before the processor is asked.
    pub fn attempted(&self, intent: PaymentIntentId, now: Timestamp) -> Self {
        let mut invoice = self.with(Collection {
            open: Some(intent.clone()),
            asked: 0,
            waiting: None,
            next_at: Some(now.plus_seconds(ANSWER_SECONDS)),
            ..self.collection.clone()
        });
        invoice.attempt_count = self.next_attempt();
        invoice.payment_intent_id = Some(intent);
        invoice
    }

    /// The invoice after a question about its open attempt that was not answered.
    pub fn left_unknown(&self, now: Timestamp) -> Self {
        let asked = self.collection.asked.saturating_add(1);
        let wait = ANSWER_SECONDS.saturating_mul(2_i64.saturating_pow(asked.min(16)));
        self.with(Collection {
            asked,
            next_at: Some(now.plus_seconds(wait.min(LONGEST_SECONDS))),
            ..self.collection.clone()
        })
    }

    /// The same, because the processor cannot be reached: no card declined, so nobody is dunned. Of one
    /// that waits for the payer the payer knows more.
    pub(crate) fn left_unreached(&self, error: PaymentError, now: Timestamp) -> Self {
        let mut invoice = self.left_unknown(now);
        if !self.waits_for_payer() {
            invoice.last_payment_error = Some(error);
        }
        invoice
    }

    /// The invoice after `amount` was received for it.
    pub fn received(&self, amount: Atoms, now: Timestamp) -> Result<Self, Error> {
        let paid = self.paid_amount_atom.plus(amount)?;
        let mut invoice = Self { paid_amount_atom: paid, ..self.clone() }.totalled()?;
        invoice.last_payment_error = None;
        if invoice.due_amount_atom.is_zero() {
            return invoice.fully_paid(now);
        }
        // What was promised is not yet paid: the rest is still taken when it was going to be, which is
        // at once where it has not been tried.
        let automatic = self.collection_method == CollectionMethod::ChargeAutomatically;
        let untried =
            automatic && !self.collection.held && self.collection.first_failed_at.is_none();
        let next_retry = self.collection.retries.iter().copied().find(|retry| *retry > now);
        let next_at = if untried { Some(now) } else { next_retry };
        let collection = self.collection.clone();
        let (waiting, put_off) = (None, 0);
        invoice = invoice.with(Collection { open: None, waiting, put_off, next_at, ..collection });
        match self.state {
            InvoiceState::Open => invoice.moved(InvoiceState::PartiallyPaid, "paid in part"),
            _ => Ok(invoice),
        }
    }

    /// The invoice with nothing left to be paid.
    pub(super) fn fully_paid(&self, now: Timestamp) -> Result<Self, Error> {
        let mut invoice = self.moved(InvoiceState::Paid, "paid")?;
        invoice.paid_at = Some(now);
        Ok(invoice.with(self.collection.clone().ended()))
    }

    /// The invoice after a payment of it failed. `refused` is a method that is not to be tried again.
    pub fn payment_failed(
        &self,
        error: PaymentError,
        refused: Option<(PaymentMethodId, Candidates)>,
        terms: dunning::Terms,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut collection = self.collection.clone();
        (collection.open, collection.waiting, collection.put_off) = (None, None, 0);
        collection.failures = collection.failures.saturating_add(1);
        if collection.first_failed_at.is_none() {
            collection.first_failed_at = Some(now);
            let offsets = dunning::retries(terms).into_iter();
            collection.retries = offsets.map(|offset| now.plus_seconds(offset)).collect();
            collection.gives_up_at = Some(collection.retries.last().copied().unwrap_or(now));
        }
        collection.run = collection.run.saturating_add(1);
        collection.next_at = match &refused {
            Some((_, Candidates::More)) if collection.run < MOST_METHODS => Some(now),
            Some(_) | None => {
                collection.run = 0;
                collection.after(now)
            }
        };
        collection.refused.extend(refused.map(|(method, _)| method));
        let mut invoice = self.with(collection);
        invoice.last_payment_error = Some(error);
        match self.state {
            InvoiceState::Open | InvoiceState::PartiallyPaid => {
                invoice.moved(InvoiceState::PastDue, "past due")
            }
            _ => Ok(invoice),
        }
    }

    /// The invoice with a payment that failed and that nobody asked for again: what is due by hand.
    pub fn payment_refused(&self, error: PaymentError) -> Self {
        let mut collection = self.collection.clone();
        (collection.open, collection.waiting, collection.put_off) = (None, None, 0);
        collection.failures = collection.failures.saturating_add(1);
        collection.next_at = None;
        let mut invoice = self.with(collection);
        invoice.last_payment_error = Some(error);
        invoice
    }

    /// The invoice after its processor did nothing of what it was asked: no card declined, so nobody
    /// is dunned. Where that may change by itself it is tried again, ever more rarely.
    pub(crate) fn put_off(&self, error: PaymentError, again: bool, now: Timestamp) -> Self {
        let mut collection = self.collection.clone();
        let hours = 2_i64.saturating_pow(collection.put_off.min(4));
        let retry = now.plus_hours(hours).min(now.plus_hours(LONGEST_PUT_OFF_HOURS));
        (collection.open, collection.waiting) = (None, None);
        collection.put_off = collection.put_off.saturating_add(1);
        collection.next_at = (again && self.is_automatic()).then_some(retry);
        let mut invoice = self.with(collection);
        invoice.last_payment_error = Some(error);
        invoice
    }

    /// The invoice with nothing to pay it by. That is said once; then its retries only look whether
    /// there is something by now.
    pub fn without_method(&self, terms: dunning::Terms, now: Timestamp) -> Result<Self, Error> {
        let known = self.last_payment_error.as_ref().is_some_and(|error| error.code == NO_METHOD);
        if known && self.collection.first_failed_at.is_some() {
            let next_at = self.collection.after(now);
            return Ok(self.with(Collection { next_at, ..self.collection.clone() }));
        }
        let error = PaymentError {
            code: NO_METHOD.to_owned(),
            message: "The customer has no payment method that can be charged".to_owned(),
        };
        self.payment_failed(error, None, terms, now)
    }

    /// The invoice, to be collected at `now`: a way to pay it was added.
    pub fn retried(&self, now: Timestamp) -> Self {
        let waits =
            self.state.is_collected() && self.collection.gives_up_at.is_some_and(|end| end > now);
        match waits {
            true if self.waits_for_payer() => self.impatient(now),
            true if self.collection.open.is_some() => self.clone(),
            true => self.with(Collection { next_at: Some(now), ..self.collection.clone() }),
            false => self.clone(),
        }
    }

    /// The same, where `method` was refused for good and is another card now.
    pub(crate) fn reconsidered(&self, method: &PaymentMethodId, now: Timestamp) -> Option<Self> {
        let mut collection = self.collection.clone();
        collection.refused.retain(|refused| refused != method);
        let was_refused = collection.refused.len() < self.collection.refused.len();
        was_refused.then(|| self.with(collection).retried(now))
    }

    /// The invoice after its due date has passed. It is waited for `window_days` more.
    pub fn overdue(&self, window_days: i64, now: Timestamp) -> Result<Self, Error> {
        let mut collection = self.collection.clone();
        collection.gives_up_at = collection.gives_up_at.or(Some(now.plus_days(window_days)));
        let overdue = self.with(collection);
        overdue.moved(InvoiceState::PastDue, "past due")
    }

    /// The invoice when nobody tries to collect it any longer, but it is still owed.
    pub fn given_up(&self) -> Self {
        self.with(self.collection.clone().ended())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_attempt_is_asked_about_before_anybody_gives_up() {
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let (ends, asks) = (at("2026-03-28T10:30:00Z"), at("2026-03-28T11:30:00Z"));
        let open = "pi_prod_0000000000000001".parse().ok();
        let waiting =
            Collection { open, next_at: asks, gives_up_at: ends, ..Collection::default() };
        assert_eq!(waiting.due_at(InvoiceState::PastDue, None), asks);
        let settled = Collection { open: None, ..waiting };
        assert_eq!(settled.due_at(InvoiceState::PastDue, None), ends);
    }
}
