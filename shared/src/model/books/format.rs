//! Books as text, in one of three formats.

use jiff::{civil::Date, tz::TimeZone};

use super::{Journal, Transaction, beancount, csv, hledger};
use crate::base::{input::choice, money::Currency};

choice! {
    /// What books are written as.
    pub enum Format {
        /// Comma-separated values: a line for each amount.
        Csv = "csv",
        /// A file of beancount.
        Beancount = "beancount",
        /// A journal of hledger.
        Hledger = "hledger",
    }
}

impl Format {
    /// The format that is called so.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }

    /// What the name of a file ends in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Beancount => "beancount",
            Self::Hledger => "journal",
        }
    }

    /// What a file of it is called where types are asked for.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Beancount | Self::Hledger => "text/plain; charset=utf-8",
        }
    }
}

/// What is written of a transaction, with the day it is entered at.
pub(super) struct Entry<'a> {
    pub(super) day: Date,
    pub(super) of: &'a Transaction,
}

/// What a journal begins with.
pub(super) struct Head<'a> {
    pub(super) journal: &'a Journal,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

impl Journal {
    /// The entries of these days, both included, as text. Written again, they are the same.
    ///
    /// # Errors
    /// When the books do not agree with the account's objects: where.
    pub fn written(
        &self,
        format: Format,
        zone: &TimeZone,
        (from, to): (Option<Date>, Option<Date>),
    ) -> Result<String, String> {
        if let [first, more @ ..] = self.faults.as_slice() {
            let others = match more.len() {
                0 => String::new(),
                count => format!(" (and {count} more)"),
            };
            return Err(format!(
                "the books do not agree with what is stored, and are not written: {first}{others}"
            ));
        }
        let entries: Vec<Entry<'_>> = self
            .transactions
            .iter()
            .map(|of| Entry { day: of.at.local(zone).date(), of })
            .filter(|one| from.is_none_or(|from| from <= one.day))
            .filter(|one| to.is_none_or(|to| one.day <= to))
            .collect();
        let head = Head { journal: self, from, to };
        Ok(match format {
            Format::Csv => csv::written(&entries),
            Format::Beancount => beancount::written(&head, &entries),
            Format::Hledger => hledger::written(&head, &entries),
        })
    }
}

impl Head<'_> {
    /// Whose books these are, in one line.
    pub(super) fn title(&self) -> String {
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        let span = match (day(self.from), day(self.to)) {
            (None, None) => "everything".to_owned(),
            (Some(from), None) => format!("from {from}"),
            (None, Some(to)) => format!("up to {to}"),
            (Some(from), Some(to)) => format!("{from} to {to}"),
        };
        let (account, zone) = (&self.journal.account, &self.journal.timezone);
        format!("{} ({account}): {span}; days are those of {zone}", plain(&self.journal.name))
    }
}

/// The currencies of the entries, each once, by their codes.
pub(super) fn currencies(entries: &[Entry<'_>]) -> Vec<Currency> {
    let mut all: Vec<Currency> = entries.iter().map(|one| one.of.currency).collect();
    all.sort_by_key(Currency::to_string);
    all.dedup();
    all
}

/// The accounts of the books that the entries are in, each once, by name.
pub(super) fn ledgers(entries: &[Entry<'_>]) -> Vec<String> {
    let postings = entries.iter().flat_map(|one| &one.of.postings);
    let mut all: Vec<String> = postings.map(|(ledger, _)| ledger.to_string()).collect();
    all.sort();
    all.dedup();
    all
}

/// The code of a currency as accounting programs write it.
pub(super) fn code(currency: Currency) -> String {
    currency.to_string().to_ascii_uppercase()
}

/// An amount in major units with all its decimals: `12.50`, `-0.05`, `500`.
pub(super) fn decimal(amount: i128, currency: Currency) -> String {
    let digits = usize::try_from(currency.minor_units()).unwrap_or_default();
    let sign = if amount < 0 { "-" } else { "" };
    let all = format!("{:0>width$}", amount.unsigned_abs(), width = digits + 1);
    let (major, minor) = all.split_at(all.len() - digits);
    match minor {
        "" => format!("{sign}{major}"),
        minor => format!("{sign}{major}.{minor}"),
    }
}

/// A text in one line, without characters that are none to look at.
pub(super) fn plain(text: &str) -> String {
    let shown = text.replace(|one: char| one.is_control() || is_unseen(one), " ");
    shown.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Line ends and marks of direction that are no control characters.
fn is_unseen(one: char) -> bool {
    matches!(one, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
