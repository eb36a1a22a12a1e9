//! The invoices whose lines a change of a subscription gives back, as they are and as they will be.

use std::collections::BTreeMap;

use super::Billed;
use crate::{
    base::{
        error::Error,
        id::{InvoiceId, SubscriptionItemId},
        money::{Atoms, Overflow},
        time::Timestamp,
    },
    model::{
        billing::{
            ledger::{RefundOption, Split, fate},
            proration::Fraction,
        },
        invoice::{CreditedLine, Invoice, InvoiceItem, InvoiceState, ReturnedPart, UnmetCredit},
    },
};

/// Since when another change of a period has taken the place of what an invoice billed, by item: the first
/// that counts.
pub(crate) fn superseded_since<'a>(
    void: &Invoice,
    invoices: impl IntoIterator<Item = &'a Invoice>,
    waiting: &'a [InvoiceItem],
) -> BTreeMap<SubscriptionItemId, Timestamp> {
    let others = invoices.into_iter().filter(|one| one.id() != void.id());
    let counting = others.filter(|one| one.state() != InvoiceState::Void);
    let changes = counting.flat_map(|one| one.items()).chain(waiting);
    let changes: Vec<&InvoiceItem> = changes.filter(|line| line.proration).collect();
    let mut since = BTreeMap::new();
    for own in void.items().iter().filter(|line| line.credit_of.is_none() && !line.settles) {
        let Some((item, span)) = own.subscription_item_id.as_ref().zip(own.span()) else {
            continue;
        };
        let later = changes.iter().filter(|line| line.subscription_item_id.as_ref() == Some(item));
        let later = later.filter_map(|line| line.period_start);
        if let Some(at) = later.filter(|at| *at > span.start && span.contains(*at)).min() {
            since.insert(item.clone(), at);
        }
    }
    since
}

/// The lines that can be given back, and where they are.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Each invoice as it is stored, and as it will be.
    pub(crate) invoices: BTreeMap<InvoiceId, (Invoice, Invoice)>,
    /// The lines that wait for the next renewal.
    pub(crate) waiting: Vec<InvoiceItem>,
    /// Whether a line was credited that still waits.
    pub(crate) credits_waiting: bool,
    /// Credits that came to less because their lines had been refunded.
    pub(crate) unmet: Vec<(InvoiceId, UnmetCredit)>,
}

impl Books {
    /// What the invoice with this id is called.
    pub(crate) fn number(&self, id: &InvoiceId) -> Option<&str> {
        self.invoices.get(id).and_then(|(_, after)| after.number())
    }

    /// The invoices that go over into another state, as they will be.
    pub(crate) fn moved(&self) -> impl Iterator<Item = &Invoice> {
        let moved =
            self.invoices.values().filter(|(before, after)| before.state() != after.state());
        moved.map(|(_, after)| after)
    }

    /// The line that was billed last, as it is by now.
    fn line(&self, billed: &Billed) -> Option<&InvoiceItem> {
        let line = billed.line()?;
        match billed.invoice() {
            Some(id) => {
                let (_, invoice) = self.invoices.get(id)?;
                invoice.items().get(invoice.place(line)?)
            }
            None => self.waiting.iter().find(|item| item.id == *line),
        }
    }

    /// What is gone already of what was last billed.
    pub(crate) fn gone(&self, billed: &Billed) -> Result<Atoms, Overflow> {
        self.line(billed).map_or(Ok(Atoms::ZERO), InvoiceItem::gone)
    }

    /// A line of an invoice, as it is by now.
    pub(crate) fn item(&self, id: &InvoiceId, place: usize) -> Option<&InvoiceItem> {
        self.invoices.get(id).and_then(|(_, invoice)| invoice.items().get(place))
    }

    /// What a credit of `value` for what was last billed comes to; it is written down.
    pub(crate) fn credit(
        &mut self,
        billed: &Billed,
        value: Atoms,
        now: Timestamp,
    ) -> Result<(Split, Option<CreditedLine>), Error> {
        let Some(line) = billed.line() else {
            return Ok((Split { reduced: Atoms::ZERO, returned: value }, None));
        };
        let of =
            CreditedLine { invoice_id: billed.invoice().cloned(), invoice_item_id: line.clone() };
        let split = match billed.invoice() {
            Some(id) => self.credit_invoiced(id, &of, value, now)?,
            None => self.credit_waiting(&of, value)?,
        };
        Ok((split, Some(of)))
    }

