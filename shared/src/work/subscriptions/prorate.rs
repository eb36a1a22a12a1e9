//! What edits of a subscription's items come to in the middle of a period: the lines, and the items as
//! they will be.
//!
//! Each changed item makes a credit for what was last billed for it and a debit for what it now costs,
//! both for the part of the period that is left. A credit is worth what the ledger says: what is open
//! of its invoice is reduced first, and only what was paid goes elsewhere.

use crate::{
    base::{
        error::Error,
        id::SubscriptionItemId,
        input::{Faults, Location},
        money::{Atoms, Overflow, rounded},
        time::Timestamp,
    },
    model::{
        billing::{
            discount::{Reduction, split},
            proration::Fraction,
        },
        invoice::{Calculation, InvoiceItem, LineDiscount, taxes::assess},
        priced::Priced,
        subscription::{
            AppliedDiscount, Billed, Subscription, SubscriptionItem,
            books::Books,
            change::ItemEdit,
            create::{MOST_ITEMS, check_quantity, check_recurring},
            discount::BilledWhen,
        },
    },
    work::Work,
};

/// What edits make of a subscription.
pub(crate) struct Changed {
    pub(crate) after: Subscription,
    pub(crate) lines: Vec<InvoiceItem>,
    pub(crate) books: Books,
    /// When the lines are billed, where they are.
    when: BilledWhen,
    /// The discount as it was before: it reduces all lines or none.
    discount: Option<AppliedDiscount>,
    /// The part of the period that is left, where there are lines.
    left: Option<Fraction>,
}

impl Changed {
    /// The subscription to change where the change is billed now with lines that waited, which its
    /// discount has reduced: then their invoice is the one that it reduces.
    pub(crate) fn brings_along(&self, before: &Subscription) -> Option<Subscription> {
        let now = self.when == BilledWhen::Now && self.books.credits_waiting;
        let discount = before.discount.as_ref().filter(|_| now)?.brought_along()?;
        Some(Subscription { discount: Some(discount), ..before.clone() })
    }

    /// The same, after which its discount has reduced the invoice of the change.
    pub(crate) fn with_discount_spent(mut self, now: Timestamp) -> Result<Self, Error> {
        self.spend_discount(now)?;
        Ok(self)
    }

    fn spend_discount(&mut self, now: Timestamp) -> Result<(), Error> {
        let (discount, zone) = (self.discount.as_ref(), &self.after.ledger.zone);
        let spent = discount.map(|discount| discount.spent_on_change(self.when, now, zone));
        self.after.discount = spent.transpose()?;
        Ok(())
    }

    /// What the discount takes off the lines.
    fn reduction(&self, now: Timestamp) -> Option<Reduction> {
        self.discount.as_ref()?.reduction_of_change(now, self.when)
    }

    /// The lines that give back and charge, without those that say where a credit went.
    pub(crate) fn floating(&self) -> impl Iterator<Item = &InvoiceItem> {
        self.lines.iter().filter(|line| !line.settles)
    }

    /// Whether a part of its credits is taken off what is open of another invoice.
    pub(crate) fn reduces_what_is_open(&self) -> bool {
        self.lines.iter().any(|line| line.settles)
    }

    /// Whether it can wait for its payment: it takes nothing off another bill.
    pub(crate) fn can_wait(&self) -> bool {
        !self.books.credits_waiting && !self.reduces_what_is_open()
    }

    /// What they come to.
    pub(crate) fn amount(&self) -> Result<Atoms, Overflow> {
        InvoiceItem::sum_net(self.floating())
    }

    /// The tax that is added to them.
    pub(crate) fn tax(&self) -> Result<Atoms, Overflow> {
        InvoiceItem::sum_tax(self.floating())
    }
}

