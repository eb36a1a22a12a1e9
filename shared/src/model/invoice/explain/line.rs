//! The sums of a line.

use super::{LineExplanation, Sum, SumOf, Term, number, text};
use crate::{
    base::money::{Atoms, Currency, Decimal, Overflow, rounded},
    model::{
        billing::{levied::sum_of, proration::Fraction},
        invoice::{Calculation, InvoiceItem, LineDiscount, Part, Rounding, TierPart},
    },
};

impl Part {
    fn of(self, amount: Decimal) -> Term {
        Term::product([amount, number(self.seconds)]).over(number(self.of_seconds))
    }

    /// The same part of each of these, the price of one before their number.
    fn of_terms(self, terms: &[Term]) -> Vec<Term> {
        let of_term = |term: &Term| {
            let factors = term.factors.iter().rev().copied();
            Term::product(factors.chain([number(self.seconds)])).over(number(self.of_seconds))
        };
        terms.iter().map(of_term).collect()
    }

    fn fraction(self) -> Fraction {
        Fraction::of_seconds(self.seconds, self.of_seconds)
    }
}

/// What prices come to, in units of 10⁻¹²; none, where a quantity has a fraction.
fn exact(terms: &[Term]) -> Option<i128> {
    let of_term = |term: &Term| match term.factors.as_slice() {
        [one] => Some(one.scaled()),
        [quantity, unit] => {
            unit.scaled().checked_mul(i128::from(quantity.atoms().map(Atoms::get)?))
        }
        _ => None,
    };
    terms.iter().try_fold(0_i128, |sum, term| sum.checked_add(of_term(term)?))
}

impl InvoiceItem {
    /// The line's amount and its discount, each as sums.
    pub(super) fn explained(&self, currency: Currency) -> Result<LineExplanation, Overflow> {
        let mut sums = Vec::new();
        let amount = match &self.calculation {
            Some(calculation) if self.credit_of.is_some() || !calculation.is_priced() => {
                self.gives_back(calculation, &mut sums)?;
                true
            }
            Some(calculation) => self.priced(calculation, &mut sums)?,
            None => self.given(&mut sums)?,
        };
        let discount = self.reduced(&mut sums)?;
        for sum in &mut sums {
            sum.text = text::of(sum, currency);
        }
        Ok(LineExplanation {
            invoice_item_id: self.id.clone(),
            name: self.name.clone(),
            complete: amount && discount,
            sums,
        })
    }

    /// A line that says nothing of how its amount came about. What has no price was given its amount, or
    /// says where a credit went; an older line is so many at one amount, where that is what it comes to.
    fn given(&self, sums: &mut Vec<Sum>) -> Result<bool, Overflow> {
        let times = |unit: Atoms| {
            let term = Term::product([number(self.quantity), Decimal::from_atoms(unit)]);
            let product = Decimal::from_atoms(unit).times(self.quantity).ok();
            (term, product == Some(self.amount_atom))
        };
        match self.unit_amount_atom.map(times) {
            Some((term, true)) => {
                sums.push(Sum::new(SumOf::Amount, vec![term], self.amount_atom));
                Ok(true)
            }
            Some((_, false)) | None => {
                sums.push(Sum::stated(SumOf::Amount, self.amount_atom));
                Ok(self.settles || (self.price_id.is_none() && self.credit_of.is_none()))
            }
        }
    }

    /// A line whose quantity has a price. False, where that has more tiers than are kept.
    fn priced(&self, one: &Calculation, sums: &mut Vec<Sum>) -> Result<bool, Overflow> {
        let full = one.full_amount_atom;
        let terms = one.price_terms(sums)?;
        let known = terms.is_some();
        sums.push(match terms.clone() {
            Some(terms) => {
                let sum = Sum::new(SumOf::Price, terms, full).rounded(Rounding::HalfDown);
                match (one.least_amount_atom, one.most_amount_atom) {
                    (Some(least), _) => sum.at_least(least),
                    (None, Some(most)) => sum.at_most(most),
                    (None, None) => sum,
                }
            }
            None => Sum::stated(SumOf::Price, full),
        });
        let mut amount = full;
        if !one.earlier_amount_atom.is_zero() {
            let earlier = Term::one(one.earlier_amount_atom.negated()?);
            let rest = full.minus(one.earlier_amount_atom)?.max(Atoms::ZERO);
            let sum = Sum::new(SumOf::Rest, vec![Term::one(full), earlier], rest);
            sums.push(sum.at_least(Atoms::ZERO));
            amount = rest;
        }
        sums.push(match one.part {
            Some(part) => self.part_of_price(one, part, amount, terms)?,
            None => Sum::new(SumOf::Amount, vec![Term::one(amount)], self.amount_atom),
        });
        Ok(known)
    }

