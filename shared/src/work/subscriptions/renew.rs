//! A new period, and the invoice that bills it: one transaction, on the condition that the
//! subscription is still in the period that was read.

use crate::{
    base::{
        error::Error,
        id::{Id, InvoiceId, PriceId, SubscriptionItemId, kind},
        input::Faults,
        money::Atoms,
        time::Timestamp,
    },
    model::{
        billing::{cycle::Period, proration::Fraction},
        invoice::{BillingReason, CollectionMethod, Draft, Invoice, InvoiceItem, discounted},
        priced::Priced,
        subscription::{AppliedDiscount, Billed, Subscription, SubscriptionState, books::Books},
    },
    work::{Answer, Work},
};

/// What is billed, and as what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bill {
    pub(super) reason: BillingReason,
    /// Which period, counted from the anchor; none for a trial, which costs nothing.
    pub(super) index: Option<i64>,
    pub(super) period: Period,
    /// From when on, where not the whole period is billed.
    pub(super) from: Option<Timestamp>,
    pub(super) finalize_at: Timestamp,
}

impl Bill {
    /// The bill of what is left when a subscription has ended.
    pub(super) fn last(subscription: &Subscription, finalize_at: Timestamp) -> Self {
        Self {
            reason: BillingReason::SubscriptionUpdate,
            index: None,
            period: subscription.current_period(),
            from: None,
            finalize_at,
        }
    }

    /// Whether an invoice was made so short a time ago that it may still be a draft when this one, made
    /// now, becomes final: periods that were missed are billed at once. Its id says when it was made.
    fn may_meet(&self, invoice: &InvoiceId, now: Timestamp) -> bool {
        let waits_ms = self.finalize_at.millis() - now.millis();
        is_as_young(invoice, now.plus_millis(-waits_ms.max(0)))
    }
}

/// Whether an invoice was made in the hour before `now`, or later.
fn is_as_young(invoice: &InvoiceId, now: Timestamp) -> bool {
    let since = Id::<kind::Invoice>::lowest(invoice.environment(), now.plus_hours(-1));
    invoice.as_str() >= since.as_str()
}

impl Subscription {
    /// The prices of its items.
    pub fn price_ids(&self) -> Vec<PriceId> {
        self.items.iter().map(|item| item.price_id.clone()).collect()
    }

    /// The period that is billed next, counted from the anchor.
    pub(crate) fn next_period(&self) -> i64 {
        self.ledger.period.map_or(0, |period| period.saturating_add(1))
    }

    /// The end of the contract that it is in, if it does not go on after it. Contracts follow one
    /// another as long as they renew.
    fn contract_end(&self) -> Result<Option<Timestamp>, Error> {
        let Some(length) = self.contract_length.filter(|length| !self.auto_renew && *length > 0)
        else {
            return Ok(None);
        };
        let over = self.ledger.period.unwrap_or(0).max(0) / length;
        Ok(Some(self.cycle().boundary(over.saturating_add(1).saturating_mul(length))?))
    }

    /// The end that somebody has scheduled, whatever the contract says.
    pub(crate) fn end_by_hand(&self) -> Result<Option<Timestamp>, Error> {
        let contract = self.contract_end()?;
        let other = self.cancel_at.filter(|at| Some(*at) != contract);
        Ok(self.ledger.ends_by_hand.or(other))
    }

    /// The subscription, for which somebody has scheduled this end, or none. It ends with its contract
    /// where that is earlier.
    pub(crate) fn with_end_by_hand(mut self, at: Option<Timestamp>) -> Result<Self, Error> {
        self.ledger.ends_by_hand = at;
        self.cancel_at = at.into_iter().chain(self.contract_end()?).min();
        Ok(self)
    }
}

/// Why items cannot be billed whose amounts are too large, at the field that names them.
pub(super) fn unbillable(error: Error) -> Error {
    let too_large = |faults: &Faults| faults.iter().any(|fault| fault.code == "amount_too_large");
    match error {
        Error::Faulty(faults) if too_large(&faults) => {
            let hint = "come to more, in one period, than an amount may be: a 64-bit integer of the \
                        currency's smallest unit";
            Error::rule("subscription", "items", "amount_too_large", hint)
        }
        other => other,
    }
}

/// What a whole period of each item costs.
type WholePeriods = Vec<(SubscriptionItemId, Atoms)>;

impl Work {
    /// The subscription in the period that `bill` names, and the draft of the invoice for it.
    pub(super) fn billed(
        &self,
        subscription: &Subscription,
        prices: &Priced,
        bill: Bill,
    ) -> Result<(Subscription, Invoice), Error> {
        self.billed_with(subscription, prices, bill, Vec::new())
    }

