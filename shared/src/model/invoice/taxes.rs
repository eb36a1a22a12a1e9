//! The taxes of an invoice's lines.
//!
//! A line keeps its rates as they were when it was made. As long as the invoice is a draft, each rate is
//! computed on the sum of the lines that have it, and shared out over them (`billing::tax`). Two kinds of
//! lines are not part of that: a credit for a line of another invoice takes back what that line was
//! taxed, at its rate and its share; and a line that says where a credit went has no tax.
//!
//! A line that waits for its invoice has its rates, and no amounts of tax yet: what is credited of it
//! meanwhile is counted before tax.

use super::InvoiceItem;
use crate::{
    base::{
        id::InvoiceItemId,
        money::{Atoms, Overflow},
    },
    model::billing::{
        levied::{LineTax, Standing, levied, not_computed, sum_of},
        tax::part,
    },
};

impl InvoiceItem {
    /// The line with these taxes, which are not computed yet.
    pub(crate) fn taxed(mut self, taxes: &[LineTax]) -> Self {
        self.taxes = not_computed(taxes);
        self
    }

    /// The tax that is added to it.
    pub(crate) fn added_tax(&self) -> Result<Atoms, Overflow> {
        sum_of(&self.taxes, false)
    }

    /// What was taken off it or given back of it.
    pub(crate) fn gone(&self) -> Result<Atoms, Overflow> {
        self.reduced_amount_atom.plus(self.given_back_amount_atom)
    }

    /// Whether its taxes follow from its amount.
    fn is_assessed(&self) -> bool {
        let of_another = self.credit_of.as_ref().is_some_and(|of| of.invoice_id.is_some());
        !self.settles && !of_another
    }

    /// The line as a credit of `amount`, tax included, for a line of another invoice: one that came to
    /// `whole` with `taxes` in it, of which `before` was gone already.
    pub(crate) fn crediting(
        mut self,
        taxes: &[LineTax],
        whole: Atoms,
        (before, amount): (Atoms, Atoms),
    ) -> Result<Self, Overflow> {
        self.taxes = not_computed(taxes);
        for (own, tax) in self.taxes.iter_mut().zip(taxes) {
            own.amount_atom = part(tax.amount_atom, whole, before, amount)?.negated()?;
        }
        self.amount_atom = amount.negated()?.minus(sum_of(&self.taxes, false)?)?;
        self.with_tax_summed()
    }

    /// The line, whose taxes have their amounts, with what follows from them.
    fn with_tax_summed(mut self) -> Result<Self, Overflow> {
        let taxable = self.net()?.minus(sum_of(&self.taxes, true)?)?;
        for tax in &mut self.taxes {
            tax.taxable_amount_atom = taxable;
        }
        self.tax_amount_atom = Atoms::sum(self.taxes.iter().map(|tax| tax.amount_atom))?;
        Ok(self)
    }

    /// Whether its taxes are those of its amount after discount as it is.
    fn is_computed(&self) -> Result<bool, Overflow> {
        let (net, inside) = (self.net()?, sum_of(&self.taxes, true)?);
        let taxable = net.minus(inside)?;
        Ok(self.taxes.iter().all(|tax| tax.taxable_amount_atom == taxable))
    }
}

/// What the credits among `items` give back of the line `id`, which is among them too; none where none
/// does.
fn credited_here(items: &[InvoiceItem], id: &InvoiceItemId) -> Result<Option<Atoms>, Overflow> {
    let of = |item: &&InvoiceItem| {
        let of = item.credit_of.as_ref().filter(|_| !item.settles);
        of.is_some_and(|of| of.invoice_id.is_none() && of.invoice_item_id == *id)
    };
    let totals: Vec<Atoms> =
        items.iter().filter(of).map(InvoiceItem::total).collect::<Result<_, _>>()?;
    if totals.is_empty() {
        return Ok(None);
    }
    Atoms::sum(totals)?.negated().map(Some)
}

/// Says of lines that have taxes and are credited among `items` what that gives back of them.
fn with_own_credits(items: &mut [InvoiceItem]) -> Result<(), Overflow> {
    for index in 0..items.len() {
        let Some(item) = items.get(index) else { continue };
        if item.taxes.is_empty() || item.settles || item.credit_of.is_some() {
            continue;
        }
        let given = credited_here(items, &item.id)?;
        if let Some((given, item)) = given.zip(items.get_mut(index)) {
            item.given_back_amount_atom = given;
        }
    }
    Ok(())
}

/// Computes the taxes of the lines of a draft. Done again, it changes nothing.
pub(crate) fn assess(items: &mut [InvoiceItem]) -> Result<(), Overflow> {
    if items.iter().all(|item| item.taxes.is_empty()) {
        return Ok(());
    }
    let mut lines = Vec::new();
    for item in items.iter() {
        let own = credited_here(items, &item.id)?.is_some();
        let here = item.credit_of.as_ref().filter(|of| of.invoice_id.is_none());
        let of = here.and_then(|of| items.iter().position(|one| one.id == of.invoice_item_id));
        let standing = match (item.credit_of.is_some() || own, item.gone()?.is_zero()) {
            (false, true) => Standing::Open,
            // What was credited of it was counted with its tax.
            (false, false) if item.is_computed()? => Standing::Settled,
            (true, _) | (false, false) => Standing::Closed,
        };
        let standing = of.map_or(standing, Standing::Credit);
        let taxes: &[LineTax] = if item.is_assessed() { &item.taxes } else { &[] };
        lines.push((standing, item.net()?, taxes));
    }
    let amounts = levied(&lines)?;
    for (item, amounts) in items.iter_mut().zip(amounts).filter(|(item, _)| item.is_assessed()) {
        for (tax, amount) in item.taxes.iter_mut().zip(amounts) {
            tax.amount_atom = amount;
        }
        *item = item.clone().with_tax_summed()?;
    }
    with_own_credits(items)
}

/// Lines that wait for an invoice: the taxes that follow from it are not computed yet.
pub(crate) fn waiting(mut items: Vec<InvoiceItem>) -> Result<Vec<InvoiceItem>, Overflow> {
    if items.iter().all(|item| item.taxes.is_empty()) {
        return Ok(items);
    }
    for item in items.iter_mut().filter(|item| item.is_assessed()) {
        item.taxes = not_computed(&item.taxes);
        item.tax_amount_atom = Atoms::ZERO;
    }
    with_own_credits(&mut items)?;
    Ok(items)
}

/// The taxes of lines by rate, in the order in which the rates first come.
pub(crate) fn by_rate(items: &[InvoiceItem]) -> Result<Vec<LineTax>, Overflow> {
    let mut rates: Vec<LineTax> = Vec::new();
    for tax in items.iter().flat_map(|item| &item.taxes) {
        let same = |rate: &&mut LineTax| {
            rate.tax_rate_id == tax.tax_rate_id && rate.inclusive == tax.inclusive
        };
        match rates.iter_mut().find(same) {
            Some(rate) => {
                rate.taxable_amount_atom =
                    rate.taxable_amount_atom.plus(tax.taxable_amount_atom)?;
                rate.amount_atom = rate.amount_atom.plus(tax.amount_atom)?;
            }
            None => rates.push(tax.clone()),
        }
    }
    Ok(rates)
}

#[cfg(test)]
mod tests;
