//! Disputes: what a processor tells of them is written, whether an event names them or their day has come.

use crate::{
    base::{error::Error, telemetry::log_failure, time::Clock},
    model::{
        dispute::Dispute,
        payment_intent::PaymentIntent,
        processor::{Disputed, Processor, watch::Watch},
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

    /// Asks which disputes there are of which no event has told, and writes them.
    pub(super) async fn look_for_disputes(&self, watch: Watch) -> Result<(), Error> {
        let real = Clock.now().seconds();
        let processor: Option<Processor> = self.look_for(&watch.processor_id).await?;
        let found = match &processor {
            Some(processor) => self.found_since(processor, watch.since(real)).await,
            None => Ok(()),
        };
        if let Err(why) = &found {
            log_failure("a processor was not asked about disputes", &why.explained());
        }
        let mut tx = self.begin();
        tx.update(&watch, watch.asked(found.is_ok().then_some(real), self.now()));
        self.commit(tx).await
    }

    async fn found_since(&self, processor: &Processor, since: i64) -> Result<(), Error> {
        let told = self.disputes_since(processor, since).await;
        for reference in told.map_err(|lost| Error::Busy(lost.0))? {
            let known = self.store().dispute_named(self.account(), processor.id(), &reference);
            // One that is known is asked about by itself.
            if known.await?.is_none() {
                self.hear_of_dispute(processor, &reference).await?;
            }
        }
        Ok(())
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
