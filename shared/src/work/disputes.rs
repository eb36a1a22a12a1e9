//! Disputes: what a processor tells of them is written, whether an event names them or their day has come.

use crate::{
    base::error::Error,
    model::{
        dispute::Dispute,
        payment_intent::PaymentIntent,
        processor::{Disputed, Processor},
    },
    store::back_off,
    work::Work,
};

impl Work {
    /// Asks about a dispute of which `processor` told something, and writes what it answers. One of a
    /// charge that is none of the account's does nothing.
    pub(crate) async fn hear_of_dispute(
        &self,
        processor: &Processor,
        reference: &str,
    ) -> Result<(), Error> {
        for attempt in 0..ATTEMPTS {
            // Read before it is asked about: who was told less since then is refused.
            let before = self.store().dispute_named(self.account(), processor.id(), reference);
            let before = before.await?;
            let told = self.dispute_at(processor, reference).await;
            let Some(told) = told.map_err(|lost| Error::Busy(lost.0))? else { return Ok(()) };
            let mut tx = self.begin();
            match before {
                Some(before) => match before.told(&told) {
                    Some(after) => drop(tx.update(&before, after)),
                    None => return Ok(()),
                },
                None => {
                    let Some(intent) = self.disputed(processor, &told).await? else {
                        return Ok(());
                    };
                    let dispute = Dispute::new(self.record(), &intent, (reference, &told));
                    tx.insert(&dispute);
                    tx.update(&intent, intent.disputed(dispute.id()));
                }
            }
            match self.commit(tx).await {
                Err(Error::Stale | Error::Contended) => back_off(attempt.min(4)).await,
                written => return written,
            }
        }
        Err(Error::Contended)
    }

    /// Asks about a dispute whose day has come.
    pub(super) async fn run_dispute(&self, before: Dispute) -> Result<(), Error> {
        let processor: Option<Processor> = self.look_for(before.processor_id()).await?;
        let told = match &processor {
            Some(processor) => self.dispute_at(processor, before.reference()).await.ok(),
            None => Some(None),
        };
        let answered = told.is_some();
        let known = told.flatten().and_then(|told| before.told(&told));
        let after = known.unwrap_or_else(|| before.clone()).asked(answered, self.now());
        let mut tx = self.begin();
        tx.update(&before, after);
        self.commit(tx).await
    }

    /// The payment that a dispute is of, if it is one of the account's at this processor.
    async fn disputed(
        &self,
        processor: &Processor,
        told: &Disputed,
    ) -> Result<Option<PaymentIntent>, Error> {
        let Some(invoice) = self.invoice_in(&told.key) else { return Ok(None) };
        let intents: Vec<PaymentIntent> = self.every(&PaymentIntent::of_invoice(&invoice)).await?;
        let is_it = |intent: &PaymentIntent| {
            intent.processor_id() == processor.id()
                && intent.processor_reference() == Some(told.charge.as_str())
        };
        Ok(intents.into_iter().find(is_it))
    }
}

/// How often what a processor says is written when others come between.
const ATTEMPTS: u32 = 8;
