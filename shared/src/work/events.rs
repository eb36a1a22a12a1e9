//! Events for whoever asks again and again: those after the last one it has seen.

use crate::{
    base::{
        error::Error,
        id::EventId,
        input::{Faults, Location},
        page::{PageRequest, TimeRange},
    },
    model::event::Event,
    store::{MOST_FOUND, Page},
    work::Work,
};

impl Work {
    /// The events at a place, the newest first.
    pub async fn events_at(
        &self,
        place: &str,
        (range, page): (TimeRange, PageRequest),
    ) -> Result<Page<Event>, Error> {
        if page.offset().saturating_add(page.limit()) > MOST_FOUND {
            let (query, mut faults) = (Location::query(), Faults::default());
            let hint = format!(
                "and limit are above {MOST_FOUND} together: of events by type, object or customer no \
                 more can be skipped; ask for an earlier created_at, or for those after one"
            );
            faults.not_understood(&query.field("offset"), "too_large", &hint);
            faults.settled()?;
        }
        self.store().events_at(self.account(), place, (&range, page)).await
    }

    /// The events after one, of all or of those at a place, the oldest first, as far as they are
    /// settled.
    pub async fn events_after(
        &self,
        (after, place): (&EventId, Option<&str>),
        (range, page): (TimeRange, PageRequest),
    ) -> Result<Page<Event>, Error> {
        let (query, mut faults) = (Location::query(), Faults::default());
        let mut refuse = |field: &str, hint: &str| {
            faults.not_understood(&query.field(field), "not_combinable", hint);
        };
        if page.offset() > 0 {
            refuse("offset", "cannot be combined with after, which says where to begin");
        }
        if range.is_limited() {
            refuse("created_at", "cannot be combined with after, which says where to begin");
        }
        if after.environment() != self.account().environment() {
            refuse("after", "is an event of the other environment");
        }
        faults.settled()?;
        let page = (self.moment(), page.limit());
        self.store().events_after(self.account(), (after, place), page).await
    }
}
