//! What was last billed for an item of a subscription: the basis of what a change gives back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    base::{
        error::Error,
        id::{InvoiceId, InvoiceItemId, SubscriptionItemId},
        money::{Atoms, Overflow, rounded},
    },
    model::{
        billing::{
            levied::{LineTax, sum_of},
            proration::Fraction,
        },
        invoice::{Invoice, InvoiceItem},
    },
};

/// What was last billed for an item, and by which line: the basis of what a change gives back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// What a whole period costs.
    amount: Atoms,
    /// What the line charged.
    gross: Atoms,
    /// What was left of that after the discount that the line actually got.
    net: Atoms,
    /// The line's taxes; without amounts while it waits for an invoice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taxes: Vec<LineTax>,
    /// What a fixed discount takes off a whole period of it: it goes through changes.
    #[serde(default)]
    fixed: Atoms,
    /// What of that the line got; not known of those that were stored before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    carried: Option<Atoms>,
    /// The line.
    #[serde(default)]
    line: Option<InvoiceItemId>,
    /// The invoice that it is on; none while it waits for one.
    #[serde(default)]
    invoice: Option<InvoiceId>,
    /// What was billed before changes in this period, the newest first: that counts again if the
    /// invoices of the changes turn void. These have none before them.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "in_a_row")]
    before: Vec<Billed>,
}

/// How many changes of an item on top of one another, on as many invoices that can still turn void, are
/// remembered; one more is refused.
pub(crate) const MOST_BEFORE: usize = 50;

/// What was billed before, as it is stored now, or one in another as it was stored once.
#[derive(Deserialize)]
#[serde(untagged)]
enum Before {
    InARow(Vec<Billed>),
    Nested(Box<Billed>),
}

fn in_a_row<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Vec<Billed>, D::Error> {
    Ok(match Before::deserialize(source)? {
        Before::InARow(all) => all,
        Before::Nested(one) => one.unfolded(),
    })
}

/// What was last billed, by item.
pub type BilledItems = BTreeMap<SubscriptionItemId, Billed>;

impl Billed {
    /// What the invoice line `line` billed for an item whose whole period costs `amount`, of which a
    /// fixed discount takes off `fixed`, and `carried` of the line.
    pub fn by(
        line: &InvoiceItem,
        amount: Atoms,
        (fixed, carried): (Atoms, Atoms),
    ) -> Result<Self, Overflow> {
        let (gross, net, of) = (line.amount_atom, line.net()?, Some(line.id.clone()));
        let (taxes, carried) = (line.taxes.clone(), Some(carried));
        Ok(Self {
            amount,
            gross,
            net,
            taxes,
            fixed,
            carried,
            line: of,
            invoice: None,
            before: Vec::new(),
        })
    }

    /// The same, of which no fixed discount takes anything off.
    pub fn plainly(line: &InvoiceItem, amount: Atoms) -> Result<Self, Overflow> {
        Self::by(line, amount, (Atoms::ZERO, Atoms::ZERO))
    }

    /// The same, where a fixed discount takes off of a whole period what it takes off of the line.
    pub fn with_fixed(line: &InvoiceItem, amount: Atoms) -> Result<Self, Overflow> {
        let fixed = match line.amount_atom.is_positive() {
            true => of_whole(line.discount_amount_atom, amount, line.amount_atom)?,
            false => Atoms::ZERO,
        };
        Self::by(line, amount, (fixed, line.discount_amount_atom))
    }

    /// The same item, after the line that billed it got another discount: a fixed one, if `fixed`.
    pub fn rebilled(&mut self, line: &InvoiceItem, fixed: bool) -> Result<(), Overflow> {
        let again = match fixed {
            true => Self::with_fixed(line, self.amount)?,
            false => Self::plainly(line, self.amount)?,
        };
        *self = Self {
            invoice: self.invoice.take(),
            before: std::mem::take(&mut self.before),
            ..again
        };
        Ok(())
    }

    /// What counts now and what was billed before it, the newest first.
    fn unfolded(mut self) -> Vec<Self> {
        let before = std::mem::take(&mut self.before);
        std::iter::once(self).chain(before).collect()
    }

    /// The newest of these with the others before it.
    fn folded(all: Vec<Self>) -> Option<Self> {
        let mut all = all.into_iter();
        let newest = all.next()?;
        Some(Self { before: all.collect(), ..newest })
    }

