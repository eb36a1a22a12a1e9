//! What is found by a word: a page of a list by words, in which an object may be more than once.

use super::{
    ATTEMPTS, Page, changing, count, is_called,
    look::{View, look},
    read::Window,
    shelf::{Shelf, Shelved},
    tree::{Change, amount},
};
use crate::{
    base::{error::Error, id::AccountId, page::PageRequest},
    model::{
        entity::Entity,
        list::id_of,
        search::{MOST_ENTRIES, Search},
    },
    store::{Store, back_off, table::Row},
};

/// How many of those that were found can be seen: who searches for more adds a letter.
pub const MOST_FOUND: usize = 500;

impl Store {
    /// A page of the objects that have a word which begins so, in the order of these words.
    pub async fn found<E: Entity>(
        &self,
        account: &AccountId,
        search: &Search,
        request: PageRequest,
    ) -> Result<Page<E>, Error> {
        let list = search.list(E::RESOURCE);
        let shelf = Shelved::new(self, account, &list);
        for attempt in 0..ATTEMPTS {
            if let Some(failed) = attempt.checked_sub(1) {
                back_off(failed).await;
            }
            let view = look(&shelf).await?;
            let places = place(&view, &shelf, (search, request)).await;
            let (members, total, strays) = match places {
                Ok(places) => places,
                Err(error) => match view.unless_replaced::<_, ()>(&shelf, error).await {
                    Ok(_) => continue,
                    Err(error) => return Err(error),
                },
            };
            let (versions, objects) = shelf.versions_and(&members).await?;
            let objects: Vec<E> = objects.into_iter().map(Row::decode).collect::<Result<_, _>>()?;
            let settled = versions == view.versions
                && objects.len() == members.len()
                && objects.iter().zip(&members).all(|(one, member)| is_called(one, &list, member));
            if settled {
                self.tell(&shelf, &strays).await?;
                self.is_long(account, &list, view.log.len()).await;
                let end = amount(request.offset().saturating_add(objects.len()));
                return Ok(Page { items: objects, total: count(total), has_more: end < total });
            }
        }
        Err(changing(&list))
    }
}

/// The members of the page, each object's first, how many objects there are, and what is stray.
async fn place(
    view: &View,
    shelf: &Shelved<'_>,
    (search, request): (&Search, PageRequest),
) -> Result<(Vec<String>, u64, Vec<Change>), Error> {
    let (entries, pairs) = (search.entries(), search.pairs());
    let shown = request.offset().saturating_add(request.limit());
    // Each object may be there once for each of its entries.
    let windows = [lowest(&entries, shown.saturating_mul(MOST_ENTRIES)), lowest(&pairs, 0)];
    let mut slices = view.slices(shelf, &windows).await?.into_iter();
    let (found, twice) = (slices.next().unwrap_or_default(), slices.next().unwrap_or_default());
    let strays: Vec<Change> = found.strays.into_iter().chain(twice.strays).collect();
    let mut members: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for member in found.ids {
        if seen.insert(id_of(&member).to_owned()) {
            members.push(member);
        }
    }
    let members = members.into_iter().skip(request.offset()).take(request.limit()).collect();
    Ok((members, found.total.saturating_sub(twice.total), strays))
}

/// The lowest members between two ends.
fn lowest(ends: &(String, String), limit: usize) -> Window<'_> {
    let limit = amount(limit);
    Window { from: &ends.0, to: &ends.1, offset: 0, limit, lowest_first: true }
}
