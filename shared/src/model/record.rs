//! What every object has: its id, its account, its times, its version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{
    id::{AccountId, Id, Kind},
    time::Timestamp,
};

/// The fields that begin every object.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(bound = "K: Kind")]
#[schemars(bound = "K: Kind")]
pub struct Record<K> {
    /// The object's id.
    pub id: Id<K>,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Counts its changes, from 1. The `ETag` is this number in quotation marks.
    pub version: u64,
    /// Which lists it has entered of those that came after objects like it were stored.
    #[serde(default = "Entered::before_any", skip_serializing, rename = "entered")]
    #[schemars(skip)]
    pub(crate) entered: Entered,
}

/// Which lists an object has entered of those of its later filters (`Entity::LATER`). It is kept with the
/// object: what an object would be in if it were written today says nothing of one that was written
/// before a filter was.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entered {
    /// Those that are noted, each as `List::noted` has it.
    Noted(String),
    /// All that it says it is in: an object as it was just written.
    AsItSays,
}

impl Entered {
    /// The attribute that holds it.
    pub(crate) const ATTRIBUTE: &'static str = "entered";

    /// An object that was stored without any note.
    fn before_any() -> Self {
        Self::Noted(String::new())
    }
}

impl<K> Record<K> {
    /// The record of an object that is being made.
    pub fn new(id: Id<K>, account_id: AccountId, now: Timestamp) -> Self {
        Self {
            id,
            account_id,
            created_at: now,
            updated_at: now,
            version: 1,
            entered: Entered::AsItSays,
        }
    }

    /// The record after one more change. Only `store::Tx` calls it, so no change can forget to.
    pub(crate) fn after_change(&self, now: Timestamp) -> Self {
        Self {
            id: self.id.clone(),
            account_id: self.account_id.clone(),
            created_at: self.created_at,
            updated_at: now.max(self.updated_at),
            version: self.version + 1,
            entered: Entered::AsItSays,
        }
    }
}

impl<K> Clone for Record<K> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            account_id: self.account_id.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
            entered: self.entered.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::base::{id::IdSource, time::Clock};

    /// The record of a new object of a staging account.
    pub(crate) fn record<K: Kind>() -> Record<K> {
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let id = Id::new(account.environment(), Clock.now(), &IdSource::new(Clock));
        Record::new(id, account, Clock.now())
    }
}
