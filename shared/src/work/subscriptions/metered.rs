//! Usage on invoices: it is read when a draft is made, and again when the draft becomes final.
//!
//! What is read counts every event that was accepted before. Which of it is billed already is in the
//! subscription (`model/subscription/usage.rs`), which changes in the transaction that writes the lines,
//! on the condition that nobody has changed it since: so of two that bill at once, one reads again.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    base::{error::Error, id::MeterId, money::Atoms, time::Timestamp},
    model::{
        billing::{cycle::Period, discount::Reduction},
        invoice::{Invoice, InvoiceItem, InvoiceState},
        meter::{Meter, Tally},
        priced::Priced,
        subscription::{
            AppliedDiscount, Subscription, SubscriptionItem,
            ending::Ending,
            usage::{MeteredSpan, Reading, Readings},
        },
    },
    store::key::UsageOf,
    work::{Work, subscriptions::renew::Bill},
};

/// How many times are read at once.
const AT_ONCE: usize = 4;

impl Work {
    /// What meters have counted by now of a subscription's usage that is over.
    async fn readings(&self, subscription: &Subscription) -> Result<Readings, Error> {
        let spans = subscription.ledger.usage.iter().filter(|span| span.end.is_some());
        self.readings_of(subscription, spans.collect()).await
    }

    /// What meters have counted by now of some of a subscription's spans that are over.
    pub(crate) async fn readings_of(
        &self,
        subscription: &Subscription,
        spans: Vec<&MeteredSpan>,
    ) -> Result<Readings, Error> {
        let ids: Vec<_> = spans.iter().map(|span| span.price.clone()).collect();
        let prices = self.billable(Some(subscription.customer_id()), &ids).await?;
        // Of several prices of one meter the time is the same.
        let times: BTreeSet<_> = spans.iter().map(|span| time_of(span)).collect();
        let read = times.into_iter().map(|(meter, from, to)| async move {
            let whose = UsageOf {
                account: self.account(),
                meter: &meter,
                customer: subscription.customer_id(),
            };
            let found = self.store().usage_within(&whose, (from, to)).await?;
            Ok::<_, Error>(((meter, from, to), found))
        });
        let read: BTreeMap<_, _> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
        let reading = |span: &&MeteredSpan| {
            let found = read.get(&time_of(span)).and_then(Option::as_ref);
            Ok::<_, Error>((span.key(), reading(span, found, (&prices, self.now()))?))
        };
        spans.iter().map(reading).collect()
    }

    /// A new draft with the usage of the time before on it; `before` is the subscription as it was
    /// before the draft spent its discount.
    pub(super) async fn with_usage(
        &self,
        before: &Subscription,
        (after, draft): (Subscription, Invoice),
    ) -> Result<(Subscription, Invoice), Error> {
        if after.ledger.usage.iter().all(|span| span.end.is_none()) {
            return Ok((after, draft));
        }
        let at = draft.period_start().unwrap_or(after.current_period_start);
        let draft = draft.metered(reduction(before, at));
        let readings = self.readings(&after).await?;
        let (after, draft) = after.with_usage_on(&draft, &readings, || self.id())?;
        Ok((after.without_old_usage(&readings, self.now()), draft))
    }

    /// A draft that becomes final now, with the usage that it bills as it is by now, and the
    /// subscription with what is billed of it by that. `None` where it bills none.
    pub(crate) async fn usage_read_for(
        &self,
        draft: &Invoice,
        subscription: Option<&Subscription>,
    ) -> Result<Option<(Subscription, Invoice)>, Error> {
        let Some(subscription) = subscription else { return Ok(None) };
        if draft.state() != InvoiceState::Draft || !draft.bills_usage() {
            return Ok(None);
        }
        let readings = self.readings(subscription).await?;
        subscription.with_usage_on(draft, &readings, || self.id()).map(Some)
    }

