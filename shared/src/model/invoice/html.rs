//! An invoice as a page: on paper, on a screen, on a phone.
//!
//! All of it is text that somebody else wrote: the account, its customer, whoever made the invoice. The
//! template escapes whatever it is given, and the page comes with a policy under which a browser runs
//! no script, applies only this style (it is named by its hash), and loads nothing but the logo, from
//! the logo's own origin. Dates are those of the customer's calendar, and all words are in the customer's
//! language. What is on it is a `Sheet`, of which `pdf` draws a file, too; how a line is read is in
//! `lines`.

pub(crate) mod lines;
mod totals;

use crate::model::brand::Logo;
use crate::model::brand::is_color;
use askama::Template;
use jiff::tz::TimeZone;
use ring::digest::{SHA256, digest};

pub(crate) use self::totals::Total;
use self::{
    lines::{Line, Pen},
    totals::{credit_totals, up_to_total},
};
use super::{Credited, Invoice, InvoiceState, Party};
use crate::{
    base::{
        error::Error,
        money::{Atoms, Overflow},
        time::{TimeZoneName, Timestamp},
    },
    model::{
        account::{Account, Brand},
        customer::Customer,
        tax_rate::TaxExempt,
        words::{Locale, invoice::InvoiceWords, said},
    },
};

const STYLE: &str = include_str!("../../../templates/invoice.css");

/// The colour of an account that has chosen none.
const NO_COLOR: &str = "#1d2330";

/// What is on the page, and on paper.
#[derive(Template)]
#[template(path = "invoice.html")]
pub(crate) struct Sheet<'a> {
    pub(crate) locale: Locale,
    pub(crate) words: &'static InvoiceWords,
    pub(crate) title: String,
    /// What it is: an invoice, or a credit note for one.
    pub(crate) kind: &'static str,
    style: String,
    class: String,
    pub(crate) color: &'a str,
    pub(crate) brand: &'a str,
    logo: Option<&'a str>,
    /// Where questions go, as a sentence; and, where its address can be a link as it is, that.
    pub(crate) questions: Option<String>,
    support: Option<&'a str>,
    pub(crate) number: &'a str,
    /// Where it is a file, and what that is called.
    file: Option<(String, String)>,
    pub(crate) state: &'static str,
    pub(crate) headline: String,
    pub(crate) note: String,
    /// Who sells, where more is known than a name.
    pub(crate) sold_by: Vec<String>,
    pub(crate) billed_to: Vec<String>,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) description: Option<&'a str>,
    pub(crate) lines: Vec<Line<'a>>,
    pub(crate) totals: Vec<Total>,
    /// What has to be said about its taxes, with what tax offices call who is to account for them.
    pub(crate) notice: Option<String>,
}

impl Sheet<'_> {
    /// The page, for a browser that may load the logo of `account` for it.
    fn page(&self, account: &Account) -> Result<Page, Error> {
        let logo = account.brand().1.logo_url().and_then(Logo::of);
        let policy = policy(&self.style, logo.as_ref());
        let text = self.render().map_err(|error| Error::Internal(format!("a page: {error}")))?;
        Ok(Page { text, policy })
    }
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

impl InvoiceState {
    /// The state as the customer reads it.
    fn label(self, locale: Locale) -> &'static str {
        let [draft, open, partially, paid, past_due, void, uncollectible] =
            locale.portal_words().invoice_states;
        match self {
            Self::Draft => draft,
            Self::Open => open,
            Self::PartiallyPaid => partially,
            Self::Paid => paid,
            Self::PastDue => past_due,
            Self::Void => void,
            Self::Uncollectible => uncollectible,
        }
    }
}

impl Invoice {
    /// The invoice as a page, in the customer's language; in `other`, where that is not known.
    pub(crate) fn page(
        &self,
        account: &Account,
        customer: Option<&Customer>,
        other: Locale,
    ) -> Result<Page, Error> {
        self.page_with(None, account, customer, other)
    }

