//! What is written and removed with an object: its companions, its place in the due index and in its
//! lists, and the gates of those lists.

use serde_json::Value;

use super::{Rule, Tx, key_of, notes, unchanged};
use crate::{
    base::{error::Error, id::AccountId},
    model::{
        entity::{Entity, Item},
        list::{Gated, List},
        record::Entered,
    },
    store::{
        key::Key,
        list::{self, Step},
        table::{Condition, Put, Write},
    },
};

/// The attribute of a claim, or of a mark, that names the object it belongs to.
pub(super) const OWNER: &str = "owned_by";

/// The object whose claim an item is.
pub fn owner_of(item: &Item) -> Option<&str> {
    item.get(OWNER).and_then(Value::as_str)
}

/// An item, as what belongs to this object.
pub fn owned_by(mut item: Item, id: &str) -> Item {
    item.insert(OWNER.to_owned(), Value::String(id.to_owned()));
    item
}

/// An item that is written and removed with an object: a companion, or its place in the due index.
#[derive(Clone, Debug, PartialEq)]
struct Beside {
    key: Key,
    item: Item,
    claims: Option<(&'static str, &'static str)>,
}

/// What is beside an object: its own companions, and its place in the due index.
fn beside<E: Entity>(entity: &E) -> Result<Vec<Beside>, Error> {
    let account = account_of(entity);
    let own = entity.companions()?.into_iter().map(|companion| Beside {
        key: Key::companion(account, &companion.place),
        item: companion.item,
        claims: companion.claims,
    });
    let due = entity.due_at().map(|at| Beside {
        key: Key::due(account, at, entity.record().id.as_str()),
        item: Item::new(),
        claims: None,
    });
    Ok(own.chain(due).collect())
}

/// Whose it is.
fn account_of<E: Entity>(entity: &E) -> &AccountId {
    &entity.record().account_id
}

impl Tx {
    /// Moves what stands beside an object from where `before` has it to where `after` has it: its
    /// companions, its due date, its entries in lists, and the gates of lists that it enters.
    pub(super) fn move_beside<E: Entity>(
        &mut self,
        before: Option<&E>,
        after: Option<&E>,
    ) -> Result<(), Error> {
        let had = before.map_or(Ok(Vec::new()), beside)?;
        let has = after.map_or(Ok(Vec::new()), beside)?;
        let (left, entered) =
            (before.map_or(Vec::new(), E::entered), after.map_or(Vec::new(), E::lists));
        let (open, gates) =
            (before.map_or(Vec::new(), E::gates), after.map_or(Vec::new(), E::gates));
        if let Some(before) = before {
            let is_kept = |one: &&Beside| has.iter().any(|other| other.key == one.key);
            for companion in had.iter().filter(|one| !is_kept(one)) {
                self.release(before, companion.clone());
            }
            // Gone: one version later than it was.
            let version = before.record().version.saturating_add(1);
            for list in left.iter().filter(|list| !entered.contains(list)) {
                self.list(before, list, Step::Leave, version);
            }
        }
        if let Some(after) = after {
            // One that stays as it is needs no write: it lives while its object says so.
            for companion in has.into_iter().filter(|one| !had.contains(one)) {
                self.claim(after, companion);
            }
            for list in entered.iter().filter(|list| !left.contains(list)) {
                self.list(after, list, Step::Enter, after.record().version);
            }
            for gate in gates.iter().filter(|gate| !open.contains(gate)) {
                self.pass(after, gate);
            }
        }
        Ok(())
    }

