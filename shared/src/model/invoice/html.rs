//! An invoice as a page: on paper, on a screen, on a phone.
//!
//! All of it is text that somebody else wrote: the account, its customer, whoever made the invoice. The
//! template escapes whatever it is given, and the page comes with a policy under which a browser runs
//! no script, applies only this style (it is named by its hash), and loads nothing but the logo, from
//! the logo's own origin. Dates are those of the customer's calendar.

use std::borrow::Cow;

use crate::model::brand::Logo;
use crate::model::brand::is_color;
use askama::Template;
use jiff::tz::TimeZone;
use ring::digest::{SHA256, digest};

use super::{Invoice, InvoiceItem, InvoiceState, Party, taxes::by_rate};
use crate::{
    base::{
        error::Error,
        money::{Atoms, Overflow},
        time::{TimeZoneName, Timestamp},
    },
    model::{
        account::{Account, Brand},
        billing::levied::LineTax,
        customer::Customer,
        tax_rate::TaxExempt,
    },
};

/// What an invoice says whose customer accounts for the tax.
const REVERSE_CHARGE: &str = "Reverse charge: the customer accounts for the tax.";

const STYLE: &str = include_str!("../../../templates/invoice.css");

/// The colour of an account that has chosen none.
const NO_COLOR: &str = "#1d2330";

/// What is on the page.
#[derive(Template)]
#[template(path = "invoice.html")]
struct Sheet<'a> {
    title: String,
    style: String,
    class: String,
    brand: &'a str,
    logo: Option<&'a str>,
    support: Option<&'a str>,
    /// Whether the address of the support can be a link as it is.
    linked: bool,
    number: &'a str,
    state: &'static str,
    headline: String,
    note: String,
    /// Who sells, where more is known than a name.
    sold_by: Vec<String>,
    billed_to: Vec<String>,
    facts: Vec<(&'static str, String)>,
    description: Option<&'a str>,
    lines: Vec<Line<'a>>,
    totals: Vec<Total>,
    /// What has to be said about its taxes.
    notice: Option<&'static str>,
    /// What tax offices call who is to account for them.
    accountable: Vec<String>,
}

struct Line<'a> {
    name: &'a str,
    description: Option<&'a str>,
    period: Option<String>,
    quantity: String,
    unit: String,
    amount: String,
}

struct Total {
    name: Cow<'static, str>,
    amount: String,
    strong: bool,
}

/// A page and what a browser may load for it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) policy: String,
}

impl Brand {
    fn color(&self) -> &str {
        self.primary_color().filter(|color| is_color(color)).unwrap_or(NO_COLOR)
    }
}

fn may_be_linked(email: &str) -> bool {
    email.chars().all(|c| c.is_alphanumeric() || matches!(c, '@' | '.' | '-' | '_' | '+'))
}

/// A day as it is written on paper.
fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.local(zone).strftime("%-d %B %Y").to_string()
}

/// The days at which a period begins and ends, shorter.
fn span(start: Timestamp, end: Timestamp, zone: &TimeZone) -> String {
    let day = |at: Timestamp| at.local(zone).strftime("%-d %b %Y").to_string();
    format!("{} – {}", day(start), day(end))
}

/// A number with its thousands apart: 150,000.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl InvoiceState {
    /// The state as the customer reads it.
    const fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Open => "Due",
            Self::PartiallyPaid => "Partially paid",
            Self::Paid => "Paid",
            Self::PastDue => "Past due",
            Self::Void => "Void",
            Self::Uncollectible => "Not paid",
        }
    }
}

impl InvoiceItem {
    fn line(&self, invoice: &Invoice, zone: &TimeZone) -> Line<'_> {
        let show = |amount| invoice.currency.display(amount);
        let period = self.period_start.zip(self.period_end);
        Line {
            name: &self.name,
            description: self.description.as_deref().filter(|text| !text.is_empty()),
            period: period.map(|(start, end)| span(start, end, zone)),
            quantity: match self.quantity_decimal {
                Some(used) => used.to_string(),
                None => grouped(self.quantity),
            },
            unit: self.unit_amount_atom.map(show).unwrap_or_default(),
            amount: show(self.amount_atom),
        }
    }
}

impl Invoice {
    /// The invoice as a page. A customer who is gone is named by its id.
    pub(crate) fn page(
        &self,
        account: &Account,
        customer: Option<&Customer>,
    ) -> Result<Page, Error> {
        let (name, brand) = account.brand();
        let (seller, billed_to) = self.parties(account, customer);
        let zone = billed_to.as_ref().map_or(account.timezone(), |party| &party.timezone);
        let zone = TimeZoneName::zone(zone).unwrap_or(TimeZone::UTC);
        let number = self.number.as_deref().unwrap_or("Draft");
        let logo = brand.logo_url().and_then(Logo::of);
        let support = brand.support_email();
        let (headline, note) = self.headline(&zone);
        let style = format!(":root{{--brand:{}}}\n{STYLE}", brand.color());
        let policy = policy(&style, logo.as_ref());
        let sheet = Sheet {
            title: format!("{name} · {number}"),
            style,
            class: self.state.as_str().replace('_', "-"),
            brand: name,
            logo: logo.map(|logo| logo.url),
            support,
            linked: support.is_some_and(may_be_linked),
            number,
            state: self.state.label(),
            headline,
            note,
            sold_by: self.sold_by(&seller),
            billed_to: match &billed_to {
                Some(customer) => customer.on_an_envelope(),
                None => vec![self.customer_id.to_string()],
            },
            facts: self.facts(&zone),
            description: self.description.as_deref().filter(|text| !text.is_empty()),
            lines: self.items.iter().map(|item| item.line(self, &zone)).collect(),
            totals: self.totals()?,
            notice: self.notice(customer),
            accountable: billed_to.iter().flat_map(Party::taxed_as).collect(),
        };
        let text = sheet.render().map_err(|error| Error::Internal(format!("a page: {error}")))?;
        Ok(Page { text, policy })
    }