    /// The same, with the lines `beside` that are sold once; the discount is one on all of them.
    pub(super) fn billed_with(
        &self,
        subscription: &Subscription,
        prices: &Priced,
        bill: Bill,
        beside: Vec<InvoiceItem>,
    ) -> Result<(Subscription, Invoice), Error> {
        let mut after = subscription.clone();
        let (lines, amounts) = self.lines_of(subscription, prices, bill, beside)?;
        let discount = subscription.discount.as_ref();
        if lines.iter().any(|line| line.discount_amount_atom.is_positive()) {
            let spent = discount.map(|one| one.spent(bill.period.start, &subscription.ledger.zone));
            after.discount = spent.transpose()?;
        }
        if bill.index.is_some() {
            let fixed = discount.is_some_and(AppliedDiscount::is_fixed);
            let billed = amounts.into_iter().zip(&lines).map(|((id, amount), line)| {
                let billed = match fixed {
                    true => Billed::with_fixed(line, amount)?,
                    false => Billed::plainly(line, amount)?,
                };
                Ok((id, billed))
            });
            after.ledger.billed = billed.collect::<Result<_, Error>>()?;
            after.ledger.billed_period = bill.index;
        }
        let items = [lines, std::mem::take(&mut after.ledger.pending)].concat();
        let earlier = subscription.latest_invoice_id().filter(|id| bill.may_meet(id, self.now()));
        let invoice = self.draft(&after, bill, items)?.made_for(prices.exempt());
        let invoice = invoice.behind(earlier.cloned());
        after.ledger.billed.values_mut().for_each(|billed| billed.invoiced(&invoice));
        after.ledger.period = bill.index;
        after.current_period_start = bill.period.start;
        after.current_period_end = bill.period.end;
        let mut after = after.measured_anew(bill.from.unwrap_or(bill.period.start));
        after.latest_invoice_id = Some(invoice.id().clone());
        Ok((after, invoice))
    }

    /// The lines that bill a period, discounted, and what a whole period of each item costs.
    fn lines_of(
        &self,
        subscription: &Subscription,
        prices: &Priced,
        bill: Bill,
        beside: Vec<InvoiceItem>,
    ) -> Result<(Vec<InvoiceItem>, WholePeriods), Error> {
        let from = bill.from.unwrap_or(bill.period.start);
        let whole = bill.index.map(|_| Fraction::remaining(bill.period, from));
        let span = Period { start: from, end: bill.period.end };
        let (mut lines, mut amounts) = (Vec::new(), Vec::new());
        let (metered, licensed): (Vec<_>, Vec<_>) =
            subscription.items.iter().partition(|item| item.meter_id.is_some());
        for item in licensed {
            let named = prices.get(&item.price_id).ok_or_else(|| {
                Error::Internal(format!("{}: {} is gone", subscription.id(), item.price_id))
            })?;
            let amount = item.amount(named.0)?;
            let charged = match whole {
                Some(fraction) => item.amount_for(named.0, fraction, Atoms::ZERO)?,
                None => Atoms::ZERO,
            };
            amounts.push((item.id.clone(), amount));
            let line = item.line(self.id(), named, span, charged);
            let calculation = item.calculation(named.0, amount);
            let line = line.calculated(match whole {
                Some(fraction) => calculation.for_part(fraction),
                None => calculation.for_nothing_of(bill.period.seconds()),
            });
            lines.push(line.taxed(&prices.taxes_on(&item.price_id)));
        }
        lines.extend(self.unmeasured(subscription, &metered, (prices, span)));
        lines.extend(beside);
        let discount = subscription.discount.as_ref();
        let reduction = discount.and_then(|discount| discount.reduction(bill.period.start));
        Ok((discounted(lines, reduction.as_ref())?, amounts))
    }

    /// The bill of the next renewal, as if it were due now.
    pub(super) fn next_bill(&self, subscription: &Subscription) -> Result<Bill, Error> {
        let index = subscription.next_period();
        Ok(Bill {
            reason: BillingReason::SubscriptionCycle,
            index: Some(index),
            period: subscription.cycle().period(index)?,
            from: None,
            finalize_at: self.now(),
        })
    }

    /// What the next renewal would bill as things are, with the lines that wait for it and the usage so
    /// far, taxed by the rates that count by then.
    pub(super) async fn next_renewal(
        &self,
        subscription: &Subscription,
    ) -> Result<Vec<InvoiceItem>, Error> {
        let then = self.as_of(subscription.current_period_end);
        let customer = Some(subscription.customer_id());
        let prices = then.billable(customer, &subscription.price_ids()).await?;
        then.next_invoice(subscription, &prices, then.next_bill(subscription)?).await
    }