    /// Has `entity` enter the lists that came after it was stored, and leave those that are no more: in
    /// the same transaction it is noted on it. Else it stays as it is `stored`, at its version, and no event
    /// tells of it. Whether there is anything to do.
    pub fn relist<E: Entity>(&mut self, entity: &E, stored: &Item) -> bool {
        let (was, is) = (entity.entered(), entity.lists());
        let moves = |from: &[List], to: &[List]| -> Vec<List> {
            from.iter().filter(|list| !to.contains(list)).cloned().collect()
        };
        let (left, entered) = (moves(&was, &is), moves(&is, &was));
        if left.is_empty() && entered.is_empty() {
            return false;
        }
        let mut item = stored.clone();
        for name in ["PK", "SK", Entered::ATTRIBUTE] {
            item.shift_remove(name);
        }
        if let Some(noted) = notes(entity) {
            item.insert(Entered::ATTRIBUTE.to_owned(), noted.into());
        }
        let put = Put::guarded(key_of(entity), item, unchanged(entity));
        self.plan(Write::Put(put), Rule::Unchanged);
        for (lists, step) in [(left, Step::Leave), (entered, Step::Enter)] {
            for list in lists {
                self.relist_in(entity, &list, step);
            }
        }
        true
    }

    /// An operation at the version that the object has already. Another one at it would be lost: that
    /// there is none is a condition.
    fn relist_in<E: Entity>(&mut self, entity: &E, list: &List, step: Step) {
        let record = entity.record();
        let (account, id) = (&record.account_id, record.id.as_str());
        for write in list::operation(account, list, id, record.version, step) {
            let write = match write {
                Write::Put(put) if put.parts().0.list().is_some() => {
                    let (key, item, _) = put.parts();
                    Write::Put(Put::guarded(key.clone(), item.clone(), Condition::Absent))
                }
                write => write,
            };
            self.plan(write, Rule::New);
        }
    }

    fn claim<E: Entity>(&mut self, owner: &E, companion: Beside) {
        let id = owner.record().id.to_string();
        let item = owned_by(companion.item, &id);
        let condition = Condition::AbsentOrOwnedBy(id);
        let rule = Rule::of_claim(companion.claims);
        // What an earlier step of this change removes or writes is written once, as it is in the end.
        self.take_back(&companion.key, owner.record().id.as_str());
        self.plan(Write::Put(Put::guarded(companion.key, item, condition)), rule);
    }

    fn release<E: Entity>(&mut self, owner: &E, companion: Beside) {
        let condition = Condition::AbsentOrOwnedBy(owner.record().id.to_string());
        let rule = Rule::of_claim(companion.claims);
        // What an earlier step of this change writes is not there yet, unless its object is.
        let id = owner.record().id.as_str();
        if self.take_back(&companion.key, id) && self.makes(&key_of(owner)) {
            return;
        }
        self.plan(Write::Delete(companion.key, condition), rule);
    }

    /// Says at the gate of a list that `entity` enters it. What is written is never written again: it
    /// names the version that does.
    fn pass<E: Entity>(&mut self, entity: &E, gate: &Gated) {
        let record = entity.record();
        let mut item = Item::new();
        item.insert(OWNER.to_owned(), Value::String(format!("{}#{}", record.id, record.version)));
        let key = Key::gate(account_of(entity), gate.list());
        self.take_back(&key, record.id.as_str());
        self.plan(Write::Put(Put::new(key, item)), Rule::None);
    }

    /// Has an object enter or leave a list. Of one log all is said in one operation, under the first
    /// version that this change makes; what an earlier step of it says is taken back by the opposite, so
    /// that the object was there before the change if it will be after it.
    fn list<E: Entity>(&mut self, entity: &E, list: &List, step: Step, version: u64) {
        let (account, id) = (account_of(entity), entity.record().id.as_str());
        let own = |(write, _): &(Write, Rule)| {
            matches!(write, Write::Put(_)) && list::is_operation(write.key(), account, list, id)
        };
        let place = self.planned.iter().position(own);
        match place.and_then(|place| Some((place, self.planned.get_mut(place)?))) {
            Some((place, (Write::Put(put), _))) => {
                let mut item = put.parts().1.clone();
                list::say(&mut item, list, step);
                match item.is_empty() {
                    true => drop(self.planned.remove(place)),
                    false => put.replace(item),
                }
            }
            _ => {
                for write in list::operation(account, list, id, version, step) {
                    self.plan(write, Rule::None);
                }
            }
        }
    }
}
