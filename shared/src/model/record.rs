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
}

impl<K> Record<K> {
    /// The record of an object that is being made.
    pub fn new(id: Id<K>, account_id: AccountId, now: Timestamp) -> Self {
        Self { id, account_id, created_at: now, updated_at: now, version: 1 }
    }

    /// The record after one more change. Only `store::Tx` calls it, so no change can forget to.
    pub(crate) fn changed(&self, now: Timestamp) -> Self {
        Self {
            id: self.id.clone(),
            account_id: self.account_id.clone(),
            created_at: self.created_at,
            updated_at: now.max(self.updated_at),
            version: self.version + 1,
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
        }
    }
}
