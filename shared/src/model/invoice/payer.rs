//! An attempt that waits for the payer. It can still be paid, so it stays open: no other begins before
//! it was given up at the processor, or has come to an end there. Pure.
//!
//! Dunning goes on meanwhile: the attempt counts as failed from the moment it waits, once, whatever
//! becomes of it. When the next retry is due, or somebody pays, voids or writes off by hand, it is given
//! up first; who asks and finds that the payer was faster writes that instead.

use serde::{Deserialize, Serialize};

use super::{Collection, Invoice, PaymentError};
use crate::base::{id::PaymentIntentId, time::Timestamp};

/// What follows an attempt that waits for the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// When it is given up.
    gives_up_at: Timestamp,
    /// When the next attempt is made then, if one is.
    then_at: Option<Timestamp>,
}

/// How long after an attempt began to wait somebody asks about it; doubled each time…
const FIRST_ASKED_SECONDS: i64 = 60;
/// …but not beyond this.
const LONGEST_SECONDS: i64 = 24 * 3600;
/// How long an attempt waits that no other follows.
const PATIENCE_DAYS: i64 = 30;
/// How long the last one of a dunning waits at least.
const LAST_HOURS: i64 = 24;

impl Collection {
    /// When the next attempt is made, as far as one is planned.
    pub(super) fn planned(&self) -> Option<Timestamp> {
        match (&self.open, &self.waiting) {
            (None, _) => self.next_at,
            (Some(_), Some(waiting)) => waiting.then_at,
            (Some(_), None) => None,
        }
    }
}

impl Invoice {
    /// Whether its open attempt waits for the payer.
    pub fn waits_for_payer(&self) -> bool {
        self.collection.waiting.is_some()
    }

    /// Whether the attempt that waits for the payer is to be given up now.
    pub fn is_payer_late(&self, now: Timestamp) -> bool {
        self.collection.waiting.is_some_and(|waiting| waiting.gives_up_at <= now)
    }

    /// The invoice after its open attempt turned out to wait for the payer. `counted` is the same
    /// invoice after an attempt that failed, and says when the next one is made.
    pub(crate) fn left_to_payer(&self, counted: Self, now: Timestamp) -> Self {
        let (open, collection) = (self.collection.open.clone(), counted.collection.clone());
        let dunned = collection.gives_up_at.map(|end| end.max(now.plus_hours(LAST_HOURS)));
        let end = collection.next_at.or(dunned);
        let waiting = Waiting {
            gives_up_at: end.unwrap_or(now.plus_days(PATIENCE_DAYS)),
            then_at: collection.next_at,
        };
        counted
            .with(Collection { open, asked: 0, waiting: Some(waiting), ..collection })
            .awaited(now)
    }

    /// The invoice after a question about the attempt that waits for the payer: it waits on.
    pub(crate) fn still_left_to_payer(&self, now: Timestamp) -> Self {
        let asked = self.collection.asked.saturating_add(1);
        self.with(Collection { asked, ..self.collection.clone() }).awaited(now)
    }

    fn awaited(&self, now: Timestamp) -> Self {
        let doubled = 2_i64.saturating_pow(self.collection.asked.min(16));
        let wait = FIRST_ASKED_SECONDS.saturating_mul(doubled).min(LONGEST_SECONDS);
        let asks_at = now.plus_seconds(wait);
        let end = self.collection.waiting.map(|waiting| waiting.gives_up_at);
        let next_at = end.filter(|end| *end > now).map_or(asks_at, |end| end.min(asks_at));
        self.with(Collection { next_at: Some(next_at), ..self.collection.clone() })
    }

    /// The invoice after the attempt that waited for the payer came to nothing. It was counted when it
    /// began to wait.
    pub(crate) fn payer_did_not(&self, error: PaymentError) -> Self {
        let then_at = self.collection.waiting.and_then(|waiting| waiting.then_at);
        self.without_attempt(error, then_at)
    }

