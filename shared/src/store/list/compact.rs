//! Compaction: a batch of operations moves out of the log and into the tree.
//!
//! | step | if the process dies after it |
//! |---|---|
//! | look at the head and the log | nothing has happened |
//! | remove what the head says was moved and retired before | it is what the head's version does without |
//! | write the new nodes | nodes that nothing names: garbage, of no consequence |
//! | replace the head, if it is still the one that was looked at | readers leave out what it says was moved |
//! | remove the batch from the log, and the nodes that were replaced | the next compaction does it |
//! | note in the head that they are gone | it does it again, to no effect |
//!
//! Of several at once one replaces the head; the others remove what they had written. A head is only
//! replaced by one that names another batch once the batch before is out of the log: so an operation is
//! in the log and not counted, in the log and named as counted, or counted; never two of these.
//! A list that has an index ([`super::index`]) has the places of the batch enter it in the same head.
//!
//! What the batch is to subsets of the list, its head names too. Before it is removed, each of these
//! subsets takes it into its own tree, by a head of its own that has the number of the batch. A log that a
//! subset has for itself is from an earlier deployment: of an id that the log of the whole has too, it is
//! taken along with that, and else compacted by itself.

use std::collections::HashSet;

use super::{
    ATTEMPTS, index,
    item::{Head, OfSubsets},
    log::Log,
    look::{View, look_alone, look_at_part},
    operation::MovedOf,
    shelf::{Replaced, Shelf},
    tree::{Change, Node, Reading, Rebuilt, Tree, rebuild},
};
use crate::base::error::Error;

/// What a compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compacted {
    /// The log is short.
    Nothing,
    /// It has moved so many operations.
    Moved(usize),
    /// Another one was faster.
    Overtaken,
}

/// Why a list is compacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Its log may be long: where it is not, nothing is done.
    Long,
    /// It has strays: all of the log is moved, and with every id in it the tree is made to say what the
    /// id's last operation says.
    Strays,
}

/// Moves a batch into the tree if there is reason to. `name` makes names that nothing else has.
pub(super) async fn compact<S: Shelf>(
    shelf: &S,
    why: Why,
    mut name: impl FnMut() -> String,
) -> Result<Compacted, Error> {
    let View { head, log, bound, .. } = look_far_enough(shelf).await?;
    let head = tidy(shelf, head, &mut name).await?;
    let enough = match why {
        Why::Long => S::SIZES.batch,
        Why::Strays => 1,
    };
    let log = match shelf.whole() {
        Some((whole, filter)) => log.without(&look_at_part(&whole, &filter).await?),
        None => log,
    };
    if log.len() == 0 || (log.len() < enough && bound.is_none()) {
        return Ok(Compacted::Nothing);
    }
    let batch = log.lowest(S::SIZES.batch);
    let changes = match why {
        Why::Long => batch.changes(),
        Why::Strays => batch.all_changes(),
    };
    let of_subsets = match batch.of_subsets() {
        moved if moved.is_empty() => OfSubsets::default(),
        moved => OfSubsets { batch: head.version + 1, moved },
    };
    let next = Head { moved: batch.places(), of_subsets, ..head.clone() };
    let advanced = advance(shelf, (head, next), &changes, &mut name).await?;
    let Some((next, mut strays)) = advanced else { return Ok(Compacted::Overtaken) };
    tidy(shelf, next, &mut name).await?;
    // Whoever asks for the strays to go knows of them.
    if why == Why::Long {
        strays.extend(batch.uneven());
        if !strays.is_empty() {
            shelf.tolerate(&strays)?;
        }
    }
    Ok(Compacted::Moved(batch.len()))
}

/// Replaces the head by `next`, whose tree has `changes` too: the head as it is then, and what of the changes
/// changed nothing; none, where another one was faster.
async fn advance<S: Shelf>(
    shelf: &S,
    (head, next): (Head, Head),
    changes: &[Change],
    name: &mut impl FnMut() -> String,
) -> Result<Option<(Head, Vec<Change>)>, Error> {
    let rebuilt = match changed(shelf, &head.tree, changes, &mut *name).await {
        Ok(rebuilt) => rebuilt,
        // What does not add up may have been compacted while it was looked at.
        Err(error) => return head.unless_replaced(shelf, error).await,
    };
    let (mut made, mut retired) = (rebuilt.made, rebuilt.retired);
    let entering = match rebuilt.strays.is_empty() {
        true => entering(&head, changes),
        false => None,
    };
    let mut index = None;
    if let (Some(before), Some(ids)) = (&head.index, entering) {
        match index::grow(shelf, before, &ids, &mut *name).await {
            Ok(grown) => {
                made.extend(grown.made);
                retired.extend(grown.retired);
                index = Some(grown.index);
            }
            Err(error) => return head.unless_replaced(shelf, error).await,
        }
    }
    let (version, tree) = (head.version + 1, rebuilt.tree);
    let next = Head { version, tree, retired, index, by: name(), ..next };
    let replaced = replace(shelf, head.version, &next, made).await?;
    Ok(replaced.then_some((next, rebuilt.strays)))
}

