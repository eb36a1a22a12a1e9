//! An account's books for an accounting program: in double entry, as CSV, or as a journal of beancount or
//! hledger.
//!
//! What is written is what the auditor makes of the events (`audit/entries`). Books that do not agree with
//! the account's objects are not written at all.

mod beancount;
mod csv;
mod hledger;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use shared::base::{money::Currency, time::zone_named};

use crate::audit::{self, Journal, Transaction};

/// What the books are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Comma-separated values: a line for each amount.
    Csv,
    /// A file of beancount.
    Beancount,
    /// A journal of hledger.
    Hledger,
}

/// Which books are asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The account; the only one of the table, when left out.
    pub account: Option<String>,
    /// What they are written as.
    pub format: Format,
    /// From this day on.
    pub from: Option<Date>,
    /// Up to this day, which is included.
    pub to: Option<Date>,
}

/// What is written of a transaction, with the day it is entered at.
struct Entry<'a> {
    day: Date,
    of: &'a Transaction,
}

/// What a journal begins with.
struct Head<'a> {
    journal: &'a Journal,
    from: Option<Date>,
    to: Option<Date>,
}

/// The books of an account of the table at `url`, as text. `progress` is told how many items have been
/// read.
///
/// # Errors
/// When the table cannot be read, when it has no such account or several and none is named, and when the
/// books do not agree with the account's objects.
pub async fn export(
    url: &str,
    table: &str,
    wanted: &Wanted,
    progress: impl FnMut(usize),
) -> Result<String> {
    let journals = audit::journals(url, table, progress).await?;
    written(chosen(&journals, wanted.account.as_deref())?, wanted)
}

/// The account that is named, or the only one.
fn chosen<'a>(journals: &'a [Journal], account: Option<&str>) -> Result<&'a Journal> {
    let ids = || {
        let ids: Vec<_> = journals.iter().map(|one| one.account.as_str()).collect();
        ids.join(", ")
    };
    match (account, journals) {
        (Some(id), all) => {
            let found = all.iter().find(|one| one.account == id);
            found.with_context(|| format!("the table has no account {id}; it has: {}", ids()))
        }
        (None, [only]) => Ok(only),
        (None, []) => bail!("the table has no account"),
        (None, several) => {
            bail!("name one of the {} accounts with --account: {}", several.len(), ids())
        }
    }
}

/// The books as text.
///
/// # Errors
/// When they do not agree with the account's objects, or its time zone is not known.
pub fn written(journal: &Journal, wanted: &Wanted) -> Result<String> {
    if let [first, more @ ..] = journal.faults.as_slice() {
        let others = match more.len() {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        bail!(
            "the books do not agree with what is stored, and are not written: {first}{others}; \
             `local audit` says more, and a table that is being written is read again"
        );
    }
    let zone = zone_named(&journal.timezone)
        .with_context(|| format!("{:?} is no time zone", journal.timezone))?;
    let entries: Vec<Entry<'_>> = journal
        .transactions
        .iter()
        .map(|of| Entry { day: of.at.local(&zone).date(), of })
        .filter(|one| wanted.from.is_none_or(|from| from <= one.day))
        .filter(|one| wanted.to.is_none_or(|to| one.day <= to))
        .collect();
    let head = Head { journal, from: wanted.from, to: wanted.to };
    Ok(match wanted.format {
        Format::Csv => csv::written(&entries),
        Format::Beancount => beancount::written(&head, &entries),
        Format::Hledger => hledger::written(&head, &entries),
    })
}

impl Head<'_> {
    /// Whose books these are, in one line.
    fn title(&self) -> String {
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
fn currencies(entries: &[Entry<'_>]) -> Vec<Currency> {
    let mut all: Vec<Currency> = entries.iter().map(|one| one.of.currency).collect();
    all.sort_by_key(Currency::to_string);
    all.dedup();
    all
}

/// The accounts of the books that the entries are in, each once, by name.
fn ledgers(entries: &[Entry<'_>]) -> Vec<String> {
    let postings = entries.iter().flat_map(|one| &one.of.postings);
    let mut all: Vec<String> = postings.map(|(ledger, _)| ledger.to_string()).collect();
    all.sort();
    all.dedup();
    all
}

/// The code of a currency as accounting programs write it.
fn code(currency: Currency) -> String {
    currency.to_string().to_ascii_uppercase()
}

/// An amount in major units with all its decimals: `12.50`, `-0.05`, `500`.
fn decimal(amount: i128, currency: Currency) -> String {
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
fn plain(text: &str) -> String {
    let shown = text.replace(|one: char| one.is_control() || is_unseen(one), " ");
    shown.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Line ends and marks of direction that are no control characters.
fn is_unseen(one: char) -> bool {
    matches!(one, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
