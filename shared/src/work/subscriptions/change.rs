//! Changes of items and plans: prorated, invoiced, and what waits for its payment.

use crate::work::Answer;
use crate::work::subscriptions::renew::Bill;
use crate::{
    base::{
        error::Error,
        input::{Faults, Location},
        money::Atoms,
    },
    model::{
        billing::proration::Fraction,
        entity::Entity,
        invoice::{BillingReason, Invoice, InvoiceItem},
        priced::Priced,
        subscription::{
            Billed, Subscription, SubscriptionItem,
            change::{
                Changed, ItemEdit, ItemsChange, ItemsChanged, PaymentStatus, PlanChange, Planned,
                Preview, PreviewRequest, ProrationBehavior,
            },
            create::{MOST_ITEMS, check_recurring},
        },
    },
    work::{Work, answer::Reply},
};

impl Work {
    /// What `edits` make of the subscription now. `None` means that faults were noted.
    fn changed(
        &self,
        subscription: &Subscription,
        edits: &[ItemEdit],
        prices: &Priced,
        prorated: bool,
        faults: &mut Faults,
    ) -> Result<Option<Changed>, Error> {
        let body = Location::body("subscription");
        let at = body.field("items");
        let mut changed = Changed {
            items: subscription.items.clone(),
            billed: subscription.ledger.billed.clone(),
            lines: Vec::new(),
        };
        let left = subscription.left(self.now()).filter(|_| prorated);
        let mut touched = Vec::new();
        for (index, edit) in edits.iter().enumerate() {
            let at = at.index(index);
            let Some(target) = edit.target(&changed.items, &at, faults) else { continue };
            if let Some(id) = target.as_ref().map(|item| item.id.clone()) {
                if touched.contains(&id) {
                    let hint = "is changed twice; put both changes into one";
                    faults.not_valid(&at.field("subscription_item_id"), "duplicate", hint);
                    continue;
                }
                touched.push(id);
            }
            let item = edit.result(target.as_ref(), self.id());
            if let Some(item) = &item {
                let interval = Some(subscription.cycle().interval);
                let unchanged = target.as_ref().is_some_and(|old| old.price_id == item.price_id);
                if !unchanged {
                    let at = at.field("price_id");
                    let terms = (subscription.currency, interval);
                    check_recurring(&item.price_id, prices, terms, &at, faults);
                }
            }
            if faults.is_empty() {
                self.put(subscription, &mut changed, (target, item), prices, left)?;
            }
        }
        if faults.is_empty() && !(1..=MOST_ITEMS).contains(&changed.items.len()) {
            let hint =
                format!("leave {}; a subscription has 1 to {MOST_ITEMS}", changed.items.len());
            faults.not_valid(&at, "out_of_range", &hint);
        }
        Ok(faults.is_empty().then_some(changed))
    }

    /// Puts `new` in the place of `old`, with the lines for the part of the period that is left.
    fn put(
        &self,
        subscription: &Subscription,
        changed: &mut Changed,
        (old, new): (Option<SubscriptionItem>, Option<SubscriptionItem>),
        prices: &Priced,
        left: Option<Fraction>,
    ) -> Result<(), Error> {
        if old == new {
            return Ok(());
        }
        if let (Some(old), Some(fraction)) = (&old, left) {
            let billed = changed.billed.get(&old.id).map(Billed::basis).transpose()?;
            let credit = fraction.credit(billed.unwrap_or_default())?;
            if let (Some(named), false) = (prices.get(&old.price_id), credit.is_zero()) {
                let span = subscription.rest_of_period(self.now());
                let mut line = old.line(self.id(), named, span, credit);
                line.name = format!("Unused time on {}", line.name);
                line.proration = true;
                changed.lines.push(line);
            }
        }
        if let Some(old) = &old {
            changed.items.retain(|item| item.id != old.id || new.is_some());
            if new.is_none() || left.is_some() {
                changed.billed.remove(&old.id);
            }
        }
        let Some(new) = new else { return Ok(()) };
        match changed.items.iter_mut().find(|item| item.id == new.id) {
            Some(item) => *item = new.clone(),
            None => changed.items.push(new.clone()),
        }
        let (Some(fraction), Some(named)) = (left, prices.get(&new.price_id)) else {
            return Ok(());
        };
        let amount = new.amount(named.0)?;
        let span = subscription.rest_of_period(self.now());
        let mut line = new.line(self.id(), named, span, fraction.debit(amount)?);
        line.name = format!("Remaining time on {}", line.name);
        line.proration = true;
        if let Some(discount) = &subscription.discount {
            line.discount_amount_atom = discount.share_of_change(line.amount_atom, self.now())?;
        }
        changed.billed.insert(new.id, Billed::by(&line, amount)?);
        changed.lines.push(line);
        Ok(())
    }

