//! Books that are written to a bucket: those of a month, once it is over, of the accounts that a deployment
//! names; and by hand those of any account and period.
//!
//! They are made of the account's events, from the first to the last one that is settled: no event comes
//! before that any more, so what is read is of one instant, while others go on writing. What is kept of
//! each is little (`model::books::Facts`). A file is written at once or not at all, and written again it is
//! the same: whoever stops, or runs twice, has done no harm.

use std::{ops::Range, sync::Arc};

use jiff::civil::Date;
use serde::Serialize;

use crate::{
    base::{
        config::BooksConfig,
        error::Error,
        id::{AccountId, Id, kind},
        input::input,
        telemetry::log_failure,
        time::{Clock, Moment, Timestamp},
    },
    model::{
        account::Account,
        books::{Day, Facts, Format, Journal, Period},
    },
    store::{Bucket, File, Store},
};

/// How many events are read at once.
const PAGE: usize = 100;

input! {
    /// Which books are to be written.
    pub struct BooksAsked {
        /// Whose; those of the accounts that the deployment names, when it is left out.
        account_id: Option<AccountId>,
        /// From this day of the account's time zone on; the month before, when both are left out.
        from: Option<Day>,
        /// Up to this day, which is included, and over.
        to: Option<Day>,
        /// As what; as the deployment says, when it is left out.
        format: Option<Format>,
    }
}

/// What was written.
#[derive(Debug, Serialize)]
pub struct BooksWritten {
    written: Vec<FileWritten>,
}

/// A file that was written.
#[derive(Debug, Serialize)]
pub struct FileWritten {
    account_id: AccountId,
    /// What it is called in the bucket.
    key: String,
    from: Date,
    to: Date,
    format: Format,
    /// How many entries are in it.
    entries: usize,
    bytes: usize,
}

/// Whoever writes books.
struct Writer<'a> {
    store: &'a Arc<Store>,
    bucket: Bucket,
    format: Format,
    period: Option<Period>,
}

impl BooksAsked {
    /// Writes the books. What can be written is, before the error says what could not.
    pub async fn run(self, store: &Arc<Store>) -> Result<BooksWritten, Error> {
        let config = BooksConfig::from_env().map_err(Error::Internal)?;
        let writer = Writer {
            store,
            bucket: Bucket::new(&config)?,
            format: self.format.map_or_else(|| format_of(&config), Ok)?,
            period: self.period()?,
        };
        let accounts = match self.account_id {
            Some(account) => vec![account],
            None => accounts_of(&config)?,
        };
        let (mut written, mut failed) = (Vec::new(), Vec::new());
        for account in accounts {
            match writer.write(&account).await {
                Ok(file) => written.push(file),
                Err(error) => {
                    let why = error.explained();
                    log_failure(&format!("the books of {account} were not written"), &why);
                    failed.push(format!("the books of {account} were not written: {why}"));
                }
            }
        }
        match failed.is_empty() {
            true => Ok(BooksWritten { written }),
            false => Err(Error::Internal(failed.join("; "))),
        }
    }

    fn period(&self) -> Result<Option<Period>, Error> {
        match (self.from, self.to) {
            (None, None) => Ok(None),
            (Some(Day(from)), Some(Day(to))) if from <= to => Ok(Some(Period { from, to })),
            (Some(Day(from)), Some(Day(to))) => wrong(format!("from {from} is after to {to}")),
            _ => wrong("give from and to, or neither for the month before".to_owned()),
        }
    }
}

impl Writer<'_> {
    async fn write(&self, account: &AccountId) -> Result<FileWritten, Error> {
        let found: Option<Account> = self.store.find(account, account).await?;
        let found = found.map_or_else(|| wrong("there is no such account".to_owned()), Ok)?;
        let moment = self.moment(account).await?;
        let zone = found.timezone().zone();
        let zone = zone.map_or_else(|| wrong("its time zone is not known".to_owned()), Ok)?;
        let period = self.period.or_else(|| Period::month_before(moment.now(), &zone));
        let instants = period.and_then(|period| Some((period, period.instants(&zone)?)));
        let Some((period, instants)) = instants else {
            return wrong("no calendar has such days".to_owned());
        };
        let settled = self.store.events_settled_before(moment);
        if settled < instants.end {
            let Period { to, .. } = period;
            return wrong(format!(
                "{to} is not over yet, or not for long enough: ask again when it is {} in the \
                 account's time, and a minute has passed",
                instants.end
            ));
        }
        let mut journal = self.journal(&found, moment, &instants).await?;
        if !journal.faults.is_empty() {
            // The events of one change may be a millisecond apart, and the last that is settled between
            // them.
            journal = self.journal(&found, self.moment(account).await?, &instants).await?;
        }
        let days = (Some(period.from), Some(period.to));
        let text = journal.written(self.format, &zone, days).map_err(Error::Internal)?;
        let (entries, bytes) = (journal.transactions.len(), text.len());
        drop(journal);
        let Period { from, to } = period;
        let key = format!("{account}/{from}_{to}.{}", self.format.extension());
        let (media_type, format) = (self.format.media_type(), self.format);
        self.bucket.put(File { key: key.clone(), media_type, text }).await?;
        Ok(FileWritten { account_id: account.clone(), key, from, to, format, entries, bytes })
    }
}

impl Writer<'_> {
    async fn moment(&self, account: &AccountId) -> Result<Moment, Error> {
        self.store.moment_of(account, Clock.now()).await
    }

    /// What has happened to the account's money, of which the transactions of some instants are kept.
    async fn journal(
        &self,
        account: &Account,
        moment: Moment,
        kept: &Range<Timestamp>,
    ) -> Result<Journal, Error> {
        let id = account.id();
        let mut facts = Facts::of(id.as_str(), account.name(), account.timezone().as_str());
        let mut above = Id::<kind::Event>::lowest(id.environment(), Timestamp::EPOCH);
        loop {
            let page = self.store.events_above(id, &above, (moment, PAGE)).await?;
            page.items.iter().for_each(|event| facts.hear(event));
            match page.items.last() {
                Some(last) if page.has_more => above = format!("{}!", last.id()),
                _ => return Ok(Journal::of(&facts, Some(kept.clone()))),
            }
        }
    }
}

fn format_of(config: &BooksConfig) -> Result<Format, Error> {
    let word = config.format.as_deref().unwrap_or(Format::Csv.as_str());
    Format::read(word).map_or_else(|| wrong(format!("BOOKS_FORMAT is {word}, and no format")), Ok)
}

fn accounts_of(config: &BooksConfig) -> Result<Vec<AccountId>, Error> {
    let read = |text: &String| {
        text.parse().map_err(|_| Error::Internal(format!("BOOKS_ACCOUNTS names {text:?}")))
    };
    config.accounts.iter().map(read).collect()
}

/// What an operator is told.
fn wrong<T>(what: String) -> Result<T, Error> {
    Err(Error::Internal(what))
}
