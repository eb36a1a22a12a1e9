//! The sweeper: every minute, what is due and has not been done.
//!
//! The due index is ordered by instant, so one range query per partition finds everything that is due,
//! however late. Production accounts share sixteen partitions, which are read as one, the earliest
//! first; a staging account has its own, because its time may be another. What is found is run beside
//! one another, each object until nothing more is due of it. A failure is logged and its object stays
//! due; it is passed by, so whatever is due after it gets its turn.
//!
//! A sweep ends before the next one begins. Two at once would be harmless, and of no use: they would
//! look after the same objects.

use crate::store::Due;
use std::{collections::VecDeque, sync::Arc};

use futures_util::{
    FutureExt, Stream, StreamExt,
    future::{join, join_all},
    stream,
};
use serde::Serialize;

use crate::{
    base::{
        error::Error,
        id::AccountId,
        telemetry::{log_delay, log_failure},
        time::{Clock, Moment, Timestamp},
    },
    store::{
        Consistency, Known, Settings,
        key::{BEFORE_IDS, DUE_SHARDS, Key, STAGING},
    },
    work::{
        Work,
        due::Ran,
        worker::{Report, Worker},
    },
};

/// How many objects are run at once…
const AT_ONCE: usize = 32;
/// …and of a staging account, of which so many are looked after at once.
const AT_ONCE_STAGING: usize = 8;
const ACCOUNTS_AT_ONCE: usize = 4;
/// How many entries of a partition are read at once.
const PAGE: i32 = 256;
/// A sweep begins nothing after this long: the next one begins a minute after it.
const BEGINS_FOR_MS: i64 = 55_000;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sweep {
    /// Entries that were found in the due index, and clocks that were on their way.
    due: u64,
    /// Steps that were done: one object may have several.
    done: u64,
    /// Objects that stay due because others kept changing them, or the store was busy.
    left: u64,
    /// Objects that could not be looked after, and stay due.
    failed: u64,
    /// Of production: how long after it was due the latest of what was done was begun.
    late_seconds: i64,
}

impl Report for Sweep {
    fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

impl Sweep {
    fn and(self, other: Self) -> Self {
        Self {
            due: self.due + other.due,
            done: self.done + other.done,
            left: self.left + other.left,
            failed: self.failed + other.failed,
            late_seconds: self.late_seconds.max(other.late_seconds),
        }
    }
}

impl Worker {
    /// Does what is due.
    pub async fn sweep(self) -> Result<Sweep, Error> {
        let until = self.ends_at().min(self.started().plus_millis(BEGINS_FOR_MS));
        let sweeper = Sweeper { worker: self, until, settings: Arc::default() };
        let production = sweeper.production().boxed_local();
        let (production, staging) = join(production, sweeper.staging().boxed_local()).await;
        Ok(production.and(staging))
    }
}

struct Sweeper {
    worker: Worker,
    until: Timestamp,
    /// What all that is run looks at.
    settings: Arc<Settings>,
}

impl Sweeper {
    fn has_time(&self) -> bool {
        Clock.now() < self.until
    }

    async fn production(&self) -> Sweep {
        let shards = (0..DUE_SHARDS).map(Key::due_partition);
        let due = Partitions::new(self, shards, self.worker.started()).into_stream();
        let run = |due: Due| async move {
            let now = Clock.now();
            let late_seconds = now.seconds() - due.at.seconds();
            let sweep = self.look_after(due, Moment::from(now)).await;
            // What only fails is late too, for ever; that is told by `failed`.
            if sweep.done == 0 { sweep } else { Sweep { late_seconds, ..sweep } }
        };
        total(due.map(run).buffer_unordered(AT_ONCE)).await
    }

    async fn staging(&self) -> Sweep {
        let accounts = stream::unfold(Some(BEFORE_IDS.to_owned()), |after| self.accounts(after));
        let sweep = |account| self.account(account);
        total(accounts.flat_map(stream::iter).map(sweep).buffer_unordered(ACCOUNTS_AT_ONCE)).await
    }

    /// A page of staging accounts after one, and where the next page begins.
    async fn accounts(&self, after: Option<String>) -> Option<(Vec<AccountId>, Option<String>)> {
        let after = after.filter(|_| self.has_time())?;
        let (between, store) = ((after.as_str(), "~"), self.worker.store());
        match store.query_keys(STAGING, between, PAGE, Consistency::Eventual).await {
            Ok((accounts, more)) => {
                let next = accounts.last().cloned().filter(|_| more);
                Some((accounts.iter().filter_map(|account| account.parse().ok()).collect(), next))
            }
            Err(error) => {
                log_failure("the staging accounts could not be read", &error.explained());
                None
            }
        }
    }