    /// The subscription after `changed`, and the invoice where one is made now.
    fn with_lines(
        &self,
        before: &Subscription,
        changed: &Changed,
        behavior: ProrationBehavior,
    ) -> Result<(Subscription, Option<Invoice>), Error> {
        let mut after = before.with_changed(changed);
        let (now, lines) = (self.now(), changed.lines.clone());
        let count = lines.len();
        let invoiced = behavior == ProrationBehavior::AlwaysInvoice && count > 0;
        after.ledger.activity = after.ledger.activity.with(count, invoiced, now)?;
        match behavior {
            ProrationBehavior::AlwaysInvoice if count > 0 => {
                let bill = Bill {
                    reason: BillingReason::SubscriptionUpdate,
                    index: None,
                    period: before.rest_of_period(now),
                    from: None,
                    finalize_at: now,
                };
                let invoice = self.draft(before, bill, lines)?;
                after.latest_invoice_id = Some(invoice.id().clone());
                Ok((after, Some(invoice)))
            }
            ProrationBehavior::CreateProrations => {
                after.ledger.pending.extend(lines);
                Ok((after, None))
            }
            ProrationBehavior::AlwaysInvoice | ProrationBehavior::None => Ok((after, None)),
        }
    }

    /// A change that was planned for now.
    pub(super) async fn change_planned(&self, subscription: &Subscription) -> Result<(), Error> {
        let Some(Planned::At { price_id, .. }) = subscription.ledger.planned.clone() else {
            return Err(Error::Stale);
        };
        let mut before = subscription.clone();
        before.ledger.planned = None;
        let edits = before.with_price(price_id.clone());
        let prices = self.priced(&before.prices_with(&edits)).await?;
        let mut faults = Faults::default();
        let changed = self.changed(&before, &edits, &prices, true, &mut faults)?;
        let (after, invoice) = match changed {
            Some(changed) => {
                self.with_lines(&before, &changed, ProrationBehavior::AlwaysInvoice)?
            }
            // The price is not usable any more: the subscription stays as it is.
            None => (before, None),
        };
        let mut tx = self.begin();
        tx.update(subscription, after);
        if let Some(invoice) = &invoice {
            tx.insert(invoice);
        }
        self.commit(tx).await
    }
}

impl Work {
    async fn changed_items(
        &self,
        subscription: &Subscription,
        edits: &[ItemEdit],
        prorated: bool,
    ) -> Result<Changed, Error> {
        subscription.changeable()?;
        let prices = self.priced(&subscription.prices_with(edits)).await?;
        let mut faults = Faults::default();
        let changed = self.changed(subscription, edits, &prices, prorated, &mut faults)?;
        faults.settled()?;
        changed.ok_or(Error::Internal("a fault was not noted".to_owned()))
    }

