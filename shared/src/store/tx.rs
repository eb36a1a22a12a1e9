//! One change, all of it or none: the only way in which an object is written.
//!
//! `insert`, `update` and `delete` gather the object's item, its companions, the operations on its
//! lists and its events; `Store::commit` adds the idempotency record and writes all in a single
//! transaction. No item is shared between two changes of different objects, so changes do not meet,
//! but where a rule is about both: then one of them is guarded (`guard`).
//!
//! How it ends is decided in this order, whatever the order of the writes:
//!
//! | DynamoDB says | what it means here |
//! |---|---|
//! | the idempotency record exists | the request was answered before: replay |
//! | the caller's token has been revoked | 401 |
//! | the challenge was answered before | 422 |
//! | an object is gone, or at another version | `Stale`: run the request again on what is there now |
//! | what must hold beside it, by one of the guards of `guard`, does not | the same |
//! | an object of that id exists, or a place that no client chose is taken | the same, with a new id |
//! | a claimed value has another owner | a conflict, at the field that claims it |
//! | a conflict with another transaction | repeat it, at most three times, then `Contended` |
//! | throttled | the same, then `Busy`; where a list's log was too busy, it gets more partitions |
//! | nothing, or a fault of the server | repeat the *identical* transaction; its token makes that harmless |
//!
//! When an ambiguous transaction stays ambiguous, the event it writes is looked for: its id is used
//! by this transaction alone, so its presence proves the commit. A test clock has no events: it is
//! compared with what was written.

mod again;
mod beside;
mod commit;
mod event;
mod guard;
mod sequence;
#[cfg(test)]
mod tests;
mod together;
mod usage;
mod wake;

use std::sync::Arc;

use self::commit::Rule;
pub(super) use self::{
    beside::{owned_by, owner_of},
    usage::{COUNTED, EVENTS, GUARD, PEAK, SUM, UNSETTLED, USES},
};
pub use self::{
    commit::{Commit, Receipt},
    guard::{Mark, Members, Nobody},
    sequence::Sequence,
    usage::UsageBatch,
};
use super::{
    events::instant_after,
    key::Key,
    table::{Condition, Put, Write, new_token},
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, IdSource},
        time::Moment,
    },
    model::{
        entity::{Entity, Item, encode, size},
        event::Cause,
        event_type::{Deletes, NoEvent},
        packed,
        record::Entered,
    },
};

/// A change that is being put together.
#[derive(Debug)]
pub struct Tx {
    account: AccountId,
    moment: Moment,
    ids: Arc<IdSource>,
    cause: Cause,
    target: Target,
    planned: Vec<(Write, Rule)>,
    /// What must hold if anything is written, of items that are not written themselves.
    checks: Vec<(Write, Rule)>,
    proof: Option<Proof>,
    has_events: bool,
    fault: Option<Error>,
}

/// What is there only if the transaction happened: an item with these attributes.
#[derive(Debug)]
struct Proof(Key, Item);

/// The object that the request's path names, and the versions of it that `If-Match` allows.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// Its id.
    pub id: Option<String>,
    /// The entity tags, or none for no condition.
    pub if_match: Option<Vec<String>>,
}

impl Target {
    fn allows(&self, id: &str, version: u64) -> bool {
        match (&self.id, &self.if_match) {
            (Some(target), Some(tags)) if target == id => {
                tags.iter().any(|tag| tag == "*" || *tag == format!("\"{version}\""))
            }
            _ => true,
        }
    }
}

impl Tx {
    /// An empty change of `account`'s objects, made at `moment` for this cause.
    pub fn new(
        account: AccountId,
        moment: Moment,
        ids: Arc<IdSource>,
        cause: Cause,
        target: Target,
    ) -> Self {
        let (planned, checks, proof, fault) = (Vec::new(), Vec::new(), None, None);
        Self {
            account,
            moment,
            ids,
            cause,
            target,
            planned,
            checks,
            proof,
            has_events: false,
            fault,
        }
    }

    /// A text that nothing else holds, for [`Self::proven_by`].
    pub fn new_mark() -> String {
        new_token()
    }

    /// Says what an object holds only if this change happened, for a lost answer. The first that is said
    /// counts.
    pub fn proven_by<E: Entity>(&mut self, entity: &E, name: &str, value: &str) {
        let held = Item::from_iter([(name.to_owned(), value.into())]);
        self.proof.get_or_insert(Proof(key_of(entity), held));
    }

    /// Makes a new object.
    pub fn insert<E: Entity>(&mut self, entity: &E) {
        let done = self.try_insert(entity).and_then(|()| self.events(None, entity));
        self.note(done);
    }

    /// Replaces `before` with `after`, and returns `after` as it will be: at its next version, or
    /// unchanged when nothing differs, in which case nothing is written. An object that this change has
    /// made or changed already is changed again (`again`).
    pub fn update<E: Entity>(&mut self, before: &E, after: E) -> E {
        match self.try_update(before, after.clone()) {
            Ok(after) => after,
            Err(error) => {
                self.note(Err(error));
                after
            }
        }
    }

