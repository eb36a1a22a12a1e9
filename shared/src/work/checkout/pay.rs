//! The payment of what a session sells, by a method that somebody presents: the last steps of its
//! completion.

use super::complete::{Next, Run};
use crate::{
    base::{error::Error, id::PaymentIntentId},
    model::{
        checkout::{CheckoutSession, begin::Made, life::Attempt},
        invoice::{Invoice, InvoiceState},
        payment_intent::{PaymentIntent, PaymentIntentState},
        payment_method::PaymentMethod,
        processor::Outcome,
    },
    work::invoices::collect::{Patience, Settled},
};

const NOUN: &str = "checkout session";
/// How often a processor is asked about an open payment before the client is told to wait.
const QUESTIONS: u32 = 3;

impl Run<'_> {
    /// What was made cannot be bought any more: somebody voided or cancelled it.
    pub(super) async fn start_over(
        &mut self,
        session: CheckoutSession,
        made: Made,
    ) -> Result<Next, Error> {
        let mut tx = self.begin();
        self.work.undo(&mut tx, made).await?;
        tx.update(&session, session.without_attempt());
        self.commit(tx).await
    }

    /// One step towards the payment of the invoice.
    pub(super) async fn settle(
        &mut self,
        session: CheckoutSession,
        made: Made,
        invoice: Invoice,
    ) -> Result<Next, Error> {
        if invoice.due().is_zero() && self.keeps(&made).await? {
            return Ok(Next::Step);
        }
        if invoice.state() == InvoiceState::Paid {
            // It was paid before the session knew of it.
            let mut tx = self.begin();
            let session = tx.update(&session, session.following(&invoice, self.work.now()));
            return self
                .work
                .commit_and_answer(tx, session)
                .await
                .map(|answer| Next::Answer(Ok(answer)));
        }
        if let Some(intent) = invoice.waiting_attempt() {
            let intent: PaymentIntent = self.work.find(intent).await?;
            let other =
                self.method.as_ref().is_some_and(|one| one.id() != intent.payment_method_id());
            let asked = self.questions > 0 || self.charged.as_ref() == Some(intent.id());
            match (other, asked) {
                (true, _) => return self.ask(invoice, Patience::GivesUp).await,
                (false, false) => {
                    // A payer who comes back presents nothing, and is told what came of it.
                    if self.method.is_none() {
                        self.charged = Some(intent.id().clone());
                    }
                    return self.ask(invoice, Patience::Waits).await;
                }
                // The payer has not done it yet, and is told again what it is.
                (false, true) => {
                    return Err(self.work.asked_of_payer(&session, &intent).await?.needs_payer());
                }
            }
        }
        if let Some(intent) = invoice.open_attempt() {
            let intent: PaymentIntent = self.work.find(intent).await?;
            let other =
                self.method.as_ref().is_some_and(|one| one.id() != intent.payment_method_id());
            // What was never sent to the processor is not, once another card is presented.
            let patience = if other { Patience::Ends } else { Patience::Waits };
            return self.ask(invoice, patience).await;
        }
        if let Some(intent) = self.charged.clone() {
            return self.told(session, made, &intent).await;
        }
        let Some(method) = self.method.clone() else {
            if self.by_payer && invoice.due().is_positive() {
                let hint = "is required: what was charged before did not pay it";
                return Err(Error::rule(NOUN, "payment_method", "required", hint));
            }
            let mut tx = self.begin();
            let after = session.sold(&made.attempt, &invoice, self.work.now());
            let (session, now) = (tx.update(&session, after), self.work.now());
            tx.update(&invoice, invoice.released(now));
            return self.completed(tx, session, &invoice).await;
        };
        if made.attempt.payment_method_id.as_ref() != Some(method.id()) {
            return self.charge_to(session, made, &method).await;
        }
        if invoice.state() == InvoiceState::Draft {
            self.begin().guards(&session)?;
            self.work.finalize(invoice.id()).await?;
            self.wrote = true;
            return Ok(Next::Step);
        }
        self.charge(session, invoice, method).await
    }

    /// Keeps the card of a trial, of which nothing is to be taken today: no charge would do it, and what
    /// follows is charged to it. Whether anything was written.
    async fn keeps(&mut self, made: &Made) -> Result<bool, Error> {
        let presented = self.method.as_ref().map(PaymentMethod::id);
        let (Some(id), true) = (presented, made.attempt.payment_method_id.as_ref() == presented)
        else {
            return Ok(false);
        };
        let method: PaymentMethod = self.work.find(id).await?;
        if method.is_kept() {
            return Ok(false);
        }
        let mut tx = self.begin();
        self.work.keep(&mut tx, &method).await?;
        self.commit(tx).await.map(|_| true)
    }

    /// Another method than before is charged, now and from now on.
    async fn charge_to(
        &mut self,
        session: CheckoutSession,
        made: Made,
        method: &PaymentMethod,
    ) -> Result<Next, Error> {
        let payment_method_id = Some(method.id().clone());
        let attempt = Attempt { payment_method_id, ..made.attempt };
        let mut tx = self.begin();
        tx.update(&session, session.attempting(attempt));
        if let Some(subscription) = &made.subscription {
            tx.update(subscription, subscription.charged_to(method));
        }
        self.commit(tx).await
    }

    async fn charge(
        &mut self,
        session: CheckoutSession,
        invoice: Invoice,
        method: PaymentMethod,
    ) -> Result<Next, Error> {
        self.begin().guards(&session)?;
        let way_back = self.way_back(&session);
        let attempt = self.work.charging_to(&invoice, method, way_back).await?;
        self.wrote = true;
        self.charged = Some(attempt.id().clone());
        // Stale means that somebody else has found the attempt and asks.
        let settled = self.work.charged(attempt).await?;
        let Settled { tx, outcome, session: completed, .. } = settled;
        if let (Outcome::Succeeded { .. }, Some(session)) = (&outcome, completed) {
            return self
                .work
                .commit_and_answer(tx, session)
                .await
                .map(|answer| Next::Answer(Ok(answer)));
        }
        self.commit(tx).await
    }

    /// Asks what became of an open attempt, this request's or another's.
    pub(super) async fn ask(
        &mut self,
        invoice: Invoice,
        patience: Patience,
    ) -> Result<Next, Error> {
        if self.questions >= QUESTIONS {
            return Err(pending());
        }
        self.questions = self.questions.saturating_add(1);
        self.work.heard(invoice, patience).await?;
        Ok(Next::Step)
    }

    /// What the attempt of this request came to: it did not complete the session.
    async fn told(
        &mut self,
        session: CheckoutSession,
        made: Made,
        intent: &PaymentIntentId,
    ) -> Result<Next, Error> {
        let intent: PaymentIntent = self.work.find(intent).await?;
        let failure = intent.failure().map(|failure| (&failure.code, &failure.message));
        let (code, hint) = match (intent.state(), failure) {
            (PaymentIntentState::Succeeded, _) => {
                self.charged = None;
                return Ok(Next::Step);
            }
            (PaymentIntentState::Failed, Some((code, message))) => {
                // Nothing was done, and no card is at fault: the same may be tried later.
                if intent.was_refused() {
                    let hint = format!("could not be made: {message}");
                    return Err(Error::not_now("payment", code, &hint));
                }
                (code.as_str(), format!("was declined: {message}"))
            }
            _ => return Err(self.work.asked_of_payer(&session, &intent).await?.needs_payer()),
        };
        let failed = intent.state() == PaymentIntentState::Failed;
        let before = session.clone();
        let (session, last) = match failed {
            true => session.after_decline(),
            false => (session, false),
        };
        if failed && last {
            let mut tx = self.begin();
            self.work.end_session(&mut tx, &before).await?;
            self.commit(tx).await?;
        } else if failed && (session.has_tiers() || made.is_on_trial()) {
            let (after, more) = session.declined();
            let mut tx = self.begin();
            self.work.undo(&mut tx, made).await?;
            tx.update(&before, after);
            self.commit(tx).await?;
            if more {
                self.charged = None;
                return Ok(Next::Step);
            }
        } else if failed {
            let mut tx = self.begin();
            tx.update(&before, session);
            self.commit(tx).await?;
        }
        Err(Error::not_now("payment", code, &hint))
    }
}

/// That a payment was begun and nobody knows yet what became of it.
pub(super) fn pending() -> Error {
    let hint = "has a payment whose outcome the processor has not told yet; try again in a minute";
    Error::not_now(NOUN, "payment_pending", hint)
}
