//! Electronic invoices: UBL 2.1 by EN 16931, as Peppol BIS Billing 3.0 and XRechnung want it.
//!
//! | file | what |
//! |---|---|
//! | `subject` | what becomes a document: an invoice, or a credit note for one |
//! | `trader` | who sells and who is billed, and what of them a profile asks for |
//! | `lines` | the lines, each with the one tax that it may have; the sums |
//! | `write` | the document as XML |
//!
//! The document says what the invoice said when it became final: what was paid or given back since is not
//! in it, so it is the same whenever it is read. What was not known of the account or the customer then
//! is taken as it is now, but nothing that was known is replaced. A credit note is between the parties of its
//! invoice, and names it.
//!
//! Everything here is pure. What a rule of the norm asks for and the invoice has not is a fault with a
//! pointer into the account, the customer or the invoice.

mod lines;
mod subject;
mod trader;
mod write;

use jiff::tz::TimeZone;

use self::{
    lines::{Breakdown, Line, Sums},
    subject::Subject,
    trader::Trader,
};
use crate::{
    base::{
        error::Error,
        input::{Faults, Location, choice, input},
        money::{Atoms, Currency, Overflow},
        time::Timestamp,
    },
    model::{
        account::Account,
        customer::Customer,
        invoice::{Credited, Invoice, InvoiceState, party::Party},
    },
};

choice! {
    /// By whose rules an electronic invoice is written.
    #[derive(Default)]
    pub enum Profile {
        /// Peppol BIS Billing 3.0.
        #[default]
        Peppol = "peppol",
        /// XRechnung 3.0, of German authorities.
        Xrechnung = "xrechnung",
    }
}

input! {
    /// Which electronic invoice a client asks for.
    pub struct UblQuery {
        /// By whose rules it is written; peppol, when left out.
        profile: Option<Profile>,
    }
}

impl UblQuery {
    /// By whose rules it is written.
    pub fn profile(&self) -> Profile {
        self.profile.unwrap_or_default()
    }
}

/// What a document is.
#[derive(Debug)]
enum Kind {
    /// An invoice, and until when it is to be paid.
    Invoice { due: String },
    /// A credit note for an invoice: the number and the date of that.
    CreditNote { of: String, issued: String },
}

/// An electronic invoice or credit note. Texts are not escaped yet.
#[derive(Debug)]
struct Document {
    profile: Profile,
    kind: Kind,
    number: String,
    issued: String,
    note: Option<String>,
    currency: Currency,
    buyer_reference: String,
    period: Option<(String, String)>,
    seller: Trader,
    buyer: Trader,
    /// How it gets paid, by UNTDID 4461.
    means: &'static str,
    taxes: Vec<Breakdown>,
    sums: Sums,
    lines: Vec<Line>,
}

impl Invoice {
    /// The invoice as an electronic one; or everything that is missing for that.
    ///
    /// # Errors
    /// What is missing, field by field; what the norm cannot say.
    pub fn ubl(
        &self,
        account: &Account,
        customer: Option<&Customer>,
        profile: Profile,
    ) -> Result<String, Error> {
        self.as_document(&Subject::invoice(self), (account, customer), profile)
    }

    /// A credit note for it as an electronic one; or everything that is missing for that.
    pub(crate) fn credit_ubl(
        &self,
        note: &Credited<'_>,
        account: &Account,
        customer: Option<&Customer>,
        profile: Profile,
    ) -> Result<String, Error> {
        self.as_document(&Subject::credit_note(self, note), (account, customer), profile)
    }

    fn as_document(
        &self,
        subject: &Subject<'_>,
        (account, customer): (&Account, Option<&Customer>),
        profile: Profile,
    ) -> Result<String, Error> {
        self.can_be_sent()?;
        let (seller, buyer) = self.parties(account, customer);
        let seller = seller.completed(Some(Party::of_account(account)));
        let now = customer.map(|customer| Party::of_customer(customer, account));
        let Some(buyer) = buyer.map(|buyer| buyer.completed(now)) else {
            let hint = "has a customer who was deleted before it said who is billed";
            return Err(Error::not_now("invoice", "no_customer", hint));
        };
        subject.document(profile, &seller, &buyer)?.written()
    }

    fn can_be_sent(&self) -> Result<(), Error> {
        let why = match self.state() {
            InvoiceState::Draft => "is a draft: finalize it first",
            InvoiceState::Void => "is void: nobody is to pay it",
            _ if self.number().is_none() => "has no number",
            _ => return Ok(()),
        };
        Err(Error::not_now("invoice", "illegal_state", why))
    }
}

/// A day, as the document writes it.
fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.local(zone).strftime("%Y-%m-%d").to_string()
}

/// The first and the last day of a period: it does not include its end.
fn days(start: Timestamp, end: Timestamp, zone: &TimeZone) -> (String, String) {
    let first = day(start, zone);
    let last = day(end.plus_seconds(-1), zone).max(first.clone());
    (first, last)
}

/// An amount in major units. `None`, where it has more than the two decimals that the norm knows.
fn amount(amount: Atoms, currency: Currency) -> Option<String> {
    let finer = 10_i64.pow(currency.minor_units().saturating_sub(2));
    (amount.get() % finer == 0).then(|| price(amount, currency))
}

/// A price in major units, with as many decimals as it has.
fn price(price: Atoms, currency: Currency) -> String {
    let shown = currency.display(price);
    let text = shown.split_once(' ').map_or(shown.as_str(), |(_, number)| number).to_owned();
    match currency.minor_units() > 2 && text.ends_with('0') {
        true => text.strip_suffix('0').map(str::to_owned).unwrap_or(text),
        false => text,
    }
}

fn overflow(_: Overflow) -> Error {
    Overflow.into()
}

/// Where in the account, the customer, the invoice or the credit note something is.
fn noted(faults: &mut Faults, noun: &'static str, path: &[&str], code: &str, hint: &str) {
    let mut below = Faults::default();
    let body = Location::body(noun);
    match path {
        [] => below.not_valid(&body, code, hint),
        [field] => below.not_valid(&body.field(field), code, hint),
        [field, rest, ..] => below.not_valid(&body.field(field).field(rest), code, hint),
    }
    faults.extend(below.below(&format!("/{}", noun.replace(' ', "_"))));
}

#[cfg(test)]
mod tests;
