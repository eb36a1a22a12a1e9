//! The events of a change, written with it.

use super::Tx;
use crate::{
    base::{error::Error, id::Id, time::Moment},
    model::{
        entity::{Entity, Item, Shown},
        event::{Event, EventData, EventPart},
        event_type::{CustomerEvent, TypeName},
        record::Record,
    },
};

impl Tx {
    /// The events of a change, in the change's own transaction: one for each thing that happened.
    pub(super) fn events<E: Entity>(&mut self, before: Option<&E>, now: &E) -> Result<(), Error> {
        self.events_at(self.moment, before, now)
    }

    /// The same, at a moment of the object's own.
    pub(super) fn events_at<E: Entity>(
        &mut self,
        moment: Moment,
        before: Option<&E>,
        now: &E,
    ) -> Result<(), Error> {
        let own = E::events(before, now).into_iter().map(TypeName::from);
        let moved = E::moves_customer(before, now).then_some(CustomerEvent::StateChanged);
        let happened: Vec<TypeName> = own.chain(moved.map(TypeName::from)).collect();
        let parts = EventPart::of(happened.len());
        let mut all = happened.into_iter().zip(parts);
        all.try_for_each(|(happened, part)| self.event(moment, (happened, part), before, now))
    }

    pub(super) fn event<E: Entity>(
        &mut self,
        moment: Moment,
        (happened, part): (impl Into<TypeName>, Option<EventPart>),
        before: Option<&E>,
        now: &E,
    ) -> Result<(), Error> {
        let at = self.moment.now();
        let object = Shown::at(now, at)?.object;
        let previous = before.map(|before| Shown::at(before, at)).transpose()?;
        let previous_attributes = previous.map(|shown| differing(shown.object, &object));
        let environment = self.account.environment();
        let id = Id::new(environment, moment, &self.ids);
        let record = Record::new(id, self.account.clone(), moment.now());
        let data = EventData::new(object, previous_attributes);
        let event = Event::new(record, happened, data, self.cause.clone()).being(part);
        // Not the event alone: while time stands still, another process may give another event its id.
        let request = self.cause.request_id.clone();
        self.proven_by(&event, "request_id", &request);
        self.has_events = true;
        self.try_insert(&event)
    }
}

/// The attributes of `before` whose values `after` does not have.
pub(super) fn differing(before: Item, after: &Item) -> Item {
    before.into_iter().filter(|(name, value)| after.get(name) != Some(value)).collect()
}
