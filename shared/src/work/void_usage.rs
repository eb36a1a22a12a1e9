//! An event of usage is made void: it counts no longer, and what it was stays.
//!
//! One transaction marks the event, takes it off the counter, and writes into the log that it counts no
//! longer, on the condition that the log does not say so yet: so it is taken off once, whoever asks how
//! often. Drafts read usage again when they become final; what is final stays as it is.

use std::collections::HashSet;

use crate::{
    base::{error::Error, id::InvoiceId},
    model::{
        invoice::{Invoice, InvoiceState},
        meter::{Meter, RecordedUsage, UsageVoid},
        subscription::{Subscription, of_customer},
    },
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

/// How often a transaction that met others is begun anew.
const COMMITS: usize = 5;

impl Work {
    /// Makes an event void, unless it is.
    pub async fn void_usage(&self, request: UsageVoid) -> Reply<RecordedUsage> {
        if let Some(answer) = self.answered_before().await? {
            return Ok(answer);
        }
        let names = HashSet::from([request.event_name()]);
        let mut meters = self.store().meters_named(self.account(), &names).await?;
        let meter = meters.remove(request.event_name()).ok_or_else(|| request.unknown(None))?;
        for _ in 0..COMMITS {
            match self.voided_usage(&meter, &request).await {
                Err(Error::Contended | Error::Stale) => {}
                ended => return ended,
            }
        }
        Err(Error::Contended)
    }

    async fn voided_usage(&self, meter: &Meter, request: &UsageVoid) -> Reply<RecordedUsage> {
        let identifier = request.identifier();
        let found = self.store().recorded_usage(self.account(), meter.id(), identifier).await?;
        let item = found.ok_or_else(|| request.unknown(Some(meter)))?;
        let event = RecordedUsage::kept(meter.id(), identifier, &item)?;
        let was_void = event.is_void();
        let mut event = match was_void {
            true => event,
            false => event.voided(meter, request, self.now())?,
        };
        event.final_invoice_ids = self.billed_finally(&event).await?;
        let answer = Answer::of(&event, None)?;
        if was_void {
            return Ok(answer);
        }
        let mut tx = self.begin();
        tx.void_usage(&event, item)?;
        let earlier = self.commit_first_answer(tx, &answer).await?;
        Ok(earlier.unwrap_or(answer))
    }

    /// The invoices that are final and bill the time in which an event happened.
    async fn billed_finally(&self, event: &RecordedUsage) -> Result<Vec<InvoiceId>, Error> {
        let (meter, customer, at) = event.place();
        let subscriptions: Vec<Subscription> = self.every(&of_customer(customer)).await?;
        let mut ids = Vec::new();
        for id in subscriptions.iter().filter_map(|one| one.usage_billed_by(meter, at)) {
            let invoice: Option<Invoice> = self.look_for(id).await?;
            let is_final = invoice.is_some_and(|one| one.state() != InvoiceState::Draft);
            ids.extend(is_final.then(|| id.clone()));
        }
        Ok(ids)
    }
}