/// Has a subset take what a batch of the whole's log is to it into its tree, if it has not: after what
/// stands in a log of its own of the same ids, from before changes to subsets stood in that of the whole.
async fn take<S: Shelf>(
    shelf: &S,
    (batch, moved): (u64, &[MovedOf]),
    name: &mut impl FnMut() -> String,
) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let View { head, log: own, .. } = look_alone(shelf, None).await?;
        if head.has_batch >= batch {
            return Ok(());
        }
        let head = clear(shelf, head).await?;
        let mut log = Log::default();
        log.add(0, moved.iter().map(MovedOf::operation).collect(), &HashSet::new());
        let (log, places) = log.after(&own);
        let next = Head { moved: places, has_batch: batch, ..head.clone() };
        let advanced = advance(shelf, (head, next), &log.changes(), name).await?;
        if let Some((next, mut strays)) = advanced {
            clear(shelf, next).await?;
            strays.extend(log.uneven());
            return if strays.is_empty() { Ok(()) } else { shelf.tolerate(&strays) };
        }
    }
    Err(Error::Busy("a subset of a list kept changing".to_owned()))
}

/// What enters the index of a list that has one; none, where something leaves, or comes twice: an index
/// is of lists in which that is a fault, and is made anew.
fn entering(head: &Head, changes: &[Change]) -> Option<Vec<String>> {
    let index = head.index.as_ref()?;
    let only_enter = changes.iter().all(|change| change.delta > 0);
    let ids = changes.iter().map(|change| &change.id).filter(|id| index.is_about(id));
    only_enter.then(|| ids.cloned().collect())
}

/// Replaces the head of this version, of which the nodes that were `made` are: whether nobody was faster.
async fn replace<S: Shelf>(
    shelf: &S,
    version: u64,
    next: &Head,
    made: Vec<(String, Node)>,
) -> Result<bool, Error> {
    shelf.write(&made).await?;
    match shelf.replace(version, next).await? {
        Replaced::Yes => Ok(true),
        Replaced::No => {
            let made: Vec<String> = made.into_iter().map(|(name, _)| name).collect();
            shelf.remove(&[], &made).await.map(|()| false)
        }
        Replaced::Unknown => Err(Error::Busy("a list's new head may be written or not".to_owned())),
    }
}

impl Head {
    /// The error, if this still is the list's head; else it is no wonder, and nothing is returned.
    async fn unless_replaced<S: Shelf, T>(
        &self,
        shelf: &S,
        error: Error,
    ) -> Result<Option<T>, Error> {
        let replaced = shelf.head().await?.map_or(0, |there| there.version) != self.version;
        if replaced { Ok(None) } else { Err(error) }
    }
}

/// Has more of what is in the tree enter the list's index, which begins with that.
pub(super) async fn extend<S: Shelf>(
    shelf: &S,
    mut name: impl FnMut() -> String,
) -> Result<Compacted, Error> {
    let head = look_alone(shelf, Some(1)).await?.head;
    let head = tidy(shelf, head, &mut name).await?;
    let (next, made) = match index::extend(shelf, &head, name).await {
        Ok(Some(extended)) => extended,
        Ok(None) => return Ok(Compacted::Nothing),
        Err(error) => {
            let overtaken = head.unless_replaced(shelf, error).await?;
            return Ok(overtaken.unwrap_or(Compacted::Overtaken));
        }
    };
    if !replace(shelf, head.version, &next, made).await? {
        return Ok(Compacted::Overtaken);
    }
    clear(shelf, next).await?;
    Ok(Compacted::Moved(0))
}

/// What `changes` make of a tree.
async fn changed<S: Shelf>(
    shelf: &S,
    tree: &Tree,
    changes: &[Change],
    name: impl FnMut() -> String,
) -> Result<Rebuilt, Error> {
    let mut reading = Reading::new(S::SIZES, tree, changes);
    loop {
        let wanted = reading.wants();
        if wanted.is_empty() {
            return rebuild(S::SIZES, tree, changes, &reading.done(), name);
        }
        reading.give(shelf.nodes(&wanted).await?)?;
    }
}

/// The newest of the log: enough for a batch, with all the operations of each id.
async fn look_far_enough<S: Shelf>(shelf: &S) -> Result<View, Error> {
    let mut most = S::SIZES.batch;
    loop {
        // The head takes a place, and what was moved and is still there.
        let view = look_alone(shelf, Some(most.saturating_mul(2).saturating_add(1))).await?;
        if view.bound.is_none() || view.log.len() > 0 {
            return Ok(view);
        }
        // All that was seen has been moved, or is of one id.
        most = most.saturating_mul(4);
    }
}

/// Has subsets take what was moved, and then removes what is not needed any more.
async fn tidy<S: Shelf>(
    shelf: &S,
    head: Head,
    name: &mut impl FnMut() -> String,
) -> Result<Head, Error> {
    let OfSubsets { batch, moved } = &head.of_subsets;
    for (filter, moved) in moved {
        take(&shelf.subset(filter), (*batch, moved), name).await?;
    }
    clear(shelf, head).await
}

/// Removes what a head says is not needed any more, and notes that it is gone.
async fn clear<S: Shelf>(shelf: &S, head: Head) -> Result<Head, Error> {
    if head.moved.is_empty() && head.retired.is_empty() {
        return Ok(head);
    }
    shelf.remove(&head.moved, &head.retired).await?;
    let tidied = head.tidied();
    // Whether it is noted is of no consequence: whoever finds it not noted removes nothing again.
    shelf.replace(tidied.version, &tidied).await?;
    Ok(tidied)
}
