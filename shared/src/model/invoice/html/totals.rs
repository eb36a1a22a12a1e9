//! The totals below the lines.

use super::{
    super::{Credited, InvoiceItem, taxes::by_rate},
    lines::Pen,
};
use crate::{
    base::money::{Atoms, Overflow},
    model::{billing::levied::LineTax, words::said},
};

/// A row of the totals.
pub(crate) struct Total {
    pub(crate) name: String,
    pub(crate) amount: String,
    pub(crate) strong: bool,
}

impl Total {
    pub(super) fn of(name: String, amount: String, strong: bool) -> Self {
        Self { name, amount, strong }
    }
}

/// The sum of lines, their discounts where there are any, and their taxes.
pub(super) fn up_to_total(
    items: &[InvoiceItem],
    (subtotal, discount): (Atoms, Atoms),
    pen: Pen<'_>,
) -> Result<Vec<Total>, Overflow> {
    let common = pen.locale.words();
    let mut totals = vec![Total::of(common.subtotal.to_owned(), pen.amount(subtotal), false)];
    if !discount.is_zero() {
        let below = pen.amount(discount.negated()?);
        totals.push(Total::of(common.discount.to_owned(), below, false));
    }
    let rates = by_rate(items)?;
    let of_rate = |tax: &LineTax| Total::of(tax_row(tax, pen), pen.amount(tax.amount_atom), false);
    totals.extend(rates.iter().map(of_rate));
    Ok(totals)
}

/// From the sum of the lines of a credit note to what it comes to.
pub(super) fn credit_totals(note: &Credited<'_>, pen: Pen<'_>) -> Result<Vec<Total>, Overflow> {
    let subtotal = Atoms::sum(note.items.iter().map(|item| item.amount_atom))?;
    let discount = Atoms::sum(note.items.iter().map(|item| item.discount_amount_atom))?;
    let mut totals = up_to_total(&note.items, (subtotal, discount), pen)?;
    totals.push(Total::of(pen.words().total.to_owned(), pen.amount(note.amount), true));
    Ok(totals)
}

/// What a tax is called in the totals: its name, its rate, and what it is on.
fn tax_row(tax: &LineTax, pen: Pen<'_>) -> String {
    let words = pen.words();
    let (percent, amount) =
        (pen.locale.number(tax.percentage), pen.amount(tax.taxable_amount_atom));
    let filled = [("name", &*tax.display_name), ("percent", &percent), ("amount", &amount)];
    said(if tax.inclusive { words.tax_inside } else { words.tax }, &filled)
}
