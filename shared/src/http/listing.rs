//! A page of a list, as a client asks for it, and the answer to it.

use serde_json::json;

use super::{
    context::Context,
    describe::Description,
    extract::{Extract, Parts},
};
use crate::{
    base::{
        error::Error,
        input::{Faults, Input, Json, Location, input},
        page::{Limit, Offset, PageRequest, TimeRange},
    },
    model::{
        event::{Event, EventFilter},
        filter::Filter,
        list::List,
    },
    store::Page,
    work::answer::Reply,
};

/// A page of a list: `limit`, `offset`, `created_at[…]`, and the list's own filters.
#[derive(Debug)]
pub struct Listing<F> {
    /// The list's own filters.
    pub filter: F,
    /// When the objects were made.
    pub range: TimeRange,
    /// Which part.
    pub page: PageRequest,
}

const PAGING: [&str; 3] = ["limit", "offset", "created_at"];
const BESIDE_FILTERS: [&str; 4] = ["limit", "offset", "created_at", "expand"];

impl<F: Filter> Extract for Listing<F> {
    async fn extract(_: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        Ok(parts.query())
    }

    fn describe(description: &mut Description) {
        let limit = "How many objects to return.";
        description.parameter::<Option<Limit>>("limit", limit, Some(json!(20)));
        let offset = "How many objects to skip, from the newest.";
        description.parameter::<Option<Offset>>("offset", offset, Some(json!(0)));
        description.parameters::<F>();
        description.range();
    }
}

impl<F: Filter> Input for Listing<F> {
    /// The fields of a page, and beside them the filter's: one flat object, read in two halves so
    /// that each half sees only what is its own.
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Object(fields) = value else {
            return faults.wrong_type(at, "an object", value);
        };
        let of_page = |(name, _): &&(String, Json)| PAGING.contains(&name.as_str());
        let (page, filter): (Vec<_>, Vec<_>) = fields.iter().partition(of_page);
        let [page, filter] =
            [page, filter].map(|half| Json::Object(half.into_iter().cloned().collect::<Vec<_>>()));
        let page = Paging::read(&page, at, faults);
        let filter = F::read(&filter, &Location::query_beside(&BESIDE_FILTERS), faults);
        let (page, filter) = (page?, filter?);
        if let Err((name, hint)) = filter.check() {
            faults.not_understood(&at.field(name), "not_combinable", &hint);
            return None;
        }
        Some(Self {
            filter,
            range: page.created_at.unwrap_or_default(),
            page: PageRequest::new(page.limit, page.offset),
        })
    }
}

input! {
    /// The part of a list's query that every list has.
    struct Paging {
        limit: Option<Limit>,
        offset: Option<Offset>,
        created_at: Option<TimeRange>,
    }
}

impl Context {
    /// Answers with a page of the list that was asked for.
    pub async fn list<F: Filter>(&self, listing: Listing<F>) -> Reply<Page<F::Entity>> {
        let page = self.page(listing).await?;
        self.reply_page(page).await
    }

    /// Answers with a page of `list`: where the path, and no filter, says which.
    pub async fn list_in<F: Filter>(
        &self,
        list: &List,
        listing: Listing<F>,
    ) -> Reply<Page<F::Entity>> {
        let Listing { range, page, .. } = listing;
        let page = self.store().page(self.account(), list, &range, page).await?;
        self.reply_page(page).await
    }

    /// Answers with a page of events: the newest, or those after one.
    pub async fn list_events(&self, listing: Listing<EventFilter>) -> Reply<Page<Event>> {
        let Some(after) = listing.filter.after.clone() else { return self.list(listing).await };
        let Listing { range, page, .. } = listing;
        let page = self.work().events_after(&after, (range, page)).await?;
        self.reply_page(page).await
    }

    /// A page of the list that was asked for.
    pub async fn page<F: Filter>(&self, listing: Listing<F>) -> Result<Page<F::Entity>, Error> {
        let Listing { filter, range, page } = listing;
        self.store().page(self.account(), &filter.list(), &range, page).await
    }
}
