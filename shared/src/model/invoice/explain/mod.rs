//! Every amount of an invoice as a sum that a person can follow, and a program can compute again.
//!
//! A *sum* is terms added up, each of which is factors multiplied and divided by one number; then it is
//! rounded as it says, and kept between two bounds where it has some. The numbers of a sum are either
//! facts (a quantity, a price, the seconds of a period) or results of sums before it. All of them are
//! exact, and amounts of money are in the currency's smallest unit.
//!
//! | file | what |
//! |---|---|
//! | `line` | the sums of a line, from its quantity to its amount, and its discount |
//! | `whole` | those of the invoice: subtotal, discounts, tax by rate, total, what is due |
//! | `text` | a sum in words |

mod line;
mod text;
mod whole;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Invoice, Rounding};
use crate::{
    base::{
        error::Error,
        id::{InvoiceItemId, TaxRateId},
        input::choice,
        money::{Atoms, Decimal},
    },
    model::entity::{Item, decode},
};

choice! {
    /// What a sum comes to.
    pub enum SumOf {
        /// How many packages are begun.
        Packages = "packages",
        /// What the quantity costs.
        Price = "price",
        /// What is left of that after what earlier lines billed of it, or gave back.
        Rest = "rest",
        /// The part of that for the part of the period.
        Part = "part",
        /// The amount of a line.
        Amount = "amount",
        /// What of an earlier discount goes on for the part of the period.
        Carried = "carried",
        /// What a discount takes off several lines together.
        WholeDiscount = "whole_discount",
        /// The share of a line in that.
        Share = "share",
        /// The discount of a line; of the invoice, of all of them.
        Discount = "discount",
        /// All lines together.
        Subtotal = "subtotal",
        /// A tax on the lines that have it together.
        TaxOfRate = "tax_of_rate",
        /// All taxes.
        Tax = "tax",
        /// What the invoice comes to.
        Total = "total",
        /// What is left to be paid.
        Due = "due",
    }
}

/// Every amount of an invoice, as a sum.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// Whether all of it is explained: not, where a line was stored before it was kept how its amount
    /// came about, or has more tiers than are kept.
    pub complete: bool,
    /// The lines, in their order.
    pub lines: Vec<LineExplanation>,
    /// The sums of the invoice, in the order in which they are made.
    pub sums: Vec<Sum>,
}

/// The sums of a line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LineExplanation {
    /// The line.
    pub invoice_item_id: InvoiceItemId,
    /// What it is called.
    pub name: String,
    /// Whether its amount and its discount are explained, and not only stated.
    pub complete: bool,
    /// Its sums, in the order in which they are made; the last one of `amount` is its amount.
    pub sums: Vec<Sum>,
}

/// One sum.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sum {
    /// What it comes to.
    pub of: SumOf,
    /// Of a tax: the rate.
    pub tax_rate_id: Option<TaxRateId>,
    /// What is added up.
    pub terms: Vec<Term>,
    /// How that becomes a whole number.
    pub rounding: Rounding,
    /// What it is at least.
    pub at_least: Option<Decimal>,
    /// What it is at most.
    pub at_most: Option<Decimal>,
    /// What it comes to; an amount in the smallest unit, but for packages.
    pub result: Decimal,
    /// The same in words.
    pub text: String,
}

/// A product, divided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Term {
    /// What is multiplied.
    pub factors: Vec<Decimal>,
    /// What that is divided by; null for 1.
    pub divided_by: Option<Decimal>,
}

impl Term {
    fn one(amount: Atoms) -> Self {
        Self::product([Decimal::from_atoms(amount)])
    }

    fn product(factors: impl IntoIterator<Item = Decimal>) -> Self {
        Self { factors: factors.into_iter().collect(), divided_by: None }
    }

    /// The same, with the other sign at its first factor.
    fn negated(&self) -> Self {
        let mut term = self.clone();
        if let Some(first) = term.factors.first_mut() {
            *first = Decimal::from_scaled(first.scaled().saturating_neg());
        }
        term
    }

    fn over(self, divided_by: Decimal) -> Self {
        Self { divided_by: Some(divided_by), ..self }
    }
}

impl Sum {
    fn new(of: SumOf, terms: Vec<Term>, result: Atoms) -> Self {
        Self {
            of,
            tax_rate_id: None,
            terms,
            rounding: Rounding::Exact,
            at_least: None,
            at_most: None,
            result: Decimal::from_atoms(result),
            text: String::new(),
        }
    }

    /// An amount that is not computed here.
    fn stated(of: SumOf, amount: Atoms) -> Self {
        Self::new(of, vec![Term::one(amount)], amount)
    }

    fn rounded(self, rounding: Rounding) -> Self {
        Self { rounding, ..self }
    }

    fn at_least(self, bound: Atoms) -> Self {
        Self { at_least: Some(Decimal::from_atoms(bound)), ..self }
    }

    fn at_most(self, bound: Atoms) -> Self {
        Self { at_most: Some(Decimal::from_atoms(bound)), ..self }
    }
}

/// A whole number.
fn number(number: i64) -> Decimal {
    Decimal::from_atoms(Atoms::new(number))
}

impl Invoice {
    /// Every amount as a sum.
    pub fn explained(&self) -> Result<Explanation, Error> {
        let lines: Vec<LineExplanation> = self
            .items
            .iter()
            .map(|item| item.explained(self.currency))
            .collect::<Result<_, _>>()?;
        let mut sums = self.sums()?;
        for sum in &mut sums {
            sum.text = text::of(sum, self.currency);
        }
        Ok(Explanation { complete: lines.iter().all(|line| line.complete), lines, sums })
    }
}

/// What is shown as `explanation` beside an invoice.
pub(super) fn explanation_of(object: &Item) -> Result<Value, Error> {
    let explanation = decode::<Invoice>(object.clone())?.explained()?;
    serde_json::to_value(explanation)
        .map_err(|error| Error::Internal(format!("an explanation: {error}")))
}
