//! Events for whoever asks again and again: those after the last one it has seen.

use crate::{
    base::{
        error::Error,
        id::EventId,
        input::{Faults, Location},
        page::{PageRequest, TimeRange},
    },
    model::event::Event,
    store::Page,
    work::Work,
};

impl Work {
    /// The events after one, the oldest first, as far as they are settled.
    pub async fn events_after(
        &self,
        after: &EventId,
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
        self.store().events_after(self.account(), after, (self.moment(), page.limit())).await
    }
}
