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
        entity::Entity,
        event::{Event, EventFilter},
        filter::{Filter, Span},
        list::List,
    },
    store::{MOST_FOUND, Page},
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
        let range = page.created_at.unwrap_or_default();
        let page = PageRequest::new(page.limit, page.offset);
        if filter.search().is_some() {
            within_reach(page, &range, at, faults)?;
        }
        if let Some((name, Span::Between(..))) = filter.span()
            && range.is_limited()
        {
            let hint = "cannot be combined with created_at: give one of them";
            faults.not_understood(&at.field(name), "not_combinable", hint);
            return None;
        }
        Some(Self { filter, range, page })
    }
}

/// Whether a page of what is searched for can be shown.
fn within_reach(
    page: PageRequest,
    range: &TimeRange,
    at: &Location<'_>,
    faults: &mut Faults,
) -> Option<()> {
    if range.is_limited() {
        let hint = "cannot be combined with created_at: give one of them";
        faults.not_understood(&at.field("search"), "not_combinable", hint);
        return None;
    }
    if page.offset().saturating_add(page.limit()) > MOST_FOUND {
        let hint = format!(
            "and limit are above {MOST_FOUND} together: of what is searched for, no more can be \
             listed; search for more of the word"
        );
        faults.not_understood(&at.field("offset"), "too_large", &hint);
        return None;
    }
    Some(())
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

    /// Answers with a page of events: the newest, or those after one, of all or of those at a place.
    pub async fn list_events(&self, listing: Listing<EventFilter>) -> Reply<Page<Event>> {
        let (after, place) = (listing.filter.after.clone(), listing.filter.place());
        let (range, part) = (listing.range.clone(), listing.page);
        let page = match (after, place) {
            (None, None) => self.page(listing).await?,
            (None, Some(place)) => self.work().events_at(&place, (range, part)).await?,
            (Some(after), place) => {
                self.work().events_after((&after, place.as_deref()), (range, part)).await?
            }
        };
        self.reply_page(page).await
    }

    /// A page of the list that was asked for.
    pub async fn page<F: Filter>(&self, listing: Listing<F>) -> Result<Page<F::Entity>, Error> {
        let Listing { filter, range, page } = listing;
        if let Some(search) = filter.search() {
            return self.store().found(self.account(), search, page).await;
        }
        let (account, list) = (self.account(), filter.list());
        let bounds = |(_, span): (_, Span)| {
            span.bounds::<<F::Entity as Entity>::Kind>(&range, account.environment())
        };
        match filter.span().and_then(bounds) {
            Some((from, to)) => self.store().page_within(account, &list, (&from, &to), page).await,
            None => self.store().page(account, &list, &range, page).await,
        }
    }
}
