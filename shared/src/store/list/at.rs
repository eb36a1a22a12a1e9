//! A page of what is at a place of a list, and the index by which it is found.

use super::{
    ATTEMPTS, Compacted, Page, changing, compact::extend, count, index::sought, read::Window,
    shelf::Shelved, tree::amount, unique_name,
};
use crate::{
    base::{error::Error, id::AccountId, page::PageRequest},
    model::{entity::Entity, list::List},
    store::{Store, back_off, table::Row},
};

impl Store {
    /// A page of the objects of `list` at a place, of those whose ids are from the one text to just
    /// before the other: the newest first or, with `oldest_first`, the oldest. Busy, where the list has no
    /// index yet and is too long to be looked through; then one is asked for.
    pub(in crate::store) async fn page_at<E: Entity>(
        &self,
        account: &AccountId,
        (list, place): (&List, &str),
        (from, to): (&str, &str),
        (page, oldest_first): (PageRequest, bool),
    ) -> Result<Page<E>, Error> {
        let shelf = Shelved::new(self, account, list);
        let (offset, limit) = (amount(page.offset()), amount(page.limit()));
        let window = Window { from, to, offset, limit, lowest_first: oldest_first };
        for attempt in 0..ATTEMPTS {
            if let Some(failed) = attempt.checked_sub(1) {
                back_off(failed).await;
            }
            let Some((seen, objects)) = sought(&shelf, place, window).await? else { continue };
            if seen.is_behind || seen.ids.is_none() {
                self.request_index(account, list).await;
            }
            self.is_long(account, list, seen.operations).await;
            let Some((ids, total)) = seen.ids else {
                let text = format!("{list:?} is not ready to be asked for by {place}");
                return Err(Error::Busy(text));
            };
            let items: Vec<E> = objects.into_iter().map(Row::decode).collect::<Result<_, _>>()?;
            if items.len() == ids.len() {
                let end = offset.saturating_add(amount(items.len()));
                return Ok(Page { items, total: count(total), has_more: end < total });
            }
        }
        Err(changing(list))
    }

    /// Has more of what a list holds enter its index, at most so many steps.
    pub(crate) async fn extend_index(
        &self,
        account: &AccountId,
        list: &List,
        steps: usize,
    ) -> Result<Compacted, Error> {
        let shelf = Shelved::new(self, account, list);
        let mut last = Compacted::Nothing;
        for _ in 0..steps {
            last = extend(&shelf, unique_name).await?;
            if !matches!(last, Compacted::Moved(_)) {
                break;
            }
        }
        Ok(last)
    }
}