impl Work {
    /// What `edits` make of the subscription now, with lines where it says when they are billed.
    /// `None` means that faults were noted.
    pub(crate) fn changed(
        &self,
        subscription: &Subscription,
        edits: &[ItemEdit],
        (prices, books): (&Priced, Books),
        when: Option<BilledWhen>,
        faults: &mut Faults,
    ) -> Result<Option<Changed>, Error> {
        let body = Location::body("subscription");
        let at = body.field("items");
        let mut changed = Changed {
            after: subscription.clone(),
            lines: Vec::new(),
            books,
            when: when.unwrap_or(BilledWhen::Later),
            discount: subscription.discount.clone(),
            left: subscription.left(self.now()).filter(|_| when.is_some()),
        };
        let mut touched: Vec<SubscriptionItemId> = Vec::new();
        for (index, edit) in edits.iter().enumerate() {
            let at = at.index(index);
            let Some(old) = edit.target(&changed.after.items, &at, faults) else { continue };
            if let Some(id) = old.as_ref().map(|item| item.id.clone()) {
                if touched.contains(&id) {
                    let hint = "is changed twice; put both changes into one";
                    faults.not_valid(&at.field("subscription_item_id"), "duplicate", hint);
                    continue;
                }
                touched.push(id);
            }
            let new = edit.result(old.as_ref(), self.id()).map(|item| item.measured_as(prices));
            if let Some(item) = &new {
                let field = at.field("quantity");
                check_quantity(&item.price_id, edit.has_quantity(), prices, &field, faults);
                let unchanged = old.as_ref().is_some_and(|old| old.price_id == item.price_id);
                if !unchanged {
                    let terms = (subscription.currency, Some(subscription.cycle().interval));
                    check_recurring(&item.price_id, prices, terms, &at.field("price_id"), faults);
                }
            }
            if faults.is_empty() && old != new {
                self.put(&mut changed, old.as_ref(), new, prices)?;
            }
        }
        let count = changed.after.items.len();
        if faults.is_empty() && !(1..=MOST_ITEMS).contains(&count) {
            let hint = format!("leave {count}; a subscription has 1 to {MOST_ITEMS}");
            faults.not_valid(&at, "out_of_range", &hint);
        }
        if !faults.is_empty() {
            return Ok(None);
        }
        self.take_off(&mut changed)?;
        assess(&mut changed.lines)?;
        changed.after.ledger.pending.clone_from(&changed.books.waiting);
        changed.after = changed.after.with_schedule_kept().measured(self.now());
        Ok(Some(changed))
    }

