//! What the processor is asked, what it says, and what the invoice becomes by it.

use super::{Patience, Settled};
use crate::{
    base::{
        error::Error,
        id::{PaymentIntentId, PaymentMethodId},
        telemetry::log_failure,
    },
    model::{
        checkout::CheckoutSession,
        invoice::{Candidates, Invoice, InvoiceState, PaymentError, collect::Attempt},
        payment_intent::PaymentIntent,
        payment_method::PaymentMethod,
        processor::{Blame, Charge, DeclineKind, Failure, Opened, Outcome, Processor, Told},
        subscription::Subscription,
    },
    store::Tx,
    work::Work,
};

impl Work {
    /// Asks the processor for the money. `Error::Stale` means that somebody else is asking, or has asked:
    /// what has come to something is not charged, whatever an invoice that was read before says.
    pub(crate) async fn charged(&self, mut attempt: Attempt) -> Result<Settled, Error> {
        if attempt.intent.state().is_final() {
            return Err(self.overtaken());
        }
        let Some(method) = attempt.method.clone() else {
            let message = "The payment method was removed before it was charged";
            let failure = Failure::new("payment_method_removed", message, DeclineKind::Hard);
            return self.settled(attempt, Outcome::Declined(failure)).await;
        };
        if attempt.processor.takes_two_steps() && attempt.intent.processor_reference().is_none() {
            match self.open(&attempt.processor, &attempt.intent.charge(&method)).await {
                // Written before money can move: from then on it can be asked about for ever.
                Opened::Named(reference) => {
                    let mut tx = self.begin();
                    let opened = attempt.intent.opened(reference);
                    attempt.intent = tx.update(&attempt.intent, opened);
                    self.commit(tx).await?;
                }
                Opened::Not(outcome) => return self.settled(attempt, outcome).await,
            }
        }
        let charge = Charge { again: attempt.again, ..attempt.intent.charge(&method) };
        let outcome = self.charge(&attempt.processor, &charge).await;
        self.settled(attempt, outcome).await
    }

    /// Asks what became of an attempt, as `resolved` does, and writes it. `Error::Stale`: somebody else has
    /// written it.
    pub(in crate::work::invoices) async fn write_resolved(
        &self,
        invoice: Invoice,
        intent: &PaymentIntentId,
        patience: Patience,
    ) -> Result<(), Error> {
        let settled = self.resolved(invoice, intent, patience).await?;
        self.commit(settled.tx).await
    }

    /// Asks the processor what became of an attempt, and for the money only if it never heard of it.
    pub(in crate::work::invoices) async fn resolved(
        &self,
        invoice: Invoice,
        intent: &PaymentIntentId,
        patience: Patience,
    ) -> Result<Settled, Error> {
        let intent: PaymentIntent = self.find(intent).await?;
        if intent.state().is_final() {
            return Err(self.overtaken());
        }
        let processor: Processor = self.find(intent.processor_id()).await?;
        let method: Option<PaymentMethod> = self.look_for(intent.payment_method_id()).await?;
        let attempt = Attempt { invoice, intent, method, processor, again: true };
        let charge = attempt.intent.charge_by(attempt.method.as_ref());
        let late = patience != Patience::Waits || attempt.invoice.is_payer_late(self.now());
        match self.charge_outcome(&attempt.processor, &charge).await {
            Told::NeverSeen if patience == Patience::Ends => {
                let outcome = self.cancel(&attempt.processor, &charge).await;
                self.settled(attempt, outcome).await
            }
            Told::Known(Outcome::ActionNeeded(_)) if late => {
                let outcome = self.cancel(&attempt.processor, &charge).await;
                self.settled(attempt, outcome).await
            }
            Told::Known(outcome) => self.settled(attempt, outcome).await,
            // Somebody may be about to charge a method that was removed since: not any more.
            Told::NeverSeen if attempt.method.is_none() => {
                match self.cancel(&attempt.processor, &charge).await {
                    Outcome::Cancelled => self.charged(attempt).await,
                    outcome => self.settled(attempt, outcome).await,
                }
            }
            Told::NeverSeen => self.charged(attempt).await,
            Told::Unreachable(why) => self.settled(attempt, Outcome::Unreachable(why)).await,
        }
    }