    /// The amount, where that is for a part of a period in which a whole one costs `amount`. Of a price with
    /// a fraction it is rounded once; a line of before that was rounded for the whole period first.
    fn part_of_price(
        &self,
        one: &Calculation,
        part: Part,
        amount: Atoms,
        terms: Option<Vec<Term>>,
    ) -> Result<Sum, Overflow> {
        let (seconds, whole) = (i128::from(part.seconds), i128::from(part.of_seconds));
        let of_rounded = round(i128::from(amount.get()) * seconds, whole, one.rounding)?;
        let terms = match (terms, of_rounded == self.amount_atom) {
            (_, true) => vec![part.of(Decimal::from_atoms(amount))],
            (Some(terms), false) => part.of_terms(&terms),
            (None, false) => return Ok(Sum::stated(SumOf::Amount, self.amount_atom)),
        };
        Ok(Sum::new(SumOf::Amount, terms, self.amount_atom).rounded(one.rounding))
    }

    /// A credit: the part of what was billed that is left, less what was given back before, at most what
    /// was paid or is open, and without the tax that goes back with it.
    fn gives_back(&self, one: &Calculation, sums: &mut Vec<Sum>) -> Result<(), Overflow> {
        let mut value = one.full_amount_atom;
        if let Some(part) = one.part {
            let terms = vec![part.of(Decimal::from_atoms(value))];
            let (seconds, whole) = (i128::from(part.seconds), i128::from(part.of_seconds));
            value = round(i128::from(value.get()) * seconds, whole, one.rounding)?;
            sums.push(Sum::new(SumOf::Part, terms, value).rounded(one.rounding));
        }
        if !one.earlier_amount_atom.is_zero() {
            let terms = vec![Term::one(value), Term::one(one.earlier_amount_atom)];
            value = value.plus(one.earlier_amount_atom)?.min(Atoms::ZERO);
            sums.push(Sum::new(SumOf::Rest, terms, value).at_most(Atoms::ZERO));
        }
        if let Some(most) = one.most_amount_atom {
            let (terms, least) = (vec![Term::one(value)], most.negated()?);
            value = value.max(least);
            sums.push(Sum::new(SumOf::Rest, terms, value).at_least(least));
        }
        let mut terms = vec![Term::one(value)];
        let of_another = self.credit_of.as_ref().is_some_and(|of| of.invoice_id.is_some());
        let tax = sum_of(&self.taxes, false)?;
        if of_another && !tax.is_zero() {
            terms.push(Term::one(tax.negated()?));
        }
        sums.push(Sum::new(SumOf::Amount, terms, self.amount_atom));
        Ok(())
    }

    /// The line's discount, where it has one. False, where it is only known how much.
    fn reduced(&self, sums: &mut Vec<Sum>) -> Result<bool, Overflow> {
        if self.discount_amount_atom.is_zero() {
            return Ok(true);
        }
        let Some(discount) = &self.discount else {
            sums.push(Sum::stated(SumOf::Discount, self.discount_amount_atom));
            return Ok(false);
        };
        let carried = self.carried(discount, sums)?;
        let mut terms = Vec::new();
        if !carried.is_zero() {
            terms.push(Term::one(carried));
        }
        if let Some(share) = discount.share(self.charged().minus(carried)?, sums)? {
            terms.push(Term::one(share));
            let rest = self.discount_amount_atom.minus(carried)?.minus(share)?;
            if !rest.is_zero() {
                terms.push(Term::one(rest));
            }
        }
        sums.push(Sum::new(SumOf::Discount, terms, self.discount_amount_atom));
        Ok(true)
    }
}

