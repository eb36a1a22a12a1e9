//! Lists: which object is in which, and any page of one with an exact total, for a bounded price.
//!
//! DynamoDB counts nothing and skips nothing: whoever wants the page after a million objects reads a
//! million objects. Whoever keeps a counter beside them makes all writers meet on it. So a list is a
//! *log* and a *tree*:
//!
//! - A change writes the difference that it makes to the lists of its object (`Entity::lists`, a pure
//!   function of its state) as **operations**, in its own transaction: `+1` on a list that the object
//!   enters, `−1` on one that it leaves, each under a key that no other change ever uses. Writers share
//!   nothing.
//! - Now and then a batch of operations is taken out of the log and into a **counted tree** of immutable
//!   nodes ([`tree`]), which the list's **head** names ([`compact`]).
//! - A reader takes both together ([`read`]): the members are those of the tree, changed by the log; a
//!   page is found by descending along the counts.
//!
//! | item | key | holds |
//! |---|---|---|
//! | operation | `<account>#L#<list>#<partition>` / `<id>#<version>` | `d`: +1 or −1; `subsets`: the same of these; or `ids`, all that enter by one change, of which the highest is in the key |
//! | head | `<account>#L#<list>#0` / `~` | version, root, what was moved out of the log last |
//! | node | `<account>#N#<name>` / `node` | up to 512 ids, or 128 × (first id, count, node) |
//!
//! # Why a page is never wrong
//!
//! Let *v* be the head's version. Three things are always true:
//!
//! 1. Every operation is written once, with its change. It is taken away only when the tree counts it.
//! 2. The members are those of *v*'s tree, changed by the operations in the log that *v* does not name
//!    as moved. A compaction keeps this true in one write: the head that has a batch in its tree names
//!    the same batch as moved. A batch is replaced by the next only once it is out of the log.
//! 3. A node never changes, and those of *v* are removed only after *v* has been replaced.
//!
//! A reader reads the head, *then* the log, then nodes, and at last the head again. If
//! the version is the same, no compaction has come between; by 1 and 2 every operation that was answered
//! before the read began was in the log or in the tree, and none was in both. If it is not, the reader
//! starts again; so it does when a node is gone. Operations written while it reads may be seen or not,
//! but of one id never a later one without the earlier ([`log`]), so each id is in a state that it had
//! during the read, and the total is the sum of these very states.
//!
//! That a query reads a partition in the order of its keys, and each item after the one before it, is
//! what this rests on: DynamoDB says the first, and not in so many words the second.
//!
//! What it costs: one round trip for head and log together (one more where the log has several
//! partitions, and one where it may have been seen torn: [`spread`]), one for each height of the tree (none for a
//! list that was never compacted, one up to 65,536 members, two up to eight million), and one for the
//! page's objects with the head's second look. The range of a filter on `created_at` is a range of ids:
//! its two ends are found in the same descent, so its total is exact and costs the same.
//!
//! # Subsets
//!
//! A list that is narrowed last by a filter of few values is a **subset** of the list that is not, its
//! **whole** (`List::subset_of`). Operations on both stand in the log of the whole, in one item; the subset has
//! a head and a tree of its own. Its members are those of its tree, changed by what the whole's log says of
//! it and its head does not count already: what the whole's head names as moved, if the subset's head has
//! the number of that batch. A batch is removed once each subset that it touches has taken it. A reader reads
//! both partitions at once, and both heads again: while these stay, nothing was moved.
//!
//! What a list's members are about, such as the object of an event, is a list for nobody: a page of it is
//! found by an [`index`], which compaction makes of what it moves, once somebody has asked.
//!
//! `model` runs this code on a table that stops between any two items, with writers, readers and two
//! compactors that die anywhere, and with mutants of the protocol that it must find.

mod at;
mod beside;
mod compact;
mod found;
mod index;
mod item;
mod log;
mod look;
mod operation;
mod read;
mod recount;
mod requests;
mod shelf;
mod spread;
mod tree;
mod write;

#[cfg(test)]
mod model;

use crate::model::list::List;