    pub(in crate::work::invoices) async fn settled(
        &self,
        attempt: Attempt,
        outcome: Outcome,
    ) -> Result<Settled, Error> {
        let Attempt { invoice: before, intent, processor, method, .. } = attempt;
        self.note_state(&processor, &outcome).await;
        let outcome = intent.checked(outcome);
        match &outcome {
            Outcome::Unknown(why) | Outcome::Unreachable(why) => {
                let said = format!("{}: {why}", intent.id());
                log_failure("the outcome of a payment is unknown", &said);
            }
            Outcome::Strange(why) => {
                let said = format!("{}: {why}", intent.id());
                log_failure("what a processor did has to be looked at", &said);
            }
            _ => {}
        }
        let mut tx = self.begin();
        let intent = tx.update(&intent, intent.settled(&outcome));
        let after = self.after(&before, &intent, &outcome).await?;
        let invoice = tx.update(&before, after);
        match (&outcome, &method) {
            (Outcome::Succeeded { .. }, Some(method)) => self.keep(&mut tx, method).await?,
            // No other invoice is charged to it by itself.
            (Outcome::Declined(failure), Some(method))
                if failure.is_for_good() && method.is_kept() && before.is_automatic() =>
            {
                tx.follow(method, method.declined(&failure.code, self.now()));
            }
            _ => {}
        }
        let session = self.followed(&mut tx, &invoice).await?;
        Ok(Settled { tx, invoice, intent, outcome, session })
    }

    /// The invoice after its open attempt came to this.
    async fn after(
        &self,
        before: &Invoice,
        intent: &PaymentIntent,
        outcome: &Outcome,
    ) -> Result<Invoice, Error> {
        let now = self.now();
        let method = intent.payment_method_id();
        let said = |code: &str, message: &str| PaymentError {
            code: code.to_owned(),
            message: message.to_owned(),
        };
        match outcome {
            Outcome::Succeeded { .. } => before.received(intent.captured(), now),
            Outcome::Strange(_) | Outcome::Unknown(_) | Outcome::Pending { .. } => {
                Ok(before.left_unknown(now))
            }
            Outcome::Unreachable(_) => {
                let message = "The processor does not answer; it is asked again";
                Ok(before.left_unreached(said("processor_unavailable", message), now))
            }
            Outcome::ActionNeeded(_) if before.waits_for_payer() => {
                Ok(before.still_left_to_payer(now))
            }
            Outcome::ActionNeeded(_) => {
                let message = "The customer has to confirm the payment; see the payment intent's \
                               next_action";
                let error = said("authentication_required", message);
                let counted = self.failed(before, error, None).await?;
                Ok(before.left_to_payer(counted, now))
            }
            Outcome::Declined(failure) if before.waits_for_payer() => {
                Ok(before.payer_did_not(said(&failure.code, &failure.message)))
            }
            Outcome::Cancelled => {
                let failure = intent.failure();
                let message = failure.map_or("", |failure| failure.message.as_str());
                Ok(before.attempt_cancelled(said("payment_cancelled", message), now))
            }
            Outcome::Declined(failure) => {
                let error = said(&failure.code, &failure.message);
                self.failed(before, error, Some((method, failure.kind))).await
            }
            Outcome::Rejected(rejection) => {
                let failure = rejection.failure();
                let error = said(&failure.code, &failure.message);
                match rejection.blame {
                    Blame::Account => Ok(before.put_off(error, true, now)),
                    Blame::Request => Ok(before.put_off(error, false, now)),
                    Blame::Method => self.failed(before, error, Some((method, failure.kind))).await,
                }
            }
        }
    }

    async fn failed(
        &self,
        invoice: &Invoice,
        error: PaymentError,
        declined: Option<(&PaymentMethodId, DeclineKind)>,
    ) -> Result<Invoice, Error> {
        if !invoice.is_automatic() {
            return Ok(invoice.payment_refused(error));
        }
        let terms = self.terms(invoice).await?;
        let Some((method, kind)) = declined else {
            return invoice.payment_failed(error, None, terms, self.now());
        };
        let goes_on = kind == DeclineKind::Hard || invoice.is_routed();
        let next = match goes_on {
            true => self.next_method(invoice, Some(method)).await?,
            false => None,
        };
        let left = next.map_or(Candidates::None, |_| Candidates::More);
        invoice.payment_declined(error, (method.clone(), kind), left, terms, self.now())
    }

    /// The subscription that an invoice bills.
    pub(crate) async fn subscription_of(
        &self,
        invoice: &Invoice,
    ) -> Result<Option<Subscription>, Error> {
        match invoice.subscription_id() {
            Some(id) => self.find(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Puts into `tx` what a change of an invoice means for the subscription that it bills and for the
    /// checkout session that it was made for, and returns the session as it then is, where it changes.
    pub(crate) async fn followed(
        &self,
        tx: &mut Tx,
        invoice: &Invoice,
    ) -> Result<Option<CheckoutSession>, Error> {
        if let Some(subscription) = self.subscription_of(invoice).await? {
            if invoice.state() == InvoiceState::Paid && subscription.awaits(invoice.id()) {
                self.refunds_made_up(tx, &subscription, invoice).await?;
            }
            tx.follow(&subscription, subscription.following(invoice));
        }
        let Some(id) = invoice.session_id().filter(|_| invoice.state() == InvoiceState::Paid)
        else {
            return Ok(None);
        };
        let session: CheckoutSession = self.find(id).await?;
        Ok(Some(tx.follow(&session, session.following(invoice, self.now()))))
    }
}
