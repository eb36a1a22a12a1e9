//! The lines of the document, the tax of each, and what they come to.
//!
//! The norm has amounts of lines after discount and without tax, one tax for each line, and prices that are
//! not negative. So what is credited has a negative quantity, what has its tax in it is taken out of it,
//! and a line whose quantity times its price is not its amount is one of its amount.

use jiff::tz::TimeZone;

use super::{amount, days, noted, overflow, subject::Subject};
use crate::{
    base::{
        error::Error,
        input::Faults,
        money::{Atoms, Currency, Decimal, Overflow, rounded_by_size},
    },
    model::{
        billing::{cycle::Period, levied::sum_of},
        invoice::InvoiceItem,
        tax_rate::TaxExempt,
    },
};

/// The kind of a tax, by UNTDID 5305, and its rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Category {
    pub(super) code: &'static str,
    /// In percent; none, where there is no tax to have one.
    pub(super) percent: Option<Decimal>,
}

/// A line.
#[derive(Debug)]
pub(super) struct Line {
    /// How many, where the quantity does not say it.
    pub(super) note: Option<String>,
    pub(super) quantity: Decimal,
    /// Quantity × price − discount.
    pub(super) amount: Atoms,
    pub(super) period: Option<(String, String)>,
    pub(super) discount: Option<Atoms>,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) category: Category,
    pub(super) price: Atoms,
}

/// What there is of one kind of tax.
#[derive(Debug)]
pub(super) struct Breakdown {
    pub(super) category: Category,
    pub(super) taxable: Atoms,
    pub(super) tax: Atoms,
}

/// What the document comes to.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) lines: Atoms,
    pub(super) tax: Atoms,
    pub(super) with_tax: Atoms,
    /// What was paid of it when it became final: from the credit balance, or by what it gives back.
    pub(super) prepaid: Atoms,
    pub(super) payable: Atoms,
}

/// What is taken from an invoice into the document.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) lines: Vec<Line>,
    pub(super) taxes: Vec<Breakdown>,
    pub(super) sums: Sums,
}

impl Taken {
    /// Whether no tax is about it at all: then it may not name a VAT number.
    pub(super) fn is_beyond_tax(&self) -> bool {
        self.taxes.iter().any(|one| one.category.code == "O")
    }

    /// The days that the document bills: those of the invoice and of all lines.
    pub(super) fn period(&self, own: Option<Period>, zone: &TimeZone) -> Option<(String, String)> {
        let own = own.map(|own| days(own.start, own.end, zone));
        let all = || own.iter().chain(self.lines.iter().filter_map(|line| line.period.as_ref()));
        let first = all().map(|(first, _)| first).min()?;
        let last = all().map(|(_, last)| last).max()?;
        Some((first.clone(), last.clone()))
    }
}

/// What is in use, and not in the list of the rules, 1.3.16
/// (`findings/en16931-schematron-does-not-know-the-dobra.sh`).
const NOT_LISTED: [&str; 1] = ["stn"];

/// The lines of `subject` and what they come to. `taxable`: whether a tax office knows the seller.
pub(super) fn taken(subject: &Subject<'_>, taxable: bool, zone: &TimeZone) -> Result<Taken, Error> {
    let billed = || subject.items().iter().filter(|item| !item.settles);
    let mut taxes: Vec<Breakdown> = Vec::new();
    let mut lines = Vec::new();
    for item in billed() {
        let line = line(item, category(item, subject.exempt(), taxable), zone)?;
        let mut of_kind = taxes.iter_mut().filter(|one| one.category == line.category);
        match of_kind.next() {
            Some(one) => {
                one.taxable = one.taxable.plus(line.amount)?;
                one.tax = one.tax.plus(item.tax_amount_atom)?;
            }
            None => taxes.push(Breakdown {
                category: line.category.clone(),
                taxable: line.amount,
                tax: item.tax_amount_atom,
            }),
        }
        lines.push(line);
    }
    let sum = Atoms::sum(lines.iter().map(|line| line.amount))?;
    let tax = Atoms::sum(billed().map(|item| item.tax_amount_atom))?;
    let with_tax = sum.plus(tax)?;
    let payable = subject.payable()?;
    let prepaid = with_tax.minus(payable)?;
    Ok(Taken { lines, taxes, sums: Sums { lines: sum, tax, with_tax, prepaid, payable } })
}

/// The tax of a line. Where it has several, the first: `check` refuses it.
fn category(item: &InvoiceItem, exempt: TaxExempt, taxable: bool) -> Category {
    let none = |code| Category { code, percent: Some(Decimal::default()) };
    match (item.taxes.first(), exempt, taxable) {
        (Some(tax), ..) if tax.percentage == Decimal::default() => none("Z"),
        (Some(tax), ..) => Category { code: "S", percent: Some(tax.percentage) },
        (None, TaxExempt::Reverse, _) => none("AE"),
        (None, _, true) => none("E"),
        (None, _, false) => Category { code: "O", percent: None },
    }
}