    /// The same for an object that only follows another one's change: where nothing of it differs, the
    /// change does not depend on it.
    pub fn follow<E: Entity>(&mut self, before: &E, after: E) -> E {
        match (encode(before), encode(&after)) {
            (Ok(was), Ok(is)) if was == is => after,
            _ => self.update(before, after),
        }
    }

    /// Removes an object.
    pub fn delete<E: Entity<Event: Deletes>>(&mut self, entity: &E) {
        let done = self.try_delete(entity);
        self.note(done);
    }

    /// Removes an object that tells nobody of anything.
    pub fn discard<E: Entity<Event = NoEvent>>(&mut self, entity: &E) {
        self.plan(Write::Delete(key_of(entity), unchanged(entity)), Rule::Unchanged);
        let done = self.move_beside(Some(entity), None);
        self.note(done);
    }

    /// The change, or why it cannot be made.
    pub(in crate::store) fn without_fault(mut self) -> Result<Self, Error> {
        self.fault.take().map_or(Ok(self), Err)
    }

    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.fault.get_or_insert(error);
        }
    }

    fn try_insert<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        let put = Put::guarded(key_of(entity), kept(entity)?, Condition::Absent);
        self.plan(Write::Put(put), Rule::New);
        self.move_beside(None, Some(entity))
    }

    fn try_update<E: Entity>(&mut self, before: &E, mut after: E) -> Result<E, Error> {
        let current = before.record();
        let again = self.written(&key_of(before));
        if again.is_none() {
            self.guard(before)?;
        }
        *after.record_mut() = current.clone();
        if encode(before)? == encode(&after)? {
            let unchanged = Condition::Version(current.version);
            self.checks.push((Write::Check(key_of(before), unchanged), Rule::Unchanged));
            return Ok(after);
        }
        let moment = instant_after(current.updated_at, self.moment);
        *after.record_mut() = current.after_change(moment.now());
        match again {
            Some(place) => self.rewrite(place, current.version, kept(&after)?)?,
            None => {
                let put = Put::guarded(key_of(before), kept(&after)?, unchanged(before));
                self.plan(Write::Put(put), Rule::Unchanged);
            }
        }
        self.move_beside(Some(before), Some(&after))?;
        self.events_at(moment, Some(before), &after)?;
        Ok(after)
    }

    fn try_delete<E: Entity<Event: Deletes>>(&mut self, entity: &E) -> Result<(), Error> {
        self.guard(entity)?;
        self.plan(Write::Delete(key_of(entity), unchanged(entity)), Rule::Unchanged);
        self.move_beside(Some(entity), None)?;
        let moment = instant_after(entity.record().updated_at, self.moment);
        self.event(moment, (E::Event::DELETED, None), None, entity)
    }

    /// Whether what the client demands of this object's version holds now: for what is done before the
    /// change is written.
    pub fn guards<E: Entity>(&self, entity: &E) -> Result<(), Error> {
        self.guard(entity)
    }

    fn guard<E: Entity>(&self, entity: &E) -> Result<(), Error> {
        let record = entity.record();
        match self.target.allows(record.id.as_str(), record.version) {
            true => Ok(()),
            false => Err(Error::PreconditionFailed),
        }
    }

    fn plan(&mut self, write: Write, rule: Rule) {
        self.planned.push((write, rule));
    }
}

/// An object as it is kept, or that it is too large for that: how large it is unpacked counts.
fn kept<E: Entity>(entity: &E) -> Result<Item, Error> {
    let mut item = encode(entity)?;
    if let Some(noted) = notes(entity) {
        item.insert(Entered::ATTRIBUTE.to_owned(), noted.into());
    }
    size::check::<E>(&item, E::MOST_KEPT)?;
    for name in E::PACKED {
        if let Some(value) = item.get_mut(*name)
            && let Some(text) = packed::pack(value)
        {
            *value = text.into();
        }
    }
    Ok(item)
}

/// What is noted on an object, as it is written, of the lists that it has entered.
fn notes<E: Entity>(entity: &E) -> Option<String> {
    let later = entity.lists().into_iter().filter(|list| list.is_of(E::LATER));
    let mut noted: Vec<String> = later.map(|list| list.noted()).collect();
    noted.sort();
    Some(noted.join(" ")).filter(|noted| !noted.is_empty())
}

/// That an object is as it was read. Which lists it has entered may change without its version: the
/// backfill notes it.
fn unchanged<E: Entity>(entity: &E) -> Condition {
    let record = entity.record();
    match &record.entered {
        _ if E::LATER.is_empty() => Condition::Version(record.version),
        Entered::AsItSays => Condition::Noted(record.version, notes(entity)),
        Entered::Noted(noted) => {
            let noted = Some(noted.clone()).filter(|noted| !noted.is_empty());
            Condition::Noted(record.version, noted)
        }
    }
}

/// Where an object is.
fn key_of<E: Entity>(entity: &E) -> Key {
    let record = entity.record();
    Key::object(&record.account_id, &record.id)
}
