//! The test processor's own record, for whoever audits it.

use crate::{
    base::{error::Error, id::AccountId},
    model::{entity::decode, processor::Entry},
    store::{
        Store,
        key::{DUE_SHARDS, Key},
    },
};

impl Store {
    /// All that the test processor was ever asked for by an account, for whoever audits it.
    pub async fn test_processor_entries(&self, account: &AccountId) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for shard in 0..DUE_SHARDS {
            let partition = Key::test_processor_partition(account, shard);
            let items = self.query(account, &partition, "ch_", "re_~").await?;
            for item in items {
                entries.push(decode(item)?);
            }
        }
        Ok(entries)
    }
}