pub(super) use self::write::{Step, is_operation, new_member, operation, operation_of_all, say};
pub use self::{
    beside::Beside,
    compact::Compacted,
    found::MOST_FOUND,
    recount::{Recount, Recounted},
    requests::{INDEX, STRAYS, by_list},
    spread::Spread,
    tree::Node as ListNode,
};
use self::{
    compact::Why,
    read::{Seen, Window, read},
    shelf::{Shelf, Shelved},
    tree::Sizes,
};
use super::table::Row;
use crate::{
    base::{
        error::Error,
        id::AccountId,
        page::{PageRequest, TimeRange},
    },
    model::entity::Entity,
    store::Store,
};

/// One page of a list and the whole list's total.
#[derive(Clone, Debug)]
pub struct Page<E> {
    /// The objects of the page, newest first.
    pub items: Vec<E>,
    /// How many objects the list has, whatever the page.
    pub total: usize,
    /// Whether there are more after this page.
    pub has_more: bool,
}

/// How often a reader starts again when the list changes under it.
const ATTEMPTS: u32 = 5;
/// A log of which a reader says that it is long.
const LONG: usize = 2 * Sizes::OURS.batch;

impl Store {
    /// Reads one page of `list`.
    pub async fn page<E: Entity>(
        &self,
        account: &AccountId,
        list: &List,
        range: &TimeRange,
        request: PageRequest,
    ) -> Result<Page<E>, Error> {
        let (from, to) = range.bounds::<E::Kind>(account.environment());
        self.page_within(account, list, (&from, &to), request).await
    }

    /// Reads one page of the members of `list` from the one text to just before the other.
    pub async fn page_within<E: Entity>(
        &self,
        account: &AccountId,
        list: &List,
        (from, to): (&str, &str),
        request: PageRequest,
    ) -> Result<Page<E>, Error> {
        let window = Window {
            from,
            to,
            offset: tree::amount(request.offset()),
            limit: tree::amount(request.limit()),
            lowest_first: false,
        };
        for attempt in 0..ATTEMPTS {
            let Some(seen) = self.look_at(account, list, window, attempt).await? else { continue };
            let items = seen.objects.into_iter().map(Row::decode);
            let items: Vec<E> = items.collect::<Result<_, _>>()?;
            // An object that is gone, or has left the list, has done so since the log was read.
            let settled = items.len() == seen.slice.ids.len()
                && items.iter().zip(&seen.slice.ids).all(|(item, id)| is_called(item, list, id));
            if settled {
                let shelf = Shelved::new(self, account, list);
                self.tell(&shelf, &seen.slice.strays).await?;
                self.is_long(account, list, seen.operations).await;
                let end = window.offset.saturating_add(tree::amount(items.len()));
                let (total, has_more) = (count(seen.slice.total), end < seen.slice.total);
                return Ok(Page { items, total, has_more });
            }
        }
        Err(changing(list))
    }

    /// The first objects of `list`, the oldest first, at most `limit`, of those whose ids are from the
    /// one text to just before the other; the total is of all of these. Nothing below the upper end
    /// enters the list any more, or what is found may be of two instants.
    pub(super) async fn page_from<E: Entity>(
        &self,
        account: &AccountId,
        list: &List,
        (from, to): (&str, &str),
        limit: usize,
    ) -> Result<Page<E>, Error> {
        let mut window = Window { from, to, offset: 0, limit: 0, lowest_first: false };
        for attempt in 0..ATTEMPTS {
            let looked = self.look_at(account, list, window, attempt).await?;
            let Some(total) = looked.map(|seen| seen.slice.total) else { continue };
            // Counted from the newest, as all pages are.
            window.offset = total.saturating_sub(tree::amount(limit));
            window.limit = tree::amount(limit);
            let Some(seen) = self.look_at(account, list, window, attempt).await? else { continue };
            let objects = seen.objects.into_iter().map(Row::decode);
            let mut items: Vec<E> = objects.collect::<Result<_, _>>()?;
            if seen.slice.total == total && items.len() == seen.slice.ids.len() {
                items.reverse();
                let has_more = window.offset > 0;
                return Ok(Page { items, total: count(total), has_more });
            }
            window = Window { offset: 0, limit: 0, ..window };
        }
        Err(changing(list))
    }

