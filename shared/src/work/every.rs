//! Every object of a list: its pages, walked to the end.
//!
//! A page is found by its place, and places move while others come and go. So each page begins with the
//! last object of the one before: where that is another one by now, the walk begins again.

use crate::{
    base::{error::Error, page::PageRequest},
    model::{entity::Entity, list::List},
    store::back_off,
    work::Work,
};

/// How many objects are read at a time.
const PAGE: usize = 100;
/// How many at first, where what is looked for is likely among the newest.
const FEW: usize = 5;
/// How often a walk begins again.
const ATTEMPTS: u32 = 8;

impl Work {
    /// All objects of a list, the newest first.
    pub(crate) async fn every<E: Entity>(&self, list: &List) -> Result<Vec<E>, Error> {
        self.steadily(list, PAGE, |_| false).await
    }

    /// The newest objects of a list up to the first that is `wanted`; all, where none is.
    pub(crate) async fn until<E: Entity>(
        &self,
        list: &List,
        wanted: impl Fn(&E) -> bool,
    ) -> Result<Vec<E>, Error> {
        self.steadily(list, FEW, wanted).await
    }

    async fn steadily<E: Entity>(
        &self,
        list: &List,
        first: usize,
        wanted: impl Fn(&E) -> bool,
    ) -> Result<Vec<E>, Error> {
        if let Some(known) = self.imagined() {
            return self.imagined_of(known, list, wanted).await;
        }
        for attempt in 0..ATTEMPTS {
            if let Some(all) = self.walk(list, first, &wanted).await? {
                return Ok(all);
            }
            back_off(attempt.min(4)).await;
        }
        Err(Error::Contended)
    }

    /// The same; `None` when the list has changed on the way.
    pub(super) async fn walk<E: Entity>(
        &self,
        list: &List,
        first: usize,
        wanted: impl Fn(&E) -> bool,
    ) -> Result<Option<Vec<E>>, Error> {
        let mut all: Vec<E> = Vec::new();
        loop {
            let limit = if all.is_empty() { first } else { PAGE };
            let request = PageRequest::after(all.len().saturating_sub(1), limit);
            let page = self.page::<E>(list, request).await?;
            let mut items = page.items.into_iter();
            if let Some(last) = all.last() {
                let again = items.next();
                if again.is_none_or(|again| again.record().id != last.record().id) {
                    return Ok(None);
                }
            }
            for item in items {
                let found = wanted(&item);
                all.push(item);
                if found {
                    return Ok(Some(all));
                }
            }
            if !page.has_more {
                return Ok(Some(all));
            }
        }
    }
}
