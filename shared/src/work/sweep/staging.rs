//! Staging accounts, each of which has its own time.
//!
//! What is due of one cannot be found by an instant of real time, and there may be hundreds in which
//! nothing happens. So an account asks to be looked at: each change that lets something fall due, or that
//! stops, sends or releases its clock, leaves a wake beside it, under a key that is written once. A sweep
//! reads those up to now, looks at their accounts, and when an account's time runs leaves one wake for the
//! next thing that is due of it. Only then are those it has read removed: whoever dies in between, the
//! next sweep looks again. An account of which nothing is due by its own time has none, and costs nothing.
//!
//! A wake is a hint, as an entry of the due index is: one too many costs a look. For one too few (an
//! account from before there were wakes, a change by an older version during a deployment) all accounts
//! are looked at by the first sweep ever, and once a day.

use std::{cell::Cell, collections::HashMap};

use futures_util::{StreamExt, stream};

use super::{PAGE, Partitions, Sweep, Sweeper, total};
use crate::{
    base::{
        error::Error,
        id::AccountId,
        telemetry::log_failure,
        time::{Clock, Moment, Timestamp},
    },
    model::test_clock::AccountClock,
    store::{
        Consistency, Due,
        key::{BEFORE_IDS, Key, STAGING, WAKE_SHARDS},
    },
};

/// How many accounts are looked after at once…
const ACCOUNTS_AT_ONCE: usize = 4;
/// …and how many objects of each.
const AT_ONCE: usize = 8;
/// How often all accounts are looked at.
const ROUND_MS: i64 = 24 * 60 * 60 * 1000;
/// A wake that is younger stays for the next sweep: of what was written with it not everything may have
/// been there to be seen.
const YOUNG_MS: i64 = 1_000;

impl Sweeper {
    pub(super) async fn staging(&self) -> Sweep {
        let sweep = |(account, wakes)| async move { self.look_at(account, wakes).await.0 };
        let woken = stream::iter(self.woken().await).map(sweep).buffer_unordered(ACCOUNTS_AT_ONCE);
        total(woken).await.and(self.round().await)
    }

    /// The accounts that ask to be looked at, the first to ask first, with their wakes.
    async fn woken(&self) -> Vec<(AccountId, Vec<Due>)> {
        let shards = (0..WAKE_SHARDS).map(Key::wake_partition);
        let wakes = Partitions::new(self, shards, self.worker.started()).into_stream();
        let mut wakes = std::pin::pin!(wakes);
        let (mut accounts, mut places) = (Vec::<(AccountId, Vec<Due>)>::new(), HashMap::new());
        while let Some(wake) = wakes.next().await {
            let place = *places.entry(wake.account.clone()).or_insert_with(|| {
                accounts.push((wake.account.clone(), Vec::new()));
                accounts.len() - 1
            });
            if let Some((_, all)) = accounts.get_mut(place) {
                all.push(wake);
            }
        }
        accounts
    }

    /// Looks at every account, if that has not been done for a day.
    async fn round(&self) -> Sweep {
        let (store, started) = (self.worker.store(), self.worker.started());
        match store.last_round().await {
            Ok(Some(last)) if started < last.plus_millis(ROUND_MS) => return Sweep::default(),
            Ok(_) => {}
            Err(error) => {
                log_failure("it is not known when all accounts were looked at", &error.explained());
                return Sweep { failed: 1, ..Sweep::default() };
            }
        }
        let complete = Cell::new(true);
        let pages =
            stream::unfold(Some(BEFORE_IDS.to_owned()), |after| self.page(after, &complete));
        let look = |account| {
            let complete = &complete;
            async move {
                let (sweep, settled) = self.look_at(account, Vec::new()).await;
                complete.set(complete.get() && settled);
                sweep
            }
        };
        let accounts = pages.flat_map(stream::iter).map(look);
        let sweep = total(accounts.buffer_unordered(ACCOUNTS_AT_ONCE)).await;
        if complete.get()
            && self.has_time()
            && let Err(error) = store.note_round(started).await
        {
            log_failure("it was not kept that all accounts were looked at", &error.explained());
        }
        sweep
    }

