//! Other items in the middle of a period: the change, and its invoice where one is made now.

use crate::{
    base::{
        error::Error,
        input::{Faults, Location},
        money::Atoms,
    },
    model::{
        entity::{Entity, encode, size},
        invoice::{BillingReason, Invoice, InvoiceItem, taxes},
        subscription::{
            Subscription,
            books::Books,
            change::{
                ItemEdit, ItemsChange, ItemsChanged, PaymentStatus, PlanChange, Preview,
                PreviewRequest, ProrationBehavior,
            },
            discount::BilledWhen,
        },
    },
    store::Tx,
    work::{
        Work,
        answer::{Answer, Reply},
        subscriptions::{
            prorate::Changed,
            renew::{Bill, unbillable},
        },
    },
};

/// A change of items that is to be written, and the invoice where one is made now.
pub(super) struct Written {
    pub(super) after: Subscription,
    pub(super) invoice: Option<Invoice>,
    /// The invoice of a change that waited for its payment, which this one replaces.
    replaced: Option<Invoice>,
    books: Books,
}

impl Written {
    /// Whether it writes this invoice beside the subscription.
    pub(super) fn writes(&self, invoice: &Invoice) -> bool {
        let replaced = self.replaced.as_ref().is_some_and(|one| one.id() == invoice.id());
        replaced || self.books.invoices.contains_key(invoice.id())
    }
}

/// What a change of items comes to.
pub(super) struct ItemsAsked {
    pub(super) written: Written,
    /// The lines, with those that say where a credit went.
    pub(super) lines: Vec<InvoiceItem>,
    /// How many of them give back or charge.
    count: usize,
    /// What those come to.
    pub(super) amount: Atoms,
}

impl Work {
    /// What `edits` make of a subscription, beside the invoice of a waiting change that they replace.
    /// `None` means that faults were noted.
    async fn edited(
        &self,
        subscription: &Subscription,
        edits: &[ItemEdit],
        when: Option<BilledWhen>,
        replaces: bool,
        faults: &mut Faults,
    ) -> Result<Option<(Changed, Option<Invoice>)>, Error> {
        let replaced = match replaces {
            true => self.awaited_by(subscription).await?,
            false => None,
        };
        let before = match replaces {
            true => &subscription.without_pending(),
            false => subscription,
        };
        let customer = Some(before.customer_id());
        let prices = self.billable(customer, &before.prices_with(edits)).await?;
        let ids = match before.left(self.now()).and(when) {
            Some(_) => before.billed_by(edits),
            None => Vec::new(),
        };
        let waiting = before.ledger.pending.clone();
        let books = self.books_without(replaced.as_ref(), ids.iter(), waiting).await?;
        let changed = self.changed(before, edits, (&prices, books.clone()), when, faults);
        let Some(mut changed) = faults.noting(changed.map_err(unbillable))?.flatten() else {
            return Ok(None);
        };
        if let Some(joined) = changed.brings_along(before) {
            let again = self.changed(&joined, edits, (&prices, books), when, faults);
            let Some(again) = faults.noting(again.map_err(unbillable))?.flatten() else {
                return Ok(None);
            };
            changed = again.with_discount_spent(self.now())?;
        }
        let mut next = changed.after.clone();
        if when == Some(BilledWhen::Later) {
            next.ledger.pending.extend(taxes::waiting(changed.lines.clone())?);
        }
        let judged = faults.noting(self.judged(&next, &prices))?;
        Ok(judged.map(|()| (changed, replaced)))
    }

    /// The subscription after `changed`, and the invoice where one is made now.
    fn with_lines(
        &self,
        before: &Subscription,
        changed: Changed,
        behavior: ProrationBehavior,
    ) -> Result<(Subscription, Option<Invoice>, Books), Error> {
        let Changed { mut after, lines, mut books, .. } = changed;
        let (now, count) = (self.now(), lines.iter().filter(|line| !line.settles).count());
        let invoiced = behavior == ProrationBehavior::AlwaysInvoice && count > 0;
        after.ledger.activity = after.ledger.activity.with(count, invoiced, now)?;
        let mut invoice = None;
        if invoiced {
            let bill = Bill {
                reason: BillingReason::SubscriptionUpdate,
                index: None,
                period: before.rest_of_period(now),
                from: None,
                finalize_at: now,
            };
            // A credit for a line that waits is on the invoice that this line is on.
            let lines = match books.credits_waiting {
                true => [std::mem::take(&mut after.ledger.pending), lines].concat(),
                false => lines,
            };
            let made = self.draft(before, bill, lines)?;
            after.latest_invoice_id = Some(made.id().clone());
            after.ledger.billed.values_mut().for_each(|billed| billed.invoiced(&made));
            invoice = Some(made);
        } else {
            after.ledger.pending.extend(taxes::waiting(lines)?);
            after.waits_within_limits()?;
        }
        books.note_unmet(invoice.as_ref().map(Invoice::id));
        let after = books.moved().fold(after, |after, invoice| after.following(invoice));
        Ok((after, invoice, books))
    }

