//! What must hold beside the objects that a change writes: by name, so that a rule across two entities
//! says which of the two others it means.
//!
//! | the rule | its guard | what the other one writes |
//! |---|---|---|
//! | the object exists | `while_exists` | its item, when it goes |
//! | the object is as it was read | `while_at` | its item, whatever it changes |
//! | none is in this list | `while_none_in` | the list's *gate*, when it enters (`Entity::gates`) |
//! | nothing relies on the object | `unmark` | the object's *mark*, by `mark` |
//! | the token works | `while_works` | its look-up, when it is revoked |
//! | the challenge was not answered yet | `redeem` | that it was answered |
//!
//! Each is a condition on an item that the other one writes. Of two that meet there one is told, and is
//! run again on what it then finds.

use serde_json::Value;

use super::{
    Rule, Tx,
    beside::{OWNER, owner_of},
    key_of,
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, Id, Kind},
    },
    model::{
        auth::HashedToken,
        entity::{Entity, Item},
        list::Gated,
        passkey::Challenge,
    },
    store::{
        Store,
        key::Key,
        table::{Condition, Put, Write},
    },
};

/// The last object that was made to rely on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(pub(super) String);

impl Mark {
    /// The id of the object that made the mark.
    pub fn owner(&self) -> &str {
        &self.0
    }
}

/// Who is in a list of which a rule says "while none is in it".
#[derive(Debug)]
pub enum Members {
    /// Nobody: what the rule is about may happen while that is so.
    Nobody(Nobody),
    /// So many.
    Some(usize),
}

/// That nobody was in a list, and what its gate said before they were counted.
#[derive(Debug)]
pub struct Nobody {
    pub(super) gate: Key,
    pub(super) last: Option<String>,
}

impl Tx {
    /// Makes the change only while `token` works, whatever this process remembers of it: for changes
    /// that outlive the token's revocation.
    pub fn while_works(&mut self, token: &HashedToken) {
        let check = Write::Check(Key::token(token), Condition::Present);
        self.checks.push((check, Rule::Token));
    }

    /// Makes the change only if `challenge` was not answered yet: from then on it was. That is remembered
    /// for longer than the challenge may be answered.
    pub fn redeem(&mut self, challenge: &Challenge) {
        let end = challenge.forgotten_at();
        let item = Item::from_iter([("expires_at".to_owned(), end.into())]);
        let put = Put::guarded(Key::challenge(challenge), item, Condition::Absent);
        self.plan(Write::Put(put), Rule::Challenge);
    }

    /// Makes the change only while the object with this id exists.
    pub fn while_exists<K: Kind>(&mut self, id: &Id<K>) {
        let check = Write::Check(Key::object(&self.account, id), Condition::Present);
        self.checks.push((check, Rule::Unchanged));
    }

    /// Makes the change only while `entity` is at the version at which it was read.
    pub fn while_at<E: Entity>(&mut self, entity: &E) {
        let unchanged = Condition::Version(entity.record().version);
        self.checks.push((Write::Check(key_of(entity), unchanged), Rule::Unchanged));
    }

    /// Makes the change only while none is in the list that `nobody` was in: none has entered it since
    /// it was counted.
    pub fn while_none_in(&mut self, nobody: Nobody) {
        let unchanged = nobody.last.map_or(Condition::Absent, Condition::OwnedBy);
        self.checks.push((Write::Check(nobody.gate, unchanged), Rule::Unchanged));
    }

    /// Marks the object `id` as one that `by` relies on, in place of an earlier mark. Together with
    /// `while_exists` this keeps a change that relies on an object and one that deletes it apart: both
    /// write or check the same two items, so one of them sees the other.
    pub fn mark<K: Kind, B: Kind>(&mut self, id: &Id<K>, by: &Id<B>) {
        let mut item = Item::new();
        item.insert(OWNER.to_owned(), Value::String(by.to_string()));
        self.plan(Write::Put(Put::new(Key::mark(&self.account, id), item)), Rule::None);
    }

    /// Takes the mark of the object `id` away, where it still is the one that was `seen`. If something
    /// else relies on the object by now, the change is stale.
    pub fn unmark<K: Kind>(&mut self, id: &Id<K>, seen: Option<Mark>) {
        let key = Key::mark(&self.account, id);
        match seen {
            None => self.checks.push((Write::Check(key, Condition::Absent), Rule::Unchanged)),
            Some(Mark(by)) => {
                self.plan(Write::Delete(key, Condition::AbsentOrOwnedBy(by)), Rule::Unchanged);
            }
        }
    }
}

impl Store {
    /// Who is known to rely on the object with this id.
    pub async fn mark<K: Kind>(
        &self,
        account: &AccountId,
        id: &Id<K>,
    ) -> Result<Option<Mark>, Error> {
        let item = self.get(account, &Key::mark(account, id)).await?;
        Ok(item.map(|item| Mark(owner_of(&item).unwrap_or_default().to_owned())))
    }

    /// Who is in a list. Its gate is read before they are counted: whoever enters between the two, or
    /// later, changes it, and then `while_none_in` does not hold.
    pub async fn members(&self, account: &AccountId, gated: &Gated) -> Result<Members, Error> {
        let gate = Key::gate(account, gated.list());
        let item = self.get(account, &gate).await?;
        let last = item.as_ref().and_then(owner_of).map(str::to_owned);
        Ok(match self.total(account, gated.list()).await? {
            0 => Members::Nobody(Nobody { gate, last }),
            some => Members::Some(some),
        })
    }
}
