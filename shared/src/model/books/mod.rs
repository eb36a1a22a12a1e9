//! What happened to an account's money, in double entry: one transaction for each thing that happened,
//! from the events of its objects; and the same as text, for an accounting program.
//!
//! | file | what |
//! |---|---|
//! | `facts` | what is known of the objects |
//! | `invoices` | finalized, reduced, paid, written off, voided: what of one version is another in the next |
//! | `others` | credit notes and refunds |
//! | `agree` | what the transactions come to is what the objects say |
//! | `format` | the text: as CSV, or as a journal of beancount or hledger, of a file each |
//! | `period` | from which day to which |
//!
//! | transaction | debit | credit |
//! |---|---|---|
//! | invoice finalized | receivable, discounts | sales, tax |
//! | credit given, or taken back | credits | customer credit |
//! | credit applied, or returned | customer credit | receivable |
//! | invoice reduced | credits | receivable |
//! | invoice paid | the processor, or paid elsewhere | receivable |
//! | invoice written off | bad debt | receivable |
//! | invoice voided | voided, tax | receivable |
//! | refund made | refunds | the processor |
//!
//! Amounts are signed: a debit is more than 0, and each transaction sums to 0.

mod agree;
mod beancount;
mod csv;
mod facts;
mod format;
mod hledger;
mod invoices;
mod others;
mod period;
#[cfg(test)]
mod tests;

use std::{fmt, ops::Range};

use self::agree::Sums;
pub use self::{
    facts::Facts,
    format::Format,
    period::{Day, Period},
};
use crate::base::{money::Currency, time::Timestamp};

/// An account of the books.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ledger {
    /// What customers owe.
    Receivable,
    /// What a processor took and did not give back, by its id.
    Processor(String),
    /// What was paid without a processor.
    PaidElsewhere,
    /// What is owed to customers: their credit balances.
    CustomerCredit,
    /// Tax that was billed.
    Tax,
    /// What was billed, before discounts and without tax.
    Sales,
    /// What discounts took off.
    Discounts,
    /// What was given back as credit, or taken off what was open.
    Credits,
    /// What was given back as money.
    Refunds,
    /// What was billed by invoices that count no longer.
    Voided,
    /// What was written off.
    BadDebt,
}

impl fmt::Display for Ledger {
    /// The name, in the form that beancount asks for: parts that begin with a capital.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Receivable => "Assets:Receivable",
            Self::Processor(id) => {
                return write!(
                    f,
                    "Assets:Processors:P{}",
                    id.replace('_', "-").trim_start_matches('p')
                );
            }
            Self::PaidElsewhere => "Assets:PaidElsewhere",
            Self::CustomerCredit => "Liabilities:CustomerCredit",
            Self::Tax => "Liabilities:Tax",
            Self::Sales => "Income:Sales",
            Self::Discounts => "Income:Discounts",
            Self::Credits => "Income:Credits",
            Self::Refunds => "Income:Refunds",
            Self::Voided => "Income:Voided",
            Self::BadDebt => "Expenses:BadDebt",
        };
        f.write_str(name)
    }
}

/// A thing that happened: its amounts sum to 0.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// What tells it from every other one, now and later: `in_prod_….3.finalized`.
    pub key: String,
    /// When, in the account's time.
    pub at: Timestamp,
    /// What happened: `Invoice finalized`.
    pub what: &'static str,
    /// The number of the invoice it is about, or nothing.
    pub number: String,
    /// Whose it is.
    pub customer_id: String,
    /// The customer's name or address, as it is now.
    pub customer: String,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// What it changes: a debit is more than 0. In the currency's smallest unit.
    pub postings: Vec<(Ledger, i128)>,
    /// Its place among those of the same instant.
    rank: u8,
}

/// The books of one account.
#[derive(Debug, Default)]
pub struct Journal {
    /// The account's id.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its time zone.
    pub timezone: String,
    /// What happened, in order.
    pub transactions: Vec<Transaction>,
    /// Where the transactions, of all times, do not come to what the objects say.
    pub faults: Vec<String>,
    /// The instants whose transactions are kept; all, where there is none.
    kept: Option<Range<Timestamp>>,
    sums: Sums,
}

/// What a transaction is about.
struct About<'a> {
    object: &'a str,
    version: u64,
    at: Option<Timestamp>,
    customer: &'a str,
    invoice: &'a str,
    currency: &'a str,
}

#[cfg(test)]
impl Transaction {
    /// An invoice that a customer was billed.
    pub(crate) fn example(at: &str, customer: &str, postings: Vec<(Ledger, i128)>) -> Self {
        Self {
            key: "in_1.2.finalized".to_owned(),
            at: at.parse().unwrap(),
            what: "Invoice finalized",
            number: "INV-0001".to_owned(),
            customer_id: "cus_1".to_owned(),
            customer: customer.to_owned(),
            currency: "usd".parse().unwrap(),
            postings,
            rank: 0,
        }
    }
}

impl Journal {
    /// The books that follow from `facts`; of those transactions that happened in `kept`, if it is given.
    /// Whether they agree with what the objects say is looked at over all times either way.
    pub fn of(facts: &Facts, kept: Option<Range<Timestamp>>) -> Self {
        let mut journal = Self {
            account: facts.account.clone(),
            name: facts.name.clone(),
            timezone: facts.timezone.clone(),
            kept,
            ..Self::default()
        };
        journal.enter_invoices(facts);
        journal.enter_credit_notes(facts);
        journal.enter_refunds(facts);
        journal.transactions.sort_by(|a, b| (a.at, a.rank, &a.key).cmp(&(b.at, b.rank, &b.key)));
        journal.compare(facts);
        journal
    }

    /// Enters a transaction, unless it changes nothing.
    fn enter(
        &mut self,
        (facts, about): (&Facts, &About<'_>),
        (rank, word, what): (u8, &str, &'static str),
        postings: impl IntoIterator<Item = (Ledger, i128)>,
    ) {
        let postings: Vec<_> = postings.into_iter().filter(|(_, amount)| *amount != 0).collect();
        if postings.is_empty() {
            return;
        }
        let key = format!("{}.{}.{word}", about.object, about.version);
        let sum: i128 = postings.iter().map(|(_, amount)| amount).sum();
        let (Some(at), Ok(currency), 0) = (about.at, about.currency.parse(), sum) else {
            self.faults.push(format!("{key}: it sums to {sum}, in {:?}", about.currency));
            return;
        };
        self.add(about, &postings);
        if self.kept.as_ref().is_some_and(|kept| !kept.contains(&at)) {
            return;
        }
        let number = facts.invoices.get(about.invoice).map(|invoice| invoice.number.clone());
        let customer = facts.customers.get(about.customer).map(|customer| customer.name.clone());
        self.transactions.push(Transaction {
            key,
            at,
            what,
            number: number.unwrap_or_default(),
            customer_id: about.customer.to_owned(),
            customer: customer.unwrap_or_default(),
            currency,
            postings,
            rank,
        });
    }
}