    /// Puts into `tx` a change, and returns the subscription as it will be.
    async fn write_change(
        &self,
        tx: &mut Tx,
        before: &Subscription,
        written: &Written,
    ) -> Result<Subscription, Error> {
        let after = tx.update(before, written.after.clone());
        self.write_beside(tx, written).await?;
        Ok(after)
    }

    /// The same without the subscription itself.
    pub(super) async fn write_beside(&self, tx: &mut Tx, written: &Written) -> Result<(), Error> {
        if let Some(invoice) = &written.invoice {
            tx.insert(invoice);
        }
        if let Some(replaced) = &written.replaced {
            self.drop_awaited(tx, replaced).await?;
        }
        written.books.write(tx);
        Ok(())
    }

    /// A subscription without the change that was scheduled for now, and what that changes; nothing,
    /// where its price is not usable any more.
    async fn planned(
        &self,
        subscription: &Subscription,
    ) -> Result<(Subscription, Option<Changed>), Error> {
        let Some(change) = subscription.pending_change.clone() else { return Err(Error::Stale) };
        let before = subscription.without_pending();
        let edits: Vec<ItemEdit> = change.items.iter().map(ItemEdit::of_price).collect();
        let (when, mut faults) = (Some(BilledWhen::Now), Faults::default());
        let edited = self.edited(&before, &edits, when, false, &mut faults).await?;
        Ok((before, edited.map(|(changed, _)| changed)))
    }

    /// The subscription after the change that was scheduled for now, as if that were paid.
    pub(crate) async fn foreseen_plan(
        &self,
        subscription: &Subscription,
    ) -> Result<Subscription, Error> {
        let (before, planned) = self.planned(subscription).await?;
        Ok(planned.map_or(before, |changed| changed.after))
    }

    /// A change that was scheduled for now. It is optional: where it has to be paid, it waits for that.
    pub(crate) async fn change_planned(&self, subscription: &Subscription) -> Result<(), Error> {
        let (before, planned) = self.planned(subscription).await?;
        let written = match planned {
            Some(changed) => {
                // Where it would take something off another bill, it cannot wait.
                let waits = changed.can_wait();
                let always = ProrationBehavior::AlwaysInvoice;
                let (after, invoice, books) = self.with_lines(&before, changed, always)?;
                let after = match invoice.as_ref().filter(|_| waits) {
                    Some(invoice) => before.waiting_for(invoice, &after),
                    None => after,
                };
                Written { after, invoice, replaced: None, books }
            }
            // The price is not usable any more: the subscription stays as it is.
            None => {
                Written { after: before, invoice: None, replaced: None, books: Books::default() }
            }
        };
        let mut tx = self.begin();
        self.write_change(&mut tx, subscription, &written).await?;
        self.commit(tx).await
    }
}

impl Work {
    async fn edited_as_asked(
        &self,
        subscription: &Subscription,
        edits: &[ItemEdit],
        when: Option<BilledWhen>,
        replaces: bool,
    ) -> Result<(Changed, Option<Invoice>), Error> {
        subscription.changeable()?;
        let mut faults = Faults::default();
        let edited = self.edited(subscription, edits, when, replaces, &mut faults).await?;
        faults.settled()?;
        edited.ok_or(Error::Internal("a fault was not noted".to_owned()))
    }

    /// The change as it is written: at once, or so that it waits for its payment.
    fn as_written(
        &self,
        before: &Subscription,
        (changed, replaced): (Changed, Option<Invoice>),
        (behavior, waits): (ProrationBehavior, bool),
    ) -> Result<Written, Error> {
        if waits && changed.books.credits_waiting {
            let hint = "cannot wait for its payment: the item has lines that wait for the next \
                        renewal; change it at once, or after the renewal";
            return Err(Error::not_now("change", "has_waiting_lines", hint));
        }
        if waits && changed.reduces_what_is_open() {
            let hint = "cannot wait for its payment: the invoice that bills the item is not paid, and \
                        would get cheaper by a change that may never happen; have that invoice paid \
                        first, or change the item at once";
            return Err(Error::not_now("change", "invoice_not_paid", hint));
        }
        let (after, invoice, books) = self.with_lines(before, changed, behavior)?;
        let after = match invoice.as_ref().filter(|_| waits) {
            Some(invoice) => before.waiting_for(invoice, &after),
            None => after,
        };
        Ok(Written { after, invoice, replaced, books })
    }

    /// What a change of items comes to, and what it writes. One that is made in time, and not by hand, is
    /// made at once where it cannot wait for its payment.
    pub(super) async fn items_as_asked(
        &self,
        subscription: &Subscription,
        change: &ItemsChange,
        in_time: bool,
    ) -> Result<ItemsAsked, Error> {
        let behavior = change.proration_behavior;
        let waits = change.waits()?;
        let replaces = waits || subscription.is_replaced_by(&change.items);
        let edited =
            self.edited_as_asked(subscription, &change.items, behavior.when(), replaces).await?;
        if waits && in_time && !edited.0.can_wait() {
            let at_once = ItemsChange { pay_before_change: None, ..change.clone() };
            return Box::pin(self.items_as_asked(subscription, &at_once, true)).await;
        }
        let (count, amount) = (edited.0.floating().count(), edited.0.amount()?);
        let lines = edited.0.lines.clone();
        let before = if replaces { &subscription.without_pending() } else { subscription };
        let written = self.as_written(before, edited, (behavior, waits))?;
        size::check::<Subscription>(&encode(&written.after)?, Subscription::MOST_BYTES)?;
        Ok(ItemsAsked { written, lines, count, amount })
    }