    /// The same as text; in English, where the customer's language is not known.
    ///
    /// # Errors
    /// When its sums are more than an amount may be.
    pub fn page_text(
        &self,
        account: &Account,
        customer: Option<&Customer>,
    ) -> Result<String, Error> {
        self.page(account, customer, Locale::En).map(|page| page.text)
    }

    /// The same, with a link to where it is a file, and what that is called.
    pub(crate) fn page_with(
        &self,
        file: Option<(String, String)>,
        account: &Account,
        customer: Option<&Customer>,
        other: Locale,
    ) -> Result<Page, Error> {
        Sheet { file, ..self.sheet(account, customer, other)? }.page(account)
    }

    /// A credit note for it as a page, in the customer's language; in `other`, where that is not known. With a
    /// link to where it is a file, and what that is called, where there is such a place.
    pub(crate) fn credit_page(
        &self,
        note: &Credited<'_>,
        file: Option<(String, String)>,
        (account, customer): (&Account, Option<&Customer>),
        other: Locale,
    ) -> Result<Page, Error> {
        let sheet = self.credit_sheet(note, account, customer, other)?;
        Sheet { file, ..sheet }.page(account)
    }

    /// What is on the page. A customer who is gone is named by its id.
    pub(crate) fn sheet<'a>(
        &'a self,
        account: &'a Account,
        customer: Option<&Customer>,
        other: Locale,
    ) -> Result<Sheet<'a>, Error> {
        let (name, brand) = account.brand();
        let (seller, buyer) = self.parties(account, customer);
        let zone = zone_of(account, buyer.as_ref());
        let pen = self.pen(customer, other, &zone);
        let (locale, words, common) = (pen.locale, pen.words(), pen.locale.words());
        let number = self.number.as_deref().unwrap_or(words.draft);
        let support = brand.support_email();
        let (headline, note) = self.headline(pen);
        Ok(Sheet {
            locale,
            words,
            title: format!("{name} · {number}"),
            kind: words.invoice,
            style: format!(":root{{--brand:{}}}\n{STYLE}", brand.color()),
            class: self.state.as_str().replace('_', "-"),
            color: brand.color(),
            brand: name,
            logo: brand.logo_url().and_then(Logo::of).map(|logo| logo.url),
            questions: support.map(|email| said(common.questions, &[("email", email)])),
            support: support.filter(|email| may_be_linked(email)),
            number,
            file: None,
            state: self.state.label(locale),
            headline,
            note,
            sold_by: self.sold_by(&seller, locale),
            billed_to: match &buyer {
                Some(buyer) => buyer.on_an_envelope(locale),
                None => vec![self.customer_id.to_string()],
            },
            facts: self.facts(pen),
            description: self.description.as_deref().filter(|text| !text.is_empty()),
            lines: self.shown_lines(pen),
            totals: self.totals(pen)?,
            notice: self.notice(customer).then(|| {
                let ids = buyer.iter().flat_map(Party::taxed_as);
                let said = std::iter::once(words.reverse_charge.to_owned()).chain(ids);
                said.collect::<Vec<_>>().join(" ")
            }),
        })
    }

    /// What stands on the documents of a credit note for it: the same sheet, with what the note gives back. A
    /// customer who is gone is named by its id.
    pub(super) fn credit_sheet<'a>(
        &'a self,
        note: &'a Credited<'a>,
        account: &'a Account,
        customer: Option<&Customer>,
        other: Locale,
    ) -> Result<Sheet<'a>, Error> {
        let sheet = self.sheet(account, customer, other)?;
        let zone = zone_of(account, self.parties(account, customer).1.as_ref());
        let pen = self.pen(customer, other, &zone);
        let words = pen.words();
        Ok(Sheet {
            title: format!("{} · {}", sheet.brand, note.number),
            kind: words.credit_note,
            class: "credit-note".to_owned(),
            number: note.number,
            state: words.to_balance,
            headline: pen.amount(note.amount),
            note: said(words.on, &[("date", &pen.day(note.at))]),
            facts: note.facts(self, pen),
            description: note.description.filter(|text| !text.is_empty()),
            lines: note.items.iter().map(|item| item.line(pen)).collect(),
            totals: credit_totals(note, pen)?,
            ..sheet
        })
    }

    /// In whose language it is written, and by whose calendar.
    fn pen<'z>(&self, customer: Option<&Customer>, other: Locale, zone: &'z TimeZone) -> Pen<'z> {
        let own = customer.and_then(Customer::locale);
        let locale = own.unwrap_or(other);
        let coded = locale == Locale::En && own.is_none();
        Pen { locale, currency: self.currency, zone, coded }
    }

    /// The one amount a customer looks for, and what there is to say about it.
    fn headline(&self, pen: Pen<'_>) -> (String, String) {
        let words = pen.words();
        let on = |sentence: &str, at: Option<Timestamp>| {
            at.map(|at| said(sentence, &[("date", &pen.day(at))])).unwrap_or_default()
        };
        let (amount, note) = match self.state {
            InvoiceState::Draft => (self.total_amount_atom, words.not_final.to_owned()),
            InvoiceState::Open | InvoiceState::PartiallyPaid | InvoiceState::PastDue => {
                (self.due_amount_atom, on(words.by, self.due_date))
            }
            InvoiceState::Paid => (self.total_amount_atom, on(words.on, self.paid_at)),
            InvoiceState::Void => (self.total_amount_atom, on(words.since, self.voided_at)),
            InvoiceState::Uncollectible => (self.due_amount_atom, String::new()),
        };
        (pen.amount(amount), note)
    }

    fn facts(&self, pen: Pen<'_>) -> Vec<(&'static str, String)> {
        let words = pen.words();
        [
            (words.number, self.number.clone()),
            (words.date, self.issued_at.map(|at| pen.day(at))),
            (words.due_date, self.due_date.map(|at| pen.day(at))),
            (words.paid_on, self.paid_at.map(|at| pen.day(at))),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
        .collect()
    }

    /// From the sum of the lines to what is left to pay; what is zero in between is left out.
    fn totals(&self, pen: Pen<'_>) -> Result<Vec<Total>, Overflow> {
        let words = pen.words();
        let always = |name: &str, amount, strong| {
            Some(Total::of(name.to_owned(), pen.amount(amount), strong))
        };
        let unless_zero =
            |name, amount: Atoms| always(name, amount, false).filter(|_| !amount.is_zero());
        let credit = self.credit_applied_amount_atom.negated()?;
        let sums = (self.subtotal_amount_atom, self.discount_amount_atom);
        let before = up_to_total(&self.items, sums, pen)?;
        let after = [
            always(words.total, self.total_amount_atom, true),
            unless_zero(words.from_balance, credit),
            unless_zero(words.paid, self.paid_amount_atom.negated()?),
            unless_zero(words.refunded, self.refunded_amount_atom),
            unless_zero(words.returned, self.credited_amount_atom),
            always(words.amount_due, self.payable_amount(), true),
        ];
        Ok(before.into_iter().chain(after.into_iter().flatten()).collect())
    }

    /// Whether a customer's exemption is why there is no tax on it: the one that its lines were made
    /// with, whatever became of it since; else that of now.
    pub(super) fn exemption(&self, customer: &Customer) -> TaxExempt {
        let charges = self.items.iter().filter(|item| !item.settles && item.credit_of.is_none());
        match (charges.clone().all(|item| item.taxes.is_empty()), self.tax_exempt) {
            (true, TaxExempt::None) => customer.tax_exempt(),
            (true, kept) => kept,
            (false, _) => TaxExempt::None,
        }
    }

    /// Whether it has to say that its customer accounts for the tax.
    fn notice(&self, customer: Option<&Customer>) -> bool {
        let exempt = match (self.state, customer) {
            (InvoiceState::Draft, Some(customer)) => self.exemption(customer),
            _ => self.tax_exempt,
        };
        exempt == TaxExempt::Reverse
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

/// By whose calendar it is written: that of whoever is billed.
fn zone_of(account: &Account, buyer: Option<&Party>) -> TimeZone {
    let zone = buyer.map_or(account.timezone(), |party| &party.timezone);
    TimeZoneName::zone(zone).unwrap_or(TimeZone::UTC)
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