    /// What is due of a staging account by its own clock; a clock on its way is moved on.
    async fn account(&self, account: AccountId) -> Sweep {
        let mut sweep = Sweep::default();
        match self.driven(&account).await {
            Ok((moment, moved)) => {
                let partition = [Key::due_partition_of(&account)].into_iter();
                let due = Partitions::new(self, partition, moment.now()).into_stream();
                let run = |due| self.look_after(due, moment);
                sweep.due += u64::from(moved);
                sweep.and(total(due.map(run).buffer_unordered(AT_ONCE_STAGING)).await)
            }
            Err(error) => {
                log_failure(&format!("{account} could not be swept"), &error.explained());
                Sweep { failed: 1, ..sweep }
            }
        }
    }

    /// The account's time, after its clock has been moved on if it was on its way.
    async fn driven(&self, account: &AccountId) -> Result<(Moment, bool), Error> {
        let clock = self.worker.store().clock_of(account).await?;
        let real = Clock.now();
        if clock.target().is_none() {
            return Ok((clock.moment(real), false));
        }
        let work = self.worker.work(account.clone(), clock.moment(real));
        let clock = work.drive_clock(self.until).await?;
        Ok((clock.moment(Clock.now()), true))
    }

    /// Runs an object until nothing more is due of it.
    async fn look_after(&self, due: Due, moment: Moment) -> Sweep {
        let mut sweep = Sweep::default();
        if !self.has_time() {
            return sweep;
        }
        sweep.due = 1;
        let known = Known::beside(&self.settings);
        let work = self.worker.work(due.account.clone(), moment).knowing(known);
        match self.catch_up(&work, &due.id, &mut sweep).await {
            Ok(()) => {}
            Err(error @ (Error::Stale | Error::Contended | Error::Busy(_))) => {
                sweep.left = 1;
                log_delay(&format!("{} is tried again", due.id), &error.explained());
            }
            Err(error) => {
                sweep.failed = 1;
                log_failure(&format!("{} could not be run", due.id), &error.explained());
            }
        }
        sweep
    }

    async fn catch_up(&self, work: &Work, id: &str, sweep: &mut Sweep) -> Result<(), Error> {
        let mut last = None;
        while self.has_time() {
            // What has begun may take until the function ends.
            let Ran::Step(version) = work.run_due_within(id, self.worker.ends_at()).await? else {
                break;
            };
            if last.replace(version) == Some(version) {
                return Err(Error::Internal("its work changed nothing".to_owned()));
            }
            sweep.done += 1;
        }
        Ok(())
    }
}

async fn total(sweeps: impl Stream<Item = Sweep>) -> Sweep {
    sweeps.fold(Sweep::default(), |sum, sweep| async move { sum.and(sweep) }).await
}

/// What is due in several partitions of the index, read as one in the order of its instants.
struct Partitions<'a> {
    sweeper: &'a Sweeper,
    until: Timestamp,
    all: Vec<Partition>,
}

struct Partition {
    key: String,
    read: VecDeque<Due>,
    last: Option<Due>,
    more: bool,
}

impl<'a> Partitions<'a> {
    fn new(sweeper: &'a Sweeper, keys: impl Iterator<Item = String>, until: Timestamp) -> Self {
        let unread = |key| Partition { key, read: VecDeque::new(), last: None, more: true };
        Self { sweeper, until, all: keys.map(unread).collect() }
    }

    fn into_stream(self) -> impl Stream<Item = Due> + use<'a> {
        stream::unfold(self, |mut partitions| async move {
            let next = partitions.next().await?;
            Some((next, partitions))
        })
    }

    /// The earliest entry that has not been taken.
    async fn next(&mut self) -> Option<Due> {
        if !self.sweeper.has_time() {
            return None;
        }
        let (sweeper, until) = (self.sweeper, self.until);
        let unread = self.all.iter_mut().filter(|one| one.read.is_empty() && one.more);
        join_all(unread.map(|one| one.read_on(sweeper, until))).await;
        let earliest = self.all.iter_mut().filter(|one| !one.read.is_empty());
        earliest.min_by(|one, other| one.read.front().cmp(&other.read.front()))?.read.pop_front()
    }
}

impl Partition {
    async fn read_on(&mut self, sweeper: &Sweeper, until: Timestamp) {
        let (store, after) = (sweeper.worker.store(), self.last.as_ref());
        match store.due(&self.key, until, after, PAGE, Consistency::Eventual).await {
            Ok((due, more)) => {
                self.last = due.last().cloned().or_else(|| self.last.take());
                self.more = more && !due.is_empty();
                self.read.extend(due);
            }
            Err(error) => {
                self.more = false;
                log_failure(&format!("{} could not be read", self.key), &error.explained());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_that_found_nothing_is_idle() {
        let one = Sweep { due: 1, done: 2, late_seconds: 70, ..Sweep::default() };
        assert!(Sweep::default().is_idle() && !one.is_idle());
        assert_eq!(
            one.and(Sweep { failed: 1, late_seconds: 60, ..one }),
            Sweep { due: 2, done: 4, left: 0, failed: 1, late_seconds: 70 }
        );
    }
}
