//! A charge of which its processor told something: it is asked, and what it answers is written, by the
//! same steps as when it is due.

use crate::{
    base::{error::Error, id::InvoiceId},
    model::{
        invoice::{Invoice, collect::Attempt},
        payment_intent::PaymentIntent,
        payment_method::PaymentMethod,
        processor::{Processor, Told},
    },
    store::back_off,
    work::Work,
};

impl Work {
    /// Asks what became of the invoice's open attempt, if that is the charge `reference` of `processor`.
    /// One that has no reference yet is being asked for by somebody who writes the outcome; one that is
    /// not open any more has its outcome.
    pub(crate) async fn hear_of_charge(
        &self,
        processor: &Processor,
        invoice: &InvoiceId,
        reference: &str,
    ) -> Result<(), Error> {
        for attempt in 0..ATTEMPTS {
            let invoice: Option<Invoice> = self.look_for(invoice).await?;
            let Some(invoice) = invoice else { return Ok(()) };
            let Some(intent) = invoice.open_attempt() else { return Ok(()) };
            let intent: PaymentIntent = self.find(intent).await?;
            let is_it = intent.processor_id() == processor.id()
                && intent.processor_reference() == Some(reference);
            if !is_it {
                return Ok(());
            }
            match self.told_of(processor.clone(), invoice, intent).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt.min(4)).await,
                written => return written,
            }
        }
        Err(Error::Contended)
    }

    /// Writes what the processor says of an attempt, where it is anything new.
    async fn told_of(
        &self,
        processor: Processor,
        invoice: Invoice,
        intent: PaymentIntent,
    ) -> Result<(), Error> {
        let method = intent.payment_method_id();
        let method: Option<PaymentMethod> = self.look_for(method).await?;
        let charge = intent.charge_by(method.as_ref());
        let outcome = match self.charge_outcome(&processor, &charge).await {
            Told::Known(outcome) => outcome,
            // Nobody but who asks for the money, or asks when it is due, may ask for it again.
            Told::NeverSeen => return Ok(()),
            Told::Unreachable(why) => return Err(Error::Busy(why)),
        };
        // What waits still waits: a question more must not put off the next one that is due.
        if intent.settled(&outcome).state() == intent.state() {
            return Ok(());
        }
        let attempt = Attempt { invoice, intent, method, processor, again: true };
        let settled = self.settled(attempt, outcome).await?;
        self.commit(settled.tx).await
    }
}

/// How often an outcome is written when others come between.
const ATTEMPTS: u32 = 8;