    /// Changes the items of a subscription.
    pub async fn change_items(
        &self,
        subscription: Subscription,
        change: ItemsChange,
    ) -> Reply<ItemsChanged> {
        let behavior = change.proration_behavior;
        let prorated = behavior != ProrationBehavior::None;
        let changed = self.changed_items(&subscription, &change.items, prorated).await?;
        let (after, invoice) = self.with_lines(&subscription, &changed, behavior)?;
        let mut tx = self.begin_asked();
        let after = tx.update(&subscription, after);
        if let Some(invoice) = &invoice {
            tx.insert(invoice);
        }
        let answer = ItemsChanged {
            subscription_id: after.id().clone(),
            invoice_id: invoice.as_ref().map(|invoice| invoice.id().clone()),
            payment_status: match invoice {
                Some(_) => PaymentStatus::Pending,
                None => PaymentStatus::NotRequired,
            },
            payment_error: None,
            floating_items_created: changed.lines.len(),
            proration_amount_atom: changed.amount()?,
            voided_invoice_ids: Vec::new(),
        };
        let version = after.record().version;
        let Some(invoice) = invoice else {
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
        let changed = self.changed_items(&subscription, &request.items, true).await?;
        let after = subscription.with_changed(&changed);
        let prices = self.priced(&after.price_ids()).await?;
        let mut renewal = Vec::new();
        for item in &after.items {
            if let Some((price, _)) = prices.get(&item.price_id) {
                renewal.push(item.amount(price)?);
            }
        }
        let waiting: Vec<Atoms> =
            after.ledger.pending.iter().map(InvoiceItem::net).collect::<Result<_, _>>()?;
        let preview = Preview {
            subscription_id: subscription.id().clone(),
            proration_date: self.now(),
            proration_amount_atom: changed.amount()?,
            items: changed.lines,
            next_renewal_amount_atom: Atoms::sum(renewal.into_iter().chain(waiting))?,
        };
        // Nothing but the answer is written, for a repeated request.
        let mut tx = self.begin_asked();
        tx.update(&subscription, subscription.clone());
        self.commit_answer(tx, Answer::of(&preview, Some(subscription.record().version))?).await
    }

    /// Gives the only item of a subscription another price.
    pub async fn change_plan(
        &self,
        subscription: Subscription,
        change: PlanChange,
    ) -> Reply<Subscription> {
        if subscription.items.len() != 1 {
            let hint = "has several items; change them by POST /subscriptions/{id}/items";
            return Err(Error::not_now("subscription", "several_items", hint));
        }
        let edits = subscription.with_price(change.new_price_id.clone());
        let changed = self.changed_items(&subscription, &edits, true).await?;
        let mut before = subscription.clone();
        if let Some(metadata) = change.metadata {
            before.metadata = metadata;
        }
        before.change_reason = change.reason.map(|reason| reason.as_str().to_owned());
        let later = change.effective_at.filter(|at| *at > self.now());
        let first = change.pay_before_change == Some(true) && later.is_none();
        let always = ProrationBehavior::AlwaysInvoice;
        let (after, invoice) = match later {
            Some(at) => {
                let mut after = before.clone();
                let price_id = change.new_price_id;
                after.ledger.planned = Some(Planned::At { at, price_id });
                (after, None)
            }
            None => self.with_lines(&before, &changed, always)?,
        };
        let after = match &invoice {
            Some(invoice) if first => {
                let mut waiting = after;
                waiting.items.clone_from(&before.items);
                waiting.ledger.billed.clone_from(&before.ledger.billed);
                let invoice = invoice.id().clone();
                let (items, billed) = (changed.items, changed.billed);
                waiting.ledger.planned = Some(Planned::Paid { invoice, items, billed });
                waiting
            }
            _ => after,
        };
        let mut tx = self.begin_asked();
        let after = tx.update(&subscription, after);
        if let Some(invoice) = &invoice {
            tx.insert(invoice);
        }
        if let Some(earlier) = self.commit_first(tx, &after).await? {
            return Ok(earlier);
        }
        let invoice = invoice.map(|invoice| invoice.id().clone());
        self.settled_subscription(after, invoice.as_ref()).await
    }
}