    /// The invoice after its open attempt was given up before anything came of it. Whoever gave it up
    /// has other plans; if nothing comes of those, it is collected as before.
    pub(crate) fn attempt_cancelled(&self, error: PaymentError, now: Timestamp) -> Self {
        match self.waits_for_payer() {
            true => self.payer_did_not(error),
            false => self.without_attempt(error, self.is_automatic().then_some(now)),
        }
    }

    fn without_attempt(&self, error: PaymentError, then_at: Option<Timestamp>) -> Self {
        let collection = self.collection.clone();
        let mut invoice =
            self.with(Collection { open: None, waiting: None, next_at: then_at, ..collection });
        invoice.last_payment_error = Some(error);
        invoice
    }

    /// The invoice, whose waiting attempt is given up now and followed by another at once.
    pub(super) fn impatient(&self, now: Timestamp) -> Self {
        let waiting = Some(Waiting { gives_up_at: now, then_at: Some(now) });
        self.with(Collection { waiting, next_at: Some(now), ..self.collection.clone() })
    }

    /// The attempt that waits for the payer, if one does.
    pub fn waiting_attempt(&self) -> Option<&PaymentIntentId> {
        self.collection.open.as_ref().filter(|_| self.waits_for_payer())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{billing::dunning::Terms, entity::Representation};

    const TERMS: Terms = Terms {
        cycle_seconds: 30 * 24 * 3600,
        window_days: 30,
        terms_days: None,
        until_next_invoice_seconds: None,
    };

    fn at(hour: i64) -> Timestamp {
        "2026-01-31T00:00:00Z".parse::<Timestamp>().unwrap().plus_hours(hour)
    }

    fn error(code: &str) -> PaymentError {
        PaymentError { code: code.to_owned(), message: "Confirm".to_owned() }
    }

    fn waiting() -> Invoice {
        let mut example = Invoice::example();
        let rest = json!({"state": "open", "paid_amount_atom": 0, "due_amount_atom": 30_000});
        example.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let open: Invoice = serde_json::from_value(example).unwrap();
        let asked = open.attempted("pi_prod_0000000000000001".parse().unwrap(), at(0));
        let counted = asked.payment_failed(error("action"), None, TERMS, at(0)).unwrap();
        asked.left_to_payer(counted, at(0))
    }

    #[test]
    fn an_attempt_that_waits_stays_open_until_the_next_is_due_and_is_counted_once() {
        let invoice = waiting();
        assert!(invoice.waits_for_payer() && invoice.open_attempt().is_some());
        let retry = invoice.next_payment_attempt_at.unwrap();
        assert!(!invoice.is_payer_late(at(0)) && invoice.is_payer_late(retry));
        let failures = invoice.collection.failures;
        let given_up = invoice.payer_did_not(error("payment_cancelled"));
        assert_eq!(given_up.collection.failures, failures);
        assert!(given_up.open_attempt().is_none() && !given_up.waits_for_payer());
        assert_eq!(given_up.collection.next_at, Some(retry));
    }

    #[test]
    fn it_is_asked_about_ever_more_rarely_and_never_later_than_it_is_given_up() {
        let (mut invoice, mut waits) = (waiting(), Vec::new());
        let retry = invoice.next_payment_attempt_at.unwrap();
        let mut now = at(0);
        while let Some(next) = invoice.collection.next_at.filter(|next| *next < retry) {
            waits.push(next.minus(now));
            now = next;
            invoice = invoice.still_left_to_payer(now);
        }
        assert_eq!(waits.first(), Some(&60));
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
        assert_eq!(invoice.collection.next_at, Some(retry));
    }

    #[test]
    fn money_that_arrives_ends_the_waiting() {
        let paid = waiting().received(crate::base::money::Atoms::new(30_000), at(1)).unwrap();
        assert!(!paid.waits_for_payer() && paid.open_attempt().is_none());
    }
}
