//! The keys of what is due: of objects, of deliveries, and of the staging accounts that ask to be looked at.

use super::{Key, shard};
use crate::base::{
    id::{AccountId, Environment},
    time::Timestamp,
};

impl Key {
    /// What is due of an account at an instant. In production all accounts share the partitions, so
    /// that one sweep finds what is due of all; a staging account has its own, because its time may
    /// stand still or be moved.
    pub fn due(account: &AccountId, at: Timestamp, id: &str) -> Self {
        let pk = match account.environment() {
            Environment::Prod => Self::due_partition(shard(id)),
            Environment::Stg => Self::due_partition_of(account),
        };
        Self::new(pk, format!("{at}#{account}#{id}"))
    }

    /// One of the partitions that hold what is due in production.
    pub fn due_partition(shard: u8) -> String {
        format!("DUE#{shard:x}")
    }

    /// What is due of a staging account.
    pub fn due_partition_of(account: &AccountId) -> String {
        format!("{account}#DUE")
    }

    /// What is due of an account's deliveries at an instant of real time.
    pub fn delivery_due(account: &AccountId, at: Timestamp, id: &str) -> Self {
        let partition = Self::delivery_due_partition(shard(id) % DELIVERY_SHARDS);
        Self::new(partition, format!("{at}#{account}#{id}"))
    }

    /// One of the partitions that hold which deliveries are due.
    pub fn delivery_due_partition(shard: u8) -> String {
        format!("DUE#w{shard:x}")
    }

    /// The entry by which the sweeper finds a staging account.
    pub fn staging(account: &AccountId) -> Self {
        Self::new(STAGING.to_owned(), account.as_str())
    }

    /// What has the sweeper look at a staging account from an instant of real time on.
    pub fn wake(account: &AccountId, at: Timestamp, name: &str) -> Self {
        let shard = shard(&format!("{account}#{name}")) % WAKE_SHARDS;
        Self::new(Self::wake_partition(shard), format!("{at}#{account}#{name}"))
    }

    /// One of the partitions that hold the wakes.
    pub fn wake_partition(shard: u8) -> String {
        format!("DUE#s{shard:x}")
    }

    /// When the sweeper looked at every staging account.
    pub fn round() -> Self {
        Self::new("DUE#round".to_owned(), "staging")
    }
}

/// How many partitions hold what is due in production. As many hold an account's record at the test
/// processor.
pub const DUE_SHARDS: u8 = 16;

/// How many partitions hold which deliveries are due: fewer, because each is read every minute.
pub const DELIVERY_SHARDS: u8 = 4;

/// How many partitions hold the wakes of staging accounts: as few, for the same reason.
pub const WAKE_SHARDS: u8 = 4;

/// The partition that names every staging account.
pub const STAGING: &str = "DUE#stg";