    /// Puts `new` in the place of `old`, with the lines for the part of the period that is left.
    fn put(
        &self,
        changed: &mut Changed,
        old: Option<&SubscriptionItem>,
        new: Option<SubscriptionItem>,
        prices: &Priced,
    ) -> Result<(), Error> {
        let (mut fixed, mut billed) = (Atoms::ZERO, None);
        if let Some(old) = old {
            if let Some(left) = changed.left {
                fixed = self.credit_item(changed, old, left, prices)?;
            }
            if new.is_none() || changed.left.is_some() {
                billed = changed.after.ledger.billed.remove(&old.id);
            }
            changed.after.items.retain(|item| item.id != old.id || new.is_some());
        }
        let Some(new) = new else { return Ok(()) };
        match changed.after.items.iter_mut().find(|item| item.id == new.id) {
            Some(item) => *item = new.clone(),
            None => changed.after.items.push(new.clone()),
        }
        match changed.left {
            // What is measured is billed when it is over.
            Some(left) if new.meter_id.is_none() => {
                self.debit_item(changed, &new, (left, fixed), prices)?;
                let is_final = billed.as_ref().is_some_and(|old| changed.books.is_final(old));
                if let Some(now) = changed.after.ledger.billed.remove(&new.id) {
                    let now = now.in_place_of(billed, is_final)?;
                    changed.after.ledger.billed.insert(new.id.clone(), now);
                }
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Credits what was last billed for an item; what a fixed discount takes off a period of it.
    fn credit_item(
        &self,
        changed: &mut Changed,
        item: &SubscriptionItem,
        left: Fraction,
        prices: &Priced,
    ) -> Result<Atoms, Error> {
        let Some(billed) = changed.after.ledger.billed.get(&item.id).cloned() else {
            return Ok(Atoms::ZERO);
        };
        let basis = billed.basis()?;
        let value = left.credit(basis)?.negated()?;
        let gone = changed.books.gone(&billed)?;
        let (credit, of) = changed.books.credit(&billed, value, self.now())?;
        let amount = credit.amount()?;
        let Some(named) = prices.get(&item.price_id).filter(|_| !amount.is_zero()) else {
            return Ok(billed.fixed());
        };
        let span = changed.after.rest_of_period(self.now());
        let mut line = item.line(self.id(), named, span, amount.negated()?);
        let name = format!("Unused time on {}", line.name);
        line = line.called(&name);
        line.proration = true;
        line.credit_of.clone_from(&of);
        let calculation = Calculation::credit(line.quantity, basis).for_part(left).less(gone);
        let most = value.minus(gone)?.max(Atoms::ZERO);
        line = line.calculated(calculation.at_most(amount, most));
        changed.lines.push(match of.as_ref().is_some_and(|of| of.invoice_id.is_none()) {
            true => line.taxed(billed.taxes()),
            false => line.crediting(billed.taxes(), billed.total()?, (gone, amount))?,
        });
        if credit.reduced.is_positive() {
            let number = billed.invoice().and_then(|id| changed.books.number(id));
            let name =
                format!("Taken off what is open of {}", number.unwrap_or("the next invoice"));
            let mut line = InvoiceItem::new(self.id(), name, 1, credit.reduced).over(span);
            (line.proration, line.settles, line.credit_of) = (true, true, of);
            changed.lines.push(line);
        }
        Ok(billed.fixed())
    }

    /// Charges what an item now costs.
    fn debit_item(
        &self,
        changed: &mut Changed,
        item: &SubscriptionItem,
        (left, fixed): (Fraction, Atoms),
        prices: &Priced,
    ) -> Result<(), Error> {
        let Some(named) = prices.get(&item.price_id) else { return Ok(()) };
        let amount = item.amount(named.0)?;
        let span = changed.after.rest_of_period(self.now());
        let gross = item.amount_for(named.0, left, Atoms::ZERO)?;
        let mut line = item.line(self.id(), named, span, gross);
        let name = format!("Remaining time on {}", line.name);
        line = line.called(&name).taxed(&prices.taxes_on(&item.price_id));
        line = line.calculated(item.calculation(named.0, amount).for_part(left));
        line.proration = true;
        // What is left of both together is rounded, as its credit will be: there and back costs nothing.
        let (charged, net) = (line.charged(), item.amount_for(named.0, left, fixed)?);
        let carried = charged.minus(net)?;
        line.discount_amount_atom = carried;
        line.discount = LineDiscount::carried(fixed);
        if let Some(Reduction::Percent(percent)) = changed.reduction(self.now()) {
            let share = rounded(i128::from(net.get()) * i128::from(percent), 100)?;
            line.discount = Some(Reduction::Percent(percent).of_lines(net, share).after(fixed));
            line.discount_amount_atom = line.discount_amount_atom.plus(share)?;
            if share.is_positive() {
                changed.spend_discount(self.now())?;
            }
        }
        changed
            .after
            .ledger
            .billed
            .insert(item.id.clone(), Billed::by(&line, amount, (fixed, carried))?);
        changed.lines.push(line);
        Ok(())
    }

    /// Takes a fixed amount off a change, where that is the first invoice that it can reduce.
    fn take_off(&self, changed: &mut Changed) -> Result<(), Error> {
        let Some(Reduction::Fixed(amount)) = changed.reduction(self.now()) else { return Ok(()) };
        let nets = before_tax(&changed.lines)?;
        let whole = amount.min(Atoms::sum(nets.iter().copied())?).max(Atoms::ZERO);
        let weights: Vec<Atoms> = changed
            .lines
            .iter()
            .zip(&nets)
            .map(|(line, net)| if line.credit_of.is_none() { *net } else { Atoms::ZERO })
            .collect();
        if !whole.is_positive() {
            return Ok(());
        }
        let of = Atoms::sum(weights.iter().map(|weight| (*weight).max(Atoms::ZERO)))?;
        for (line, share) in changed.lines.iter_mut().zip(split(whole, &weights)?) {
            line.discount_amount_atom = line.discount_amount_atom.plus(share)?;
            if share.is_positive() {
                let before =
                    line.discount.take().map_or(Atoms::ZERO, |one| one.carried_amount_atom);
                line.discount = Some(Reduction::Fixed(amount).of_lines(of, whole).after(before));
            }
            let item = line.subscription_item_id.as_ref().filter(|_| share.is_positive());
            if let Some(billed) = item.and_then(|id| changed.after.ledger.billed.get_mut(id)) {
                billed.rebilled(line, true)?;
            }
        }
        changed.spend_discount(self.now())?;
        Ok(())
    }
}

/// What each line is before tax. One that says where a credit went is as much as that credit is: the
/// credit's tax went there with it.
fn before_tax(lines: &[InvoiceItem]) -> Result<Vec<Atoms>, Overflow> {
    let net = |line: &InvoiceItem| {
        let is_credit = |other: &&InvoiceItem| !other.settles && other.credit_of == line.credit_of;
        let Some(credit) = lines.iter().find(is_credit).filter(|_| line.settles) else {
            return line.net();
        };
        let (part, whole) = (line.net()?, credit.total()?);
        match whole.is_zero() {
            true => Ok(part),
            false => rounded(
                i128::from(part.get()) * i128::from(credit.net()?.get()),
                i128::from(whole.get()),
            ),
        }
    };
    lines.iter().map(net).collect()
}