fn line(item: &InvoiceItem, category: Category, zone: &TimeZone) -> Result<Line, Error> {
    let inside = sum_of(&item.taxes, true)?;
    let amount = item.net()?.minus(inside)?;
    let discount = discount(item)?;
    let before = amount.plus(discount.unwrap_or_default())?;
    let quantity = item.quantity_decimal.unwrap_or(Decimal::from_atoms(Atoms::new(item.quantity)));
    let unit = item.unit_amount_atom.filter(|_| inside.is_zero());
    let exact = unit.filter(|unit| is_product(quantity, *unit, before));
    let (count, price) = match exact {
        Some(unit) => (quantity, size(unit)?),
        None => (Decimal::from_atoms(Atoms::new(1)), size(before)?),
    };
    let note = exact.is_none() && quantity != Decimal::from_atoms(Atoms::new(1));
    Ok(Line {
        note: note.then(|| format!("Quantity: {quantity}")),
        quantity: match before.is_negative() {
            true => Decimal::default().minus(count)?,
            false => count,
        },
        amount,
        period: item.span().map(|span| days(span.start, span.end, zone)),
        discount,
        name: item.name.clone(),
        description: item.description.clone(),
        category,
        price,
    })
}

fn size(amount: Atoms) -> Result<Atoms, Error> {
    if amount.is_negative() { amount.negated().map_err(overflow) } else { Ok(amount) }
}

/// Whether so many at this price are exactly the amount, its sign aside.
fn is_product(quantity: Decimal, unit: Atoms, amount: Atoms) -> bool {
    let product = quantity.scaled().checked_mul(i128::from(unit.get()));
    let whole = i128::from(amount.get()).checked_mul(Decimal::SCALE);
    product
        .zip(whole)
        .is_some_and(|(product, whole)| product.unsigned_abs() == whole.unsigned_abs())
}

/// What the discount takes off the line, without tax.
fn discount(item: &InvoiceItem) -> Result<Option<Atoms>, Overflow> {
    if !item.discount_amount_atom.is_positive() || item.amount_atom.is_negative() {
        return Ok(None);
    }
    let inside = item.taxes.iter().filter(|tax| tax.inclusive);
    let rates = inside.map(|tax| tax.percentage).try_fold(Decimal::default(), Decimal::plus)?;
    let hundred = 100 * Decimal::SCALE;
    let numerator = i128::from(item.discount_amount_atom.get()).checked_mul(hundred);
    rounded_by_size(numerator.ok_or(Overflow)?, hundred + rates.scaled()).map(Some)
}

/// Notes what the norm cannot say of it.
pub(super) fn check(
    subject: &Subject<'_>,
    taken: &Taken,
    faults: &mut Faults,
) -> Result<(), Error> {
    let (noun, currency) = (subject.noun(), subject.currency());
    for (index, item) in subject.items().iter().enumerate() {
        if item.taxes.len() > 1 && !item.settles {
            let hint = "has several taxes, and a line of a European electronic invoice has one";
            let place = index.to_string();
            noted(faults, noun, &["items", &place], "several_taxes", hint);
        }
    }
    if taken.lines.is_empty() {
        noted(faults, noun, &["items"], "no_items", "have none that bills anything");
    }
    if !currency.is_current() || NOT_LISTED.contains(&&*currency.to_string()) {
        let hint = "is no currency of the list by which electronic invoices are checked";
        noted(faults, noun, &["currency"], "unknown_currency", hint);
    }
    let sums = &taken.sums;
    let of_lines = taken.lines.iter().flat_map(|line| [Some(line.amount), line.discount]);
    let of_taxes = taken.taxes.iter().flat_map(|one| [Some(one.taxable), Some(one.tax)]);
    let all = of_lines.chain(of_taxes).chain([Some(sums.prepaid), Some(sums.payable)]);
    if all.flatten().any(|one| amount(one, currency).is_none()) {
        let hint = "has amounts in thousandths here, and a European electronic invoice states them \
                    in hundredths: prices, taxes and discounts have to come to whole hundredths";
        noted(faults, noun, &["currency"], "too_many_decimals", hint);
    }
    for one in taken.taxes.iter().filter(|one| is_off(one, currency)) {
        let rate = one.category.percent.unwrap_or_default();
        let hint = format!(
            "are a whole unit off {rate} % of what they are on, which a European electronic invoice \
             does not allow: its credits were taxed by the shares of their lines"
        );
        noted(faults, noun, &["taxes"], "tax_off", &hint);
    }
    Ok(())
}

/// Whether a tax is a whole unit of the currency, or more, off its rate: what the norm refuses.
fn is_off(one: &Breakdown, currency: Currency) -> bool {
    let hundred = 100 * Decimal::SCALE;
    let rate = one.category.percent.unwrap_or_default().scaled();
    let right = i128::from(one.taxable.get()).checked_mul(rate);
    let said = i128::from(one.tax.get()).checked_mul(hundred);
    let off = right.zip(said).and_then(|(right, said)| right.checked_sub(said));
    off.is_none_or(|off| off.abs() >= hundred * currency.minor_per_major())
}