    fn credit_invoiced(
        &mut self,
        id: &InvoiceId,
        of: &CreditedLine,
        value: Atoms,
        now: Timestamp,
    ) -> Result<Split, Error> {
        let Some((_, invoice)) = self.invoices.get_mut(id) else { return Ok(Split::default()) };
        let Some(place) = invoice.place(&of.invoice_item_id) else { return Ok(Split::default()) };
        let split = invoice.account()?.credit(place, value)?;
        *invoice = invoice.line_credited(place, split, now)?;
        if invoice.has_refunds() && split.amount()? < value {
            let invoice_item_id = of.invoice_item_id.clone();
            let unmet = UnmetCredit { invoice_item_id, value_atom: value, invoice_id: None };
            self.unmet.push((id.clone(), unmet));
        }
        Ok(split)
    }

    /// Writes on the invoices what the change, which has this invoice of its own or none, could not credit.
    pub(crate) fn note_unmet(&mut self, change: Option<&InvoiceId>) {
        for (id, unmet) in std::mem::take(&mut self.unmet) {
            if let Some((_, invoice)) = self.invoices.get_mut(&id) {
                let invoice_id = change.cloned();
                *invoice = invoice.with_unmet(UnmetCredit { invoice_id, ..unmet });
            }
        }
    }

    /// A line that waits is credited on the invoice that it waits for.
    fn credit_waiting(&mut self, of: &CreditedLine, value: Atoms) -> Result<Split, Overflow> {
        let own = self.waiting.iter_mut().find(|item| item.id == of.invoice_item_id);
        let Some(item) = own else { return Ok(Split::default()) };
        let left = item.entry()?.price.minus(item.given_back_amount_atom)?;
        let returned = value.minus(item.given_back_amount_atom)?.min(left).max(Atoms::ZERO);
        item.given_back_amount_atom = item.given_back_amount_atom.plus(returned)?;
        self.credits_waiting |= returned.is_positive();
        Ok(Split { reduced: Atoms::ZERO, returned })
    }

    /// Takes back what the credits of an invoice that counts no longer gave back of others. What of that
    /// was given back of its own lines since is with the payer, and stays given back.
    pub(crate) fn release_of(&mut self, void: &Invoice) -> Result<(), Error> {
        self.release(void.items(), void.carried_given_back()?)
    }

    /// Takes back what the credits among lines that count no longer gave back of invoices, but for
    /// `spent` of it. What they took off what was open stays off.
    pub(crate) fn release(&mut self, void: &[InvoiceItem], spent: Atoms) -> Result<(), Error> {
        let mut credits: BTreeMap<_, Atoms> = BTreeMap::new();
        for line in void {
            let Some(of) = &line.credit_of else { continue };
            let Some(id) = &of.invoice_id else { continue };
            let sum = credits.entry((id, &of.invoice_item_id)).or_default();
            *sum = sum.minus(line.total()?)?;
        }
        let mut spent = spent;
        for ((id, line), whole) in credits {
            let amount = whole.minus(spent)?.max(Atoms::ZERO);
            spent = spent.minus(whole)?.max(Atoms::ZERO);
            if let Some((_, invoice)) = self.invoices.get_mut(id) {
                *invoice = invoice.line_kept(line, amount)?;
            }
        }
        Ok(())
    }

