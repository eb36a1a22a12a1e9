//! The due index: which objects something is due of, in the order of time. And the wakes, by which
//! staging accounts ask to be looked at (`work/sweep/staging`).

use serde_json::{Value, json};

use crate::{
    base::{error::Error, id::AccountId, time::Timestamp},
    model::entity::Item,
    store::{
        Consistency, Store,
        key::{AFTER_IDS, BEFORE_IDS, Key},
    },
};

/// How many entries are read at once.
const PAGE: i32 = 64;

/// An entry of the due index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub account: AccountId,
    /// What.
    pub id: String,
}

impl Due {
    pub(super) fn parse(sort_key: &str) -> Option<Self> {
        let mut parts = sort_key.splitn(3, '#');
        Some(Self {
            at: parts.next()?.parse().ok()?,
            account: parts.next()?.parse().ok()?,
            id: parts.next()?.to_owned(),
        })
    }

    /// The wake that a sweep leaves for the next one that has something to do of `account`.
    pub fn wake(account: &AccountId, at: Timestamp) -> Self {
        Self { at, account: account.clone(), id: "next".to_owned() }
    }

    fn sort_key(&self) -> String {
        format!("{}#{}#{}", self.at, self.account, self.id)
    }
}

impl Store {
    /// The entries of a partition of the due index after `after`, up to and including the instant
    /// `until`, in their order: at most `limit`, and whether there may be more.
    pub async fn due(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&Due>,
        limit: i32,
        consistency: Consistency,
    ) -> Result<(Vec<Due>, bool), Error> {
        let from = after.map_or_else(|| BEFORE_IDS.to_owned(), Due::sort_key);
        let to = format!("{until}#~");
        let (keys, more) = self.query_keys(partition, (&from, &to), limit, consistency).await?;
        let read = |key: &String| {
            let damaged = || Error::Internal(format!("{partition}/{key} is no due date"));
            Due::parse(key).ok_or_else(damaged)
        };
        Ok((keys.iter().map(read).collect::<Result<_, _>>()?, more))
    }
}

impl Store {
    /// What is due of the account of `work` at the first instant up to `target` at which something is,
    /// or a part of it.
    pub async fn first_due(
        &self,
        account: &AccountId,
        target: Timestamp,
    ) -> Result<Vec<Due>, Error> {
        let partition = Key::due_partition_of(account);
        let (mut due, _) = self.due(&partition, target, None, PAGE, Consistency::Strong).await?;
        let first = due.first().map(|one| one.at);
        due.retain(|one| Some(one.at) == first);
        Ok(due)
    }

    /// The first thing that is due of a staging account, however late that is.
    pub async fn first_of(&self, account: &AccountId) -> Result<Option<Due>, Error> {
        let (partition, all) = (Key::due_partition_of(account), (BEFORE_IDS, AFTER_IDS));
        let (keys, _) = self.query_keys(&partition, all, 1, Consistency::Strong).await?;
        Ok(keys.first().and_then(|key| Due::parse(key)))
    }

    /// Writes the wake `next`, and when it is there removes those that were `seen`.
    pub async fn replace_wakes(
        &self,
        account: &AccountId,
        next: Option<&Due>,
        seen: Vec<Due>,
    ) -> Result<(), Error> {
        let key = |wake: &Due| Key::wake(account, wake.at, &wake.id);
        if let Some(next) = next {
            self.batch_write(account, vec![(key(next), Some(Item::new()))]).await?;
        }
        match seen.is_empty() {
            true => Ok(()),
            false => {
                let gone = seen.iter().map(|wake| (key(wake), None)).collect();
                self.batch_write(account, gone).await
            }
        }
    }

    /// When a sweep last looked at every staging account, in real time.
    pub async fn last_round(&self) -> Result<Option<Timestamp>, Error> {
        let item = self.look_up(&Key::round()).await?;
        let at = item.as_ref().and_then(|item| item.get("at")).and_then(Value::as_str);
        Ok(at.and_then(|at| at.parse().ok()))
    }

    /// Keeps that one did.
    pub async fn note_round(&self, at: Timestamp) -> Result<(), Error> {
        let item = Item::from_iter([("at".to_owned(), json!(at))]);
        self.table.batch_write(vec![(Key::round(), Some(item))]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_key() {
        let key = "2026-01-31T09:30:00.000Z#acc_prod_0000000000000001#sub_prod_0000000000000004";
        let due = Due::parse(key).unwrap();
        assert_eq!((due.id.as_str(), due.sort_key().as_str()), ("sub_prod_0000000000000004", key));
        assert_eq!(Due::parse("2026-01-31T09:30:00.000Z#acc_prod_0000000000000001"), None);
    }
}
