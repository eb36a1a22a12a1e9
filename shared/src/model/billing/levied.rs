//! The taxes of several lines, each of which may have several: by rate, on the sum of those that have it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tax::{Base, Levy};
use crate::base::{
    id::TaxRateId,
    money::{Atoms, Decimal, Overflow},
};

/// One tax on a line; of an invoice, on all lines that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct LineTax {
    /// The rate.
    pub tax_rate_id: TaxRateId,
    /// What it was called when the line was made.
    pub display_name: String,
    /// In percent.
    pub percentage: Decimal,
    /// Whether the amounts of the line have the tax in them. Else it is added to them.
    pub inclusive: bool,
    /// What the tax is on: the amount after discount, without any tax.
    pub taxable_amount_atom: Atoms,
    /// The tax; negative for a credit.
    pub amount_atom: Atoms,
}

impl LineTax {
    /// A tax that is not computed yet.
    pub fn new(id: TaxRateId, name: String, percentage: Decimal, inclusive: bool) -> Self {
        Self {
            tax_rate_id: id,
            display_name: name,
            percentage,
            inclusive,
            taxable_amount_atom: Atoms::ZERO,
            amount_atom: Atoms::ZERO,
        }
    }

    fn not_computed(mut self) -> Self {
        (self.taxable_amount_atom, self.amount_atom) = (Atoms::ZERO, Atoms::ZERO);
        self
    }
}

/// The taxes of a line that is going to be made.
pub(crate) fn not_computed(taxes: &[LineTax]) -> Vec<LineTax> {
    taxes.iter().cloned().map(LineTax::not_computed).collect()
}

/// What of some taxes is added to amounts, or what of them amounts have in them.
pub(crate) fn sum_of(taxes: &[LineTax], inclusive: bool) -> Result<Atoms, Overflow> {
    let of = taxes.iter().filter(|tax| tax.inclusive == inclusive);
    Atoms::sum(of.map(|tax| tax.amount_atom))
}

/// What a line is to the taxes on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It may take what rounding leaves over.
    Open,
    /// It may not.
    Closed,
    /// Its taxes are settled.
    Settled,
    /// It gives back of the line at this place.
    Credit(usize),
}

/// The taxes of lines, given what each is after discount: in the order of their lists.
pub(crate) fn levied(lines: &[(Standing, Atoms, &[LineTax])]) -> Result<Vec<Vec<Atoms>>, Overflow> {
    let mut amounts: Vec<Vec<Atoms>> =
        lines.iter().map(|(_, _, taxes)| vec![Atoms::ZERO; taxes.len()]).collect();
    let mut rates: Vec<(TaxRateId, Levy)> = Vec::new();
    for (_, _, taxes) in lines {
        for tax in *taxes {
            let rate = (tax.tax_rate_id.clone(), levy(tax, taxes)?);
            if !rates.contains(&rate) {
                rates.push(rate);
            }
        }
    }
    for (id, rate) in rates {
        let (mut places, mut bases) = (Vec::new(), Vec::new());
        let mut credits = Vec::new();
        for (line, (standing, net, taxes)) in lines.iter().enumerate() {
            for (place, tax) in taxes.iter().enumerate().filter(|(_, tax)| tax.tax_rate_id == id) {
                if levy(tax, taxes)? != rate {
                    continue;
                }
                places.push((line, place));
                bases.push(match standing {
                    Standing::Open => Base::Open(*net),
                    Standing::Closed => Base::Closed(*net),
                    Standing::Settled => Base::Settled(*net, tax.amount_atom),
                    Standing::Credit(of) => {
                        credits.push((bases.len(), *net, *of));
                        Base::Closed(*net)
                    }
                });
            }
        }
        for (base, net, of) in credits {
            let own = places.iter().position(|(line, _)| *line == of);
            if let Some((base, own)) = bases.get_mut(base).zip(own) {
                *base = Base::Credit(net, own);
            }
        }
        for ((line, place), share) in places.into_iter().zip(rate.shares(&bases)?) {
            if let Some(amount) = amounts.get_mut(line).and_then(|line| line.get_mut(place)) {
                *amount = share;
            }
        }
    }
    Ok(amounts)
}

/// One of a line's taxes as it is computed.
fn levy(tax: &LineTax, taxes: &[LineTax]) -> Result<Levy, Overflow> {
    let mut inside = taxes.iter().filter(|tax| tax.inclusive).map(|tax| tax.percentage);
    let contained = match tax.inclusive {
        true => Some(inside.try_fold(Decimal::default(), Decimal::plus)?),
        false => None,
    };
    Ok(Levy { rate: tax.percentage, contained })
}
