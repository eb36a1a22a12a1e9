//! The lines of an invoice as a reader can follow them: quantity × price × part of the period − discount,
//! with tiers and packages broken down. It says what `explain` says, in the reader's language.

use jiff::tz::TimeZone;

use crate::{
    base::{
        money::{Atoms, Currency, Decimal},
        time::Timestamp,
    },
    model::{
        billing::levied::sum_of,
        invoice::{Calculation, Invoice, InvoiceItem, LATE, Part, TierPart},
        words::{Locale, invoice::InvoiceWords, said},
    },
};

/// One line.
pub(crate) struct Line<'a> {
    pub(crate) name: String,
    pub(crate) description: Option<&'a str>,
    pub(crate) period: Option<String>,
    /// How the amount follows from the quantity, step by step.
    pub(crate) steps: Vec<String>,
    pub(crate) quantity: String,
    pub(crate) unit: String,
    pub(crate) amount: String,
    /// Where the line has a discount: what it is, below zero.
    pub(crate) discount: Option<(String, String)>,
}

/// How something is written in a language and a currency.
#[derive(Clone, Copy)]
pub(crate) struct Pen<'a> {
    pub(crate) locale: Locale,
    pub(crate) currency: Currency,
    pub(crate) zone: &'a TimeZone,
    /// Whether amounts name their currency by its code: in English, where the customer has not said that
    /// they read it, a sign such as $ might be taken for another country's.
    pub(crate) coded: bool,
}

/// What the program calls lines of its own, each by the words that the name begins with. They are stored
/// in English; what follows them is a name of the account's own.
fn shown_name(name: &str, words: &InvoiceWords) -> String {
    let of = |sentence: &str, rest: &str| said(sentence, &[("name", rest)]);
    let known = [
        ("Unused time on ", words.unused_time),
        ("Remaining time on ", words.remaining_time),
        ("Unused: ", words.unused),
        ("Taken off what is open of ", words.taken_off),
    ];
    if let Some((rest, sentence)) =
        known.iter().find_map(|(begin, sentence)| Some((name.strip_prefix(begin)?, sentence)))
    {
        let rest = if rest == "the next invoice" { words.next_invoice } else { rest };
        return of(sentence, rest);
    }
    match name {
        "Unused time that was paid" => words.unused_paid,
        "Added to the credit balance" => words.to_balance,
        "Given back as it was paid" => words.given_back,
        "Credited already" => words.credited,
        name => name,
    }
    .to_owned()
}

impl Pen<'_> {
    pub(crate) fn words(self) -> &'static InvoiceWords {
        self.locale.invoice_words()
    }

    pub(crate) fn amount(self, amount: Atoms) -> String {
        match self.coded {
            true => self.currency.display(amount),
            false => self.locale.amount(amount, self.currency),
        }
    }

    pub(crate) fn day(self, at: Timestamp) -> String {
        self.locale.day(at, self.zone)
    }

    fn unit(self, amount: Decimal) -> String {
        match self.coded {
            true => self.currency.display_decimal(amount),
            false => self.locale.exact_amount(amount, self.currency),
        }
    }

    fn number(self, number: i64) -> String {
        self.locale.number(Decimal::from_atoms(Atoms::new(number)))
    }

    fn with_amount(self, sentence: &str, amount: Atoms) -> String {
        said(sentence, &[("amount", &self.amount(amount))])
    }

    /// 12 of 31 days; in hours or seconds, where it is no whole number of days.
    fn part(self, part: Part) -> String {
        let words = self.words();
        let (day, hour) = (24 * 3600, 3600);
        let is_whole =
            |unit: i64| part.seconds.rem_euclid(unit) == 0 && part.of_seconds.rem_euclid(unit) == 0;
        let (unit, sentence) = match () {
            () if is_whole(day) => (day, words.part_of_days),
            () if is_whole(hour) => (hour, words.part_of_hours),
            () => (1, words.part_of_seconds),
        };
        let (part, whole) = (part.seconds.div_euclid(unit), part.of_seconds.div_euclid(unit));
        said(sentence, &[("part", &self.number(part)), ("whole", &self.number(whole))])
    }

    fn tier(self, tier: &TierPart) -> String {
        let words = self.words();
        let (count, price) =
            (self.locale.number(tier.quantity), self.unit(tier.unit_amount_decimal));
        let units = said(words.tier, &[("count", &count), ("price", &price)]);
        match tier.flat_amount_atom.is_zero() {
            true => units,
            false => format!("{units} + {}", self.with_amount(words.flat, tier.flat_amount_atom)),
        }
    }

    /// How many packages, where units are sold in such.
    fn packages(self, one: &Calculation) -> Option<String> {
        let size = i128::from(one.quantity_divisor).checked_mul(Decimal::SCALE)?;
        let packages = one.quantity.scaled().checked_div_euclid(size)?;
        let begun = i128::from(one.quantity.scaled().rem_euclid(size) != 0);
        let packages = i64::try_from(packages.checked_add(begun)?).ok()?;
        let words = [("count", self.number(packages)), ("size", self.number(one.quantity_divisor))];
        let words = words.each_ref().map(|(name, text)| (*name, text.as_str()));
        (one.quantity_divisor > 1).then(|| said(self.words().packages, &words))
    }
}

