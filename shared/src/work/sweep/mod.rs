//! The sweeper: every minute, what is due and has not been done.
//!
//! The due index is ordered by instant, so one range query per partition finds everything that is due,
//! however late. Production accounts share sixteen partitions, which are read as one, the earliest
//! first (`partitions`); a staging account has its own, because its time may be another, and is looked at
//! when it asks to be (`staging`). What is found is run beside one another, each object until nothing more
//! is due of it. A failure is logged and its object stays due; it is passed by, so whatever is due after
//! it gets its turn.
//!
//! A sweep ends before the next one begins. Two at once would be harmless, and of no use: they would
//! look after the same objects.

mod partitions;
mod staging;

use std::sync::Arc;

use futures_util::{FutureExt, Stream, StreamExt, future::join};
use serde::Serialize;

use self::partitions::Partitions;

use crate::{
    base::{
        error::Error,
        telemetry::{log_delay, log_failure},
        time::{Clock, Moment, Timestamp},
    },
    store::{
        Due, Known, Settings,
        key::{DUE_SHARDS, Key},
    },
    work::{
        Work,
        due::Ran,
        worker::{Report, Worker},
    },
};

/// How many objects are run at once.
const AT_ONCE: usize = 32;
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
