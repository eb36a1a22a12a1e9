//! The sums of an invoice: from its lines to what is due.

use super::{Sum, SumOf, Term, number};
use crate::{
    base::money::{Atoms, Decimal, Overflow, rounded_by_size},
    model::{
        billing::levied::LineTax,
        invoice::{Invoice, InvoiceItem, InvoiceState, Rounding, taxes::by_rate},
    },
};

/// A rate as it counts on some lines: on what of them, and what was taken back of other invoices.
struct Rate<'a> {
    tax: &'a LineTax,
    /// What all rates that are in the amounts come to, in percent; none, where the tax is added.
    contained: Option<Decimal>,
    nets: Vec<Atoms>,
    taken_back: Vec<Atoms>,
}

fn terms(amounts: impl IntoIterator<Item = Atoms>) -> Vec<Term> {
    let some: Vec<Atoms> = amounts.into_iter().filter(|amount| !amount.is_zero()).collect();
    match some.is_empty() {
        true => vec![Term::one(Atoms::ZERO)],
        false => some.into_iter().map(Term::one).collect(),
    }
}

impl Invoice {
    /// From the sum of the lines to what is left to be paid.
    pub(super) fn sums(&self) -> Result<Vec<Sum>, Overflow> {
        let of = |amount: fn(&InvoiceItem) -> Atoms| terms(self.items.iter().map(amount));
        let (subtotal, discount) = (self.subtotal_amount_atom, self.discount_amount_atom);
        let mut sums = vec![
            Sum::new(SumOf::Subtotal, of(|item| item.amount_atom), subtotal),
            Sum::new(SumOf::Discount, of(|item| item.discount_amount_atom), discount),
        ];
        for rate in self.rates()? {
            sums.extend(rate.sums()?);
        }
        let rates = by_rate(&self.items)?;
        let all = terms(rates.iter().map(|tax| tax.amount_atom));
        sums.push(Sum::new(SumOf::Tax, all, self.tax_amount_atom));
        let added = rates.iter().filter(|tax| !tax.inclusive).map(|tax| tax.amount_atom);
        let before = [subtotal, discount.negated()?];
        let total = self.total_amount_atom;
        sums.push(Sum::new(SumOf::Total, terms(before.into_iter().chain(added)), total));
        let settled =
            [self.credit_applied_amount_atom, self.reduced_amount_atom, self.paid_amount_atom];
        let settled: Vec<Atoms> =
            settled.into_iter().map(Atoms::negated).collect::<Result<_, _>>()?;
        let due = match self.state {
            InvoiceState::Void => Sum::stated(SumOf::Due, Atoms::ZERO),
            _ => {
                let all = terms([total].into_iter().chain(settled));
                Sum::new(SumOf::Due, all, self.due_amount_atom).at_least(Atoms::ZERO)
            }
        };
        sums.push(due);
        Ok(sums)
    }

    /// The rates on the lines, in the order in which they first come.
    fn rates(&self) -> Result<Vec<Rate<'_>>, Overflow> {
        let mut rates: Vec<Rate<'_>> = Vec::new();
        for item in &self.items {
            let of_another = item.credit_of.as_ref().is_some_and(|of| of.invoice_id.is_some());
            for tax in &item.taxes {
                let inside = item.taxes.iter().filter(|tax| tax.inclusive);
                let sum =
                    || inside.map(|tax| tax.percentage).try_fold(Decimal::default(), Decimal::plus);
                let contained = if tax.inclusive { Some(sum()?) } else { None };
                let same = |rate: &Rate<'_>| {
                    rate.tax.tax_rate_id == tax.tax_rate_id
                        && rate.tax.percentage == tax.percentage
                        && rate.contained == contained
                };
                let place = match rates.iter().position(same) {
                    Some(place) => place,
                    None => {
                        let (nets, taken_back) = (Vec::new(), Vec::new());
                        rates.push(Rate { tax, contained, nets, taken_back });
                        rates.len().saturating_sub(1)
                    }
                };
                let Some(rate) = rates.get_mut(place) else { continue };
                match of_another {
                    true => rate.taken_back.push(tax.amount_atom),
                    false => rate.nets.push(item.net()?),
                }
            }
        }
        Ok(rates)
    }
}

impl Rate<'_> {
    /// The tax on the lines together, and with what credits for lines of other invoices take back.
    fn sums(&self) -> Result<Vec<Sum>, Overflow> {
        let mut sums = Vec::new();
        let base = Decimal::plus(number(100), self.contained.unwrap_or_default())?;
        let net = Atoms::sum(self.nets.iter().copied())?;
        let taxed = self.tax.percentage.scaled_times(net.get())?;
        let tax = rounded_by_size(taxed, base.scaled())?;
        let term = Term::product([Decimal::from_atoms(net), self.tax.percentage]).over(base);
        let sum = Sum::new(SumOf::TaxOfRate, vec![term], tax).rounded(Rounding::HalfAway);
        sums.push(sum);
        if !self.taken_back.is_empty() {
            let all = [tax].into_iter().chain(self.taken_back.iter().copied());
            let (all, whole) = (all.clone(), Atoms::sum(all)?);
            sums.push(Sum::new(SumOf::TaxOfRate, terms(all), whole));
        }
        for sum in &mut sums {
            sum.tax_rate_id = Some(self.tax.tax_rate_id.clone());
        }
        Ok(sums)
    }
}