impl InvoiceItem {
    /// The line as it is read.
    pub(crate) fn line(&self, pen: Pen<'_>) -> Line<'_> {
        let words = pen.words();
        let period = self.period_start.zip(self.period_end);
        let is_late = self.description.as_deref() == Some(LATE);
        let description = self.description.as_deref().filter(|text| !text.is_empty());
        // What a credit or a settlement comes to is no quantity at a price.
        let has_price = self.credit_of.is_none() && !self.settles;
        let quantity = match self.quantity_decimal {
            Some(used) => pen.locale.number(used),
            None => pen.number(self.quantity),
        };
        let exact = self.calculation.as_ref().and_then(|one| one.unit_amount_decimal);
        let unit = exact.or(self.unit_amount_atom.map(Decimal::from_atoms));
        Line {
            name: shown_name(&self.name, words),
            description: if is_late { Some(words.late) } else { description },
            period: period.map(|(start, end)| format!("{} – {}", pen.day(start), pen.day(end))),
            steps: self.steps(pen),
            quantity: if has_price { quantity } else { String::new() },
            unit: unit.filter(|_| has_price).map(|unit| pen.unit(unit)).unwrap_or_default(),
            amount: pen.amount(self.amount_atom),
            discount: self.discount_shown(pen),
        }
    }

    fn discount_shown(&self, pen: Pen<'_>) -> Option<(String, String)> {
        let below = self.discount_amount_atom.negated().ok().filter(|below| !below.is_zero())?;
        let discount = pen.locale.words().discount;
        let percent = self.discount.as_ref().and_then(|one| one.percent);
        let whole = self.discount.as_ref().is_some_and(|one| one.carried_amount_atom.is_zero());
        let name = match percent.filter(|_| whole) {
            Some(percent) => format!("{discount} {} %", pen.number(percent)),
            None => discount.to_owned(),
        };
        Some((name, pen.amount(below)))
    }

    fn steps(&self, pen: Pen<'_>) -> Vec<String> {
        let Some(one) = &self.calculation else { return Vec::new() };
        match self.credit_of.is_some() {
            true => self.credit_steps(one, pen),
            false => self.price_steps(one, pen),
        }
    }

    /// What stands beside quantity and unit price, where these alone do not make the amount.
    fn price_steps(&self, one: &Calculation, pen: Pen<'_>) -> Vec<String> {
        let words = pen.words();
        let mut steps = Vec::new();
        steps.extend(pen.packages(one));
        let tiers = one.tiers.iter().flatten();
        steps.extend(tiers.map(|tier| pen.tier(tier)));
        if !one.earlier_amount_atom.is_zero() {
            steps.push(pen.amount(one.full_amount_atom));
            let earlier = pen.with_amount(words.earlier, one.earlier_amount_atom);
            steps.push(format!("− {earlier}"));
        }
        if let Some(part) = one.part {
            steps.push(format!("{} × {}", pen.amount(one.full_amount_atom), pen.part(part)));
        }
        steps
    }

    /// What a credit comes from: not the price, but what was billed.
    fn credit_steps(&self, one: &Calculation, pen: Pen<'_>) -> Vec<String> {
        let words = pen.words();
        let billed = one.full_amount_atom.negated().unwrap_or_default();
        let mut steps = Vec::new();
        if one.part.is_some() || !one.earlier_amount_atom.is_zero() {
            let billed = pen.with_amount(words.was_billed, billed);
            steps.push(match one.part {
                Some(part) => format!("{billed} × {}", pen.part(part)),
                None => billed,
            });
        }
        if !one.earlier_amount_atom.is_zero() {
            let before = pen.with_amount(words.was_returned, one.earlier_amount_atom);
            steps.push(format!("− {before}"));
        }
        steps.extend(one.most_amount_atom.map(|most| pen.with_amount(words.at_most, most)));
        let of_another = self.credit_of.as_ref().is_some_and(|of| of.invoice_id.is_some());
        let tax = sum_of(&self.taxes, false).and_then(Atoms::negated).unwrap_or_default();
        if of_another && !tax.is_zero() {
            steps.push(pen.with_amount(words.less_tax, tax));
        }
        steps
    }
}

impl Invoice {
    /// Its lines as they are read.
    pub(super) fn shown_lines(&self, pen: Pen<'_>) -> Vec<Line<'_>> {
        self.items.iter().map(|item| item.line(pen)).collect()
    }
}
