//! What a change numbers and tells the time by: items that no object owns.

use serde_json::Value;

use super::{Proof, Rule, Tx};
use crate::{
    base::{error::Error, id::AccountId},
    model::{
        entity::{Item, encode},
        test_clock::AccountClock,
    },
    store::{
        Store,
        key::Key,
        table::{Condition, Put, Write},
    },
};

/// A sequence without gaps: how many numbers were taken from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    key: Key,
    taken: u64,
}

impl Sequence {
    /// The number that is next.
    pub fn next(&self) -> u64 {
        self.taken.saturating_add(1)
    }

    /// The sequence after so many numbers were taken.
    pub fn after(&self, numbers: u64) -> Self {
        Self { key: self.key.clone(), taken: self.taken.saturating_add(numbers) }
    }
}

impl Tx {
    /// Takes the next numbers of a sequence: nobody else has taken one since the sequence was read.
    pub fn take(&mut self, sequence: &Sequence, numbers: u64) {
        let Sequence { key, taken } = sequence.after(numbers);
        let item = Item::from_iter([("version".to_owned(), taken.into())]);
        let put = Put::guarded(key, item, Condition::at_version(sequence.taken));
        self.plan(Write::Put(put), Rule::Unchanged);
    }

    /// Replaces the account's clock `before` with `after`, and returns it as it will be: at its next
    /// version, or unchanged. No event tells of it; the clock itself proves the change.
    pub fn set_clock(&mut self, before: &AccountClock, after: AccountClock) -> AccountClock {
        let version = before.version();
        let after = if after == *before { after } else { after.at_version(version + 1) };
        let done = self.try_set_clock(version, &after);
        self.note(done);
        // On its way it has the wake that it was sent with.
        let on_its_way = before.target().is_some() && after.target().is_some();
        if after.version() != version && !on_its_way {
            self.wake();
        }
        after
    }

    fn try_set_clock(&mut self, version: u64, after: &AccountClock) -> Result<(), Error> {
        if !self.target.allows(self.account.as_str(), version) {
            return Err(Error::PreconditionFailed);
        }
        if after.version() == version {
            return Ok(());
        }
        let (key, item) = (Key::clock(&self.account), encode(after)?);
        let unchanged = Condition::at_version(version);
        self.proof.get_or_insert(Proof(key.clone(), item.clone()));
        self.plan(Write::Put(Put::guarded(key, item, unchanged)), Rule::Unchanged);
        Ok(())
    }
}

impl Store {
    /// Where a sequence is.
    pub async fn sequence(&self, account: &AccountId, name: &str) -> Result<Sequence, Error> {
        let key = Key::sequence(account, name);
        let item = self.get(account, &key).await?.unwrap_or_default();
        let taken = item.get("version").and_then(Value::as_u64).unwrap_or(0);
        Ok(Sequence { key, taken })
    }
}
