//! The events of a change, written with it.

use super::{Proof, Tx, key_of};
use crate::{
    base::{error::Error, id::Id},
    model::{
        entity::{Entity, Item, Shown},
        event::{Event, EventData},
        record::Record,
    },
};

impl Tx {
    /// The events of a change, in the change's own transaction: one for each thing that happened.
    pub(super) fn events<E: Entity>(&mut self, before: Option<&E>, now: &E) -> Result<(), Error> {
        let happened = E::events(before, now);
        happened.into_iter().try_for_each(|happened| self.event(happened, before, now))
    }

    pub(super) fn event<E: Entity>(
        &mut self,
        happened: E::Event,
        before: Option<&E>,
        now: &E,
    ) -> Result<(), Error> {
        let at = self.moment.now();
        let object = Shown::at(now, at)?.object;
        let previous = before.map(|before| Shown::at(before, at)).transpose()?;
        let previous_attributes = previous.map(|shown| differing(shown.object, &object));
        let environment = self.account.environment();
        let id = Id::new(environment, self.moment, &self.ids);
        let record = Record::new(id, self.account.clone(), self.moment.now());
        let data = EventData::new(object, previous_attributes);
        let event = Event::new(record, happened, data, self.request_id.clone());
        // Not the event alone: while time stands still, another process may give another event its id.
        let request = Item::from_iter([("request_id".to_owned(), self.request_id.clone().into())]);
        self.proof.get_or_insert(Proof(key_of(&event), request));
        self.try_insert(&event)
    }
}

/// The attributes of `before` whose values `after` does not have.
pub(super) fn differing(before: Item, after: &Item) -> Item {
    before.into_iter().filter(|(name, value)| after.get(name) != Some(value)).collect()
}
