//! What there is of a list at an instant: its head, and its log since; of a subset what the log of the
//! whole says of it.

use std::collections::HashSet;

use futures_util::future::{try_join, try_join_all};

use super::{
    item::Head,
    log::Log,
    operation::{Place, above},
    shelf::{Shelf, Stretch, Versions},
};
use crate::{base::error::Error, store::key::BEFORE_IDS};

/// What one look at a list saw: its head, and its log since.
#[derive(Debug)]
pub(super) struct View {
    pub head: Head,
    pub log: Log,
    /// The id above which the log was read; none, when all of it was.
    pub bound: Option<String>,
    /// At which versions the heads were.
    pub versions: Versions,
}

/// Looks at a list: the head first, then the log. Whoever goes by what it says must make sure afterwards
/// that the heads are still at the same versions: otherwise operations may have moved out of the log
/// before they were read, and into a tree that was not.
pub(super) async fn look<S: Shelf>(shelf: &S) -> Result<View, Error> {
    match shelf.whole() {
        Some((whole, filter)) => look_at_subset(shelf, &whole, &filter).await,
        None => look_alone(shelf, None).await,
    }
}

/// Looks at what a list has for itself: all of it, but of a subset. At most `most` operations of each
/// partition of the log are read.
pub(super) async fn look_alone<S: Shelf>(shelf: &S, most: Option<usize>) -> Result<View, Error> {
    let mut found = partitions(shelf, most).await?;
    let head = std::mem::take(&mut found.head);
    let moved: HashSet<_> = head.moved.iter().cloned().collect();
    // Below this, a partition that is longer than what was asked for has not been read.
    let end = |stretch: &Stretch| {
        let last = stretch.operations.last().filter(|_| !stretch.complete);
        last.map(|operation| operation.key_id().to_owned())
    };
    let bound = found.stretches.iter().filter_map(end).max();
    let mut log = found.log(&moved);
    if let Some(bound) = &bound {
        log.only_above(bound);
    }
    if head.partitions() > 1 && log.may_be_torn() {
        let from = bound.as_deref().map_or_else(|| BEFORE_IDS.to_owned(), above);
        log = log.completed(again(shelf, &head, &from).await?.log(&moved));
    }
    let versions = Versions { own: head.version, whole: 0 };
    Ok(View { head, log, bound, versions })
}

/// Looks at a subset: its own head, and what the log of the whole says of it, at once. Which of the
/// batch that is being moved its tree has, its head says by the number of the batch.
async fn look_at_subset<S: Shelf>(shelf: &S, whole: &S, filter: &str) -> Result<View, Error> {
    let (mut own, mut all) = try_join(partitions(shelf, None), partitions(whole, None)).await?;
    let (head, of_whole) = (std::mem::take(&mut own.head), std::mem::take(&mut all.head));
    let is_waiting = of_whole.is_waiting(filter, head.has_batch);
    let own_moved: HashSet<_> = head.moved.iter().cloned().collect();
    let moved: HashSet<_> = match is_waiting {
        true => HashSet::new(),
        false => of_whole.moved.iter().cloned().collect(),
    };
    let both = |own: Found, all: Found| own.log(&own_moved).and(all.of(filter).log(&moved));
    let mut log = both(own, all);
    if (head.partitions() > 1 || of_whole.partitions() > 1) && log.may_be_torn() {
        let looks =
            try_join(again(shelf, &head, BEFORE_IDS), again(whole, &of_whole, BEFORE_IDS)).await?;
        log = log.completed(both(looks.0, looks.1));
    }
    let versions = Versions { own: head.version, whole: of_whole.version };
    Ok(View { head, log, bound: None, versions })
}

/// What the log of the whole has of a subset, whether it was moved or not.
pub(super) async fn look_at_part<S: Shelf>(whole: &S, filter: &str) -> Result<Log, Error> {
    Ok(partitions(whole, None).await?.of(filter).log(&HashSet::new()))
}

/// The partitions of a log, as they were read.
#[derive(Debug, Default)]
struct Found {
    head: Head,
    stretches: Vec<Stretch>,
}

impl Found {
    /// Of the operations those of a subset.
    fn of(mut self, filter: &str) -> Self {
        for stretch in &mut self.stretches {
            let operations = std::mem::take(&mut stretch.operations).into_iter();
            stretch.operations = operations.filter_map(|one| one.in_subset(filter)).collect();
        }
        self
    }

    /// The log without what was moved.
    fn log(self, moved: &HashSet<Place>) -> Log {
        let mut log = Log::default();
        for (partition, stretch) in (0..).zip(self.stretches) {
            log.add(partition, stretch.operations, moved);
        }
        log
    }
}

/// Reads the head, and then at most `most` operations of each partition.
async fn partitions<S: Shelf>(shelf: &S, most: Option<usize>) -> Result<Found, Error> {
    let mut first = shelf.log(0, BEFORE_IDS, most).await?;
    let head = first.head.take().unwrap_or_default();
    let others = (1..head.partitions()).map(|number| shelf.log(number, BEFORE_IDS, most));
    let others = try_join_all(others).await?;
    Ok(Found { head, stretches: [first].into_iter().chain(others).collect() })
}

/// Reads all partitions of a log once more.
async fn again<S: Shelf>(shelf: &S, head: &Head, from: &str) -> Result<Found, Error> {
    let stretches = (0..head.partitions()).map(|number| shelf.log(number, from, None));
    Ok(Found { stretches: try_join_all(stretches).await?, ..Found::default() })
}

impl View {
    /// The error, if these still are the list's heads; else it is no wonder, and nothing is returned.
    pub async fn unless_replaced<S: Shelf, T>(
        &self,
        shelf: &S,
        error: Error,
    ) -> Result<Option<T>, Error> {
        let (versions, _) = shelf.versions_and(&[]).await?;
        if versions == self.versions { Err(error) } else { Ok(None) }
    }
}