    /// Refuses what could not be billed at its next renewal, with the lines that wait for it and
    /// without: it would be active, and never billed again.
    pub(super) fn judged(&self, subscription: &Subscription, prices: &Priced) -> Result<(), Error> {
        let bill = self.next_bill(subscription)?;
        let mut alone = subscription.clone();
        alone.ledger.pending = Vec::new();
        for one in [subscription, &alone] {
            self.billed(one, prices, bill).map_err(unbillable)?;
        }
        Ok(())
    }

    /// A draft of `items` for a subscription.
    pub(super) fn draft(
        &self,
        subscription: &Subscription,
        bill: Bill,
        items: Vec<InvoiceItem>,
    ) -> Result<Invoice, Error> {
        let draft = Draft {
            customer_id: subscription.customer_id.clone(),
            subscription_id: subscription.id().clone(),
            reason: bill.reason,
            collection_method: subscription.collection_method,
            net_days: subscription.net_d,
            currency: subscription.currency,
            period: bill.period,
            description: subscription.description.clone(),
            discounts: subscription.discounts_on(&items),
            items,
            finalize_at: bill.finalize_at,
        };
        Invoice::drafted(self.record(), draft)
    }

    /// The next period begins. Its invoice is numbered with it where it is final at once; if others are
    /// taking numbers, it is made as a draft, which is due.
    pub(super) async fn renew(&self, subscription: &Subscription) -> Result<(), Error> {
        match self.renew_as(subscription, true).await {
            Err(Error::Stale | Error::Contended) => {
                self.forget();
                self.renew_as(subscription, false).await
            }
            renewed => renewed,
        }
    }

    async fn renew_as(&self, subscription: &Subscription, numbers: bool) -> Result<(), Error> {
        self.read_to_renew(subscription).await?;
        let mut tx = self.begin();
        // A change that waits for its payment ends with the period that it was for; if its payment's
        // outcome is not known, when that is.
        let (before, books) = match self.without_awaited(&mut tx, subscription).await {
            Err(Error::Conflict(_)) => (subscription.clone(), Books::default()),
            found => found?,
        };
        let index = before.next_period();
        let account = self.own_account().await?;
        let customer = Some(before.customer_id());
        let prices = self.billable(customer, &before.price_ids()).await?;
        let bill = Bill {
            reason: BillingReason::SubscriptionCycle,
            index: Some(index),
            period: before.cycle().period(index)?,
            from: None,
            finalize_at: account.finalization_after(self.now()),
        };
        let billed = self.billed(&before, &prices, bill)?;
        let (mut after, invoice) = self.with_usage(&before, billed).await?;
        // An invoice that is sent is not waited for: the trial is over.
        let sent = after.collection_method == CollectionMethod::SendInvoice;
        if sent && after.state == SubscriptionState::Trialing {
            after = after.moved_if_it_can(SubscriptionState::Active);
        }
        books.write(&mut tx);
        let after = tx.update(subscription, after);
        tx.insert(&invoice);
        let at_once = numbers && self.is_final_at_once(&invoice, &after);
        match at_once && !self.is_behind_a_draft(&invoice).await? {
            true => {
                let nobody = Answer::<()>::new(serde_json::Value::Null, None);
                self.commit_final(tx, (&invoice, &after), &nobody).await.map(drop)
            }
            false => self.commit(tx).await,
        }
    }

    /// Reads together what a renewal depends on; the customer with it, and the invoice that may have to be
    /// numbered before, unless it is known that the new one stays a draft.
    async fn read_to_renew(&self, subscription: &Subscription) -> Result<(), Error> {
        let account = self.key_of(self.account());
        let final_at_once = match self.knows(&account) {
            true => self.own_account().await?.finalization_after(self.now()) <= self.now(),
            false => true,
        };
        let customer = final_at_once.then(|| self.key_of(subscription.customer_id()));
        let earlier = subscription.latest_invoice_id().filter(|_| final_at_once);
        let earlier = earlier.filter(|id| is_as_young(id, self.now())).map(|id| self.key_of(id));
        let prices = subscription.price_ids();
        let keys = prices.iter().map(|id| self.key_of(id)).chain([account]);
        let keys = keys.chain(customer).chain(earlier);
        self.read_ahead(&keys.collect::<Vec<_>>()).await
    }
}