    /// An invoice to be looked at: a draft that bills usage with what is counted by now, as it would become
    /// final now. Nothing is written..
    pub async fn invoice_by_now(&self, invoice: Invoice) -> Result<Invoice, Error> {
        if invoice.state() != InvoiceState::Draft || !invoice.bills_usage() {
            return Ok(invoice);
        }
        let read = async {
            let subscription = self.subscription_of(&invoice).await?;
            self.usage_read_for(&invoice, subscription.as_ref()).await
        };
        match read.await {
            Ok(Some((_, now))) => Ok(now.with_usage_ids_of(&invoice)),
            Ok(None) | Err(Error::NotFound) => Ok(invoice),
            Err(error) => Err(error),
        }
    }

    /// The lines that say of what is measured that nothing of it is billed yet: where an invoice bills no
    /// time before its period, as a first one does.
    pub(super) fn unmeasured(
        &self,
        subscription: &Subscription,
        items: &[&SubscriptionItem],
        (prices, span): (&Priced, Period),
    ) -> Vec<InvoiceItem> {
        let (after, at) = (subscription.clone().measured_anew(span.start), span);
        let new = items.iter().filter(|item| !after.has_unbilled_usage_of(item));
        let line = |item: &&SubscriptionItem| {
            let named = prices.get(&item.price_id)?;
            let line = item.line(self.id(), named, at, Atoms::ZERO);
            Some(line.taxed(&prices.taxes_on(&item.price_id)))
        };
        new.filter_map(line).collect()
    }

    /// What the next renewal would bill as things are: with the lines that wait for it, and with the
    /// usage of the current period so far.
    pub(super) async fn next_invoice(
        &self,
        subscription: &Subscription,
        prices: &Priced,
        bill: Bill,
    ) -> Result<Vec<InvoiceItem>, Error> {
        let billed = self.billed(subscription, prices, bill)?;
        let (_, invoice) = self.with_usage(subscription, billed).await?;
        Ok(invoice.items().to_vec())
    }

    /// The draft of a last invoice with the usage on it that no invoice bills yet, and the subscription
    /// with what is billed by that. It waits for late events as a renewal does.
    pub(super) async fn with_last_usage(
        &self,
        before: &Subscription,
        ending: &Ending,
    ) -> Result<(Subscription, Invoice), Error> {
        let mut bill = Bill::last(before, self.now());
        if !before.has_unbilled_usage() {
            return Ok((before.clone(), self.draft(before, bill, Vec::new())?));
        }
        bill.finalize_at = self.own_account().await?.finalization_after(self.now());
        let draft = self.draft(before, bill, Vec::new())?;
        let draft = draft.metered(reduction(before, ending.at));
        let readings = self.readings(before).await?;
        let exempt = readings.values().next().map(|one| one.exempt).unwrap_or_default();
        let draft = draft.made_for(exempt);
        before.with_usage_on(&draft, &readings, || self.id())
    }
}

/// The time of a span that is over, and what measures it.
fn time_of(span: &MeteredSpan) -> (MeterId, Timestamp, Timestamp) {
    (span.meter.clone(), span.start, span.end.unwrap_or(span.start))
}

/// What a meter has counted of a span, and how it is billed.
fn reading(
    span: &MeteredSpan,
    found: Option<&(Meter, Tally)>,
    (prices, now): (&Priced, Timestamp),
) -> Result<Reading, Error> {
    let gone = |what: &str| Error::Internal(format!("{what} of {} is gone", span.item));
    let (meter, tally) = found.ok_or_else(|| gone("the meter"))?;
    let (price, name) = prices.get(&span.price).ok_or_else(|| gone("the price"))?;
    Ok(Reading {
        used: meter.value_of(*tally).kept()?,
        tally: *tally,
        meter: meter.clone(),
        price: price.clone(),
        name: name.to_owned(),
        taxes: prices.taxes_on(&span.price),
        exempt: prices.exempt(),
        thresholds: meter.thresholds().clone(),
        at: now,
    })
}

/// What a subscription's discount takes off an invoice for a period that begins at `at`.
fn reduction(subscription: &Subscription, at: Timestamp) -> Option<Reduction> {
    let discount: Option<&AppliedDiscount> = subscription.discount.as_ref();
    discount.and_then(|discount| discount.reduction(at))
}