    /// The one amount a customer looks for, and what there is to say about it.
    fn headline(&self, zone: &TimeZone) -> (String, String) {
        let on = |word: &str, at: Option<Timestamp>| {
            at.map(|at| format!("{word} {}", day(at, zone))).unwrap_or_default()
        };
        let (amount, note) = match self.state {
            InvoiceState::Draft => (self.total_amount_atom, "not final yet".to_owned()),
            InvoiceState::Open | InvoiceState::PartiallyPaid | InvoiceState::PastDue => {
                (self.due_amount_atom, on("by", self.due_date))
            }
            InvoiceState::Paid => (self.total_amount_atom, on("on", self.paid_at)),
            InvoiceState::Void => (self.total_amount_atom, on("since", self.voided_at)),
            InvoiceState::Uncollectible => (self.due_amount_atom, String::new()),
        };
        (self.currency.display(amount), note)
    }

    fn facts(&self, zone: &TimeZone) -> Vec<(&'static str, String)> {
        [
            ("Invoice number", self.number.clone()),
            ("Date", self.issued_at.map(|at| day(at, zone))),
            ("Due date", self.due_date.map(|at| day(at, zone))),
            ("Paid", self.paid_at.map(|at| day(at, zone))),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
        .collect()
    }

    /// From the sum of the lines to what is left to pay; what is zero in between is left out.
    fn totals(&self) -> Result<Vec<Total>, Overflow> {
        let row = |name: Cow<'static, str>, amount: Atoms, strong| Total {
            name,
            amount: self.currency.display(amount),
            strong,
        };
        let always = |name: &'static str, amount, strong| Some(row(name.into(), amount, strong));
        let unless_zero =
            |name, amount: Atoms| always(name, amount, false).filter(|_| !amount.is_zero());
        let rates = by_rate(&self.items)?;
        let of_rate = |tax: &LineTax| row(self.tax_row(tax).into(), tax.amount_atom, false);
        let discount = self.discount_amount_atom.negated()?;
        let credit = self.credit_applied_amount_atom.negated()?;
        let before = [
            always("Subtotal", self.subtotal_amount_atom, false),
            unless_zero("Discount", discount),
        ];
        let after = [
            always("Total", self.total_amount_atom, true),
            unless_zero("Paid from credit balance", credit),
            unless_zero("Paid", self.paid_amount_atom.negated()?),
            unless_zero("Refunded", self.refunded_amount_atom),
            unless_zero("Returned to credit balance", self.credited_amount_atom),
            always("Amount due", self.payable_amount(), true),
        ];
        let (before, after) = (before.into_iter().flatten(), after.into_iter().flatten());
        Ok(before.chain(rates.iter().map(of_rate)).chain(after).collect())
    }

    /// What a tax is called in the totals: its name, its rate, and what it is on.
    fn tax_row(&self, tax: &LineTax) -> String {
        let of = self.currency.display(tax.taxable_amount_atom);
        let inside = if tax.inclusive { ", in the amounts" } else { "" };
        format!("{} {} % on {of}{inside}", tax.display_name, tax.percentage)
    }

    /// Whether a customer's exemption is why there is no tax on it.
    pub(super) fn exemption(&self, customer: &Customer) -> TaxExempt {
        let charges = self.items.iter().filter(|item| !item.settles && item.credit_of.is_none());
        match charges.clone().all(|item| item.taxes.is_empty()) {
            true => customer.tax_exempt(),
            false => TaxExempt::None,
        }
    }

    /// What has to be said about its taxes.
    fn notice(&self, customer: Option<&Customer>) -> Option<&'static str> {
        let exempt = match (self.state, customer) {
            (InvoiceState::Draft, Some(customer)) => self.exemption(customer),
            _ => self.tax_exempt,
        };
        (exempt == TaxExempt::Reverse).then_some(REVERSE_CHARGE)
    }

    /// What is left to pay by somebody who reads the page: of a draft all of it, of a void invoice
    /// nothing.
    fn payable_amount(&self) -> Atoms {
        match self.state {
            InvoiceState::Void | InvoiceState::Paid => Atoms::ZERO,
            InvoiceState::Draft
            | InvoiceState::Open
            | InvoiceState::PartiallyPaid
            | InvoiceState::PastDue
            | InvoiceState::Uncollectible => self.due_amount_atom,
        }
    }
}

/// What a browser may do with the page: show it, in this style, with this logo.
pub(crate) fn policy(style: &str, logo: Option<&Logo<'_>>) -> String {
    let hash = data_encoding::BASE64.encode(digest(&SHA256, style.as_bytes()).as_ref());
    let images = logo.map_or("'none'", |logo| logo.origin);
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src {images}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests;
