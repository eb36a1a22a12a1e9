//! Two lists beside an object: what is often asked for together is read in two waits.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::{try_join, try_join_all};

use super::{
    ATTEMPTS, List, Page, changing, count, is_called,
    look::{View, look},
    read::Window,
    shelf::Shelved,
    tree::amount,
};
use crate::{
    base::{error::Error, id::AccountId},
    model::{
        entity::{Entity, Item, decode},
        list::id_of,
    },
    store::{Consistency, Store, back_off, key::Key, table::key_of},
};

/// How many of each list: with the object and the heads they fit one batch, where one of them is a subset.
const MOST_BESIDE: usize = 48;

/// An object, if it is there, and the newest of two lists.
#[derive(Debug)]
pub struct Beside<O, A, B> {
    /// The object.
    pub object: Option<O>,
    /// The one list.
    pub first: Page<A>,
    /// The other.
    pub second: Page<B>,
}

impl Store {
    /// The object under `key` and the newest of two lists: their queries beside each other, then one batch
    /// of all; between them one more where a list was ever compacted.
    pub async fn beside<O: Entity, A: Entity, B: Entity>(
        &self,
        account: &AccountId,
        key: &Key,
        lists: (&List, &List),
    ) -> Result<Beside<O, A, B>, Error> {
        let shelves = [lists.0, lists.1].map(|list| Shelved::new(self, account, list));
        let limit = amount(MOST_BESIDE);
        let window = Window { limit, ..Window::NONE_OF_ALL };
        for attempt in 0..ATTEMPTS {
            if let Some(failed) = attempt.checked_sub(1) {
                back_off(failed).await;
            }
            let views = try_join_all(shelves.iter().map(look)).await?;
            let [Some(one), Some(other)] = [0, 1].map(|place| views.get(place)) else { continue };
            let [first, second] = &shelves;
            let slices = try_join(one.slice(first, window), other.slice(second, window)).await;
            // What does not add up may have been compacted while it was looked at; the last look tells.
            let (one_slice, other_slice) = match slices {
                Ok(slices) => slices,
                Err(error) if attempt + 1 == ATTEMPTS => return Err(error),
                Err(_) => continue,
            };
            let heads: BTreeSet<Key> = shelves.iter().flat_map(Shelved::head_keys).collect();
            let ids = one_slice.ids.iter().chain(&other_slice.ids);
            let objects = ids.map(|member| Key::object_named(account, id_of(member)));
            let keys: Vec<Key> = [key.clone()].into_iter().chain(objects).chain(heads).collect();
            let items = self.batch_get(account, &keys, Consistency::Strong).await?;
            let mut found: HashMap<Key, Item> =
                items.into_iter().map(|item| (key_of(&item), item)).collect();
            let settled = is_still(one, first, &found)? && is_still(other, second, &found)?;
            let object = found.remove(key).map(decode).transpose()?;
            let total = (one_slice.total, other_slice.total);
            let first_page = page_of(account, lists.0, (&one_slice.ids, total.0), &mut found)?;
            let second_page = page_of(account, lists.1, (&other_slice.ids, total.1), &mut found)?;
            if let (true, Some(first_page), Some(second_page)) = (settled, first_page, second_page)
            {
                self.tell(first, &one_slice.strays).await?;
                self.tell(second, &other_slice.strays).await?;
                let (first, second) = (first_page, second_page);
                return Ok(Beside { object, first, second });
            }
        }
        Err(changing(lists.0))
    }
}

/// The page of these members, if all are there and say that they are in the list.
fn page_of<E: Entity>(
    account: &AccountId,
    list: &List,
    (ids, total): (&[String], u64),
    found: &mut HashMap<Key, Item>,
) -> Result<Option<Page<E>>, Error> {
    let mut items = Vec::new();
    for member in ids {
        let item = found.remove(&Key::object_named(account, id_of(member)));
        let Some(item) = item else { return Ok(None) };
        let object: E = decode(item)?;
        if !is_called(&object, list, member) {
            return Ok(None);
        }
        items.push(object);
    }
    let has_more = amount(items.len()) < total;
    Ok(Some(Page { items, total: count(total), has_more }))
}

/// Whether a list's heads are at the versions that were seen.
fn is_still(view: &View, shelf: &Shelved<'_>, found: &HashMap<Key, Item>) -> Result<bool, Error> {
    let heads = shelf.head_keys();
    let heads: Vec<Item> = heads.iter().filter_map(|key| found.get(key).cloned()).collect();
    Ok(shelf.versions(&heads)? == view.versions)
}