    /// Changes the items of a subscription.
    pub async fn change_items(
        &self,
        subscription: Subscription,
        change: ItemsChange,
    ) -> Reply<ItemsChanged> {
        let asked = self.items_as_asked(&subscription, &change, false).await?;
        let ItemsAsked { written, count, amount, .. } = asked;
        let mut tx = self.begin_asked();
        let after = self.write_change(&mut tx, &subscription, &written).await?;
        let answer = ItemsChanged {
            subscription_id: after.id().clone(),
            invoice_id: written.invoice.as_ref().map(|invoice| invoice.id().clone()),
            payment_status: match written.invoice {
                Some(_) => PaymentStatus::Pending,
                None => PaymentStatus::NotRequired,
            },
            payment_error: None,
            floating_items_created: count,
            proration_amount_atom: amount,
            voided_invoice_ids: written.replaced.iter().map(|one| one.id().clone()).collect(),
        };
        let version = after.record().version;
        let Some(invoice) = written.invoice else {
            return self.commit_answer(tx, Answer::of(&answer, Some(version))?).await;
        };
        if let Some(earlier) =
            self.commit_first_answer(tx, &Answer::of(&answer, Some(version))?).await?
        {
            return Ok(earlier);
        }
        self.settle_now(invoice.id()).await;
        let settled = self.find(invoice.id()).await.unwrap_or(invoice);
        self.conclude_with(Answer::of(&answer.with_payment(&settled), Some(version))?).await
    }

    /// What a change of items would come to now.
    pub async fn preview_items(
        &self,
        subscription: Subscription,
        request: PreviewRequest,
    ) -> Reply<Preview> {
        let (edits, now) = (&request.items, ProrationBehavior::AlwaysInvoice.when());
        let replaces = subscription.is_replaced_by(edits);
        let (changed, _) = self.edited_as_asked(&subscription, edits, now, replaces).await?;
        let mut after = changed.after.clone();
        if changed.books.credits_waiting {
            after.ledger.pending = Vec::new();
        }
        let next = self.next_renewal(&after).await?;
        let preview = Preview {
            subscription_id: subscription.id().clone(),
            proration_date: self.now(),
            proration_amount_atom: changed.amount()?,
            proration_tax_amount_atom: changed.tax()?,
            items: changed.lines,
            next_renewal_amount_atom: InvoiceItem::sum_net(&next)?,
            next_renewal_tax_amount_atom: InvoiceItem::sum_tax(&next)?,
            next_renewal_items: next,
        };
        self.commit_found(&subscription, &preview).await
    }

    /// Gives the only item of a subscription another price.
    pub async fn change_plan(
        &self,
        subscription: Subscription,
        change: PlanChange,
    ) -> Reply<Subscription> {
        change.check_instant(self.now())?;
        if subscription.items.len() != 1 {
            let hint = "has several items; change them by POST /subscriptions/{id}/items";
            return Err(Error::not_now("subscription", "several_items", hint));
        }
        let items = subscription.with_price(&change.new_price_id);
        let edits: Vec<ItemEdit> = items.iter().map(ItemEdit::of_price).collect();
        let always = ProrationBehavior::AlwaysInvoice;
        let edited = self.edited_as_asked(&subscription, &edits, always.when(), true).await;
        // What was sent is one price, and no item.
        let body = Location::body("subscription");
        let sent = body.field("new_price_id");
        let edited = edited.map_err(|error| error.moved("/items", &sent))?;
        let later = change.effective_at.filter(|at| *at > self.now());
        let waits = change.pay_before_change == Some(true);
        let before = subscription.without_pending();
        let mut written = match later {
            Some(at) => {
                let replaced = edited.1;
                let void = replaced.as_ref();
                let none = std::iter::empty();
                let books = self.books_without(void, none, Vec::new()).await?;
                Written { after: before.scheduled(at, items), invoice: None, replaced, books }
            }
            None => self.as_written(&before, edited, (always, waits))?,
        };
        if let Some(metadata) = change.metadata {
            written.after.metadata = metadata;
        }
        written.after.change_reason = change.reason.map(|reason| reason.as_str().to_owned());
        size::check::<Subscription>(&encode(&written.after)?, Subscription::MOST_BYTES)?;
        let mut tx = self.begin_asked();
        let after = self.write_change(&mut tx, &subscription, &written).await?;
        if let Some(earlier) = self.commit_first(tx, &after).await? {
            return Ok(earlier);
        }
        let invoice = written.invoice.map(|invoice| invoice.id().clone());
        self.settled_subscription(after, invoice.as_ref()).await
    }
}
