//! The due index, read as a sweep needs it.

use std::collections::VecDeque;

use futures_util::{Stream, future::join_all, stream};

use super::{PAGE, Sweeper};
use crate::{
    base::{telemetry::log_failure, time::Timestamp},
    store::{Consistency, Due},
};

/// What is due in several partitions of the index, read as one in the order of its instants.
pub(super) struct Partitions<'a> {
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
    pub(super) fn new(
        sweeper: &'a Sweeper,
        keys: impl Iterator<Item = String>,
        until: Timestamp,
    ) -> Self {
        let unread = |key| Partition { key, read: VecDeque::new(), last: None, more: true };
        Self { sweeper, until, all: keys.map(unread).collect() }
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Due> + use<'a> {
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
