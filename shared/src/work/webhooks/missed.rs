//! Events that the stream did not tell of in their turn.
//!
//! The stream tells of each event at least once, but not by when: while one batch of it is repeated, later
//! events of the same object may come in another. When an event was waited for for a minute, it is looked for
//! where all events are. Each event says when its object was changed before, and that is when the one before
//! it was made. What happened before the endpoint was last changed may have been for another address, or not
//! wanted: that is not looked for.

use super::lane::{AT_ONCE, Turned};
use crate::{
    base::{
        error::Error,
        page::{PageRequest, TimeRange},
    },
    model::{
        entity::Entity,
        event::Event,
        list::List,
        webhook::{Delivery, Waiting, WebhookEndpoint},
    },
    store::Page,
    work::Work,
};

/// How many pages of events of one millisecond are looked at. While an account's time stands still, all
/// that happens has one.
const PAGES: usize = 50;
/// How many events a page has.
const ON_A_PAGE: usize = 100;

impl Turned<'_> {
    /// Takes in the events before the first that waits, from the last one back to what is settled, some at a
    /// time: whether there were any, and room for them.
    pub(super) async fn look_for_missed(
        &mut self,
        endpoint: &WebhookEndpoint,
    ) -> Result<bool, Error> {
        let Some(first) = self.lane.first().cloned() else { return Ok(false) };
        let (mut next, mut found) = (self.event_of(&first).await?, Vec::new());
        while found.len() < AT_ONCE && !self.lane.has_come_to(next.turn()) {
            let Some(before) = self.work.event_before(&next, endpoint).await? else { break };
            found.push(before.clone());
            next = before;
        }
        let mut joined = false;
        for event in &found {
            if !self.lane.has_room() {
                break;
            }
            let wanted = endpoint.wants(event.name());
            if wanted {
                self.row(event.id(), Some(event), (false, false)).await?;
            }
            let waiting = Waiting {
                event_id: event.id().clone(),
                delivery_id: Delivery::id_of(event.id(), endpoint.id()),
                turn: event.turn(),
                wanted,
                again: false,
            };
            self.lane.join(waiting, false);
            joined = true;
        }
        Ok(joined)
    }
}

impl Work {
    /// The event of the same object before this one, if the endpoint was then as it is now.
    async fn event_before(
        &self,
        event: &Event,
        endpoint: &WebhookEndpoint,
    ) -> Result<Option<Event>, Error> {
        // Those of one change have one instant.
        let at = match event.turn().number {
            0 | 1 => event.changed_before(),
            _ => event.happened_at(),
        };
        if at < endpoint.record().updated_at {
            return Ok(None);
        }
        let (list, range) = (List::all(Event::RESOURCE), TimeRange::between(at, at));
        let is_before = |one: &Event| {
            one.object_id() == event.object_id() && one.turn().place() < event.turn().place()
        };
        // Events of one instant are in no order: the last of those before is known once all were looked at.
        let mut last: Option<Event> = None;
        for number in 0..PAGES {
            let request = PageRequest::after(number.saturating_mul(ON_A_PAGE), ON_A_PAGE);
            let page: Page<Event> =
                self.store().page(self.account(), &list, &range, request).await?;
            let before = page.items.into_iter().filter(is_before);
            last = last.into_iter().chain(before).max_by_key(|one| one.turn().place());
            if !page.has_more {
                break;
            }
        }
        Ok(last)
    }
}
