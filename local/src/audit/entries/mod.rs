//! What happened to an account's money, in double entry: one transaction for each thing that happened,
//! from the events of invoices and refunds and from the credit notes.
//!
//! | file | what |
//! |---|---|
//! | `invoices` | finalized, reduced, paid, written off, voided: what of one version is another in the next |
//! | `others` | credit notes and refunds |
//! | `agree` | what the transactions come to is what the objects say |
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
mod invoices;
mod others;

use std::{collections::BTreeMap, fmt};

use shared::base::{money::Currency, time::Timestamp};

use super::{
    books::{Book, Books, Object},
    item::text,
    report::Check,
    scan::Item,
};

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
    /// Where the transactions do not come to what the objects say.
    pub faults: Vec<String>,
    /// The number of each invoice.
    pub(crate) of_invoice: BTreeMap<String, String>,
    /// What each customer is called.
    pub(crate) names: BTreeMap<String, String>,
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
    /// The books of the account whose items these are.
    pub(super) fn of(account: &str, book: &Book) -> Self {
        let owner = book.of("acc").next().map(|(_, one)| &one.stored);
        let field = |name: &str| owner.map(|item| text(item, name).to_owned()).unwrap_or_default();
        let numbered = |(id, one): (&str, &Object)| (id.to_owned(), one.text("number").to_owned());
        let named = |(id, one): (&str, &Object)| (id.to_owned(), name_of(&one.stored));
        let mut journal = Self {
            account: account.to_owned(),
            name: field("name"),
            timezone: field("timezone"),
            of_invoice: book.of("in").map(numbered).collect(),
            names: book.of("cus").map(named).collect(),
            ..Self::default()
        };
        journal.enter_invoices(book);
        journal.enter_credit_notes(book);
        journal.enter_refunds(book);
        journal.transactions.sort_by(|a, b| (a.at, a.rank, &a.key).cmp(&(b.at, b.rank, &b.key)));
        journal.compare(book);
        journal
    }

    /// Enters a transaction, unless it changes nothing.
    fn enter(
        &mut self,
        about: &About<'_>,
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
        self.transactions.push(Transaction {
            key,
            at,
            what,
            number: self.of_invoice.get(about.invoice).cloned().unwrap_or_default(),
            customer_id: about.customer.to_owned(),
            customer: self.names.get(about.customer).cloned().unwrap_or_default(),
            currency,
            postings,
            rank,
        });
    }
}

/// What a customer is called: by name, or else by address.
fn name_of(customer: &Item) -> String {
    let full = format!("{} {}", text(customer, "first_name"), text(customer, "last_name"));
    let names = [
        text(customer, "name"),
        full.trim(),
        text(customer, "business_name"),
        text(customer, "email"),
    ];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}

/// Every account's books, by the account's id.
pub(super) fn journals(books: &Books) -> Vec<Journal> {
    books.named_accounts().map(|(account, book)| Journal::of(account, book)).collect()
}

/// What all transactions come to is what the objects say.
pub(super) fn double_entry(books: &Books) -> Check {
    let rule = "in double entry every transaction sums to 0; for each customer and currency receivables \
                come to what invoices are due, bad debt to what was written off, and customer credit to \
                the balance";
    let mut check = Check::new("double entry", rule);
    for journal in journals(books) {
        check.count += journal.transactions.len();
        check.findings.extend(journal.faults);
    }
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_named_as_beancount_asks() {
        let processor = Ledger::Processor("proc_prod_0mkz6k3cp1r2o3c4".to_owned());
        assert_eq!(processor.to_string(), "Assets:Processors:Proc-prod-0mkz6k3cp1r2o3c4");
        assert_eq!(Ledger::Receivable.to_string(), "Assets:Receivable");
    }
}