    /// Credits again what the lines of an invoice that turned void had credited, for the time that a later
    /// change gave up as well (`since`, by item): from then on the customer has what that change charged,
    /// and not what was billed before the void one. What that gives back of what was paid, by invoice.
    pub(crate) fn credit_superseded(
        &mut self,
        void: &Invoice,
        since: &BTreeMap<SubscriptionItemId, Timestamp>,
        now: Timestamp,
    ) -> Result<BTreeMap<InvoiceId, Vec<ReturnedPart>>, Error> {
        let mut parts: BTreeMap<InvoiceId, Vec<ReturnedPart>> = BTreeMap::new();
        for line in void.items().iter().filter(|line| !line.settles) {
            let at = line.subscription_item_id.as_ref().and_then(|item| since.get(item));
            let of = line.credit_of.as_ref().zip(at);
            let Some((of, at)) = of else { continue };
            let Some(id) = &of.invoice_id else { continue };
            let Some((_, invoice)) = self.invoices.get_mut(id) else { continue };
            let Some(place) = invoice.place(&of.invoice_item_id) else { continue };
            let billed = invoice.items().get(place);
            let Some((span, total)) = billed.and_then(|one| Some((one.span()?, one.total().ok()?)))
            else {
                continue;
            };
            let value = Fraction::remaining(span, *at).credit(total)?.negated()?;
            let split = invoice.account()?.credit(place, value)?;
            *invoice = invoice.line_credited(place, split, now)?;
            if split.returned.is_positive() {
                let (invoice_id, invoice_item_id) = (id.clone(), of.invoice_item_id.clone());
                let amount_atom = split.returned;
                let part = ReturnedPart { invoice_id, invoice_item_id, amount_atom };
                parts.entry(id.clone()).or_default().push(part);
            }
        }
        for (id, parts) in &parts {
            if let Some((_, invoice)) = self.invoices.get_mut(id) {
                let sum = Atoms::sum(parts.iter().map(|part| part.amount_atom))?;
                *invoice = invoice.with_credit_note(sum)?;
            }
        }
        Ok(parts)
    }

    /// What a cancellation gives back of lines: of which invoice, which line, and how much.
    pub(crate) fn given_back_by(
        &self,
        option: RefundOption,
        at: Timestamp,
    ) -> Result<Vec<(InvoiceId, usize, Atoms)>, Overflow> {
        let mut all = Vec::new();
        for (id, (_, invoice)) in &self.invoices {
            let lines = fate(&invoice.account()?, option, at)?.returned.into_iter().enumerate();
            all.extend(lines.map(|(place, amount)| (id.clone(), place, amount)));
        }
        Ok(all)
    }