impl InvoiceItem {
    /// What goes on of an earlier discount, for the part of the period. What is left of the price and the
    /// discount together is rounded; of a line of before that, the discount was by itself.
    fn carried(&self, discount: &LineDiscount, sums: &mut Vec<Sum>) -> Result<Atoms, Overflow> {
        let (whole, charged) = (discount.carried_amount_atom, self.charged());
        if whole.is_zero() {
            return Ok(Atoms::ZERO);
        }
        let one = self.calculation.as_ref();
        let part = one.and_then(|one| one.part);
        let (alone, of_alone) = match part {
            Some(part) => (part.fraction().debit(whole)?, part.of(Decimal::from_atoms(whole))),
            None => (whole, Term::one(whole)),
        };
        let alone = alone.min(charged);
        let terms = match one {
            Some(one) => one.price_terms(&mut Vec::new())?,
            None => None,
        };
        let together = part.zip(terms).filter(|_| alone != self.discount_amount_atom);
        let price = together.as_ref().and_then(|(_, terms)| exact(terms));
        let Some(((part, terms), price)) = together.zip(price) else {
            let sum = Sum::new(SumOf::Carried, vec![of_alone], alone);
            sums.push(sum.rounded(Rounding::HalfDown).at_most(charged));
            return Ok(alone);
        };
        let off = Decimal::from_atoms(whole).scaled();
        let net = part.fraction().debit_exact(price.saturating_sub(off).max(0))?;
        let mut terms = part.of_terms(&terms);
        terms.push(of_alone.negated());
        let sum = Sum::new(SumOf::Part, terms, net).rounded(Rounding::HalfDown);
        sums.push(sum.at_least(Atoms::ZERO));
        let carried = charged.minus(net)?;
        let terms = vec![Term::one(charged), Term::one(net.negated()?)];
        sums.push(Sum::new(SumOf::Carried, terms, carried));
        Ok(carried)
    }
}

impl Calculation {
    /// Whether a price or its tiers are known, or were too many to be kept.
    fn is_priced(&self) -> bool {
        self.unit_amount_decimal.is_some() || self.tiers_mode.is_some()
    }

    /// What the price of the quantity is made of; none, where that is not kept.
    fn price_terms(&self, sums: &mut Vec<Sum>) -> Result<Option<Vec<Term>>, Overflow> {
        let Some(unit) = self.unit_amount_decimal else {
            return Ok(self
                .tiers
                .as_ref()
                .map(|tiers| tiers.iter().flat_map(TierPart::terms).collect()));
        };
        let mut quantity = self.quantity;
        if self.quantity_divisor != 1 {
            let size = i128::from(self.quantity_divisor).checked_mul(Decimal::SCALE);
            let size = size.filter(|size| *size > 0).ok_or(Overflow)?;
            let begun = i128::from(quantity.scaled().rem_euclid(size) != 0);
            let packages = quantity.scaled().div_euclid(size) + begun;
            let packages = i64::try_from(packages).map_err(|_| Overflow)?;
            let terms = vec![Term::product([quantity]).over(number(self.quantity_divisor))];
            let sum = Sum::new(SumOf::Packages, terms, Atoms::new(packages));
            sums.push(sum.rounded(Rounding::Up));
            quantity = number(packages);
        }
        Ok(Some(vec![Term::product([quantity, unit])]))
    }
}

impl TierPart {
    fn terms(&self) -> Vec<Term> {
        let mut terms = vec![Term::product([self.quantity, self.unit_amount_decimal])];
        if !self.flat_amount_atom.is_zero() {
            terms.push(Term::one(self.flat_amount_atom));
        }
        terms
    }
}

impl LineDiscount {
    /// The line's share, rounded down, of what is taken off all lines together.
    fn share(&self, own: Atoms, sums: &mut Vec<Sum>) -> Result<Option<Atoms>, Overflow> {
        let (of, whole) = (self.of_amount_atom, self.whole_amount_atom);
        let sum = match (self.percent, self.fixed_amount_atom) {
            (Some(percent), _) => {
                let term = Term::product([Decimal::from_atoms(of), number(percent)]);
                let sum = Sum::new(SumOf::WholeDiscount, vec![term.over(number(100))], whole);
                sum.rounded(Rounding::HalfDown)
            }
            (None, Some(fixed)) => {
                let sum = Sum::new(SumOf::WholeDiscount, vec![Term::one(fixed)], whole);
                if whole < fixed { sum.at_most(whole) } else { sum }
            }
            (None, None) => return Ok(None),
        };
        sums.push(sum);
        let product = i128::from(whole.get()) * i128::from(own.get());
        let share = product.checked_div_euclid(i128::from(of.get())).unwrap_or(0);
        let share = i64::try_from(share).map(Atoms::new).map_err(|_| Overflow)?;
        let [whole, own, of] = [whole, own, of].map(Decimal::from_atoms);
        let term = Term::product([whole, own]).over(of);
        sums.push(Sum::new(SumOf::Share, vec![term], share).rounded(Rounding::Down));
        Ok(Some(share))
    }
}

/// `numerator / denominator` as a whole amount.
fn round(numerator: i128, denominator: i128, rounding: Rounding) -> Result<Atoms, Overflow> {
    match rounding {
        Rounding::HalfUp => rounded(-numerator, denominator)?.negated(),
        Rounding::Exact
        | Rounding::HalfDown
        | Rounding::HalfAway
        | Rounding::Down
        | Rounding::Up => rounded(numerator, denominator),
    }
}
