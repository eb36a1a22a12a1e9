//! Disputes: what a processor tells of them is written, whether an event names them or their day has come.

use crate::{
    base::{
        error::Error,
        id::DisputeId,
        telemetry::log_failure,
        time::{Clock, Timestamp},
    },
    model::{
        dispute::Dispute,
        payment_intent::PaymentIntent,
        processor::{Disputed, Processor, watch::Watch},
        record::Record,
    },
    store::{Tx, back_off},
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
                    Some(after) => {
                        self.watch(&mut tx, &after).await?;
                        tx.update(&before, after);
                    }
                    None => return Ok(()),
                },
                None => {
                    let Some(intent) = self.disputed(processor, &told).await? else {
                        return Ok(());
                    };
                    let dispute = Dispute::new(self.record(), &intent, (reference, &told));
                    tx.insert(&dispute);
                    tx.insert(&self.new_watch(&dispute, self.now().plus_hours(24)));
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

    /// A watch over a dispute, which is asked about at `ask_at` for the first time.
    fn new_watch(&self, dispute: &Dispute, ask_at: Timestamp) -> Watch {
        let id = Watch::id_of_dispute(dispute.id());
        let record = Record::new(id, self.account().clone(), self.now());
        let watch = (dispute.id().clone(), ask_at);
        let watch = Watch::over_dispute(record, dispute.processor_id().clone(), watch);
        watch.over_if(dispute.is_closed())
    }

    /// Adds to a change of a dispute that it is watched, or not any more.
    async fn watch(&self, tx: &mut Tx, after: &Dispute) -> Result<(), Error> {
        let id = Watch::id_of_dispute(after.id());
        if let Some(watch) = self.store().find::<Watch>(self.account(), &id).await? {
            let over = watch.clone().over_if(after.is_closed());
            tx.update(&watch, over);
        }
        Ok(())
    }

    /// Gives a dispute of before there were any a watch, by which it is asked about at once.
    pub(super) async fn run_dispute(&self, before: Dispute) -> Result<(), Error> {
        let mut tx = self.begin();
        tx.update(&before, before.watched());
        tx.insert(&self.new_watch(&before, self.now()));
        self.commit(tx).await
    }

    /// Asks about a dispute whose day has come.
    async fn ask_about(&self, watch: Watch, dispute: &DisputeId) -> Result<(), Error> {
        let mut tx = self.begin();
        let before = self.store().find::<Dispute>(self.account(), dispute).await?;
        let Some(before) = before.filter(|dispute| !dispute.is_closed()) else {
            tx.update(&watch, watch.clone().over_if(true));
            return self.commit(tx).await;
        };
        let processor: Option<Processor> = self.look_for(before.processor_id()).await?;
        let told = match &processor {
            Some(processor) => self.dispute_at(processor, before.reference()).await.ok(),
            None => Some(None),
        };
        let answered = told.is_some().then(|| Clock.now().seconds());
        let after = told.flatten().and_then(|told| before.told(&told));
        let is_over = after.as_ref().is_some_and(Dispute::is_closed);
        if let Some(after) = after {
            tx.update(&before, after);
        }
        tx.update(&watch, watch.asked(answered, self.now()).over_if(is_over));
        self.commit(tx).await
    }

    /// Asks which disputes there are of which no event has told, and writes them.
    pub(super) async fn look_for_disputes(&self, watch: Watch) -> Result<(), Error> {
        if let Some(dispute) = watch.dispute_id.clone() {
            return self.ask_about(watch, &dispute).await;
        }
        let real = Clock.now().seconds();
        let processor: Option<Processor> = match &watch.processor_id {
            Some(id) => self.look_for(id).await?,
            None => None,
        };
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