    /// The same, billed by a change in the place of `old`, whose invoice can turn void unless `is_final`.
    /// Of those that are on one invoice, or wait for the same, one is remembered: they turn void together.
    pub(crate) fn in_place_of(self, old: Option<Self>, is_final: bool) -> Result<Self, Error> {
        let mut before = old.map(Self::unfolded).unwrap_or_default();
        before.truncate(if is_final { 1 } else { before.len() });
        before.dedup_by(|older, newer| older.invoice == newer.invoice);
        if before.len() > MOST_BEFORE {
            let hint = format!(
                "has {MOST_BEFORE} changes of one item on top of one another whose invoices are not paid; \
                 have them paid, or void them, before it is changed again"
            );
            return Err(Error::not_now("subscription", "too_many_open_changes", &hint));
        }
        Ok(Self { before, ..self })
    }

    /// What counts as billed when `void` is void: what was billed before that, where it is known.
    pub(crate) fn without(self, void: &InvoiceId) -> Self {
        let own = self.clone();
        let all = self.unfolded().into_iter();
        let kept = all.filter(|one| one.invoice.as_ref() != Some(void)).collect();
        Self::folded(kept).unwrap_or(own)
    }

    /// The same after its line's time from `line` on is billed by that line, which waits; `left` is what is
    /// left of the period then.
    pub(crate) fn counted_again(self, line: &InvoiceItem, left: Fraction) -> Result<Self, Error> {
        let whole = self.amount.minus(self.fixed)?;
        let again = Self {
            amount: self.amount,
            gross: left.debit(whole)?,
            net: line.net()?,
            taxes: line.taxes.clone(),
            fixed: self.fixed,
            carried: Some(Atoms::ZERO),
            line: Some(line.id.clone()),
            invoice: None,
            before: Vec::new(),
        };
        again.in_place_of(Some(self), true)
    }

    /// What the line came to with tax; before tax, while it waits for an invoice.
    pub(crate) fn total(&self) -> Result<Atoms, Overflow> {
        self.net.plus(sum_of(&self.taxes, false)?)
    }

    /// The line's taxes.
    pub(crate) fn taxes(&self) -> &[LineTax] {
        &self.taxes
    }

    /// What the customer paid, or owes, for a whole period: the amount, less the part of it that was
    /// discounted, and its tax where that is known.
    pub fn basis(&self) -> Result<Atoms, Overflow> {
        // What a fixed discount takes off a period is no part of it: that is taken off as it is.
        let (amount, gross) = match self.carried {
            Some(carried) => (self.amount.minus(self.fixed)?, self.gross.minus(carried)?),
            None => (self.amount, self.gross),
        };
        match (self.gross.is_positive(), gross.is_positive()) {
            (true, true) => of_whole(self.total()?, amount, gross),
            (true, false) => Ok(Atoms::ZERO),
            (false, _) => Ok(self.amount),
        }
    }

    /// The same as if it were paid in full, by whatever line.
    pub fn paid(&mut self) {
        (self.line, self.invoice) = (None, None);
    }

    /// What a fixed discount takes off a whole period.
    pub fn fixed(&self) -> Atoms {
        self.fixed
    }

    /// The line that billed it.
    pub fn line(&self) -> Option<&InvoiceItemId> {
        self.line.as_ref()
    }

    /// The invoice that the line is on.
    pub fn invoice(&self) -> Option<&InvoiceId> {
        self.invoice.as_ref()
    }

    /// The same, after `invoice` was made, which may have its line, or that of what was billed before.
    pub fn invoiced(&mut self, invoice: &Invoice) {
        for before in &mut self.before {
            before.invoiced(invoice);
        }
        let place = self.line.as_ref().and_then(|line| invoice.place(line));
        if let Some(line) = place.and_then(|place| invoice.items().get(place)) {
            self.invoice = Some(invoice.id().clone());
            self.taxes.clone_from(&line.taxes);
        }
    }
}