    /// A page of staging accounts after one, and where the next page begins.
    async fn page(
        &self,
        after: Option<String>,
        complete: &Cell<bool>,
    ) -> Option<(Vec<AccountId>, Option<String>)> {
        let after = after.filter(|_| self.has_time())?;
        let (between, store) = ((after.as_str(), "~"), self.worker.store());
        match store.query_keys(STAGING, between, PAGE, Consistency::Eventual).await {
            Ok((accounts, more)) => {
                let next = accounts.last().cloned().filter(|_| more);
                Some((accounts.iter().filter_map(|account| account.parse().ok()).collect(), next))
            }
            Err(error) => {
                complete.set(false);
                log_failure("the staging accounts could not be read", &error.explained());
                None
            }
        }
    }

    /// Does what is due of an account by its own clock; a clock on its way is moved on. And whether it is
    /// settled when it wants looking at again.
    async fn look_at(&self, account: AccountId, wakes: Vec<Due>) -> (Sweep, bool) {
        if !self.has_time() {
            return (Sweep::default(), false);
        }
        let failed = |sweep: Sweep, error: &Error| {
            log_failure(&format!("{account} could not be swept"), &error.explained());
            (Sweep { failed: sweep.failed + 1, ..sweep }, false)
        };
        let (clock, moved) = match self.driven(&account).await {
            Ok(driven) => driven,
            Err(error) => return failed(Sweep::default(), &error),
        };
        let moment = clock.moment(Clock.now());
        let partition = [Key::due_partition_of(&account)].into_iter();
        let due = Partitions::new(self, partition, moment.now()).into_stream();
        let run = |due| self.look_after(due, moment);
        let moved = Sweep { due: u64::from(moved), ..Sweep::default() };
        let sweep = moved.and(total(due.map(run).buffer_unordered(AT_ONCE)).await);
        // On its way it has the wake that it was sent with.
        if clock.target().is_some() {
            return (sweep, !wakes.is_empty());
        }
        match self.settle(&account, moment, wakes).await {
            Ok(()) => (sweep, true),
            Err(error) => failed(sweep, &error),
        }
    }

    /// The account's clock, after it has been moved on if it was on its way, and whether it was.
    async fn driven(&self, account: &AccountId) -> Result<(AccountClock, bool), Error> {
        let clock = self.worker.store().clock_of(account).await?;
        if clock.target().is_none() {
            return Ok((clock, false));
        }
        let work = self.worker.work(account.clone(), clock.moment(Clock.now()));
        Ok((work.drive_clock(self.until).await?, true))
    }

    /// Leaves a wake for when the account wants looking at again, if it does, in the place of `wakes`.
    async fn settle(
        &self,
        account: &AccountId,
        moment: Moment,
        wakes: Vec<Due>,
    ) -> Result<(), Error> {
        let (store, started) = (self.worker.store(), self.worker.started());
        let first = store.first_of(account).await?;
        let next = first.and_then(|first| wants_looking(first.at, moment, started));
        let next = next.map(|at| Due::wake(account, at));
        let old = started.plus_millis(-YOUNG_MS);
        let seen = wakes.into_iter().filter(|wake| wake.at <= old && Some(wake) != next.as_ref());
        store.replace_wakes(account, next.as_ref(), seen.collect()).await
    }
}

/// When an account wants looking at, in real time, of which the first thing is due at `first` of its own
/// time, while that is `moment`: at once where it is due and could not be done, and never while a clock
/// stands before it.
fn wants_looking(first: Timestamp, moment: Moment, started: Timestamp) -> Option<Timestamp> {
    match moment.stopped_at() {
        _ if first <= moment.now() => Some(first.min(started)),
        Some(_) => None,
        None => Some(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_wants_looking_at_when_something_is_due_by_its_own_time() {
        let [early, now, late] =
            ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]
                .map(|at| at.parse::<Timestamp>().unwrap());
        let running = Moment::from(now);
        assert_eq!(wants_looking(late, running, now), Some(late));
        assert_eq!(wants_looking(early, running, now), Some(early));
        let stands_at = |at| Moment::stopped(at, now);
        assert_eq!(wants_looking(now, stands_at(early), now), None);
        // In its own time it is due, in real time it will be.
        assert_eq!(wants_looking(late, stands_at(late), now), Some(now));
    }
}
