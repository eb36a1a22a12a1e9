//! An object that one change makes and changes, or changes twice: its item is written once, as it is in
//! the end, on the condition that it was as it was in the beginning. Each of its versions has its events.
//! What only the version in between would have had beside it (a due date, a place in a list) is neither
//! written nor removed.

use serde_json::Value;

use super::{Rule, Tx, owner_of};
use crate::{
    base::error::Error,
    model::entity::{Entity, Item, decode},
    store::{
        key::Key,
        table::{Condition, Write},
    },
};

impl Tx {
    /// Where this change writes the item under `key`, if it does.
    pub(super) fn written(&self, key: &Key) -> Option<usize> {
        let is_written =
            |(write, _): &(Write, Rule)| matches!(write, Write::Put(_)) && write.key() == key;
        self.planned.iter().position(is_written)
    }

    /// An object as this change leaves it: as it is, where the change does not write it.
    pub fn latest<E: Entity>(&self, entity: E) -> Result<E, Error> {
        let place = self.written(&super::key_of(&entity));
        match place.and_then(|place| self.planned.get(place)) {
            Some((Write::Put(put), _)) => Ok(decode(put.parts().1.clone())?),
            _ => Ok(entity),
        }
    }

    /// Writes another item in the place of the one that is written at `place`, which is at `version`.
    pub(super) fn rewrite(&mut self, place: usize, version: u64, item: Item) -> Result<(), Error> {
        let planned = self.planned.get_mut(place).map(|(write, _)| write);
        let Some(Write::Put(put)) = planned else { return Err(out_of_order()) };
        if put.parts().1.get("version").and_then(Value::as_u64) != Some(version) {
            return Err(out_of_order());
        }
        put.replace(item);
        Ok(())
    }

    /// Whether this change makes the object under `key`.
    pub(super) fn makes(&self, key: &Key) -> bool {
        let place = self.written(key).and_then(|place| self.planned.get(place));
        place.is_some_and(|(write, _)| match write {
            Write::Put(put) => put.parts().2 == Some(&Condition::Absent),
            _ => false,
        })
    }

    /// Takes back that the item under `key` is written or removed as that of the object `id`: whether it
    /// was going to be.
    pub(super) fn take_back(&mut self, key: &Key, id: &str) -> bool {
        let is_its = |write: &Write| match write {
            Write::Put(put) => {
                let owner = owner_of(put.parts().1).and_then(|owner| owner.split('#').next());
                owner == Some(id)
            }
            Write::Delete(_, Condition::AbsentOrOwnedBy(owner)) => owner == id,
            _ => false,
        };
        let place = self.planned.iter().position(|(write, _)| write.key() == key && is_its(write));
        place.map(|place| self.planned.remove(place)).is_some()
    }
}

fn out_of_order() -> Error {
    Error::Internal("an object was changed twice at one version".to_owned())
}