/// What `part` of a line that charged `gross` is of a whole period that costs `amount`.
fn of_whole(part: Atoms, amount: Atoms, gross: Atoms) -> Result<Atoms, Overflow> {
    rounded(i128::from(amount.get()) * i128::from(part.get()), i128::from(gross.get()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn billed(line: u8, invoice: Option<u8>) -> Billed {
        let invoice = invoice.map(|name| format!("in_prod_{name:016}"));
        let stored = json!({"amount": 3100, "gross": 3100, "net": 3100, "fixed": 0,
            "line": format!("ii_prod_{line:016}"), "invoice": invoice});
        serde_json::from_value(stored).unwrap()
    }

    fn id(name: u8) -> InvoiceId {
        format!("in_prod_{name:016}").parse().unwrap()
    }

    fn stacked(invoices: &[Option<u8>]) -> Result<Billed, Error> {
        let mut all = (0_u8..).zip(invoices).map(|(line, invoice)| billed(line, *invoice));
        let first = all.next().unwrap();
        all.try_fold(first, |old, new| new.in_place_of(Some(old), false))
    }

    fn depth(billed: &Billed) -> usize {
        billed.before.len()
    }

    #[test]
    fn what_was_stored_one_in_another_is_read() {
        let mut stored = json!({"amount": 10, "gross": 10, "net": 9, "before": {
            "amount": 20, "gross": 20, "net": 20, "fixed": 0, "before": {
                "amount": 30, "gross": 30, "net": 30, "invoice": "in_prod_0000000000000001"}}});
        let read: Billed = serde_json::from_value(stored.clone()).unwrap();
        let amounts: Vec<i64> = read.before.iter().map(|one| one.amount.get()).collect();
        assert_eq!(amounts, [20, 30]);
        assert!(read.before.iter().all(|one| one.before.is_empty()));
        let again: Billed = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
        assert_eq!(again, read);
        stored["before"] = json!(null);
        stored.as_object_mut().unwrap().remove("before");
        assert_eq!(depth(&serde_json::from_value(stored).unwrap()), 0);
    }

    #[test]
    fn what_counts_is_the_newest_that_is_not_void() {
        let all = stacked(&[Some(1), Some(2), Some(3), Some(4)]).unwrap();
        let without = |all: &Billed, names: &[u8]| {
            let left = names.iter().fold(all.clone(), |left, name| left.without(&id(*name)));
            (left.invoice().cloned(), depth(&left))
        };
        assert_eq!(without(&all, &[]), (Some(id(4)), 3));
        assert_eq!(without(&all, &[4]), (Some(id(3)), 2));
        assert_eq!(without(&all, &[3, 2]), (Some(id(4)), 1));
        assert_eq!(without(&all, &[2, 4, 3]), (Some(id(1)), 0));
        // Nothing is known before it.
        assert_eq!(without(&all, &[4, 3, 2, 1]).0, Some(id(1)));
    }

    #[test]
    fn one_is_remembered_of_those_on_one_invoice_and_none_before_what_is_paid() {
        assert_eq!(depth(&stacked(&[Some(1), None, None, None]).unwrap()), 2);
        assert_eq!(depth(&stacked(&[Some(1), Some(2), Some(2), Some(2), None]).unwrap()), 2);
        let all = stacked(&[Some(1), Some(2), Some(3)]).unwrap();
        assert_eq!(depth(&billed(9, None).in_place_of(Some(all.clone()), false).unwrap()), 3);
        let after = billed(9, None).in_place_of(Some(all), true).unwrap();
        assert_eq!((depth(&after), after.before[0].invoice()), (1, Some(&id(3))));
    }

    #[test]
    fn more_than_can_be_remembered_is_refused() {
        let names: Vec<Option<u8>> = (0_u8..=50).map(Some).collect();
        let most = stacked(&names).unwrap();
        assert_eq!(depth(&most), MOST_BEFORE);
        let refused = billed(99, None).in_place_of(Some(most), false).unwrap_err();
        assert_eq!(refused.status(), 422);
    }

    #[test]
    fn the_lines_of_all_are_found_on_their_invoice() {
        let mut invoice: serde_json::Value =
            <Invoice as crate::model::entity::Representation>::example();
        let mut lines = vec![invoice["items"][0].clone(); 2];
        for (name, line) in [1, 2].into_iter().zip(&mut lines) {
            line["id"] = format!("ii_prod_{name:016}").into();
        }
        invoice["items"] = lines.into();
        let invoice: Invoice = serde_json::from_value(invoice).unwrap();
        let mut all = stacked(&[Some(7), None]).unwrap();
        all = billed(2, None).in_place_of(Some(all), false).unwrap();
        all.invoiced(&invoice);
        let found = [&all, &all.before[0], &all.before[1]].map(Billed::invoice);
        assert_eq!(found, [Some(invoice.id()), Some(invoice.id()), Some(&id(7))]);
        assert_eq!(all.without(invoice.id()).invoice(), Some(&id(7)));
    }

    #[test]
    fn a_line_that_counts_again_is_the_basis_of_the_next_change() {
        for (fixed, net) in [(0, 2100), (310, 1890)] {
            let mut old = billed(1, Some(1));
            (old.fixed, old.carried) = (Atoms::new(fixed), Some(Atoms::new(fixed)));
            old.net = Atoms::new(3100 - fixed);
            let basis = old.basis().unwrap();
            let id = "ii_prod_0000000000000009".parse().unwrap();
            let line = InvoiceItem::new(id, "Again".to_owned(), 1, Atoms::new(net));
            let again = old.counted_again(&line, Fraction::of_seconds(21, 31)).unwrap();
            assert_eq!((again.basis().unwrap(), again.fixed().get()), (basis, fixed));
            assert_eq!((again.line(), again.invoice(), depth(&again)), (Some(&line.id), None, 1));
        }
    }
}