    /// Gives `amount` back of what was paid for a line, by a credit for it.
    pub(crate) fn give(
        &mut self,
        id: &InvoiceId,
        place: usize,
        amount: Atoms,
        now: Timestamp,
    ) -> Result<Option<CreditedLine>, Error> {
        let Some((_, invoice)) = self.invoices.get_mut(id) else { return Ok(None) };
        let split = Split { reduced: Atoms::ZERO, returned: amount };
        *invoice = invoice.line_credited(place, split, now)?;
        let line = invoice.items().get(place).map(|item| item.id.clone());
        Ok(line
            .map(|invoice_item_id| CreditedLine { invoice_id: Some(id.clone()), invoice_item_id }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::entity::Representation;

    const ITEM: &str = "si_prod_0000000000000001";

    fn day(day: u8) -> String {
        format!("2026-01-{day:02}T00:00:00.000Z")
    }

    /// A line of a change: from a day of January to its end, of an item, and what it credits.
    fn line(name: u8, amount: i64, from: u8, of: Option<(u8, u8)>) -> Value {
        let mut line = Invoice::example()["items"][0].clone();
        line["id"] = format!("ii_prod_{name:016}").into();
        line["amount_atom"] = amount.into();
        line["subscription_item_id"] = ITEM.into();
        line["period_start"] = day(from).into();
        line["period_end"] = "2026-02-01T00:00:00.000Z".into();
        line["proration"] = true.into();
        if let Some((invoice, line_of)) = of {
            line["credit_of"] = json!({"invoice_id": format!("in_prod_{invoice:016}"),
                "invoice_item_id": format!("ii_prod_{line_of:016}")});
        }
        line
    }

    fn invoice(name: u8, state: &str, items: Vec<Value>, paid: i64) -> Invoice {
        let mut invoice = Invoice::example();
        let total: i64 = items.iter().map(|line| line["amount_atom"].as_i64().unwrap()).sum();
        invoice["id"] = format!("in_prod_{name:016}").into();
        invoice["state"] = state.into();
        invoice["items"] = items.into();
        invoice["total_amount_atom"] = total.into();
        invoice["paid_amount_atom"] = paid.into();
        invoice["due_amount_atom"] = if state == "open" { total - paid } else { 0 }.into();
        serde_json::from_value(invoice).unwrap()
    }

    /// 2.00 a day from the 11th on, of which a change on the 16th credited the rest.
    fn first() -> Invoice {
        let mut line = line(1, 4200, 11, None);
        line["given_back_amount_atom"] = 3200.into();
        invoice(1, "paid", vec![line], 4200)
    }

    fn void() -> Invoice {
        let lines = vec![line(2, -3200, 16, Some((1, 1))), line(3, 4800, 16, None)];
        invoice(2, "open", lines, 0)
    }

    fn later(name: u8, from: u8, state: &str) -> Invoice {
        invoice(name, state, vec![line(4 + name, 1600, from, None)], 1600)
    }

    fn since(invoices: &[Invoice], waiting: &[InvoiceItem]) -> Option<String> {
        let since = superseded_since(&void(), invoices, waiting);
        since.values().next().map(Timestamp::to_string)
    }

    #[test]
    fn the_first_later_change_that_counts_has_taken_the_place() {
        let own = || vec![first(), void()];
        assert_eq!(since(&own(), &[]), None);
        let all = |more: &[Invoice]| [own(), more.to_vec()].concat();
        let (third, fourth) = (later(3, 28, "open"), later(4, 30, "paid"));
        assert_eq!(since(&all(&[fourth.clone(), third]), &[]), Some(day(28)));
        assert_eq!(since(&all(&[fourth, later(3, 28, "void")]), &[]), Some(day(30)));
        let waiting = later(5, 29, "open").items().to_vec();
        assert_eq!(since(&own(), &waiting), Some(day(29)));
        // A line of a renewal, of another item, or of the very beginning is no such change.
        let mut others = waiting;
        others[0].proration = false;
        assert_eq!(since(&own(), &others), None);
        assert_eq!(since(&all(&[later(6, 16, "paid")]), &[]), None);
        let mut other = later(7, 28, "paid").items().to_vec();
        other[0].subscription_item_id = Some("si_prod_0000000000000002".parse().unwrap());
        assert_eq!(since(&own(), &other), None);
    }

    #[test]
    fn what_a_void_change_had_credited_counts_again_until_the_next_change() {
        let (own, now) = (first(), day(31).parse().unwrap());
        let mut books = Books::default();
        books.invoices.insert(own.id().clone(), (own.clone(), own.clone()));
        books.release_of(&void()).unwrap();
        let kept = |books: &Books| books.invoices[own.id()].1.items()[0].given_back_amount_atom;
        assert_eq!(kept(&books), Atoms::ZERO);
        let later = superseded_since(&void(), &[later(3, 28, "paid")], &[]);
        let given = books.credit_superseded(&void(), &later, now).unwrap();
        // Four days of 2.00.
        assert_eq!(kept(&books).get(), 800);
        assert_eq!(given[own.id()][0].amount_atom.get(), 800);
        let after = &books.invoices[own.id()].1;
        assert_eq!(after.credited_back().get(), 800);
        assert_eq!(after.credit_note_number().as_deref(), Some("INV-0001-CN-01"));
        // Again, it is nothing.
        assert!(books.credit_superseded(&void(), &later, now).unwrap().is_empty());
    }

    #[test]
    fn of_what_is_open_nothing_goes_back() {
        let mut line = line(1, 4200, 11, None);
        line["reduced_amount_atom"] = 0.into();
        let own = invoice(1, "open", vec![line], 0);
        let mut books = Books::default();
        books.invoices.insert(own.id().clone(), (own.clone(), own.clone()));
        let later = superseded_since(&void(), &[later(3, 28, "paid")], &[]);
        let given = books.credit_superseded(&void(), &later, day(31).parse().unwrap()).unwrap();
        assert!(given.is_empty());
        let after = &books.invoices[own.id()].1;
        assert_eq!(after.items()[0].reduced_amount_atom.get(), 800);
        assert_eq!(after.due().get(), 3400);
    }
}