    /// How many objects a list has.
    pub async fn total(&self, account: &AccountId, list: &List) -> Result<usize, Error> {
        for attempt in 0..ATTEMPTS {
            if let Some(seen) = self.look_at(account, list, Window::NONE_OF_ALL, attempt).await? {
                return Ok(count(seen.slice.total));
            }
        }
        Err(changing(list))
    }

    /// Says that a list that was seen whole has strays, and asks for them to be mended.
    async fn tell(&self, shelf: &Shelved<'_>, strays: &[tree::Change]) -> Result<(), Error> {
        if !strays.is_empty() {
            shelf.tolerate(strays)?;
            self.request_mending(shelf.account, &shelf.list).await;
        }
        Ok(())
    }

    /// Says now and then that a log is long, of which so many operations were read.
    async fn is_long(&self, account: &AccountId, list: &List, operations: usize) {
        if operations >= LONG {
            self.request_compaction(account, list).await;
        }
    }

    async fn look_at(
        &self,
        account: &AccountId,
        list: &List,
        window: Window<'_>,
        attempt: u32,
    ) -> Result<Option<Seen<Vec<Row>>>, Error> {
        if let Some(failed) = attempt.checked_sub(1) {
            super::back_off(failed).await;
        }
        // Boxed: flows that read lists are deep, and how deep futures may be in one another is bounded.
        Box::pin(read(&Shelved::new(self, account, list), window)).await
    }

    /// Moves what is long of a list's log into its tree, or all of it where it has strays, at most
    /// `batches` batches of it: the log of the whole first, and then what a subset has for itself.
    pub(crate) async fn compact(
        &self,
        account: &AccountId,
        list: &List,
        (strays, batches): (bool, usize),
    ) -> Result<(usize, Compacted), Error> {
        let why = if strays { Why::Strays } else { Why::Long };
        let logged = list.logged_in();
        let (mut operations, mut last) = (0, Compacted::Overtaken);
        for list in [Some(&logged), Some(list).filter(|list| **list != logged)].iter().flatten() {
            let shelf = Shelved::new(self, account, list);
            for _ in 0..batches {
                last = compact::compact(&shelf, why, unique_name).await?;
                let Compacted::Moved(moved) = last else { break };
                operations += moved;
            }
            if last != Compacted::Nothing && !strays {
                break;
            }
        }
        Ok((operations, last))
    }
}

/// Whether an object says that it is in `list`, as this member.
fn is_called<E: Entity>(object: &E, list: &List, member: &str) -> bool {
    let id = object.record().id.as_str();
    // The list of all: what exists is in it, whatever else it says. To name all of an object's lists
    // takes as long as to read it.
    if list.name() == E::RESOURCE {
        return id == member;
    }
    let is = |own: &List| own.name() == list.name() && own.member(id) == member;
    object.lists().iter().any(is)
}

fn changing(list: &List) -> Error {
    Error::Busy(format!("{list:?} changed {ATTEMPTS} times while it was read"))
}

fn count(members: u64) -> usize {
    usize::try_from(members).unwrap_or(usize::MAX)
}

/// A name that nothing else has.
fn unique_name() -> String {
    data_encoding::BASE64URL_NOPAD.encode(&crate::base::id::random::<12>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_s_name_in_the_log_holds_no_address() {
        let list = List::filtered("customers", "email", "jane@example.com").and("active", "true");
        assert_eq!(format!("{list:?}"), "customers?email=…&active=true");
        assert!(list.name().contains("example"));
    }

    #[test]
    fn whatever_filters_are_named_the_object_is_in_their_list() {
        let lists = List::combinations("prices", &[("product_id", "p"), ("active", "true")]);
        assert_eq!(lists.len(), 4);
        for product in [None, Some("p")] {
            for active in [None, Some("true")] {
                let named = [("product_id", product), ("active", active)];
                assert!(lists.contains(&List::all("prices").narrowed(&named)));
            }
        }
        let both =
            List::all("prices").narrowed(&[("product_id", Some("p")), ("active", Some("&"))]);
        assert_eq!(both, List::named("prices?product_id=p&active=%26"));
    }
}
